"""Everything that residents brought in: what became of each, and a button to support it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.records.residents import (
    CONTRIBUTION_KINDS,
    CONTRIBUTION_STATUSES,
    Contribution,
)
from hanze.collaboration.residents import contributions, counts, idea_funnel, support
from hanze.web.portal.collective.contribution_form import districts_here
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to
from hanze.web.portal.collective.wording import Said, said_in
from hanze.web.portal.forms import Given
from hanze.web.visitor import visitor_address

__all__ = ["Row", "add_support", "row_of", "show", "show_one"]

_OPEN = ("received", "considered", "adopted")


@dataclass(frozen=True, slots=True)
class Row:
    """A contribution, and what became of it."""

    card: Card
    path: str
    facts: tuple[tuple[str, str], ...]
    outcome: Said
    outcome_on: str
    became: Link | None
    supporters: int
    open: bool
    measured: tuple[str, ...]
    district: str


async def show(desk: Desk) -> Response:
    """List the contributions, the latest first; filtered by city, district, theme, status, kind."""
    names = ("city", "district", "theme", "status", "kind")
    chosen = {name: desk.asked(name) for name in names}
    named = {one.id: said_in(one.name, desk.lang).text for one in await districts_here(desk)}
    every = contributions(
        desk.collective,
        city=chosen["city"] or None,
        district=chosen["district"] or None,
        theme=chosen["theme"] or None,
    )
    found = [
        held
        for held in every
        if chosen["status"] in ("", held.record.status) and chosen["kind"] in ("", held.record.kind)
    ]
    here = min(page_asked(desk.asked("page")), max(-(-len(found) // PAGE_SIZE), 1))
    shown = found[(here - 1) * PAGE_SIZE : here * PAGE_SIZE]
    query = urlencode(
        [(name, chosen[name]) for name in ("city", "theme", "status") if chosen[name]]
    )
    api = [(name, chosen[name]) for name in ("city", "district", "theme") if chosen[name]]
    return desk.page(
        "contributions.html",
        menu="contributions",
        rows=[row_of(desk, held, named) for held in shown],
        total=len(found),
        funnel=idea_funnel(every),
        who=_who(desk, every),
        chosen=chosen,
        cities=_cities(desk),
        districts=sorted(named.items(), key=lambda one: one[1]),
        statuses=CONTRIBUTION_STATUSES,
        kinds=CONTRIBUTION_KINDS,
        here=here,
        pages=pages_to(
            len(found), here, lambda page: desk.at("/contributions", **chosen, page=page)
        ),
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=Contribution&language={desk.lang}&{query}"),
            ("JSON", "/api/v1/contributions" + (f"?{urlencode(api)}" if api else "")),
        ],
    )


async def show_one(desk: Desk) -> Response:
    """Show one contribution: the page that its author follows."""
    return await _one(desk, _asked(desk))


async def add_support(desk: Desk, given: Given) -> Response:  # noqa: ARG001  # nothing is filled in
    """Count one more who supports it."""
    held = _asked(desk)
    refused, status = await attempt(_supported(desk, held))
    if refused is not None:
        return await _one(desk, held, refused=refused, status=status)
    return RedirectResponse(desk.at(f"/contributions/{held.record.id}", supported="yes"), 303)


async def _supported(desk: Desk, held: Held[Contribution]) -> None:
    node = desk.visit.site.node
    address = visitor_address(node, desk.visit.request)
    node.visitors.support.take(address, subject=held.record.id, now=desk.visit.now)
    await support(node.store, held.record.id, tenant=held.tenant, now=desk.visit.now)


async def _one(
    desk: Desk, held: Held[Contribution], *, refused: Refused = None, status: int = 200
) -> Response:
    named = {one.id: said_in(one.name, desk.lang).text for one in await districts_here(desk)}
    row = row_of(desk, held, named)
    return desk.page(
        "contribution.html",
        menu="contributions",
        status=status,
        row=row,
        text=desk.text(held.record.description),
        cited=_citing(desk, held.record.id),
        new=desk.asked("new") == "yes",
        supported=desk.asked("supported") == "yes",
        address=desk.visit.base_url + row.path,
        refused=refused,
    )


def _citing(desk: Desk, record_id: str) -> list[Link]:
    """Name the records that build on a contribution."""
    return [desk.link(one.source) for one in desk.collective.referring(record_id)]


def _asked(desk: Desk) -> Held[Contribution]:
    return desk.collective.get(str(desk.visit.request.path_params["id"]), Contribution)


def row_of(desk: Desk, held: Held[Contribution], districts: dict[str, str]) -> Row:
    """Make a contribution ready to be shown."""
    one = held.record
    facts = [
        (desk.field("contributorKind"), desk.code("contributorKind", one.contributor_kind)),
        (desk.field("channel"), desk.code("channel", one.channel)),
    ]
    if one.received_on:
        facts.append((desk.field("receivedOn"), desk.day(one.received_on)))
    return Row(
        card=desk.card(held),
        path=desk.at(f"/contributions/{one.id}"),
        facts=tuple(facts),
        outcome=desk.text(one.outcome),
        outcome_on=desk.day(one.outcome_on) if one.outcome_on else "",
        became=desk.link(one.became) if one.became else None,
        supporters=one.supporters or 0,
        open=one.status in _OPEN,
        measured=tuple(
            f"{each.what}: {desk.number(each.value)} {each.unit}" for each in one.measured
        ),
        district=districts.get(one.district, "") if one.district else "",
    )


def _cities(desk: Desk) -> list[tuple[str, str]]:
    cities = {held.city for held in desk.collective.of(Contribution) if held.city}
    return sorted(((city, desk.name(city)) for city in cities), key=lambda one: one[1])


def _who(
    desk: Desk, found: Sequence[Held[Contribution]]
) -> list[tuple[str, list[tuple[str, int]]]]:
    """Count who contributed, how, and of which age: also those who do not live there."""
    return [
        (desk.field(field), [(desk.code(field, code), number) for code, number in table.items()])
        for field, table in counts(found).items()
    ]
