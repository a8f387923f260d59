"""Committed entities by id and by rowid, with a bounded cache of bodies."""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import cast

from hanze.broker.ports import StoredEntity
from hanze.store.schema import connect_reader, select
from hanze.store.unit import Group

__all__ = ["CommittedRows"]

_COLUMNS = "entity_id, body, system, context_id, expires, typeset_id"
_BY_ID = f"SELECT {_COLUMNS} FROM entity WHERE tenant_id = ? AND id = ?"  # noqa: S608  # constants
_BY_ROWID = f"SELECT {_COLUMNS} FROM entity WHERE entity_id = ?"  # noqa: S608  # constants
_BETWEEN = f"SELECT {_COLUMNS} FROM entity WHERE entity_id BETWEEN ? AND ?"  # noqa: S608  # constants
_BATCH = 20
_LISTED = f"SELECT {_COLUMNS} FROM entity WHERE entity_id IN ({','.join('?' * _BATCH)})"  # noqa: S608  # constants
_IDS = "SELECT entity_id, id FROM entity WHERE entity_id BETWEEN ? AND ? AND tenant_id = ?"

#: Fewer rows are read one by one, and such that lie further apart.
_FEW = 4
_SPARSE = 3

#: What an entry costs beside its bytes: the struct, its numbers, the place in the dictionary.
_OVERHEAD = 330


class CommittedRows:
    """Reads of committed state, on a connection of their own.

    A change that is staged is not seen, nor one that is on the disk but not yet in the index: until
    the group is applied, its entities are read as they were.

    Args:
        path: The database.
        pending: Returns the group whose commit is under way.
        cache_bytes: How much memory bodies may keep.
    """

    def __init__(self, path: Path, pending: Callable[[], Group], cache_bytes: int) -> None:
        self._connection = connect_reader(path)
        self._cursor = self._connection.cursor()
        self._pending = pending
        self._room = cache_bytes
        #: In order of arrival, which is the order of eviction: a hit costs nothing.
        self._cache: dict[int, StoredEntity] = {}
        self.connection = self._connection

    def by_id(self, tenant_id: int, entity_id: str) -> StoredEntity | None:
        pending = self._pending().before
        if pending and (tenant_id, entity_id) in pending:
            return pending[tenant_id, entity_id]
        rows = select(self._cursor, _BY_ID, (tenant_id, entity_id))
        return StoredEntity(*rows[0]) if rows else None

    def by_rowid(self, rowid: int, *, keep: bool = False) -> StoredEntity | None:
        """Return an entity; `keep` puts it into the cache, as someone will soon want it again."""
        cached = self._cache.get(rowid)
        if cached is not None:
            return cached
        pending = self._pending().rows_before
        if pending and rowid in pending:
            return pending[rowid]
        rows = select(self._cursor, _BY_ROWID, (rowid,))
        if not rows:
            return None
        stored = StoredEntity(*rows[0])
        if keep:
            self._keep(stored)
        return stored

    def by_rowids(self, rowids: Sequence[int]) -> list[StoredEntity]:
        """Return the entities of a page, in this order, and keep them in the cache."""
        get = self._cache.get
        found = list(map(get, rowids))
        if all(found):
            return cast(list[StoredEntity], found)
        self._read([rowid for rowid in rowids if rowid not in self._cache])
        # What a commit under way has changed is still read as it was, one by one.
        read = [get(rowid) or self.by_rowid(rowid, keep=True) for rowid in rowids]
        return [stored for stored in read if stored is not None]

    def glance(self, rowids: Sequence[int]) -> list[StoredEntity | None]:
        """Return entities for a look at them; they do not push others out of the cache.

        Args:
            rowids: Growing. Where they are close, one statement reads them all: 1 us each
                instead of 5.
        """
        if len(rowids) < _FEW or rowids[-1] - rowids[0] > len(rowids) * _SPARSE:
            return [self.by_rowid(rowid) for rowid in rowids]
        rows = select(self._cursor, _BETWEEN, (rowids[0], rowids[-1]))
        found = {row[0]: StoredEntity(*row) for row in rows}
        pending = self._pending().rows_before
        if pending:
            return [pending[key] if key in pending else found.get(key) for key in rowids]
        return [found.get(rowid) for rowid in rowids]

    def ids(self, tenant_id: int, first: int, last: int) -> Iterable[tuple[int, str]]:
        """Return rowids and ids of a tenant's entities between two rowids, both included."""
        return [(rowid, key) for rowid, key in select(self._cursor, _IDS, (first, last, tenant_id))]

    def apply(self, group: Group) -> None:
        """Follow a commit: what is cached becomes what was written."""
        for change in group.changes:
            old = self._cache.pop(change.rowid, None)
            if old is None:
                continue
            self._room += _cost(old)
            if change.written is not None:
                self._keep(change.written.stored)

    def close(self) -> None:
        self._cache.clear()
        self._connection.close()

    def _read(self, rowids: Sequence[int]) -> None:
        """Read entities into the cache: 4 us each in one statement, 8 us one by one."""
        if self._pending().rows_before:
            return
        for start in range(0, len(rowids), _BATCH):
            batch = rowids[start : start + _BATCH]
            # Always as many values, so that the statement is prepared once; there is no row 0.
            values = (*batch, *repeat(0, _BATCH - len(batch)))
            for row in select(self._cursor, _LISTED, values):
                self._keep(StoredEntity(*row))

    def _keep(self, stored: StoredEntity) -> None:
        self._cache[stored.rowid] = stored
        self._room -= _cost(stored)
        while self._room < 0 and self._cache:
            oldest = next(iter(self._cache))
            self._room += _cost(self._cache.pop(oldest))


def _cost(stored: StoredEntity) -> int:
    return len(stored.body) + len(stored.system) + _OVERHEAD
