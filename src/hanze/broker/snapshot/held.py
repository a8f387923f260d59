"""The Snapshots that there are: in memory as they are in the registers."""

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import uuid4

from msgspec.structs import replace

from hanze.broker.hidden import slot_of
from hanze.broker.origin import Origin
from hanze.broker.ports import UnitOfWork
from hanze.broker.snapshot.places import Places
from hanze.broker.snapshot.ports import SnapshotStore
from hanze.broker.snapshot.preparing import SnapshotGone
from hanze.broker.snapshot.records import (
    Notice,
    delete_snapshot,
    put_notice,
    put_snapshot,
    slot_in_use,
    stored_snapshots,
)
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.snapshot.model import Snapshot, Status
from hanze.ngsild.snapshot.render import notification_of

__all__ = ["HeldSnapshots", "has_expired", "notice_of"]

_NOTICE_ID: Final = "urn:ngsi-ld:Notification:"

#: Names a Snapshot: its tenant, and its id.
_Key = tuple[str, str]


class HeldSnapshots:
    """All Snapshots of a node.

    Args:
        store: Keeps them in its registers.
        places: Which they have.

    Attributes:
        changing: Held by whoever changes any.
        changed: Set when there is something to do in the background.
        origins: The requests that Snapshots came with, until they are prepared: what sources are
            shown is not written down.
    """

    def __init__(self, store: SnapshotStore, places: Places) -> None:
        self._store = store
        self.places = places
        self._known = {_key(one): one for one in stored_snapshots(store.registers)}
        self._by_slot = {one.slot: one for one in self._known.values()}
        places.load(self._by_slot)
        self.origins: dict[_Key, Origin] = {}
        self._used: dict[_Key, str] = {}
        self.changing = asyncio.Lock()
        self.changed = asyncio.Event()
        if self._known or places.has_dirty:
            self.changed.set()

    def __len__(self) -> int:
        return len(self._known)

    def all(self) -> list[Snapshot]:
        """Give all, in the order of their creation, those that have expired too."""
        return [self._current(one) for one in self._known.values()]

    def find(self, tenant: str, snapshot_id: str, now: str) -> Snapshot | None:
        """Return a Snapshot that has not expired."""
        found = self._known.get((tenant, snapshot_id))
        if found is None or has_expired(found, parse_datetime(now)):
            return None
        return self._current(found)

    def present(self, snapshot: Snapshot) -> Snapshot:
        """Return what has become of a Snapshot.

        Raises:
            SnapshotGone: It was deleted, even if there is another one with its id.
        """
        found = self._known.get(_key(snapshot))
        if found is None or found.slot != snapshot.slot:
            raise SnapshotGone(snapshot.id)
        return found

    def at(self, place: str) -> Snapshot | None:
        """Return the Snapshot that has a place; `None` for other tenants, and free places."""
        slot = slot_of(place)
        return None if slot is None else self._by_slot.get(slot)

    def use(self, snapshot: Snapshot, now: str) -> None:
        """Note that a Snapshot is used."""
        self._used[_key(snapshot)] = now

    async def write_use(self) -> None:
        """Write down when Snapshots were used last."""
        used, self._used = self._used, {}
        noted = [
            replace(self._known[key], last_used_at=at)
            for key, at in used.items()
            if key in self._known
        ]
        if not noted:
            return

        def unit(uow: UnitOfWork) -> None:
            for one in noted:
                put_snapshot(uow.registers, one)

        await self._store.transact(unit)
        for one in noted:
            self.note(one)

    async def write(self, snapshot: Snapshot, notice: Notice | None) -> None:
        """Write a Snapshot that is there already, and what is to be told of it.

        Raises:
            SnapshotGone: It is not.
        """

        def unit(uow: UnitOfWork) -> None:
            if slot_in_use(uow.registers, snapshot.tenant, snapshot.id) != snapshot.slot:
                raise SnapshotGone(snapshot.id)
            put_snapshot(uow.registers, snapshot)
            if notice is not None:
                put_notice(uow.registers, notice)

        await self._store.transact(unit)
        self.note(snapshot)
        self.changed.set()

    def note(self, snapshot: Snapshot) -> None:
        """Have a Snapshot as it was written."""
        self._known[_key(snapshot)] = snapshot
        self._by_slot[snapshot.slot] = snapshot

    async def remove(self, gone: Iterable[Snapshot], now: str) -> None:
        """Delete Snapshots; their places are emptied in the background."""
        ended = list(gone)

        def unit(uow: UnitOfWork) -> None:
            for one in ended:
                delete_snapshot(uow.registers, one.tenant, one.id)
                notice = notice_of(_ended(one, now), now, deleted=True)
                if notice is not None:
                    put_notice(uow.registers, notice)

        await self._store.transact(unit)
        for one in ended:
            key = _key(one)
            del self._known[key], self._by_slot[one.slot]
            self.origins.pop(key, None)
            self._used.pop(key, None)
            self.places.soil(one.slot)
        self.changed.set()

    def _current(self, snapshot: Snapshot) -> Snapshot:
        """Add when it was used last."""
        used = self._used.get(_key(snapshot))
        return snapshot if used is None else replace(snapshot, last_used_at=used)


def _key(snapshot: Snapshot) -> _Key:
    return snapshot.tenant, snapshot.id


def has_expired(snapshot: Snapshot, moment: int) -> bool:
    """Tell whether the time of a Snapshot is over.

    Args:
        moment: Microseconds since 1970.
    """
    return parse_datetime(snapshot.expires_at) <= moment


def _ended(snapshot: Snapshot, now: str) -> Snapshot:
    """Say that the time of a Snapshot is over."""
    before = parse_datetime(now) - 1
    if has_expired(snapshot, before):
        return snapshot
    # `expiresAt` before `notifiedAt` is how a receiver is told (5.3.4).
    return replace(snapshot, expires_at=format_datetime(before))


def notice_of(snapshot: Snapshot, now: str, *, deleted: bool = False) -> Notice | None:
    """Write what is told of a change of status (5.16.6).

    Returns:
        `None` where nobody wants to be told, or the Snapshot has no status yet that there is a word
        for.
    """
    if snapshot.endpoint is None or (snapshot.status is Status.PREPARING and not deleted):
        return None
    name = f"{_NOTICE_ID}{uuid4().hex}"
    return Notice(
        name=name,
        tenant=snapshot.tenant,
        endpoint=snapshot.endpoint,
        receiver_info=snapshot.receiver_info,
        body=notification_of(snapshot, name=name, now=now, deleted=deleted),
    )
