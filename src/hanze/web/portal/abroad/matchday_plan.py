"""The plan of a matchmaking day: who sits where and when, what changed, and planning it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.gatherings.attending import Gathering
from hanze.collaboration.gatherings.planning import Alteration, plan_matchday, plan_stands
from hanze.collaboration.gatherings.sheets import Line, change_text, lines_of, without
from hanze.collaboration.records.gatherings import MatchmakingDay
from hanze.web.portal.abroad.matchday_words import (
    Clock,
    at_day,
    at_guest,
    clock_of,
    gathering_asked,
    guests_of,
    names_of,
    unplanned_of,
)
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

#: Of the table: the most slots and tables that a day of this node may have.
_MOST_CELLS: Final = 60 * 500


@dataclass(frozen=True, slots=True)
class _Seat:
    """A meeting in the plan."""

    one: tuple[str, str]
    other: tuple[str, str]
    table: str
    place: str
    interpreter: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """A time with its meetings."""

    key: str
    clock: Clock
    seats: tuple[_Seat, ...]


async def show(desk: Desk) -> Response:
    """Show the plan of the day of the address."""
    return _page(desk, gathering_asked(desk))


async def take(desk: Desk, given: Given) -> Response:
    """Plan the day, or plan it again with what is different."""
    gathering = gathering_asked(desk)
    refused, status = await attempt(_plan(desk, gathering, given))
    if refused is not None:
        return _page(desk, gathering, refused=refused, status=status)
    return RedirectResponse(at_day(desk, gathering.day.id, "/plan", done="planned"), 303)


async def _plan(desk: Desk, gathering: Gathering, given: Given) -> None:
    await plan_matchday(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        gathering.day.id,
        alteration=Alteration(
            interpreters_away=tuple(given.several("interpreter")),
            slots=tuple(given.several("slot")),
            tables_gone=tuple(given.several("table")),
            absent=tuple(given.several("absent")),
            back=tuple(given.several("back")),
        ),
        afresh=given.text("afresh") == "yes",
        now=desk.visit.now,
    )


def _page(
    desk: Desk, gathering: Gathering, *, refused: Refused = None, status: int = 200
) -> Response:
    day = gathering.day
    names = names_of(desk, gathering)
    guests = guests_of(desk, gathering)
    slots = _slots(desk, gathering, names)
    return desk.page(
        "matchday_plan.html",
        menu="matchmaking-days",
        status=status,
        card=desk.card(gathering.held),
        day=day,
        slots=slots,
        tables=_tables(day, len(slots)),
        grid={(slot.key, seat.table): seat for slot in slots for seat in slot.seats},
        elsewhere=next((slot.clock.here for slot in slots if slot.clock.here), ""),
        changes=[
            change_text(day, one, desk.lang, lambda key: _name(names, key)) for one in day.changes
        ],
        unplanned=unplanned_of(desk, gathering),
        without=[
            (_name(names, key), at_guest(desk, key))
            for key in (without(day, gathering.there) if day.round else ())
        ],
        guest_choices=[(one.id, one.name) for one in guests if one.state == "registered"],
        back_choices=[(one.id, one.name) for one in guests if one.state == "absent"],
        slot_choices=[(one.key, f"{one.key} ({one.starts[11:]})") for one in day.slots],
        interpreter_choices=[(one.key, one.key) for one in day.interpreters],
        table_choices=[(one.key, one.key) for one in day.tables],
        faults=plan_stands(gathering.held, gathering.several) if day.plan else (),
        is_ours=gathering.held.home is None,
        may_plan=day.status in ("open", "planned"),
        up=at_day(desk, day.id),
        path=at_day(desk, day.id, "/plan"),
        done=desk.asked("done") == "planned",
        refused=refused,
        downloads=[
            (
                name,
                api_address(path_of("matchmaking-days", day.id, after)[1:], language=desk.lang),
            )
            for name, after in (("CSV", "/plan.csv"), ("iCalendar", "/calendar.ics"))
        ],
    )


def _tables(day: MatchmakingDay, slots: int) -> list[tuple[str, str]]:
    """List the tables in use; as many as a page can bear, of a day that another node tells."""
    used = {meeting.table for meeting in day.plan}
    found = [(one.key, one.place) for one in day.tables if one.key in used]
    return found[: _MOST_CELLS // max(1, slots)]


def _slots(desk: Desk, gathering: Gathering, names: Mapping[str, str]) -> list[_Slot]:
    lines = lines_of(gathering.day, gathering.day.plan)
    by_slot: dict[str, list[Line]] = {}
    for line in lines:
        by_slot.setdefault(line.slot.key, []).append(line)
    return [
        _Slot(key, clock_of(desk, several[0]), tuple(_seat(desk, names, one) for one in several))
        for key, several in by_slot.items()
    ]


def _seat(desk: Desk, names: Mapping[str, str], line: Line) -> _Seat:
    meeting = line.meeting
    if meeting is None:
        raise ValueError("the plan of all has meetings only")
    one, other = ((_name(names, key), at_guest(desk, key)) for key in (meeting.one, meeting.other))
    return _Seat(one, other, meeting.table, line.place, meeting.interpreter or "")


def _name(names: Mapping[str, str], key: str) -> str:
    return names.get(key, key.rsplit(":", 1)[-1])
