"""The home page: what is measured where."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from starlette.responses import Response

from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import (
    Direction,
    EntityQuery,
    Ordering,
    OrderTerm,
    TypeSelection,
    ValuePath,
)
from hanze.ngsild.terms import NGSI_LD
from hanze.web.portal.filters import FRESH, Filters, changed_since
from hanze.web.portal.mapping import choose_view, list_picture
from hanze.web.portal.places import Place
from hanze.web.portal.reading import (
    MOST_PLACES,
    Kind,
    Reader,
    has_simulated,
    kinds_of,
    measured_types,
    selection,
)
from hanze.web.portal.rows import card_of, row_of
from hanze.web.portal.site import Visit
from hanze.web.portal.values import latest_moment

__all__ = ["show"]

_NEWEST, _KINDS = 6, 24
_ORDERED = 5_000
_BY_CHANGE = Ordering((OrderTerm(ValuePath((NGSI_LD + "modifiedAt",)), Direction.DESCENDING),))


async def show(visit: Visit) -> Response:
    reader, surroundings = await visit.reader()
    summary = reader.summary()
    kinds = kinds_of(summary)
    records = [kind for kind in kinds if kind.iri in RECORD_IRIS]
    measured = [kind for kind in kinds if kind.layer is None and kind not in records]
    types = measured_types(kinds)
    shown = measured or [kind for kind in kinds if kind not in records]
    newest = await _newest(reader, shown, visit.speaker.formats.now)
    places, total = await _places(reader, types)
    view = choose_view("", places, surroundings)
    return visit.page(
        "home.html",
        measured=[card_of(visit, kind) for kind in measured],
        city=[card_of(visit, kind) for kind in kinds if kind.layer and kind not in records],
        records=sum(kind.count for kind in records),
        total=sum(item.count for item in summary if RECORD_IRIS.keys().isdisjoint(item.types)),
        newest=[row_of(visit, entity) for entity in newest],
        picture=list_picture(visit, Filters(), places, view, surroundings, total=total),
        others=len(visit.site.node.league.confirmed()),
        map_data=Filters().places(visit.language.code),
        simulated=has_simulated(summary),
    )


async def _newest(reader: Reader, kinds: Sequence[Kind], now: datetime) -> list[Entity]:
    """Read what changed last of each kind: a busy kind should not hide the others."""
    found: list[Entity] = []
    each = -(-_NEWEST // max(len(kinds), 1))
    for kind in kinds[:_KINDS]:
        found += await _latest(reader, kind, each, now)
    found.sort(key=_age)
    return found[:_NEWEST]


async def _latest(reader: Reader, kind: Kind, number: int, now: datetime) -> list[Entity]:
    """Read the latest of a kind; of a large kind some that changed lately, as ordering is dear."""
    query = EntityQuery(types=selection((kind.iri,)), limit=number)
    if kind.count <= _ORDERED:
        return await reader.page(replace(query, ordering=_BY_CHANGE))
    for age in FRESH.values():
        entities = await reader.page(replace(query, q=changed_since(now - age)))
        if entities:
            return entities
    return await reader.page(query)


def _age(entity: Entity) -> tuple[bool, float]:
    """Order by the last measurement; what is never measured comes after what is."""
    measured = any(one.observed_at for instances in entity.attributes.values() for one in instances)
    moment = latest_moment(entity)
    return not measured, -moment.timestamp() if moment is not None else 0.0


async def _places(reader: Reader, types: TypeSelection) -> tuple[list[Place], int]:
    return await reader.spread(EntityQuery(types=types), most=MOST_PLACES) if types else ([], 0)
