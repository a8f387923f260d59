"""Queries: which committed entities match, in slices between which others get their turn."""

import asyncio
from time import perf_counter

from hanze.broker.ports import Found, StoredEntity
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.representation import stored as stored_form
from hanze.store.catalog import Catalog
from hanze.store.rows import CommittedRows

__all__ = ["Search"]

#: A query gives way to others after so long.
SLICE_S = 0.004


class Search:
    """Answers queries from committed rows."""

    def __init__(self, catalog: Catalog, rows: CommittedRows) -> None:
        self._catalog = catalog
        self._rows = rows

    async def find(self, tenant_id: int, query: EntityQuery, now: str) -> Found:
        """Return the page that a query asks for."""
        matching: list[StoredEntity] = []
        ends = perf_counter() + SLICE_S
        sql = "SELECT entity_id FROM entity WHERE tenant_id = ? ORDER BY entity_id"
        for (rowid,) in self._rows.connection.execute(sql, (tenant_id,)).fetchall():
            stored = self._rows.by_rowid(rowid)
            if stored is not None and self._matches(tenant_id, stored, query, now):
                matching.append(stored)
            if perf_counter() > ends:
                await asyncio.sleep(0)
                ends = perf_counter() + SLICE_S
        page = matching[query.offset : query.offset + query.limit]
        count = len(matching) if query.count else None
        return Found(page, count, len(matching) > query.offset + query.limit)

    def _matches(self, tenant_id: int, stored: StoredEntity, query: EntityQuery, now: str) -> bool:
        def follow(entity_id: str) -> Entity | None:
            target = self._rows.by_id(tenant_id, entity_id)
            return None if target is None else unexpired(self.load(target), now)

        entity = unexpired(self.load(stored), now)
        return entity is not None and matches(query, entity, follow)

    def load(self, stored: StoredEntity) -> Entity:
        context = self._catalog.context(stored.context_id)
        return stored_form.load(stored.body, stored.system, context)
