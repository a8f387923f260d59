"""Durations of aggregation periods (CIM 009, 4.5.19.1).

Calendar months have no fixed length, so a duration is two numbers: months, and microseconds.
"""

import re
from typing import Final, NamedTuple

from hanze.errors import InvalidInput

__all__ = ["DAY", "Duration", "format_duration", "parse_duration"]

_CLAUSE: Final = "4.5.19.1"
#: Microseconds of a day of 24 hours: periods are in UTC, where no day is longer.
DAY: Final = 86_400_000_000

_NUMBER: Final = r"(\d{1,12})"
_SECONDS: Final = r"(\d{1,12})(?:[.,](\d{1,6}))?"
_WEEKS: Final = re.compile(f"P{_NUMBER}W", re.ASCII)
_ELEMENTS: Final = re.compile(
    f"P(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    f"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_SECONDS}S)?)?",
    re.ASCII,
)
#: No DateTime is farther from another (4.6.3), and no sum of moment and duration overflows.
_LONGEST_YEARS: Final = 10_000


class Duration(NamedTuple):
    """The length of a period; nothing at all stands for the whole range of the query."""

    months: int = 0
    microseconds: int = 0


def parse_duration(text: str, *, field: str = "aggrPeriodDuration") -> Duration:
    """Read a duration, e.g. "P1Y6M", "PT15M" or "P2W".

    Raises:
        InvalidInput: It breaks the grammar, or is longer than the calendar.
    """
    weeks = _WEEKS.fullmatch(text)
    if weeks is not None:
        return _checked(Duration(0, int(weeks[1]) * 7 * DAY), text, field)
    found = _ELEMENTS.fullmatch(text)
    if found is None:
        raise InvalidInput(
            f"{field} must be a duration such as P1Y2M3DT4H5M6S or P1W",
            field=field,
            value=text,
            clause=_CLAUSE,
        )
    years, months, days, hours, minutes, seconds = (int(found[n] or 0) for n in range(1, 7))
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    fraction = int((found[7] or "").ljust(6, "0"))
    return _checked(Duration(years * 12 + months, whole * 1_000_000 + fraction), text, field)


def format_duration(duration: Duration) -> str:
    """Write a duration in its shortest form; nothing at all is "PT0S"."""
    years, months = divmod(duration.months, 12)
    days, rest = divmod(duration.microseconds, DAY)
    seconds, fraction = divmod(rest, 1_000_000)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    if fraction:
        time += f"{seconds}.{fraction:06d}".rstrip("0") + "S"
    elif seconds:
        time += f"{seconds}S"
    if not date and not time:
        return "PT0S"
    return f"P{date}T{time}" if time else f"P{date}"


def _checked(duration: Duration, text: str, field: str) -> Duration:
    if duration.months > _LONGEST_YEARS * 12 or duration.microseconds > _LONGEST_YEARS * 366 * DAY:
        raise InvalidInput(
            f"{field} must not be longer than {_LONGEST_YEARS} years",
            field=field,
            value=text,
            clause=_CLAUSE,
        )
    return duration
