"""Snapshots: create, clone, retrieve, update, delete and purge, and work on one (5.5.15, 5.16)."""

from typing import Final
from uuid import uuid4

from msgspec.structs import replace

from hanze.broker.asking import asker_of
from hanze.broker.consumption import TenantNotFound
from hanze.broker.hidden import place_of
from hanze.broker.origin import Origin
from hanze.broker.ports import UnitOfWork
from hanze.broker.snapshot.held import HeldSnapshots, has_expired, notice_of
from hanze.broker.snapshot.ports import SnapshotLimits, SnapshotStore
from hanze.broker.snapshot.records import drop_unused_snapshot_contexts, put_snapshot
from hanze.errors import Conflicting, Denied, InvalidInput, NotFound, TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.snapshot.conditions import parse_selection, selects
from hanze.ngsild.snapshot.model import Snapshot, Status
from hanze.ngsild.snapshot.parse import (
    Kept,
    cleaned,
    lifetime_s,
    parse_snapshot,
    refuse_queries,
    require_queries,
    updated_document,
)
from hanze.ngsild.uri import is_uri

__all__ = [
    "NoSnapshotSelected",
    "SnapshotAlreadyExists",
    "SnapshotNotFound",
    "SnapshotNotReady",
    "SnapshotNotYours",
    "Snapshots",
    "TooManySnapshots",
]

_ID: Final = "urn:ngsi-ld:Snapshot:"
_SECOND: Final = 1_000_000


class SnapshotNotFound(NotFound):
    """No Snapshot with this id is on the tenant, or its time is over (5.5.2 ResourceNotFound)."""

    def __init__(self, snapshot_id: str) -> None:
        super().__init__(f"Snapshot {snapshot_id[:200]} does not exist")
        self.snapshot_id = snapshot_id


class NoSnapshotSelected(NotFound):
    """A purge selects nothing (6.36.3.2)."""

    def __init__(self) -> None:
        super().__init__("q selects no Snapshot")


class SnapshotAlreadyExists(Conflicting):
    """A Snapshot with this id is on the tenant (5.5.2 AlreadyExists)."""

    def __init__(self, snapshot_id: str) -> None:
        super().__init__(f"Snapshot {snapshot_id[:200]} already exists")
        self.snapshot_id = snapshot_id


class SnapshotNotReady(Conflicting):
    """The Snapshot is still being prepared, or could not be: nothing can be done with it."""

    def __init__(self, snapshot_id: str, status: Status) -> None:
        super().__init__(f"Snapshot {snapshot_id} cannot be used: its status is {status.value}")
        self.snapshot_id = snapshot_id


class SnapshotNotYours(Denied):
    """A Snapshot was made by somebody for a purpose, and is read by another, or for another."""

    def __init__(self, snapshot_id: str) -> None:
        super().__init__(
            f"Snapshot {snapshot_id} is read by the organisation that asked for it, for the same "
            "purpose"
        )
        self.snapshot_id = snapshot_id


class TooManySnapshots(TooMuch):
    """The node holds as many Snapshots as it may, and none that is less important."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The node already has {limit} Snapshots, the most it may hold, and the tenant none of "
            "a lower snapshotPriority"
        )


class Snapshots:
    """The Snapshots of a node, for its clients.

    Args:
        store: Keeps them: each has a place of its own, that no client can name.
        held: The Snapshots that there are.
        limits: What settings allow.
    """

    def __init__(self, store: SnapshotStore, held: HeldSnapshots, limits: SnapshotLimits) -> None:
        self._store = store
        self._held = held
        self._limits = limits

    async def create(
        self, caller: Caller, body: JsonObject, context: Context, *, origin: Origin
    ) -> str:
        """Create a Snapshot (5.16.1); its queries are executed in the background.

        Args:
            caller: Who asks; its tenant arises where it is new (5.5.10).
            body: A Snapshot (5.2.41), without its `@context`.
            context: That @context.
            origin: The request, as which queries are passed on.

        Returns:
            The id: the one that was given, or a new one.

        Raises:
            InvalidInput: It is no Snapshot.
            SnapshotAlreadyExists: The id is taken.
            TooManySnapshots: There are as many as there may be.
        """
        document = cleaned(body)
        require_queries(document)
        return await self._add(caller, document, context, origin, source=None)

    async def clone(
        self, caller: Caller, source_id: str, body: JsonObject, context: Context, *, origin: Origin
    ) -> str:
        """Clone a Snapshot (5.16.2); what it has is copied in the background.

        Args:
            source_id: The one that is cloned.
            body: What the clone is to be: a Snapshot without queries.

        Raises:
            SnapshotNotFound: There is none to be cloned.
            SnapshotNotYours: It was made of what others may not read.
            SnapshotNotReady: It has nothing yet, or never will.
            InvalidInput: As for `create`; so for the next two.
            SnapshotAlreadyExists: ...
            TooManySnapshots: ...
        """
        source = self.retrieve(caller, source_id, now=origin.now)
        _check_reader(caller, source)
        document = cleaned(body)
        refuse_queries(document)
        if not source.status.is_usable:
            raise SnapshotNotReady(source.id, source.status)
        return await self._add(caller, document, context, origin, source=source)

    def retrieve(self, caller: Caller, snapshot_id: str, *, now: str) -> Snapshot:
        """Return a Snapshot with its status (5.16.3).

        Raises:
            InvalidInput: The id is no URI.
            TenantNotFound: The caller's tenant does not exist.
            SnapshotNotFound: There is none with this id, or it has expired.
        """
        if not is_uri(snapshot_id):
            raise InvalidInput(
                "The id of a Snapshot must be a URI",
                field="id",
                value=snapshot_id,
                clause="5.16.3.4",
            )
        self._check_tenant(caller)
        found = self._held.find(caller.tenant, snapshot_id, now)
        if found is None:
            raise SnapshotNotFound(snapshot_id)
        return found

    def listed(self, caller: Caller, *, now: str) -> list[Snapshot]:
        """List the Snapshots on the caller's tenant, in the order of their creation."""
        moment = parse_datetime(now)
        return [
            one
            for one in self._held.all()
            if one.tenant == caller.tenant and not has_expired(one, moment)
        ]

    def enter(self, caller: Caller, snapshot_id: str, *, now: str) -> Caller:
        """Have a caller's operation applied to a Snapshot, and to nothing else (5.5.15).

        Returns:
            The caller, in the place of the Snapshot.

        Raises:
            InvalidInput: The id is no URI.
            SnapshotNotFound: As for `retrieve`.
            SnapshotNotYours: It was made of what others may not read.
            SnapshotNotReady: It is being prepared, or that failed.
        """
        found = self.retrieve(caller, snapshot_id, now=now)
        _check_reader(caller, found)
        if not found.status.is_usable:
            raise SnapshotNotReady(found.id, found.status)
        self._held.use(found, now)
        return caller.in_tenant(place_of(found.slot))

    def at(self, place: str) -> Snapshot | None:
        """Return the Snapshot that has a place; `None` for other tenants, and free places."""
        return self._held.at(place)

    async def update(
        self, caller: Caller, snapshot_id: str, fragment: JsonObject, *, now: str
    ) -> Snapshot:
        """Update a Snapshot by a fragment of it (5.16.4).

        Raises:
            SnapshotNotFound: There is none with this id.
            InvalidInput: The fragment would change what cannot be changed, or breaks the table.
        """
        async with self._held.changing:
            present = self.retrieve(caller, snapshot_id, now=now)
            document = updated_document(present, fragment)
            expires_at = present.expires_at
            if "snapshotLifetime" in fragment:
                expires_at = self._expiry(document, now)
            read = parse_snapshot(
                Kept(
                    tenant=present.tenant,
                    document=document,
                    context=present.context,
                    slot=present.slot,
                    created_at=present.created_at,
                    modified_at=now,
                    expires_at=expires_at,
                    last_used_at=present.last_used_at,
                    asker=present.asker,
                )
            )
            updated = replace(
                read,
                cloned_from=present.cloned_from,
                status=present.status,
                results=present.results,
                temporal_results=present.temporal_results,
                tries=present.tries,
            )
            await self._held.write(updated, notice_of(updated, now))
        return updated

    async def delete(self, caller: Caller, snapshot_id: str, *, now: str) -> None:
        """Delete a Snapshot (5.16.5).

        Raises:
            InvalidInput: The id is no URI.
            SnapshotNotFound: There is none with this id.
        """
        async with self._held.changing:
            await self._held.remove([self.retrieve(caller, snapshot_id, now=now)], now)

    async def purge(self, caller: Caller, q: str | None, *, now: str) -> None:
        """Delete the Snapshots that a query selects (5.16.7).

        Raises:
            InvalidInput: There is no query, or it names something else than their members.
            TenantNotFound: The caller's tenant does not exist.
            NoSnapshotSelected: It selects none.
        """
        if q is None:
            raise InvalidInput("q must say which Snapshots go", field="q", clause="5.16.7.4")
        node = parse_selection(q)
        self._check_tenant(caller)
        async with self._held.changing:
            gone = [one for one in self.listed(caller, now=now) if selects(node, one)]
            if not gone:
                raise NoSnapshotSelected
            await self._held.remove(gone, now)

    async def _add(
        self,
        caller: Caller,
        document: dict[str, JsonValue],
        context: Context,
        origin: Origin,
        *,
        source: Snapshot | None,
    ) -> str:
        document.setdefault("id", f"{_ID}{uuid4().hex}")
        now, held = origin.now, self._held
        async with held.changing:
            read = parse_snapshot(
                Kept(
                    tenant=caller.tenant,
                    document=document,
                    context=context,
                    slot=-1,
                    cloned_from=None if source is None else source.id,
                    created_at=now,
                    modified_at=now,
                    expires_at=self._expiry(document, now),
                    last_used_at=now,
                    asker=asker_of(caller),
                )
            )
            if held.find(caller.tenant, read.id, now) is not None:
                raise SnapshotAlreadyExists(read.id)
            await self._make_room(read, now, source)
            snapshot = replace(read, slot=held.places.take())

            def unit(uow: UnitOfWork) -> None:
                uow.create_tenant(caller.tenant)
                uow.create_tenant(place_of(snapshot.slot))
                drop_unused_snapshot_contexts(uow.registers)
                put_snapshot(uow.registers, snapshot)

            try:
                await self._store.transact(unit)
            except BaseException:
                held.places.give_back(snapshot.slot)
                raise
            held.origins[snapshot.tenant, snapshot.id] = origin
            held.note(snapshot)
            held.changed.set()
        return snapshot.id

    async def _make_room(self, coming: Snapshot, now: str, source: Snapshot | None) -> None:
        """Delete what has expired, and then what matters least, where there are too many (5.5.15)."""
        moment = parse_datetime(now)
        every = self._held.all()
        gone = [one for one in every if has_expired(one, moment)]
        over = len(every) - len(gone) + 1 - self._limits.max_snapshots
        if over > 0:
            kept = {one.slot for one in (*gone, *(() if source is None else (source,)))}
            less = [
                one
                for one in every
                if one.slot not in kept
                and one.tenant == coming.tenant
                and one.priority < coming.priority
            ]
            less.sort(key=lambda one: (one.priority, parse_datetime(one.last_used_at)))
            if len(less) < over:
                raise TooManySnapshots(self._limits.max_snapshots)
            gone += less[:over]
        if gone:
            await self._held.remove(gone, now)

    def _expiry(self, document: JsonObject, now: str) -> str:
        wanted = lifetime_s(document)
        seconds = self._limits.lifetime_s if wanted is None else wanted
        seconds = min(seconds, self._limits.max_lifetime_s)
        return format_datetime(parse_datetime(now) + int(seconds * _SECOND))

    def _check_tenant(self, caller: Caller) -> None:
        if not self._store.tenant_exists(caller.tenant):
            raise TenantNotFound(caller.tenant)


def _check_reader(caller: Caller, snapshot: Snapshot) -> None:
    """See that what was found for one is not read by another.

    Who said neither for whom nor for what got what anybody gets. What else was found may come from
    other nodes, or lack what decides about it: so nobody else reads it.

    Raises:
        SnapshotNotYours: It is another's.
    """
    asker = snapshot.asker
    if asker is None or not (asker.organisation or asker.purpose or asker.subject):
        return
    reader = asker_of(caller)
    if (reader.organisation, reader.purpose, reader.subject) != (
        asker.organisation,
        asker.purpose,
        asker.subject,
    ):
        raise SnapshotNotYours(snapshot.id)
