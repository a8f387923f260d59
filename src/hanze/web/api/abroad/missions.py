"""Missions and their programmes; opportunities in a country."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Annotated, Literal
from urllib.parse import quote

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.feeds import ICALENDAR, feed
from hanze.collaboration.missions.calendar import outing_of
from hanze.collaboration.missions.editing import (
    confirm_items,
    drop_items,
    new_mission_id,
    propose_items,
    put_item,
    start_mission,
)
from hanze.collaboration.missions.layout import Hours
from hanze.collaboration.missions.mission_feeds import programme_entries
from hanze.collaboration.missions.moving import move_mission
from hanze.collaboration.missions.proposals import propose_programme
from hanze.collaboration.records.missions import (
    MISSION_DIRECTIONS,
    MISSION_STATUSES,
    PROGRAMME_KINDS,
    Delegate,
    Mission,
    ProgrammeItem,
)
from hanze.collaboration.records.record import text_of
from hanze.web.api.abroad.mission_told import (
    MissionShort,
    MissionTold,
    mission_short,
    mission_told,
)
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import (
    Freshness,
    freshness_of,
)
from hanze.web.api.collective.records import Language, Named, named
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]

_Key = Annotated[str, Meta(min_length=1, max_length=100)]
_Zone = Annotated[str, Meta(min_length=1, max_length=60)]
_Local = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$")]
_Start = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$")]
_Ids = Annotated[tuple[Id, ...], Meta(max_length=200)]
_Direction = Literal[MISSION_DIRECTIONS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
_Status = Literal[MISSION_STATUSES]  # type: ignore[valid-type]  # likewise
_Kind = Literal[PROGRAMME_KINDS]  # type: ignore[valid-type]  # likewise


class ChoiceOfMissions(Taken, frozen=True):
    """Which missions; `country` is where they go to or come from."""

    direction: _Direction | None = None
    status: _Status | None = None
    organiser: str | None = None
    country: str | None = None
    theme: str | None = None


class ChoiceOfLanguage(Taken, frozen=True):
    """The language of titles and texts."""

    language: Language = "en"


class NewMission(Taken, frozen=True):
    """A mission that is planned; zones have IANA names, such as "Asia/Seoul"."""

    title: Text
    direction: _Direction
    organiser: Id
    country: Id
    starts: date
    ends: date
    timezone: _Zone
    home_timezone: _Zone
    days_known: bool = True
    goal: Text = {}
    places: _Ids = ()
    themes: _Ids = ()
    events: _Ids = ()
    contacts: _Ids = ()
    delegates: Annotated[tuple[Delegate, ...], Meta(max_length=300)] = ()
    accord: Id | None = None
    cooperation: Id | None = None
    counterpart: Id | None = None
    open_to_others: bool = False
    register_before: date | None = None
    places_left: Annotated[int, Meta(ge=0)] | None = None


class GivenItem(Taken, frozen=True):
    """A part of a programme; times are those of clocks at the place, "2025-03-06T10:00"."""

    kind: _Kind
    title: Text
    starts: _Start | None = None
    ends: _Local | None = None
    timezone: _Zone | None = None
    place: Text = {}
    hosts: _Ids = ()
    note: Text = {}
    outcome: Text = {}
    proposed: bool = False


class GivenDays(Taken, frozen=True):
    """The days to which a mission moves.

    Attributes:
        starts: The new first day.
        ends: The new last day; without it the mission takes as long as before.
        programme: Whether its programme moves along, at the same times of the clock.
    """

    starts: date
    ends: date | None = None
    programme: bool = True


class GivenKeys(Taken, frozen=True):
    """Keys of items of a programme."""

    keys: Annotated[tuple[_Key, ...], Meta(min_length=1, max_length=300)]


class GivenHours(Taken, frozen=True):
    """When a day's programme begins and ends, and how much fits into it."""

    opens: time = time(9, 30)
    closes: time = time(17, 30)
    most: Annotated[int, Meta(ge=1, le=12)] = 4


class Missions(Answer, frozen=True):
    """Missions, the latest first."""

    missions: Sequence[MissionShort]
    freshness: Sequence[Freshness] = ()


class CandidateTold(Answer, frozen=True):
    """Who could receive the delegation, how well that fits (0 to 1), why, and by which records."""

    host: Named
    kind: str
    score: float
    reasons: Mapping[str, str]
    about: Sequence[Named]


class ProgrammeProposal(Answer, frozen=True):
    """A programme that is proposed; nothing of it is kept. `leftOut` had no time left."""

    candidates: Sequence[CandidateTold]
    items: Sequence[ProgrammeItem]
    left_out: Sequence[Named] = ()


async def list_missions(ask: Ask) -> Missions:
    """List the missions of all nodes of the league, the latest first."""
    choice = ask.parameters(ChoiceOfMissions)
    collective = await ask.node.collective.refresh(ask.now)
    parts = freshness_of(collective, ask.now)
    found = [held for held in collective.of(Mission) if _is_asked(collective, held, choice)]
    found.sort(key=lambda held: (held.record.starts, held.record.id), reverse=True)
    return Missions(
        missions=[mission_short(held, collective, parts) for held in found], freshness=parts
    )


async def show_mission(ask: Ask) -> MissionTold:
    """Show a mission: who goes where and why, and its programme at the place and at home."""
    return await _answer(ask, ask.path("id"))


async def follow_programme(ask: Ask) -> Response:
    """Follow the programme of a mission in one's own calendar: an iCalendar feed (RFC 5545)."""
    choice = ask.parameters(ChoiceOfLanguage)
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), Mission)
    address = f"{ask.base_url}{PREFIX}/missions/{quote(held.record.id, safe=':')}"
    entries = programme_entries(held, language=choice.language, link=lambda _: address)
    name = text_of(held.record.title, choice.language)
    return Response(
        feed(entries, name=name, product="Programme of a mission"),
        media_type=ICALENDAR,
    )


async def create(ask: Ask) -> MissionTold:
    """Record a mission that is planned."""
    asked = await ask.body(NewMission)
    given = {name: getattr(asked, name) for name in asked.__struct_fields__}
    mission = Mission(
        **given,
        id=new_mission_id(asked.organiser),
        source_city=asked.organiser,
        provenance="entered",
    )
    made = await start_mission(ask.node.store, ask.caller, mission, now=ask.now)
    return await _answer(ask, made.id)


async def move(ask: Ask) -> MissionTold:
    """Move a mission to other days, with its programme and the last day for registrations."""
    asked = await ask.body(GivenDays)
    await move_mission(
        ask.node.store,
        ask.caller,
        await ask.node.collective.refresh(ask.now),
        ask.path("id"),
        asked.starts,
        ends=asked.ends,
        programme=asked.programme,
        now=ask.now,
    )
    return await _answer(ask, ask.path("id"))


async def put_programme_item(ask: Ask) -> MissionTold:
    """Add an item to a programme, or put it in the place of the one with this key."""
    asked = await ask.body(GivenItem)
    given = {name: getattr(asked, name) for name in asked.__struct_fields__}
    item = ProgrammeItem(key=ask.path("key")[:100], **given)
    collective = await ask.node.collective.refresh(ask.now)
    name = ask.path("id")
    await put_item(ask.node.store, ask.caller, collective, name, item, now=ask.now)
    return await _answer(ask, name)


async def drop_programme_item(ask: Ask) -> MissionTold:
    """Take an item out of a programme."""
    collective = await ask.node.collective.refresh(ask.now)
    name, keys = ask.path("id"), (ask.path("key"),)
    await drop_items(ask.node.store, ask.caller, collective, name, keys, now=ask.now)
    return await _answer(ask, name)


async def confirm(ask: Ask) -> MissionTold:
    """Confirm proposals: from then on they are part of the programme."""
    asked = await ask.body(GivenKeys)
    collective = await ask.node.collective.refresh(ask.now)
    name = ask.path("id")
    await confirm_items(ask.node.store, ask.caller, collective, name, asked.keys, now=ask.now)
    return await _answer(ask, name)


async def show_proposal(ask: Ask) -> ProgrammeProposal:
    """Propose a programme: who fits the delegation, laid out over its days. Nothing is kept."""
    return await _proposal(ask, ask.parameters(GivenHours))


async def take_proposal(ask: Ask) -> MissionTold:
    """Put a proposed programme into a mission, in the place of what nobody confirmed."""
    asked = await ask.body(GivenHours)
    proposal = await _proposal(ask, asked)
    collective = await ask.node.collective.refresh(ask.now)
    name = ask.path("id")
    await propose_items(ask.node.store, ask.caller, collective, name, proposal.items, now=ask.now)
    return await _answer(ask, name)


async def _proposal(ask: Ask, hours: GivenHours) -> ProgrammeProposal:
    collective = await ask.node.collective.refresh(ask.now)
    mission = collective.get(ask.path("id"), Mission).record
    found = await propose_programme(
        collective,
        ask.node.matchmaker,
        mission,
        hours=Hours(opens=hours.opens, closes=hours.closes, most=hours.most),
        now=ask.now,
    )
    return ProgrammeProposal(
        candidates=[
            CandidateTold(
                host=named(one.host, collective),
                kind=one.kind,
                score=one.score,
                reasons=one.reasons,
                about=[named(record_id, collective) for record_id in one.about],
            )
            for one in found.candidates
        ],
        items=found.items,
        left_out=[named(host, collective) for host in found.left_out],
    )


async def _answer(ask: Ask, mission_id: str) -> MissionTold:
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(mission_id, Mission)
    return mission_told(held, collective, ask.today, freshness_of(collective, ask.now))


def _is_asked(collective: Collective, held: Held[Mission], choice: ChoiceOfMissions) -> bool:
    one = held.record
    return (
        choice.direction in (None, one.direction)
        and choice.status in (None, one.status)
        and choice.organiser in (None, one.organiser)
        and (choice.theme is None or choice.theme in one.themes)
        and (choice.country is None or choice.country in outing_of(collective, held).countries)
    )


_ITEM = "/missions/{id:path}/programme/{key}"
ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/missions", list_missions, Missions, ChoiceOfMissions),
    ApiRoute("POST", "/missions", create, MissionTold, body=NewMission, writes=True, status=201),
    ApiRoute(
        "GET",
        "/missions/{id:path}/programme.ics",
        follow_programme,
        parameters=ChoiceOfLanguage,
        media=(ICALENDAR,),
    ),
    ApiRoute(
        "POST",
        "/missions/{id:path}/programme/confirmations",
        confirm,
        MissionTold,
        body=GivenKeys,
        writes=True,
    ),
    ApiRoute("POST", "/missions/{id:path}/move", move, MissionTold, body=GivenDays, writes=True),
    ApiRoute("PUT", _ITEM, put_programme_item, MissionTold, body=GivenItem, writes=True),
    ApiRoute("DELETE", _ITEM, drop_programme_item, MissionTold, writes=True),
    ApiRoute("GET", "/missions/{id:path}/proposal", show_proposal, ProgrammeProposal, GivenHours),
    ApiRoute(
        "POST",
        "/missions/{id:path}/proposal",
        take_proposal,
        MissionTold,
        body=GivenHours,
        writes=True,
    ),
    ApiRoute("GET", "/missions/{id:path}", show_mission, MissionTold),
)
