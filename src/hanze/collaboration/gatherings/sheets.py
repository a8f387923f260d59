"""A plan as people read it: who sits where and when, everybody's own day, and what changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.gatherings.posing import slot_times
from hanze.collaboration.gatherings.texts import CHANGE_TEXTS, ENTRY_TEXTS
from hanze.collaboration.records.gatherings import (
    MatchmakingDay,
    MeetingSlot,
    Participation,
    PlanChange,
    PlannedMeeting,
)
from hanze.collaboration.records.record import text_of
from hanze.collaboration.scheduling.problem import pair_of

__all__ = ["Line", "change_text", "lines_of", "own_lines", "party_name", "where", "without"]

#: Says how a participant is called, by the id of the participation.
Name = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """A slot in somebody's day, or a meeting in the plan of all.

    Attributes:
        slot: When.
        starts: Aware, in the zone of the day.
        ends: Likewise.
        meeting: `None` where somebody is free.
        other: Id of the participation that is met; "" where somebody is free, or in the plan of all.
        place: Of the table, by its key; "" where it has none.
        cancelled: Whether it does not take place any more.
    """

    slot: MeetingSlot
    starts: datetime
    ends: datetime
    meeting: PlannedMeeting | None
    other: str = ""
    place: str = ""
    cancelled: bool = False


def lines_of(day: MatchmakingDay, planned: Iterable[PlannedMeeting]) -> tuple[Line, ...]:
    """Put meetings in the order of time and table; those of slots that are gone are left out."""
    places = {one.key: one.place for one in day.tables}
    order = {one.key: number for number, one in enumerate(day.tables)}
    slots = {one.key: one for one in day.slots}
    known = [one for one in planned if one.slot in slots]
    known.sort(key=lambda one: (slots[one.slot].starts, order.get(one.table, len(order)), one.one))
    return tuple(
        Line(slots[one.slot], *slot_times(day, slots[one.slot]), one, "", places.get(one.table, ""))
        for one in known
    )


def own_lines(day: MatchmakingDay, participation: str) -> tuple[Line, ...]:
    """Give a participant's day: every slot, with whom they meet, and what is cancelled."""
    by_slot = {one.slot: one for one in day.plan if participation in (one.one, one.other)}
    gone: dict[str, list[PlannedMeeting]] = {}
    for one in day.cancelled:
        if participation in (one.one, one.other):
            gone.setdefault(one.slot, []).append(one)
    places = {one.key: one.place for one in day.tables}
    found = []
    for slot in day.slots:
        times = slot_times(day, slot)
        found += [
            Line(slot, *times, one, _other(one, participation), places.get(one.table, ""), True)
            for one in gone.get(slot.key, ())
        ]
        meeting = by_slot.get(slot.key)
        other = _other(meeting, participation) if meeting is not None else ""
        place = places.get(meeting.table, "") if meeting is not None else ""
        found.append(Line(slot, *times, meeting, other, place))
    return tuple(found)


def without(day: MatchmakingDay, several: Sequence[Held[Participation]]) -> tuple[str, ...]:
    """Name those of several who asked or were asked, and meet nobody; by their ids.

    Args:
        day: With its plan.
        several: Who is there (`attending.still_there`).
    """
    meeting = {key for one in day.plan for key in (one.one, one.other)}
    there = {held.record.id for held in several}
    asking = {
        key
        for held in several
        for one in held.record.requests
        for key in (held.record.id, one.participation)
    }
    return tuple(sorted((asking & there) - meeting))


def party_name(
    collective: Collective, several: Iterable[Held[Participation]], language: str
) -> Mapping[str, str]:
    """Name participants by their party; several of one party are numbered."""
    found: dict[str, str] = {}
    counted: dict[str, int] = {}
    for held in several:
        one = held.record
        party = collective.find(one.party)
        name = text_of((party.record if party is not None else one).title, language)
        counted[one.party] = counted.get(one.party, 0) + 1
        number = counted[one.party]
        found[one.id] = f"{name} ({number})" if number > 1 else name
    return found


def where(day: MatchmakingDay, slot: str | None, table: str | None, language: str) -> str:
    """Say when and where: "10:40, table A1"."""
    known = next((one for one in day.slots if one.key == slot), None)
    clock = known.starts[11:] if known is not None else slot or ""
    at = text_of(ENTRY_TEXTS["table"], language).format(key=table) if table else ""
    return ", ".join(part for part in (clock, at) if part)


def change_text(day: MatchmakingDay, change: PlanChange, language: str, name: Name) -> str:
    """Say in a sentence what changed for two participants."""
    pair = pair_of(change.one, change.other)
    now = next((one for one in day.plan if pair_of(one.one, one.other) == pair), None)
    if change.change == "interpreter":
        was_text = _interpreter(change.was_interpreter, language)
        now_text = _interpreter(now.interpreter if now else None, language)
    else:
        was_text = where(day, change.was_slot, change.was_table, language)
        now_text = where(day, now.slot, now.table, language) if now else ""
    return text_of(CHANGE_TEXTS[change.change], language).format(
        one=name(change.one), other=name(change.other), was=was_text, now=now_text
    )


def _interpreter(key: str | None, language: str) -> str:
    if key is None:
        return text_of(ENTRY_TEXTS["no-interpreter"], language)
    return text_of(ENTRY_TEXTS["interpreter"], language).format(key=key)


def _other(meeting: PlannedMeeting, participation: str) -> str:
    return meeting.other if meeting.one == participation else meeting.one
