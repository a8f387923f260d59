"""Whether it is dark at a place: the sun's elevation, to about half a degree. Pure."""

from datetime import UTC, datetime, timedelta
from math import asin, cos, degrees, radians, sin
from typing import Final

__all__ = ["is_dark", "sun_elevation"]

_J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)

#: Civil twilight ends: street lights are on.
_DARK_BELOW: Final = -4.0


def sun_elevation(moment: datetime, longitude: float, latitude: float) -> float:
    """Return how high the sun stands over the horizon, in degrees; refraction is left out.

    The low-precision formulas of the Astronomical Almanac (0.01 degrees for the sun itself between
    1950 and 2050).

    Args:
        moment: With a time zone.
        longitude: Degrees east.
        latitude: Degrees north.
    """
    days = (moment - _J2000) / timedelta(days=1)
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = radians(357.528 + 0.9856003 * days)
    ecliptic = radians(mean_longitude + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    obliquity = radians(23.439 - 4e-7 * days)
    declination = asin(sin(obliquity) * sin(ecliptic))
    # The right ascension through its tangent needs the quadrant: two products keep it.
    across, along = cos(obliquity) * sin(ecliptic), cos(ecliptic)
    sidereal = radians(280.46062 + 360.98564737 * days + longitude)
    # cos(sidereal - ascension) * cos(declination), with ascension = atan2(across, along).
    toward = cos(sidereal) * along + sin(sidereal) * across
    height = sin(radians(latitude)) * sin(declination) + cos(radians(latitude)) * toward
    return degrees(asin(max(-1.0, min(1.0, height))))


def is_dark(moment: datetime, longitude: float, latitude: float) -> bool:
    """Tell whether street lights are on."""
    return sun_elevation(moment, longitude, latitude) < _DARK_BELOW
