"""Bundles of demands: of two or more cities, each of which decides for itself."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.needs import Demand, DemandBundle, Membership
from hanze.collaboration.rules.demands import COMMITTED
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.step import RuleBroken, Step
from hanze.errors import Denied

__all__ = [
    "NotYourDecision",
    "joined",
    "keep_bundle_status",
    "keep_commitment",
    "keep_demands",
    "keep_lead",
    "keep_members_matters",
    "keep_own_decisions",
]

#: From a status to those that may follow.
_FOLLOWING: Final[Mapping[str, frozenset[str]]] = {
    "proposed": frozenset({"forming", "dissolved"}),
    "forming": frozenset({"proposed", "tendering", "dissolved"}),
    "tendering": frozenset({"forming", "awarded", "closed"}),
    "awarded": frozenset({"closed"}),
    "closed": frozenset(),
    "dissolved": frozenset(),
}
#: Statuses of a tender after which the cities are free again.
_ENDED: Final = frozenset({"cancelled", "unsuccessful", "withdrawn"})


class NotYourDecision(Denied):
    """A city decides for itself whether it joins, stays or leaves.

    Args:
        detail: Whose decision it is.
        city: Id of that city.
    """

    def __init__(self, detail: str, city: str) -> None:
        super().__init__(detail)
        self.field = "memberships"
        self.value = city[:100]


def joined(bundle: DemandBundle) -> tuple[str, ...]:
    """List the cities whose latest decision is to join, in the order of the memberships."""
    return tuple(one.city for one in bundle.memberships if one.decision == "joined")


def keep_demands(step: Step[DemandBundle]) -> None:
    """Ask for two or more demands of two or more cities.

    Demands that another node holds count as of a city of their own: their city cannot be seen here.

    Raises:
        InvalidRecord: There are too few, or those that are known are all of one city.
    """
    bundle = step.after
    if bundle is None:
        return
    unchanged = step.before is not None and step.before.demands == bundle.demands
    if unchanged:
        return
    if len(set(bundle.demands)) < 2 or len(set(bundle.demands)) < len(bundle.demands):
        raise InvalidRecord(
            DemandBundle, "must name two or more different demands", field="demands"
        )
    cities: set[str] = set()
    for demand_id in bundle.demands:
        demand = find_elsewhere(step, demand_id)
        known = isinstance(demand, Demand) and demand.source_city is not None
        cities.add(demand.source_city if known else demand_id)  # type: ignore[union-attr, arg-type]  # known says so
    if len(cities) < 2:
        raise InvalidRecord(
            DemandBundle,
            "must be demands of two or more cities",
            field="demands",
            value=next(iter(cities)),
        )


def keep_own_decisions(step: Step[DemandBundle]) -> None:
    """Leave each membership to its city, where the caller speaks for an organisation.

    Others may be invited who have not decided yet. A caller that speaks for none, an operator,
    may record what cities decided.

    Raises:
        NotYourDecision: The change decides for another city.
        InvalidRecord: A city has two memberships.
    """
    after, before = step.after, step.before
    new = {one.city: one for one in after.memberships} if after is not None else {}
    if after is not None and len(new) < len(after.memberships):
        raise InvalidRecord(
            DemandBundle, "must name each city once, with its latest decision", field="memberships"
        )
    own = step.caller.organisation
    if own is None:
        return
    old = {one.city: one for one in before.memberships} if before is not None else {}
    for city in sorted({*old, *new} - {own}):
        was, is_now = old.get(city), new.get(city)
        invited = was is None and is_now is not None and is_now.decision == "invited"
        if was == is_now or invited or (after is None and _undecided(was)):
            continue
        raise NotYourDecision(
            f"Whether {city} takes part is its own decision; {own} can invite it, and decide for "
            "itself",
            city,
        )


def keep_members_matters(step: Step[DemandBundle]) -> None:
    """Leave lead, status and tender to the members, and a demand to its city once that joined.

    Asked of callers that speak for an organisation.

    Raises:
        NotYourDecision: The caller is no member, or takes another member's demand out.
    """
    own, before, after = step.caller.organisation, step.before, step.after
    if own is None or before is None or after is None:
        return
    changed = [one for one in ("lead", "status", "tender") if _differs(before, after, one)]
    if changed and own not in {*before.members, *after.members}:
        raise NotYourDecision(
            f"{', '.join(changed)} of {before.id} are for its members to decide; {own} is none",
            own,
        )
    for demand_id in sorted(set(before.demands) - set(after.demands)):
        demand = find_elsewhere(step, demand_id)
        city = demand.source_city if demand is not None else None
        if city is not None and city != own and city in before.members:
            raise NotYourDecision(f"{demand_id} is of {city}, which takes part with it", city)


def _differs(before: DemandBundle, after: DemandBundle, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))


def _undecided(membership: Membership | None) -> bool:
    return membership is None or membership.decision == "invited"


def keep_lead(step: Step[DemandBundle]) -> None:
    """Keep the members to those that joined, and the lead to one of them.

    Raises:
        RuleBroken: Names the members as they must be, or the lead.
    """
    bundle = step.after
    if bundle is None:
        return
    there = joined(bundle)
    if set(bundle.members) != set(there) or len(bundle.members) != len(there):
        raise RuleBroken(
            f"members must be the cities whose latest decision is joined: {', '.join(there)}",
            field="members",
            value=", ".join(bundle.members),
        )
    if bundle.lead is not None and bundle.lead not in there:
        raise RuleBroken(
            f"The lead must be a member; {bundle.lead} has not joined {bundle.id}",
            field="lead",
            value=bundle.lead,
        )


def keep_bundle_status(step: Step[DemandBundle]) -> None:
    """Let a bundle go only to statuses that follow its own, with what each of them asks for.

    Raises:
        RuleBroken: Names the status, or what is missing.
    """
    bundle, before = step.after, step.before
    if bundle is None:
        return
    if bundle.status in COMMITTED:
        _check_tender(bundle)
    if before is None or before.status == bundle.status:
        return
    following = _FOLLOWING[before.status]
    if bundle.status not in following:
        may = ", ".join(sorted(following)) or "nothing"
        raise RuleBroken(
            f"Bundle {bundle.id} is {before.status}; what may follow is {may}",
            field="status",
            value=bundle.status,
        )
    ended = bundle.tender is None or bundle.tender.status in _ENDED
    if before.status == "tendering" and bundle.status in {"forming", "closed"} and not ended:
        raise RuleBroken(
            "The tender must be cancelled, unsuccessful or withdrawn before the bundle leaves it",
            field="tender.status",
            value=bundle.tender.status if bundle.tender is not None else None,
        )


def _check_tender(bundle: DemandBundle) -> None:
    lacking = [
        (len(bundle.members) < 2, "members", "two or more members"),
        (bundle.lead is None, "lead", "a lead"),
        (bundle.tender is None, "tender", "its tender in OCDS terms"),
    ]
    for missing, field, what in lacking:
        if missing:
            raise RuleBroken(f"Bundle {bundle.id} needs {what} to be {bundle.status}", field=field)
    status = bundle.tender.status if bundle.tender is not None else None
    if bundle.status == "awarded" and status != "complete":
        raise RuleBroken(
            "A bundle is awarded when its tender is complete", field="tender.status", value=status
        )


def keep_commitment(step: Step[DemandBundle]) -> None:
    """Hold cities to a bundle from its tender on.

    Raises:
        RuleBroken: Says what can be done instead.
    """
    before, after = step.before, step.after
    if before is None or before.status not in COMMITTED:
        return
    if after is None:
        raise RuleBroken(
            f"Bundle {before.id} is {before.status} and cannot be deleted; it can be closed after "
            "its tender is cancelled or complete",
            field="status",
            value=before.status,
        )
    if after.status not in COMMITTED:
        return
    for name, was, is_now in (
        ("memberships", _decisions(before), _decisions(after)),
        ("demands", before.demands, after.demands),
        ("lead", before.lead, after.lead),
    ):
        if was != is_now:
            raise RuleBroken(
                f"Bundle {before.id} is {before.status}: its {name} are fixed. Who wants out asks "
                "the lead to cancel the tender (tender.status cancelled, status forming) and "
                "leaves then",
                field=name,
                value=before.status,
            )


def _decisions(bundle: DemandBundle) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.city, one.decision) for one in bundle.memberships))
