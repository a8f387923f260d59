"""Stretches of time as a city's clock counts them: days of 23 hours and months of 31 days among them.

Moments are microseconds since 1970; zones are those of the display.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

__all__ = ["LENGTHS", "PERIODS", "Run", "boundaries", "local", "microseconds", "periods_in", "runs"]

_SECOND: Final = 1_000_000
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3_600 * _SECOND, 86_400 * _SECOND

#: What values are taken together over, the shortest first; in microseconds, about.
LENGTHS: Final = {
    "minute": _MINUTE,
    "quarter": 15 * _MINUTE,
    "hour": _HOUR,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 30 * _DAY,
}
PERIODS: Final = tuple(LENGTHS)
_UNIFORM: Final = frozenset(("minute", "quarter", "hour"))


class Run(NamedTuple):
    """Periods of one length that follow each other."""

    start: int
    end: int
    length: int


def local(moment_us: int, zone: tzinfo) -> datetime:
    """Say what a clock in the zone shows."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment_us)).astimezone(zone)


def microseconds(moment: datetime) -> int:
    """Count from 1970."""
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def periods_in(start: int, end: int, period: str) -> int:
    """Say about how many periods there are between two moments."""
    return -(-(end - start) // LENGTHS[period])


def boundaries(start: int, end: int, period: str, zone: tzinfo) -> list[int]:
    """Divide time: the first boundary is at or before the start, the last at or after the end.

    Args:
        start: Before `end`.
        end: Microseconds since 1970.
        period: One of `PERIODS`.
        zone: Whose midnights days, weeks (from Monday) and months begin at.
    """
    if period in _UNIFORM:
        length = LENGTHS[period]
        offset = (local(start, zone).utcoffset() or timedelta()) // timedelta(microseconds=1)
        first = (start + offset) // length * length - offset
        return list(range(first, end + length, length))
    found: list[int] = []
    for day in _days(local(start, zone).date(), period):
        found.append(midnight(day, zone))
        if found[-1] >= end:
            break
    return found


def midnight(day: date, zone: tzinfo) -> int:
    """Return when a day begins."""
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))


def runs(bounds: list[int]) -> list[Run]:
    """Join neighbours of equal length."""
    found: list[Run] = []
    for start, end in pairwise(bounds):
        if found and found[-1].length == end - start:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Run(start, end, end - start))
    return found


def _days(first: date, period: str) -> Iterator[date]:
    """Yield the days on which periods begin, the one that holds the first day first."""
    if period == "month":
        year, month = first.year, first.month
        while True:
            yield date(year, month, 1)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day = first - timedelta(days=first.weekday()) if period == "week" else first
    step = timedelta(days=7 if period == "week" else 1)
    while True:
        yield day
        day += step
