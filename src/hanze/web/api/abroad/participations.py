"""Participations in matchmaking days: what one offers, whom one wants to meet, one's own calendar."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace
from starlette.responses import Response

from hanze.collaboration.collective import Collective
from hanze.collaboration.feeds import ICALENDAR
from hanze.collaboration.gatherings.attending import gathering_of
from hanze.collaboration.gatherings.opening import (
    Entry,
    ask_to_meet,
    change_participation,
    refuse,
    register,
)
from hanze.collaboration.gatherings.proposing import Proposal, fit_text, proposals_for
from hanze.collaboration.gatherings.texts import LANGUAGE_TEXTS
from hanze.collaboration.records.gatherings import MeetingRequest, Participation
from hanze.collaboration.records.record import LANGUAGES, text_of
from hanze.web.api.abroad.matchday_files import SHEET, calendar_answer, sheet_answer
from hanze.web.api.abroad.matchday_shapes import (
    AskedEntry,
    AskedMeeting,
    AskedRefusal,
    ChoiceOfFile,
    ChoiceOfFit,
    Fit,
    Fits,
    GuestOfDay,
    guest_told,
    names_told,
)
from hanze.web.api.collective.league_records import freshness_of
from hanze.web.api.collective.records import named
from hanze.web.api.frame import ApiRoute, Ask, Handler, Taken

__all__ = ["ROUTES"]


async def take_part(ask: Ask) -> GuestOfDay:
    """Register a party for a day, on the party's own node."""
    asked = await ask.body(AskedEntry)
    collective = await ask.node.collective.refresh(ask.now)
    entry = Entry(**{name: getattr(asked, name) for name in asked.__struct_fields__})
    made = await register(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        entry,
        today=ask.today,
        now=ask.now,
    )
    return await _guest(ask, made.id)


async def show_guest(ask: Ask) -> GuestOfDay:
    """Show a participation: what they offer and look for, and whom they ask for."""
    return await _guest(ask, ask.path("id"))


async def ask_for(ask: Ask) -> GuestOfDay:
    """Ask to meet another participant; an interest of 0 takes that back."""
    asked = await ask.body(AskedMeeting)
    collective = await ask.node.collective.refresh(ask.now)
    request = MeetingRequest(
        participation=asked.participation, interest=max(1, asked.interest), why=asked.why
    )
    await ask_to_meet(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        (request,) if asked.interest else (),
        not_any_more=() if asked.interest else (asked.participation,),
        today=ask.today,
        now=ask.now,
    )
    return await _guest(ask, ask.path("id"))


async def refuse_other(ask: Ask) -> GuestOfDay:
    """Say that a participant does not want to meet another."""
    asked = await ask.body(AskedRefusal)
    collective = await ask.node.collective.refresh(ask.now)
    own = ask.path("id")
    await refuse(ask.node.store, ask.caller, collective, own, asked.participation, now=ask.now)
    return await _guest(ask, own)


async def withdraw(ask: Ask) -> GuestOfDay:
    """Withdraw a participation; meetings that were planned with it go at the next plan."""
    collective = await ask.node.collective.refresh(ask.now)
    await change_participation(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        lambda before: replace(before, status="withdrawn"),
        now=ask.now,
    )
    return await _guest(ask, ask.path("id"))


async def propose(ask: Ask) -> Fits:
    """Propose whom a participant could ask for: by what is offered and looked for, in any language."""
    choice = ask.parameters(ChoiceOfFit)
    node = ask.node
    collective = await node.collective.refresh(ask.now)
    own = collective.get(ask.path("id"), Participation).record
    found = await proposals_for(
        collective,
        node.annotations,
        node.matchmaker,
        gathering_of(collective, own.day),
        own.id,
        most=choice.limit,
        now=ask.now,
    )
    return Fits(proposals=[_fit(ask, collective, one) for one in found])


async def own_calendar(ask: Ask) -> Response:
    """Follow a participant's meetings in their own calendar (iCalendar, RFC 5545)."""
    collective = await ask.node.collective.refresh(ask.now)
    own = collective.get(ask.path("id"), Participation).record
    return await calendar_answer(ask, own.day, own.id)


async def own_file(ask: Ask) -> Response:
    """Download a participant's meetings as CSV."""
    collective = await ask.node.collective.refresh(ask.now)
    own = collective.get(ask.path("id"), Participation).record
    return await sheet_answer(ask, own.day, own.id)


async def _guest(ask: Ask, participation: str) -> GuestOfDay:
    collective = await ask.node.collective.refresh(ask.node.clock())
    held = collective.get(participation, Participation)
    gathering = gathering_of(collective, held.record.day)
    names = names_told(gathering, collective)
    return guest_told(gathering, collective, names, held, freshness_of(collective, ask.now))


def _fit(ask: Ask, collective: Collective, one: Proposal) -> Fit:
    return Fit(
        participation=one.held.record.id,
        party=named(one.held.record.party, collective),
        score=one.score,
        parts={name: round(value, 6) for name, value in one.parts.items() if value is not None},
        reasons={language: _reasons(ask, one, language) for language in LANGUAGES},
        talk=one.talk,
        interest=one.interest,
        asked=one.asked,
    )


def _reasons(ask: Ask, one: Proposal, language: str) -> str:
    name_of = ask.node.matchmaker.name_of
    texts = []
    for part, names in one.evidence.items():
        if names:
            pieces = [name if part == "themes" else f"concept:{name}" for name in names]
            texts.append(fit_text(part, (name_of(piece, language) for piece in pieces), language))
    texts.append(text_of(LANGUAGE_TEXTS[one.talk], language))
    return "\n".join(texts)


def _write(path: str, handler: Handler, body: type[Taken] | None, status: int = 200) -> ApiRoute:
    return ApiRoute("POST", path, handler, GuestOfDay, body=body, writes=True, status=status)


_GUEST: Final = "/participations/{id:path}"
ROUTES: Sequence[ApiRoute] = (
    _write("/matchmaking-days/{id:path}/participations", take_part, AskedEntry, 201),
    ApiRoute(
        "GET", _GUEST + "/calendar.ics", own_calendar, parameters=ChoiceOfFile, media=(ICALENDAR,)
    ),
    ApiRoute("GET", _GUEST + "/plan.csv", own_file, parameters=ChoiceOfFile, media=(SHEET,)),
    ApiRoute("GET", _GUEST + "/proposals", propose, Fits, ChoiceOfFit),
    _write(_GUEST + "/requests", ask_for, AskedMeeting),
    _write(_GUEST + "/refusals", refuse_other, AskedRefusal),
    _write(_GUEST + "/withdrawal", withdraw, None),
    ApiRoute("GET", _GUEST, show_guest, GuestOfDay),
)
