"""The embedded store: SQLite is the record, columns in memory answer queries."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hanze.broker.hidden import is_hidden
from hanze.broker.ports import Found, StoredEntity, TypeRules, TypeSummary, Watching
from hanze.broker.rules import NoRules
from hanze.errors import StoreFailure
from hanze.governance.gate import Gate
from hanze.governance.rules import Rules
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.representation import stored as stored_form
from hanze.store.backup import copy_store
from hanze.store.catalog import Catalog
from hanze.store.checkpoint import Checkpoints
from hanze.store.commit import Companions, GroupCommit
from hanze.store.files import DATABASE, clear_scratch
from hanze.store.follower import Follower
from hanze.store.history.evolutions import Evolutions
from hanze.store.history.history import HistoryArchive
from hanze.store.history.journal import Journal
from hanze.store.history.names import HistoryNames
from hanze.store.index import Index
from hanze.store.lock import DirectoryLock
from hanze.store.log.log import StoreLog
from hanze.store.log.reading import LogReader
from hanze.store.log.writing import ChainWriter
from hanze.store.outbox.letters import DeadLetters
from hanze.store.outbox.outbox import Outbox
from hanze.store.registry import RegisterTable
from hanze.store.rows import CommittedRows
from hanze.store.schema import connect_writer
from hanze.store.search import Search
from hanze.store.unit import Group, StagedUnit

__all__ = ["Store"]

T = TypeVar("T")

_SWEEP_SLICE = 100


class Store:
    """Committed state, and the door to units of work; made by `open`."""

    def __init__(
        self,
        directory: Path,
        cache_bytes: int,
        max_tenants: int,
        *,
        history_mb: int,
        rules: TypeRules,
        watching: Watching | None,
        followers: Sequence[Follower],
        gate: Gate,
    ) -> None:
        self.gate = gate
        self._lock = DirectoryLock(directory)
        clear_scratch(directory)
        try:
            self._path = directory / DATABASE
            self._writer = connect_writer(self._path)
            self._catalog = Catalog(self._writer, max_tenants)
            self._catalog.load_contexts()
            self._checkpoints = Checkpoints(self._path, self._writer)
            self._rows = CommittedRows(self._path, lambda: self._commit.pending, cache_bytes)
            reader = self._rows.connection
            self.outbox = Outbox(self._writer, reader, self._catalog, watching)
            journal = Journal(
                self._writer, self._catalog, HistoryNames(self._writer, self._catalog)
            )
            evolutions = Evolutions(reader, self._catalog, self._rows.by_id)
            self.history = HistoryArchive(directory, history_mb, journal, evolutions)
            chain = ChainWriter(directory, self._writer, reader)
            companions = Companions(
                rules=rules,
                history=self.history.open_unit,
                journal=journal,
                followers=[*([] if watching is None else [self.outbox]), *followers, chain],
                applied=self._apply,
            )
            self._commit = GroupCommit(self._writer, self._catalog, self._checkpoints, companions)
            self._index = Index(self._catalog)
        except BaseException:
            self._lock.release()
            raise
        self._search = Search(self._catalog, self._rows, self._index)
        self.registers = RegisterTable(self._rows.connection)
        self.log = StoreLog(chain, LogReader(self._path), self.transact)
        self.dead_letters = DeadLetters(self.outbox, self._writer, reader, self.transact)
        self._temporary: TemporaryDirectory[str] | None = None

    @classmethod
    async def open(
        cls,
        directory: Path | None,
        *,
        cache_mb: int = 256,
        max_tenants: int = 256,
        history_mb: int = 512,
        rules: TypeRules | None = None,
        watching: Watching | None = None,
        followers: Sequence[Follower] = (),
        gate: Gate | None = None,
    ) -> "Store":
        """Open the store of a data directory, which is made when it is not there.

        Args:
            directory: `None` for a store that goes with the process.
            cache_mb: How much memory bodies of entities may keep, in MiB.
            max_tenants: Beyond it no tenant arises.
            history_mb: How much memory the archive of the history may use, in MB.
            rules: What entities of some types may become; anything, without them.
            watching: Who wants to be told of changes; nobody, without it.
            followers: Follow every change, after those of the store itself.
            gate: Decides what callers may read; everything, without it.

        Raises:
            StoreFailure: Another process works on the directory, it cannot be read or written, the
                disk is full, or the database is of a newer version. Nothing was changed.
        """
        temporary = TemporaryDirectory(prefix="hanze-") if directory is None else None
        chosen = directory if directory is not None else Path(str(temporary and temporary.name))
        store = cls(
            chosen,
            cache_mb << 20,
            max_tenants,
            history_mb=history_mb,
            rules=rules or NoRules(),
            watching=watching,
            followers=followers,
            gate=gate or Gate(lambda: Rules(unclassified=True), lambda: None),
        )
        store._temporary = temporary
        store._index.rebuild(store._rows.connection)
        await store.log.begin()
        return store

    async def transact(self, unit: Callable[[StagedUnit], T]) -> T:
        """Run a unit of work, and return what it returns once that is durable.

        Args:
            unit: Does not wait for anything; runs on the event loop's thread. What it raises rolls
                back what it staged, and only that.

        Raises:
            StoreFailure: The commit failed; nothing of the unit is there.
        """
        if self.history.is_full:
            await self.history.make_room()
        return await self._commit.transact(unit)

    def stored(self, tenant: str, entity_id: str) -> StoredEntity | None:
        """Return a committed entity, expired parts included."""
        tenant_id = self._catalog.tenants.committed.get(tenant)
        return None if tenant_id is None else self._rows.by_id(tenant_id, entity_id)

    def load(self, stored: StoredEntity) -> Entity:
        """Return a stored entity as a value."""
        return stored_form.load(stored.body, stored.system, self.context(stored.context_id))

    def types_of(self, stored: StoredEntity) -> frozenset[str]:
        """Return the types of a stored entity, without reading it."""
        return self._catalog.types(stored.typeset_id)

    def types(self, typeset_id: int) -> frozenset[str]:
        """Return a set of types that stored entities have."""
        return self._catalog.types(typeset_id)

    def context(self, context_id: int) -> Context:
        """Return the @context that a body was compacted with; it never changes."""
        return self._catalog.context(context_id)

    async def search(self, tenant: str, query: EntityQuery, now: str) -> Found:
        """Return the page of matching entities that a query asks for (CIM 009, 5.7.2).

        What has expired at `now` does not count. Entities come in the order that the query names,
        else in that of their creation.
        """
        tenant_id = self._catalog.tenants.committed.get(tenant)
        if tenant_id is None:
            return Found([], 0 if query.count else None, more=False)
        return await self._search.find(tenant_id, query, now)

    def summary(self, tenant: str, access: Access | None = None) -> tuple[TypeSummary, ...]:
        """Return what entities there are: per set of types, how many with which attributes.

        Args:
            access: Only what may be read by this counts; what the index cannot tell does not.
        """
        tenant_id = self._catalog.tenants.committed.get(tenant)
        return () if tenant_id is None else self._index.summary(tenant_id, access)

    def tenant_exists(self, tenant: str) -> bool:
        return tenant in self._catalog.tenants.committed

    def tenants(self) -> tuple[str, ...]:
        """List the tenants that clients can name."""
        return tuple(name for name in self._catalog.tenants.committed if not is_hidden(name))

    def hidden_tenants(self) -> tuple[str, ...]:
        """List the places of which clients know nothing."""
        return tuple(name for name in self._catalog.tenants.committed if is_hidden(name))

    async def sweep(self, now: str) -> int:
        """Delete what has expired (CIM 009, 4.22), in units of bounded size.

        Returns:
            How many entities were deleted or lost attributes.
        """
        moment = parse_datetime(now)
        swept = 0
        while expired := self._expired(moment):
            changed = await self.transact(partial(_sweep, expired=expired, now=now))
            if not changed:
                break
            swept += changed
        return swept

    async def backup(self, target: Path) -> None:
        """Write a copy of the committed state, while the store goes on working.

        Args:
            target: A directory without a database; it is made when it is not there. A node can be
                started on it.

        Raises:
            StoreFailure: The target has a database already, or cannot be written.
        """
        await asyncio.to_thread(copy_store, self._path.parent, target)

    async def close(self) -> None:
        """Commit what waits, and let go of the directory."""
        with suppress(StoreFailure):
            # Whoever waited for it knows already.
            await self.log.settled()
        await self._commit.close()
        self.log.close()
        await self.history.close()
        await self._search.close()
        self._rows.close()
        await self._checkpoints.close()
        self._writer.close()
        self._lock.release()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _apply(self, group: Group) -> None:
        self._rows.apply(group)
        self._index.apply(group)
        self.history.applied()

    def _expired(self, moment: int) -> list[tuple[str, str]]:
        sql = (
            "SELECT name, id FROM entity JOIN tenant USING (tenant_id)"
            " WHERE expires <= ? ORDER BY expires LIMIT ?"
        )
        rows = self._rows.connection.execute(sql, (moment, _SWEEP_SLICE)).fetchall()
        return [(str(tenant), str(entity_id)) for tenant, entity_id in rows]


def _sweep(unit: StagedUnit, expired: list[tuple[str, str]], now: str) -> int:
    changed = 0
    for tenant, entity_id in expired:
        entity = unit.entity(tenant, entity_id)
        if entity is None:
            continue
        living = unexpired(entity, now)
        if living is None:
            changed += unit.delete(tenant, entity_id, now=now)
        elif living is not entity:
            unit.put(tenant, living, now=now)
            changed += 1
    return changed
