"""The Snapshots of a node, put together."""

from functools import partial
from typing import Final

from hanze.broker.asking import Askers
from hanze.broker.hidden import is_hidden
from hanze.broker.snapshot.collecting import Collector
from hanze.broker.snapshot.held import HeldSnapshots
from hanze.broker.snapshot.places import Places
from hanze.broker.snapshot.ports import SnapshotLimits
from hanze.broker.snapshot.preparing import Preparation
from hanze.broker.snapshot.service import Snapshots
from hanze.broker.snapshot.work import SnapshotWork
from hanze.broker.subscription import Subscriptions
from hanze.node.clock import utc_now
from hanze.node.distribution import Distribution
from hanze.settings import Settings
from hanze.store.store import Store

__all__ = ["open_snapshots"]

_HOUR_S: Final = 3600.0


def open_snapshots(
    settings: Settings,
    store: Store,
    distribution: Distribution,
    subscriptions: Subscriptions,
    askers: Askers,
) -> tuple[Snapshots, SnapshotWork]:
    """Give Snapshots to clients, and what prepares them to the worker."""
    given = settings.snapshots
    limits = SnapshotLimits(
        max_snapshots=given.max_snapshots,
        max_entities=given.max_entities,
        max_mb=given.max_mb,
        max_instances=given.max_instances,
        lifetime_s=given.lifetime_hours * _HOUR_S,
        max_lifetime_s=given.max_lifetime_hours * _HOUR_S,
    )
    collector = Collector(
        store,
        distribution.reading,
        distribution.entity_maps,
        limits,
        most_instances=settings.history.max_instances,
    )
    held = HeldSnapshots(store, Places(store, subscriptions))
    work = SnapshotWork(store, held, Preparation(store, collector), utc_now, askers)
    store.gate.home_of = partial(_home_of, held)
    return Snapshots(store, held, limits), work


def _home_of(held: HeldSnapshots, tenant: str) -> str:
    """Say from which tenant the data in a place is; other tenants are their own."""
    snapshot = held.at(tenant) if is_hidden(tenant) else None
    return tenant if snapshot is None else snapshot.tenant
