"""Retrieve and query through `/entities` and `/entityOperations/query` (CIM 009, 6.4, 6.5, 6.23)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from hanze.broker.consumption import query_entities, retrieve_entity
from hanze.broker.distribution.mapped import MapParts, Mapped, query_by_map
from hanze.broker.distribution.querying import Page
from hanze.broker.distribution.reach import Querying
from hanze.broker.distribution.retrieving import Retrieving
from hanze.broker.entity_map import MapKind, MapWish, owner_of
from hanze.broker.origin import Origin
from hanze.broker.ports import StoredEntity
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.tree import EntityQuery, QueryNode, TypeSelection
from hanze.ngsild.terms import API_PATH
from hanze.web.api.bodies import context_of, read_object
from hanze.web.api.entities import entity_id_of
from hanze.web.api.left_out import tell_left_out
from hanze.web.api.map_wishes import note_map, wished, with_header
from hanze.web.api.origin import origin_of
from hanze.web.api.parameters import Parameters, url_parameters
from hanze.web.api.queries import (
    BODY_PARAMETERS,
    SELECTING,
    Selection,
    parameters_of_body,
    selected_types,
    selection_of,
    selectors_of_body,
)
from hanze.web.api.rendering import render_list, render_one, warn
from hanze.web.api.showing import SHOWING, Showing, showing_of
from hanze.web.http import Request, Response
from hanze.web.negotiation import Media

__all__ = [
    "LONGEST_QUERY",
    "MAX_LIMIT",
    "QUERY_PARAMETERS",
    "RETRIEVE_PARAMETERS",
    "QueryPlan",
    "map_parts",
    "page_links",
    "paged",
    "plan_of_body",
    "plan_of_url",
    "query",
    "query_by_body",
    "querying_of",
    "retrieve",
]

QUERY_PARAMETERS = (
    SELECTING
    | SHOWING
    | {"limit", "offset", "count", "splitEntities"}
    | {"orderBy", "collation", "orderFrom", "orderGeometry"}
)
RETRIEVE_PARAMETERS = SHOWING | {"type", "local"}

_DEFAULT_LIMIT = 20
#: Entities that one page may hold (6.3.10).
MAX_LIMIT = 1000
#: The polygon of a district fits, with all else.
_LONGEST_REMEMBERED = 16 * 1024
#: Anyone may query: ids and polygons within their own limits fit, and no more is parsed.
LONGEST_QUERY = 4 << 20


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """All that a query's parameters and headers say.

    Attributes:
        split: Whether entities may be split over sources; `None` where that is not said.
        wish: What it says of entity maps, but for the header.
    """

    query: EntityQuery
    local: bool
    showing: Showing
    csf: QueryNode | None
    split: bool | None
    wish: MapWish
    _asked: dict[bool, Querying] = field(default_factory=dict, compare=False, repr=False)

    def querying(self, *, splits: bool) -> Querying:
        """Say what is asked over sources; it is kept, as the plan is.

        Args:
            splits: Whether entities may be split where the query does not say so.
        """
        split = (splits if self.split is None else self.split) and not self.local
        known = self._asked.get(split)
        if known is None:
            known = self._asked[split] = Querying(
                query=self.query,
                names=self.showing.needed,
                datasets=self.showing.view.dataset_ids,
                csf=self.csf,
                split=split,
                join_level=self.showing.join_level,
                named=self.showing.named,
            )
        return known


@dataclass(frozen=True, slots=True)
class _RetrievePlan:
    """All that a retrieval's parameters and headers say."""

    types: TypeSelection | None
    local: bool
    showing: Showing
    wish: MapWish


async def retrieve(request: Request) -> Response:
    """Retrieve Entity (6.5.3.1)."""
    entity_id = entity_id_of(request)
    context = await context_of(request)
    plan_of = _retrieve_plan if _is_short(request) else _retrieve_plan.__wrapped__
    header = request.by_name().get
    plan = plan_of(request.query, context, header(b"link"), header(b"accept"), header(b"prefer"))
    showing, now = plan.showing, request.node.clock()
    wish = with_header(request, plan.wish)
    if plan.local or (not wish and request.node.registry.is_empty(request.caller.tenant)):
        stored = retrieve_entity(
            request.node.store,
            request.caller,
            entity_id,
            types=plan.types,
            names=showing.named,
            now=now,
        )
        response = await render_one(request, stored, entity_id, showing, now=now)
        if not stored.is_whole:
            tell_left_out(request, response, _each(request.node.store.types_of(stored)), now=now)
        return response
    origin = origin_of(request, context, now)
    wanted = Retrieving(
        entity_id=entity_id,
        types=plan.types,
        names=showing.needed,
        listed=showing.attributes,
        datasets=showing.view.dataset_ids,
        named=showing.named,
    )
    maps = request.node.entity_maps
    used = maps.any_used(
        owner_of(request.caller), wish.location, MapKind.ENTITIES, entity_id, now=now
    )
    found = await request.node.reading.retrieve(origin, wanted, used)
    response = await render_one(request, found.entity, entity_id, showing, now=now, origin=origin)
    warn(response, found.warnings)
    if wish and used is None:
        used = maps.of_one(owner_of(request.caller), MapKind.ENTITIES, entity_id, found.holders)
        maps.keep(used, now=now, lifetime_s=wish.lifetime_s)
    note_map(response, used, created=False)
    if isinstance(found.entity, StoredEntity) and not found.entity.is_whole:
        types = _each(request.node.store.types_of(found.entity))
        tell_left_out(request, response, types, now=now)
    return response


def _each(types: Iterable[str]) -> TypeSelection:
    return tuple(frozenset((one,)) for one in types)


async def query(request: Request) -> Response:
    """Query Entities (6.4.3.2)."""
    return await _page(request, await plan_of_url(request))


async def query_by_body(request: Request) -> Response:
    """Query Entities by POST (6.23.3.1)."""
    return await _page(request, await plan_of_body(request))


async def plan_of_url(request: Request) -> QueryPlan:
    """Read a query from URL parameters.

    Raises:
        InvalidInput: A parameter is wrong, or contradicts another.
    """
    context = await context_of(request)
    plan_of = _query_plan if _is_short(request) else _query_plan.__wrapped__
    header = request.by_name().get
    return plan_of(request.query, context, header(b"link"), header(b"accept"), header(b"prefer"))


async def plan_of_body(request: Request) -> QueryPlan:
    """Read a query from a body (5.2.23), and the URL parameters beside it.

    Raises:
        InvalidInput: It is no Query.
    """
    url = url_parameters(request.query, BODY_PARAMETERS)
    body, context = await read_object(request, limit=LONGEST_QUERY)
    parameters = parameters_of_body(body, url)
    selection = selection_of(parameters, context, selectors_of_body(body, context))
    showing = showing_of(
        parameters, context, accept=request.header(b"accept"), prefer=request.header(b"prefer")
    )
    return _plan(selection, parameters, showing)


def _is_short(request: Request) -> bool:
    """Tell whether a request may be remembered: long ones would let clients fill the memory."""
    header = request.by_name().get
    told = len(header(b"link", b"")) + len(header(b"accept", b"")) + len(header(b"prefer", b""))
    return told + len(request.query) <= _LONGEST_REMEMBERED


# Clients repeat themselves. The Link header is part of the key because two contexts that say the
# same may be called differently, and the answer names the one that was asked with.
@lru_cache(maxsize=1024)
def _query_plan(
    query_string: bytes,
    context: Context,
    _link: bytes | None,
    accept: bytes | None,
    prefer: bytes | None,
) -> QueryPlan:
    parameters = url_parameters(query_string, QUERY_PARAMETERS)
    selection = selection_of(parameters, context)
    showing = showing_of(parameters, context, accept=accept, prefer=prefer)
    return _plan(selection, parameters, showing)


def _plan(selection: Selection, parameters: Parameters, showing: Showing) -> QueryPlan:
    split = parameters.flag("splitEntities") if "splitEntities" in parameters else None
    query_ = paged(selection.query, parameters)
    return QueryPlan(query_, selection.local, showing, selection.csf, split, wished(parameters))


@lru_cache(maxsize=1024)
def _retrieve_plan(
    query_string: bytes,
    context: Context,
    _link: bytes | None,
    accept: bytes | None,
    prefer: bytes | None,
) -> _RetrievePlan:
    parameters = url_parameters(query_string, RETRIEVE_PARAMETERS)
    if "scope" in parameters.listed("attrs"):
        raise InvalidInput("attrs cannot name the scope", field="attrs", clause="6.5.3.1")
    types = selected_types(parameters.get("type"), context)
    showing = showing_of(parameters, context, accept=accept, prefer=prefer)
    return _RetrievePlan(types, parameters.flag("local"), showing, wished(parameters))


def paged(query_: EntityQuery, parameters: Parameters) -> EntityQuery:
    """Add the page that is asked for (6.3.10)."""
    limit, offset, count = parameters.page(default=_DEFAULT_LIMIT, maximum=MAX_LIMIT)
    return replace(query_, limit=limit, offset=offset, count=count)


async def _page(request: Request, plan: QueryPlan) -> Response:
    """Answer one page, with links to those beside it (5.5.9, 6.3.10)."""
    asked = plan.query
    now = request.node.clock()
    wish = with_header(request, plan.wish)
    origin = None
    if wish or not (plan.local or request.node.registry.is_empty(request.caller.tenant)):
        origin = origin_of(request, plan.showing.context, now)
    first = found = await _search(request, plan, asked, now, (origin, wish))
    if asked.offset and asked.limit and not found.page.entities:
        # An offset past the end is read as the end: the last entity is answered (6.3.10).
        over = (origin, wish if first.entity_map is None else replace(wish, location=first.map_id))
        count = replace(asked, limit=0, offset=0, count=True)
        counted = await _search(request, plan, count, now, over)
        if counted.page.count:
            asked = replace(asked, offset=counted.page.count - 1)
            found = await _search(request, plan, asked, now, over)
    page = found.page
    whence = None if plan.local else origin
    response = await render_list(request, page.entities, plan.showing, now=now, origin=whence)
    warn(response, page.warnings)
    tell_left_out(request, response, plan.query, now=now)
    note_map(response, first.entity_map, created=first.created)
    if page.count is not None:
        response.headers.append((b"ngsild-results-count", str(page.count).encode()))
    response.headers += page_links(request, asked, plan.showing.media, more=page.more)
    return response


def map_parts(request: Request) -> MapParts:
    """Give what queries by maps take."""
    node = request.node
    return MapParts(node.store, node.reading.sources, node.entity_maps)


def querying_of(request: Request, plan: QueryPlan, asked: EntityQuery) -> Querying:
    """Say what is asked over sources, for a page of it."""
    whole = plan.querying(splits=request.node.reading.splits)
    by_body = request.method == "POST"
    if asked is plan.query and not by_body:
        return whole
    return replace(whole, query=asked, by_body=by_body)


def page_links(
    request: Request, asked: EntityQuery, media: Media, *, more: bool
) -> list[tuple[bytes, bytes]]:
    """Link to the pages beside the one that is answered (6.3.10).

    Args:
        asked: The page.
        media: Of the answer.
        more: Whether a page follows.
    """
    if not asked.limit or not (more or asked.offset):
        return []
    remembered = len(request.query) <= _LONGEST_REMEMBERED
    links = _page_links if remembered else _page_links.__wrapped__
    page = asked.limit, asked.offset
    return links("/".join(request.segments), request.query, page, more, media.value)


async def _search(
    request: Request,
    plan: QueryPlan,
    asked: EntityQuery,
    now: str,
    over: tuple[Origin | None, MapWish],
) -> Mapped:
    """Find a page, here alone where there is no origin, or over sources, by a map if one is wished."""
    origin, wish = over
    if origin is None:
        found = await query_entities(
            request.node.store,
            request.caller,
            asked,
            local=plan.local,
            join_level=plan.showing.join_level,
            names=plan.showing.named,
            now=now,
        )
        return Mapped(Page(found.entities, found.count, found.more))
    querying = querying_of(request, plan, asked)
    if wish:
        return await query_by_map(map_parts(request), origin, querying, wish, local=plan.local)
    return Mapped(await request.node.reading.query(origin, querying))


# As with what is asked, so with where it goes on from there.
@lru_cache(maxsize=1024)
def _page_links(
    path: str, query_string: bytes, page: tuple[int, int], more: bool, media: str
) -> list[tuple[bytes, bytes]]:
    limit, offset = page
    rest = [
        part
        for part in query_string.decode("latin-1").split("&")
        if part and part.partition("=")[0] not in {"limit", "offset"}
    ]

    def link(start: int, rel: str) -> tuple[bytes, bytes]:
        target = "&".join([*rest, f"limit={limit}", f"offset={max(0, start)}"])
        text = f'<{API_PATH}/{path}?{target}>; rel="{rel}"; type="{media}"'
        return b"link", text.encode("latin-1")

    following = [link(offset + limit, "next")] if more else []
    return following + [link(offset - limit, "prev")] * bool(offset)
