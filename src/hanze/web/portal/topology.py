"""Countries for the base map, read from a TopoJSON file (world-atlas, Natural Earth)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import msgspec
import shapely

__all__ = ["countries_in", "read_countries"]

Position = tuple[float, float]


class _Transform(TypedDict):
    scale: tuple[float, float]
    translate: tuple[float, float]


class _Polygon(msgspec.Struct, tag_field="type", tag="Polygon"):
    arcs: list[list[int]]


class _MultiPolygon(msgspec.Struct, tag_field="type", tag="MultiPolygon"):
    arcs: list[list[list[int]]]


class _Collection(msgspec.Struct):
    geometries: list[_Polygon | _MultiPolygon]


class _Topology(msgspec.Struct):
    transform: _Transform
    arcs: list[list[tuple[int, int]]]
    objects: Mapping[str, _Collection]


# The file is a part of the package and never changes; reading it takes 45 ms.
@lru_cache(maxsize=1)
def read_countries(path: Path) -> tuple[shapely.Geometry, ...]:
    """Read the countries' shapes; none when the file is not there (a build without npm)."""
    if not path.is_file():
        return ()
    topology = msgspec.json.decode(path.read_bytes(), type=_Topology)
    arcs = [_absolute(arc, topology.transform) for arc in topology.arcs]
    shapes: list[shapely.Geometry] = []
    for shape in topology.objects["countries"].geometries:
        parts = [shape.arcs] if isinstance(shape, _Polygon) else shape.arcs
        polygons = [_polygon(rings, arcs) for rings in parts]
        shapes.append(shapely.make_valid(shapely.MultiPolygon(polygons)))
    return tuple(shapes)


def countries_in(
    countries: Sequence[shapely.Geometry], bounds: tuple[float, float, float, float]
) -> list[shapely.Geometry]:
    """Cut out what a map shows."""
    window = shapely.box(*bounds)
    return [
        shapely.intersection(country, window)
        for country in countries
        if shapely.intersects(country, window)
    ]


def _polygon(rings: list[list[int]], arcs: Sequence[list[Position]]) -> shapely.Polygon:
    outer, *holes = [_ring(ring, arcs) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(numbers: list[int], arcs: Sequence[list[Position]]) -> list[Position]:
    """Join arcs; a negative number is an arc backwards, and shared ends appear once."""
    ring: list[Position] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring.extend(arc[1:] if ring else arc)
    return ring


def _absolute(arc: list[tuple[int, int]], transform: _Transform) -> list[Position]:
    """Undo the delta encoding and the quantisation."""
    x = y = 0
    positions = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        positions.append(
            (
                x * transform["scale"][0] + transform["translate"][0],
                y * transform["scale"][1] + transform["translate"][1],
            )
        )
    return positions
