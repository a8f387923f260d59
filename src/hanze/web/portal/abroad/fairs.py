"""Fairs to which cities go together: the common story, each city's own, and the programme of all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.fairs.stands import Fair, FairSession, fair_of, fairs
from hanze.collaboration.records.gatherings import CityStory
from hanze.web.portal.collective.choosing import Choice, choice_of, countries, named, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.mapping import picture_of, spots_of
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.mercator import Viewport

__all__ = ["show", "show_one"]

_TONES: Final = {"now": "good", "coming": "going", "past": "", "unknown": "waiting"}
_FIRST_YEAR: Final = 1970
_COLUMNS: Final = (
    *("fair", "city", "city_name", "track", "day", "starts", "ends", "title", "room"),
    *("speakers", "key"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A shared stand in the list."""

    card: Card
    href: str
    badge: Badge
    event: Link | None
    days: str
    country: Link | None
    cities: int
    tracks: int
    sessions: int


@dataclass(frozen=True, slots=True)
class _Story:
    """What a city tells."""

    anchor: str
    city: Link
    card: Card
    track: Said
    text: Said
    projects: tuple[Link, ...]
    sessions: int
    edit: str


@dataclass(frozen=True, slots=True)
class _Session:
    """A part of the programme; `hours` is "" where they are not known."""

    city: Link
    track: Said
    title: Said
    hours: str
    room: Said
    speakers: Said
    contacts: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """Sessions of a day, or of a city."""

    anchor: str
    heading: str
    sessions: tuple[tuple[str, _Session], ...]


async def show(desk: Desk) -> Response:
    """List the fairs to which cities of the league go together."""
    choice, year = choice_of(desk), desk.asked("year")
    wanted = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else None
    found = fairs(desk.collective, desk.today, year=wanted, **choice.filters())
    every = fairs(desk.collective, desk.today)
    years = sorted({one.event.record.starts.year for one in every if one.event is not None})
    return desk.page(
        "fairs.html",
        menu="fairs",
        rows=[_row(desk, one) for one in found],
        choice=choice,
        countries=countries(desk),
        year=year,
        years=[(str(one), str(one)) for one in reversed(years) if one >= _FIRST_YEAR],
        downloads=_list_files(desk, choice, wanted),
    )


def _list_files(desk: Desk, choice: Choice, year: int | None) -> list[tuple[str, str]]:
    asked = {name: value for name, value in choice.parameters().items() if value}
    if year is not None:
        asked["year"] = str(year)
    return [
        ("JSON", "/api/v1/fairs" + (f"?{urlencode(asked)}" if asked else "")),
        ("CSV", f"/api/v1/records.csv?type=JointPresentation&language={desk.lang}"),
    ]


async def show_one(desk: Desk) -> Response:
    """Show a fair; `format=csv` is its programme as a file."""
    fair = fair_of(desk.collective, str(desk.visit.request.path_params["id"]), desk.today)
    city = desk.asked("city")
    sessions = [one for one in fair.sessions if city in ("", one.story.record.city)]
    if desk.asked("format") == "csv":
        return csv_file("programme", _COLUMNS, _cells(desk, fair, sessions))
    by = "city" if desk.asked("by") == "city" else "time"
    stand, path = fair.held.record, path_of("fairs", fair.held.record.id)
    return desk.page(
        "fair.html",
        menu="fairs",
        row=_row(desk, fair),
        one=stand,
        text=desk.text(stand.description),
        highlights=_paragraphs(desk.text(stand.highlights)),
        stand=desk.text(stand.stand),
        led_by=desk.text(stand.led_by),
        mission=desk.link(stand.mission) if stand.mission is not None else None,
        venue=desk.text(fair.event.record.venue) if fair.event is not None else Said(""),
        website=fair.event.record.website if fair.event is not None else None,
        zone=next((str(one.starts.tzinfo) for one in sessions if one.starts is not None), ""),
        stories=[_story(desk, fair, held) for held in fair.stories],
        waiting=[_story(desk, fair, held) for held in fair.waiting],
        quiet=[desk.link(one) for one in _quiet(fair)],
        unnamed=fair.city_count - len(fair.cities),
        picture=_picture(desk, fair),
        parts=_parts(desk, sessions, by),
        total=len(sessions),
        by=by,
        city=city,
        cities=named(desk.link(one.record.city) for one in fair.stories),
        path=desk.at(path),
        write=desk.at(f"{path}/story"),
        ics=_programme(stand.id, desk.lang, city),
        linked=f"/api/v1/fairs/{quote(stand.id, safe=':')}/event.jsonld",
        downloads=[
            ("CSV", desk.at(path, format="csv", city=city)),
            ("JSON", f"/api/v1/fairs/{quote(stand.id, safe=':')}"),
            ("JSON-LD", f"/api/v1/fairs/{quote(stand.id, safe=':')}/event.jsonld"),
        ],
    )


def _row(desk: Desk, fair: Fair) -> _Row:
    event = fair.event.record if fair.event is not None else None
    return _Row(
        card=desk.card(fair.held),
        href=desk.at(path_of("fairs", fair.held.record.id)),
        badge=Badge(desk.code("fairState", fair.state), _TONES[fair.state]),
        event=desk.link(event.id) if event is not None else None,
        days=_days(desk, event.starts, event.ends) if event is not None else "",
        country=desk.link(event.country) if event is not None and event.country else None,
        cities=fair.city_count,
        tracks=len(fair.tracks),
        sessions=len(fair.sessions),
    )


def _days(desk: Desk, first: date, last: date) -> str:
    return desk.day(first) if first == last else f"{desk.day(first)} \u2013 {desk.day(last)}"


def _story(desk: Desk, fair: Fair, held: Held[CityStory]) -> _Story:
    story = held.record
    path = path_of("fairs", fair.held.record.id, "/story")
    return _Story(
        anchor=f"city-{story.city.rpartition(':')[2]}",
        city=desk.link(story.city),
        card=desk.card(held),
        track=desk.text(story.track),
        text=desk.text(story.description),
        projects=tuple(desk.link(project) for project in story.projects),
        sessions=len(story.sessions),
        edit=desk.at(path, city=story.city) if held.home is None else "",
    )


def _quiet(fair: Fair) -> Iterator[str]:
    """Name the cities that take part and tell no story."""
    telling = {held.record.city for held in fair.stories}
    yield from (city for city in fair.cities if city not in telling)


def _picture(desk: Desk, fair: Fair) -> object:
    anchors = {
        held.record.city: f"#city-{held.record.city.rpartition(':')[2]}" for held in fair.stories
    }
    sessions = {held.record.city: len(held.record.sessions) for held in fair.stories}
    counts = [(city, max(sessions.get(city, 0), 1)) for city in fair.cities]
    spots = spots_of(desk, counts, lambda city: anchors.get(city, "#cities"))

    def link(view: Viewport | None) -> str:
        text = view.text() if view is not None else ""
        return desk.at(path_of("fairs", fair.held.record.id), view=text) + "#map"

    return picture_of(desk, spots, desk.asked("view"), link, height=360) if spots else None


def _parts(desk: Desk, sessions: Sequence[FairSession], by: str) -> list[_Part]:
    """Group the programme by day or by city; what stands beside each session is the other one."""
    groups: dict[str, list[FairSession]] = {}
    for one in sessions:
        day = one.day.isoformat() if one.day is not None else ""
        groups.setdefault(one.story.record.city if by == "city" else day, []).append(one)
    if by == "city":
        ordered: Mapping[str, list[FairSession]] = dict(
            sorted(groups.items(), key=lambda item: desk.name(item[0]).casefold())
        )
    else:
        ordered = groups
    return [
        _Part(
            anchor=f"part-{number}",
            heading=desk.name(key) if by == "city" else desk.day(key) if key else "",
            sessions=tuple((_day_of(desk, one), _session(desk, one)) for one in several),
        )
        for number, (key, several) in enumerate(ordered.items(), 1)
    ]


def _day_of(desk: Desk, one: FairSession) -> str:
    return desk.day(one.day) if one.day is not None else ""


def _session(desk: Desk, one: FairSession) -> _Session:
    session, hours = one.session, [text for text in one.clock if text]
    return _Session(
        city=desk.link(one.story.record.city),
        track=desk.text(one.story.record.track),
        title=desk.text(session.title),
        hours="\u2013".join(hours),
        room=desk.text(session.room),
        speakers=desk.text(session.speakers),
        # People are named only where their own record says so.
        contacts=tuple(
            desk.link(contact) for contact in session.contacts if desk.collective.find(contact)
        ),
    )


def _paragraphs(said: Said) -> list[Said]:
    return [Said(part.strip(), said.lang) for part in said.text.split("\n\n") if part.strip()]


def _programme(stand_id: str, language: str, city: str) -> str:
    asked = {"language": language} | ({"city": city} if city else {})
    return f"/api/v1/fairs/{quote(stand_id, safe=':')}/programme.ics?{urlencode(asked)}"


def _cells(
    desk: Desk, fair: Fair, sessions: Sequence[FairSession]
) -> Iterator[Sequence[str | None]]:
    for one in sessions:
        story, session = one.story.record, one.session
        starts, ends = one.clock
        yield (
            *(fair.held.record.id, story.city, desk.name(story.city), desk.text(story.track).text),
            one.day.isoformat() if one.day is not None else None,
            *(starts or None, ends or None, desk.text(session.title).text),
            *(desk.text(session.room).text, desk.text(session.speakers).text, session.key),
        )
