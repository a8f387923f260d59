"""Tenders that run, which cities may look along as buddies, and what these say."""

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.buddies import Buddy, LiveTender, buddies_for, live_tenders, say_as_buddy
from hanze.collaboration.records.residents import Comment
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt, label_given, new_id
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["download", "show", "take"]


@dataclass(frozen=True, slots=True)
class _Buddy:
    """A city that may look along, and why."""

    city: Link
    proofs: tuple[Link, ...]
    leads: tuple[Link, ...]
    said: int


@dataclass(frozen=True, slots=True)
class _Comment:
    """What a buddy said."""

    city: Link | None
    text: Said
    by: str
    card: Card


@dataclass(frozen=True, slots=True)
class _Row:
    """A tender that runs."""

    anchor: str
    card: Card
    days: int | None
    buddies: tuple[_Buddy, ...]
    comments: tuple[_Comment, ...]


async def show(desk: Desk) -> Response:
    """List the tenders that run; those that close first come first."""
    return _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Keep what a buddy says about a tender."""
    refused, status = await attempt(_said(desk, given))
    if refused is not None:
        return _page(desk, refused=refused, status=status)
    return RedirectResponse(desk.at("/buddies") + f"#{_anchor(given.text('about'))}", 303)


async def download(desk: Desk) -> Response:
    """Answer the tenders that run as CSV: a row for each city that may look along."""
    rows = (
        (one, buddy)
        for one in _chosen(desk)
        for buddy in buddies_for(desk.collective, one.need.record.id) or (None,)
    )
    return csv_file(
        "tenders",
        ("need", "title", "sourceCity", "date", "daysLeft", "buddy", "name", "proofs", "comments"),
        (
            (
                *(one.need.record.id, desk.title(one.need.record).text),
                *(desk.name(one.need.city) if one.need.city else None, one.need.date),
                one.days_left,
                *(
                    (buddy.city, desk.name(buddy.city), len(buddy.proofs), buddy.said)
                    if buddy
                    else (None, None, None, None)
                ),
            )
            for one, buddy in rows
        ),
    )


def _chosen(desk: Desk) -> list[LiveTender]:
    theme = desk.asked("theme")
    every = live_tenders(desk.collective, desk.today)
    return [one for one in every if not theme or theme in one.need.record.themes]


async def _said(desk: Desk, given: Given) -> None:
    city, text = given.text("city"), label_given(desk, given, "text")
    if not text or not city:
        raise InvalidInput("A comment must have a city and a text", field="text")
    await say_as_buddy(
        desk.visit.site.node.store,
        desk.collective,
        desk.writer(desk.tenant_of(city)),
        comment_id=new_id(Comment, city),
        about=given.text("about"),
        city=city,
        text=text,
        by=given.text("by")[:200] or None,
        today=desk.today,
        now=desk.visit.now,
    )


def _page(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    return desk.page(
        "buddies.html",
        menu="buddies",
        status=status,
        rows=[_row(desk, one) for one in _chosen(desk)],
        chosen=desk.asked("theme"),
        themes=[(one.id, one.label.text) for one in desk.themes],
        refused=refused,
        downloads=[
            ("CSV", desk.at("/buddies.csv", theme=desk.asked("theme"))),
            ("JSON", "/api/v1/tenders"),
        ],
    )


def _row(desk: Desk, one: LiveTender) -> _Row:
    need = one.need.record
    return _Row(
        anchor=_anchor(need.id),
        card=desk.card(one.need),
        days=one.days_left,
        buddies=tuple(_buddy(desk, buddy) for buddy in buddies_for(desk.collective, need.id)),
        comments=tuple(
            _Comment(
                city=desk.link(held.record.city) if held.record.city else None,
                text=desk.text(held.record.text),
                by=held.record.by or "",
                card=desk.card(held),
            )
            for held in one.comments
        ),
    )


def _buddy(desk: Desk, buddy: Buddy) -> _Buddy:
    return _Buddy(
        city=desk.link(buddy.city),
        proofs=tuple(desk.link(proof.project.record.id) for proof in buddy.proofs),
        leads=tuple(desk.link(theme) for theme in buddy.leads),
        said=buddy.said,
    )


def _anchor(record_id: str) -> str:
    return "t-" + record_id.rpartition(":")[2]
