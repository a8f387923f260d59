"""Bundles of demands as JSON: proposals, memberships, the lead, the tender, and the checklist."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.bundles import (
    choose_lead,
    decide,
    move_tender,
    propose,
    start_tender,
)
from hanze.collaboration.bundling import BundleProposal, Reason, combine, propose_bundles
from hanze.collaboration.collective import Collective
from hanze.collaboration.lead_choice import LeadCandidate
from hanze.collaboration.procurement import checklist
from hanze.collaboration.records.needs import (
    MEMBERSHIP_DECISIONS,
    PROCUREMENT_METHODS,
    TENDER_STATUSES,
    DemandBundle,
    Membership,
    Tender,
)
from hanze.collaboration.records.record import Money, Quantity
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]

_Short = Annotated[str, Meta(max_length=2_000)]


class ChoiceOfProposals(Taken, frozen=True):
    """Which proposals."""

    theme: str | None = None
    city: str | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ReasonForBundle(Answer, frozen=True):
    """Why demands fit together, by language, and what it rests on."""

    code: str
    text: Mapping[str, str]
    evidence: Sequence[str] = ()


class CandidateForLead(Answer, frozen=True):
    """A city that could lead, with the parts of its score; a part that is unknown is left out."""

    city: Named
    score: float
    parts: Mapping[str, float]
    evidence: Sequence[str] = ()


class ProposedBundle(Answer, frozen=True):
    """Demands that could be put out together."""

    key: str
    demands: Sequence[Told]
    cities: Sequence[Named]
    alike: float
    countries: Sequence[str] = ()
    themes: Sequence[str] = ()
    starts: date | None = None
    ends: date | None = None
    standards: Sequence[str] = ()
    volumes: Sequence[Quantity] = ()
    budgets: Sequence[Money] = ()
    unknown_volume: Sequence[str] = ()
    leads: Sequence[CandidateForLead] = ()
    reasons: Sequence[ReasonForBundle] = ()


class ProposedBundles(Answer, frozen=True):
    """Proposals, those of most cities first."""

    proposals: Sequence[ProposedBundle]
    freshness: list[Freshness] = []


class AskedBundle(Taken, frozen=True):
    """The demands to bundle, of two or more cities."""

    demands: Annotated[Sequence[Id], Meta(min_length=2, max_length=100)]


class AskedMembership(Taken, frozen=True):
    """What a city decides about a bundle; others can only invite it."""

    city: Id
    decision: Literal[MEMBERSHIP_DECISIONS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
    volume: Quantity | None = None
    note: _Short = ""


class AskedLead(Taken, frozen=True):
    """The member that leads."""

    city: Id


_Method = Literal[PROCUREMENT_METHODS]  # type: ignore[valid-type]  # likewise
_Status = Literal[TENDER_STATUSES]  # type: ignore[valid-type]  # likewise


class AskedTender(Taken, frozen=True):
    """A tender in the words of the Open Contracting Data Standard."""

    ocid: _Short | None = None
    status: _Status = "planning"
    procurement_method: _Method | None = None
    main_procurement_category: Literal["goods", "works", "services"] | None = None
    value: Money | None = None
    starts: date | None = None
    ends: date | None = None
    url: _Short | None = None


class AskedTenderStatus(Taken, frozen=True):
    """The status to which the tender goes; bundle and demands follow."""

    status: _Status


class MembershipOfBundle(Answer, frozen=True):
    """A city's latest decision."""

    city: Named
    decision: str
    on: date
    volume: Quantity | None = None
    note: str = ""


class BundleState(Answer, frozen=True):
    """A bundle as it is."""

    id: str
    status: str
    memberships: Sequence[MembershipOfBundle]
    members: Sequence[str] = ()
    lead: str | None = None
    volume: Quantity | None = None
    budget: Money | None = None
    tender: Tender | None = None


class ItemOfChecklist(Answer, frozen=True):
    """One item; `state` is met, not-met or unknown."""

    code: str
    state: str
    title: Mapping[str, str]
    todo: Mapping[str, str]
    source: str
    evidence: Sequence[str] = ()


class Checklist(Answer, frozen=True):
    """Is it smart-city compliant?"""

    items: Sequence[ItemOfChecklist]


async def list_proposals(ask: Ask) -> ProposedBundles:
    """Propose bundles of open demands of two or more cities that fit together."""
    choice = ask.parameters(ChoiceOfProposals)
    collective = await ask.node.collective.refresh(ask.now)
    # Thousands of demands take seconds: others get their turn meanwhile.
    found = await asyncio.to_thread(
        propose_bundles,
        collective,
        ask.node.annotations,
        today=ask.today,
        theme=choice.theme,
        city=choice.city,
        limit=choice.limit,
    )
    return ProposedBundles(
        proposals=[_proposal(one, collective) for one in found],
        freshness=freshness_of(collective, ask.now),
    )


async def make(ask: Ask) -> BundleState:
    """Propose a bundle of demands to their cities: they are invited, and decide for themselves."""
    asked = await ask.body(AskedBundle)
    collective = await ask.node.collective.refresh(ask.now)
    proposal = combine(collective, ask.node.annotations, asked.demands)
    made = await propose(ask.node.store, ask.caller, proposal, now=ask.now)
    return _state(made, collective)


async def show(ask: Ask) -> BundleState:
    """Show a bundle: who decided what, who leads, and its tender."""
    collective = await ask.node.collective.refresh(ask.now)
    return _state(collective.get(ask.path("id"), DemandBundle).record, collective)


async def put_membership(ask: Ask) -> BundleState:
    """Record what a city decides: join, decline or leave; or invite it."""
    asked = await ask.body(AskedMembership)
    membership = Membership(
        city=asked.city,
        decision=asked.decision,
        on=ask.today,
        volume=asked.volume,
        note=asked.note,
    )
    collective = await ask.node.collective.refresh(ask.now)
    changed = await decide(
        ask.node.store, ask.caller, collective, ask.path("id"), membership, now=ask.now
    )
    return _state(changed, collective)


async def put_lead(ask: Ask) -> BundleState:
    """Choose which member leads."""
    asked = await ask.body(AskedLead)
    collective = await ask.node.collective.refresh(ask.now)
    changed = await choose_lead(
        ask.node.store, ask.caller, collective, ask.path("id"), asked.city, now=ask.now
    )
    return _state(changed, collective)


async def put_tender(ask: Ask) -> BundleState:
    """Put a bundle out to tender; its members are fixed from here on."""
    asked = await ask.body(AskedTender)
    tender = Tender(**{name: getattr(asked, name) for name in asked.__struct_fields__})
    collective = await ask.node.collective.refresh(ask.now)
    changed = await start_tender(
        ask.node.store, ask.caller, collective, ask.path("id"), tender, now=ask.now
    )
    return _state(changed, collective)


async def put_tender_status(ask: Ask) -> BundleState:
    """Take the tender of a bundle to another status."""
    asked = await ask.body(AskedTenderStatus)
    collective = await ask.node.collective.refresh(ask.now)
    changed = await move_tender(
        ask.node.store, ask.caller, collective, ask.path("id"), asked.status, now=ask.now
    )
    return _state(changed, collective)


async def check(ask: Ask) -> Checklist:
    """Check whether a demand or bundle is smart-city compliant before it is put out to tender."""
    collective = await ask.node.collective.refresh(ask.now)
    return Checklist(
        items=[
            ItemOfChecklist(
                code=one.code,
                state=one.state.value,
                title=one.title,
                todo=one.todo,
                source=one.source,
                evidence=one.evidence,
            )
            for one in checklist(collective, ask.path("id"))
        ]
    )


def _proposal(one: BundleProposal, collective: Collective) -> ProposedBundle:
    return ProposedBundle(
        key=one.key,
        demands=[told(held, collective) for held in one.demands],
        cities=[named(city, collective) for city in one.cities],
        alike=one.alike,
        countries=one.countries,
        themes=one.themes,
        starts=one.starts,
        ends=one.ends,
        standards=one.standards,
        volumes=one.volumes,
        budgets=one.budgets,
        unknown_volume=one.unknown_volume,
        leads=[_lead(lead, collective) for lead in one.leads],
        reasons=[_reason(reason) for reason in one.reasons],
    )


def _reason(reason: Reason) -> ReasonForBundle:
    return ReasonForBundle(code=reason.code, text=reason.text(), evidence=reason.evidence)


def _lead(lead: LeadCandidate, collective: Collective) -> CandidateForLead:
    return CandidateForLead(
        city=named(lead.city, collective),
        score=lead.score,
        parts={name: value for name, value in lead.parts.items() if value is not None},
        evidence=lead.evidence,
    )


def _state(bundle: DemandBundle, collective: Collective) -> BundleState:
    return BundleState(
        id=bundle.id,
        status=bundle.status,
        memberships=[
            MembershipOfBundle(
                city=named(one.city, collective),
                decision=one.decision,
                on=one.on,
                volume=one.volume,
                note=one.note,
            )
            for one in bundle.memberships
        ],
        members=bundle.members,
        lead=bundle.lead,
        volume=bundle.volume,
        budget=bundle.budget,
        tender=bundle.tender,
    )


def _write(
    path: str, handler: Callable[[Ask], Awaitable[BundleState]], body: type[Taken]
) -> ApiRoute:
    return ApiRoute("POST", "/bundles" + path, handler, BundleState, body=body, writes=True)


ROUTES = (
    ApiRoute("GET", "/bundles/proposals", list_proposals, ProposedBundles, ChoiceOfProposals),
    ApiRoute("POST", "/bundles", make, BundleState, body=AskedBundle, writes=True, status=201),
    ApiRoute("GET", "/bundles/{id:path}/checklist", check, Checklist),
    ApiRoute("GET", "/demands/{id:path}/checklist", check, Checklist),
    ApiRoute("GET", "/bundles/{id:path}", show, BundleState),
    _write("/{id:path}/memberships", put_membership, AskedMembership),
    _write("/{id:path}/lead", put_lead, AskedLead),
    _write("/{id:path}/tender", put_tender, AskedTender),
    _write("/{id:path}/tender/status", put_tender_status, AskedTenderStatus),
)
