"""What is too old goes or becomes means, is counted, and aggregates to what it was."""

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from hanze.broker.ports import Window
from hanze.ngsild.model import Attribute, AttributeKind, JsonValue
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.temporal.model import (
    Aggregation,
    Instance,
    Method,
    TemporalEntity,
    TemporalQuery,
    Timerel,
)
from hanze.ngsild.vocabulary import HANZE_NS
from hanze.store.history.keeping import DAY, EVERYTHING, Keeping, KeepingRules
from hanze.store.history.retention import Retained, retain
from hanze.store.history.stats import HistoryCounts
from hanze.store.store import Store

NOW = parse_datetime("2026-06-30T12:00:00Z")
START = parse_datetime("2026-06-10T00:00:00Z")
HOUR = 3_600_000_000
MINUTE = HOUR // 60
ROAD, BIN = "urn:x:Road", "urn:x:Bin"
RULES = KeepingRules({ROAD: Keeping(None, 10, HOUR), BIN: Keeping(5, None)}, EVERYTHING)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path)
    yield opened
    await opened.close()


def measured(
    value: JsonValue, at: int | None, *, unit: str | None = "KMH", dataset: str | None = None
) -> Instance:
    observed = None if at is None else format_datetime(at)
    return Instance(
        Attribute(
            kind=AttributeKind.PROPERTY,
            value=value,
            observed_at=observed,
            unit_code=unit,
            dataset_id=dataset,
        )
    )


async def add(
    store: Store, kind: str, found: Mapping[str, Sequence[Instance]], tenant: str = ""
) -> None:
    entity = TemporalEntity(
        id=f"{kind}:1",
        types=(kind,),
        attributes={name: tuple(instances) for name, instances in found.items()},
    )
    await store.transact(
        lambda uow: uow.history.add(tenant, entity, now=format_datetime(NOW - DAY))
    )
    await store.history.flush()


async def read(store: Store, kind: str, name: str) -> tuple[Instance, ...]:
    evolution = store.history.evolution("", f"{kind}:1")
    assert evolution is not None
    entities, _ = await store.history.read("", [evolution], Window(names=frozenset({name})))
    return entities[0].attributes[name] if entities else ()


async def aggregated(
    store: Store, name: str, period: int, *, methods: tuple[Method, ...] = tuple(Method)
) -> Mapping[Method, Sequence[object]]:
    evolution = store.history.evolution("", f"{ROAD}:1")
    assert evolution is not None
    window = Window(
        names=frozenset({name}),
        temporal=TemporalQuery(Timerel.BETWEEN, START, START + 2 * DAY),
    )
    aggregation = Aggregation(methods, 0, period)
    entities = await store.history.aggregate("", [evolution], window, aggregation)
    (series,) = entities[0].attributes[name]
    return series.values


def speeds() -> list[Instance]:
    """Thirty hours of a value every ten minutes; a unit that changes, and values of other kinds."""
    return [
        measured(50 + (number * 37) % 41 + number % 7 / 10, START + number * 10 * MINUTE)
        for number in range(180)
    ]


async def test_means_should_take_the_place_of_old_numbers(store: Store) -> None:
    await add(
        store,
        ROAD,
        {
            "speed": [
                *(measured(value, START + at * MINUTE) for at, value in enumerate((1, 2, 6))),
                measured(7.5, START + HOUR),
                measured(3, START + 2 * MINUTE, dataset="urn:d:1"),
                measured(100, START + 3 * MINUTE, unit="MTS"),
                measured("jam", START + 4 * MINUTE),
                measured(True, START + 5 * MINUTE),
                measured(9, None),
                measured(40, NOW - DAY),
            ]
        },
    )
    done = await retain(store.history, RULES, NOW)
    assert done == Retained(removed=0, condensed=6, means=4)
    found = [(i.attribute.observed_at, i.attribute.value) for i in await read(store, ROAD, "speed")]
    first, second = format_datetime(START), format_datetime(START + HOUR)
    assert sorted(found, key=repr) == sorted(
        [
            (first, 3.0),
            (first, 3.0),
            (first, 100.0),
            (second, 7.5),
            (format_datetime(START + 4 * MINUTE), "jam"),
            (format_datetime(START + 5 * MINUTE), True),
            (None, 9),
            (format_datetime(NOW - DAY), 40),
        ],
        key=repr,
    )
    assert await retain(store.history, RULES, NOW) == Retained()


async def test_mean_should_say_what_it_was_made_of(store: Store) -> None:
    await add(store, ROAD, {"speed": [measured(v, START + v * MINUTE) for v in (1, 2, 6)]})
    await retain(store.history, RULES, NOW)
    (mean,) = await read(store, ROAD, "speed")
    assert mean.instance_id is not None
    assert mean.attribute.unit_code == "KMH"
    parts = {
        name.removeprefix(HANZE_NS): (parts[0].value, parts[0].unit_code)
        for name, parts in mean.attribute.attributes.items()
    }
    assert parts == {
        "numberOfInputValues": (3, None),
        "measurementPeriod": (3600, "SEC"),
        "lowestValue": (1.0, "KMH"),
        "highestValue": (6.0, "KMH"),
    }


@pytest.mark.clause("4.5.19")
@pytest.mark.parametrize("period", [HOUR, 6 * HOUR, DAY, 0])
async def test_aggregations_should_be_what_they_were_before(store: Store, period: int) -> None:
    await add(store, ROAD, {"speed": speeds()})
    methods = tuple(method for method in Method if method is not Method.DISTINCT_COUNT)
    before = await aggregated(store, "speed", period, methods=methods)
    assert (await retain(store.history, RULES, NOW)).means == 30
    after = await aggregated(store, "speed", period, methods=methods)
    assert before.keys() == after.keys()
    for method, buckets in before.items():
        assert _bounds(after[method]) == _bounds(buckets), method
        for one, other in zip(_values(buckets), _values(after[method]), strict=True):
            assert math.isclose(one, other, rel_tol=1e-9), method
    distinct = await aggregated(store, "speed", HOUR, methods=(Method.DISTINCT_COUNT,))
    assert set(_values(distinct[Method.DISTINCT_COUNT])) == {6}


async def test_aggregations_should_weigh_means_beside_other_values(store: Store) -> None:
    await add(store, ROAD, {"speed": [measured(v, START + v * MINUTE) for v in (1, 2, 6)]})
    await retain(store.history, RULES, NOW)
    # One comes late, and a text stands in another attribute.
    late = [measured(11, START + 30 * MINUTE)]
    await add(store, ROAD, {"speed": late, "name": [measured("A2", START, unit=None)]})
    values = await aggregated(store, "speed", HOUR, methods=(Method.AVG, Method.TOTAL_COUNT))
    assert _values(values[Method.AVG]) == [5]
    assert _values(values[Method.TOTAL_COUNT]) == [4]


async def test_what_is_too_old_should_go_and_be_counted(store: Store) -> None:
    old = [measured(1, START + number * HOUR) for number in range(30)]
    await add(store, BIN, {"level": [*old, measured(2, NOW - DAY), measured(3, None)]})
    await add(store, BIN, {"level": old[:3]}, tenant="duiven")
    done = await retain(store.history, RULES, NOW)
    assert done.removed == 33
    assert [i.attribute.value for i in await read(store, BIN, "level")] == [2, 3]
    told = await HistoryCounts(store.history).of("")
    (kept,) = told.types
    assert (kept.types, kept.values, kept.series, kept.removed) == ((BIN,), 2, 1, 30)
    (elsewhere,) = (await HistoryCounts(store.history).of("duiven")).types
    assert (elsewhere.values, elsewhere.removed) == (0, 3)


async def test_means_should_be_counted_for_what_they_stand_for(store: Store) -> None:
    await add(store, ROAD, {"speed": speeds()})
    await retain(store.history, RULES, NOW)
    (kept,) = (await HistoryCounts(store.history).of("")).types
    assert (kept.values, kept.means, kept.condensed) == (30, 30, 180)
    assert (kept.first, kept.last) == (START, START + 29 * HOUR)
    rules = KeepingRules({ROAD: Keeping(15, 10, HOUR)}, EVERYTHING)
    assert (await retain(store.history, rules, NOW)).removed == 180


async def test_nothing_should_be_touched_without_rules(store: Store) -> None:
    await add(store, ROAD, {"speed": speeds()})
    assert await retain(store.history, KeepingRules({}), NOW) == Retained()
    assert len(await read(store, ROAD, "speed")) == 180


def _values(buckets: Sequence[object]) -> list[float]:
    return [bucket[0] for bucket in buckets if isinstance(bucket, tuple)]


def _bounds(buckets: Sequence[object]) -> list[object]:
    return [bucket[1:] for bucket in buckets if isinstance(bucket, tuple)]
