"""Countries for the base map, read from a TopoJSON file (world-atlas, Natural Earth)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["countries_in", "read_countries"]

Positions = NDArray[np.float64]


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


# The file is a part of the package and never changes; reading it takes 100 ms.
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
        whole = shapely.MultiPolygon(polygons)
        shapes.append(whole if shapely.is_valid(whole) else shapely.make_valid(whole))
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


def _polygon(rings: list[list[int]], arcs: Sequence[Positions]) -> shapely.Polygon:
    outer, *holes = [_ring(ring, arcs) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(numbers: list[int], arcs: Sequence[Positions]) -> Positions:
    """Join arcs; a negative number is an arc backwards, and shared ends appear once."""
    ring = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return np.concatenate([ring[0], *(arc[1:] for arc in ring[1:])])


def _absolute(arc: list[tuple[int, int]], transform: _Transform) -> Positions:
    """Undo the delta encoding and the quantisation."""
    positions: Positions = np.cumsum(np.array(arc), axis=0) * transform["scale"]
    return positions + transform["translate"]
