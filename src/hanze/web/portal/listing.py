"""Lists of entities beside their map, with filters in the address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from hanze.errors import InvalidInput, TooMuch, Unavailable
from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import EntityQuery
from hanze.web.portal.filters import FRESH, LEAGUE, PAGE_SIZE, SORTS, Filters, Names, entity_query
from hanze.web.portal.league.asking import Notice, Whose, offered_types
from hanze.web.portal.league.finding import find, is_possible, names_there, widened
from hanze.web.portal.mapping import choose_view, list_picture
from hanze.web.portal.mercator import parse_view
from hanze.web.portal.places import Place
from hanze.web.portal.reading import (
    MOST_PLACES,
    Kind,
    Reader,
    Surroundings,
    has_simulated,
    kinds_of,
    measured_types,
    shape_of,
)
from hanze.web.portal.rows import Card, card_of, row_of
from hanze.web.portal.site import Visit
from hanze.web.portal.values import Row

__all__ = ["selected", "show"]


_LEAGUE_ZOOM = 7.0


@dataclass(frozen=True)
class _Page:
    """A link to a page of a list; without `href` a gap."""

    number: int
    href: str


@dataclass(frozen=True)
class _Result:
    entities: Sequence[Entity] = ()
    places: Sequence[Place] = ()
    total: int = 0
    on_map: int = 0
    problem: InvalidInput | None = None
    whose: Mapping[str, tuple[tuple[Whose, ...], str]] = field(default_factory=dict)
    notices: Sequence[Notice] = ()


async def show(visit: Visit) -> Response:
    parameters = visit.request.query_params
    filters = Filters.parse(visit.request.path_params.get("type", ""), parameters)
    if "type" in parameters:
        # The form names the type as a field; its place is the path.
        target = replace(filters, type_name=parameters["type"].strip(), page=1)
        return RedirectResponse(target.path(visit.language.code), status_code=303)
    reader, surroundings = await visit.reader()
    summary = reader.summary()
    kinds = kinds_of(summary)
    result = await _search(visit, reader, surroundings, filters)
    view = choose_view(filters.view, result.places, surroundings)
    if filters.where == LEAGUE and not filters.view:
        # Of other cities nothing but the country is drawn: closer nothing tells where a dot is.
        view = view.zoomed(min(_LEAGUE_ZOOM - view.zoom, 0.0))
    following = replace(filters, inside=not filters.inside, view=view.text(), page=1)
    return visit.page(
        "list.html",
        status=200 if result.problem is None else 400,
        filters=filters,
        problem=result.problem,
        label=_label(visit, filters),
        known=_is_known(visit, filters, kinds),
        league=filters.where == LEAGUE,
        can_ask=is_possible(visit) or filters.where == LEAGUE,
        notices=result.notices,
        kinds=_kinds(visit, filters, kinds),
        rows=[_row(visit, entity, result) for entity in result.entities],
        total=result.total,
        first=(filters.page - 1) * PAGE_SIZE + 1,
        pages=_pages(visit, filters, result.total),
        districts=_districts(visit, surroundings),
        fresh=tuple(FRESH),
        sorts=SORTS,
        picture=list_picture(
            visit, filters, result.places, view, surroundings, total=result.on_map
        ),
        following=following.path(visit.language.code),
        clear=Filters(filters.type_name, where=filters.where).path(visit.language.code),
        last_page=replace(filters, page=max(-(-result.total // PAGE_SIZE), 1)).path(
            visit.language.code
        ),
        map_data=None if filters.where else filters.places(visit.language.code),
        api=_call(visit, filters),
        simulated=has_simulated(summary),
    )


async def selected(
    visit: Visit, reader: Reader, surroundings: Surroundings, filters: Filters
) -> EntityQuery:
    """Turn the filters of an address into a query.

    Raises:
        InvalidInput: A filter cannot be read, or names a district that does not exist.
    """
    district = None
    if filters.district:
        entity = reader.entity(filters.district)
        district = shape_of(entity) if entity is not None else None
        if district is None:
            raise InvalidInput("The district does not exist or has no area", field="district")
    shown = choose_view(filters.view, (), surroundings).bounds() if filters.inside else None
    league = filters.where == LEAGUE
    titles = surroundings.titles
    query = entity_query(
        filters,
        Names(visit.context, names_there(visit, titles) if league else titles),
        district=district,
        shown=shown,
        now=datetime.fromisoformat(visit.now),
    )
    return widened(visit, reader, query) if league else query


async def _search(
    visit: Visit, reader: Reader, surroundings: Surroundings, filters: Filters
) -> _Result:
    try:
        query = await selected(visit, reader, surroundings, filters)
        if filters.where == LEAGUE:
            found = await find(visit, reader, query)
            return _Result(
                entities=found.entities,
                places=found.places,
                total=found.total,
                on_map=len(found.places),
                whose=found.whose,
                notices=found.notices,
            )
        # The map shows what is where it looks, whatever the list says of that.
        looks = parse_view(filters.view) is not None
        everywhere = replace(filters, inside=looks)
        drawn = await selected(visit, reader, surroundings, everywhere)
        return await _read(reader, query, _on_map(reader, filters, drawn))
    except InvalidInput as error:
        return _Result(problem=error)
    except (TooMuch, Unavailable) as error:
        return _Result(problem=InvalidInput(str(error)))


async def _read(reader: Reader, query: EntityQuery, drawn: EntityQuery) -> _Result:
    """Read a page and the places of the map; in one search where these are the same."""
    if drawn.q is not None and drawn.geo == query.geo and query.ordering is None:
        found = await reader.search(replace(query, limit=MOST_PLACES, offset=0))
        end = query.offset + query.limit
        if end <= MOST_PLACES:
            entities = reader.load_all(found.entities[query.offset : end])
        else:
            entities = await reader.page(query)
        total = found.count or 0
        return _Result(entities, await reader.places_in(found.entities), total, total)
    page = await reader.search(query)
    places, number = await reader.spread(drawn, most=MOST_PLACES)
    return _Result(reader.load_all(page.entities), places, page.count or 0, number)


def _on_map(reader: Reader, filters: Filters, query: EntityQuery) -> EntityQuery:
    """Leave out what the base map shows already, unless it is asked for."""
    if filters.type_name or filters.any:
        return query
    return replace(query, types=measured_types(kinds_of(reader.summary())) or None)


def _label(visit: Visit, filters: Filters) -> str:
    if not filters.type_name:
        return visit.language.texts.gettext("All data")
    return visit.language.words("type", filters.type_name)


def _is_known(visit: Visit, filters: Filters, kinds: Sequence[Kind]) -> bool:
    iris = {kind.iri for kind in kinds}
    if filters.where == LEAGUE:
        iris.update(offered_types(visit))
    names = {name for iri in iris for name in (iri, visit.context.compact_name(iri))}
    return not filters.type_name or filters.type_name in names


def _kinds(visit: Visit, filters: Filters, kinds: Iterable[Kind]) -> list[Card]:
    """List what can be chosen; in the league also what others offer, whose number nobody knows."""
    here = [card_of(visit, kind) for kind in kinds]
    if filters.where != LEAGUE:
        return here
    known = {kind.name for kind in here}
    offered = {iri: Kind(iri, 0, (), None) for iri in offered_types(visit)}
    there = [card_of(visit, kind) for kind in offered.values()]
    return sorted(
        [*here, *(one for one in there if one.name not in known)], key=lambda one: one.label
    )


def _row(visit: Visit, entity: Entity, result: _Result) -> Row:
    row = row_of(visit, entity)
    if entity.id not in result.whose:
        return row
    several, href = result.whose[entity.id]
    return replace(row, href=href, cities=tuple(dict.fromkeys(one.city for one in several)))


def _pages(visit: Visit, filters: Filters, total: int) -> list[_Page]:
    """Link the first and last page and those around this one."""
    last = max(-(-total // PAGE_SIZE), 1)
    here = filters.page
    numbers = sorted({1, last, *range(max(here - 2, 1), min(here + 2, last) + 1)})
    pages: list[_Page] = []
    for number in numbers:
        if pages and number - pages[-1].number > 1:
            pages.append(_Page(number - 1, ""))
        pages.append(_Page(number, replace(filters, page=number).path(visit.language.code)))
    return pages


def _districts(visit: Visit, surroundings: Surroundings) -> list[tuple[str, str]]:
    named = ((place.id, place.title(visit.language.code)) for place in surroundings.districts)
    return sorted(named, key=lambda item: item[1])


def _call(visit: Visit, filters: Filters) -> str:
    """Write the address of the standard API that answers the type and the expert filters."""
    parts = ["limit=20", "count=true"]
    if filters.type_name:
        parts.insert(0, "type=" + quote(filters.type_name, safe=""))
    if not filters.where and (not filters.type_name or is_possible(visit)):
        parts.insert(0, "local=true")
    for name in ("q", "scope"):
        value = getattr(filters, name)
        if value:
            parts.append(("scopeQ" if name == "scope" else name) + "=" + quote(value, safe=""))
    return f"{visit.base_url}/ngsi-ld/v1/entities?" + "&".join(parts)
