"""The form with which a city writes its own story at a shared stand, and the sessions of its track."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.fairs.stories import (
    new_session_key,
    put_session,
    remove_session,
    story_of,
    tell,
)
from hanze.collaboration.records.gatherings import CityStory, JointPresentation, Session
from hanze.collaboration.records.missions import Event
from hanze.collaboration.records.offers import BestPractice, Solution
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import LANGUAGES, Label
from hanze.errors import InvalidInput
from hanze.web.portal.collective.choosing import named, path_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import new_text
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_LONGEST: Final = 10_000
_SHORT: Final = 500
_MOST: Final = 100
_FORMS: Final = ("story", "session", "remove")


async def show(desk: Desk) -> Response:
    """Ask whose story it is, then show it with its forms."""
    held = _held(desk)
    city = desk.asked("city")
    return _page(desk, held, city, {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Keep what was written."""
    held, city, name = _held(desk), given.text("city")[:_SHORT], given.text("do")
    try:
        if not city:
            raise InvalidInput("A story is a city's", field="city")
        if name == "session":
            await _keep_session(desk, held, city, given)
        elif name == "remove":
            await _remove(desk, held, city, given)
        else:
            await _keep_story(desk, held, city, given)
    except REFUSALS as error:
        filled = {key: given.text(key)[:_LONGEST] for key in given.values}
        fields = {"city": "city", "title": "title.nl", "track": "track.nl"}
        field = error.field or ""
        if field.startswith("sessions["):
            member = field.rpartition(".")[2]
            fields[field] = "from" if member == "starts" else "until"
        return _page(desk, held, city, filled, refusal(desk, error, "CityStory", fields))
    path = path_of("fairs", held.record.id, "/story")
    done = name if name in _FORMS else "story"
    return RedirectResponse(desk.at(path, city=city, done=done) + "#sessions", 303)


def _held(desk: Desk) -> Held[JointPresentation]:
    return desk.collective.get(str(desk.visit.request.path_params["id"]), JointPresentation)


async def _keep_story(desk: Desk, held: Held[JointPresentation], city: str, given: Given) -> None:
    await tell(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held,
        city,
        track=_label(given, "track"),
        description=_label(given, "description"),
        projects=given.several("projects")[:_MOST],
        now=desk.visit.now,
    )


async def _keep_session(desk: Desk, held: Held[JointPresentation], city: str, given: Given) -> None:
    story = _story(desk, held, city)
    if story is None:
        raise InvalidInput("The story must be there before its sessions", field="city")
    title = _label(given, "title")
    if not title:
        raise InvalidInput("A session must have a title", field="title")
    day, first, last = (given.text(name)[:_SHORT] for name in ("day", "from", "until"))
    if first and not day:
        raise InvalidInput("A time is of a day", field="sessions[0].starts")
    key = given.text("key")[:_SHORT]
    before = next((one for one in story.record.sessions if one.key == key), None)
    session = Session(
        key=key if before is not None else new_session_key(),
        title=title,
        starts=(f"{day}T{first[:5]}" if first else day) or None,
        ends=f"{day}T{last[:5]}" if last and day else None,
        room=_merged(desk, given, "room", before.room if before else {}),
        speakers=_merged(desk, given, "speakers", before.speakers if before else {}),
        contacts=tuple(given.several("contacts")[:_MOST]),
    )
    node, now = desk.visit.site.node, desk.visit.now
    await put_session(node.store, desk.writer(), story, session, now=now)


async def _remove(desk: Desk, held: Held[JointPresentation], city: str, given: Given) -> None:
    story = _story(desk, held, city)
    if story is None:
        raise InvalidInput("There is no such story", field="city")
    node, now = desk.visit.site.node, desk.visit.now
    await remove_session(node.store, desk.writer(), story, given.text("key"), now=now)


def _story(desk: Desk, held: Held[JointPresentation], city: str) -> Held[CityStory] | None:
    return story_of(desk.collective, held.record.id, city) if city else None


def _label(given: Given, name: str) -> Label:
    texts = {one: given.text(f"{name}.{one}")[:_LONGEST] for one in LANGUAGES}
    return {language: text for language, text in texts.items() if text}


def _merged(desk: Desk, given: Given, name: str, before: Label) -> Label:
    """Take a text in the page's language; those in others stay."""
    return new_text(desk, before, given.text(name)[:_LONGEST])


def _page(
    desk: Desk,
    held: Held[JointPresentation],
    city: str,
    filled: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    story = _story(desk, held, city)
    place = desk.collective.find(city) if city else None
    path = path_of("fairs", held.record.id)
    known = {link.id: link for link in map(desk.link, held.record.cities)}
    offered = known or {link.id: link for link in desk.cities}
    event = desk.collective.find(held.record.event)
    zone = event.record.timezone if event and isinstance(event.record, Event) else None
    home = story or place
    shown = story.record.projects if story is not None else ()
    spoken = _spoken(desk, story)
    return desk.page(
        "fair_story.html",
        menu="fairs",
        status=422 if errors else 200,
        card=desk.card(held),
        fair=desk.at(path),
        path=desk.at(f"{path}/story"),
        city=city,
        city_link=desk.link(city) if city else None,
        cities=named(offered.values()),
        story=story.record if story is not None else None,
        home=desk.home(home) if home is not None else None,
        told_in=[(one, desk.language_name(one)) for one in LANGUAGES],
        values=Filled(dict(filled) or _values(desk, story.record if story else None)),
        shows=_offers(desk, city, shown),
        shown=shown,
        contacts=_contacts(desk, city, spoken),
        zone=zone,
        sessions=[
            (one.key, desk.text(one.title), _when(desk, one), desk.text(one.room))
            for one in (story.record.sessions if story is not None else ())
        ],
        spoken=spoken,
        opened=filled.get("do", "") or ("session" if desk.asked("session") else ""),
        done=desk.asked("done") if desk.asked("done") in _FORMS else "",
        errors=Filled(errors),
    )


def _values(desk: Desk, story: CityStory | None) -> dict[str, str]:
    """Fill the forms with what is there: the story, and the session that the address names."""
    values: dict[str, str] = {}
    if story is None:
        return values
    for language in LANGUAGES:
        values[f"track.{language}"] = story.track.get(language, "")
        values[f"description.{language}"] = story.description.get(language, "")
    session = next((one for one in story.sessions if one.key == desk.asked("session")), None)
    if session is None:
        return values
    starts, ends = session.starts or "", session.ends or ""
    values |= {f"title.{language}": session.title.get(language, "") for language in LANGUAGES}
    return values | {
        "key": session.key,
        "day": starts[:10],
        "from": starts[11:],
        "until": ends[11:],
        "room": session.room.get(desk.lang, ""),
        "speakers": session.speakers.get(desk.lang, ""),
    }


def _when(desk: Desk, session: Session) -> str:
    if session.starts is None:
        return ""
    hours = [text[11:] for text in (session.starts, session.ends or "") if text[11:]]
    return " ".join((desk.day(session.starts), "\u2013".join(hours))).strip()


def _spoken(desk: Desk, story: Held[CityStory] | None) -> tuple[str, ...]:
    """Name the contacts of the session that is being changed."""
    sessions = story.record.sessions if story is not None else ()
    chosen = [one.contacts for one in sessions if one.key == desk.asked("session")]
    return chosen[0] if chosen else ()


def _offers(desk: Desk, city: str, shown: Sequence[str]) -> list[tuple[str, str]]:
    """Offer what the city has to show, and what it shows already."""
    kinds = (Project, Solution, BestPractice)
    found = [one for kind in kinds for one in desk.collective.of(kind) if one.city == city]
    ids = dict.fromkeys((*shown, *(one.record.id for one in found[:_MOST])))
    return named(desk.link(one) for one in ids) if city else []


def _contacts(desk: Desk, city: str, spoken: Sequence[str]) -> list[tuple[str, str]]:
    """Offer people who gave their word that they may be named, and those who speak already."""
    found = [one for one in desk.collective.of(Contact) if city and one.city == city]
    ids = dict.fromkeys((*spoken, *(one.record.id for one in found[:_MOST])))
    return [(one, desk.name(one)) for one in ids]
