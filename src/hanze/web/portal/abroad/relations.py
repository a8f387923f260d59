"""Partners abroad: who has relations with whom, and how each is going."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.relations.happening import Happening
from hanze.collaboration.relations.partners import Relation, relations
from hanze.web.portal.abroad.moments import day_of_happening
from hanze.web.portal.collective.choosing import api_address, countries, named, path_of
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.paging import page_asked, pages_to

__all__ = ["show"]

_PAGE: Final = 50
_FEW: Final = 4
_COLUMNS: Final = (
    *("partner", "name", "country", "with", "met", "accords", "projects", "late", "first"),
    *("last", "next"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A partner in the list.

    Attributes:
        others: A few of those with whom; `more` is how many others there are.
        met: How many visits and meetings there were.
        late: Steps that should have been done.
    """

    partner: Link
    href: str
    country: Link | None
    others: tuple[Link, ...]
    more: int
    met: int
    in_force: int
    late: int
    last: tuple[str, str]
    following: tuple[str, str]


async def show(desk: Desk) -> Response:
    """List the partners of the address; `format=csv` is the list as a file."""
    country, of = desk.asked("country"), desk.asked("of")
    # Thousands of records take a while: others need not wait for it.
    found = await asyncio.to_thread(
        relations, desk.collective, desk.today, country=country or None, of=of or None
    )
    if desk.asked("format") == "csv":
        return csv_file("relations", _COLUMNS, _cells(desk, found))
    every = found if not of and not country else relations(desk.collective, desk.today)
    here = page_asked(desk.asked("page"))
    return desk.page(
        "relations.html",
        menu="relations",
        rows=[_row(desk, one) for one in found[(here - 1) * _PAGE : here * _PAGE]],
        total=len(found),
        here=here,
        pages=pages_to(
            len(found),
            here,
            lambda page: desk.at("/relations", country=country, of=of, page=page),
            _PAGE,
        ),
        countries=countries(desk),
        parties=named(desk.link(one.partner) for one in every),
        chosen={"country": country, "of": of},
        downloads=[
            ("CSV", desk.at("/relations", country=country, of=of, format="csv")),
            ("JSON", api_address("relations", country=country, of=of)),
        ],
    )


def _row(desk: Desk, one: Relation) -> _Row:
    return _Row(
        partner=desk.link(one.partner),
        href=desk.at(path_of("relations", one.partner)),
        country=desk.link(one.country) if one.country is not None else None,
        others=tuple(desk.link(other) for other in one.others[:_FEW]),
        more=max(0, len(one.others) - _FEW),
        met=_met(one),
        in_force=one.in_force,
        late=one.late,
        last=_moment(desk, one.last),
        following=_moment(desk, one.following),
    )


def _met(one: Relation) -> int:
    """A mission with its visits is one time that people met."""
    return one.counts.get("mission", 0) + one.counts.get("meeting", 0)


def _moment(desk: Desk, one: Happening | None) -> tuple[str, str]:
    """Say when, and what kind of thing it was."""
    if one is None:
        return "", ""
    return day_of_happening(desk, one), desk.code("happening", one.kind)


def _cells(desk: Desk, found: Sequence[Relation]) -> Iterator[tuple[str | int | None, ...]]:
    for one in found:
        moments = (one.first, one.last, one.following)
        yield (
            one.partner,
            desk.name(one.partner),
            one.country,
            " ".join(one.others),
            _met(one),
            one.in_force,
            one.counts.get("project", 0),
            one.late,
            *(each.on.isoformat() if each is not None else None for each in moments),
        )
