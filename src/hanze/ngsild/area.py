"""How large an area on the ellipsoid is: projected to equal areas (Snyder 1987, USGS PP 1395)."""

import math
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["square_kilometres"]

#: WGS 84.
_EQUATOR_KM: Final = 6378.137
_E2: Final = 0.0066943799901413165
_E: Final = math.sqrt(_E2)


def square_kilometres(shape: shapely.Geometry) -> float:
    """Measure an area in degrees of WGS 84: its edges count as straight on a cylinder."""
    return float(shapely.area(shapely.transform(shape, _equal_areas)))


def _equal_areas(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lambert's cylindrical projection of the ellipsoid (eqs. 10-13 and 3-12)."""
    longitude, sine = np.radians(positions[:, 0]), np.sin(np.radians(positions[:, 1]))
    q = (1 - _E2) * (
        sine / (1 - _E2 * sine**2) - np.log((1 - _E * sine) / (1 + _E * sine)) / (2 * _E)
    )
    return np.column_stack((_EQUATOR_KM * longitude, _EQUATOR_KM * q / 2))
