"""What the portal reads through the broker: the base map, names, pages of entities, places."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import shapely

from hanze.broker.consumption import find_stored, query_entities
from hanze.broker.discovery import summarise
from hanze.broker.gate import tells_missing
from hanze.broker.ports import Found, Store, StoredEntity, TypeSummary
from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.ngsild.terms import NGSI_LD
from hanze.ngsild.vocabulary import HANZE_NS
from hanze.web.portal.mercator import Bounds, bounds_of
from hanze.web.portal.places import TITLES, Place, Places
from hanze.web.portal.svgmap import Layer
from hanze.web.portal.themes import LAYERS, layer_of
from hanze.web.portal.translation import local_name

__all__ = [
    "MOST_PLACES",
    "Kind",
    "Reader",
    "Surroundings",
    "bounds_of_places",
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
_STRETCHES, _STRETCHES_IN = 40, 5
_PAGE = 500
_LOCATION = NGSI_LD + "location"
_SIMULATED = HANZE_NS + "simulated"


@dataclass(frozen=True)
class Kind:
    """A type of entities, and what is known of it."""

    iri: str
    count: int
    attributes: tuple[str, ...]
    layer: str | None


@dataclass(frozen=True)
class Surroundings:
    """What surrounds the measurements: it changes rarely, and every map needs it.

    Attributes:
        mark: The numbers it was read at; other numbers mean that it has to be read again.
        layers: Entities of the base map by layer.
        drawn: Paths of the base map that were drawn already, by view.
        bounds: Of the base map; `None` when the city has drawn nothing.
        titles: IRIs of attributes that hold names.
    """

    mark: tuple[TypeSummary, ...]
    layers: Mapping[str, tuple[Place, ...]]
    bounds: Bounds | None
    titles: tuple[str, ...]
    drawn: dict[str, tuple[Layer, ...]] = field(default_factory=dict, compare=False)

    @property
    def districts(self) -> tuple[Place, ...]:
        return self.layers.get("district", ())


class Reader:
    """Reads as one caller, at one moment."""

    def __init__(self, store: Store, caller: Caller, now: str, known: Places) -> None:
        self._store = store
        self._known = known
        self._caller = caller
        self._now = now

    @property
    def mark(self) -> int:
        """The same for who may read the same."""
        return self._store.gate.access(self._caller, self._now).mark

    def summary(self) -> list[TypeSummary]:
        return summarise(self._store, self._caller, now=self._now)

    def load(self, stored: StoredEntity) -> Entity | None:
        """Load an entity without what has expired; `None` when it has expired itself."""
        entity = self._store.load(stored)
        return entity if stored.expires is None else unexpired(entity, self._now)

    def stored(self, entity_id: str) -> StoredEntity | None:
        return find_stored(self._store, self._caller, entity_id, now=self._now)

    def tells_missing(self, entity_id: str) -> bool:
        """Tell whether it may be said that there is no entity with an id."""
        return tells_missing(self._store, self._caller, entity_id, now=self._now)

    def entity(self, entity_id: str) -> Entity | None:
        stored = self.stored(entity_id)
        return None if stored is None else self.load(stored)

    async def search(self, query: EntityQuery) -> Found:
        return await query_entities(self._store, self._caller, query, local=True, now=self._now)

    async def page(self, query: EntityQuery) -> list[Entity]:
        """Return a page of entities."""
        return self.load_all((await self.search(query)).entities)

    def load_all(self, stored: Iterable[StoredEntity]) -> list[Entity]:
        loaded = (self.load(item) for item in stored)
        return [entity for entity in loaded if entity is not None]

    async def spread(self, query: EntityQuery, *, most: int) -> tuple[list[Place], int]:
        """Return places for a map, and how many entities match.

        Where they are too many to draw them all, they come from all over the result: the first
        ones are those that were imported first, often one corner of a country.
        """
        # Conditions on values are looked at anew from the start for each stretch.
        stretches = 1 if query.q is not None else _STRETCHES if query.geo is None else _STRETCHES_IN
        whole = replace(query, limit=most, offset=0, ordering=None, count=True)
        if stretches == 1:
            found = await self.search(whole)
            return await self.places_in(found.entities), found.count or 0
        total = (await self.search(replace(whole, limit=0))).count or 0
        if total <= most:
            return await self.places(replace(whole, count=False)), total
        stored: list[StoredEntity] = []
        for number in range(stretches):
            part = replace(whole, limit=most // stretches, offset=number * total // stretches)
            stored += (await self.search(replace(part, count=False))).entities
        return await self.places_in(stored), total

    async def places(self, query: EntityQuery) -> list[Place]:
        """Return where the entities of a query are; those without a place are left out."""
        return await self.places_in((await self.search(query)).entities)

    async def places_in(self, stored: Sequence[StoredEntity]) -> list[Place]:
        """Find where entities are, in slices: others wait on the same loop."""
        places: list[Place] = []
        for start in range(0, len(stored), _SLICE):
            if start:
                await asyncio.sleep(0)
            some = (self._place(item) for item in stored[start : start + _SLICE])
            places.extend(place for place in some if place is not None)
        return places

    def _place(self, stored: StoredEntity) -> Place | None:
        # The body still holds what has expired.
        if stored.expires is not None:
            entity = self.load(stored)
            if entity is None or shape_of(entity) is None:
                return None
        return self._known.of(stored)

    async def every(self, query: EntityQuery) -> AsyncIterator[list[Entity]]:
        """Go through all that match, in pages: for downloads of any size."""
        offset, more = 0, True
        while more:
            page = replace(query, limit=_PAGE, offset=offset, count=False)
            found = await self.search(page)
            more = found.more
            offset += _PAGE
            yield self.load_all(found.entities)

    async def surroundings(self, known: Surroundings | None) -> Surroundings:
        """Read the base map, unless what is known of it still holds."""
        summary = self.summary()
        mark = tuple(item for item in summary if any(layer_of(iri) for iri in item.types))
        titles = _titles(summary)
        if known is not None and known.mark == mark and known.titles == titles:
            return known
        layers = {layer: await self._layer(layer, mark) for layer in LAYERS}
        every = [place for places in layers.values() for place in places]
        # Cities of the collective are points all over the world; what is drawn has a shape.
        drawn = [place for place in every if place.shape is not None]
        return Surroundings(mark, layers, bounds_of_places(drawn or every), titles)

    async def _layer(self, layer: str, mark: Sequence[TypeSummary]) -> tuple[Place, ...]:
        types = selection(iri for item in mark for iri in item.types if layer_of(iri) == layer)
        if not types:
            return ()
        return tuple(await self.places(EntityQuery(types=types, limit=_MOST_BASE)))


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
    """Select what is measured: the base map and the collective's records only where all is that."""
    measured = [kind.iri for kind in kinds if kind.layer is None and kind.iri not in RECORD_IRIS]
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


def bounds_of_places(places: Sequence[Place]) -> Bounds | None:
    """Enclose places; `None` when there are none."""
    points = [(place.longitude, place.latitude) for place in places if place.shape is None]
    shapes = [place.shape for place in places if place.shape is not None]
    if shapes:
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        points += [(west, south), (east, north)]
    return bounds_of(points)


def _titles(summary: Iterable[TypeSummary]) -> tuple[str, ...]:
    names = {
        attribute.name
        for item in summary
        for attribute in item.attributes
        if local_name(attribute.name) in TITLES and attribute.count
    }
    return tuple(sorted(names))
