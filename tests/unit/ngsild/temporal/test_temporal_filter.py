"""Which evolutions meet a query in time, and which of their instances are left to be shown."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attribute, AttributeKind, JsonValue
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.temporal.filter import Filters, Selected, attributes_of, restrict, select
from hanze.ngsild.temporal.model import (
    Instance,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
    Timerel,
)

NOON = parse_datetime("2026-05-04T12:00:00Z")
HOUR = 3_600_000_000
RANGE = TemporalQuery(Timerel.BETWEEN, NOON, NOON + HOUR)
SPEED, BRAND, PLACE = (CORE.expand_name(name) for name in ("speed", "brand", "location"))


def instance(value: JsonValue, minute: int | None = 0, **members: Any) -> Instance:
    at = None if minute is None else format_datetime(NOON + minute * 60_000_000)
    kind = members.pop("kind", AttributeKind.PROPERTY)
    return Instance(Attribute(kind=kind, value=value, observed_at=at), **members)


def evolution(**attributes: tuple[Instance, ...]) -> TemporalEntity:
    named = {CORE.expand_name(name): instances for name, instances in attributes.items()}
    return TemporalEntity("urn:ngsi-ld:Car:1", ("https://x/Car",), named)


def filters(q: str | None = None, scope: str | None = None, near: str | None = None) -> Filters:
    geo = parse_geo(
        georel=None if near is None else "near;maxDistance==10",
        geometry=None if near is None else "Point",
        coordinates=near,
        geoproperty=None,
        context=CORE,
    )
    return Filters(
        None if q is None else parse_q(q, CORE), geo, None if scope is None else parse_scopes(scope)
    )


def chosen(
    wanted: Filters,
    entity: TemporalEntity,
    *,
    untimed: dict[str, tuple[Instance, ...]] | None = None,
    scopes: tuple[Instance, ...] = (),
) -> Selected | None:
    return select(wanted, entity, RANGE, untimed=untimed or {}, scopes=scopes)


def left(wanted: Filters, entity: TemporalEntity, **options: Any) -> dict[str, list[Any]]:
    """What is shown of an entity that is selected, by term."""
    selected = chosen(wanted, entity, **options)
    assert selected is not None
    shown = restrict(wanted, selected, entity, TimeProperty.OBSERVED_AT, with_scope=True)
    return {
        "scope" if name == SCOPE else CORE.compact_name(name): [
            one.attribute.value for one in instances
        ]
        for name, instances in shown.attributes.items()
    }


@pytest.mark.clause("5.7.4.4")
def test_select_should_ask_whether_any_instance_meets_the_query() -> None:
    car = evolution(speed=(instance(10), instance(120, 5)), brand=(instance("A"),))
    assert chosen(filters("speed>100"), car) is not None
    assert chosen(filters("speed>100;brand==%22A%22".replace("%22", '"')), car) is not None
    assert chosen(filters("speed>200"), car) is None
    assert chosen(filters('brand!="A"'), car) is None
    assert chosen(filters("colour"), car) is None


@pytest.mark.clause("5.7.4.4")
def test_restrict_should_keep_the_instances_that_meet_the_query() -> None:
    car = evolution(
        speed=(instance(10), instance(120, 5), instance(130, 6)), brand=(instance("A"),)
    )
    assert left(filters("speed>100"), car) == {"speed": [120, 130], "brand": ["A"]}
    assert left(filters('speed>100;brand=="A"'), car) == {"speed": [120, 130], "brand": ["A"]}
    assert left(filters('speed>125|brand=="A"'), car) == {
        "speed": [10, 120, 130],
        "brand": ["A"],
    }
    assert left(filters('speed>125|brand=="B"'), car) == {"speed": [130], "brand": ["A"]}


@pytest.mark.clause("5.7.4.4")
def test_select_should_want_one_instance_for_all_terms_about_its_attribute() -> None:
    car = evolution(speed=(instance(10), instance(90)), brand=(instance("A"),))
    assert chosen(filters("speed>20;speed<80"), car) is None
    assert left(filters("speed>5;speed<80"), car) == {"speed": [10], "brand": ["A"]}
    assert chosen(filters('speed>20;speed<80|brand=="A"'), car) is not None


@pytest.mark.clause("4.11")
def test_select_should_count_what_never_had_the_time_of_the_query() -> None:
    car = evolution(speed=(instance(10),))
    brand: dict[str, tuple[Instance, ...]] = {BRAND: (instance("A", None),)}
    assert chosen(filters('brand!="B"'), car) is None
    assert chosen(filters('brand!="B"'), car, untimed=brand) is not None
    assert left(filters('brand!="B"'), car, untimed=brand) == {"speed": [10]}


@pytest.mark.clause("4.5.7")
def test_select_should_not_take_a_deletion_for_a_value() -> None:
    gone = instance(NULL, 5, deleted_at=format_datetime(NOON))
    assert chosen(filters("speed"), evolution(speed=(gone,))) is None
    car = evolution(speed=(instance(3), gone))
    assert left(filters("speed"), car) == {"speed": [3]}


@pytest.mark.clause("5.7.4.4")
def test_filters_should_be_about_places_when_there_is_a_geoquery() -> None:
    here, there = (
        instance({"type": "Point", "coordinates": [east, 52]}, kind=AttributeKind.GEO_PROPERTY)
        for east in (5, 6)
    )
    wanted = filters(near="[5,52]")
    assert wanted.names == {PLACE}
    assert left(wanted, evolution(location=(here, there), speed=(instance(1),))) == {
        "location": [{"type": "Point", "coordinates": [5, 52]}],
        "speed": [1],
    }
    assert chosen(wanted, evolution(location=(there,))) is None


@pytest.mark.clause("4.18")
def test_filters_should_keep_what_was_observed_while_the_scope_held() -> None:
    scopes = (
        instance("/a", -60),
        instance(["/b", "/c"], 10),
        instance("/a", 20),
        instance(NULL, 30),
    )
    car = evolution(speed=tuple(instance(minute, minute) for minute in (0, 9, 10, 19, 20, 29, 30)))
    assert left(filters(scope="/a"), car, scopes=scopes) == {
        "speed": [0, 9, 20, 29],
        "scope": ["/a", "/a"],
    }
    assert left(filters(scope="/c"), car, scopes=scopes) == {
        "speed": [10, 19],
        "scope": [["/b", "/c"]],
    }
    assert chosen(filters(scope="/d"), car, scopes=scopes) is None
    assert chosen(filters(scope="/a"), car, scopes=(instance("/a", 60),)) is None
    assert chosen(filters(scope="/a"), car) is None


def test_attributes_of_should_name_where_each_path_begins() -> None:
    query = parse_q("speed.unit==1|(brand;friend{colour}==2)", CORE)
    names = {CORE.expand_name(name) for name in ("speed", "brand", "friend")}
    assert attributes_of(query) == names


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 9), max_size=6),
    st.lists(st.integers(0, 9), max_size=6),
    st.sampled_from(["speed>4", "speed>4;brand>4", "speed>4|brand>4", "(speed>4|brand>7);speed<8"]),
)
def test_restrict_should_leave_something_of_what_the_query_names_when_it_is_met(
    speeds: list[int], brands: list[int], text: str
) -> None:
    wanted = filters(text)
    car = evolution(speed=tuple(map(instance, speeds)), brand=tuple(map(instance, brands)))
    met = chosen(wanted, car) is not None
    none: list[tuple[Instance, ...]] = [()]
    pairs = product(
        [(instance(one),) for one in speeds] or none, [(instance(one),) for one in brands] or none
    )
    by_pairs = any(
        chosen(wanted, evolution(speed=speed, brand=brand)) is not None for speed, brand in pairs
    )
    # Of two attributes, one instance may meet one term and another one the next.
    assert met or not by_pairs
    if met:
        assert any(left(wanted, car).values())
