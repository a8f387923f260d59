"""Which districts speak up, which are silent, and what their city does about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.districts import Voice, say_update, voices
from hanze.collaboration.records.residents import Comment
from hanze.web.portal.collective.contribution_form import districts_here
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt, label_given, new_id
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.wording import Said, said_in
from hanze.web.portal.forms import Given

__all__ = ["download", "show", "take"]

_TONES: Final = {"silent": "bad", "quiet": "waiting", "heard": "good", "unknown": "waiting"}
#: Of which one can be chosen.
_DAYS: Final = ("90", "365", "1825")


@dataclass(frozen=True, slots=True)
class _Row:
    """A district."""

    anchor: str
    id: str
    name: Said
    href: str
    badge: Badge
    voice: Voice
    last: str
    updates: tuple[tuple[Said, str, Card], ...]


@dataclass(frozen=True, slots=True)
class _City:
    """The districts of a city."""

    id: str
    link: Link | None
    rows: tuple[_Row, ...]
    counts: tuple[tuple[Badge, int], ...]


async def show(desk: Desk) -> Response:
    """List the districts of each city, the silent ones first."""
    return await _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Keep what a city says that it does about a district."""
    city = given.text("city") or None
    refused, status = await attempt(
        say_update(
            desk.visit.site.node.store,
            desk.writer(desk.tenant_of(city)),
            comment_id=new_id(Comment, city),
            about=given.text("about"),
            text=label_given(desk, given, "text") or {desk.lang: ""},
            city=city,
            by=given.text("by")[:200] or None,
            today=desk.today,
            now=desk.visit.now,
        )
    )
    if refused is not None:
        return await _page(desk, refused=refused, status=status)
    return RedirectResponse(desk.at("/districts") + f"#{_anchor(given.text('about'))}", 303)


async def download(desk: Desk) -> Response:
    """Answer the list as CSV."""
    since = _since(desk)
    return csv_file(
        "districts",
        (
            *("city", "district", "name", "state", "contributions", "since", "share"),
            *("residentsShare", "inhabitants", "last", "updates"),
        ),
        (
            (
                *(city, one.district.id, said_in(one.district.name, desk.lang).text, one.state),
                *(one.contributions, since.isoformat(), one.share, one.residents_share),
                one.district.inhabitants,
                one.last.isoformat() if one.last else None,
                len(one.updates),
            )
            for city, some in await _voices(desk, since)
            for one in some
        ),
    )


def _since(desk: Desk) -> date:
    asked = desk.asked("days")
    return desk.today - timedelta(days=int(asked if asked in _DAYS else "365"))


async def _voices(desk: Desk, since: date) -> list[tuple[str, Sequence[Voice]]]:
    """Group by city: shares are within each."""
    every = await districts_here(desk)
    wanted = desk.asked("city")
    return [
        (
            city or "",
            voices(
                desk.collective,
                [one for one in every if one.city == city],
                since=since,
                today=desk.today,
            ),
        )
        for city in dict.fromkeys(one.city for one in every)
        if wanted in ("", city)
    ]


async def _page(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    since = _since(desk)
    city, days = desk.asked("city"), desk.asked("days")
    groups = [_city(desk, one, some) for one, some in await _voices(desk, since)]
    every = dict.fromkeys(one.city for one in await districts_here(desk) if one.city)
    query = desk.at("/districts.csv", city=city, days=days)
    api = f"/api/v1/districts?days={days if days in _DAYS else 365}"
    return desk.page(
        "districts.html",
        menu="districts",
        status=status,
        groups=groups,
        since=since,
        city=city,
        cities=[(one, desk.name(one)) for one in every],
        days=days if days in _DAYS else "365",
        periods=_DAYS,
        refused=refused,
        downloads=[("CSV", query), ("JSON", api + (f"&city={city}" if city else ""))],
    )


def _city(desk: Desk, city: str, some: Sequence[Voice]) -> _City:
    rows = tuple(_row(desk, one) for one in some)
    states = dict.fromkeys(one.badge for one in rows)
    return _City(
        id=city,
        link=desk.link(city) if city else None,
        rows=rows,
        counts=tuple((badge, sum(one.badge == badge for one in rows)) for badge in states),
    )


def _row(desk: Desk, one: Voice) -> _Row:
    return _Row(
        anchor=_anchor(one.district.id),
        id=one.district.id,
        name=said_in(one.district.name, desk.lang),
        href=desk.visit.entity_path(one.district.id),
        badge=Badge(desk.code("voice", one.state), _TONES[one.state]),
        voice=one,
        last=desk.day(one.last) if one.last else "",
        updates=tuple(
            (desk.text(held.record.text), held.record.by or "", desk.card(held))
            for held in one.updates
        ),
    )


def _anchor(district: str) -> str:
    return "d-" + district.rpartition(":")[2]
