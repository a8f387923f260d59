"""Executes the queries of a Snapshot, over this node and others (CIM 009, 5.16.1.4).

All pages of a query are gathered before anything of it is kept: a query that fails leaves nothing.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from hanze.broker.consumption import query_entities
from hanze.broker.distribution.evolutions.querying import TemporalSources, query_over_sources
from hanze.broker.distribution.evolutions.reach import TemporalQuerying
from hanze.broker.distribution.mapped import MapParts, query_by_map
from hanze.broker.distribution.reach import Querying
from hanze.broker.distribution.reading import Reading
from hanze.broker.entity_map import EntityMaps, MapWish
from hanze.broker.evolution_matching import RangeTooWide
from hanze.broker.evolution_reading import Asked, Evolutions
from hanze.broker.evolutions import query_evolutions
from hanze.broker.linked import Shown, linked_entities
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, StoredEntity
from hanze.broker.snapshot.contents import Packed, pack
from hanze.broker.snapshot.ports import SnapshotLimits, SnapshotTooLarge
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.members import ID, TYPE
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.representation.project import project
from hanze.ngsild.snapshot.model import SnapshotQuery
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = ["Budget", "Collector"]

#: Entities of one page over sources.
_PAGE: Final = 1000
#: Evolutions of one page.
_EVOLUTIONS: Final = 200
#: Entities whose links are followed together, and that are read before others get their turn.
_SLICE: Final = 64
#: How long the map of a query lives: longer than its pages take.
_MAP_S: Final = 3600


@dataclass(slots=True)
class Budget:
    """What a Snapshot may still take.

    Attributes:
        entities: Ids of entities that it has.
        size: Bytes of these.
        instances: Of its histories.
        seen: Instances that it has, where several queries may find the same.
    """

    limits: SnapshotLimits
    entities: set[str] = field(default_factory=set)
    size: int = 0
    instances: int = 0
    seen: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def room(self) -> int:
        """How many entities there is still room for."""
        return self.limits.max_entities - len(self.entities)

    def take_entities(self, packed: Iterable[tuple[str, Packed]]) -> None:
        """Count entities.

        Raises:
            SnapshotTooLarge: There is no room for them; nothing is counted.
        """
        ids, size = set(self.entities), self.size
        for entity_id, one in packed:
            ids.add(entity_id)
            size += len(one)
        if len(ids) > self.limits.max_entities:
            raise SnapshotTooLarge(self.limits.max_entities, "entities")
        if size > self.limits.max_mb << 20:
            raise SnapshotTooLarge(self.limits.max_mb, "MB of entities")
        self.entities, self.size = ids, size

    def take_evolutions(self, evolutions: Iterable[TemporalEntity]) -> None:
        """Count instances.

        Raises:
            SnapshotTooLarge: There is no room for them; nothing is counted.
        """
        number = self.instances + sum(map(_instances_of, evolutions))
        if number > self.limits.max_instances:
            raise SnapshotTooLarge(self.limits.max_instances, "instances of attributes")
        self.instances = number


class Collector:
    """Gathers what queries find.

    Args:
        store: What the node has itself.
        reading: The way to entities of all nodes.
        maps: Keep what queries found from page to page.
        limits: Of one Snapshot.
        most_instances: In one answer of a temporal query.
    """

    def __init__(
        self,
        store: Store,
        reading: Reading,
        maps: EntityMaps,
        limits: SnapshotLimits,
        *,
        most_instances: int,
    ) -> None:
        self._store = store
        self._reading = reading
        self._maps = maps
        self.limits = limits
        self._most_instances = most_instances

    async def entities(
        self, origin: Origin, wanted: SnapshotQuery, budget: Budget
    ) -> tuple[list[Packed], list[str]]:
        """Execute a query of the present.

        Returns:
            The entities, those that are linked among them, and warnings of what is missing.

        Raises:
            SnapshotTooLarge: They do not fit.
            HanzeError: What querying raises.
        """
        found = _Found(budget.room)
        if wanted.local or self._reading.is_local(origin.caller.tenant):
            await self._local(origin, wanted, found)
        else:
            await self._over_sources(origin, wanted, found)
        if wanted.join_level:
            await self._linked(origin, wanted, found)
        budget.take_entities(found.packed.items())
        return list(found.packed.values()), list(found.warnings)

    async def evolutions(
        self, origin: Origin, wanted: SnapshotQuery, budget: Budget, *, several: bool
    ) -> tuple[list[TemporalEntity], list[str]]:
        """Execute a temporal query.

        Args:
            several: Whether other queries may have found the same instances.

        Returns:
            The evolutions, and warnings of what is missing.

        Raises:
            SnapshotTooLarge: They do not fit.
            RangeTooWide: One entity has more instances than the node reads at once.
            HanzeError: What querying raises.
        """
        found: list[TemporalEntity] = []
        warnings: dict[str, None] = {}
        wish = MapWish(wanted=not self._reading.is_local(origin.caller.tenant), lifetime_s=_MAP_S)
        offset, limit, number = 0, _EVOLUTIONS, 0
        while True:
            querying = self._temporal(wanted, offset, limit)
            page, heard, wish = await self._evolutions(origin, querying, wish)
            if page.cut:
                if limit == 1:
                    raise RangeTooWide(self._most_instances)
                limit = max(1, limit // 8)
                continue
            warnings.update(dict.fromkeys(heard))
            found += page.entities
            number += sum(map(_instances_of, page.entities))
            if budget.instances + number > self.limits.max_instances:
                raise SnapshotTooLarge(self.limits.max_instances, "instances of attributes")
            if not page.more:
                break
            offset += limit
        if several:
            found = [_fresh(one, budget.seen) for one in found]
        budget.take_evolutions(found)
        return found, list(warnings)

    async def _local(self, origin: Origin, wanted: SnapshotQuery, found: "_Found") -> None:
        """Find everything at one moment."""
        query = replace(wanted.query, limit=found.room + 1)
        page = await query_entities(
            self._store,
            origin.caller,
            query,
            local=wanted.local,
            join_level=wanted.join_level,
            now=origin.now,
        )
        await self._take(origin, wanted, page.entities, found)

    async def _over_sources(self, origin: Origin, wanted: SnapshotQuery, found: "_Found") -> None:
        """Find which entities there are, and then all pages of them."""
        parts = MapParts(self._store, self._reading.sources, self._maps)
        wish = MapWish(wanted=True, lifetime_s=_MAP_S)
        split = self._reading.splits if wanted.split is None else wanted.split
        offset = 0
        while True:
            querying = Querying(
                query=replace(wanted.query, limit=_PAGE, offset=offset),
                names=wanted.names,
                datasets=wanted.datasets,
                csf=wanted.csf,
                split=split,
                join_level=wanted.join_level,
            )
            mapped = await query_by_map(parts, origin, querying, wish, local=False)
            found.warnings.update(dict.fromkeys(mapped.page.warnings))
            await self._take(origin, wanted, mapped.page.entities, found)
            if not mapped.page.more:
                if found.warnings and not found.packed:
                    # Fails where the only source that may have anything does (6.3.17).
                    await self._reading.query(origin, querying)
                return
            wish = MapWish(location=mapped.map_id, lifetime_s=_MAP_S)
            offset += _PAGE

    async def _take(
        self,
        origin: Origin,
        wanted: SnapshotQuery,
        entities: Sequence[StoredEntity | Entity],
        found: "_Found",
    ) -> None:
        for number, one in enumerate(entities):
            if number % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            context = origin.context
            entity = one
            if isinstance(entity, StoredEntity):
                context = self._store.context(entity.context_id)
                entity = self._store.load(entity)
            living = unexpired(entity, origin.now)
            if living is None:
                continue
            if wanted.join_level:
                found.roots[living.id] = living
            found.add(pack(_kept(living, wanted, wanted.projection), context), living.id)

    async def _linked(self, origin: Origin, wanted: SnapshotQuery, found: "_Found") -> None:
        """Add what relationships lead to (4.5.23)."""
        roots = list(found.roots.values())
        for start in range(0, len(roots), _SLICE):
            some = roots[start : start + _SLICE]
            shown = await self._followed(origin, wanted, some, found)
            for entity, projection in shown.values():
                if entity.id not in found.packed:
                    kept = _kept(entity, wanted, projection)
                    found.add(pack(kept, origin.context), entity.id)
            await asyncio.sleep(0)

    async def _followed(
        self, origin: Origin, wanted: SnapshotQuery, some: Sequence[Entity], found: "_Found"
    ) -> dict[str, Shown]:
        level, projection, contained = wanted.join_level, wanted.projection, wanted.contained_by
        if wanted.local:
            return linked_entities(
                self._store,
                origin.caller,
                some,
                level=level,
                projection=projection,
                contained_by=contained,
                now=origin.now,
            )
        over = await self._reading.linked(
            origin, some, level=level, projection=projection, contained_by=contained
        )
        found.warnings.update(dict.fromkeys(self._reading.warnings(over.heard)))
        return over.shown

    def _temporal(self, wanted: SnapshotQuery, offset: int, limit: int) -> TemporalQuerying:
        named = frozenset(wanted.query.attributes)
        split = self._reading.splits if wanted.split is None else wanted.split
        return TemporalQuerying(
            query=replace(wanted.query, attributes=(), limit=limit, offset=offset),
            asked=Asked(
                most=self._most_instances,
                names=_temporal_names(named, wanted.projection),
                required=named or _picked(wanted.projection) or None,
                requested=named or _picked(wanted.projection),
                datasets=wanted.datasets,
                temporal=wanted.temporal,
                last_n=wanted.last_n,
            ),
            csf=wanted.csf,
            split=split and not wanted.local,
            local=wanted.local,
        )

    async def _evolutions(
        self, origin: Origin, querying: TemporalQuerying, wish: MapWish
    ) -> tuple[Evolutions, Sequence[str], MapWish]:
        if querying.local or not wish:
            page = await query_evolutions(
                self._store,
                origin.caller,
                querying.query,
                querying.asked,
                local=querying.local,
                now=origin.now,
            )
            return page, (), wish
        sources = TemporalSources(self._store, self._reading.sources.distributor, self._maps)
        found = await query_over_sources(sources, origin, querying, wish)
        if found.entity_map is not None:
            wish = MapWish(location=found.entity_map.id, lifetime_s=_MAP_S)
        return found.evolutions, found.warnings, wish


class _Found:
    """What a query found so far.

    Args:
        room: So many entities there may be.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.packed: dict[str, Packed] = {}
        self.roots: dict[str, Entity] = {}
        self.warnings: dict[str, None] = {}

    def add(self, packed: Packed, entity_id: str) -> None:
        """Add an entity.

        Raises:
            SnapshotTooLarge: There is no room for it.
        """
        self.packed[entity_id] = packed
        if len(self.packed) > self.room:
            raise SnapshotTooLarge(self.room, "entities more")


def _kept(entity: Entity, wanted: SnapshotQuery, projection: Projection | None) -> Entity:
    """Leave of an entity what the query is about."""
    entity = project(entity, projection).entity
    names = frozenset(wanted.query.attributes)
    datasets = wanted.datasets
    if not names and datasets is None:
        return entity
    attributes = {}
    for name, instances in entity.attributes.items():
        if names and name not in names:
            continue
        some = instances
        if datasets is not None:
            some = tuple(one for one in instances if one.dataset_id in datasets)
        if some:
            attributes[name] = some
    return msgspec.structs.replace(entity, attributes=attributes)


def _picked(projection: Projection | None) -> frozenset[str]:
    """The attributes that are picked, the scope among them."""
    if projection is None or projection.pick is None:
        return frozenset()
    return frozenset(term.name for term in projection.pick) - {ID, TYPE}


def _temporal_names(named: frozenset[str], projection: Projection | None) -> frozenset[str] | None:
    """The attributes that are read; `None` for all."""
    if projection is None:
        return named or None
    omitted = {term.name for term in projection.omit}
    if projection.pick is None:
        return named - omitted if named else None
    picked = _picked(projection)
    return (picked & named if named else picked) - omitted


def _instances_of(evolution: TemporalEntity) -> int:
    return sum(len(instances) for instances in evolution.attributes.values())


def _fresh(evolution: TemporalEntity, seen: set[tuple[str, ...]]) -> TemporalEntity:
    """Leave out instances that another query found too."""
    attributes: dict[str, tuple[Instance, ...]] = {}
    for name, instances in evolution.attributes.items():
        fresh = []
        for one in instances:
            key = (evolution.id, name, one.instance_id or repr(one.attribute))
            if key not in seen:
                seen.add(key)
                fresh.append(one)
        if fresh:
            attributes[name] = tuple(fresh)
    return TemporalEntity(id=evolution.id, types=evolution.types, attributes=attributes)
