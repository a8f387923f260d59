"""Countries for the base map, read from a TopoJSON file (world-atlas, Natural Earth)."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from hanze.ngsild.topology import read_topology

__all__ = ["countries_in", "read_countries"]

#: Degrees.
_HALF = 180.0
_SOUTHERNMOST = -60.0


# The file is a part of the package and never changes; reading it takes 100 ms.
@lru_cache(maxsize=1)
def read_countries(path: Path) -> tuple[shapely.Geometry, ...]:
    """Read the countries' shapes; none when the file is not there (a build without npm)."""
    if not path.is_file():
        return ()
    areas = read_topology(path.read_bytes(), "countries")
    return tuple(_kept_on_its_side(area.shape) for area in areas)


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


def _kept_on_its_side(country: shapely.Geometry) -> shapely.Geometry:
    """Cut a country at the antimeridian, where its outline jumps from one edge to the other.

    Drawn as it is, such an outline runs back across the whole world.
    """
    parts = shapely.get_parts(country)
    if not any(_jumps(part) for part in parts):
        return country
    return shapely.union_all([piece for part in parts for piece in _cut(part)])


def _jumps(part: shapely.Geometry) -> bool:
    coordinates = shapely.get_coordinates(part)
    # Antarctica goes round the pole: it has no two sides.
    around = bool(coordinates[:, 1].min() < _SOUTHERNMOST)
    return not around and bool(np.any(np.abs(np.diff(coordinates[:, 0])) > _HALF))


def _cut(part: shapely.Geometry) -> list[shapely.Geometry]:
    if not _jumps(part):
        return [part]
    whole = shapely.make_valid(shapely.transform(part, _unrolled))
    east = shapely.intersection(whole, shapely.box(-_HALF, -90, _HALF, 90))
    west = shapely.intersection(whole, shapely.box(_HALF, -90, 3 * _HALF, 90))
    return [east, shapely.transform(west, lambda points: points - [2 * _HALF, 0])]


def _unrolled(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let longitudes go on beyond 180 degrees."""
    return np.column_stack(
        (np.where(points[:, 0] < 0, points[:, 0] + 2 * _HALF, points[:, 0]), points[:, 1])
    )
