"""The demand calendar: JSON by quarter or year, and feeds to follow (iCalendar, Atom)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal
from urllib.parse import quote

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.calendar_feeds import as_atom, as_icalendar
from hanze.collaboration.collective import Collective
from hanze.collaboration.demand_calendar import (
    EVENT_KINDS,
    EVENT_TEXTS,
    CalendarEvent,
    calendar_events,
    calendar_periods,
    competitions,
)
from hanze.collaboration.feeds import ICALENDAR
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.records import Language
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask, Taken

__all__ = ["CALENDAR_NAMES", "ROUTES"]

#: How feeds are called, by language.
CALENDAR_NAMES: Final[Mapping[str, str]] = {
    "en": "Demand calendar",
    "nl": "Vraagkalender",
    "ko": "수요 달력",
}


EventKind = Literal["needed", "deadline", "competition", "tender", "subsidy"]


class ChoiceOfCalendar(Taken, frozen=True):
    """Which years, and what of them; without a first year it starts this year."""

    first_year: Annotated[int, Meta(ge=1970, le=2200)] | None = None
    years: Annotated[int, Meta(ge=1, le=20)] = 4
    unit: Literal["quarter", "year"] = "quarter"
    theme: str | None = None
    city: str | None = None
    country: str | None = None
    kind: EventKind | tuple[EventKind, ...] = ()
    language: Language = "en"


class EventOfCalendar(Answer, frozen=True):
    """Something that happens; `ends` is its last day, where that is known."""

    uid: str
    kind: str
    label: Mapping[str, str]
    record: Told
    starts: date
    ends: date | None = None
    url: str | None = None
    themes: Sequence[str] = ()


class PeriodOfCalendar(Answer, frozen=True):
    """A quarter or year: the events that touch it by uid, and how many there are by theme."""

    label: str
    starts: date
    ends: date
    events: Sequence[str]
    by_theme: Mapping[str, int]


class DemandCalendar(Answer, frozen=True):
    """What is coming."""

    events: Sequence[EventOfCalendar]
    periods: Sequence[PeriodOfCalendar]


class Competitions(Answer, frozen=True):
    """Challenge competitions that are open, or still to open."""

    competitions: Sequence[EventOfCalendar]


async def show_calendar(ask: Ask) -> DemandCalendar:
    """Show demands, competitions, tenders and calls of the coming years, by quarter or year."""
    choice = ask.parameters(ChoiceOfCalendar)
    collective = await ask.node.collective.refresh(ask.now)
    # Thousands of demands take a while: others need not wait for it.
    return await asyncio.to_thread(_calendar, ask, collective, choice)


def _calendar(ask: Ask, collective: Collective, choice: ChoiceOfCalendar) -> DemandCalendar:
    events = _events(ask, collective, choice)
    periods = calendar_periods(
        events, first_year=_first_year(ask, choice), years=choice.years, unit=choice.unit
    )
    return DemandCalendar(
        events=[_event(one, collective) for one in events],
        periods=[
            PeriodOfCalendar(
                label=one.label,
                starts=one.starts,
                ends=one.ends,
                events=[event.uid for event in one.events],
                by_theme=one.by_theme,
            )
            for one in periods
        ],
    )


async def follow_calendar(ask: Ask) -> Response:
    """Follow the calendar in one's own: an iCalendar feed (RFC 5545)."""
    choice = ask.parameters(ChoiceOfCalendar)
    collective = await ask.node.collective.refresh(ask.now)
    feed = await asyncio.to_thread(
        as_icalendar,
        _events(ask, collective, choice),
        name=CALENDAR_NAMES[choice.language],
        language=choice.language,
        link=lambda record_id: _address(ask, record_id),
    )
    return Response(feed, media_type=ICALENDAR)


async def follow_changes(ask: Ask) -> Response:
    """Follow what changes in the calendar: an Atom feed (RFC 4287)."""
    choice = ask.parameters(ChoiceOfCalendar)
    collective = await ask.node.collective.refresh(ask.now)
    feed = await asyncio.to_thread(
        as_atom,
        _events(ask, collective, choice),
        name=CALENDAR_NAMES[choice.language],
        language=choice.language,
        address=_own(ask, ask.request.url.path, ask.request.url.query),
        link=lambda record_id: _address(ask, record_id),
    )
    return Response(feed, media_type="application/atom+xml")


async def list_competitions(ask: Ask) -> Competitions:
    """List challenge competitions, those that close first before the others."""
    collective = await ask.node.collective.refresh(ask.now)
    found = competitions(collective, today=ask.today)
    return Competitions(competitions=[_event(one, collective) for one in found])


def _first_year(ask: Ask, choice: ChoiceOfCalendar) -> int:
    return choice.first_year if choice.first_year is not None else ask.today.year


def _events(ask: Ask, collective: Collective, choice: ChoiceOfCalendar) -> list[CalendarEvent]:
    first = _first_year(ask, choice)
    kinds = (choice.kind,) if isinstance(choice.kind, str) else choice.kind
    return calendar_events(
        collective,
        starts=date(first, 1, 1),
        ends=date(first + choice.years - 1, 12, 31),
        theme=choice.theme,
        city=choice.city,
        country=choice.country,
        kinds=kinds or EVENT_KINDS,
    )


def _event(one: CalendarEvent, collective: Collective) -> EventOfCalendar:
    return EventOfCalendar(
        uid=one.uid,
        kind=one.kind,
        label=EVENT_TEXTS[one.kind],
        record=told(one.record, collective),
        starts=one.starts,
        ends=one.ends,
        url=one.url,
        themes=one.record.record.themes,
    )


def _address(ask: Ask, record_id: str) -> str:
    return _own(ask, f"{PREFIX}/records/{quote(record_id, safe=':')}")


def _own(ask: Ask, path: str, query: str = "") -> str:
    return f"{ask.base_url}{path}" + (f"?{query}" if query else "")


_ATOM: Final = ("application/atom+xml",)
ROUTES = (
    ApiRoute("GET", "/calendar", show_calendar, DemandCalendar, ChoiceOfCalendar),
    ApiRoute("GET", "/calendar.json", show_calendar, DemandCalendar, ChoiceOfCalendar),
    ApiRoute(
        "GET", "/calendar.ics", follow_calendar, parameters=ChoiceOfCalendar, media=(ICALENDAR,)
    ),
    ApiRoute("GET", "/calendar.atom", follow_changes, parameters=ChoiceOfCalendar, media=_ATOM),
    ApiRoute("GET", "/competitions", list_competitions, Competitions),
)
