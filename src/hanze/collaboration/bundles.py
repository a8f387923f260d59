"""Bundles of demands at work: cities join and leave, choose a lead, and tender together.

Each service is one unit of work, over the bundle and the demands of its cities, wherever these are
kept; what a city decides is checked by the rules of the type.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store, UnitOfWork
from hanze.collaboration.bundling import BundleProposal, sum_budgets, sum_volumes
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.needs import (
    Demand,
    DemandBundle,
    Membership,
    Tender,
)
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import LANGUAGES, Label, Quantity, text_of
from hanze.collaboration.rules.bundles import joined
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_in, create_in
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller

__all__ = [
    "NotAPlace",
    "choose_lead",
    "decide",
    "decline",
    "invite",
    "join",
    "leave",
    "move_tender",
    "new_bundle",
    "propose",
    "start_tender",
    "with_decision",
]

_TITLES: Final[Label] = {
    "nl": "Samen: {title}",
    "en": "Together: {title}",
    "ko": "공동 수요: {title}",
}
_ENDED: Final = frozenset({"cancelled", "unsuccessful", "withdrawn"})
_BY_TENDER: Final = {"complete": "awarded"} | dict.fromkeys(_ENDED, "forming")
#: Of a bundle → of its members' demands.
_OF_DEMANDS: Final = {"forming": "bundled", "tendering": "tendering", "awarded": "awarded"}


class NotAPlace(InvalidInput):
    """A membership names something that is no city, region or country."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} is no city, region or country", field="city", value=place)


def new_bundle(proposal: BundleProposal, *, today: date) -> DemandBundle:
    """Make the bundle of a proposal: its cities are invited, none has joined."""
    first = proposal.demands[0].record
    volumes, budgets = proposal.volumes, proposal.budgets
    texts = [reason.text() for reason in proposal.reasons]
    return DemandBundle(
        id=f"urn:ngsi-ld:DemandBundle:collective:{proposal.key}",
        title={
            language: _TITLES[language].format(title=text_of(first.title, language))
            for language in LANGUAGES
        },
        themes=proposal.themes,
        demands=tuple(held.record.id for held in proposal.demands),
        memberships=tuple(
            Membership(city=city, decision="invited", on=today) for city in proposal.cities
        ),
        volume=volumes[0] if len(volumes) == 1 else None,
        budget=budgets[0] if len(budgets) == 1 else None,
        wanted_from=proposal.starts,
        wanted_until=proposal.ends,
        standards=proposal.standards,
        reasons={language: " ".join(text[language] for text in texts) for language in LANGUAGES},
        provenance="entered",
    )


async def propose(
    store: Store, caller: Caller, proposal: BundleProposal, *, now: str
) -> DemandBundle:
    """Create the bundle of a proposal, in the caller's tenant.

    Raises:
        EntityAlreadyExists: These demands are proposed as a bundle already.
    """
    bundle = new_bundle(proposal, today=_day(now))
    return await store.transact(lambda uow: create_in(uow, caller, bundle, now=now))


def with_decision(
    bundle: DemandBundle, membership: Membership, demands: Iterable[Demand] = ()
) -> DemandBundle:
    """Record a city's decision: members, status, volume and budget follow from it.

    Args:
        demands: Of the bundle, as far as they are known; those of members count.
    """
    others = tuple(one for one in bundle.memberships if one.city != membership.city)
    changed = replace(bundle, memberships=(*others, membership))
    members = joined(changed)
    status = bundle.status
    if status in {"proposed", "forming"}:
        status = "forming" if members else "proposed"
    told = {one.city: one.volume for one in changed.memberships if one.volume is not None}
    counted = list(demands)
    counting = [one for one in counted if not members or one.source_city in members]
    volumes = sum_volumes([told.get(one.source_city or "", one.volume) for one in counting])
    budgets = sum_budgets([one.budget for one in counting])
    return replace(
        changed,
        members=members,
        lead=bundle.lead if bundle.lead in members else None,
        status=status,
        volume=volumes[0] if len(volumes) == 1 else None,
        budget=budgets[0] if len(budgets) == 1 else None,
    )


async def decide(
    store: Store,
    caller: Caller,
    collective: Collective,
    bundle_id: str,
    membership: Membership,
    *,
    now: str,
) -> DemandBundle:
    """Record a city's decision about a bundle, and say so in its demands.

    Raises:
        RecordNotFound: There is no such bundle.
        NotAPlace: Somebody else than a city, region or country would decide.
        NotYourDecision: The caller speaks for another organisation than that city.
        RuleBroken: The bundle is out to tender, or the city's demand is part of another bundle.
    """
    held = collective.get(bundle_id, DemandBundle)
    place = collective.find(membership.city)
    if place is not None and not isinstance(place.record, Municipality | Region | Country):
        raise NotAPlace(membership.city)
    demands = _demands(collective, held.record)

    def unit(uow: UnitOfWork) -> DemandBundle:
        after = change_in(
            uow,
            caller.in_tenant(held.tenant),
            bundle_id,
            DemandBundle,
            lambda before: with_decision(before, membership, [one.record for one in demands]),
            now=now,
        )
        own = [one for one in demands if one.city == membership.city]
        change = _bundled(bundle_id) if membership.decision == "joined" else _free(bundle_id)
        _change_demands(uow, caller, own, change, now=now)
        return after

    return await store.transact(unit)


async def invite(
    store: Store, caller: Caller, collective: Collective, bundle_id: str, city: str, *, now: str
) -> DemandBundle:
    """Invite a city to a bundle (`decide`)."""
    membership = Membership(city=city, decision="invited", on=_day(now))
    return await decide(store, caller, collective, bundle_id, membership, now=now)


async def join(
    store: Store,
    caller: Caller,
    collective: Collective,
    bundle_id: str,
    city: str,
    *,
    volume: Quantity | None = None,
    note: str = "",
    now: str,
) -> DemandBundle:
    """Let a city join a bundle (`decide`).

    Args:
        volume: That it brings in, where it is another than its demand says.
        note: On which condition.
    """
    membership = Membership(city=city, decision="joined", on=_day(now), volume=volume, note=note)
    return await decide(store, caller, collective, bundle_id, membership, now=now)


async def leave(
    store: Store,
    caller: Caller,
    collective: Collective,
    bundle_id: str,
    city: str,
    *,
    note: str = "",
    now: str,
) -> DemandBundle:
    """Let a city leave a bundle (`decide`); refused once the bundle is out to tender."""
    membership = Membership(city=city, decision="left", on=_day(now), note=note)
    return await decide(store, caller, collective, bundle_id, membership, now=now)


async def decline(
    store: Store,
    caller: Caller,
    collective: Collective,
    bundle_id: str,
    city: str,
    *,
    note: str = "",
    now: str,
) -> DemandBundle:
    """Let a city decline (`decide`)."""
    membership = Membership(city=city, decision="declined", on=_day(now), note=note)
    return await decide(store, caller, collective, bundle_id, membership, now=now)


async def choose_lead(
    store: Store, caller: Caller, collective: Collective, bundle_id: str, city: str, *, now: str
) -> DemandBundle:
    """Make a member the lead of a bundle.

    Raises:
        RecordNotFound: There is no such bundle.
        RuleBroken: The city has not joined.
    """
    held = collective.get(bundle_id, DemandBundle)
    home = caller.in_tenant(held.tenant)
    return await store.transact(
        lambda uow: change_in(
            uow, home, bundle_id, DemandBundle, lambda before: replace(before, lead=city), now=now
        )
    )


async def start_tender(
    store: Store,
    caller: Caller,
    collective: Collective,
    bundle_id: str,
    tender: Tender,
    *,
    now: str,
) -> DemandBundle:
    """Put a bundle out to tender: from here on its members are fixed.

    Raises:
        RecordNotFound: There is no such bundle.
        RuleBroken: It has fewer than two members, or no lead.
        InvalidRecord: A code is not of the Open Contracting Data Standard.
    """

    def change(before: DemandBundle) -> DemandBundle:
        value = tender.value if tender.value is not None else before.budget
        return replace(before, status="tendering", tender=replace(tender, value=value))

    return await _tender(store, caller, collective, bundle_id, change, now=now)


async def move_tender(
    store: Store, caller: Caller, collective: Collective, bundle_id: str, status: str, *, now: str
) -> DemandBundle:
    """Take the tender of a bundle to another status; the bundle and its demands follow.

    Args:
        status: One of `TENDER_STATUSES`: complete awards the bundle; cancelled, unsuccessful and
            withdrawn free its members.

    Raises:
        RecordNotFound: There is no such bundle.
        RuleBroken: The status does not follow, or there is no tender.
    """

    def change(before: DemandBundle) -> DemandBundle:
        tender = before.tender if before.tender is not None else Tender()
        following = _BY_TENDER.get(status, before.status)
        return replace(before, tender=replace(tender, status=status), status=following)

    return await _tender(store, caller, collective, bundle_id, change, now=now)


async def _tender(
    store: Store,
    caller: Caller,
    collective: Collective,
    bundle_id: str,
    change: Callable[[DemandBundle], DemandBundle],
    *,
    now: str,
) -> DemandBundle:
    held = collective.get(bundle_id, DemandBundle)
    demands = _demands(collective, held.record)

    def unit(uow: UnitOfWork) -> DemandBundle:
        home = caller.in_tenant(held.tenant)
        after = change_in(uow, home, bundle_id, DemandBundle, change, now=now)
        of_members = [one for one in demands if one.city in after.members]
        status = _OF_DEMANDS.get(after.status)
        if status is not None:
            _change_demands(
                uow, caller, of_members, lambda one: replace(one, status=status), now=now
            )
        return after

    return await store.transact(unit)


def _demands(collective: Collective, bundle: DemandBundle) -> list[Held[Demand]]:
    """The demands of a bundle that this node holds."""
    found = (collective.find(one) for one in bundle.demands)
    return [
        collective.get(held.record.id, Demand)
        for held in found
        if held is not None and isinstance(held.record, Demand)
    ]


def _bundled(bundle_id: str) -> Callable[[Demand], Demand]:
    def change(demand: Demand) -> Demand:
        # Else its volume would be promised twice.
        if demand.bundle not in {None, bundle_id}:
            raise RuleBroken(
                f"Demand {demand.id} is part of {demand.bundle}; its city leaves that first",
                field="bundle",
                value=demand.bundle,
            )
        return replace(demand, bundle=bundle_id, status="bundled")

    return change


def _free(bundle_id: str) -> Callable[[Demand], Demand]:
    def change(demand: Demand) -> Demand:
        return replace(demand, bundle=None, status="open") if demand.bundle == bundle_id else demand

    return change


def _change_demands(
    uow: UnitOfWork,
    caller: Caller,
    demands: Iterable[Held[Demand]],
    change: Callable[[Demand], Demand],
    *,
    now: str,
) -> None:
    for held in demands:
        # What another node keeps, its city changes there; who takes part, the bundle says.
        if held.home is None:
            home = caller.in_tenant(held.tenant)
            change_in(uow, home, held.record.id, Demand, change, now=now)


def _day(now: str) -> date:
    return date.fromisoformat(now[:10])
