"""One query on its way through the rows of a tenant, in slices between which others get a turn.

The index tells which rows match and which may; of the latter `evaluate` decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.broker.ports import StoredEntity
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import redact
from hanze.ngsild.query.compare import TargetValue, Texts
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.query.order import Orderer, SortKey
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.targets import targets
from hanze.ngsild.query.tree import EntityQuery, Ordering, Uri, ValuePath
from hanze.ngsild.representation import stored as stored_form
from hanze.store.catalog import Catalog
from hanze.store.filter import Filter, Now
from hanze.store.hits import Hits, Judged, hits_in, joined, merged
from hanze.store.ordering import CoarseOrder, first_of, ordering_path
from hanze.store.page import Page
from hanze.store.paths import fill_paths
from hanze.store.rows import CommittedRows
from hanze.store.scan import END, Source, window
from hanze.store.slices import Slices
from hanze.store.strings import fill_strings

__all__ = ["Asked"]

#: How many rows are looked at together: few at first, since most pages are full soon.
_FIRST_WINDOW: Final = 4_096
_WIDEST: Final = 65_536
#: Where a row costs more than a comparison: exact geometry, its id from the database, its strings.
_FIRST_COSTLY: Final = 64
_WIDEST_COSTLY: Final = 4_096
_WIDEST_BY_ID: Final = 1_024
_WIDEST_ORDERED: Final = 16_384
#: So many keys are sorted at once, in about 2 ms.
_RUN: Final = 2_048
#: So many entities are looked up by their ids sooner than all of a table are read.
_MOST_IDS: Final = 1_000
#: So many rows are read from the database together.
_TOGETHER: Final = 64


class Asked:
    """One query, and what it needs to be answered.

    Args:
        rows: The committed entities.
        catalog: Knows the @contexts that they were written with.
        tenant_id: Whose entities.
        query: What is asked.
        now: DateTime text; what has expired by then is not there.
    """

    def __init__(
        self, rows: CommittedRows, catalog: Catalog, tenant_id: int, query: EntityQuery, now: str
    ) -> None:
        self._rows = rows
        self._catalog = catalog
        self._tenant_id = tenant_id
        self._now = now
        self._slices = Slices()
        self.query = query
        self._moment = Now(now)
        self._coarse: CoarseOrder | None = None
        self.filter = Filter(query, self._moment, self._rowids_of)
        self._rowids_named: dict[frozenset[str], NDArray[np.int64]] = {}
        ordered_by = None if query.ordering is None else ordering_path(query.ordering)
        self._paths = self.filter.paths | ({ordered_by} if ordered_by else set())
        self._is_costly = (
            query.geo is not None or query.id_pattern is not None or bool(self.filter.string_names)
        )
        self._widest = _widest(query, is_costly=self._is_costly)

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
        size = self._widest
        # A count, or a page far behind, needs many rows: no use to begin with a few.
        if not self.query.count and self.query.offset < _FIRST_WINDOW:
            size = _FIRST_COSTLY if self._is_costly else _FIRST_WINDOW
        after = 0
        while after != END and not page.is_done():
            # What was judged may change while others have their turn: each slice looks again from
            # the last row that was dealt with.
            after = await self._take_window(sources, page, after, size)
            size = min(size * 16, self._widest)
            if self._slices.is_over():
                await self._slices.give_way()

    async def order(self, sources: Sequence[Source], page: Page, ordering: Ordering) -> None:
        """Put the matches into a page in the order that is asked for."""
        orderer = Orderer(ordering)
        now = self._moment.microseconds
        self._coarse = CoarseOrder(
            ordering, orderer, now, alone=len(sources) == 1, hides=self.filter.hides
        )
        found, number = await self._all(sources, page.end)
        first = found.rowids[self._first_of(found, page.end)]
        # Sorted in runs that are merged later: nobody waits while a million keys are compared.
        runs: list[list[tuple[SortKey, int]]] = [[]]
        for stored in self._fetched(first.tolist()):
            entity = None if stored is None else self.readable(stored)
            if stored is not None and entity is not None:
                runs[-1].append((orderer.key(entity), stored.rowid))
            if len(runs[-1]) >= _RUN:
                runs[-1].sort()
                runs.append([])
            if self._slices.is_over():
                await self._slices.give_way()
        runs[-1].sort()
        for _, rowid in islice(merge(*runs), page.end):
            page.add(self._rows.by_rowid(rowid, keep=True) if page.wants_next() else None)
            if self._slices.is_over():
                await self._slices.give_way()
        page.matched = max(page.matched, number)

    def entity(self, stored: StoredEntity) -> Entity | None:
        """Return what is left of an entity at the time of the query."""
        context = self._catalog.context(stored.context_id)
        entity = stored_form.load(stored.body, stored.system, context)
        return entity if stored.expires is None else unexpired(entity, self._now)

    def readable(self, stored: StoredEntity) -> Entity | None:
        """Return what is left of an entity at the time of the query for whoever asks."""
        entity, access = self.entity(stored), self.query.access
        if entity is None or access is None:
            return entity
        seen = access.view(self._catalog.types(stored.typeset_id)).of(entity)
        return None if seen is None else redact(entity, seen)

    async def _take_window(
        self, sources: Sequence[Source], page: Page, after: int, size: int
    ) -> int:
        """Put the matches of the next rows into a page; returns the last rowid dealt with."""
        await self._fill(sources, after, size)
        judged, bound = self._look(sources, after, size)
        is_exact = self.query.id_pattern is None and all(one.verdict.is_exact for one in judged)
        # Counted, not listed: 2 us for 65,536 rows instead of 60.
        if is_exact and page.passes_over(sum(one.number() for one in judged)):
            return bound
        hits = self._hits(judged)
        if hits.sure is None:
            page.take(hits.rowids, self._rows.by_rowids)
            return bound
        return await self._take_unsure(hits, page, bound)

    async def _take_unsure(self, hits: Hits, page: Page, bound: int) -> int:
        rowids = hits.rowids.tolist()
        sure = hits.sure.tolist() if hits.sure is not None else []
        for rowid, is_sure, stored in zip(rowids, sure, self._fetched(rowids), strict=True):
            if is_sure or (stored is not None and self._matches(stored)):
                page.add(stored)
            if page.is_done():
                return bound
            if self._slices.is_over():
                return int(rowid)
        return bound

    async def _all(self, sources: Sequence[Source], wanted: int) -> tuple[Hits, int]:
        """Return the matches that may be among the first, with their places, and count all."""
        kept: Hits = joined([])
        number = 0
        after = 0
        while after != END:
            await self._fill(sources, after, self._widest)
            judged, after = self._look(sources, after, self._widest)
            hits = self._hits(judged)
            if hits.sure is not None:
                hits = await self._only_matching(hits)
            elif self._slices.is_over():
                await self._slices.give_way()
            number += len(hits.rowids)
            # What cannot be on the page any more is not carried along.
            kept = joined([kept, hits]) if len(hits.rowids) else kept
            kept = kept.only(self._first_of(kept, wanted))
        return kept, number

    def _first_of(self, hits: Hits, wanted: int) -> NDArray[np.intp]:
        is_exact = self._coarse is not None and self._coarse.is_exact
        return first_of(hits.low, hits.high, wanted, is_exact=is_exact)

    async def _only_matching(self, hits: Hits) -> Hits:
        keep = np.ones(len(hits.rowids), np.bool_) if hits.sure is None else hits.sure.copy()
        unsure = (~keep).nonzero()[0]
        fetched = self._fetched(hits.rowids[unsure].tolist())
        for position, stored in zip(unsure.tolist(), fetched, strict=True):
            keep[position] = stored is not None and self._matches(stored)
            if self._slices.is_over():
                await self._slices.give_way()
        return hits.only(keep, sure=True)

    def _fetched(self, rowids: Sequence[int]) -> Iterator[StoredEntity | None]:
        """Return entities for a look at them, some at a time."""
        for start in range(0, len(rowids), _TOGETHER):
            yield from self._rows.glance(rowids[start : start + _TOGETHER])

    async def _fill(self, sources: Sequence[Source], after: int, size: int) -> None:
        if not self._paths and not self.filter.string_names:
            return
        for table, block, rows in window(sources, after, size)[0]:
            await fill_paths(table, block, self._paths, self._entity_of, self._slices)
            for name in self.filter.string_names:
                await fill_strings(table, name, (block, rows), self._values, self._slices)

    def _look(self, sources: Sequence[Source], after: int, size: int) -> tuple[list[Judged], int]:
        """Judge the next window; returns also the last rowid that it covers."""
        parts, bound = window(sources, after, size)
        return [Judged(part, self.filter.judge(*part)) for part in parts], bound

    def _hits(self, judged: Sequence[Judged]) -> Hits:
        coarse = self._coarse
        hits = merged(
            [hits_in(one, None if coarse is None else coarse.places(*one.part)) for one in judged]
        )
        if self.query.id_pattern is not None and len(hits.rowids):
            return self._with_id(hits, self.query.id_pattern)
        return hits

    def _with_id(self, hits: Hits, pattern: str) -> Hits:
        first, last = int(hits.rowids[0]), int(hits.rowids[-1])
        matching = {
            rowid
            for rowid, entity_id in self._rows.ids(self._tenant_id, first, last)
            if found_in(pattern, entity_id)
        }
        return hits.only(np.array([rowid in matching for rowid in hits.rowids.tolist()], np.bool_))

    def _values(self, rowids: list[int], name: str) -> Iterator[tuple[int, TargetValue]]:
        """Read the single text, URI or languageMap of an attribute, of the rows that have one."""
        path = ValuePath((name,))
        for rowid, stored in zip(rowids, self._rows.glance(rowids), strict=True):
            if stored is None:
                continue
            context = self._catalog.context(stored.context_id)
            entity = stored_form.load_some(stored.body, context, {name})
            values = [*targets(path, entity, self._follow)]
            if len(values) == 1 and isinstance(values[0], str | Uri | Texts):
                yield rowid, values[0]

    def _matches(self, stored: StoredEntity) -> bool:
        names = self.filter.attributes
        if stored.expires is None and names is not None:
            access = self.query.access
            if access is not None:
                names |= access.view(self._catalog.types(stored.typeset_id)).looks_at
            context = self._catalog.context(stored.context_id)
            some = stored_form.load_some(stored.body, context, names)
            return matches(self.query, some, self._follow)
        entity = self.entity(stored)
        return entity is not None and matches(self.query, entity, self._follow)

    def _follow(self, entity_id: str) -> Entity | None:
        stored = self._rows.by_id(self._tenant_id, entity_id)
        return None if stored is None else self.readable(stored)

    def _rowids_of(self, ids: frozenset[str]) -> NDArray[np.int64] | None:
        """Look up entities by their ids, once for the query."""
        if len(ids) > _MOST_IDS:
            return None
        known = self._rowids_named.get(ids)
        if known is None:
            found = (self._rows.by_id(self._tenant_id, one) for one in ids)
            rowids = [stored.rowid for stored in found if stored is not None]
            known = self._rowids_named[ids] = np.array(rowids, np.int64)
        return known

    def _entity_of(self, rowid: int) -> Entity | None:
        # Whole, with what has expired: the index holds it until it is swept.
        stored = self._rows.by_rowid(rowid)
        if stored is None:
            return None
        context = self._catalog.context(stored.context_id)
        return stored_form.load(stored.body, stored.system, context)


def _widest(query: EntityQuery, *, is_costly: bool) -> int:
    """Return how many rows are judged at most before others get a turn: 10 ms of work."""
    if query.id_pattern is not None:
        return _WIDEST_BY_ID
    if is_costly:
        return _WIDEST_COSTLY
    return _WIDEST if query.ordering is None else _WIDEST_ORDERED
