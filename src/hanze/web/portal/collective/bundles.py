"""Bundles of demands: those that are there, and what else would fit together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.bundle_texts import LEAD_TEXTS
from hanze.collaboration.bundles import new_bundle, propose
from hanze.collaboration.bundling import BundleProposal, combine, compatible, propose_bundles
from hanze.collaboration.collective import Held
from hanze.collaboration.lead_choice import LeadCandidate
from hanze.collaboration.matching.criteria import KINDS
from hanze.collaboration.matching.rank import Option
from hanze.collaboration.records.needs import BUNDLE_STATUSES, Demand, DemandBundle
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["Candidate", "candidates_of", "show", "take"]

_MOST: Final = 30
_FITTING: Final = 10
_COLUMNS: Final = (
    *("demands", "cities", "alike", "starts", "ends", "volumes", "budgets", "lead", "reasons"),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A city that could lead: its score, and each part with its weight in words."""

    city: Link
    score: float
    parts: tuple[tuple[str, float | None], ...]
    evidence: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Proposal:
    """Demands that would fit together.

    Attributes:
        demands: Each with its city, and its volume and budget in words.
    """

    key: str
    cities: tuple[Link, ...]
    themes: tuple[Link, ...]
    colour: str
    demands: tuple[tuple[Card, str, str], ...]
    alike: float
    reasons: tuple[Said, ...]
    period: tuple[str, str]
    volumes: tuple[str, ...]
    budgets: tuple[str, ...]
    unknown: int
    leads: tuple[Candidate, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A bundle that is there."""

    card: Card
    href: str
    members: tuple[Link, ...]
    invited: tuple[Link, ...]
    lead: Link | None
    volume: str
    budget: str


async def show(desk: Desk) -> Response:
    """Show bundles and proposals of the address; `format=csv` is the proposals as a file."""
    return await _page(desk, {})


async def take(desk: Desk, given: Given) -> Response:
    """Propose a bundle: its cities are invited, and decide for themselves."""
    node = desk.visit.site.node
    try:
        proposal = combine(desk.collective, node.annotations, given.several("demand"))
        bundle_id = new_bundle(proposal, today=desk.today).id
        await propose(node.store, desk.writer(), proposal, now=desk.visit.now)
    except EntityAlreadyExists:
        pass
    except REFUSALS as error:
        return await _page(desk, refusal(desk, error, "DemandBundle", {"demands": "fitting"}))
    return RedirectResponse(desk.at(path_of("bundle", bundle_id)), 303)


def candidates_of(desk: Desk, leads: Sequence[LeadCandidate]) -> tuple[Candidate, ...]:
    """Make those who could lead ready to be read, the best first."""
    return tuple(
        Candidate(
            desk.link(one.city),
            one.score,
            tuple((desk.text(LEAD_TEXTS[name]).text, value) for name, value in one.parts.items()),
            tuple(desk.link(id_) for id_ in one.evidence),
        )
        for one in leads
    )


async def _page(desk: Desk, errors: Mapping[str, str]) -> Response:
    given = {name: desk.asked(name) for name in ("theme", "city", "status")}
    demand_id = desk.asked("demand")
    held = desk.collective.find(demand_id) if demand_id else None
    subject = desk.collective.get(demand_id, Demand) if held else None
    found = propose_bundles(
        desk.collective,
        desk.visit.site.node.annotations,
        today=desk.today,
        theme=given["theme"] or None,
        city=given["city"] or None,
        limit=_MOST,
    )
    if demand_id:
        found = [one for one in found if any(h.record.id == demand_id for h in one.demands)]
    if desk.asked("format") == "csv":
        return csv_file("bundles", _COLUMNS, _cells(desk, found))
    bundles = [] if demand_id and subject is None else _bundles(desk, given, demand_id)
    return desk.page(
        "bundles.html",
        menu="bundles",
        status=422 if errors else 404 if demand_id and subject is None else 200,
        errors=Filled(errors),
        chosen=given,
        subject=desk.card(subject) if subject else None,
        missing=bool(demand_id) and subject is None,
        demand=demand_id,
        statuses=desk.options("status", BUNDLE_STATUSES),
        bundles=bundles,
        proposals=[_proposal(desk, one) for one in found],
        fitting=await _fitting(desk, subject) if subject else [],
        downloads=[
            ("CSV", desk.at("/bundles", **given, demand=demand_id, format="csv")),
            (
                "JSON",
                api_address("bundles/proposals", theme=given["theme"], city=given["city"]),
            ),
            (desk.code("file", "bundles"), api_address("records.csv", type="DemandBundle")),
        ],
    )


def _bundles(desk: Desk, given: Mapping[str, str], demand: str) -> list[_Bundle]:
    found = [held for held in desk.collective.of(DemandBundle) if _is_wanted(held, given, demand)]
    order = {status: place for place, status in enumerate(BUNDLE_STATUSES)}
    found.sort(key=lambda held: (order[held.record.status], held.record.id))
    return [_bundle(desk, held) for held in found]


def _is_wanted(held: Held[DemandBundle], given: Mapping[str, str], demand: str) -> bool:
    one = held.record
    cities = {held.city, *(membership.city for membership in one.memberships)}
    return (
        (not demand or demand in one.demands)
        and (not given["theme"] or given["theme"] in one.themes)
        and (not given["city"] or given["city"] in cities)
        and (not given["status"] or given["status"] == one.status)
    )


def _bundle(desk: Desk, held: Held[DemandBundle]) -> _Bundle:
    one = held.record
    asked = [membership.city for membership in one.memberships if membership.decision == "invited"]
    return _Bundle(
        card=desk.card(held),
        href=desk.at(path_of("bundle", one.id)),
        members=tuple(desk.link(city) for city in one.members),
        invited=tuple(desk.link(city) for city in asked),
        lead=desk.link(one.lead) if one.lead else None,
        volume=desk.quantity(one.volume) if one.volume else "",
        budget=desk.money(one.budget) if one.budget else "",
    )


def _proposal(desk: Desk, one: BundleProposal) -> _Proposal:
    return _Proposal(
        key=one.key,
        cities=tuple(desk.link(city) for city in one.cities),
        themes=tuple(desk.link(theme) for theme in one.themes),
        colour=desk.colour(one.demands[0].record),
        demands=tuple(_demand(desk, held) for held in one.demands),
        alike=one.alike,
        # Amounts and days stand beside it, written as the reader's language does.
        reasons=tuple(
            desk.text(reason.text())
            for reason in one.reasons
            if reason.code not in ("period", "volume", "budget")
        ),
        period=(
            desk.day(one.starts) if one.starts else "",
            desk.day(one.ends) if one.ends else "",
        ),
        volumes=tuple(desk.quantity(volume) for volume in one.volumes),
        budgets=tuple(desk.money(budget) for budget in one.budgets),
        unknown=len(one.unknown_volume),
        leads=candidates_of(desk, one.leads),
        ids=tuple(held.record.id for held in one.demands),
    )


def _demand(desk: Desk, held: Held[Demand]) -> tuple[Card, str, str]:
    one = held.record
    return (
        desk.card(held),
        desk.quantity(one.volume) if one.volume else "",
        desk.money(one.budget) if one.budget else "",
    )


async def _fitting(desk: Desk, subject: Held[Demand]) -> list[tuple[Card, float, bool]]:
    """Rank demands of other cities that are most like one: each with whether one tender can do."""
    option = Option(weights=KINDS["demand-demand"], must=frozenset(), top=_FITTING)
    ranking = await desk.visit.site.node.matchmaker.ranking(
        "demand-demand", subject.record.id, option, now=desk.visit.now
    )
    found = []
    for scored in ranking.matches:
        name = scored.other if scored.one == subject.record.id else scored.one
        held = desk.collective.get(name, Demand)
        if held.city != subject.city:
            found.append((desk.card(held), scored.score, compatible(subject, held)))
    return found


def _cells(desk: Desk, found: Sequence[BundleProposal]) -> Iterator[tuple[str | float | None, ...]]:
    for one in found:
        yield (
            " ".join(held.record.id for held in one.demands),
            ", ".join(desk.name(city) for city in one.cities),
            one.alike,
            one.starts.isoformat() if one.starts else None,
            one.ends.isoformat() if one.ends else None,
            "; ".join(f"{volume.value:g} {volume.unit}" for volume in one.volumes),
            "; ".join(f"{budget.amount:f} {budget.currency}" for budget in one.budgets),
            one.leads[0].city if one.leads else None,
            " ".join(desk.text(reason.text()).text for reason in one.reasons),
        )
