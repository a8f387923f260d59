"""Cities that take part in this node as tenants, and where those are that moved to one of their own."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from hanze.collaboration.members import members
from hanze.collaboration.records.places import Municipality
from hanze.web.portal.collective.desk import Badge, Card, Desk, Link
from hanze.web.portal.collective.files import csv_file

__all__ = ["download", "show"]


@dataclass(frozen=True, slots=True)
class _Row:
    """A city that takes part."""

    tenant: str
    city: Link
    card: Card | None
    since: date
    records: int
    badge: Badge
    sealed_on: date | None
    moved_to: str


async def show(desk: Desk) -> Response:
    """List the members, and the cities with a node of their own."""
    own = [held for held in desk.collective.of(Municipality) if held.record.has_node]
    return desk.page(
        "members.html",
        menu="members",
        rows=_rows(desk),
        own=desk.cards(own),
        downloads=[("CSV", desk.at("/members.csv")), ("JSON", "/api/v1/members")],
    )


async def download(desk: Desk) -> Response:
    """Answer the members as CSV."""
    return csv_file(
        "members",
        ("tenant", "city", "name", "since", "records", "sealedOn", "movedTo"),
        (
            (
                *(row.tenant, row.city.id, row.city.label.text, row.since.isoformat()),
                row.records,
                row.sealed_on.isoformat() if row.sealed_on else None,
                row.moved_to or None,
            )
            for row in _rows(desk)
        ),
    )


def _rows(desk: Desk) -> list[_Row]:
    counts = Counter(held.tenant for held in desk.collective.every())
    found = []
    for one in members(desk.visit.site.node.store.registers):
        state = "moved" if one.moved_to else "sealed" if one.sealed_on else "member"
        tone = {"moved": "waiting", "sealed": "waiting", "member": "good"}[state]
        held = desk.collective.find(one.city)
        found.append(
            _Row(
                tenant=one.tenant,
                city=desk.link(one.city),
                card=desk.card(held) if held is not None else None,
                since=one.since,
                records=counts[one.tenant],
                badge=Badge(desk.code("member", state), tone),
                sealed_on=one.sealed_on,
                moved_to=one.moved_to or "",
            )
        )
    return found
