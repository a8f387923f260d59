"""From groups of rows to the values of periods: series by series, column by column."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.temporal.aggregate import tidy_number
from hanze.ngsild.temporal.model import EARLIEST, LATEST, Aggregation, Bucket, Method
from hanze.ngsild.temporal.periods import Periods
from hanze.store.history.batch import SLOT_BITS, slot_of
from hanze.store.history.form import BOOLEAN
from hanze.store.history.window import Part

__all__ = ["Origins", "Plan", "Series", "collect"]


class Plan(NamedTuple):
    """What is reckoned over which periods.

    Attributes:
        origin: Where they start; `None` where each entity's first value says so.
        start: Of the range; `None` where the first value is its start.
        end: Likewise.
        scoped: Whether the scope is among what is asked for.
        whole_time: The part without a range, where none was asked for.
    """

    part: Part
    aggregation: Aggregation
    origin: int | None
    start: int | None
    end: int | None
    scoped: bool
    whole_time: Part | None

    @property
    def period(self) -> int:
        return self.aggregation.microseconds

    @property
    def is_whole(self) -> bool:
        return not self.period and not self.aggregation.months


#: Kind of shape, dataset's slot, and values by method.
Series = tuple[int, int, dict[Method, tuple[Bucket, ...]]]


#: Origins by evolution, or one of all.
Origins = Mapping[int, int] | int


_COUNTS: Final = frozenset({Method.TOTAL_COUNT, Method.DISTINCT_COUNT})


def collect(
    plan: Plan,
    origins: Origins,
    found: Mapping[str, NDArray[Any]],
    series: dict[int, list[Series]],
) -> set[int]:
    """Add what was found to `series`; returns evolutions that are left to the definition."""
    every = np.asarray(found["series"])
    if len(every) == 0:
        return set()
    firsts = np.flatnonzero(np.diff(every, prepend=every[0] - 1))
    other = _are_other(found, firsts).tolist()
    buckets = {
        method: _buckets(method, np.asarray(found[f"m{place}"]), *_edges(plan, origins, found))
        for place, method in enumerate(plan.aggregation.methods)
    }
    shapes = np.asarray(found["shape"])[firsts].tolist()
    others: set[int] = set()
    for place, (start, end) in enumerate(pairwise([*firsts.tolist(), len(every)])):
        one = int(every[start])
        if other[place]:
            others.add(one >> SLOT_BITS)
            continue
        values = {
            method: tuple([bucket for bucket in some[start:end] if bucket[0] is not None])
            for method, some in buckets.items()
        }
        found_series = (shapes[place], slot_of(one), values)
        series.setdefault(one >> SLOT_BITS, []).append(found_series)
    return others


def _are_other(found: Mapping[str, NDArray[Any]], firsts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which series need the definition: other values, sorts that mix, several shapes."""
    least = np.minimum.reduceat(np.asarray(found["form"]), firsts)
    most = np.maximum.reduceat(np.asarray(found["other_form"]), firsts)
    shapes = np.minimum.reduceat(np.asarray(found["shape"]), firsts)
    other_shapes = np.maximum.reduceat(np.asarray(found["other_shape"]), firsts)
    mixed = (least < BOOLEAN) & (most == BOOLEAN)
    return np.asarray((most > BOOLEAN) | mixed | (shapes != other_shapes), np.bool_)


def _edges(
    plan: Plan, origins: Origins, found: Mapping[str, NDArray[Any]]
) -> tuple[list[int], list[int]]:
    """Return the start and the end of each row's period."""
    evolutions, places = np.unique(np.asarray(found["series"]) >> SLOT_BITS, return_inverse=True)
    numbers = np.asarray(found["period"], np.int64)
    if plan.is_whole:
        first = np.full(len(evolutions), LATEST, np.int64)
        last = np.full(len(evolutions), EARLIEST, np.int64)
        np.minimum.at(first, places, np.asarray(found["first"]))
        np.maximum.at(last, places, np.asarray(found["last"]))
        starts = first[places] if plan.start is None else np.full(len(places), plan.start)
        ends = last[places] if plan.end is None else np.full(len(places), plan.end)
        return starts.tolist(), ends.tolist()
    if plan.aggregation.months and isinstance(origins, int):
        periods = Periods(origins, plan.aggregation.months, plan.period)
        bounds = {number: periods.bounds(number) for number in np.unique(numbers).tolist()}
        edges = [bounds[number] for number in numbers.tolist()]
        return [start for start, _ in edges], [end for _, end in edges]
    own = [origins if isinstance(origins, int) else origins[one] for one in evolutions.tolist()]
    starts = np.array(own, np.int64)[places] + numbers * plan.period
    return starts.tolist(), np.minimum(starts + plan.period, LATEST).tolist()


def _buckets(
    method: Method, results: NDArray[Any], starts: list[int], ends: list[int]
) -> list[Bucket]:
    values: list[Any] = results.tolist()
    if method not in _COUNTS:
        # Most are no whole numbers; what JSON cannot say is left out later.
        for place in np.flatnonzero(~(results % 1 != 0)).tolist():
            value = values[place]
            values[place] = tidy_number(value) if math.isfinite(value) else None
    return list(zip(values, starts, ends, strict=True))
