"""Which places of the store Snapshots have, and which are free (`docs/decisions/`).

Names of tenants are never forgotten by the store. So places are numbered, and used again once they
are empty.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from hanze.broker.hidden import place_of, slot_of
from hanze.broker.snapshot.contents import empty
from hanze.broker.snapshot.ports import SnapshotStore
from hanze.broker.subscription import SubscriptionNotFound, Subscriptions
from hanze.identity.caller import Caller

__all__ = ["Places"]

_PAGE: Final = 500


class Places:
    """The places of a node.

    Args:
        store: They are tenants of it, that no client can name.
        subscriptions: What was subscribed to in a place goes with it.
    """

    def __init__(self, store: SnapshotStore, subscriptions: Subscriptions) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._taken: set[int] = set()
        #: Nobody has them, and something may be left in them.
        self._dirty: set[int] = set()

    def load(self, taken: Iterable[int]) -> None:
        """Begin with the places that Snapshots have; what is in others is left over."""
        self._taken = set(taken)
        known = (slot_of(tenant) for tenant in self._store.hidden_tenants())
        self._dirty = {slot for slot in known if slot is not None} - self._taken

    @property
    def has_dirty(self) -> bool:
        """Whether there is something to clean."""
        return bool(self._dirty)

    def take(self) -> int:
        """Take the first place that is free."""
        slot = 0
        while slot in self._taken or slot in self._dirty:
            slot += 1
        self._taken.add(slot)
        return slot

    def give_back(self, slot: int) -> None:
        """Let go of a place that was not used."""
        self._taken.discard(slot)

    def soil(self, slot: int) -> None:
        """Let go of a place with what is in it."""
        self._taken.discard(slot)
        self._dirty.add(slot)

    async def clean(self) -> None:
        """Empty the places that nobody has."""
        for slot in sorted(self._dirty):
            place = place_of(slot)
            if self._store.tenant_exists(place):
                await self._unsubscribe(place)
                await empty(self._store, place)
            self._dirty.discard(slot)

    async def _unsubscribe(self, place: str) -> None:
        caller = Caller(actor="snapshot", roles=frozenset({"reader", "writer"}), tenant=place)
        while page := self._subscriptions.query(caller, limit=_PAGE, offset=0).subscriptions:
            for subscription, _ in page:
                with suppress(SubscriptionNotFound):
                    await self._subscriptions.delete(caller, subscription.id)
