"""A list of what the whole league has: a page of entities, and where each comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import shapely

from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import EntityQuery
from hanze.web.portal.league.asking import Asking, Notice, Whose, offered_types
from hanze.web.portal.places import TITLES, Place
from hanze.web.portal.reading import Reader, kinds_of, measured_types, selection, shape_of
from hanze.web.portal.site import Visit
from hanze.web.portal.values import title_of

__all__ = ["LeagueFound", "find", "is_possible", "names_there", "widened"]


@dataclass(frozen=True)
class LeagueFound:
    """A page of what the league has.

    Attributes:
        total: How many there are in all.
        whose: By id of an entity: who has it, and the address of its page.
        notices: Whose part is missing.
    """

    entities: Sequence[Entity] = ()
    places: Sequence[Place] = ()
    total: int = 0
    whose: Mapping[str, tuple[tuple[Whose, ...], str]] = field(default_factory=dict)
    notices: Sequence[Notice] = ()


def is_possible(visit: Visit) -> bool:
    """Tell whether there is anybody to ask."""
    return not visit.site.node.registry.is_empty(visit.caller.tenant)


async def find(visit: Visit, reader: Reader, query: EntityQuery) -> LeagueFound:
    """Ask everybody for a page; raises what `query_over_sources` raises."""
    if query.types is None and query.q is None and query.geo is None:
        # No type is known anywhere: there is nothing to ask for.
        return LeagueFound()
    asking = Asking(visit, reader)
    page = await asking.page(query)
    entities = asking.entities(page)
    whose = {one.id: asking.whose(page, one.id) for one in entities}
    placed = (_place(visit, one) for one in entities)
    return LeagueFound(
        entities=entities,
        places=[one for one in placed if one is not None],
        total=page.count or 0,
        whose={key: (several, asking.href(key, several)) for key, several in whose.items()},
        notices=asking.notices(page),
    )


def widened(visit: Visit, reader: Reader, query: EntityQuery) -> EntityQuery:
    """Name all types that are measured here or offered by others, where a query names none.

    A query over several nodes must name something (CIM 009, 5.7.2.4).
    """
    if query.types is not None:
        return query
    here = {iri for one in measured_types(kinds_of(reader.summary())) for iri in one}
    return replace(query, types=selection(here | set(offered_types(visit))) or None)


def names_there(visit: Visit, here: tuple[str, ...]) -> tuple[str, ...]:
    """List the attributes that hold names, here and probably elsewhere, as IRIs."""
    usual = (visit.context.expand_name(name) for name in TITLES)
    return tuple(dict.fromkeys((*here, *usual)))


def _place(visit: Visit, entity: Entity) -> Place | None:
    shape = shape_of(entity)
    if shape is None:
        return None
    point = shape if isinstance(shape, shapely.Point) else shapely.point_on_surface(shape)
    return Place(
        entity.id,
        visit.context.compact_name(entity.types[0]),
        shapely.get_x(point),
        shapely.get_y(point),
        None if isinstance(shape, shapely.Point) else shape,
        ({"value": title_of(entity, visit.language)},),
    )
