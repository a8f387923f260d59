"""Downloads: the same selection as on the page, as JSON-LD, GeoJSON or CSV, streamed."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

import orjson
import shapely
from msgspec import UNSET
from starlette.responses import Response, StreamingResponse

from hanze.broker.consumption import EntityNotFound
from hanze.broker.distribution.querying import Page
from hanze.broker.distribution.warnings import fitting
from hanze.collaboration.exports import harmless
from hanze.errors import NotFound
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.representation.render import View, feature, normalized
from hanze.ngsild.terms import NGSI_LD
from hanze.web.portal.filters import LEAGUE, Filters
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.league.asking import Asking
from hanze.web.portal.listing import selected
from hanze.web.portal.places import Place
from hanze.web.portal.reading import kinds_of, measured_types, shape_of
from hanze.web.portal.site import Visit
from hanze.web.portal.themes import LAYERS, theme_of
from hanze.web.portal.topology import countries_in
from hanze.web.portal.values import instance_of, title_of

__all__ = ["FormatNotFound", "base", "many", "one", "places"]

_LOCATION = NGSI_LD + "location"
#: What files say besides where several cities were asked.
_CITIES = "nodeCity"
_COLUMNS = (
    *("id", "type", "name", "latitude", "longitude", "attribute", "datasetId"),
    *("value", "unitCode", "unit", "observedAt", "timeZone"),
)
_MOST_INTERACTIVE = 20_000
_SLICE = 500
#: In degrees: what the interactive map shows of a country anyway.
_COARSE = 0.01


class FormatNotFound(NotFound):
    """There is no download with this ending."""

    def __init__(self, ending: str) -> None:
        super().__init__(f"The format {ending} does not exist; csv, geojson and jsonld do")


#: Names of the cities that have an entity; `None` where only one was asked.
_Cities = Sequence[str] | None
_Part = list[tuple[Entity, _Cities]]


@dataclass(frozen=True)
class _Format:
    """How a file begins, continues and ends.

    Attributes:
        media_type: Of the file.
        head: Before the first entity; told whether several cities were asked.
        between: Between entities.
        tail: After the last.
        write: One entity, and the names of the cities that have it; `None` where this one alone
            was asked.
    """

    media_type: str
    head: Callable[[Visit, bool], str]
    between: str
    tail: str
    write: Callable[[Visit, Entity, _Cities], str]


async def many(visit: Visit) -> Response:
    """Answer a selection, as large as it may be."""
    chosen = _format(visit)
    filters = Filters.parse(visit.request.query_params.get("type", ""), visit.request.query_params)
    reader, surroundings = await visit.reader()
    query = await selected(visit, reader, surroundings, filters)
    name = filters.type_name or "entities"
    if filters.where == LEAGUE:
        asking = Asking(visit, reader)
        pages = asking.every(query)
        # Before anything is sent: what fails as a whole is answered as such.
        first = await anext(pages)
        response = _answer(visit, chosen, _of_league(asking, first, pages), name, several=True)
        if first[1].warnings:
            response.headers["ngsild-warning"] = ", ".join(fitting(first[1].warnings))
        return response
    return _answer(visit, chosen, _of_here(reader.every(query)), name)


async def one(visit: Visit) -> Response:
    """Answer one entity."""
    chosen = _format(visit)
    entity_id = visit.request.query_params.get("id", "")
    reader, _ = await visit.reader()
    entity = reader.entity(entity_id)
    if entity is None:
        raise EntityNotFound(entity_id)

    async def pages() -> AsyncIterator[_Part]:
        yield [(entity, None)]

    return _answer(visit, chosen, pages(), entity_id.rsplit(":", 1)[-1])


async def places(visit: Visit) -> Response:
    """Answer what the interactive map draws: places and names, few bytes each."""
    parameters = visit.request.query_params
    filters = Filters.parse(parameters.get("type", ""), parameters)
    reader, surroundings = await visit.reader()
    query = await selected(visit, reader, surroundings, filters)
    if not filters.type_name:
        # The city's own layers are the base map already.
        kinds = kinds_of(reader.summary())
        query = replace(query, types=measured_types(kinds) or None)
    found, _ = await reader.spread(query, most=_MOST_INTERACTIVE)
    features = []
    for start in range(0, len(found), _SLICE):
        # Others wait on the same loop.
        await asyncio.sleep(0)
        features += [_place(visit, place) for place in found[start : start + _SLICE]]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json")


async def base(visit: Visit) -> Response:
    """Answer the base map of the interactive map: countries nearby and the city's own layers."""
    _, surroundings = await visit.reader()
    west, south, east, north = surroundings.bounds or (-180.0, -85.0, 180.0, 85.0)
    near = (max(west - 15, -180), max(south - 10, -85), min(east + 15, 180), min(north + 10, 85))
    land = countries_in(visit.site.countries, near)
    features = [_shape(shapely.simplify(country, _COARSE), "land", "") for country in land]
    features += [
        _shape(place.shape, layer, place.title(visit.language.code))
        for layer in LAYERS
        for place in surroundings.layers.get(layer, ())
        if place.shape is not None
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json")


async def _of_here(pages: AsyncIterator[list[Entity]]) -> AsyncIterator[_Part]:
    async for page in pages:
        yield [(entity, None) for entity in page]


async def _of_league(
    asking: Asking,
    first: tuple[list[Entity], Page],
    others: AsyncIterator[tuple[list[Entity], Page]],
) -> AsyncIterator[_Part]:
    yield _with_cities(asking, *first)
    async for entities, page in others:
        yield _with_cities(asking, entities, page)


def _with_cities(asking: Asking, entities: list[Entity], page: Page) -> _Part:
    return [(one, asking.cities(page, one.id)) for one in entities]


def _answer(
    visit: Visit,
    chosen: _Format,
    pages: AsyncIterator[_Part],
    name: str,
    *,
    several: bool = False,
) -> Response:
    async def chunks() -> AsyncIterator[str]:
        yield chosen.head(visit, several)
        first = True
        async for page in pages:
            texts = [chosen.write(visit, entity, cities) for entity, cities in page]
            if texts:
                yield ("" if first else chosen.between) + chosen.between.join(texts)
                first = False
        yield chosen.tail

    safe = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name)
    ending = visit.request.path_params.get("ending", "geojson")
    return StreamingResponse(
        chunks(),
        media_type=chosen.media_type,
        headers={"content-disposition": f'attachment; filename="{safe[:80]}.{ending}"'},
    )


def _format(visit: Visit) -> _Format:
    ending = visit.request.path_params["ending"]
    if ending not in _FORMATS:
        raise FormatNotFound(ending)
    return _FORMATS[ending]


def _shape(shape: shapely.Geometry, layer: str, title: str) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": orjson.Fragment(shapely.to_geojson(shape)),
        "properties": {"layer": layer, "title": title},
    }


def _place(visit: Visit, place: Place) -> dict[str, object]:
    geometry: object = {"type": "Point", "coordinates": (place.longitude, place.latitude)}
    if place.shape is not None:
        geometry = orjson.Fragment(shapely.to_geojson(place.shape))
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "title": place.title(visit.language.code),
            "href": visit.entity_path(place.id),
            "theme": theme_of(place.kind),
        },
    }


def _json_ld(visit: Visit, entity: Entity, cities: _Cities) -> str:
    rendered = normalized(entity, visit.context, View())
    said = _said(cities)
    return orjson.dumps({**rendered, **said, "@context": visit.context.reference}).decode()


def _geojson(visit: Visit, entity: Entity, cities: _Cities) -> str:
    rendered = feature(entity, visit.context, View(), geometry_property=_LOCATION, simplified=False)
    properties = rendered["properties"]
    if isinstance(properties, dict):
        rendered = {**rendered, "properties": {**properties, **_said(cities)}}
    return orjson.dumps(rendered).decode()


def _said(cities: _Cities) -> dict[str, JsonValue]:
    """Write the cities as an attribute."""
    return {} if cities is None else {_CITIES: {"type": "Property", "value": [*cities]}}


def _geojson_head(visit: Visit, _several: bool) -> str:
    reference = orjson.dumps(visit.context.reference).decode()
    return f'{{"type":"FeatureCollection","@context":{reference},"features":[\n'


def _csv_head(_: Visit, several: bool) -> str:
    # The mark tells spreadsheets that the file is UTF-8.
    return "\ufeff" + _csv_lines([[*_COLUMNS, _CITIES] if several else list(_COLUMNS)])


def _csv(visit: Visit, entity: Entity, cities: _Cities) -> str:
    """Write a line for every instance of every attribute, times in the display zone."""
    shape = shape_of(entity)
    point = shapely.point_on_surface(shape) if shape is not None else None
    place = ("", "") if point is None else (f"{point.y:.6f}", f"{point.x:.6f}")
    kind = " ".join(visit.context.compact_name(iri) for iri in entity.types)
    named = [] if cities is None else [harmless(", ".join(cities))]
    about = (entity.id, kind, title_of(entity, visit.language), *place)
    return _csv_lines(
        [
            [*about, visit.context.compact_name(iri), *_cells(visit, instance), *named]
            for iri, instances in entity.attributes.items()
            for instance in instances
            if instance.kind is not AttributeKind.GEO_PROPERTY
        ]
    )


def _cells(visit: Visit, instance: Attribute) -> list[str]:
    formats = visit.speaker.formats
    observed = parse_moment(instance.observed_at)
    return [
        instance.dataset_id or "",
        _cell(visit, instance),
        instance.unit_code or "",
        instance_of(instance, visit.speaker).unit,
        formats.local_text(observed) if observed is not None else "",
        str(formats.zone) if observed is not None else "",
    ]


def _cell(visit: Visit, instance: Attribute) -> str:
    """Write a value for machines: a number with a point, JSON for what is no scalar."""
    value = instance.value
    if isinstance(value, str):
        vocab = instance.kind is AttributeKind.VOCAB_PROPERTY
        return harmless(visit.context.compact_vocab(value) if vocab else value)
    if value is UNSET:
        return ""
    return orjson.dumps(visit.context.compact_value(value)).decode()


def _csv_lines(rows: list[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


_FORMATS = {
    "jsonld": _Format(
        "application/ld+json", lambda _visit, _several: "[\n", ",\n", "\n]\n", _json_ld
    ),
    "geojson": _Format("application/geo+json", _geojson_head, ",\n", "\n]}\n", _geojson),
    "csv": _Format("text/csv; charset=utf-8", _csv_head, "", "", _csv),
}
