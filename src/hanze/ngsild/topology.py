"""TopoJSON: shapes whose common borders are written once (topojson.github.io/topojson-specification)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["Feature", "WrongTopology", "read_topology"]

_Positions = NDArray[np.float64]
_LEAST_RING: Final = 4
#: Degrees.
_HALF: Final = 180.0
_SOUTHERNMOST: Final = -60.0


class WrongTopology(InvalidInput):
    """A text is no TopoJSON with areas."""


@dataclass(frozen=True, slots=True)
class Feature:
    """An area, and what is said about it."""

    properties: Mapping[str, JsonValue]
    shape: shapely.Geometry


class _Transform(msgspec.Struct):
    scale: tuple[float, float]
    translate: tuple[float, float]


class _Polygon(msgspec.Struct, tag_field="type", tag="Polygon"):
    arcs: list[list[int]]
    properties: dict[str, Any] = {}  # any JSON: msgspec cannot follow the recursive type


class _MultiPolygon(msgspec.Struct, tag_field="type", tag="MultiPolygon"):
    arcs: list[list[list[int]]]
    properties: dict[str, Any] = {}  # any JSON: msgspec cannot follow the recursive type


class _Collection(msgspec.Struct):
    geometries: list[_Polygon | _MultiPolygon]


class _Topology(msgspec.Struct):
    arcs: list[list[list[float]]]
    objects: dict[str, _Collection]
    transform: _Transform | None = None


def read_topology(text: bytes, name: str | None = None) -> tuple[Feature, ...]:
    """Read the areas of a topology.

    Args:
        text: TopoJSON, quantised or not.
        name: Of the object whose areas are wanted; without it, all objects'.

    Raises:
        WrongTopology: It is no TopoJSON, or has something else than areas.
    """
    try:
        topology = msgspec.json.decode(text, type=_Topology)
        arcs = [_absolute(arc, topology.transform) for arc in topology.arcs]
        return tuple(
            Feature(area.properties, _shape(area, arcs))
            for key, collection in topology.objects.items()
            if name is None or key == name
            for area in collection.geometries
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, IndexError) as error:
        raise WrongTopology(f"The text is no TopoJSON of areas: {error}") from error
    except shapely.GEOSException as error:
        raise WrongTopology(f"The topology has areas that are none: {error}") from error


def _shape(area: _Polygon | _MultiPolygon, arcs: Sequence[_Positions]) -> shapely.Geometry:
    parts = [area.arcs] if isinstance(area, _Polygon) else area.arcs
    polygons = [_polygon(rings, arcs) for rings in parts]
    whole = shapely.MultiPolygon([polygon for polygon in polygons if polygon is not None])
    return _cut_at_antimeridian(whole if shapely.is_valid(whole) else shapely.make_valid(whole))


def _cut_at_antimeridian(shape: shapely.Geometry) -> shapely.Geometry:
    """Bring back what lies beyond 180 degrees, where `_unrolled` let it go on."""
    if shapely.is_empty(shape) or float(shapely.bounds(shape)[2]) <= _HALF:
        return shape
    east = shapely.intersection(shape, shapely.box(-_HALF, -90, _HALF, 90))
    west = shapely.intersection(shape, shapely.box(_HALF, -90, 3 * _HALF, 90))
    return shapely.union(east, shapely.transform(west, lambda points: points - [2 * _HALF, 0]))


def _unrolled(ring: _Positions) -> _Positions:
    """Let the longitudes of a ring across the antimeridian go on: it would run round the world.

    A ring round the South Pole stays as it is: it has no two sides.
    """
    jumps = np.any(np.abs(np.diff(ring[:, 0])) > _HALF)
    if not jumps or ring[:, 1].min() < _SOUTHERNMOST:
        return ring
    return np.column_stack(
        (np.where(ring[:, 0] < 0, ring[:, 0] + 2 * _HALF, ring[:, 0]), ring[:, 1])
    )


def _polygon(rings: list[list[int]], arcs: Sequence[_Positions]) -> shapely.Polygon | None:
    """Make a polygon; of small islands and holes simplification may have left a line or a point."""
    outer, *holes = [_ring(ring, arcs) for ring in rings]
    if len(outer) < _LEAST_RING:
        return None
    return shapely.Polygon(outer, [hole for hole in holes if len(hole) >= _LEAST_RING])


def _ring(numbers: list[int], arcs: Sequence[_Positions]) -> _Positions:
    """Join arcs; a negative number is an arc backwards, and shared ends appear once."""
    ring = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return _unrolled(np.concatenate([ring[0], *(arc[1:] for arc in ring[1:])]))


def _absolute(arc: list[list[float]], transform: _Transform | None) -> _Positions:
    """Undo the delta encoding and the quantisation."""
    positions: _Positions = np.array(arc, dtype=np.float64)[:, :2]
    if transform is None:
        return positions
    return np.cumsum(positions, axis=0) * transform.scale + transform.translate
