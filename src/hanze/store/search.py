"""Queries: where the matches are looked for, and which answers are known already.

A page is taken from the rows in the order of their creation, and the walk (`asked`) stops as soon
as the page is full.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from hanze.broker.ports import Found, StoredEntity
from hanze.ngsild.query.order import Orderer, SortKey
from hanze.ngsild.query.tree import EntityQuery
from hanze.store.asked import Asked
from hanze.store.catalog import Catalog
from hanze.store.index import Index
from hanze.store.page import Page
from hanze.store.recall import Read, Recall
from hanze.store.rows import CommittedRows
from hanze.store.scan import Candidates, Source, TableRows
from hanze.store.spatial import SpatialIndex, make_tree
from hanze.store.table import Table

__all__ = ["Search"]

#: So many boxes are compared one by one sooner than a tree is asked.
_FEW_ROWS: Final = 16_384


class Search:
    """Answers queries from the index and committed rows."""

    def __init__(self, catalog: Catalog, rows: CommittedRows, index: Index) -> None:
        self._catalog = catalog
        self._rows = rows
        self._index = index
        self._recall = Recall(rows.by_rowids)
        self._making: set[asyncio.Task[None]] = set()

    async def find(self, tenant_id: int, query: EntityQuery, now: str) -> Found:
        """Return the page that a query asks for."""
        number = self._index.table_count(tenant_id)
        known = self._recall.find(tenant_id, query, number)
        if known is not None:
            return known
        asked = Asked(self._rows, self._catalog, tenant_id, query, now)
        page = Page(query)
        ids = _named(query)
        if ids:
            found = asked.by_ids(ids)
            if query.ordering is None:
                for stored in found:
                    page.add(stored)
            else:
                page.add_all(_in_order(Orderer(query.ordering), found, asked))
            return page.found()
        # An answer that came about while tables changed is right, but none to remember.
        tables = [table for table in self._index.tables(tenant_id) if asked.filter.admits(table)]
        read = Read(number, tables)
        sources = [self._source(table, asked) for table in tables if table.live]
        if query.ordering is not None:
            await asked.order(sources, page, query.ordering)
        else:
            await asked.walk(sources, page)
        answer = page.found()
        if not asked.filter.is_linked:
            self._recall.note(tenant_id, query, answer, read)
        return answer

    async def close(self) -> None:
        """Wait for trees that are being made."""
        if self._making:
            await asyncio.wait(self._making)

    def _source(self, table: Table, asked: Asked) -> Source:
        """Choose between all rows of a table, and those that its spatial index names."""
        geo, judge = asked.query.geo, asked.filter.geo
        if geo is None or judge is None or judge.window is None or table.live < _FEW_ROWS:
            return TableRows(table)
        index = table.spatial.get(geo.attribute)
        if index is None:
            index = table.spatial[geo.attribute] = SpatialIndex()
        if index.is_due():
            self._make_tree(table, geo.attribute, index)
        if not index.is_ready:
            return TableRows(table)
        return Candidates(table, index.query(judge.window))

    def _make_tree(self, table: Table, name: str, index: SpatialIndex) -> None:
        parts = [
            (block.rowids[: block.n], column.boxes[: block.n])
            for block in table.blocks
            if (column := block.columns.get(name)) is not None and column.boxes is not None
        ]
        index.begin()

        async def make() -> None:
            tree = None
            try:
                tree = await asyncio.to_thread(make_tree, parts)
            finally:
                index.finish(tree)

        task = asyncio.create_task(make())
        self._making.add(task)
        task.add_done_callback(self._making.discard)


def _named(query: EntityQuery) -> tuple[str, ...]:
    """Return the ids without which no entity matches; empty when others than these may."""
    if query.ids:
        return query.ids
    if not all(selector.ids for selector in query.selectors):
        return ()
    return tuple(dict.fromkeys(key for selector in query.selectors for key in selector.ids))


def _in_order(orderer: Orderer, found: list[StoredEntity], asked: Asked) -> Iterable[StoredEntity]:
    def key(stored: StoredEntity) -> SortKey:
        entity = asked.readable(stored)
        return () if entity is None else orderer.key(entity)

    return sorted(found, key=key)
