"""The city as entities: valid NGSI-LD, deterministic, alive within what physics allows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from hanze.connectors.simulation.city import Document, build_city, entities, step
from hanze.connectors.simulation.climate import climate, rush
from hanze.ngsild.model import AttributeKind
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.vocabulary import HANZE

CITY = build_city(7)
NOON = datetime(2026, 6, 10, 11, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants them naive

#: Lowest and highest believable value of each number.
BOUNDS = {
    "intensity": (0, 8_000),
    "averageVehicleSpeed": (0, 130),
    "occupancy": (0, 1),
    "pm10": (0, 200),
    "pm25": (0, 200),
    "no2": (0, 250),
    "o3": (0, 250),
    "temperature": (-25, 42),
    "relativeHumidity": (0, 1),
    "atmosphericPressure": (940, 1_060),
    "windSpeed": (0, 40),
    "windDirection": (0, 359),
    "precipitation": (0, 80),
    "illuminance": (0, 130_000),
    "illuminanceLevel": (0, 1),
    "power": (0, 400),
    "waterLevel": (-4, 4),
    "waterTemperature": (0, 30),
    "LAeq": (25, 110),
    "LAmax": (25, 120),
    "fillingLevel": (0, 1),
}


def value_of(document: Document, name: str) -> object:
    attribute = document[name]
    assert isinstance(attribute, Mapping)
    return attribute["value"]


def test_a_city_should_have_about_two_thousand_entities_with_unique_ids() -> None:
    found = entities(CITY, NOON)
    assert 1_800 <= len(found) <= 2_200
    assert len({document["id"] for document in found}) == len(found)


def test_a_city_should_be_the_same_for_the_same_seed() -> None:
    assert entities(build_city(7), NOON) == entities(CITY, NOON)
    assert entities(build_city(8), NOON) != entities(CITY, NOON)


@pytest.mark.clause("4.5.1")
def test_every_entity_should_be_valid_known_and_honest() -> None:
    for document in entities(CITY, NOON):
        entity = parse_entity(document, HANZE)
        names = {HANZE.compact_name(iri): instances for iri, instances in entity.attributes.items()}
        assert names["simulated"][0].value is True
        assert names["license"][0].value
        assert names["source"][0].value
        assert set(names["name"][0].value or {}) == {"nl", "en", "ko"}  # type: ignore[arg-type]  # a languageMap
        assert not any("default-context" in iri for iri in (*entity.types, *entity.attributes))
        assert entity.scope[0].startswith("/Aldermonde")
        for instances in names.values():
            number = isinstance(instances[0].value, float)
            assert not number or instances[0].unit_code, document["id"]


def test_every_geometry_should_be_valid_and_every_relationship_lead_somewhere() -> None:
    found = [parse_entity(document, HANZE) for document in entities(CITY, NOON)]
    # The collective has the city as a municipality, which its own connector puts there.
    ids = {entity.id for entity in found} | {"urn:ngsi-ld:Municipality:hanze:aldermonde"}
    for entity in found:
        for instances in entity.attributes.values():
            for instance in instances:
                if instance.kind is AttributeKind.GEO_PROPERTY:
                    assert isinstance(instance.value, dict)
                    assert shape(instance.value).is_valid
                if instance.kind is AttributeKind.RELATIONSHIP:
                    assert instance.value in ids


def test_step_should_change_values_and_keep_ids() -> None:
    before = step(CITY, NOON)
    after = step(CITY, NOON + timedelta(minutes=10))
    assert [document["id"] for document in before] == [document["id"] for document in after]
    changed = sum(
        any(
            value_of(old, name) != value_of(new, name)
            for name in old
            if name not in {"id", "type", "dateObserved"}
        )
        for old, new in zip(before, after, strict=True)
    )
    assert 300 < changed < len(before)


def test_parts_should_together_be_the_whole() -> None:
    parts = [document for part in range(5) for document in step(CITY, NOON, part=part, parts=5)]
    ids = sorted(str(document["id"]) for document in parts)
    assert ids == sorted(str(document["id"]) for document in step(CITY, NOON))


@settings(max_examples=40, deadline=None)
@given(now=MOMENTS)
def test_values_should_stay_within_physical_bounds(now: datetime) -> None:
    for document in step(CITY, now, part=now.second % 9, parts=9):
        for name, (low, high) in BOUNDS.items():
            if name in document:
                value = value_of(document, name)
                assert isinstance(value, int | float)
                assert low <= value <= high, (document["id"], name, now)


@settings(max_examples=40, deadline=None)
@given(now=MOMENTS)
def test_places_should_add_up(now: datetime) -> None:
    totals = {
        document["id"]: value_of(document, "totalSpotNumber")
        for document in CITY.still
        if document["type"] == "OffStreetParking"
    }
    for document in step(CITY, now):
        if document["id"] in totals:
            free, taken = (
                value_of(document, "availableSpotNumber"),
                value_of(document, "occupiedSpotNumber"),
            )
            assert isinstance(free, int)
            assert isinstance(taken, int)
            assert min(free, taken) >= 0
            assert free + taken == totals[document["id"]]


@given(now=MOMENTS, seed=st.integers(0, 1_000))
def test_climate_should_move_smoothly(now: datetime, seed: int) -> None:
    before, after = climate(seed, now), climate(seed, now + timedelta(minutes=1))
    assert abs(before.temperature - after.temperature) < 0.5
    assert abs(before.tide - after.tide) < 0.05
    assert abs(before.pressure - after.pressure) < 0.5
    assert 0 < before.humidity < 1
    assert before.wind > 0


def test_days_should_have_two_rush_hours_and_nights_be_dark_and_quiet() -> None:
    levels = {hour: rush(hour, weekend=False) for hour in range(24)}
    assert levels[8] > 2 * levels[10] > 4 * levels[3]
    assert levels[17] > 1.5 * levels[14]
    assert rush(8, weekend=True) < 0.5 * levels[8]
    midnight = NOON.replace(hour=23)
    assert climate(7, midnight).sun < 0 < climate(7, NOON).sun
    assert climate(7, midnight).light < 1


def test_tide_should_come_twice_a_day() -> None:
    levels = [climate(7, NOON + timedelta(minutes=10 * n)).tide for n in range(6 * 25)]
    turns = sum(
        before < here > after
        for before, here, after in zip(levels, levels[1:], levels[2:], strict=False)
    )
    assert turns in {2, 3}
