"""Queries of entities by entity maps: one is made, or one that was made is used (CIM 009, 5.5.14)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from hanze.broker.consumption import TenantNotFound, check_breadth
from hanze.broker.distribution.asking import in_chunks
from hanze.broker.distribution.linking import linked_over_sources
from hanze.broker.distribution.mapping import fill_map
from hanze.broker.distribution.narrowing import portions, selectors_of
from hanze.broker.distribution.querying import Page, matching_sources
from hanze.broker.distribution.reach import Own, Querying, Reach
from hanze.broker.distribution.requests import with_map, without_map
from hanze.broker.distribution.sources import Ask, Heard, Sources, warnings_of
from hanze.broker.entity_map import (
    LOCAL,
    EntityMap,
    EntityMaps,
    MapKind,
    MapWish,
    fingerprint_of,
    owner_of,
)
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, StoredEntity
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import linked_depth, matches
from hanze.ngsild.query.named import attributes_looked_at

__all__ = ["MapParts", "Mapped", "create_map", "query_by_map"]

#: Candidates that are gathered at once, where their filters are looked at here.
_BLOCK: Final = 200
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True)
class MapParts:
    """What queries by maps take."""

    store: Store
    sources: Sources
    maps: EntityMaps


class Mapped(msgspec.Struct, frozen=True):
    """A page, and the map that it is of, if it is of one.

    Attributes:
        created: Whether the map is new.
    """

    page: Page
    entity_map: EntityMap | None = None
    created: bool = False

    @property
    def map_id(self) -> str | None:
        """The id of the map."""
        return None if self.entity_map is None else self.entity_map.id


async def query_by_map(
    parts: MapParts, origin: Origin, asked: Querying, wish: MapWish, *, local: bool
) -> Mapped:
    """Return a page of the entities of a map that match still (5.7.2, 5.5.9.3).

    Args:
        parts: What it takes.
        origin: The request.
        asked: The same as when the map was made, but for ids and the page.
        wish: The map that is to be used; where it is no more, or none is named, one is made.
        local: The operation is limited to this node (5.5.13).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide, or another one than that of the map.
        TooManyEntities: It concerns more than the node keeps the ids of.
        TooManyMapped: So it is of the map.
    """
    reach = _reach(parts, origin, asked, local=local)
    fingerprint = _fingerprint(asked, local=local)
    found = None
    if wish.location is not None:
        found = parts.maps.used(
            owner_of(origin.caller), wish.location, MapKind.ENTITIES, fingerprint, now=origin.now
        )
        if found is not None and found.mark != _mark(parts, origin):
            # It is of what could be read then.
            found = None
    created = found is None
    troubles: list[Heard] = []
    if found is None:
        found, troubles = await _made(parts, reach, fingerprint, wish)
    page = await _Paging(reach, found).page()
    warnings = dict.fromkeys(
        [*warnings_of(troubles, parts.sources.distributor.alias), *page.warnings]
    )
    page = msgspec.structs.replace(page, warnings=list(warnings))
    return Mapped(page, found, created)


async def create_map(
    parts: MapParts, origin: Origin, asked: Querying, wish: MapWish, *, local: bool
) -> tuple[EntityMap, Sequence[str]]:
    """Make a map of the entities that match, and return it with warnings (5.14.4).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide.
        TooManyEntities: It concerns more than the node keeps the ids of.
        TooManyMapped: So it is of the map.
    """
    reach = _reach(parts, origin, asked, local=local)
    found, troubles = await _made(parts, reach, _fingerprint(asked, local=local), wish)
    return found, warnings_of(troubles, parts.sources.distributor.alias)


def _reach(parts: MapParts, origin: Origin, asked: Querying, *, local: bool) -> Reach:
    check_breadth(asked.query, local=local, join_level=asked.join_level)
    if not parts.store.tenant_exists(origin.caller.tenant):
        raise TenantNotFound(origin.caller.tenant)
    return Reach(
        store=parts.store,
        sources=parts.sources,
        origin=origin,
        asked=asked,
        matches=[] if local else matching_sources(parts.sources, origin, asked),
    )


def _fingerprint(asked: Querying, *, local: bool) -> str:
    return fingerprint_of(asked.query, asked.csf, asked.split, asked.join_level, local)


def _mark(parts: MapParts, origin: Origin) -> int:
    return parts.store.gate.access(origin.caller, origin.now).mark


async def _made(
    parts: MapParts, reach: Reach, fingerprint: str, wish: MapWish
) -> tuple[EntityMap, list[Heard]]:
    origin = reach.origin
    split = reach.asked.filtered_here and bool(reach.matches)
    found = parts.maps.new(owner_of(origin.caller), MapKind.ENTITIES, fingerprint, split=split)
    found.mark = _mark(parts, origin)
    troubles = await fill_map(reach, parts.maps, found)
    parts.maps.keep(found, now=origin.now, lifetime_s=wish.lifetime_s)
    return found, troubles


class _Paging:
    """Makes a page of what a map has, and takes out of the map what matches no longer."""

    def __init__(self, reach: Reach, found: EntityMap) -> None:
        self._reach = reach
        self._found = found
        self._heard: list[Heard] = []

    async def page(self) -> Page:
        query, found = self._reach.asked.query, self._found
        listed = list(found.entries)
        if query.ids:
            wanted = frozenset(query.ids)
            listed = [one for one in listed if one in wanted]
        made: list[StoredEntity | Entity] = []
        if not found.split:
            position = query.offset
            while len(made) < query.limit and position < len(listed):
                block = listed[position : position + query.limit - len(made)]
                position += len(block)
                made += (await self._matching(block)).values()
            gone = [one for one in listed if one not in found.entries]
            return self._answer(made, len(listed) - len(gone), more=position < len(listed))
        # Those before were looked at for an earlier page.
        seen = position = 0 if query.ids else min(query.offset, found.checked)
        while position < len(listed) and (query.count or seen <= query.offset + query.limit):
            block = listed[position : position + _BLOCK]
            position += len(block)
            some = list((await self._matching(block)).values())
            start = max(0, query.offset - seen)
            made += some[start : start + query.limit - len(made)]
            seen += len(some)
            if not query.ids and not self._failed:
                found.checked = max(found.checked, seen)
        return self._answer(made, seen, more=seen > query.offset + query.limit)

    def _answer(self, made: Sequence[StoredEntity | Entity], count: int, *, more: bool) -> Page:
        query = self._reach.asked.query
        return Page(
            made,
            count if query.count else None,
            more and bool(query.limit),
            warnings_of(self._heard, self._reach.sources.distributor.alias),
        )

    @property
    def _failed(self) -> bool:
        return any(one.failure is not None for one in self._heard)

    async def _matching(self, ids: Sequence[str]) -> dict[str, StoredEntity | Entity]:
        """Gather entities, and look at their filters again (5.5.9.3)."""
        own, heard = await asyncio.gather(self._own(ids), self._remote(ids))
        self._heard += heard
        whose = {mine.stored.rowid: entity_id for entity_id, mine in own.items()}
        made = {
            whose[one.rowid] if isinstance(one, StoredEntity) else one.id: one
            for one in self._reach.assembled(ids, own, heard)
        }
        if self._found.split:
            made = await self._filtered(made, own)
        if not self._failed:
            self._found.remove(one for one in ids if one not in made)
        return made

    async def _own(self, ids: Sequence[str]) -> dict[str, Own]:
        mine = tuple(one for one in ids if LOCAL in self._found.entries.get(one, ()))
        if not mine:
            return {}
        if self._found.split:
            return await self._reach.own(self._reach.own_of(mine))
        query = replace(self._reach.asked.query, ids=mine, limit=len(mine), offset=0, count=False)
        return await self._reach.own((await self._reach.local(query)).entities)

    async def _remote(self, ids: Sequence[str]) -> list[Heard]:
        """Ask those who have entities, each with the map that it made itself."""
        reach, found = self._reach, self._found
        question = reach.question(self._names())
        asks: list[Ask] = []
        for match in reach.matches:
            source = match.registration.id
            theirs = tuple(one for one in ids if source in found.entries.get(one, ()))
            if not theirs:
                continue
            linked = found.linked.get(source)
            selectors = selectors_of(replace(reach.asked.query, ids=theirs))
            for portion in portions(match.information, selectors):
                for part in in_chunks(portion):
                    if part.ids:
                        ask = reach.ask(match, part, question, limit=len(part.ids))
                        call = with_map(ask.call, linked)
                        asks.append(msgspec.structs.replace(ask, call=call))
        heard = await reach.sources.ask_all(reach.origin, asks)
        return [
            one if plain is None else await reach.sources.ask(reach.origin, plain)
            for one, plain in zip(heard, map(_plain, asks, heard), strict=True)
        ]

    def _names(self) -> frozenset[str] | None:
        names = self._reach.asked.names
        if names is None or not self._found.split:
            return names
        return names | attributes_looked_at(self._reach.asked.query)

    async def _filtered(
        self, made: Mapping[str, StoredEntity | Entity], own: Mapping[str, Own]
    ) -> dict[str, StoredEntity | Entity]:
        reach, query = self._reach, self._reach.asked.query
        entities = {
            entity_id: self._reach.whole(own[entity_id]) if isinstance(one, StoredEntity) else one
            for entity_id, one in made.items()
        }
        known: Mapping[str, Entity] = entities
        if query.q is not None and (depth := linked_depth(query.q)):
            linked = await linked_over_sources(
                reach.store, reach.sources, reach.origin, list(entities.values()), level=depth
            )
            self._heard += linked.heard
            known = {**{uri: entity for uri, (entity, _) in linked.shown.items()}, **entities}
        unpaged = replace(query, ids=())
        return {
            entity_id: one
            for entity_id, one in made.items()
            if matches(unpaged, entities[entity_id], known.get)
        }


def _plain(ask: Ask, heard: Heard) -> Ask | None:
    """Give a request without its map, where the source refuses it with one."""
    if heard.failure is None or heard.failure.status != _BAD_REQUEST:
        return None
    call = without_map(ask.call)
    return None if call is None else msgspec.structs.replace(ask, call=call)
