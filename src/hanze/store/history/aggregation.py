"""Aggregation in the archive (CIM 009, 4.5.19), equal to `ngsild.temporal.aggregate`.

Numbers and truth values are reckoned by DuckDB, in one pass over the rows. An entity that has other
values among those that are asked for is read and left to the definition itself.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, Protocol

import duckdb
import numpy as np
from msgspec.structs import replace

from hanze.broker.ports import Evolution, Window
from hanze.errors import TooMuch
from hanze.ngsild.model import AttributeKind
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.temporal.aggregate import aggregate
from hanze.ngsild.temporal.model import (
    EARLIEST,
    AggregatedEntity,
    AggregatedSeries,
    Aggregation,
    Method,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
    Timerel,
)
from hanze.ngsild.temporal.periods import Periods, end_of_range, start_of_range
from hanze.store.history.archive import Archive, Connection, has_means
from hanze.store.history.batch import SLOT_BITS
from hanze.store.history.buckets import Origins, Plan, Series, collect
from hanze.store.history.form import DELETED, FLOAT, MEAN
from hanze.store.history.names import HistoryNames, Slot
from hanze.store.history.window import part_of

__all__ = ["TooManyInstances", "aggregate_archive"]

#: Instances that are looked at one by one for one entity.
_MOST: Final = 500_000
#: Evolutions that are reckoned by one statement: what it finds is fetched, and made into entities, in
#: one go that holds up all else. The rows of others are left alone, as they are in other groups.
_TOGETHER: Final = 2_000
_RESULTS: Final[Mapping[Method, str]] = {
    Method.TOTAL_COUNT: "count(*)",
    Method.DISTINCT_COUNT: "count(DISTINCT number)",
    Method.AVG: "favg(number)",
    Method.MAX: "max(number)",
    Method.MIN: "min(number)",
    Method.SUM: "fsum(number)",
    Method.SUMSQ: "fsum(number * number)",
    Method.STDDEV: "stddev_pop(number)",
}
#: The same where some values are means of several, which weigh as many (`form.MEAN`).
_WEIGHED: Final[Mapping[Method, str]] = {
    Method.TOTAL_COUNT: "sum(n)::BIGINT",
    Method.DISTINCT_COUNT: f"greatest(count(DISTINCT number) FILTER (form <> {MEAN}),"
    " coalesce(max(made[5]), 0))::BIGINT",
    Method.AVG: "fsum(number * n) / sum(n)",
    Method.MAX: "max(coalesce(made[3], number))",
    Method.MIN: "min(coalesce(made[2], number))",
    Method.SUM: "fsum(number * n)",
    Method.SUMSQ: "fsum(squares + n * number * number)",
    Method.STDDEV: "sqrt(fsum(squares + n * (number - mean) * (number - mean)) / sum(n))",
}


class TooManyInstances(TooMuch):
    """An entity has more values that are no numbers than can be aggregated at once."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(
            f"Entity {entity_id} has more than {_MOST} instances in this range, and not all are "
            "numbers; a shorter range can be aggregated, or attributes that are numbers"
        )


class _Reader(Protocol):
    archive: Archive
    names: HistoryNames

    async def read(
        self, tenant: str, evolutions: Sequence[Evolution], window: Window
    ) -> tuple[list[TemporalEntity], bool]: ...


class _BeyondDoubles(Exception):
    """DuckDB refuses a result that no double can hold."""


class _Reckoned(NamedTuple):
    """What DuckDB found: series by evolution, and who is left to the definition.

    Attributes:
        series: An evolution that only has deletions has none.
        others: Have values that are no numbers.
    """

    series: Mapping[int, list[Series]]
    others: frozenset[int]


async def aggregate_archive(
    history: _Reader,
    tenant: str,
    evolutions: Sequence[Evolution],
    window: Window,
    aggregation: Aggregation,
) -> list[AggregatedEntity]:
    """Aggregate what is in the archive (`ports.History.aggregate`).

    Raises:
        AttributeNotEligible: An attribute that was named is not eligible for a method.
        TooManyInstances: What is no number is more than can be looked at.
    """
    answers: list[AggregatedEntity] = []
    for start in range(0, len(evolutions), _TOGETHER):
        some = evolutions[start : start + _TOGETHER]
        answers += await _aggregate(history, tenant, some, window, aggregation)
    return answers


async def _aggregate(
    history: _Reader,
    tenant: str,
    evolutions: Sequence[Evolution],
    window: Window,
    aggregation: Aggregation,
) -> list[AggregatedEntity]:
    temporal = window.temporal
    # Without a range, too, only what has the time property counts.
    asked = part_of(evolutions, window, history.names.slots())
    part = asked._replace(temporal=temporal or _EVER)
    start = start_of_range(temporal)
    scoped = window.names is None or SCOPE in window.names
    plan = Plan(
        part,
        aggregation,
        origin=start,
        start=start,
        end=end_of_range(temporal),
        scoped=scoped,
        whole_time=asked if temporal is None else None,
    )
    try:
        reckoned = await history.archive.read(partial(_reckon, plan=plan))
    except _BeyondDoubles:
        reckoned = _Reckoned({}, frozenset(part.evolutions.tolist()))
    # On this thread, where names grow; the rest is much, and other requests go on beside it.
    found = [one for series in reckoned.series.values() for one in series]
    slots = {slot: history.names.slot_value(slot) for slot in {slot for _, slot, _ in found}}
    kinds = {shape: history.names.shape_value(shape).kind for shape in {one[0] for one in found}}
    entities = await asyncio.to_thread(_entities, evolutions, reckoned, slots, kinds)
    answers: list[AggregatedEntity] = []
    for evolution in evolutions:
        if evolution.number in reckoned.others:
            answers += await _by_definition(history, tenant, evolution, window, aggregation)
        elif evolution.number in entities:
            answers.append(entities[evolution.number])
    return answers


async def _by_definition(
    history: _Reader,
    tenant: str,
    evolution: Evolution,
    window: Window,
    aggregation: Aggregation,
) -> list[AggregatedEntity]:
    limited = replace(window, most=_MOST)
    entities, cut = await history.read(tenant, [evolution], limited)
    if cut:
        raise TooManyInstances(evolution.id)
    requested = window.names or frozenset()
    return [
        aggregate(entity, window.temporal, aggregation, requested=requested) for entity in entities
    ]


def _entities(
    evolutions: Sequence[Evolution],
    reckoned: _Reckoned,
    slots: Mapping[int, Slot],
    kinds: Mapping[int, AttributeKind | None],
) -> dict[int, AggregatedEntity]:
    """Make entities of what was reckoned, by their numbers."""
    entities: dict[int, AggregatedEntity] = {}
    for evolution in evolutions:
        attributes: dict[str, list[AggregatedSeries]] = {}
        for shape, slot, values in reckoned.series.get(evolution.number, ()):
            name, dataset_id = slots[slot]
            kind = kinds[shape]
            if kind is not None and any(values.values()):
                attributes.setdefault(name, []).append(AggregatedSeries(kind, dataset_id, values))
        if evolution.number in reckoned.series:
            entities[evolution.number] = AggregatedEntity(
                evolution.id,
                evolution.types,
                {name: tuple(sorted(series, key=_place)) for name, series in attributes.items()},
            )
    return entities


def _place(series: AggregatedSeries) -> tuple[bool, str]:
    """The default instance comes first, the others by datasetId."""
    return series.dataset_id is not None, series.dataset_id or ""


def _reckon(connection: Connection, plan: Plan) -> _Reckoned:
    condition = plan.part.condition(connection)
    moment = plan.part.moment
    values = f"SELECT series, {moment} AS moment, form, number, shape, text FROM {plan.part.source(connection)} WHERE {condition}"  # noqa: S608  # constants and numbers
    weighed = has_means(connection)
    gone = _without_values(connection, plan, condition)
    series: dict[int, list[Series]] = {number: [] for number in gone}
    others: set[int] = set()
    try:
        for origins, source in _sources(connection, plan, f"{values} AND form <> {DELETED}"):
            found = connection.execute(_grouped(plan, source, weighed=weighed)).fetchnumpy()
            others |= collect(plan, origins, found, series)
    except duckdb.OutOfRangeException as error:
        raise _BeyondDoubles from error
    return _Reckoned(series, frozenset(others))


def _without_values(connection: Connection, plan: Plan, condition: str) -> list[int]:
    """Return evolutions with instances that are no values here: these are answered too."""
    if plan.whole_time is not None:
        # Without a range everything is in it, also what lacks the time property.
        condition = plan.whole_time.condition(connection)
    else:
        temporal = plan.part.temporal
        observed = temporal is None or temporal.timeproperty is TimeProperty.OBSERVED_AT
        if observed and not plan.scoped:
            return []  # what is gone is not observed, but for the scope (4.5.6)
        condition = f"{condition} AND form = {DELETED}"
    rows = connection.execute(
        f"SELECT DISTINCT series >> {SLOT_BITS} FROM instance WHERE {condition}"  # noqa: S608  # constants and numbers
    ).fetchall()
    return [int(number) for (number,) in rows]


def _sources(connection: Connection, plan: Plan, values: str) -> Iterator[tuple[Origins, str]]:
    """Yield where periods start, and SQL for values (series, moment, form, number, shape, period)."""
    if plan.is_whole:
        yield 0, f"SELECT *, 0 AS period FROM ({values})"  # noqa: S608  # constants and numbers
    elif plan.origin is not None and not plan.aggregation.months:
        period = f"(moment - {plan.origin}) // {plan.period} AS period"
        yield plan.origin, f"SELECT *, {period} FROM ({values})"  # noqa: S608  # constants and numbers
    elif plan.origin is not None:
        yield plan.origin, _by_calendar(connection, plan.aggregation, plan.origin, values)
    else:
        origins = _first_values(connection, values)
        if plan.aggregation.months:
            for evolution, origin in origins.items():
                own = f"{values} AND series >> {SLOT_BITS} = {evolution}"
                yield origin, _by_calendar(connection, plan.aggregation, origin, own)
            return
        starts = {
            "evolution": np.array([*origins], np.int64),
            "origin": np.array([*origins.values()], np.int64),
        }
        connection.register("origins", starts)
        yield (
            origins,
            f"SELECT v.*, (moment - origin) // {plan.period} AS period FROM ({values}) v"  # noqa: S608  # constants and numbers
            f" JOIN origins ON v.series >> {SLOT_BITS} = evolution",
        )


def _first_values(connection: Connection, values: str) -> dict[int, int]:
    rows = connection.execute(
        f"SELECT series >> {SLOT_BITS} AS evolution, min(moment) FROM ({values}) GROUP BY ALL"  # noqa: S608  # constants and numbers
    ).fetchall()
    return {int(evolution): int(first) for evolution, first in rows}


def _by_calendar(connection: Connection, aggregation: Aggregation, origin: int, values: str) -> str:
    ((last,),) = connection.execute(f"SELECT max(moment) FROM ({values})").fetchall()  # noqa: S608  # constants and numbers
    periods = Periods(origin, aggregation.months, aggregation.microseconds)
    count = 1 if last is None else periods.number_of(last) + 1
    starts = np.array([periods.start(number) for number in range(count)], np.int64)
    connection.register("starts", {"start": starts, "period": np.arange(count)})
    return f"SELECT v.*, period FROM ({values}) v ASOF JOIN starts ON v.moment >= start"  # noqa: S608  # constants and numbers


def _grouped(plan: Plan, source: str, *, weighed: bool) -> str:
    sql, form = _RESULTS, "form"
    if weighed:
        sql, source = _WEIGHED, _with_weights(source)
        form = f"CASE WHEN form = {MEAN} THEN {FLOAT} ELSE form END"
    results = "".join(
        f", {sql[method]} AS m{place}" for place, method in enumerate(plan.aggregation.methods)
    )
    # Only a period that spans the range asks for its ends.
    ends = ", min(moment) AS first, max(moment) AS last" if plan.is_whole else ""
    return (
        f"SELECT series, period, min({form}) AS form, max({form}) AS other_form,"  # noqa: S608  # constants and numbers
        f" min(shape) AS shape, max(shape) AS other_shape{ends}{results}"
        f" FROM ({source}) GROUP BY series, period ORDER BY series, period"
    )


def _with_weights(source: str) -> str:
    """Say of each value how many it stands for, and of each period the mean."""
    made = f"CASE WHEN form = {MEAN} THEN text::DOUBLE[] END AS made"
    parts = "coalesce(made[1], 1) AS n, coalesce(made[4], 0) AS squares"
    mean = "fsum(number * n) OVER alike / sum(n) OVER alike AS mean"
    return (
        f"SELECT *, {mean} FROM (SELECT *, {parts} FROM (SELECT *, {made} FROM ({source})))"  # noqa: S608  # constants and numbers
        " WINDOW alike AS (PARTITION BY series, period)"
    )


_EVER: Final = TemporalQuery(Timerel.AFTER, EARLIEST)
