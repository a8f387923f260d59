"""The plane on which the city is drawn: metres east and north of its market square.

Everything is drawn with straight lines and circles, then bent by one smooth displacement: borders
that were shared stay shared, and nothing looks ruled. Only then it becomes longitude and latitude.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from hanze.ngsild.model import JsonValue

__all__ = [
    "ORIGIN",
    "Point2",
    "bend",
    "channel",
    "disc",
    "lines",
    "polar",
    "polygons",
    "smooth",
    "to_geojson",
    "to_lonlat",
]

Point2 = tuple[float, float]

#: The market square. Farmland in reality: the city exists only here.
ORIGIN = (6.6, 53.375)

_METRES_PER_DEGREE = 111_320.0
#: (amplitude in m, wavelength in m, direction in rad, phase) of the waves that bend the plane.
_WAVES = (
    (64.0, 3_900.0, 0.4, 0.3),
    (46.0, 2_300.0, 1.9, 1.7),
    (26.0, 1_300.0, 2.8, 4.1),
    (13.0, 640.0, 1.1, 2.6),
)
_STEP_M = 45.0


def polar(angle: float, radius: float) -> Point2:
    """Return the point at an angle (rad, counter-clockwise from east) and a distance (m)."""
    return radius * math.cos(angle), radius * math.sin(angle)


def smooth(points: Sequence[Point2], *, rounds: int = 3, closed: bool = False) -> list[Point2]:
    """Round the corners of a path by cutting them (Chaikin)."""
    path = np.asarray(points, dtype=float)
    for _ in range(rounds):
        after = np.roll(path, -1, axis=0) if closed else path[1:]
        before = path if closed else path[:-1]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        middle = cut.reshape(-1, 2)
        path = middle if closed else np.concatenate([path[:1], middle, path[-1:]])
    return [(float(x), float(y)) for x, y in path]


def channel(path: Sequence[tuple[float, float, float]]) -> BaseGeometry:
    """Return a watercourse: a path of (x, y, width), the width changing smoothly along it."""
    middle = smooth([(x, y) for x, y, _ in path])
    widths = smooth([(width, 0.0) for _, _, width in path])
    discs = [
        shapely.Point(point).buffer(width[0] / 2, quad_segs=12)
        for point, width in zip(middle, widths, strict=True)
    ]
    pairs = itertools.pairwise(discs)
    return shapely.union_all([first.union(second).convex_hull for first, second in pairs])


def disc(centre: Point2, radii: Sequence[float]) -> Polygon:
    """Return a rounded blob around a point, through one radius per equal angle."""
    step = 2 * math.pi / len(radii)
    rim = [polar(index * step, radius) for index, radius in enumerate(radii)]
    moved = [(centre[0] + x, centre[1] + y) for x, y in rim]
    return Polygon(smooth(moved, closed=True))


def _displace(points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = points.copy()
    for amplitude, length, direction, phase in _WAVES:
        along = points[:, 0] * math.cos(direction) + points[:, 1] * math.sin(direction)
        wave = amplitude * np.sin(2 * math.pi * along / length + phase)
        # Across the wave's own direction: the plane shears and never folds.
        moved[:, 0] -= wave * math.sin(direction)
        moved[:, 1] += wave * math.cos(direction)
    return moved


def bend(geometry: BaseGeometry) -> BaseGeometry:
    """Move a drawn geometry to where it lies in the city."""
    dense = geometry if geometry.geom_type == "Point" else shapely.segmentize(geometry, _STEP_M)
    bent: BaseGeometry = shapely.transform(dense, _displace)
    return bent


def _degrees(points: NDArray[np.float64]) -> NDArray[np.float64]:
    shrink = math.cos(math.radians(ORIGIN[1]))
    lon = ORIGIN[0] + points[:, 0] / (_METRES_PER_DEGREE * shrink)
    lat = ORIGIN[1] + points[:, 1] / _METRES_PER_DEGREE
    degrees: NDArray[np.float64] = np.stack([lon, lat], axis=1).round(6)
    return degrees


def to_lonlat(geometry: BaseGeometry) -> BaseGeometry:
    """Turn metres into degrees with six decimals (10 cm), valid and without needless points."""
    slim = geometry if geometry.geom_type == "Point" else geometry.simplify(1.2)
    placed: BaseGeometry = shapely.transform(slim, _degrees)
    if placed.geom_type.endswith("Polygon"):
        # Rounding can make an edge touch itself; GeoJSON wants outer rings counter-clockwise.
        whole = placed if placed.is_valid else placed.buffer(0)
        return shapely.orient_polygons(whole)
    return placed


def to_geojson(geometry: BaseGeometry) -> dict[str, JsonValue]:
    """Return the GeoJSON geometry, with lists where shapely has tuples."""
    mapping = to_lonlat(geometry).__geo_interface__
    return {"type": mapping["type"], "coordinates": _listed(mapping["coordinates"])}


def _listed(coordinates: JsonValue) -> JsonValue:
    if isinstance(coordinates, tuple | list):
        return [_listed(part) for part in coordinates]
    return coordinates


def polygons(geometry: BaseGeometry, *, at_least: float = 0.0) -> list[Polygon]:
    """Return the polygons in a geometry that cover at least an area (m2), largest first."""
    parts = geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]
    found = [part for part in parts if isinstance(part, Polygon) and part.area >= at_least]
    return sorted(found, key=lambda part: -part.area)


def lines(geometry: BaseGeometry, *, at_least: float) -> list[LineString]:
    """Return the lines in a geometry that are at least so long (m)."""
    parts = getattr(geometry, "geoms", [geometry])
    return [part for part in parts if isinstance(part, LineString) and part.length >= at_least]
