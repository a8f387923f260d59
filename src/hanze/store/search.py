"""Queries: which committed entities match, in slices between which others get their turn.

The index tells which rows match and which may; of the latter `evaluate` decides. A page is taken
from the rows in the order of their creation, and the walk stops as soon as the page is full.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.broker.ports import Found, StoredEntity
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.query.order import Orderer, SortKey
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.tree import EntityQuery, Ordering
from hanze.ngsild.representation import stored as stored_form
from hanze.store.catalog import Catalog
from hanze.store.filter import Filter
from hanze.store.index import Index
from hanze.store.ordering import CoarseOrder, first_of, ordering_path
from hanze.store.page import Page
from hanze.store.paths import fill_paths
from hanze.store.rows import CommittedRows
from hanze.store.scan import END, Candidates, Part, Source, TableRows, window
from hanze.store.slices import Slices
from hanze.store.spatial import SpatialIndex, make_tree
from hanze.store.table import Table
from hanze.store.verdict import Mask

__all__ = ["Search"]

#: How many rows are looked at together: few at first, since most pages are full soon.
_FIRST_WINDOW: Final = 1_024
_WIDEST: Final = 65_536
#: Where a row costs more than a comparison: exact geometry, or its id from the database.
_WIDEST_COSTLY: Final = 2_048
#: So many boxes are compared one by one sooner than a tree is asked.
_FEW_ROWS: Final = 16_384

_Rowids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Hits:
    """Rows that match, or may.

    Attributes:
        rowids: Growing.
        sure: Which of them match for sure.
        low: First places under the ordering; empty without one.
        high: Last places.
    """

    rowids: _Rowids
    sure: NDArray[np.bool_]
    low: NDArray[np.uint64]
    high: NDArray[np.uint64]


class Search:
    """Answers queries from the index and committed rows."""

    def __init__(self, catalog: Catalog, rows: CommittedRows, index: Index) -> None:
        self._catalog = catalog
        self._rows = rows
        self._index = index
        self._making: set[asyncio.Task[None]] = set()

    async def find(self, tenant_id: int, query: EntityQuery, now: str) -> Found:
        """Return the page that a query asks for."""
        asked = _Asked(self._rows, self._catalog, tenant_id, query, now)
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
        tables = [table for table in self._index.tables(tenant_id) if asked.filter.admits(table)]
        sources = [self._source(table, asked) for table in tables]
        if query.ordering is not None:
            await asked.order(sources, page, query.ordering)
        else:
            await asked.walk(sources, page)
        return page.found()

    async def close(self) -> None:
        """Wait for trees that are being made."""
        if self._making:
            await asyncio.wait(self._making)

    def _source(self, table: Table, asked: "_Asked") -> Source:
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


class _Asked:
    """One query on its way through the rows of a tenant."""

    def __init__(
        self, rows: CommittedRows, catalog: Catalog, tenant_id: int, query: EntityQuery, now: str
    ) -> None:
        self._rows = rows
        self._catalog = catalog
        self._tenant_id = tenant_id
        self._now = now
        self._slices = Slices()
        self.query = query
        self._moment = parse_datetime(now)
        self._coarse: CoarseOrder | None = None
        self.filter = Filter(query, self._moment)
        ordered_by = None if query.ordering is None else ordering_path(query.ordering)
        self._paths = self.filter.paths | ({ordered_by} if ordered_by else set())
        costly = query.geo is not None or query.id_pattern is not None
        self._widest = _WIDEST_COSTLY if costly else _WIDEST

    def by_ids(self, ids: Iterable[str]) -> list[StoredEntity]:
        """Return the entities with these ids that match, in the order of their creation."""
        found = {
            stored.rowid: stored
            for entity_id in ids
            if (stored := self._rows.by_id(self._tenant_id, entity_id)) is not None
            and self._matches(stored)
        }
        return [found[rowid] for rowid in sorted(found)]

    async def walk(self, sources: Sequence[Source], page: Page) -> None:
        """Put the matches into a page, until it is done."""
        # A count, or a page far behind, needs many rows: no use to begin with a few.
        few = not self.query.count and self.query.offset < _FIRST_WINDOW
        size = _FIRST_WINDOW if few else self._widest
        after, bound = 0, 0
        while bound != END and not page.is_done():
            await self._fill(sources, after, size)
            hits, bound = self._look(sources, after, size)
            after = self._take(hits, page, bound)
            # What was judged may have changed when the next slice begins: look again from here.
            bound = min(bound, after)
            size = min(size * 4, self._widest)
            if self._slices.is_over():
                await self._slices.give_way()

    async def order(self, sources: Sequence[Source], page: Page, ordering: Ordering) -> None:
        """Put the matches into a page in the order that is asked for."""
        orderer = Orderer(ordering)
        self._coarse = CoarseOrder(ordering, orderer, self._moment, alone=len(sources) == 1)
        rowids, low, high = await self._all(sources)
        places = []
        for rowid in rowids[first_of(low, high, page.end)].tolist():
            stored = self._rows.by_rowid(rowid)
            entity = None if stored is None else self.entity(stored)
            if stored is not None and entity is not None:
                places.append((orderer.key(entity), rowid, stored))
            if self._slices.is_over():
                await self._slices.give_way()
        places.sort(key=itemgetter(0, 1))
        page.add_all(stored for _, _, stored in places)
        page.matched = max(page.matched, len(rowids))

    def entity(self, stored: StoredEntity) -> Entity | None:
        """Return what is left of an entity at the time of the query."""
        context = self._catalog.context(stored.context_id)
        entity = stored_form.load(stored.body, stored.system, context)
        return entity if stored.expires is None else unexpired(entity, self._now)

    async def _all(
        self, sources: Sequence[Source]
    ) -> tuple[_Rowids, NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the rowids of all matches, with their places."""
        found: list[_Hits] = []
        after = 0
        while after != END:
            await self._fill(sources, after, self._widest)
            hits, after = self._look(sources, after, self._widest)
            found.append(await self._only_matching(hits))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.uint64)
        return (
            np.concatenate([hits.rowids for hits in found]),
            np.concatenate([hits.low for hits in found]),
            np.concatenate([hits.high for hits in found]),
        )

    async def _only_matching(self, hits: _Hits) -> _Hits:
        keep = hits.sure.copy()
        for position in np.flatnonzero(~hits.sure).tolist():
            stored = self._rows.by_rowid(int(hits.rowids[position]))
            keep[position] = stored is not None and self._matches(stored)
            if self._slices.is_over():
                await self._slices.give_way()
        return _Hits(hits.rowids[keep], hits.sure[keep], hits.low[keep], hits.high[keep])

    async def _fill(self, sources: Sequence[Source], after: int, size: int) -> None:
        if not self._paths:
            return
        for table, block, _ in window(sources, after, size)[0]:
            await fill_paths(table, block, self._paths, self._entity_of, self._slices)

    def _look(self, sources: Sequence[Source], after: int, size: int) -> tuple[_Hits, int]:
        """Judge the next window; returns also the last rowid that it covers."""
        parts, bound = window(sources, after, size)
        judged = [hits for part in parts if len((hits := self._judge(part)).rowids)]
        hits = judged[0] if len(judged) == 1 else _merged(judged)
        if self.query.id_pattern is not None and len(hits.rowids):
            hits = self._with_id(hits, self.query.id_pattern)
        return hits, bound

    def _judge(self, part: Part) -> _Hits:
        table, block, rows = part
        rowids = block.rowids[rows]
        verdict = self.filter.judge(table, block, rows)
        chosen = np.flatnonzero(_spread(verdict.possible, len(rowids)))
        if verdict.sure is verdict.possible:
            sure = np.ones(len(chosen), np.bool_)
        else:
            sure = _spread(verdict.sure, len(rowids))[chosen]
        if self._coarse is None or not len(chosen):
            return _Hits(rowids[chosen], sure, _NO_PLACES, _NO_PLACES)
        low, high = self._coarse.places(table, block, rows)
        return _Hits(rowids[chosen], sure, low[chosen], high[chosen])

    def _with_id(self, hits: _Hits, pattern: str) -> _Hits:
        first, last = int(hits.rowids[0]), int(hits.rowids[-1])
        matching = {
            rowid
            for rowid, entity_id in self._rows.ids(self._tenant_id, first, last)
            if found_in(pattern, entity_id)
        }
        keep = np.array([rowid in matching for rowid in hits.rowids.tolist()], np.bool_)
        places = keep if len(hits.low) else slice(0)
        return _Hits(hits.rowids[keep], hits.sure[keep], hits.low[places], hits.high[places])

    def _take(self, hits: _Hits, page: Page, bound: int) -> int:
        """Put the hits of a window into a page; returns the last rowid that is dealt with."""
        rowids, sure = hits.rowids, hits.sure
        if sure.all() and page.passes_over(len(rowids)):
            return bound
        for rowid, is_sure in zip(rowids.tolist(), sure.tolist(), strict=True):
            if is_sure:
                page.add(self._rows.by_rowid(rowid, keep=True) if page.wants_next() else None)
            else:
                stored = self._rows.by_rowid(rowid)
                if stored is not None and self._matches(stored):
                    page.add(stored)
            if page.is_done():
                return bound
            if self._slices.is_over():
                return int(rowid)
        return bound

    def _matches(self, stored: StoredEntity) -> bool:
        entity = self.entity(stored)
        return entity is not None and matches(self.query, entity, self._follow)

    def _follow(self, entity_id: str) -> Entity | None:
        stored = self._rows.by_id(self._tenant_id, entity_id)
        return None if stored is None else self.entity(stored)

    def _entity_of(self, rowid: int) -> Entity | None:
        # Whole, with what has expired: the index holds it until it is swept.
        stored = self._rows.by_rowid(rowid)
        if stored is None:
            return None
        context = self._catalog.context(stored.context_id)
        return stored_form.load(stored.body, stored.system, context)


_NO_PLACES: Final = np.empty(0, np.uint64)
_NO_HITS: Final = _Hits(np.empty(0, np.int64), np.empty(0, np.bool_), _NO_PLACES, _NO_PLACES)


def _spread(mask: Mask, count: int) -> NDArray[np.bool_]:
    """Give one answer for all rows to each of them."""
    return mask if isinstance(mask, np.ndarray) else np.full(count, mask)


def _merged(judged: Sequence[_Hits]) -> _Hits:
    """Bring the hits of several tables into the order of creation."""
    if not judged:
        return _NO_HITS
    rowids = np.concatenate([hits.rowids for hits in judged])
    low = np.concatenate([hits.low for hits in judged])
    high = np.concatenate([hits.high for hits in judged])
    order = np.argsort(rowids, kind="stable")
    places = order if len(low) else slice(0)
    sure = np.concatenate([hits.sure for hits in judged])
    return _Hits(rowids[order], sure[order], low[places], high[places])


def _in_order(orderer: Orderer, found: list[StoredEntity], asked: _Asked) -> Iterable[StoredEntity]:
    def key(stored: StoredEntity) -> SortKey:
        entity = asked.entity(stored)
        return () if entity is None else orderer.key(entity)

    return sorted(found, key=key)
