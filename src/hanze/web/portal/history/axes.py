"""Round numbers and round times along the edges of a chart (pure)."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton

from hanze.web.portal.history.calendar import local, microseconds, midnight

__all__ = ["Scale", "Tick", "number_scale", "time_ticks"]

_SECOND: Final = 1_000_000
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3_600 * _SECOND, 86_400 * _SECOND
#: Distances between times, in what calendars count, with their length in microseconds.
_STEPS: Final = (
    *(("minute", number, number * _MINUTE) for number in (1, 2, 5, 10, 15, 30)),
    *(("hour", number, number * _HOUR) for number in (1, 2, 3, 6, 12)),
    *(("day", number, number * _DAY) for number in (1, 2, 5, 10)),
    *(("month", number, number * 30 * _DAY) for number in (1, 2, 3, 6)),
    *(("year", number, number * 365 * _DAY) for number in (1, 2, 5, 10, 20, 50, 100)),
)
_TICKS: Final = 8
#: Of so many labels every second fits on the smallest screens, of more every third.
_FEW: Final = 5
_LINES: Final = 4
#: Numbers above zero begin at zero when their smallest is below this part of their largest.
_FROM_ZERO: Final = 0.5
#: What differs by less than this part is the same on a chart.
_SAME: Final = 1e-9


class Tick(NamedTuple):
    """A mark on an edge; `minor` ones are left out where there is little room."""

    at: float
    label: str
    minor: bool = False


class Scale(NamedTuple):
    """Round ends of an axis of numbers, and the distance between its lines."""

    low: float
    high: float
    step: float

    @property
    def lines(self) -> tuple[float, ...]:
        number = round((self.high - self.low) / self.step)
        digits = 3 - math.floor(math.log10(self.step))
        return tuple(round(self.low + index * self.step, digits) for index in range(number + 1))


def number_scale(low: float, high: float, *, from_zero: bool = False) -> Scale:
    """Find round numbers around values.

    Args:
        low: The smallest value.
        high: The largest.
        from_zero: The axis must begin at zero, as that of bars.
    """
    if low >= 0 and (from_zero or low < _FROM_ZERO * high):
        low = 0.0
    if from_zero and high < 0:
        high = 0.0
    if high - low <= _SAME * max(abs(low), abs(high), _SAME):
        room = 1.0 if abs(low) < _SAME else abs(low) * 0.1
        low, high = low - room, high + room
    step = _round_step((high - low) / _LINES)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def time_ticks(start: int, end: int, zone: tzinfo, locale: Locale) -> Sequence[Tick]:
    """Find round times between two moments, and what people call them.

    Args:
        start: Microseconds since 1970.
        end: After it.
        zone: Whose clock is shown.
        locale: In whose language.

    Returns:
        Ticks at fractions of the way from start to end.
    """
    unit, number, _ = next(
        (step for step in _STEPS if (end - start) / step[2] <= _TICKS), _STEPS[-1]
    )
    moments = list(_times(start, end, unit, number, zone))
    shown = 3 if len(moments) > _FEW else 2
    return [
        Tick(
            (moment - start) / (end - start),
            _label(local(moment, zone), unit, locale),
            minor=index % shown != shown - 1,
        )
        for index, moment in enumerate(moments)
    ]


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(part * size for part in (1, 2, 2.5, 5, 10) if part * size >= rough * 0.999)


def _times(start: int, end: int, unit: str, number: int, zone: tzinfo) -> Iterator[int]:
    for moment in _all_times(start, unit, number, zone):
        if moment > end:
            return
        if moment >= start:
            yield moment


def _all_times(start: int, unit: str, number: int, zone: tzinfo) -> Iterator[int]:
    """Yield round times without end, from one that is not after the start."""
    first = local(start, zone)
    if unit == "minute":
        length = number * _MINUTE
        moment = start // length * length
        while True:
            yield moment
            moment += length
    day = first.date()
    while unit == "hour":
        for hour in range(0, 24, number):
            wall = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
            yield microseconds(wall.astimezone(UTC))
        day += timedelta(days=1)
    for one in _round_days(day, unit, number):
        yield midnight(one, zone)


def _round_days(first: date, unit: str, number: int) -> Iterator[date]:
    if unit == "day":
        day = first - timedelta(days=first.toordinal() % number)
        while True:
            yield day
            day += timedelta(days=number)
    months = number if unit == "month" else 12 * number
    count = (first.year * 12 + first.month - 1) // months * months
    while count // 12 < date.max.year:
        yield date(count // 12, count % 12 + 1, 1)
        count += months


def _label(moment: datetime, unit: str, locale: Locale) -> str:
    """Write a time as short as it can be among its neighbours."""
    if unit in ("minute", "hour") and (moment.hour or moment.minute):
        return format_datetime(moment, "HH:mm", locale=locale)
    if unit in ("minute", "hour", "day"):
        skeleton = "MMMd" if unit == "day" else "MMMEd"
        return format_skeleton(skeleton, moment, locale=locale)
    if unit == "month" and moment.month > 1:
        return format_date(moment, "LLL", locale=locale)
    return format_skeleton("y", moment, locale=locale)
