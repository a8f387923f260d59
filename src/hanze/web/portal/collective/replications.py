"""Replications: what goes from city to city, and how far it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.records.projects import REPLICATION_STATUSES, Replication
from hanze.collaboration.rules.replications import open_questions
from hanze.web.portal.collective.choosing import api_address, named, path_of
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to

__all__ = ["show"]

_COLUMNS: Final = (
    *("id", "title", "status", "city", "city_name", "district", "project", "credit_to"),
    *("open_questions", "date", "provenance"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A replication in the list."""

    card: Card
    href: str
    project: Link
    city: Link
    credit: Link | None
    open: int


async def show(desk: Desk) -> Response:
    """List replications by city, status and project; `format=csv` is the list as a file."""
    given = {name: desk.asked(name) for name in ("city", "status", "project")}
    every = desk.collective.of(Replication)
    found = [held for held in every if _is_wanted(held.record, given)]
    found.sort(key=lambda held: (held.date, held.record.id), reverse=True)
    if desk.asked("format") == "csv":
        return csv_file("replications", _COLUMNS, _cells(desk, found))
    page = page_asked(desk.asked("page"))
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return desk.page(
        "replications.html",
        menu="replications",
        chosen=given,
        cities=named(desk.link(one) for one in {held.record.city for held in every}),
        projects=named(desk.link(one) for one in {held.record.project for held in every}),
        statuses=desk.options("status", REPLICATION_STATUSES),
        rows=[_row(desk, held) for held in shown],
        total=len(found),
        here=page,
        pages=pages_to(len(found), page, lambda p: desk.at("/replications", **given, page=p)),
        downloads=[
            ("CSV", desk.at("/replications", **given, format="csv")),
            ("JSON", api_address("replications", **given)),
        ],
    )


def _is_wanted(one: Replication, given: dict[str, str]) -> bool:
    return all(not value or getattr(one, name) == value for name, value in given.items())


def _row(desk: Desk, held: Held[Replication]) -> _Row:
    one = held.record
    return _Row(
        card=desk.card(held),
        href=desk.at(path_of("replication", one.id)),
        project=desk.link(one.project),
        city=desk.link(one.city),
        credit=desk.link(one.credit_to) if one.credit_to else None,
        open=len(open_questions(one.answers)),
    )


def _cells(
    desk: Desk, found: Sequence[Held[Replication]]
) -> Iterator[tuple[str | int | None, ...]]:
    for held in found:
        one = held.record
        yield (
            one.id,
            desk.title(one).text,
            one.status,
            one.city,
            desk.name(one.city),
            one.district,
            one.project,
            one.credit_to,
            " ".join(open_questions(one.answers)),
            held.date,
            one.provenance,
        )
