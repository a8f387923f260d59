"""The home page: what is measured where."""

from starlette.responses import Response

from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import Direction, EntityQuery, Ordering, OrderTerm, ValuePath
from hanze.ngsild.terms import NGSI_LD
from hanze.web.portal.filters import Filters
from hanze.web.portal.mapping import choose_view, list_picture
from hanze.web.portal.reading import MOST_PLACES, Place, has_simulated, kinds_of, selection
from hanze.web.portal.rows import card_of, places_of, row_of
from hanze.web.portal.site import Visit

__all__ = ["show"]

_NEWEST = 8
_BY_CHANGE = Ordering((OrderTerm(ValuePath((NGSI_LD + "modifiedAt",)), Direction.DESCENDING),))


async def show(visit: Visit) -> Response:
    reader, surroundings = await visit.reader()
    summary = reader.summary()
    kinds = kinds_of(summary)
    measured = [kind for kind in kinds if kind.layer is None]
    types = selection(kind.iri for kind in measured or kinds)
    newest: list[Entity] = []
    places: list[Place] = []
    if types:
        ordered = EntityQuery(types=types, ordering=_BY_CHANGE, limit=_NEWEST)
        newest, _, _ = await reader.page(ordered)
        places = await places_of(reader, EntityQuery(types=types, limit=MOST_PLACES))
    view = choose_view("", places, surroundings)
    total = sum(kind.count for kind in measured or kinds)
    return visit.page(
        "home.html",
        measured=[card_of(visit, kind) for kind in measured],
        city=[card_of(visit, kind) for kind in kinds if kind.layer is not None],
        total=sum(item.count for item in summary),
        newest=[row_of(visit, entity) for entity in newest],
        picture=list_picture(visit, Filters(), places, view, surroundings, total=total),
        map_data=Filters().download(visit.language.code, "geojson"),
        simulated=has_simulated(summary),
    )
