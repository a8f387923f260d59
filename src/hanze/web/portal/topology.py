"""Countries for the base map, read from a TopoJSON file (world-atlas, Natural Earth)."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import shapely

from hanze.ngsild.topology import read_topology

__all__ = ["countries_in", "read_countries"]


# The file is a part of the package and never changes; reading it takes 100 ms.
@lru_cache(maxsize=1)
def read_countries(path: Path) -> tuple[shapely.Geometry, ...]:
    """Read the countries' shapes; none when the file is not there (a build without npm)."""
    if not path.is_file():
        return ()
    return tuple(area.shape for area in read_topology(path.read_bytes(), "countries"))


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
