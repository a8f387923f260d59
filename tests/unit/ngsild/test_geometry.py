import orjson
import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.geometry import is_geometry, to_shape, validate_geometry
from hanze.ngsild.model import JsonValue

pytestmark = pytest.mark.clause("4.7.1")

RING: list[JsonValue] = [[6.0, 53.0], [6.1, 53.0], [6.1, 53.1], [6.0, 53.0]]
VALID: list[dict[str, JsonValue]] = [
    {"type": "Point", "coordinates": [6.5, 53.2]},
    {"type": "Point", "coordinates": [6.5, 53.2, -1.5]},
    {"type": "MultiPoint", "coordinates": [[6.5, 53.2], [6.6, 53.2]]},
    {"type": "LineString", "coordinates": [[6.5, 53.2], [6.6, 53.2]]},
    {"type": "MultiLineString", "coordinates": [[[6.5, 53.2], [6.6, 53.2]]]},
    {"type": "Polygon", "coordinates": [RING]},
    {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
]


@pytest.mark.parametrize("geometry", VALID)
def test_validate_geometry_should_accept_every_kind(geometry: dict[str, JsonValue]) -> None:
    assert validate_geometry(geometry, field="location") == geometry
    assert is_geometry(geometry)
    assert not to_shape(geometry).is_empty


@pytest.mark.clause("4.7.2")
def test_validate_geometry_should_decode_a_geometry_in_a_string() -> None:
    text = orjson.dumps(VALID[0]).decode()
    assert validate_geometry(text, field="location") == VALID[0]
    with pytest.raises(InvalidInput, match="must be a GeoJSON geometry"):
        validate_geometry("POINT (6.5 53.2)", field="location")


@pytest.mark.parametrize(
    ("kind", "coordinates", "reason"),
    [
        ("GeometryCollection", [], "type"),
        ("Circle", [1, 2], "type"),
        (None, [1, 2], "type"),
        ("Point", [6.5], "two or three"),
        ("Point", ["6.5", 53.2], "numbers"),
        ("Point", [True, 53.2], "numbers"),
        ("Point", [181, 53.2], "longitudes"),
        ("Point", [6.5, -90.5], "latitudes"),
        ("Point", None, "positions"),
        ("LineString", [[6.5, 53.2]], "two or more"),
        ("LineString", [[6.5, 53.2], 6.6], "two or three"),
        ("LineString", [[6.5, 53.2], [6.6, "53.2"]], "numbers"),
        ("LineString", [[6.5, 53.2], [6.6, True]], "numbers"),
        ("LineString", [[6.5, 53.2], [6.6, 90.5]], "latitudes"),
        ("LineString", [[6.5, 53.2], [-180.5, 53.2, 1]], "longitudes"),
        ("Polygon", [RING[:-1]], "four or more"),
        ("Polygon", [[*RING[:-1], [6.3, 53.0]]], "end where they start"),
        ("Polygon", [[*RING[:-1], [True, 53.0]]], "numbers"),
        ("Polygon", [[*RING[:-1], ["6.0", 53.0]]], "numbers"),
        ("Polygon", [[*RING[:-1], [6.0]]], "two or three"),
        ("Polygon", [[RING[0], [180.5, 53.0], *RING[1:]]], "longitudes"),
        ("Polygon", [[RING[0], [10**400, 53.0], *RING[1:]]], "longitudes"),
        ("Polygon", [[RING[0], [6.1, -91], *RING[1:]]], "latitudes"),
        ("LineString", [[6.5, 53.2], [6.5, 90.1]], "latitudes"),
        ("Polygon", [], "one or more rings"),
        ("MultiPoint", [], "one or more parts"),
    ],
)
def test_validate_geometry_should_say_what_is_wrong(
    kind: JsonValue, coordinates: JsonValue, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as raised:
        validate_geometry({"type": kind, "coordinates": coordinates}, field="location")
    assert raised.value.field == "location"


def test_to_shape_should_pass_over_altitudes_that_only_some_positions_have() -> None:
    ring: list[JsonValue] = [[6.0, 53.0], [6.1, 53.0, 3], [6.1, 53.1], [6.0, 53.0]]
    for kind, coordinates in (("Polygon", [ring]), ("MultiPolygon", [[ring]])):
        mixed = validate_geometry({"type": kind, "coordinates": coordinates}, field="location")
        assert to_shape(mixed).equals(to_shape({"type": "Polygon", "coordinates": [RING]}))


def test_to_shape_should_repair_a_ring_that_crosses_itself() -> None:
    bow: dict[str, JsonValue] = {
        "type": "Polygon",
        "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]],
    }
    assert to_shape(bow).is_valid


def test_validate_geometry_should_check_positions_one_by_one_where_they_differ() -> None:
    mixed: dict[str, JsonValue] = {
        "type": "LineString",
        "coordinates": [[6.5, 53.2], [6.6, 53.2, -1.5], [6.7, 53.2]],
    }
    assert validate_geometry(mixed, field="location") == mixed
    assert to_shape(mixed).length == pytest.approx(0.2)


def test_validate_geometry_should_refuse_an_embedded_context() -> None:
    with pytest.raises(InvalidInput, match="must not embed an @context"):
        validate_geometry({**VALID[0], "@context": {}}, field="location")
