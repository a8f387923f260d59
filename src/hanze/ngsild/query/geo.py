"""What a geoquery means (CIM 009, 4.10), and distances for ordering (4.23.1).

Topological relations are those of OGC 06-103r4 on longitude and latitude as plane coordinates, as
GeoJSON does (RFC 7946, 3.1.6). Distances are metres along the great circle (haversine).

`near` is about the buffer around the reference geometry: with maxDistance the target lies within
it, so its farthest point counts; with minDistance the two are disjoint, so its nearest one counts.
For points, the usual case, both are the one distance.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.query.tree import GeoQuery, GeoRelation

__all__ = [
    "EARTH_RADIUS_M",
    "distance_m",
    "farthest_m",
    "haversine_m",
    "matches_geo",
    "reference",
    "relates",
    "shapes",
]

#: Mean radius of the earth (IUGG).
EARTH_RADIUS_M: Final = 6_371_008.8


def matches_geo(query: GeoQuery, entity: Entity) -> bool:
    """Tell whether any instance of the GeoProperty meets the geoquery (4.10, 5.7.2.4)."""
    return any(
        relates(query, target) for target in shapes(entity.attributes.get(query.attribute, ()))
    )


def shapes(instances: Instances) -> Iterator[BaseGeometry]:
    """The geometries of the instances that are GeoProperties."""
    for instance in instances:
        if instance.kind is AttributeKind.GEO_PROPERTY and isinstance(instance.value, Mapping):
            yield _shape(instance.value)


def relates(query: GeoQuery, target: BaseGeometry) -> bool:
    """Decide the geoquery for one target geometry."""
    if query.relation is GeoRelation.NEAR:
        return _is_near(query, target)
    return _PREDICATES[query.relation](reference(query.wkb), target)


@lru_cache(maxsize=128)
def reference(wkb: bytes) -> BaseGeometry:
    """The reference geometry of a geoquery or an ordering, prepared for many tests."""
    geometry: BaseGeometry = shapely.from_wkb(wkb)
    shapely.prepare(geometry)
    return geometry


def distance_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """Metres between the nearest points of two geometries; infinite when one is empty.

    Exact for points. Otherwise the nearest points are looked for on a plane on which degrees of
    longitude are shortened as at the latitude of `other`, then measured along the great circle.
    """
    if one.is_empty or other.is_empty:
        return math.inf
    if isinstance(one, Point) and isinstance(other, Point):
        return haversine_m(one.x, one.y, other.x, other.y)
    return min(_planar_nearest_m(_moved(one, turn), other) for turn in _turns(one, other))


def farthest_m(target: BaseGeometry, origin: BaseGeometry) -> float:
    """Metres from the corner of the target that lies farthest from the origin geometry."""
    if isinstance(target, Point):
        return distance_m(target, origin)
    corners = shapely.get_coordinates(target)
    return max((distance_m(Point(corner), origin) for corner in corners), default=math.inf)


def haversine_m(
    longitude: float, latitude: float, to_longitude: float, to_latitude: float
) -> float:
    """Metres along the great circle between two positions in degrees."""
    one, other = math.radians(latitude), math.radians(to_latitude)
    half_height = math.sin((other - one) / 2)
    half_width = math.sin(math.radians(to_longitude - longitude) / 2)
    square = half_height * half_height + math.cos(one) * math.cos(other) * half_width * half_width
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(square)))


def _is_near(query: GeoQuery, target: BaseGeometry) -> bool:
    if target.is_empty:
        return False
    origin = reference(query.wkb)
    if query.max_distance_m is not None and farthest_m(target, origin) > query.max_distance_m:
        return False
    return query.min_distance_m is None or distance_m(target, origin) > query.min_distance_m


def _planar_nearest_m(one: BaseGeometry, other: BaseGeometry) -> float:
    # Near the poles a degree of longitude is next to nothing, but the plane must not collapse.
    shrink = max(math.cos(math.radians(other.centroid.y)), 0.01)
    flat_one, flat_other = (_scaled(geometry, shrink) for geometry in (one, other))
    line = shapely.get_coordinates(shapely.shortest_line(flat_one, flat_other))
    (x, y), (to_x, to_y) = line[0], line[1]
    return haversine_m(x / shrink, y, to_x / shrink, to_y)


def _scaled(geometry: BaseGeometry, factor: float) -> BaseGeometry:
    scaled: BaseGeometry = shapely.transform(geometry, lambda xy: np.multiply(xy, (factor, 1.0)))
    return scaled


def _turns(one: BaseGeometry, other: BaseGeometry) -> tuple[float, ...]:
    """By how many degrees to move a geometry to look at it across the antimeridian too."""
    west, _, east, _ = one.bounds
    other_west, _, other_east, _ = other.bounds
    if max(east, other_east) - min(west, other_west) <= 180:
        return (0.0,)
    return (0.0, 360.0, -360.0)


def _moved(geometry: BaseGeometry, degrees: float) -> BaseGeometry:
    if not degrees:
        return geometry
    moved: BaseGeometry = shapely.transform(geometry, lambda xy: np.add(xy, (degrees, 0.0)))
    return moved


def _shape(json: Mapping[str, JsonValue]) -> BaseGeometry:
    # Most targets are points; to_shape takes ten times as long for one.
    position = json.get("coordinates")
    if json.get("type") == "Point" and isinstance(position, list | tuple):
        return Point(*position[:2])
    return to_shape(json)


def _within(origin: BaseGeometry, target: BaseGeometry) -> bool:
    return bool(origin.contains(target))


def _contains(origin: BaseGeometry, target: BaseGeometry) -> bool:
    return bool(target.contains(origin))


def _intersects(origin: BaseGeometry, target: BaseGeometry) -> bool:
    return bool(origin.intersects(target))


def _equals(origin: BaseGeometry, target: BaseGeometry) -> bool:
    return bool(origin.equals(target))


def _disjoint(origin: BaseGeometry, target: BaseGeometry) -> bool:
    return bool(origin.disjoint(target))


def _overlaps(origin: BaseGeometry, target: BaseGeometry) -> bool:
    return bool(origin.overlaps(target))


# The prepared geometry is on the left: only there does preparing help.
_PREDICATES: Final[Mapping[GeoRelation, Callable[[BaseGeometry, BaseGeometry], bool]]] = {
    GeoRelation.WITHIN: _within,
    GeoRelation.CONTAINS: _contains,
    GeoRelation.INTERSECTS: _intersects,
    GeoRelation.EQUALS: _equals,
    GeoRelation.DISJOINT: _disjoint,
    GeoRelation.OVERLAPS: _overlaps,
}
