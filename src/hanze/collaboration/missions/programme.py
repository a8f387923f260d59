"""The programme of a mission in time: where it is, and at home."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hanze.collaboration.records.missions import Mission, ProgrammeItem
from hanze.collaboration.zones import (
    WrongTime,
    day_of,
    moment_or_next,
    zone_of,
)

__all__ = ["Timed", "timed", "zone_name_of"]


@dataclass(frozen=True, slots=True)
class Timed:
    """A part of a programme, in time.

    Attributes:
        item: As it was entered.
        starts: In the zone of its place; `None` where only the day is known.
        ends: In the zone of its place.
        home_starts: The same in the zone that the delegation is from.
        home_ends: The same in the zone that the delegation is from.
        day: At its place; `None` where not even that is known.
    """

    item: ProgrammeItem
    starts: datetime | None
    ends: datetime | None
    home_starts: datetime | None
    home_ends: datetime | None
    day: date | None


def timed(mission: Mission) -> tuple[Timed, ...]:
    """Put a programme in order of time.

    Of one day, what has no time comes first; what has no day comes after all that has one, in the
    order in which it was entered.

    It never fails: rules refuse wrong times where they are written, but a programme may come from
    a node that knows other zones. What cannot be read as a time or day is as if it were not told.
    """
    home = _zone(mission.home_timezone)
    found = [_timed(mission, item, home) for item in mission.programme]
    return tuple(sorted(found, key=_order))


def zone_name_of(mission: Mission, item: ProgrammeItem) -> str:
    """Tell in which zone an item's times are: IANA name."""
    return item.timezone or mission.timezone


def _timed(mission: Mission, item: ProgrammeItem, home: ZoneInfo | None) -> Timed:
    zone = zone_name_of(mission, item)
    starts = _moment(item.starts, zone)
    ends = _moment(item.ends, zone) if starts is not None else None
    return Timed(
        item=item,
        starts=starts,
        ends=ends,
        home_starts=_there(starts, home),
        home_ends=_there(ends, home),
        day=_day(item),
    )


def _order(one: Timed) -> tuple[date, bool, float]:
    # Of one day, zones may differ: moments tell what comes first.
    since = one.starts.timestamp() if one.starts is not None else 0.0
    return one.day or date.max, one.starts is not None, since


def _day(item: ProgrammeItem) -> date | None:
    try:
        return day_of(item.starts) if item.starts is not None else None
    except WrongTime:
        return None


def _moment(local: str | None, zone: str) -> datetime | None:
    try:
        return moment_or_next(local, zone) if local is not None else None
    except WrongTime:
        return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return zone_of(name)
    except WrongTime:
        return None


def _there(when: datetime | None, zone: ZoneInfo | None) -> datetime | None:
    return when.astimezone(zone) if when is not None and zone is not None else None
