"""Geoqueries and reference geometries, from parameters to tree (CIM 009, 4.10)."""

import math
import re
from functools import lru_cache
from typing import Final

import orjson
import shapely

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.geometry import GEOMETRY_TYPES, to_shape, validate_geometry
from hanze.ngsild.model import JsonValue
from hanze.ngsild.query.members import LOCATION
from hanze.ngsild.query.tree import GeoQuery, GeoRelation

__all__ = ["parse_geo", "parse_geometry"]

_CLAUSE: Final = "4.10"
_LONGEST: Final = 1_000_000
_LONGEST_REMEMBERED: Final = 32_768
_MOST_VERTICES: Final = 10_000
_NEAR = re.compile(
    r"near;(max|min)Distance==((?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)", re.ASCII
)


def parse_geo(
    *,
    georel: str | None,
    geometry: str | None,
    coordinates: JsonValue,
    geoproperty: str | None,
    context: Context,
) -> GeoQuery | None:
    """Read a geoquery; `None` when there is none, and then geoproperty is ignored (6.4.3.2).

    Args:
        coordinates: GeoJSON coordinates, as a JSON array or as its text.

    Raises:
        InvalidInput: One of the three parts is missing or wrong, or the name of the GeoProperty is.
    """
    if georel is None and geometry is None and coordinates is None:
        return None
    if georel is None:
        raise _refusal("georel is missing: geometry and coordinates need it", "georel", None)
    relation, max_distance_m, min_distance_m = _relation(georel)
    wkb = parse_geometry(geometry, coordinates, ("geometry", "coordinates"))
    return GeoQuery(
        relation,
        wkb,
        _attribute(geoproperty, context),
        max_distance_m=max_distance_m,
        min_distance_m=min_distance_m,
    )


def parse_geometry(geometry: str | None, coordinates: JsonValue, fields: tuple[str, str]) -> bytes:
    """Read a reference geometry as WKB.

    Args:
        geometry: A GeoJSON type other than GeometryCollection.
        coordinates: A JSON array or its text.
        fields: What errors call the two.

    Raises:
        InvalidInput: Either is missing, they do not fit, or there are too many vertices.
    """
    named, given = fields
    if geometry is None:
        raise _refusal(f"{named} is missing: it says what the coordinates mean", named, None)
    if geometry not in GEOMETRY_TYPES:
        raise _refusal(f"{named} must be one of {', '.join(GEOMETRY_TYPES)}", named, geometry)
    if coordinates is None:
        raise _refusal(f"{given} are missing", given, None)
    if isinstance(coordinates, str) and len(coordinates) <= _LONGEST_REMEMBERED:
        return _wkb_of_text(geometry, coordinates, given)
    return _wkb(geometry, _decoded(coordinates, given), given)


# A map or a dashboard asks for the same area again and again; an area of 250 vertices takes as long
# to read as the rest of its query takes to answer.
@lru_cache(maxsize=256)
def _wkb_of_text(geometry: str, coordinates: str, field: str) -> bytes:
    return _wkb(geometry, _decoded(coordinates, field), field)


def _wkb(geometry: str, coordinates: JsonValue, field: str) -> bytes:
    checked = validate_geometry({"type": geometry, "coordinates": coordinates}, field=field)
    shape = shapely.force_2d(to_shape(checked))
    if shapely.get_num_coordinates(shape) > _MOST_VERTICES:
        raise _refusal(f"{field} have more than {_MOST_VERTICES} vertices", field, None)
    wkb: bytes = shapely.to_wkb(shape)
    return wkb


def _relation(text: str) -> tuple[GeoRelation, float | None, float | None]:
    name = text.partition(";")[0]
    if name == GeoRelation.NEAR.value:
        return GeoRelation.NEAR, *_distances(text)
    try:
        return GeoRelation(text), None, None
    except ValueError as error:
        known = ", ".join(relation.value for relation in GeoRelation)
        raise _refusal(f"georel must be one of {known}", "georel", text) from error


def _distances(text: str) -> tuple[float | None, float | None]:
    found = _NEAR.fullmatch(text)
    metres = float(found[2]) if found and len(found[2]) <= 100 else 0.0
    if found is None or not 0 < metres < math.inf:
        raise _refusal(
            "near must be followed by ;maxDistance== or ;minDistance== and metres above zero",
            "georel",
            text,
        )
    return (metres, None) if found[1] == "max" else (None, metres)


def _decoded(coordinates: JsonValue, field: str) -> JsonValue:
    if not isinstance(coordinates, str):
        return coordinates
    if len(coordinates) > _LONGEST:
        raise _refusal(f"{field} are longer than {_LONGEST} characters", field, coordinates)
    try:
        decoded: JsonValue = orjson.loads(coordinates)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise _refusal(f"{field} must be a JSON array", field, coordinates) from error
    return decoded


def _attribute(name: str | None, context: Context) -> str:
    if name is None:
        return LOCATION
    try:
        return context.expand_name(name)
    except InvalidInput as error:
        raise InvalidInput(
            str(error), field="geoproperty", value=name, clause=error.clause or _CLAUSE
        ) from error


def _refusal(detail: str, field: str, value: object) -> InvalidInput:
    return InvalidInput(detail, field=field, value=value, clause=_CLAUSE)
