"""Temporal evolutions as they are read: retrieve and query (CIM 009, 5.7.3 and 5.7.4).

A query goes through the evolutions that its ids and types leave, block by block, and reads only the
instances that decide; those that are shown are read for the page alone.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from hanze.broker.consumption import TenantNotFound, require_narrow
from hanze.broker.evolution_matching import matching, promising
from hanze.broker.evolution_reading import Asked, Evolutions, read_page
from hanze.broker.gate import refuse_missing, require, restricted
from hanze.broker.ports import Evolution, Store, Window
from hanze.broker.seen_history import SeenHistory
from hanze.broker.temporal import EvolutionNotFound
from hanze.errors import InvalidInput
from hanze.governance.decision import Asked as Named
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.collation import collation_key
from hanze.ngsild.query.evaluate import linked_depth, matches
from hanze.ngsild.query.members import ENTITY_MEMBERS, ID
from hanze.ngsild.query.tree import Direction, EntityQuery, Ordering
from hanze.ngsild.temporal.filter import Filters, Selected
from hanze.ngsild.temporal.model import TemporalQuery

__all__ = [
    "check_named",
    "check_temporal_breadth",
    "names_in",
    "query_evolutions",
    "retrieve_evolution",
]

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
    store: Store, caller: Caller, entity_id: str, asked: Asked, *, now: str
) -> Evolutions:
    """Return the evolution of one entity, or the part of it that is asked for (5.7.3).

    Args:
        now: DateTime text.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        EvolutionNotFound: There is none, or it has nothing in the range that the caller may read.
        AccessDenied: The caller may not read it, or what is named of it, if it is there.
        PurposeRequired: It is closed data, and the caller says no purpose.
        AttributeNotEligible: A named attribute cannot be aggregated so.
    """
    past = SeenHistory(store, caller, now)
    evolution = _retrieved(past, entity_id, asked)
    found = await read_page(past, [(evolution, None)], Filters(), asked)
    await past.note([evolution])
    if asked.temporal is None and asked.required is None:
        return found
    # What is shown mostly tells that it is there; nothing of it may still leave something else.
    if not _shows_required(found, asked):
        window = Window(names=asked.required, temporal=asked.temporal)
        if not await past.active([evolution], window):
            raise EvolutionNotFound(entity_id)
    return found


def _retrieved(past: SeenHistory, entity_id: str, asked: Asked) -> Evolution:
    store, caller, now = past.store, past.caller, past.now
    require(store, caller, Named(ids=(entity_id,), names=names_in(asked)), now=now)
    evolution = store.history.evolution(caller.tenant, entity_id)
    if evolution is not None and past.sees(evolution):
        return evolution
    if not store.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)
    refuse_missing(store, caller, entity_id, now=now)
    raise EvolutionNotFound(entity_id)


def names_in(asked: Asked) -> Mapping[str, str]:
    """Say which attributes are named, by what names them."""
    picked = dict.fromkeys(asked.names or (), "pick")
    return {
        name: field
        for name, field in {**picked, **dict.fromkeys(asked.required or (), "attrs")}.items()
        if name not in ENTITY_MEMBERS
    }


def check_named(
    store: Store, caller: Caller, query: EntityQuery, asked: Asked, *, now: str
) -> None:
    """Refuse a query of evolutions that names, or filters by, what the caller may not read.

    Args:
        now: DateTime text.

    Raises:
        AccessDenied: With what names it.
        PurposeRequired: It is closed data, and the caller says no purpose.
    """
    restricted(store, caller, query, names=names_in(asked), now=now)


def _shows_required(found: Evolutions, asked: Asked) -> bool:
    shown = {name for one in found.entities for name in one.attributes}
    shown.update(name for one in found.aggregated for name in one.attributes)
    return bool(shown if asked.required is None else shown & asked.required)


async def query_evolutions(
    store: Store,
    caller: Caller,
    query: EntityQuery,
    asked: Asked,
    *,
    local: bool = False,
    now: str,
) -> Evolutions:
    """Return a page of the evolutions that match (5.7.4).

    Args:
        query: Expanded. Its attributes are those of `asked`.
        asked: Its `temporal` is there.
        local: The operation is limited to the local scope (5.5.13), so the query may be wide and
            ordered.
        now: DateTime text.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        AccessDenied: It names, or filters by, what the caller may not read.
        PurposeRequired: It names closed data, and the caller says no purpose.
        InvalidInput: The query is too wide, ordered otherwise than by id, or follows relationships;
            or there is no temporal query.
        AttributeNotEligible: A named attribute cannot be aggregated so.
        TooManyInstances: Deciding takes more instances at once than the node holds.
    """
    if asked.temporal is None:
        raise InvalidInput("timerel and timeAt must be there", field="timerel", clause="5.7.4.4")
    check_temporal_breadth(query, local=local)
    if not store.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)
    check_named(store, caller, query, asked, now=now)
    return await _queried(SeenHistory(store, caller, now), query, asked, asked.temporal)


async def _queried(
    past: SeenHistory, query: EntityQuery, asked: Asked, temporal: TemporalQuery
) -> Evolutions:
    filters = Filters(query.q, query.geo, query.scope)
    window = Window(names=asked.required, temporal=temporal)
    page = _Page(query)
    if _is_listed(past, query) and _is_far(query) and filters == Filters():
        await _turn_to(page, past, window, dated=asked.aggregation is None)
        return await _read(past, page, filters, asked)
    async for found in _active(past, query, window):
        active = found
        if page.judged >= _BLOCK:
            active = await promising(past, found, filters, temporal)
        page.judged += len(active)
        page.take(await matching(past, active, filters, temporal))
        if page.is_full:
            break
        await asyncio.sleep(0)
    return await _read(past, page, filters, asked)


async def _read(past: SeenHistory, page: _Page, filters: Filters, asked: Asked) -> Evolutions:
    query = page.query
    found = await read_page(past, page.kept, filters, asked)
    await past.note([evolution for evolution, _ in page.kept])
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


def _is_listed(past: SeenHistory, query: EntityQuery) -> bool:
    """Tell whether evolutions come as their numbers and types say, and nothing else."""
    named = bool(query.ids or query.selectors) or query.id_pattern is not None
    return not named and query.ordering is None and past.shows_all(query.types)


def _is_far(query: EntityQuery) -> bool:
    """Tell whether the first block of what is listed cannot be enough."""
    return query.count or query.offset + query.limit >= _BLOCK


async def _turn_to(page: _Page, past: SeenHistory, window: Window, *, dated: bool) -> None:
    """Fill a page of evolutions that only have to be active, without looking at those before it."""
    query, history, tenant = page.query, past.store.history, past.caller.tenant
    numbers = await history.active_numbers(tenant, query.types, window)
    page.seen = len(numbers)
    wanted = numbers[query.offset : query.offset + query.limit]
    for start in range(0, len(wanted), _SLICE):
        some = wanted[start : start + _SLICE]
        found = history.numbered(tenant, some, dated=dated)
        page.kept += [(evolution, None) for evolution in found]
        await asyncio.sleep(0)


async def _active(
    past: SeenHistory, query: EntityQuery, window: Window
) -> AsyncIterator[Sequence[Evolution]]:
    """Give the evolutions that have an instance in the window, in their order."""
    history, tenant = past.store.history, past.caller.tenant
    if not _is_listed(past, query):
        async for block in _growing(_blocks(past, query)):
            yield await past.active(block, window)
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


async def _blocks(past: SeenHistory, query: EntityQuery) -> AsyncIterator[Sequence[Evolution]]:
    """Give the evolutions that ids, types and selectors leave, in their order."""
    if query.ordering is not None:
        listed = [one async for block in _unordered(past, query) for one in block]
        _sort(listed, query.ordering)
        for start in range(0, len(listed), _BLOCK):
            yield listed[start : start + _BLOCK]
        return
    async for block in _unordered(past, query):
        yield block


async def _unordered(past: SeenHistory, query: EntityQuery) -> AsyncIterator[Sequence[Evolution]]:
    after = 0
    chosen = EntityQuery(selectors=query.selectors)
    while True:
        block = past.store.history.evolutions(
            past.caller.tenant,
            ids=query.ids,
            id_pattern=query.id_pattern,
            types=query.types,
            after=after,
            limit=_BLOCK,
        )
        yield [
            one
            for one in block
            if past.sees(one) and (not query.selectors or matches(chosen, _bare(one), _nobody))
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
