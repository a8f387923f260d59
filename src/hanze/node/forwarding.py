"""Subscriptions over nodes, put together: copies at Context Sources, and what these notify."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from hanze.broker.asking import Askers
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.subscriptions.assembly import Assembly
from hanze.broker.distribution.subscriptions.copies import Copies
from hanze.broker.distribution.subscriptions.errand import Errand
from hanze.broker.distribution.subscriptions.intake import Intake
from hanze.broker.distribution.subscriptions.plan import Plan
from hanze.broker.notification import SubscriptionIndex
from hanze.broker.registry import Change, Registry
from hanze.broker.subscription import Subscriptions
from hanze.store.store import Store

__all__ = ["Forwarding", "callback_base", "open_forwarding"]


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What subscriptions need that reach over nodes.

    Attributes:
        plan: Which copies there should be.
        copies: Which there are; sees to it that they are as they should be.
        intake: Takes in what Context Sources notify.
        assembly: Makes whole entities of parts.
    """

    plan: Plan
    copies: Copies
    intake: Intake
    assembly: Assembly


def open_forwarding(
    store: Store,
    subscriptions: Subscriptions,
    index: SubscriptionIndex,
    distributor: Distributor,
    askers: Askers,
    *,
    callback: Callable[[str], str | None],
    clock: Callable[[], str],
) -> Forwarding:
    """Put the parts together, and have them hear of what changes.

    Args:
        store: Keeps what must not be lost.
        subscriptions: Tells of its changes.
        index: Knows the subscriptions.
        distributor: The way to the sources; its registry tells of its changes.
        askers: Makes callers of those who subscribed.
        callback: Under which address a source reaches this node (`callback_base`).
        clock: Answers now as DateTime text.
    """
    registry = distributor.registry
    split = distributor.limits.split_entities
    plan = Plan(registry, clock, askers.caller, split_entities=split)
    copies = Copies(store, index, plan, Errand(distributor, plan, callback), clock)
    index.splits = plan.splits
    subscriptions.reaches = plan.reaches
    tenants = store.tenants()
    known = {tenant for tenant in tenants if not registry.is_empty(tenant)}
    for tenant in known:
        index.reconsider(tenant)
    copies.load(tenants)
    subscriptions.listeners.append(copies.subscription_changed)
    registry.listeners.append(copies.registration_changed)
    registry.listeners.append(_Reconsidering(registry, index, known).hear)
    return Forwarding(
        plan=plan,
        copies=copies,
        intake=Intake(store, copies, alias=distributor.alias, clock=clock),
        assembly=Assembly(store, registry, distributor, plan, clock),
    )


class _Reconsidering:
    """Looks at subscriptions anew when a tenant's first registration comes, or its last one goes."""

    def __init__(self, registry: Registry, index: SubscriptionIndex, known: set[str]) -> None:
        self._registry = registry
        self._index = index
        self._known = known

    def hear(self, change: Change) -> None:
        one = change.after or change.before
        if one is None:
            return
        tenant = one.registered_in
        empty = self._registry.is_empty(tenant)
        if empty is (tenant in self._known):
            self._known.symmetric_difference_update((tenant,))
            self._index.reconsider(tenant)


def callback_base(configured: str, listening: str, endpoint: str) -> str | None:
    """Say under which address a Context Source reaches this node.

    Args:
        configured: What the operator set; "" where nothing is.
        listening: The address that the node listens on.
        endpoint: Of the source.

    Returns:
        `None` where that is not known: the node listens on all addresses, or on one that leads
        elsewhere from where the source is.
    """
    if configured:
        return configured
    host = urlsplit(listening).hostname or ""
    if not host or _is_unspecified(host):
        return None
    if _is_loopback(host) and not _is_loopback(urlsplit(endpoint).hostname or ""):
        return None
    return listening


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
