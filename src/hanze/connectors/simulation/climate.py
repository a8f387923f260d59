"""The weather, tide and bustle of Aldermonde at a moment: curves of time and seed alone (pure).

Nothing is remembered between two moments, so a restarted node goes on where time is.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["Climate", "climate", "drift", "rush", "share_of_day"]

#: The city keeps one offset all year; its curves follow the local clock.
_LOCAL = timezone(timedelta(hours=1))
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_LATITUDE = math.radians(53.4)
#: Periods (h), amplitudes (m) and phases (h) of the tide: moon, sun, elliptic moon.
_TIDES = ((12.4206, 1.12, 1.3), (12.0, 0.27, 4.4), (12.6583, 0.19, 7.9))


@dataclass(frozen=True, slots=True)
class Climate:
    """What the whole city shares at a moment.

    Attributes:
        temperature: Degrees Celsius.
        humidity: Relative, 0 to 1.
        pressure: hPa.
        wind: m/s.
        wind_from: Degrees from north.
        rain: mm in the past hour.
        light: Illuminance outdoors in lux.
        sun: Sine of the sun's elevation; below 0 it is night.
        tide: Metres above mean sea level at the mouth.
        tide_upstream: The same, 50 minutes later up the river and weaker.
        weekend: Saturday or Sunday.
        hour: Local hour with fraction.
    """

    temperature: float
    humidity: float
    pressure: float
    wind: float
    wind_from: float
    rain: float
    light: float
    sun: float
    tide: float
    tide_upstream: float
    weekend: bool
    hour: float


def _chance(seed: int, key: str, tick: int) -> float:
    digest = hashlib.blake2b(f"{seed}|{key}|{tick}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def drift(seed: int, key: str, now: datetime, *, minutes: float) -> float:
    """Return a value between -1 and 1 that wanders smoothly, differently for each key.

    Args:
        minutes: How long it takes to become another value.
    """
    position = (now - _EPOCH).total_seconds() / 60 / minutes
    tick = math.floor(position)
    part = position - tick
    ease = part * part * (3 - 2 * part)
    before, after = _chance(seed, key, tick), _chance(seed, key, tick + 1)
    return 2 * (before + (after - before) * ease) - 1


def share_of_day(seed: int, key: str, now: datetime, *, slots: int) -> float:
    """Return a value between 0 and 1 that holds for one of the equal slots of a day."""
    seconds = (now - _EPOCH).total_seconds()
    return _chance(seed, key, int(seconds // (86_400 / slots)))


def _bump(hour: float, peak: float, width: float) -> float:
    away = min(abs(hour - peak), 24 - abs(hour - peak))
    return math.exp(-((away / width) ** 2))


def rush(hour: float, *, weekend: bool) -> float:
    """Return how busy the roads are, 0.02 to 1: two rush hours, or a slow afternoon."""
    if weekend:
        level = 0.62 * _bump(hour, 14.5, 4.6) + 0.22 * _bump(hour, 20.0, 3.0)
    else:
        peaks = 0.78 * _bump(hour, 8.2, 1.25) + 0.86 * _bump(hour, 17.2, 1.6)
        level = peaks + 0.44 * _bump(hour, 12.8, 3.8) + 0.12 * _bump(hour, 21.0, 2.2)
    return max(0.02, min(1.0, level))


def _tide(hours: float) -> float:
    waves = (
        amplitude * math.cos(2 * math.pi * (hours - phase) / period)
        for period, amplitude, phase in _TIDES
    )
    return sum(waves)


def _sun(now: datetime, hour: float) -> float:
    day = now.timetuple().tm_yday
    declination = -math.radians(23.44) * math.cos(2 * math.pi * (day + 10) / 365.25)
    angle = math.pi * (hour - 12.55) / 12
    across = math.cos(_LATITUDE) * math.cos(declination) * math.cos(angle)
    return math.sin(_LATITUDE) * math.sin(declination) + across


def climate(seed: int, now: datetime) -> Climate:
    """Return what the city shares at a moment.

    Args:
        seed: The city's own.
        now: With a time zone.
    """
    local = now.astimezone(_LOCAL)
    hour = local.hour + local.minute / 60 + local.second / 3_600
    sun = _sun(local, hour)
    front = drift(seed, "front", now, minutes=31 * 60)
    shower = drift(seed, "shower", now, minutes=95)
    season = -math.cos(2 * math.pi * (local.timetuple().tm_yday - 28) / 365.25)
    rain = max(0.0, shower + 0.7 * front - 0.55) * 4.6
    clouds = min(1.0, max(0.0, 0.45 + 0.5 * front + 0.3 * shower))
    warmth = (
        10.4
        + 7.2 * season
        + 4.0 * sun * (1 - 0.55 * clouds)
        + 3.4 * drift(seed, "airmass", now, minutes=52 * 60)
    )
    humidity = 0.76 + 0.12 * front - 0.17 * max(0.0, sun) + 0.05 * shower + 0.05 * min(1.0, rain)
    hours = (now - _EPOCH).total_seconds() / 3_600
    surge = 0.32 * front
    return Climate(
        temperature=warmth,
        humidity=min(0.995, max(0.3, humidity)),
        pressure=1_014.0 - 15.0 * front + 4.0 * drift(seed, "pressure", now, minutes=9 * 60),
        wind=max(0.3, 5.6 + 3.9 * front + 1.7 * drift(seed, "wind", now, minutes=42)),
        wind_from=(245 + 85 * drift(seed, "veer", now, minutes=14 * 60)) % 360,
        rain=rain,
        light=max(0.0, sun) * 98_000 * (1 - 0.78 * clouds) + 0.2,
        sun=sun,
        tide=_tide(hours) + surge,
        tide_upstream=0.81 * _tide(hours - 0.83) + 1.1 * surge + 0.18,
        weekend=local.weekday() >= 5,
        hour=hour,
    )
