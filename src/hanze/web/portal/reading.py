"""What the portal reads through the broker: the base map, names, pages of entities, places."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import shapely

from hanze.broker.consumption import query_entities
from hanze.broker.ports import Store, StoredEntity, TypeSummary
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.ngsild.terms import NGSI_LD
from hanze.ngsild.vocabulary import HANZE_NS
from hanze.web.portal.mercator import Bounds
from hanze.web.portal.themes import LAYERS, layer_of
from hanze.web.portal.translation import local_name

__all__ = [
    "MOST_PLACES",
    "Kind",
    "Place",
    "Reader",
    "Surroundings",
    "has_simulated",
    "kinds_of",
    "measured_types",
    "selection",
    "shape_of",
]

#: More places than this are not drawn on one map: the page says so.
MOST_PLACES = 2_000
_MOST_BASE = 4_000
_SLICE = 200
_PAGE = 500
_LOCATION = NGSI_LD + "location"
_SIMULATED = HANZE_NS + "simulated"
_TITLES = ("name", "title", "alternateName")


@dataclass(frozen=True)
class Kind:
    """A type of entities, and what is known of it."""

    iri: str
    count: int
    attributes: tuple[str, ...]
    layer: str | None


@dataclass(frozen=True)
class Place:
    """An entity that has a place."""

    entity: Entity
    shape: shapely.Geometry


@dataclass(frozen=True)
class Surroundings:
    """What surrounds the measurements: it changes rarely, and every map needs it.

    Attributes:
        mark: The numbers it was read at; other numbers mean that it has to be read again.
        layers: Entities of the base map by layer.
        bounds: Of the base map; `None` when the city has drawn nothing.
        titles: IRIs of attributes that hold names.
    """

    mark: tuple[TypeSummary, ...]
    layers: Mapping[str, tuple[Place, ...]]
    bounds: Bounds | None
    titles: tuple[str, ...]

    @property
    def districts(self) -> tuple[Place, ...]:
        return self.layers.get("district", ())


class Reader:
    """Reads as one caller, at one moment."""

    def __init__(self, store: Store, caller: Caller, now: str) -> None:
        self._store = store
        self._caller = caller
        self._now = now

    def summary(self) -> tuple[TypeSummary, ...]:
        return self._store.summary(self._caller.tenant)

    def load(self, stored: StoredEntity) -> Entity | None:
        """Load an entity without what has expired; `None` when it has expired itself."""
        entity = self._store.load(stored)
        return entity if stored.expires is None else unexpired(entity, self._now)

    def entity(self, entity_id: str) -> Entity | None:
        stored = self._store.stored(self._caller.tenant, entity_id)
        return None if stored is None else self.load(stored)

    async def page(self, query: EntityQuery) -> tuple[list[Entity], int, bool]:
        """Return a page of entities, how many match in all, and whether more follow."""
        found = await query_entities(self._store, self._caller, query, local=True, now=self._now)
        entities = await self._load_all(found.entities)
        return entities, found.count or 0, found.more

    async def every(self, query: EntityQuery) -> AsyncIterator[list[Entity]]:
        """Go through all that match, in pages: for downloads of any size."""
        offset, more = 0, True
        while more:
            page = _part(query, limit=_PAGE, offset=offset)
            entities, _, more = await self.page(page)
            offset += _PAGE
            yield entities

    async def surroundings(self, known: Surroundings | None) -> Surroundings:
        """Read the base map, unless what is known of it still holds."""
        summary = self.summary()
        mark = tuple(item for item in summary if any(layer_of(iri) for iri in item.types))
        titles = _titles(summary)
        if known is not None and known.mark == mark and known.titles == titles:
            return known
        layers = {layer: await self._layer(layer, mark) for layer in LAYERS}
        shapes = [place.shape for places in layers.values() for place in places]
        bounds = tuple(shapely.total_bounds(shapes).tolist()) if shapes else None
        return Surroundings(mark, layers, bounds, titles)

    async def _layer(self, layer: str, mark: Sequence[TypeSummary]) -> tuple[Place, ...]:
        types = selection(iri for item in mark for iri in item.types if layer_of(iri) == layer)
        if not types:
            return ()
        entities, _, _ = await self.page(EntityQuery(types=types, limit=_MOST_BASE))
        places = ((entity, shape_of(entity)) for entity in entities)
        return tuple(Place(entity, shape) for entity, shape in places if shape is not None)

    async def _load_all(self, stored: Sequence[StoredEntity]) -> list[Entity]:
        entities: list[Entity] = []
        for start in range(0, len(stored), _SLICE):
            if start:
                await asyncio.sleep(0)  # others wait on the same loop
            loaded = (self.load(item) for item in stored[start : start + _SLICE])
            entities.extend(entity for entity in loaded if entity is not None)
        return entities


def kinds_of(summary: Iterable[TypeSummary]) -> list[Kind]:
    """List the types, the most numerous first; an entity of two types counts for both."""
    counts: dict[str, int] = {}
    attributes: dict[str, dict[str, int]] = {}
    for item in summary:
        for iri in item.types:
            counts[iri] = counts.get(iri, 0) + item.count
            known = attributes.setdefault(iri, {})
            for attribute in item.attributes:
                # Relationships say how things hang together, not what is measured.
                if AttributeKind.RELATIONSHIP not in attribute.kinds:
                    known[attribute.name] = known.get(attribute.name, 0) + attribute.count
    kinds = [
        Kind(iri, count, tuple(attributes[iri]), layer_of(iri)) for iri, count in counts.items()
    ]
    return sorted(kinds, key=lambda kind: (-kind.count, kind.iri))


def has_simulated(summary: Iterable[TypeSummary]) -> bool:
    """Tell whether any entity is made up."""
    return any(
        attribute.name == _SIMULATED and attribute.count
        for item in summary
        for attribute in item.attributes
    )


def measured_types(kinds: Sequence[Kind]) -> TypeSelection:
    """Select what is measured; the layers of the base map only where there is nothing else."""
    measured = [kind.iri for kind in kinds if kind.layer is None]
    return selection(measured or [kind.iri for kind in kinds])


def selection(types: Iterable[str]) -> TypeSelection:
    """Select entities of any of these types."""
    return tuple(frozenset((iri,)) for iri in sorted(set(types)))


def shape_of(entity: Entity) -> shapely.Geometry | None:
    """Say where an entity is: its location, else its first GeoProperty."""
    instances = entity.attributes.get(_LOCATION) or next(
        (
            found
            for found in entity.attributes.values()
            if found[0].kind is AttributeKind.GEO_PROPERTY
        ),
        (),
    )
    for instance in instances:
        if instance.kind is AttributeKind.GEO_PROPERTY and isinstance(instance.value, Mapping):
            return to_shape(instance.value)
    return None


def _titles(summary: Iterable[TypeSummary]) -> tuple[str, ...]:
    names = {
        attribute.name
        for item in summary
        for attribute in item.attributes
        if local_name(attribute.name) in _TITLES and attribute.count
    }
    return tuple(sorted(names))


def _part(query: EntityQuery, *, limit: int, offset: int) -> EntityQuery:
    return EntityQuery(
        ids=query.ids,
        types=query.types,
        q=query.q,
        scope=query.scope,
        geo=query.geo,
        ordering=query.ordering,
        limit=limit,
        offset=offset,
    )
