"""A programme that is proposed to a delegation: whom to meet, why, and when."""

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.missions.candidates import Candidate
from hanze.collaboration.missions.editing import propose_items
from hanze.collaboration.missions.proposals import Proposal, propose_programme
from hanze.collaboration.records.missions import Mission, ProgrammeItem
from hanze.web.portal.abroad.zone_words import zone_words
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

#: Candidates that the page lists; files have them all.
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Who could receive the delegation."""

    host: Link
    kind: str
    score: float
    why: tuple[Said, ...]
    about: tuple[Link, ...]
    left_out: bool


@dataclass(frozen=True, slots=True)
class _Laid:
    """A part of the programme that is proposed."""

    day: str
    clock: str
    kind: str
    title: Said
    place: Said


async def show(desk: Desk) -> Response:
    """Propose a programme; nothing of it is kept."""
    held = _held(desk)
    proposal = await _proposal(desk, held.record)
    one = held.record
    left_out = set(proposal.left_out)
    return desk.page(
        "mission_proposal.html",
        menu="mission-calendar",
        card=desk.card(held),
        one=one,
        back=desk.at(path_of("missions", one.id)),
        candidates=[
            _candidate(desk, each, left_out=each.host in left_out)
            for each in proposal.candidates[:_SHOWN]
        ],
        more=max(0, len(proposal.candidates) - _SHOWN),
        laid=[_laid(desk, item) for item in proposal.items],
        zone=zone_words(desk, one.timezone, one.starts),
        may_change=desk.may_write and held.home is None,
        downloads=[("JSON", api_address(path_of("missions", one.id, "/proposal")[1:]))],
    )


async def take(desk: Desk, _: Given) -> Response:
    """Put the proposal into the programme, to be confirmed item by item."""
    held = _held(desk)
    proposal = await _proposal(desk, held.record)
    node = desk.visit.site.node
    await propose_items(
        node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        proposal.items,
        now=desk.visit.now,
    )
    return RedirectResponse(desk.at(path_of("missions", held.record.id)) + "#programme", 303)


def _held(desk: Desk) -> Held[Mission]:
    return desk.collective.get(desk.visit.request.path_params["id"], Mission)


async def _proposal(desk: Desk, mission: Mission) -> Proposal:
    matchmaker = desk.visit.site.node.matchmaker
    return await propose_programme(desk.collective, matchmaker, mission, now=desk.visit.now)


def _candidate(desk: Desk, one: Candidate, *, left_out: bool) -> _Candidate:
    why = desk.text(one.reasons)
    lines = (line.strip() for line in why.text.split("\n"))
    return _Candidate(
        host=desk.link(one.host),
        kind=desk.code("kind", one.kind),
        score=one.score,
        why=tuple(Said(line, why.lang) for line in lines if line),
        about=tuple(desk.link(record_id) for record_id in one.about if record_id != one.host),
        left_out=left_out,
    )


def _laid(desk: Desk, item: ProgrammeItem) -> _Laid:
    starts, ends = item.starts or "", item.ends or ""
    clock = starts[11:] + (f"\u2013{ends[11:]}" if ends else "")
    return _Laid(
        day=desk.day(starts) if starts else "",
        clock=clock,
        kind=desk.code("kind", item.kind),
        title=desk.text(item.title),
        place=desk.text(item.place),
    )
