"""A participant of a matchmaking day: their own sheet, whom they ask for, and whom they could."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.gatherings.attending import Gathering, asked_of, gathering_of
from hanze.collaboration.gatherings.changes import changes_of
from hanze.collaboration.gatherings.opening import ask_to_meet, change_participation, refuse
from hanze.collaboration.gatherings.proposing import Proposal, fit_text, proposals_for
from hanze.collaboration.gatherings.sheets import change_text, own_lines
from hanze.collaboration.gatherings.texts import LANGUAGE_TEXTS, WHY_TEXTS
from hanze.collaboration.records.gatherings import MeetingRequest, Participation
from hanze.errors import InvalidInput
from hanze.web.portal.abroad.matchday_words import (
    Clock,
    Guest,
    at_day,
    at_guest,
    clock_of,
    guest_of,
    names_of,
)
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt, label_given, number_given
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class _Line:
    """A slot of the participant's day; without a name they are free."""

    clock: Clock
    name: str
    href: str
    languages: str
    table: str
    place: str
    interpreter: str
    why: Said
    cancelled: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """Whom the participant asks for, and why that does not take place where it does not."""

    id: str
    name: str
    href: str
    interest: int
    why: Said
    planned: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """Somebody to ask for."""

    id: str
    name: str
    href: str
    score: float
    interest: int
    reasons: tuple[str, ...]
    asked: bool


async def show(desk: Desk) -> Response:
    """Show the participant of the address."""
    return await _page(desk, _held(desk))


async def take(desk: Desk, given: Given) -> Response:
    """Ask for somebody, refuse somebody, or withdraw."""
    held = _held(desk)
    refused, status = await attempt(_act(desk, held.record, given))
    if refused is not None:
        return await _page(desk, held, refused=refused, status=status)
    return RedirectResponse(at_guest(desk, held.record.id), 303)


def _held(desk: Desk) -> Held[Participation]:
    return desk.collective.get(str(desk.visit.request.path_params["id"]), Participation)


async def _act(desk: Desk, own: Participation, given: Given) -> None:
    store, caller, now = desk.visit.site.node.store, desk.writer(), desk.visit.now
    other, action = given.text("other"), given.text("do")
    if action == "withdraw":
        await change_participation(
            store,
            caller,
            desk.collective,
            own.id,
            lambda before: replace(before, status="withdrawn"),
            now=now,
        )
    elif action == "refuse":
        await refuse(store, caller, desk.collective, own.id, other, now=now)
    elif action in ("ask", "drop"):
        interest = number_given(given, "interest", least=1, most=5) or 3
        request = MeetingRequest(
            participation=other, interest=interest, why=label_given(desk, given, "why")
        )
        await ask_to_meet(
            store,
            caller,
            desk.collective,
            own.id,
            (request,) if action == "ask" else (),
            not_any_more=() if action == "ask" else (other,),
            today=desk.today,
            now=now,
        )
    else:
        raise InvalidInput("A form says what it is for", field="do", value=action)


async def _page(
    desk: Desk, held: Held[Participation], *, refused: Refused = None, status: int = 200
) -> Response:
    one = held.record
    gathering = gathering_of(desk.collective, one.day)
    day, names = gathering.day, names_of(desk, gathering)
    guest = guest_of(desk, gathering, names, held)
    proposals = await _proposals(desk, gathering, guest) if desk.may_write else []
    named = {other.record.id: names.get(other.record.id, "") for other in gathering.there}
    lines = _lines(desk, gathering, names, one)
    return desk.page(
        "matchday_guest.html",
        menu="matchmaking-days",
        status=status,
        card=desk.card(held),
        day=day,
        day_title=desk.title(day).text,
        guest=guest,
        counts=one.id in gathering.by_id,
        party=desk.link(one.party),
        contact=desk.link(one.contact) if one.contact else None,
        offers=desk.text(one.offers),
        seeks=desk.text(one.seeks),
        lines=lines,
        elsewhere=next((line.clock.here for line in lines if line.clock.here), ""),
        changes=[
            change_text(day, change, desk.lang, lambda key: _name(names, key))
            for change in changes_of(day, one.id)
        ],
        wishes=_wishes(desk, gathering, names, one),
        asked_by=[
            (_name(names, other.record.id), at_guest(desk, other.record.id))
            for other in asked_of(gathering.there, one.id)
        ],
        refuses=[(_name(names, key), at_guest(desk, key)) for key in one.refuses],
        proposals=proposals,
        others=sorted(
            ((key, name) for key, name in named.items() if key != one.id),
            key=lambda other: other[1].casefold(),
        ),
        is_ours=held.home is None,
        up=at_day(desk, day.id),
        path=at_guest(desk, one.id),
        refused=refused,
        ics=_file(desk, one.id, "/calendar.ics"),
        downloads=[
            ("CSV", _file(desk, one.id, "/plan.csv")),
            ("iCalendar", _file(desk, one.id, "/calendar.ics")),
            ("JSON", api_address(path_of("participations", one.id)[1:])),
        ],
    )


def _file(desk: Desk, participation: str, after: str) -> str:
    return api_address(path_of("participations", participation, after)[1:], language=desk.lang)


def _lines(
    desk: Desk, gathering: Gathering, names: Mapping[str, str], own: Participation
) -> list[_Line]:
    several = gathering.by_id
    found = []
    for line in own_lines(gathering.day, own.id) if gathering.day.round else ():
        other = several.get(line.other)
        asked = other.record.requests if other is not None else ()
        why = next((one.why for one in asked if one.participation == own.id), {})
        meeting = line.meeting
        spoken = other.record.languages if other is not None else ()
        found.append(
            _Line(
                clock=clock_of(desk, line),
                name=_name(names, line.other) if line.other else "",
                href=at_guest(desk, line.other) if other is not None else "",
                languages=", ".join(desk.language_name(tag) for tag in spoken),
                table=meeting.table if meeting is not None else "",
                place=line.place,
                interpreter=(meeting.interpreter or "") if meeting is not None else "",
                why=desk.text(why),
                cancelled=line.cancelled,
            )
        )
    return found


def _wishes(
    desk: Desk, gathering: Gathering, names: Mapping[str, str], own: Participation
) -> list[_Wish]:
    meets = {
        key
        for one in gathering.day.plan
        if own.id in (one.one, one.other)
        for key in (one.one, one.other)
    }
    reasons = {frozenset((one.one, one.other)): one.reason for one in gathering.day.unplanned}
    found = []
    for asked in own.requests:
        reason = reasons.get(frozenset((own.id, asked.participation)), "")
        found.append(
            _Wish(
                id=asked.participation,
                name=_name(names, asked.participation),
                href=at_guest(desk, asked.participation),
                interest=asked.interest,
                why=desk.text(asked.why),
                planned=asked.participation in meets,
                reason=desk.text(WHY_TEXTS.get(reason, {})).text,
            )
        )
    return sorted(found, key=lambda one: (-one.interest, one.name.casefold()))


async def _proposals(desk: Desk, gathering: Gathering, guest: Guest) -> Sequence[_Fit]:
    """Propose only to who can ask: it takes a while, and is of no use to others."""
    if guest.state != "registered" or gathering.day.status not in ("open", "planned"):
        return ()
    node = desk.visit.site.node
    names = names_of(desk, gathering)
    found = await proposals_for(
        desk.collective,
        node.annotations,
        node.matchmaker,
        gathering,
        guest.id,
        most=_MOST,
        now=desk.visit.now,
    )
    return [
        _Fit(
            id=one.held.record.id,
            name=_name(names, one.held.record.id),
            href=at_guest(desk, one.held.record.id),
            score=one.score,
            interest=one.interest,
            reasons=_reasons(desk, one),
            asked=one.asked,
        )
        for one in found
    ]


def _reasons(desk: Desk, one: Proposal) -> tuple[str, ...]:
    name_of = desk.visit.site.node.matchmaker.name_of
    texts = [
        fit_text(
            part,
            (
                name_of(name if part == "themes" else f"concept:{name}", desk.lang)
                for name in several
            ),
            desk.lang,
        )
        for part, several in one.evidence.items()
        if several
    ]
    return (*texts, desk.text(LANGUAGE_TEXTS[one.talk]).text)


def _name(names: Mapping[str, str], key: str) -> str:
    return names.get(key, key.rsplit(":", 1)[-1])
