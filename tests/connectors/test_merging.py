"""What readings bring to an entity: present, past and duplicates, whatever their order."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, strategies

from hanze.connectors import Provenance
from hanze.connectors.merging import Observed, plan, read_observed, without
from hanze.connectors.streaming import Reading, Value
from hanze.errors import InvalidInput
from hanze.ngsild.model import AttributeKind, Entity, JsonValue
from hanze.ngsild.vocabulary import HANZE

ID = "urn:ngsi-ld:Device:s:1"
LEVEL = HANZE.expand_name("level")
SOURCE = Provenance("https://source.example/", "City", "https://licence.example/")


def observed(second: int, level: JsonValue, **thing: Value) -> Observed:
    moment = f"2026-11-22T04:00:{second:02}Z"
    reading = Reading(ID, "Device", moment, values={"level": Value(level)}, thing=thing)
    return read_observed(reading, SOURCE, HANZE)


def entity(readings: Sequence[Observed]) -> Entity:
    """The entity that readings make where there is none."""
    made = plan(None, readings)
    first = readings[0].entity
    return Entity(id=first.id, types=first.types, attributes=made.attributes)


_readings = strategies.lists(
    strategies.builds(observed, strategies.integers(0, 9), strategies.integers(0, 3)),
    min_size=1,
    max_size=12,
)


def _levels(readings: Sequence[Observed]) -> set[tuple[str | None, object]]:
    return {
        (one.observed_at, one.value)
        for reading in readings
        for one in reading.entity.attributes[LEVEL]
    }


@given(_readings)
def test_plan_should_lose_no_value_and_make_the_latest_present(readings: list[Observed]) -> None:
    found = plan(None, readings)
    (present,) = found.attributes[LEVEL]
    past = found.past.attributes[LEVEL] if found.past is not None else ()
    kept = {(one.attribute.observed_at, one.attribute.value) for one in past}
    kept.add((present.observed_at, present.value))
    assert kept == _levels(readings)
    assert present.observed_at == max(moment or "" for moment, _ in _levels(readings))
    assert found.stored + found.duplicate == len(readings)


@given(_readings, _readings)
def test_plan_should_never_go_back_in_time(first: list[Observed], second: list[Observed]) -> None:
    before = entity(first)
    found = plan(before, second)
    (there,) = before.attributes[LEVEL]
    for one in found.attributes.get(LEVEL, ()):
        assert (one.observed_at or "") >= (there.observed_at or "")


@given(_readings, _readings, strategies.randoms(use_true_random=False))
def test_messages_that_come_twice_together_should_count_once(
    first: list[Observed], second: list[Observed], chance: Random
) -> None:
    twice = [*second, *second]
    chance.shuffle(twice)
    found = plan(entity(first), twice)
    past = found.past.attributes[LEVEL] if found.past is not None else ()
    written = [one.attribute for one in past] + list(found.attributes.get(LEVEL, ()))
    told = [(one.observed_at, one.value) for one in written]
    assert len(told) == len(set(told)) == found.stored
    assert found.stored + found.duplicate == len(twice)


@given(_readings)
def test_the_same_readings_again_should_bring_nothing_new(readings: list[Observed]) -> None:
    newest = max(readings, key=lambda one: one.entity.attributes[LEVEL][0].observed_at or "")
    before = entity([newest])
    again = plan(before, [newest])
    assert (again.attributes, again.past, again.stored, again.duplicate) == ({}, None, 0, 1)


def test_whose_the_data_is_should_be_written_once() -> None:
    before = entity([observed(1, 5)])
    assert {HANZE.compact_name(name) for name in before.attributes} == {
        *("level", "source", "dataProvider", "license"),
    }
    assert set(plan(before, [observed(2, 6)]).attributes) == {LEVEL}


def test_what_a_late_reading_says_of_the_thing_should_not_count() -> None:
    before = entity([observed(5, 5, name=Value("new"))])
    late = plan(before, [observed(1, 5, name=Value("old"))])
    assert late.attributes == {}
    assert (late.late, late.stored) == (1, 1)
    fresh = plan(before, [observed(6, 5, name=Value("newer"))])
    assert fresh.attributes[HANZE.expand_name("name")][0].value == "newer"


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ("1", 1)])
def test_values_that_are_written_otherwise_should_be_others(
    one: JsonValue, other: JsonValue
) -> None:
    assert plan(entity([observed(1, one)]), [observed(1, other)]).stored == 1


def test_without_should_leave_out_what_the_history_has() -> None:
    before = entity([observed(9, 5)])
    past = plan(before, [observed(1, 1), observed(2, 2)]).past
    assert past is not None
    known = observed(1, 1).entity.attributes
    left = without(past, known)
    assert left is not None
    assert [one.attribute.value for one in left.attributes[LEVEL]] == [2]
    both = {LEVEL: (*known[LEVEL], *observed(2, 2).entity.attributes[LEVEL])}
    assert without(past, both) is None


@pytest.mark.parametrize(
    "reading",
    [
        Reading("no uri", "Device", "2026-11-22T04:00:00Z", values={"level": Value(1)}),
        Reading(ID, "Device", "yesterday", values={"level": Value(1)}),
        Reading(ID, "Device", None, values={"level": Value(None)}),
        Reading(ID, "", None, values={"level": Value(1)}),
        Reading(
            ID, "Device", None, thing={"location": Value([1], kind=AttributeKind.GEO_PROPERTY)}
        ),
        Reading(ID, "Device", None, values={"level": (Value(1), Value(2))}),
    ],
)
def test_read_observed_should_refuse_what_is_no_entity(reading: Reading) -> None:
    with pytest.raises(InvalidInput):
        read_observed(reading, None, HANZE)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", {"a": float("nan")}, {"\udfff": 1}, [[float("-inf")]]],
)
def test_a_value_should_be_refused_when_json_cannot_hold_it(value: JsonValue) -> None:
    with pytest.raises(InvalidInput, match="level holds"):
        observed(0, value)
