"""What clocks show at a place, and which moment that is (IANA time zones).

A time that the clock shows twice, when it is set back, is the first of the two. A time that it
skips, when it is set forward, does not exist and is refused, with the next that does.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from hanze.errors import InvalidInput

__all__ = [
    "WrongTime",
    "day_of",
    "local_text",
    "moment",
    "moment_or_next",
    "next_time",
    "zone_of",
]

#: "2025-03-06T10:00"
_LOCAL: Final = "%Y-%m-%dT%H:%M"
_MINUTE: Final = timedelta(minutes=1)
#: Of which zones are known well enough, and which leave room to count from.
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
#: No clock ever skipped more: Samoa left a whole day out in 2011.
_LONGEST_GAP: Final = 25 * 60


class WrongTime(InvalidInput):
    """A time, day or time zone does not exist.

    Args:
        detail: What is wrong.
        field: Where it was given.
        value: What was given.
        next_time: The next time that exists, as `LocalTime`, where the clock skips this one.
    """

    def __init__(
        self, detail: str, *, field: str, value: str, next_time: str | None = None
    ) -> None:
        super().__init__(detail, field=field, value=value)
        self.next_time = next_time


def moment(local: str, zone: str, *, field: str = "starts") -> datetime:
    """Tell which moment it is when clocks of a zone show a time.

    Args:
        local: "2025-03-06T10:00".
        zone: IANA name: "Asia/Seoul".
        field: Where the time was given, for errors.

    Returns:
        Aware, in the zone; the first of the two where clocks show it twice.

    Raises:
        WrongTime: The zone is unknown, the time is no time, or clocks skip it.
    """
    found = _at(local, zone_of(zone), field)
    if not _exists(found):
        after = next_time(found)
        raise WrongTime(
            f"{local} does not exist in {zone}: the clock is set forward; the next time that "
            f"does is {after:%Y-%m-%dT%H:%M}",
            field=field,
            value=local,
            next_time=local_text(after),
        )
    return found


def moment_or_next(local: str, zone: str) -> datetime:
    """Tell a moment as `moment` does; of a time that clocks skip, the next that exists.

    Raises:
        WrongTime: The zone is unknown, or the time is no time.
    """
    found = _at(local, zone_of(zone), "starts")
    return found if _exists(found) else next_time(found)


def next_time(skipped: datetime) -> datetime:
    """Return the first time after a skipped one that clocks of its zone show."""
    later = skipped
    for _ in range(_LONGEST_GAP):
        later += _MINUTE
        if _exists(later):
            break
    return later


def zone_of(name: str, *, field: str = "timezone") -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        WrongTime: There is none.
    """
    if name not in _names():
        raise WrongTime(
            f'{name[:60]} is no time zone; zones have IANA names, such as "Asia/Seoul"',
            field=field,
            value=name,
        )
    return ZoneInfo(name)


def day_of(text: str, *, field: str = "starts") -> date:
    """Read the day of "2025-03-06" or "2025-03-06T10:00".

    Raises:
        WrongTime: It is none.
    """
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        raise WrongTime(f"{text[:40]} is no day", field=field, value=text) from None
    _check_year(found, text, field)
    return found


def local_text(when: datetime) -> str:
    """Write what the clock shows: "2025-03-06T10:00"."""
    return when.strftime(_LOCAL)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Names are read once: it opens some 600 files."""
    return frozenset(available_timezones())


def _at(local: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        naive = datetime.strptime(local, _LOCAL)  # noqa: DTZ007  # the zone is put on it below
    except ValueError:
        raise WrongTime(
            f'{local[:40]} is no time; it must be as "2025-03-06T10:00"', field=field, value=local
        ) from None
    _check_year(naive, local, field)
    return naive.replace(tzinfo=zone)


def _check_year(when: date, text: str, field: str) -> None:
    if not _FIRST_YEAR <= when.year <= _LAST_YEAR:
        raise WrongTime(
            f"{text[:40]} is not of the years {_FIRST_YEAR} to {_LAST_YEAR}",
            field=field,
            value=text,
        )


def _exists(when: datetime) -> bool:
    """What a clock skips comes back as another time (PEP 495)."""
    back = when.astimezone(UTC).astimezone(when.tzinfo)
    return back.replace(tzinfo=None) == when.replace(tzinfo=None)
