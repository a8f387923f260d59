"""Missions, fairs and events of all nodes: JSON, and a feed to follow."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Final, Literal
from urllib.parse import quote

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.collective import Collective
from hanze.collaboration.feeds import ICALENDAR, feed
from hanze.collaboration.missions.alike import alike_in
from hanze.collaboration.missions.calendar import OUTING_KINDS, Asked, Outing, outings
from hanze.collaboration.missions.mission_feeds import calendar_entries
from hanze.collaboration.missions.together import FLAG_TEXTS, Flag, Joining, flags, joining
from hanze.errors import InvalidInput
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.league_records import (
    Freshness,
    HomeNode,
    freshness_of,
    home_of_record,
)
from hanze.web.api.collective.records import Language, Named, named, named_if
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask, Taken

__all__ = ["CALENDAR_NAMES", "ROUTES", "JoiningMission", "joining_of", "named_contacts"]

#: How feeds are called, by language.
CALENDAR_NAMES: Final[Mapping[str, str]] = {
    "en": "Missions and events",
    "nl": "Missies en evenementen",
    "ko": "방문단·행사",
}
#: Days that are shown when no last one is named, and the most that may be.
_DAYS: Final = 365
_MOST_DAYS: Final = 3_660

OutingKind = Literal[OUTING_KINDS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes


class ChoiceOfOutings(Taken, frozen=True):
    """Which part of the calendar; without days it is the year from today.

    `country` is where they go to or come from; `party` who holds or joins them.
    """

    starts: date | None = None
    ends: date | None = None
    theme: str | None = None
    country: str | None = None
    party: str | None = None
    kind: OutingKind | tuple[OutingKind, ...] = ()
    near_days: Annotated[int, Meta(ge=0, le=365)] = 21
    language: Language = "en"


class JoiningMission(Answer, frozen=True):
    """Whether others may still join: open, full, too-late, closed, over or cancelled."""

    state: str
    until: date | None = None
    places: int | None = None
    contacts: Sequence[Named] = ()


class OutingTold(Answer, frozen=True):
    """A mission, fair or event; where `days_known` is false, only its months are known."""

    record: Told
    kind: str
    starts: date
    ends: date
    days_known: bool
    cancelled: bool
    place: Named | None = None
    parties: Sequence[Named] = ()
    themes: Sequence[str] = ()
    also: str | None = None
    joining: JoiningMission | None = None
    home: HomeNode | None = None


class FlagTold(Answer, frozen=True):
    """What two entries have with each other, in words by language, and what they share."""

    kind: str
    text: Mapping[str, str]
    one: str
    other: str
    shared: Sequence[Named]
    days: int
    alike: float | None = None


class MissionCalendar(Answer, frozen=True):
    """What is on, and what should be known of each other's plans."""

    entries: Sequence[OutingTold]
    flags: Sequence[FlagTold]
    freshness: Sequence[Freshness] = ()


class DaysOutOfOrder(InvalidInput):
    """A period ends before it starts, or is too long."""

    def __init__(self, starts: date, ends: date) -> None:
        super().__init__(
            f"ends must be from starts ({starts}) on, and at most {_MOST_DAYS} days after it",
            field="ends",
            value=ends,
        )


async def show_calendar(ask: Ask) -> MissionCalendar:
    """Show missions, fairs and events of all nodes, with clashes and who could travel together."""
    choice = ask.parameters(ChoiceOfOutings)
    asked = _asked(ask, choice)
    collective = await ask.node.collective.refresh(ask.now)
    alike = partial(alike_in, ask.node.annotations)
    # Hundreds of missions take a while: others need not wait for it.
    found = await asyncio.to_thread(outings, collective, asked)
    seen = await asyncio.to_thread(flags, found, ask.today, near_days=choice.near_days, alike=alike)
    parts = freshness_of(collective, ask.now)
    return MissionCalendar(
        entries=[_outing(one, collective, ask.today, parts) for one in found],
        flags=[_flag(one, collective) for one in seen],
        freshness=parts,
    )


async def follow_calendar(ask: Ask) -> Response:
    """Follow missions and events in one's own calendar: an iCalendar feed (RFC 5545)."""
    choice = ask.parameters(ChoiceOfOutings)
    asked = _asked(ask, choice)
    collective = await ask.node.collective.refresh(ask.now)
    found = await asyncio.to_thread(outings, collective, asked)
    entries = calendar_entries(
        found,
        collective,
        language=choice.language,
        link=lambda record_id: f"{ask.base_url}{PREFIX}/records/{quote(record_id, safe=':')}",
    )
    written = await asyncio.to_thread(
        feed, list(entries), name=CALENDAR_NAMES[choice.language], product="Missions"
    )
    return Response(written, media_type=ICALENDAR)


def joining_of(one: Joining, collective: Collective) -> JoiningMission:
    """Tell whether others may still join."""
    return JoiningMission(
        state=one.state,
        until=one.until,
        places=one.places,
        contacts=named_contacts(one.contacts, collective),
    )


def named_contacts(contacts: Sequence[str], collective: Collective) -> list[Named]:
    """Name contacts that are here: the end of another one's id may be a person's name."""
    return [named(one, collective) for one in contacts if collective.find(one) is not None]


def _asked(ask: Ask, choice: ChoiceOfOutings) -> Asked:
    starts = choice.starts or ask.today
    try:
        ends = choice.ends or starts + timedelta(days=_DAYS)
    except OverflowError:
        ends = date.max
    if not 0 <= (ends - starts).days <= _MOST_DAYS:
        raise DaysOutOfOrder(starts, ends)
    kinds = (choice.kind,) if isinstance(choice.kind, str) else choice.kind
    return Asked(starts, ends, choice.theme, choice.country, choice.party, kinds)


def _outing(
    one: Outing, collective: Collective, today: date, parts: Sequence[Freshness]
) -> OutingTold:
    mission = one.mission
    return OutingTold(
        record=told(one.held, collective),
        kind=one.kind,
        starts=one.starts,
        ends=one.ends,
        days_known=one.days_known,
        cancelled=one.cancelled,
        place=named_if(one.place, collective),
        parties=[named(party, collective) for party in sorted(one.parties)],
        themes=one.held.record.themes,
        also=one.also,
        joining=joining_of(joining(mission, today), collective) if mission else None,
        home=home_of_record(one.held.home, parts),
    )


def _flag(one: Flag, collective: Collective) -> FlagTold:
    return FlagTold(
        kind=one.kind,
        text=FLAG_TEXTS[one.kind],
        one=one.one,
        other=one.other,
        shared=(
            named_contacts(one.shared, collective)
            if one.kind == "same-people"
            else [named(shared, collective) for shared in one.shared]
        ),
        days=one.days,
        alike=one.alike,
    )


ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/mission-calendar", show_calendar, MissionCalendar, ChoiceOfOutings),
    ApiRoute("GET", "/mission-calendar.json", show_calendar, MissionCalendar, ChoiceOfOutings),
    ApiRoute(
        "GET",
        "/mission-calendar.ics",
        follow_calendar,
        parameters=ChoiceOfOutings,
        media=(ICALENDAR,),
    ),
)
