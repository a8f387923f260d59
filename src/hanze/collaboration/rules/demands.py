"""The life of a demand, from draft to fulfilled."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.needs import Demand, DemandBundle, Tender
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["COMMITTED", "keep_bundle", "keep_demand_status", "keep_tender", "tender_faults"]

#: From a status to those that may follow.
_FOLLOWING: Final[Mapping[str, frozenset[str]]] = {
    "draft": frozenset({"open", "withdrawn"}),
    "open": frozenset({"draft", "bundled", "tendering", "awarded", "fulfilled", "withdrawn"}),
    "bundled": frozenset({"open", "tendering", "withdrawn"}),
    "tendering": frozenset({"open", "bundled", "awarded", "withdrawn"}),
    "awarded": frozenset({"open", "fulfilled", "withdrawn"}),
    "fulfilled": frozenset(),
    "withdrawn": frozenset({"draft", "open"}),
}
#: Code list `tenderStatus` of OCDS: what may follow what.
_TENDER_FOLLOWING: Final[Mapping[str, frozenset[str]]] = {
    "planning": frozenset({"planned", "active", "cancelled", "withdrawn"}),
    "planned": frozenset({"active", "cancelled", "withdrawn"}),
    "active": frozenset({"complete", "cancelled", "unsuccessful", "withdrawn"}),
    "cancelled": frozenset({"planning"}),
    "unsuccessful": frozenset({"planning"}),
    "withdrawn": frozenset({"planning"}),
    "complete": frozenset(),
}
#: Statuses of a bundle in which its cities are bound to it.
COMMITTED: Final = frozenset({"tendering", "awarded"})


def keep_demand_status(step: Step[Demand]) -> None:
    """Let a demand go only to statuses that follow its own; bundled ones name their bundle.

    Raises:
        RuleBroken: Names the status.
    """
    demand, before = step.after, step.before
    if demand is None:
        return
    if before is not None and before.status != demand.status:
        following = _FOLLOWING[before.status]
        if demand.status not in following:
            may = ", ".join(sorted(following)) or "nothing: a new demand is its own record"
            raise RuleBroken(
                f"Demand {demand.id} is {before.status}; what may follow is {may}",
                field="status",
                value=demand.status,
            )
    if demand.status == "bundled" and demand.bundle is None:
        raise RuleBroken(
            f"Demand {demand.id} is bundled only where bundle names the DemandBundle",
            field="bundle",
        )


def keep_bundle(step: Step[Demand]) -> None:
    """Keep a demand in its bundle while that is put out to tender.

    Raises:
        RuleBroken: The demand would go, leave, or offer itself elsewhere.
    """
    demand, before = step.after, step.before
    if before is None or before.bundle is None:
        return
    leaves = demand is None or demand.bundle != before.bundle
    reopens = (
        demand is not None
        and demand.status != before.status
        and demand.status in {"draft", "open", "withdrawn"}
    )
    changes = demand is not None and demand.volume != before.volume
    if not (leaves or reopens or changes):
        return
    bundle = find_elsewhere(step, before.bundle)
    if isinstance(bundle, DemandBundle) and bundle.status in COMMITTED:
        raise RuleBroken(
            f"Demand {before.id} is part of {bundle.id}, which is {bundle.status}: others count on "
            "it. The lead of the bundle can cancel its tender first",
            field="bundle" if leaves else ("status" if reopens else "volume"),
            value=bundle.status,
        )


def keep_tender(step: Step[Demand] | Step[DemandBundle]) -> None:
    """Let a tender go only to statuses that follow its own.

    Raises:
        RuleBroken: Names the status.
    """
    if step.after is None or step.before is None:
        return
    fault = tender_faults(step.before.tender, step.after.tender)
    if fault is not None:
        raise RuleBroken(fault, field="tender.status")


def tender_faults(before: Tender | None, after: Tender | None) -> str | None:
    """Say why a tender cannot become another; `None` where it can."""
    if before is None:
        return None
    if after is None:
        if before.status in {"active", "complete"}:
            return f"A tender that is {before.status} cannot be taken away; it can be cancelled"
        return None
    following = _TENDER_FOLLOWING.get(before.status)
    if following is None or after.status == before.status or after.status in following:
        return None
    may = ", ".join(sorted(following)) or "nothing"
    return f"The tender is {before.status}; what may follow is {may}, not {after.status}"
