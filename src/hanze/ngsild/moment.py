"""Dates and times as text and as numbers (CIM 009, 4.6.3).

A number counts microseconds: since 1970-01-01T00:00:00Z, or since midnight for a time of day.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from hanze.errors import InvalidInput

__all__ = [
    "format_datetime",
    "format_time",
    "normalise_datetime",
    "parse_date",
    "parse_datetime",
    "parse_time",
]

_CLAUSE = "4.6.3"
_DATE = r"(\d{4})-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?Z"
_DATE_PATTERN = re.compile(_DATE, re.ASCII)
_TIME_PATTERN = re.compile(_TIME, re.ASCII)
_DATETIME_PATTERN = re.compile(f"{_DATE}T{_TIME}", re.ASCII)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_EPOCH_DAY = _EPOCH.date().toordinal()
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000

#: No DateTime is longer; other texts would let clients fill the memory.
_LONGEST_REMEMBERED = 32


def parse_datetime(text: object, *, field: str | None = None) -> int:
    """Read a DateTime, e.g. "2026-05-04T12:30:00.5Z", as microseconds since the epoch.

    Raises:
        InvalidInput: The text is no complete DateTime in UTC, or no such moment exists.
    """
    if isinstance(text, str) and (match := _DATETIME_PATTERN.fullmatch(text)):
        year, month, day, hour, minute, second, fraction = match.groups()
        try:
            moment = datetime(
                int(year),
                int(month),
                int(day),
                int(hour),
                int(minute),
                int(second),
                _microseconds(fraction),
                tzinfo=UTC,
            )
        except ValueError:
            pass
        else:
            return (moment - _EPOCH) // _MICROSECOND
    raise _refusal("DateTime (YYYY-MM-DDThh:mm:ssZ, at most six decimals)", text, field)


def parse_date(text: object, *, field: str | None = None) -> int:
    """Read a Date, e.g. "2026-05-04", as the microseconds at which it starts in UTC.

    Raises:
        InvalidInput: The text is no complete Date, or no such day exists.
    """
    if isinstance(text, str) and (match := _DATE_PATTERN.fullmatch(text)):
        year, month, day = match.groups()
        try:
            return (date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY) * _DAY
        except ValueError:
            pass
    raise _refusal("Date (YYYY-MM-DD)", text, field)


def parse_time(text: object, *, field: str | None = None) -> int:
    """Read a Time, e.g. "12:30:00.5Z", as microseconds since midnight.

    Raises:
        InvalidInput: The text is no complete Time in UTC, or no such time exists.
    """
    if isinstance(text, str) and (match := _TIME_PATTERN.fullmatch(text)):
        hour, minute, second, fraction = match.groups()
        try:
            at = time(int(hour), int(minute), int(second))
        except ValueError:
            pass
        else:
            seconds = (at.hour * 60 + at.minute) * 60 + at.second
            return seconds * 1_000_000 + _microseconds(fraction)
    raise _refusal("Time (hh:mm:ssZ, at most six decimals)", text, field)


def normalise_datetime(text: str, *, field: str | None = None) -> str:
    """Check a DateTime and return it with a decimal point where it came with a comma.

    Raises:
        InvalidInput: As for `parse_datetime`.
    """
    known = _normalised(text) if len(text) <= _LONGEST_REMEMBERED else None
    return known or _normalised_or_refused(text, field)


# Attributes of one entity, and entities of one message, tend to share their observedAt.
@lru_cache(maxsize=8192)
def _normalised(text: str) -> str | None:
    try:
        return _normalised_or_refused(text, None)
    except InvalidInput:
        return None


def _normalised_or_refused(text: str, field: str | None) -> str:
    parse_datetime(text, field=field)
    return text.replace(",", ".")


def format_datetime(microseconds: int) -> str:
    """Write a moment as a DateTime: with as many decimals as it has, at most six."""
    # Without a zone, which every text would be written with and then lose again.
    moment = _NAIVE_EPOCH + timedelta(microseconds=microseconds)
    text = moment.isoformat()
    return (text.rstrip("0") if moment.microsecond else text) + "Z"


def format_time(microseconds: int) -> str:
    """Write microseconds since midnight as a Time, with as many decimals as it has."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    text = moment.time().isoformat()
    return (text.rstrip("0") if moment.microsecond else text) + "Z"


def _microseconds(fraction: str | None) -> int:
    return int(fraction.ljust(6, "0")) if fraction else 0


def _refusal(wanted: str, text: object, field: str | None) -> InvalidInput:
    return InvalidInput(
        f"{field or 'A moment'} must be a {wanted}", field=field, value=text, clause=_CLAUSE
    )
