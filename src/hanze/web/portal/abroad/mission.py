"""One mission: who goes where and why, its programme in both times, and the forms that change it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from babel.dates import format_date
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.missions.calendar import outing_of
from hanze.collaboration.missions.editing import confirm_items, drop_items, put_item
from hanze.collaboration.missions.programme import Timed, timed
from hanze.collaboration.missions.together import joining
from hanze.collaboration.records.gatherings import JointPresentation
from hanze.collaboration.records.missions import PROGRAMME_KINDS, Delegate, Mission
from hanze.collaboration.records.record import Record
from hanze.web.portal.abroad.mission_calendar import Dated, dated, kind_label
from hanze.web.portal.abroad.mission_moving import move, refused_move
from hanze.web.portal.abroad.programme_form import (
    WrongItem,
    answers_of,
    hosts_by_name,
    item_given,
    refused_item,
)
from hanze.web.portal.abroad.zone_words import zone_words
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Member:
    """Who takes part; of several alike, how many."""

    role: Said
    organization: Link | None
    contact: Link | None
    part: str
    people: str
    leads: bool
    languages: str


@dataclass(frozen=True, slots=True)
class _Item:
    """A part of the programme.

    Attributes:
        here: The time at its place, in words; "" where only the day is known.
        home: The time at home, where that is another one.
        zone: Name of its zone, where it is another than the mission's.
    """

    key: str
    kind: str
    title: Said
    here: str
    home: str
    zone: str
    place: Said
    hosts: tuple[Link, ...]
    note: Said
    outcome: Said
    proposed: bool


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the programme; the one without a name holds what has no day."""

    label: str
    items: tuple[_Item, ...]


async def show(desk: Desk) -> Response:
    """Show a mission; `edit` names the item that is to be changed, "new" is another one."""
    return _page(desk, _held(desk), {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    held = _held(desk)
    name = given.text("action")
    action = _ACTIONS.get(name)
    if action is None:
        return _page(desk, held, {}, {"": desk.code("refusal", "action")})
    filled = {key: given.text(key)[:_LONGEST] for key in given.values}
    try:
        await action(desk, held, given)
    except WrongItem as error:
        return _page(desk, held, filled, error.texts)
    except REFUSALS as error:
        if name == "move":
            errors = refused_move(desk, error)
        else:
            errors = refused_item(desk, error) or refusal(desk, error, "Mission", {})
        return _page(desk, held, filled, errors)
    done = urlencode({"done": name})
    return RedirectResponse(desk.at(path_of("missions", held.record.id)) + f"?{done}", 303)


def _held(desk: Desk) -> Held[Mission]:
    return desk.collective.get(desk.visit.request.path_params["id"], Mission)


async def _put(desk: Desk, held: Held[Mission], given: Given) -> None:
    item = item_given(desk, held.record, given)
    node = desk.visit.site.node
    await put_item(
        node.store, desk.writer(), desk.collective, held.record.id, item, now=desk.visit.now
    )


async def _drop(desk: Desk, held: Held[Mission], given: Given) -> None:
    store, keys = desk.visit.site.node.store, given.several("key")
    await drop_items(
        store, desk.writer(), desk.collective, held.record.id, keys, now=desk.visit.now
    )


async def _confirm(desk: Desk, held: Held[Mission], given: Given) -> None:
    store, keys = desk.visit.site.node.store, given.several("key")
    await confirm_items(
        store, desk.writer(), desk.collective, held.record.id, keys, now=desk.visit.now
    )


async def _reject(desk: Desk, held: Held[Mission], _: Given) -> None:
    keys = [one.key for one in held.record.programme if one.proposed]
    store = desk.visit.site.node.store
    await drop_items(
        store, desk.writer(), desk.collective, held.record.id, keys, now=desk.visit.now
    )


async def _confirm_all(desk: Desk, held: Held[Mission], _: Given) -> None:
    keys = [one.key for one in held.record.programme if one.proposed]
    store = desk.visit.site.node.store
    await confirm_items(
        store, desk.writer(), desk.collective, held.record.id, keys, now=desk.visit.now
    )


_Action = Callable[[Desk, Held[Mission], Given], Awaitable[None]]
_ACTIONS: Final[Mapping[str, _Action]] = {
    "put": _put,
    "drop": _drop,
    "confirm": _confirm,
    "confirm-all": _confirm_all,
    "reject": _reject,
    "move": move,
}


def _page(
    desk: Desk, held: Held[Mission], filled: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    one = held.record
    done = desk.asked("done")
    joins = joining(one, desk.today)
    ics = api_address(path_of("missions", one.id, "/programme.ics")[1:], language=desk.lang)
    return desk.page(
        "mission.html",
        menu="mission-calendar",
        status=422 if errors else 200,
        card=desk.card(held),
        one=one,
        told=dated(desk, outing_of(desk.collective, held)),
        direction=kind_label(desk, one.direction),
        goal=desk.text(one.goal),
        members=[_member(desk, member) for member in one.delegates],
        people=sum(member.people for member in one.delegates),
        links=_links(desk, one),
        events=_events(desk, one),
        joining=joins,
        contacts=[desk.link(contact) for contact in joins.contacts],
        days=_days(desk, one),
        zones=(zone_words(desk, one.timezone, one.starts), _home_zone(desk, one)),
        proposed=sum(1 for item in one.programme if item.proposed),
        may_change=desk.may_write and held.home is None,
        moving=filled.get("action") == "move",
        along=filled.get("action") != "move" or "along" in filled,
        done=done if done in _ACTIONS else "",
        errors=Filled(errors),
        ics=ics,
        below={
            name: desk.at(path_of("missions", one.id, f"/{name}"))
            for name in ("proposal", "money", "report")
        },
        country=desk.at(path_of("abroad", one.country)),
        follow_ups=desk.at("/follow-ups", mission=one.id),
        downloads=[
            ("JSON", api_address(path_of("missions", one.id)[1:])),
            ("iCalendar", ics),
        ],
        **_form(desk, one, filled),
    )


def _form(desk: Desk, one: Mission, filled: Mapping[str, str]) -> dict[str, object]:
    """Give the form of the item that is to be changed; `editing` is "" where none is."""
    editing = filled.get("key") or desk.asked("edit")
    known = next((item for item in one.programme if item.key == editing), None)
    if known is None and filled.get("action") == "put":
        editing = "new"
    answers = dict(filled) or (answers_of(desk, known) if known is not None else {})
    return {
        "editing": editing if known is not None or editing == "new" else "",
        "filled": Filled(answers),
        "kinds": desk.options("kind", PROGRAMME_KINDS),
        "zone_choices": [
            (zone, zone_words(desk, zone, one.starts))
            for zone in dict.fromkeys((one.timezone, one.home_timezone))
        ],
        "host_names": sorted(hosts_by_name(desk, one)) if editing else [],
        "kept_hosts": [(host, desk.name(host)) for host in (known.hosts if known else ())],
    }


def _home_zone(desk: Desk, one: Mission) -> str:
    return zone_words(desk, one.home_timezone, one.starts) if _differs(one) else ""


def _differs(one: Mission) -> bool:
    return one.timezone != one.home_timezone


def _member(desk: Desk, member: Delegate) -> _Member:
    return _Member(
        role=desk.text(member.role),
        organization=desk.link(member.organization) if member.organization else None,
        contact=desk.link(member.contact) if member.contact else None,
        part=desk.code("part", member.part),
        people=desk.number(member.people),
        leads=member.leads,
        languages=", ".join(desk.language_name(tag) for tag in member.languages),
    )


def _links(desk: Desk, one: Mission) -> list[tuple[str, tuple[Link, ...]]]:
    """Name the records that a mission is tied to, by field."""
    several = {
        "organiser": (one.organiser,),
        "country": (one.country,),
        "places": one.places,
        "themes": one.themes,
        "accord": (one.accord,),
        "cooperation": (one.cooperation,),
        "counterpart": (one.counterpart,),
    }
    named = (
        (name, tuple(desk.link(id_) for id_ in ids if id_ is not None))
        for name, ids in several.items()
    )
    found = [(desk.field(name), links) for name, links in named if links]
    stands = _naming(desk, one, JointPresentation)
    return [*found, (desk.kinds("JointPresentation"), stands)] if stands else found


def _naming(desk: Desk, one: Mission, kind: type[Record]) -> tuple[Link, ...]:
    """Name the records of a type that name the mission."""
    sources = dict.fromkeys(each.source for each in desk.collective.referring(one.id))
    held = (desk.collective.find(source) for source in sources)
    return tuple(
        desk.link(each.record.id) for each in held if each and isinstance(each.record, kind)
    )


def _events(desk: Desk, one: Mission) -> list[Dated]:
    found = (desk.collective.find(event) for event in one.events)
    return [dated(desk, outing_of(desk.collective, held)) for held in found if held is not None]  # type: ignore[arg-type]  # the schema lets it name events only


def _days(desk: Desk, one: Mission) -> list[_Day]:
    in_order = timed(one)
    return [
        _Day(_day_label(desk, day), tuple(_item(desk, one, item) for item in items))
        for day, items in groupby(in_order, key=lambda item: item.day)
    ]


def _day_label(desk: Desk, day: date | None) -> str:
    if day is None:
        return ""
    pattern = "y년 M월 d일 EEEE" if desk.lang == "ko" else "EEEE d MMMM y"
    return format_date(day, pattern, desk.language.locale)


def _item(desk: Desk, mission: Mission, one: Timed) -> _Item:
    item = one.item
    zone = item.timezone or mission.timezone
    same = one.starts is not None and one.home_starts is not None
    same = same and one.starts.utcoffset() == one.home_starts.utcoffset()  # type: ignore[union-attr]  # both are there
    return _Item(
        key=item.key,
        kind=desk.code("kind", item.kind),
        title=desk.text(item.title),
        here=_span(desk, one.day, one.starts, one.ends),
        home="" if same else _span(desk, one.day, one.home_starts, one.home_ends),
        zone=zone_words(desk, zone, mission.starts) if zone != mission.timezone else "",
        place=desk.text(item.place),
        hosts=tuple(desk.link(host) for host in item.hosts),
        note=desk.text(item.note),
        outcome=desk.text(item.outcome),
        proposed=item.proposed,
    )


def _span(desk: Desk, day: date | None, starts: datetime | None, ends: datetime | None) -> str:
    """Write "10:00\u201311:30"; a day is named where it is not that of the programme."""
    if starts is None:
        return ""
    text = _clock(desk, day, starts)
    return f"{text}\u2013{_clock(desk, starts.date(), ends)}" if ends is not None else text


def _clock(desk: Desk, day: date | None, when: datetime) -> str:
    if day is None or when.date() == day:
        return f"{when:%H:%M}"
    pattern = "M월 d일" if desk.lang == "ko" else "d MMM"
    return f"{format_date(when.date(), pattern, desk.language.locale)} {when:%H:%M}"
