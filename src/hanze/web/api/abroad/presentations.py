"""Stands that cities share at a fair: the programme of all, and each city's own story."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from urllib.parse import quote

from msgspec import Meta
from starlette.responses import Response

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.fairs.stand_feeds import FAIR_MEDIA_TYPE, fair_entries, fair_linked
from hanze.collaboration.fairs.stands import Fair, FairSession, fair_of, fairs
from hanze.collaboration.fairs.stories import (
    new_session_key,
    put_session,
    remove_session,
    story_of,
    tell,
)
from hanze.collaboration.feeds import ICALENDAR, feed
from hanze.collaboration.records.gatherings import CityStory, JointPresentation, Session
from hanze.collaboration.records.record import text_of
from hanze.errors import NotFound
from hanze.web.api.collective.funnel import Text, Told, told
from hanze.web.api.collective.league_records import (
    Freshness,
    HomeNode,
    freshness_of,
    home_of_record,
)
from hanze.web.api.collective.records import Language, Named, named
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken, json_of

__all__ = ["ROUTES", "NoSuchStory"]

_Short = Annotated[str, Meta(max_length=200)]


class NoSuchStory(NotFound):
    """A city tells no story at a stand."""

    def __init__(self, presentation: str, city: str) -> None:
        super().__init__(f"{city[:200]} tells no story at {presentation}")
        self.field = "city"
        self.value = city[:100]


class ChoiceOfFairs(Taken, frozen=True):
    """Which fairs: where, about what, with which city, in which year."""

    country: str | None = None
    theme: str | None = None
    city: str | None = None
    year: Annotated[int, Meta(ge=1900, le=2200)] | None = None


class ChoiceOfProgramme(Taken, frozen=True):
    """Whose sessions, and in which language."""

    city: str | None = None
    language: Language = "en"


class FairInShort(Answer, frozen=True):
    """A shared stand; `state` is now, coming, past or unknown."""

    presentation: Told
    state: str
    cities: int
    tracks: int
    sessions: int
    event: Told | None = None
    starts: date | None = None
    ends: date | None = None
    home: HomeNode | None = None


class Fairs(Answer, frozen=True):
    """Shared stands: those of now and soon first, then the latest."""

    fairs: Sequence[FairInShort]
    freshness: list[Freshness] = []


class SessionOfFair(Answer, frozen=True):
    """A part of a track; `starts` and `ends` are moments with their offset where the zone is known."""

    key: str
    city: Named
    story: str
    title: Mapping[str, str]
    day: date | None = None
    starts: str | None = None
    ends: str | None = None
    room: Mapping[str, str] = {}
    speakers: Mapping[str, str] = {}
    contacts: Sequence[Named] = ()


class StoryOfCity(Answer, frozen=True):
    """What a city tells itself, and the node that keeps it where that is another."""

    id: str
    city: Named
    date: str
    track: Mapping[str, str] = {}
    description: Mapping[str, str] = {}
    projects: Sequence[Named] = ()
    home: HomeNode | None = None


class OneFair(FairInShort, frozen=True, kw_only=True):
    """A shared stand whole; stories of cities that it does not name wait."""

    stories: Sequence[StoryOfCity]
    programme: Sequence[SessionOfFair]
    taking_part: Sequence[Named]
    description: Mapping[str, str] = {}
    highlights: Mapping[str, str] = {}
    stand: Mapping[str, str] = {}
    stand_number: str | None = None
    led_by: Mapping[str, str] = {}
    participants: int | None = None
    waiting: Sequence[StoryOfCity] = ()
    timezone: str | None = None
    freshness: list[Freshness] = []


class AskedStory(Taken, frozen=True):
    """What a city tells at a stand; without a track it only tells."""

    city: Id
    track: Text = {}
    description: Text = {}
    projects: Annotated[Sequence[Id], Meta(max_length=100)] = ()


class AskedSession(Taken, frozen=True):
    """A part of a city's track: with the key of one that is there it is put right.

    `starts` is local at the fair: "2026-11-03T10:00", or the day alone. People are named as contacts
    only.
    """

    city: Id
    title: Text
    key: _Short | None = None
    starts: _Short | None = None
    ends: _Short | None = None
    room: Text = {}
    speakers: Text = {}
    contacts: Annotated[Sequence[Id], Meta(max_length=50)] = ()


class WhichSession(Taken, frozen=True):
    """The session that goes."""

    city: Id
    key: _Short


class StoryWritten(Answer, frozen=True):
    """A story as it is now."""

    id: str
    city: str
    sessions: Sequence[str]


async def list_fairs(ask: Ask) -> Fairs:
    """List stands that cities share at fairs, of all nodes of the league."""
    choice = ask.parameters(ChoiceOfFairs)
    collective = await ask.node.collective.refresh(ask.now)
    found = fairs(
        collective,
        ask.today,
        country=choice.country,
        theme=choice.theme,
        city=choice.city,
        year=choice.year,
    )
    fresh = freshness_of(collective, ask.now)
    return Fairs(fairs=[_short(one, collective, fresh) for one in found], freshness=fresh)


async def show_fair(ask: Ask) -> OneFair:
    """Show a shared stand: the common story, each city's own, and the programme."""
    collective = await ask.node.collective.refresh(ask.now)
    fair = fair_of(collective, ask.path("id"), ask.today)
    fresh = freshness_of(collective, ask.now)
    short, stand = _short(fair, collective, fresh), fair.held.record
    return OneFair(
        **{name: getattr(short, name) for name in short.__struct_fields__},
        stories=[_story(held, collective, fresh) for held in fair.stories],
        waiting=[_story(held, collective, fresh) for held in fair.waiting],
        programme=[_session(one, collective) for one in fair.sessions],
        taking_part=[named(city, collective) for city in fair.cities],
        description=stand.description,
        highlights=stand.highlights,
        stand=stand.stand,
        stand_number=stand.stand_number,
        led_by=stand.led_by,
        participants=stand.participants,
        timezone=fair.event.record.timezone if fair.event is not None else None,
        freshness=fresh,
    )


async def follow_fair(ask: Ask) -> Response:
    """Follow the programme of a fair in one's own calendar: an iCalendar feed (RFC 5545)."""
    choice = ask.parameters(ChoiceOfProgramme)
    collective = await ask.node.collective.refresh(ask.now)
    fair = fair_of(collective, ask.path("id"), ask.today)
    entries = fair_entries(
        fair,
        collective,
        language=choice.language,
        link=lambda stand: _page(ask, stand, choice.language),
        city=choice.city,
    )
    name = text_of(fair.held.record.title, choice.language)
    return Response(
        feed(entries, name=name, product="Programme of a fair"),
        media_type=ICALENDAR,
    )


async def link_fair(ask: Ask) -> Response:
    """Read a shared stand and its programme as linked data (JSON-LD, schema.org)."""
    collective = await ask.node.collective.refresh(ask.now)
    fair = fair_of(collective, ask.path("id"), ask.today)
    answer = json_of(fair_linked(fair, collective, link=lambda stand: _page(ask, stand, "en")))
    answer.headers["content-type"] = FAIR_MEDIA_TYPE
    return answer


async def put_story(ask: Ask) -> StoryWritten:
    """Write a city's own story at a stand, or write it anew; its sessions stay."""
    asked = await ask.body(AskedStory)
    collective = await ask.node.collective.refresh(ask.now)
    story = await tell(
        ask.node.store,
        ask.caller,
        collective,
        collective.get(ask.path("id"), JointPresentation),
        asked.city,
        track=asked.track,
        description=asked.description,
        projects=asked.projects,
        now=ask.now,
    )
    return _written(story)


async def post_session(ask: Ask) -> StoryWritten:
    """Add a session to a city's track, or put one right."""
    asked = await ask.body(AskedSession)
    session = Session(
        key=asked.key or new_session_key(),
        title=asked.title,
        starts=asked.starts,
        ends=asked.ends,
        room=asked.room,
        speakers=asked.speakers,
        contacts=tuple(asked.contacts),
    )
    story = await _own(ask, asked.city)
    return _written(await put_session(ask.node.store, ask.caller, story, session, now=ask.now))


async def delete_session(ask: Ask) -> StoryWritten:
    """Take a session out of a city's track."""
    asked = ask.parameters(WhichSession)
    story = await _own(ask, asked.city)
    return _written(await remove_session(ask.node.store, ask.caller, story, asked.key, now=ask.now))


async def _own(ask: Ask, city: str) -> Held[CityStory]:
    collective = await ask.node.collective.refresh(ask.now)
    presentation = collective.get(ask.path("id"), JointPresentation)
    story = story_of(collective, presentation.record.id, city)
    if story is None:
        raise NoSuchStory(presentation.record.id, city)
    return story


def _short(fair: Fair, collective: Collective, fresh: Sequence[Freshness]) -> FairInShort:
    event = fair.event
    return FairInShort(
        presentation=told(fair.held, collective),
        state=fair.state,
        cities=fair.city_count,
        tracks=len(fair.tracks),
        sessions=len(fair.sessions),
        event=told(event, collective) if event is not None else None,
        starts=event.record.starts if event is not None else None,
        ends=event.record.ends if event is not None else None,
        home=home_of_record(fair.held.home, fresh),
    )


def _story(
    held: Held[CityStory], collective: Collective, fresh: Sequence[Freshness]
) -> StoryOfCity:
    story = held.record
    return StoryOfCity(
        id=story.id,
        city=named(story.city, collective),
        date=held.date,
        track=story.track,
        description=story.description,
        projects=[named(project, collective) for project in story.projects],
        home=home_of_record(held.home, fresh),
    )


def _session(one: FairSession, collective: Collective) -> SessionOfFair:
    session = one.session
    return SessionOfFair(
        key=session.key,
        city=named(one.story.record.city, collective),
        story=one.story.record.id,
        title=session.title,
        day=one.day,
        starts=one.starts.isoformat() if one.starts is not None else session.starts,
        ends=one.ends.isoformat() if one.ends is not None else session.ends,
        room=session.room,
        speakers=session.speakers,
        # The id of one that is not to be named may be a name itself.
        contacts=[named(one, collective) for one in session.contacts if collective.find(one)],
    )


def _written(story: CityStory) -> StoryWritten:
    return StoryWritten(
        id=story.id, city=story.city, sessions=[session.key for session in story.sessions]
    )


def _page(ask: Ask, presentation: str, language: str) -> str:
    return f"{ask.base_url}/{language}/collective/fairs/{quote(presentation, safe=':')}"


ROUTES = (
    ApiRoute("GET", "/fairs", list_fairs, Fairs, ChoiceOfFairs),
    ApiRoute(
        "GET",
        "/fairs/{id:path}/programme.ics",
        follow_fair,
        parameters=ChoiceOfProgramme,
        media=(ICALENDAR,),
    ),
    ApiRoute("GET", "/fairs/{id:path}/event.jsonld", link_fair, media=(FAIR_MEDIA_TYPE,)),
    ApiRoute("GET", "/fairs/{id:path}", show_fair, OneFair),
    ApiRoute(
        "POST", "/fairs/{id:path}/stories", put_story, StoryWritten, body=AskedStory, writes=True
    ),
    ApiRoute(
        "POST",
        "/fairs/{id:path}/sessions",
        post_session,
        StoryWritten,
        body=AskedSession,
        writes=True,
    ),
    ApiRoute(
        "DELETE",
        "/fairs/{id:path}/sessions",
        delete_session,
        StoryWritten,
        parameters=WhichSession,
        writes=True,
    ),
)
