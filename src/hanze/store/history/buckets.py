"""From groups of rows to the values of periods: series by series, column by column.

An answer may have a million values. They stay in the columns that DuckDB gave, of which each series
has a stretch: an object for every value took half of the time, and the collector of garbage held up
the whole process over them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.model import JsonValue
from hanze.ngsild.temporal.aggregate import tidy_number
from hanze.ngsild.temporal.model import EARLIEST, LATEST, Aggregation, Bucket, Method
from hanze.ngsild.temporal.periods import Periods
from hanze.store.history.batch import SLOT_BITS, slot_of
from hanze.store.history.form import BOOLEAN
from hanze.store.history.window import Part

__all__ = ["Buckets", "Origins", "Plan", "Series", "collect"]


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


class Columns(NamedTuple):
    """Values with the start and the end of their periods, of many series one after the other."""

    values: Sequence[JsonValue]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Buckets(Sequence[Bucket]):
    """The values of one series: a stretch of columns."""

    __slots__ = ("_columns", "_end", "_start")

    def __init__(self, columns: Columns, start: int, end: int) -> None:
        self._columns = columns
        self._start = start
        self._end = end

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[Bucket]:
        values, starts, ends = self._columns
        own = slice(self._start, self._end)
        return zip(values[own], starts[own].tolist(), ends[own].tolist(), strict=True)

    @overload
    def __getitem__(self, place: int) -> Bucket: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Bucket, ...]: ...
    def __getitem__(self, place: int | slice) -> Bucket | tuple[Bucket, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


#: Kind of shape, dataset's slot, and values by method.
Series = tuple[int, int, dict[Method, Buckets]]


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
    edges = _edges(plan, origins, found)
    bounds = np.append(firsts, len(every))
    buckets = [
        (method, *_buckets(method, np.asarray(found[f"m{place}"]), *edges, bounds))
        for place, method in enumerate(plan.aggregation.methods)
    ]
    shapes = np.asarray(found["shape"])[firsts].tolist()
    others: set[int] = set()
    for place, one in enumerate(every[firsts].tolist()):
        if other[place]:
            others.add(one >> SLOT_BITS)
            continue
        values = {
            method: Buckets(columns, starts[place], starts[place + 1])
            for method, columns, starts in buckets
        }
        series.setdefault(one >> SLOT_BITS, []).append((shapes[place], slot_of(one), values))
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
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
        return starts, ends
    if plan.aggregation.months and isinstance(origins, int):
        periods = Periods(origins, plan.aggregation.months, plan.period)
        known, own = np.unique(numbers, return_inverse=True)
        edges = np.array([periods.bounds(number) for number in known.tolist()], np.int64)
        return edges[own, 0], edges[own, 1]
    firsts = [origins if isinstance(origins, int) else origins[one] for one in evolutions.tolist()]
    starts = np.array(firsts, np.int64)[places] + numbers * plan.period
    return starts, np.minimum(starts + plan.period, LATEST)


def _buckets(
    method: Method,
    results: NDArray[Any],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    bounds: NDArray[np.intp],
) -> tuple[Columns, list[int]]:
    """Return the columns of a method, and where in them each series begins."""
    if method in _COUNTS:
        return Columns(results.tolist(), starts, ends), bounds.tolist()
    finite = np.isfinite(results)
    if not finite.all():
        # What JSON cannot say is left out.
        kept = np.flatnonzero(finite)
        results, starts, ends = results[kept], starts[kept], ends[kept]
        bounds = np.searchsorted(kept, bounds)
    values = results.tolist()
    for place in np.flatnonzero(results % 1 == 0).tolist():
        values[place] = tidy_number(values[place])
    return Columns(values, starts, ends), bounds.tolist()
