"""Matches that were kept: their scores, and what each party decides."""

from dataclasses import dataclass
from datetime import date

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.agreeing import decide_match
from hanze.collaboration.collective import Held
from hanze.collaboration.records.matches import MATCH_DECISIONS, Match
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.paging import PAGE_SIZE, page_asked, pages_to
from hanze.web.portal.forms import Given

__all__ = ["decide", "show"]


@dataclass(frozen=True, slots=True)
class _Party:
    """One of the two, and what it decided."""

    link: Link
    city: Link | None
    decision: str
    label: str
    on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A match in the list."""

    card: Card
    anchor: str
    kind: str
    score: float
    parties: tuple[_Party, ...]
    reasons: tuple[str, ...]
    programme: str
    facilitator: Link | None


async def show(desk: Desk) -> Response:
    """List the matches, the newest first; filtered by kind, decision and programme."""
    kind, decision, programme = (desk.asked(name) for name in ("kind", "decision", "programme"))
    every = [
        held
        for held in desk.collective.of(Match)
        if (not kind or held.record.kind == kind)
        and (not decision or held.record.decision == decision)
        and (not programme or held.record.programme == programme)
    ]
    every.sort(key=lambda held: (held.created_at, held.record.id), reverse=True)
    page = min(page_asked(desk.asked("page")), max(-(-len(every) // PAGE_SIZE), 1))
    shown = every[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]

    def address(number: str) -> str:
        return desk.at("/matches", kind=kind, decision=decision, programme=programme, page=number)

    every_match = desk.collective.of(Match)
    return desk.page(
        "matches.html",
        menu="matches",
        rows=[_row(desk, held) for held in shown],
        total=len(every),
        here=page,
        pages=pages_to(len(every), page, address),
        chosen={"kind": kind, "decision": decision, "programme": programme},
        kinds=sorted({held.record.kind for held in every_match}),
        programmes=[
            (name, name)
            for name in sorted({h.record.programme for h in every_match if h.record.programme})
        ],
        decisions=MATCH_DECISIONS,
    )


async def decide(desk: Desk, given: Given) -> Response:
    """Record what a party decides."""
    held = desk.collective.get(given.text("match"), Match)
    await decide_match(
        desk.visit.site.node.store,
        desk.writer(held.tenant),
        held.record.id,
        given.text("party"),
        given.text("decision"),
        note=given.text("note")[:2_000],
        now=desk.visit.now,
    )
    return RedirectResponse(desk.at("/matches") + f"#{_anchor(held)}", 303)


def _row(desk: Desk, held: Held[Match]) -> _Row:
    match = held.record
    said = {one.party: one for one in match.decisions}
    parties = []
    for name in match.parties:
        one = said.get(name)
        decision = one.decision if one else "proposed"
        party = desk.collective.find(name)
        city = party.city if party is not None else None
        parties.append(
            _Party(
                link=desk.link(name),
                city=desk.link(city) if city and city != name else None,
                decision=decision,
                label=desk.code("decision", decision),
                on=one.on if one else None,
                note=one.note if one else "",
            )
        )
    return _Row(
        card=desk.card(held),
        anchor=_anchor(held),
        kind=desk.code("match kind", match.kind),
        score=match.score,
        parties=tuple(parties),
        reasons=tuple(desk.text(match.reasons).text.splitlines()),
        programme=match.programme or "",
        facilitator=desk.link(match.facilitator) if match.facilitator else None,
    )


def _anchor(held: Held[Match]) -> str:
    return held.record.id.rsplit(":", 1)[-1]
