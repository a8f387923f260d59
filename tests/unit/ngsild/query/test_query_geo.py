"""Geoqueries (CIM 009, 4.10)."""

from collections.abc import Sequence

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.query.geo import distance_m, farthest_m, haversine_m, matches_geo, relates
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.tree import GeoQuery, GeoRelation

LOCATION = "https://uri.etsi.org/ngsi-ld/location"
SQUARE = "[[[0,0],[2,0],[2,2],[0,2],[0,0]]]"


def geo(
    georel: str | None,
    geometry: str | None = "Polygon",
    coordinates: JsonValue = SQUARE,
    geoproperty: str | None = None,
) -> GeoQuery | None:
    return parse_geo(
        georel=georel,
        geometry=geometry,
        coordinates=coordinates,
        geoproperty=geoproperty,
        context=CORE,
    )


def at(*geometries: tuple[str, Sequence[JsonValue]]) -> Entity:
    return Entity(
        id="urn:x:1",
        types=("T",),
        attributes={
            LOCATION: tuple(
                Attribute(
                    kind=AttributeKind.GEO_PROPERTY,
                    value={"type": kind, "coordinates": coordinates},
                    dataset_id=f"urn:x:{number}" if number else None,
                )
                for number, (kind, coordinates) in enumerate(geometries)
            )
        },
    )


INNER = [[[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 0.5]]]
ACROSS = [[[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]]
OUTER = [[[-1, -1], [3, -1], [3, 3], [-1, 3], [-1, -1]]]
TURNED = [[[2, 2], [0, 2], [0, 0], [2, 0], [2, 2]]]


@pytest.mark.clause("4.10")
@pytest.mark.parametrize(
    ("georel", "target", "expected"),
    [
        ("within", ("Point", [1, 1]), True),
        ("within", ("Point", [1, 1, 30]), True),
        ("within", ("Point", [0, 1]), False),
        ("within", ("Polygon", INNER), True),
        ("within", ("Polygon", ACROSS), False),
        ("contains", ("Polygon", OUTER), True),
        ("contains", ("Polygon", INNER), False),
        ("intersects", ("Polygon", ACROSS), True),
        ("intersects", ("Point", [0, 1]), True),
        ("intersects", ("Point", [3, 1]), False),
        ("disjoint", ("Point", [3, 1]), True),
        ("disjoint", ("Point", [1, 1]), False),
        ("equals", ("Polygon", TURNED), True),
        ("equals", ("Polygon", INNER), False),
        ("overlaps", ("Polygon", ACROSS), True),
        ("overlaps", ("Polygon", INNER), False),
    ],
)
def test_relations_should_be_those_of_ogc(
    georel: str, target: tuple[str, Sequence[JsonValue]], expected: bool
) -> None:
    query = geo(georel)
    assert query is not None
    assert matches_geo(query, at(target)) is expected


@pytest.mark.clause("5.7.2.4")
def test_any_instance_may_match_a_geoquery() -> None:
    query = geo("within")
    assert query is not None
    assert matches_geo(query, at(("Point", [5, 5]), ("Point", [1, 1])))
    assert not matches_geo(query, Entity(id="urn:x:1", types=("T",), attributes={}))
    plain = Attribute(kind=AttributeKind.PROPERTY, value={"type": "Point", "coordinates": [1, 1]})
    assert not matches_geo(
        query, Entity(id="urn:x:1", types=("T",), attributes={LOCATION: (plain,)})
    )


@pytest.mark.clause("4.10")
@pytest.mark.parametrize(
    ("georel", "target", "expected"),
    [
        ("near;maxDistance==112000", ("Point", [8, 41]), True),
        ("near;maxDistance==111000", ("Point", [8, 41]), False),
        ("near;minDistance==111000", ("Point", [8, 41]), True),
        ("near;minDistance==112000", ("Point", [8, 41]), False),
        # Whole within the buffer, and whole outside of it.
        ("near;maxDistance==1000", ("LineString", [[8, 40], [8, 41]]), False),
        ("near;maxDistance==112000", ("LineString", [[8, 40], [8, 41]]), True),
        ("near;minDistance==1000", ("LineString", [[8, 40], [8, 41]]), False),
        ("near;minDistance==1000", ("LineString", [[8, 40.5], [8, 41]]), True),
    ],
)
def test_near_should_measure_metres(
    georel: str, target: tuple[str, Sequence[JsonValue]], expected: bool
) -> None:
    query = geo(georel, "Point", "[8,40]")
    assert query is not None
    assert matches_geo(query, at(target)) is expected


@pytest.mark.clause("4.10")
def test_parse_geo_should_take_text_and_json() -> None:
    assert geo(None, None, None) is None
    assert geo(None, None, None, "location") is None
    near = geo("near;maxDistance==2e3", "Point", [8, 40], "observationSpace")
    assert near == GeoQuery(
        GeoRelation.NEAR,
        shapely.to_wkb(shapely.Point(8, 40)),
        "https://uri.etsi.org/ngsi-ld/observationSpace",
        max_distance_m=2000.0,
    )
    assert geo("within", "Point", "[8,40,12]") == geo("within", "Point", [8, 40])


@pytest.mark.clause("4.10")
@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "geoproperty"),
    [
        (None, "Point", "[8,40]", None),
        ("within", None, SQUARE, None),
        ("within", "Polygon", None, None),
        ("near", "Point", "[8,40]", None),
        ("near;maxDistance=5", "Point", "[8,40]", None),
        ("near;maxDistance==0", "Point", "[8,40]", None),
        ("near;maxDistance==0.0", "Point", "[8,40]", None),
        ("near;maxDistance==-5", "Point", "[8,40]", None),
        ("near;maxDistance==1e999", "Point", "[8,40]", None),
        ("near;maxDistance==5;minDistance==1", "Point", "[8,40]", None),
        ("within;maxDistance==5", "Point", "[8,40]", None),
        ("Within", "Polygon", SQUARE, None),
        ("nearby", "Polygon", SQUARE, None),
        ("within", "GeometryCollection", "[]", None),
        ("within", "polygon", SQUARE, None),
        ("within", "Polygon", "[8,40]", None),
        ("within", "Polygon", "[[[0,0],[2,0],[2,2],[0,2]]]", None),
        ("within", "Point", "8,40", None),
        ("within", "Point", "[8", None),
        ("within", "Point", "[200,40]", None),
        ("within", "Point", '["8","40"]', None),
        ("within", "Point", "[8,40]", "not a name"),
        ("within", "MultiPoint", [[0, 0]] * 10_001, None),
        ("within", "Point", "[" + " " * 1_000_001 + "8,40]", None),
    ],
)
def test_wrong_geoqueries_should_be_refused(
    georel: str | None, geometry: str | None, coordinates: JsonValue, geoproperty: str | None
) -> None:
    with pytest.raises(InvalidInput) as caught:
        geo(georel, geometry, coordinates, geoproperty)
    assert caught.value.field in {"georel", "geometry", "coordinates", "geoproperty"}
    assert caught.value.clause


@pytest.mark.clause("4.10")
def test_empty_geometries_should_be_nowhere() -> None:
    query = geo("near;minDistance==1", "Point", "[8,40]")
    assert query is not None
    assert not relates(query, shapely.Point())


@pytest.mark.clause("4.23.1")
def test_distances_should_follow_the_great_circle() -> None:
    # Amsterdam to Seoul, beside what geodesic calculators give for a sphere.
    assert haversine_m(4.9, 52.37, 126.98, 37.57) == pytest.approx(8_565_000, rel=2e-3)
    line = shapely.LineString([(5, 52), (6, 52)])
    point = shapely.Point(5.5, 52.1)
    assert distance_m(line, point) == pytest.approx(haversine_m(5.5, 52, 5.5, 52.1), rel=1e-6)
    east, west = shapely.LineString([(179, 0), (179.5, 0)]), shapely.Point(-179.5, 0)
    assert distance_m(east, west) == pytest.approx(haversine_m(179.5, 0, -179.5, 0), rel=1e-6)
    assert distance_m(shapely.Point(), point) == float("inf")
    assert farthest_m(line, shapely.Point(5, 52)) == pytest.approx(haversine_m(5, 52, 6, 52))


@settings(max_examples=50, deadline=None)
@given(*[st.tuples(st.floats(-180, 180), st.floats(-90, 90))] * 2)
def test_distance_should_be_symmetric(one: tuple[float, float], other: tuple[float, float]) -> None:
    there, back = haversine_m(*one, *other), haversine_m(*other, *one)
    assert there == pytest.approx(back, abs=1e-3)
    assert 0 <= there <= 20_020_000
