"""Temporal evolutions as they are read: retrieve and query (CIM 009, 5.7.3 and 5.7.4).

A query goes through the evolutions that its ids and types leave, block by block, and reads only the
instances that decide; those that are shown are read for the page alone.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from hanze.broker.consumption import TenantNotFound, require_narrow
from hanze.broker.evolution_matching import matching, promising
from hanze.broker.evolution_reading import Asked, Evolutions, read_page
from hanze.broker.ports import Evolution, Store, Window
from hanze.broker.sharing import may_read_evolution, restricted
from hanze.broker.temporal import EvolutionNotFound, existing_evolution
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.collation import collation_key
from hanze.ngsild.query.evaluate import linked_depth, matches
from hanze.ngsild.query.members import ID
from hanze.ngsild.query.tree import Direction, EntityQuery, Ordering
from hanze.ngsild.temporal.filter import Filters, Selected

__all__ = ["check_temporal_breadth", "query_evolutions", "retrieve_evolution"]

#: Evolutions that are looked up before others get their turn.
_BLOCK = 500
#: Blocks that the store is asked about at once, where a query goes beyond the first.
_TOGETHER = 4
#: Evolutions that are loaded by number before others get their turn: 2 ms of work.
_SLICE = 100


@dataclass(slots=True)
class _Page:
    """The evolutions of one page while it is being filled."""

    query: EntityQuery
    seen: int = 0
    judged: int = 0
    kept: list[tuple[Evolution, Selected | None]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        asked = self.query
        return not asked.count and self.seen > asked.offset + asked.limit

    def take(self, found: Sequence[tuple[Evolution, Selected | None]]) -> None:
        start = max(0, self.query.offset - self.seen)
        room = self.query.limit - len(self.kept)
        self.kept += found[start : start + room] if room > 0 else ()
        self.seen += len(found)


async def retrieve_evolution(
    store: Store, caller: Caller, entity_id: str, asked: Asked
) -> Evolutions:
    """Return the evolution of one entity, or the part of it that is asked for (5.7.3).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        EvolutionNotFound: There is none, or it has nothing in the range.
        AttributeNotEligible: A named attribute cannot be aggregated so.
    """
    evolution = existing_evolution(store, caller, entity_id)
    if not may_read_evolution(store, caller, evolution):
        raise EvolutionNotFound(entity_id)
    found = await read_page(store, caller, [(evolution, None)], Filters(), asked)
    if asked.temporal is None and asked.required is None:
        return found
    # What is shown mostly tells that it is there; nothing of it may still leave something else.
    if not _shows_required(found, asked):
        window = Window(names=asked.required, temporal=asked.temporal)
        if not await store.history.active(caller.tenant, [evolution], window):
            raise EvolutionNotFound(entity_id)
    return found


def _shows_required(found: Evolutions, asked: Asked) -> bool:
    shown = {name for one in found.entities for name in one.attributes}
    shown.update(name for one in found.aggregated for name in one.attributes)
    return bool(shown if asked.required is None else shown & asked.required)


async def query_evolutions(
    store: Store, caller: Caller, query: EntityQuery, asked: Asked, *, local: bool = False
) -> Evolutions:
    """Return a page of the evolutions that match (5.7.4).

    Args:
        query: Expanded. Its attributes are those of `asked`.
        asked: Its `temporal` is there.
        local: The operation is limited to the local scope (5.5.13), so the query may be wide and
            ordered.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide, ordered otherwise than by id, or follows relationships;
            or there is no temporal query.
        AttributeNotEligible: A named attribute cannot be aggregated so.
        TooManyInstances: Deciding takes more instances at once than the node holds.
    """
    if asked.temporal is None:
        raise InvalidInput("timerel and timeAt must be there", field="timerel", clause="5.7.4.4")
    check_temporal_breadth(query, local=local)
    query = restricted(caller, query)
    if not store.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)
    filters = Filters(query.q, query.geo, query.scope)
    window = Window(names=asked.required, temporal=asked.temporal)
    page = _Page(query)
    if _is_far(query) and filters == Filters():
        await _turn_to(page, store, caller, window, dated=asked.aggregation is None)
        return await _read(store, caller, page, filters, asked)
    async for found in _active(store, caller, query, window):
        active = found
        if page.judged >= _BLOCK:
            active = await promising(store, caller, found, filters, asked.temporal)
        page.judged += len(active)
        page.take(await matching(store, caller, active, filters, asked.temporal))
        if page.is_full:
            break
        await asyncio.sleep(0)
    return await _read(store, caller, page, filters, asked)


async def _read(
    store: Store, caller: Caller, page: _Page, filters: Filters, asked: Asked
) -> Evolutions:
    query = page.query
    found = await read_page(store, caller, page.kept, filters, asked)
    found.count = page.seen if query.count else None
    found.more = page.seen > query.offset + query.limit
    return found


def check_temporal_breadth(query: EntityQuery, *, local: bool) -> None:
    """Refuse a query that names too little, is ordered by too much, or joins (5.7.4.4).

    Raises:
        InvalidInput: Names the rule that is broken.
    """
    require_narrow(query, local=local, clause="5.7.4.4")
    if query.q is not None and linked_depth(query.q):
        raise InvalidInput(
            "Queries of temporal evolution follow no relationships", field="q", clause="5.7.4.4"
        )
    if query.ordering is None:
        return
    if not local:
        raise InvalidInput(
            "Ordering is only available with local=true", field="orderBy", clause="5.7.4.4"
        )
    if any(
        term.path.names != (ID,) or term.direction not in _DIRECTIONS
        for term in query.ordering.terms
    ):
        raise InvalidInput(
            "Temporal evolutions are ordered by id alone", field="orderBy", clause="5.7.4.4"
        )


_DIRECTIONS = frozenset((Direction.ASCENDING, Direction.DESCENDING))


def _is_listed(query: EntityQuery) -> bool:
    """Tell whether evolutions come as their numbers and types say, and nothing else."""
    named = bool(query.ids or query.selectors) or query.id_pattern is not None
    return not named and query.access is None and query.ordering is None


def _is_far(query: EntityQuery) -> bool:
    """Tell whether the first block cannot be enough."""
    return _is_listed(query) and (query.count or query.offset + query.limit >= _BLOCK)


async def _turn_to(
    page: _Page, store: Store, caller: Caller, window: Window, *, dated: bool
) -> None:
    """Fill a page of evolutions that only have to be active, without looking at those before it."""
    query = page.query
    numbers = await store.history.active_numbers(caller.tenant, query.types, window)
    page.seen = len(numbers)
    wanted = numbers[query.offset : query.offset + query.limit]
    for start in range(0, len(wanted), _SLICE):
        some = wanted[start : start + _SLICE]
        found = store.history.numbered(caller.tenant, some, dated=dated)
        page.kept += [(evolution, None) for evolution in found]
        await asyncio.sleep(0)


async def _active(
    store: Store, caller: Caller, query: EntityQuery, window: Window
) -> AsyncIterator[Sequence[Evolution]]:
    """Give the evolutions that have an instance in the window, in their order."""
    history, tenant = store.history, caller.tenant
    if not _is_listed(query):
        async for block in _growing(_blocks(store, caller, query)):
            yield await history.active(tenant, block, window)
        return
    after = 0
    if not _is_far(query):
        first = history.evolutions(tenant, types=query.types, limit=_BLOCK)
        yield await history.active(tenant, first, window)
        if len(first) < _BLOCK:
            return
        after = first[-1].number
    numbers = await history.active_numbers(tenant, query.types, window)
    step = _BLOCK * _TOGETHER
    for start in range(bisect_right(numbers, after), len(numbers), step):
        found: list[Evolution] = []
        for place in range(start, min(start + step, len(numbers)), _SLICE):
            found += history.numbered(tenant, numbers[place : min(place + _SLICE, start + step)])
            await asyncio.sleep(0)
        yield found


async def _growing(
    blocks: AsyncIterator[Sequence[Evolution]],
) -> AsyncIterator[Sequence[Evolution]]:
    """Give the first block alone, as most pages need no more, and later ones together."""
    collected: list[Evolution] = []
    number = 0
    async for block in blocks:
        collected += block
        if number % _TOGETHER == 0:
            yield collected
            collected = []
        number += 1
    if collected:
        yield collected


async def _blocks(
    store: Store, caller: Caller, query: EntityQuery
) -> AsyncIterator[Sequence[Evolution]]:
    """Give the evolutions that ids, types and selectors leave, in their order."""
    if query.ordering is not None:
        listed = [one async for block in _unordered(store, caller, query) for one in block]
        _sort(listed, query.ordering)
        for start in range(0, len(listed), _BLOCK):
            yield listed[start : start + _BLOCK]
        return
    async for block in _unordered(store, caller, query):
        yield block


async def _unordered(
    store: Store, caller: Caller, query: EntityQuery
) -> AsyncIterator[Sequence[Evolution]]:
    after = 0
    chosen = EntityQuery(selectors=query.selectors)
    while True:
        block = store.history.evolutions(
            caller.tenant,
            ids=query.ids,
            id_pattern=query.id_pattern,
            types=query.types,
            after=after,
            limit=_BLOCK,
        )
        yield [
            one
            for one in block
            if may_read_evolution(store, caller, one)
            and (not query.selectors or matches(chosen, _bare(one), _nobody))
        ]
        if len(block) < _BLOCK:
            return
        after = block[-1].number
        await asyncio.sleep(0)


def _bare(evolution: Evolution) -> Entity:
    return Entity(id=evolution.id, types=evolution.types, attributes={})


def _nobody(_entity_id: str) -> None:
    """No linked entity is looked up: selectors are about ids and types."""


def _sort(evolutions: list[Evolution], ordering: Ordering) -> None:
    """Order by id; the first term decides, as no two ids are the same (4.23)."""
    key = collation_key(ordering.collation)
    descending = ordering.terms[0].direction is Direction.DESCENDING
    evolutions.sort(key=lambda one: (key(one.id), one.id), reverse=descending)
