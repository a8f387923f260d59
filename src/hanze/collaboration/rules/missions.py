"""Missions and events: zones and times that exist, items that can be told apart."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import Event, Mission, ProgrammeItem
from hanze.collaboration.rules.step import Step
from hanze.collaboration.zones import (
    WrongTime,
    day_of,
    moment,
    zone_of,
)

__all__ = ["MOST_ITEMS", "keep_event_zone", "keep_mission", "keep_programme"]

#: Parts of one programme.
MOST_ITEMS: Final = 300
#: A flight may leave the day before and arrive the day after; other things are within the days.
_TRAVEL: Final = timedelta(days=2)


def keep_mission(step: Step[Mission]) -> None:
    """Ask for time zones that exist, and another record as the counterpart.

    Raises:
        InvalidRecord: Names the field.
    """
    mission = step.after
    if mission is None:
        return
    for field, name in (("timezone", mission.timezone), ("homeTimezone", mission.home_timezone)):
        _keep_zone(Mission, name, field)
    if mission.counterpart == mission.id:
        raise InvalidRecord(Mission, "must be another record", field="counterpart")


def keep_programme(step: Step[Mission]) -> None:
    """Ask for items that have keys of their own, at times that exist, within the mission's days.

    Raises:
        InvalidRecord: Names the item and, where a clock skips its time, the next that does exist.
    """
    mission = step.after
    if mission is None or (step.before is not None and _is_same(step.before, mission)):
        return
    if len(mission.programme) > MOST_ITEMS:
        reason = f"must have at most {MOST_ITEMS} items"
        raise InvalidRecord(Mission, reason, field="programme", value=len(mission.programme))
    _keep_keys(mission.programme)
    for number, item in enumerate(mission.programme):
        _keep_item(mission, item, f"programme[{number}].")


def keep_event_zone(step: Step[Event]) -> None:
    """Ask for a time zone that exists.

    Raises:
        InvalidRecord: Names the field.
    """
    event = step.after
    if event is None:
        return
    if event.timezone is not None:
        _keep_zone(Event, event.timezone, "timezone")


def _is_same(before: Mission, after: Mission) -> bool:
    """What is not touched stays as it was written: zones change over the years."""
    names = ("programme", "timezone", "starts", "ends")
    return all(getattr(before, name) == getattr(after, name) for name in names)


def _keep_zone(kind: type[Mission] | type[Event], name: str, field: str) -> None:
    try:
        zone_of(name, field=field)
    except WrongTime as error:
        raise InvalidRecord(kind, _reason(error), field=field, value=name) from error


def _keep_keys(items: Iterable[ProgrammeItem]) -> None:
    seen: set[str] = set()
    for number, item in enumerate(items):
        if not item.key.strip() or item.key in seen:
            reason = "must be a name that no other item of the programme has"
            field = f"programme[{number}].key"
            raise InvalidRecord(Mission, reason, field=field, value=item.key)
        seen.add(item.key)


def _keep_item(mission: Mission, item: ProgrammeItem, path: str) -> None:
    zone = item.timezone or mission.timezone
    try:
        zone_of(zone)
    except WrongTime as error:
        raise InvalidRecord(Mission, _reason(error), field=f"{path}timezone", value=zone) from error
    if item.starts is None:
        if item.ends is not None:
            reason = "must be absent where starts is"
            raise InvalidRecord(Mission, reason, field=f"{path}ends", value=item.ends)
        return
    try:
        day = day_of(item.starts)
        starts = moment(item.starts, zone) if len(item.starts) > len("2025-03-06") else None
    except WrongTime as error:
        raise InvalidRecord(
            Mission, _reason(error), field=f"{path}starts", value=item.starts
        ) from error
    _keep_within(mission, item, day, path)
    if item.ends is None:
        return
    try:
        ends = moment(item.ends, zone)
    except WrongTime as error:
        raise InvalidRecord(
            Mission, _reason(error), field=f"{path}ends", value=item.ends
        ) from error
    if starts is None or ends < starts:
        reason = f"must be after starts ({item.starts}), which must have a time as well"
        raise InvalidRecord(Mission, reason, field=f"{path}ends", value=item.ends)


def _keep_within(mission: Mission, item: ProgrammeItem, day: date, path: str) -> None:
    room = _TRAVEL if item.kind == "travel" else timedelta(0)
    if not mission.starts - room <= day <= mission.ends + room:
        reason = f"must be within the days of the mission ({mission.starts} to {mission.ends})"
        raise InvalidRecord(Mission, reason, field=f"{path}starts", value=item.starts)


def _reason(error: WrongTime) -> str:
    return f"is wrong: {error}"
