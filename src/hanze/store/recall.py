"""Pages that were found before, for as long as nothing that they were found in has changed.

Maps, dashboards and counters ask the same again and again. Only rowids are remembered; bodies have
a cache of their own.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from hanze.broker.ports import Found, StoredEntity
from hanze.ngsild.query.tree import EntityQuery
from hanze.store.table import Table

__all__ = ["Read", "Recall"]

#: Queries that are remembered; with pages of 20 entities they take less than a megabyte.
_MOST: Final = 512
#: Longer pages are not remembered: looking for them is the smaller part of the work.
_LONGEST: Final = 100

#: Tenant and identity of a query: by value, `x==1` and `x==true` would be the same to Python.
_Key = tuple[int, int]


class Read:
    """What a query is about to read, as it is now.

    Args:
        tenant_tables: How many tables the tenant has: one that comes later may have matches too.
        tables: Where matches are looked for.
    """

    __slots__ = ("_tables", "_tenant_tables", "_versions")

    def __init__(self, tenant_tables: int, tables: Sequence[Table]) -> None:
        self._tenant_tables = tenant_tables
        self._tables = tables
        self._versions = [table.version for table in tables]

    def is_current(self, tenant_tables: int) -> bool:
        """Tell whether it is still the same."""
        return self._tenant_tables == tenant_tables and self._versions == [
            table.version for table in self._tables
        ]

    def lasts(self) -> bool:
        """Tell whether it stays the same while nobody writes: nothing in it expires."""
        return all(block.expires is None for table in self._tables for block in table.blocks)


class _Known(NamedTuple):
    query: EntityQuery
    read: Read
    rowids: Sequence[int]
    counted: int | None
    more: bool
    #: Of a row they change with the version of its table: then nothing of this is current.
    typesets: frozenset[int]


class Recall:
    """Remembers pages of queries without linked entities, over what does not expire.

    Args:
        fetch: Returns the entities with these rowids.
    """

    def __init__(self, fetch: Callable[[Sequence[int]], list[StoredEntity]]) -> None:
        self._fetch = fetch
        #: In order of arrival, which is the order of eviction.
        self._known: dict[_Key, _Known] = {}

    def find(self, tenant_id: int, query: EntityQuery, tenant_tables: int) -> Found | None:
        """Return the page of a query, if it is known and still true."""
        # What is remembered keeps its query alive, so that no other one has its identity.
        known = self._known.get((tenant_id, id(query)))
        if known is None:
            return None
        if not known.read.is_current(tenant_tables):
            del self._known[tenant_id, id(query)]
            return None
        return Found(self._fetch(known.rowids), known.counted, known.more, known.typesets)

    def note(self, tenant_id: int, query: EntityQuery, found: Found, read: Read) -> None:
        """Remember a page, for as long as what was read for it stays the same."""
        if len(found.entities) > _LONGEST or not read.lasts():
            return
        rowids = [stored.rowid for stored in found.entities]
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        key = tenant_id, id(query)
        typesets = frozenset(stored.typeset_id for stored in found.entities)
        self._known[key] = _Known(query, read, rowids, found.count, found.more, typesets)
