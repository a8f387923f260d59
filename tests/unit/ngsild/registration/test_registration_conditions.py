"""Time, place, scope and filter of registrations (CIM 009, 5.10.2.4)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from hanze.ngsild.context import build_context
from hanze.ngsild.query.geo import relates
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.tree import GeoQuery
from hanze.ngsild.registration.conditions import in_place, in_scope, in_time, passes
from hanze.ngsild.temporal.parse import parse_temporal_query
from tests.registering import registered

CONTEXT = build_context(None, ({"owner": "urn:x:owner", "Vehicle": "urn:x:Vehicle"},))


def year(number: int) -> str:
    return f"{number}-01-01T00:00:00Z"


@pytest.mark.clause("5.10.2")
@pytest.mark.parametrize(
    ("timerel", "start", "end", "expected"),
    [
        ("before", 2019, None, False),
        ("before", 2020, None, True),
        ("before", 2030, None, True),
        ("after", 2010, None, True),
        ("after", 2022, None, True),
        ("after", 2023, None, False),
        ("between", 2010, 2019, False),
        ("between", 2010, 2020, True),
        ("between", 2021, 2022, True),
        ("between", 2022, 2030, True),
        ("between", 2023, 2030, False),
        ("between", 2010, 2030, True),
    ],
)
def test_an_interval_should_match_when_it_overlaps(
    timerel: str, start: int, end: int | None, expected: bool
) -> None:
    temporal = parse_temporal_query(
        timerel=timerel,
        time_at=year(start),
        end_time_at=None if end is None else year(end),
        timeproperty=None,
    )
    assert temporal is not None
    interval = {"startAt": year(2020), "endAt": year(2022)}
    assert in_time(registered(observationInterval=interval), temporal) is expected
    assert not in_time(registered(managementInterval=interval), temporal)
    open_end = registered(observationInterval={"startAt": year(2020)})
    assert in_time(open_end, temporal) is (expected or 2023 in (start, end))


def asked(georel: str, coordinates: str, geometry: str = "Point") -> GeoQuery:
    geo = parse_geo(
        georel=georel,
        geometry=geometry,
        coordinates=coordinates,
        geoproperty=None,
        context=CONTEXT,
    )
    assert geo is not None
    return geo


AREA = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
SQUARE = "[[[0.5,0.5],[1,0.5],[1,1],[0.5,1],[0.5,0.5]]]"


@pytest.mark.clause("5.10.2")
@pytest.mark.parametrize(
    ("georel", "coordinates", "expected"),
    [
        ("near;maxDistance==1000", "[1,1]", True),
        ("near;maxDistance==1000", "[3,3]", False),
        ("near;maxDistance==200000", "[3,2]", True),
        ("near;minDistance==1000", "[1,1]", True),
        ("near;minDistance==9000000", "[1,1]", False),
        ("intersects", "[1,1]", True),
        ("intersects", "[3,3]", False),
        ("contains", "[1,1]", True),
        ("contains", "[3,3]", False),
        ("equals", "[1,1]", True),
        ("disjoint", "[1,1]", True),
        ("within", "[3,3]", False),
    ],
)
def test_an_area_should_match_when_it_may_contain_what_does(
    georel: str, coordinates: str, expected: bool
) -> None:
    geo = asked(georel, coordinates)
    assert in_place(registered(location=AREA), geo) is expected
    assert in_place(registered(), geo)
    assert in_place(registered(observationSpace=AREA), geo)


@pytest.mark.clause("5.10.2")
@pytest.mark.parametrize("georel", ["within", "overlaps", "intersects", "contains", "equals"])
def test_an_area_should_match_when_the_one_asked_for_lies_in_it(georel: str) -> None:
    assert in_place(registered(location=AREA), asked(georel, SQUARE, "Polygon"))


_numbers = st.floats(-3, 3).map(lambda number: round(number, 2))


@pytest.mark.clause("5.10.2")
@settings(max_examples=100, deadline=None)
@given(
    georel=st.sampled_from(
        ["near;maxDistance==50000", "near;minDistance==50000", "within", "intersects", "disjoint"]
    ),
    corner=st.tuples(_numbers, _numbers),
    size=st.floats(0.1, 2),
    place=st.tuples(_numbers, _numbers),
)
def test_an_area_should_match_when_a_place_in_it_does(
    georel: str, corner: tuple[float, float], size: float, place: tuple[float, float]
) -> None:
    x, y = corner
    square = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    area: dict[str, Any] = {"type": "Polygon", "coordinates": [square]}
    geo = asked(georel, SQUARE, "Polygon")
    if box(x, y, x + size, y + size).covers(Point(*place)) and relates(geo, Point(*place)):
        assert in_place(registered(location=area), geo)


@pytest.mark.clause("4.19")
def test_scopes_should_match_when_they_meet_the_query() -> None:
    registration = registered(scope=["/City/Parks", "/City/Roads"])
    assert in_scope(registration, parse_scopes("/City/+"))
    assert in_scope(registration, parse_scopes("(/City/Parks;/City/Roads)"))
    assert not in_scope(registration, parse_scopes("/Village/#"))
    assert in_scope(registered(), parse_scopes("/Village/#"))


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("csf", "expected"),
    [
        ('registrationName=="one"', True),
        ('registrationName!="one"', False),
        ('mode=="inclusive"', True),
        ('endpoint~="source"', True),
        ("management[timeout]==5", True),
        ("management[timeout]>5", False),
        ('owner=="city"', True),
        ('owner=="village"|tenant=="there"', True),
        ("expiresAt>2050-01-01T00:00:00Z", True),
        ("createdAt>2050-01-01T00:00:00Z", False),
        ("contextSourceInfo", False),
        ('contextSourceInfo~="secret"', False),
        ('partner=="urn:x:1"', True),
        ("weight==3", True),
    ],
)
def test_a_filter_should_be_met_by_members_of_the_registration(csf: str, expected: bool) -> None:
    registration = registered(
        context=CONTEXT,
        registrationName="one",
        tenant="there",
        management={"timeout": 5},
        owner="city",
        partner={"type": "Relationship", "object": "urn:x:1"},
        weight={"type": "Property", "value": 3},
        expiresAt="2099-01-01T00:00:00Z",
        contextSourceInfo=[{"key": "X-Key", "value": "secret"}],
    )
    assert passes(registration, parse_q(csf, CONTEXT, field="csf")) is expected
