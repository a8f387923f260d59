"""Retrieve and query through `/entities` and `/entityOperations/query` (CIM 009, 6.4, 6.5, 6.23)."""

from dataclasses import dataclass, replace
from functools import lru_cache

from hanze.broker.consumption import query_entities, retrieve_entity
from hanze.broker.distribution.querying import Page
from hanze.broker.distribution.reach import Querying
from hanze.broker.distribution.retrieving import Retrieving
from hanze.broker.origin import Origin
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.tree import EntityQuery, QueryNode, TypeSelection
from hanze.ngsild.terms import API_PATH
from hanze.web.api.bodies import context_of, read_object
from hanze.web.api.entities import entity_id_of
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

__all__ = [
    "LONGEST_QUERY",
    "MAX_LIMIT",
    "QUERY_PARAMETERS",
    "RETRIEVE_PARAMETERS",
    "page_links",
    "paged",
    "query",
    "query_by_body",
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
class _Plan:
    """All that a query's parameters and headers say.

    Attributes:
        split: Whether entities may be split over sources; `None` where that is not said.
    """

    query: EntityQuery
    local: bool
    showing: Showing
    csf: QueryNode | None = None
    split: bool | None = None


@dataclass(frozen=True, slots=True)
class _RetrievePlan:
    """All that a retrieval's parameters and headers say."""

    types: TypeSelection | None
    local: bool
    showing: Showing


async def retrieve(request: Request) -> Response:
    """Retrieve Entity (6.5.3.1)."""
    entity_id = entity_id_of(request)
    link = request.header(b"link")
    context = await context_of(request)
    plan_of = _retrieve_plan if _is_short(request) else _retrieve_plan.__wrapped__
    plan = plan_of(
        request.query, context, link, request.header(b"accept"), request.header(b"prefer")
    )
    showing, now = plan.showing, request.node.clock()
    reading = request.node.reading
    if plan.local or reading.is_local(request.caller.tenant):
        stored = retrieve_entity(
            request.node.store, request.caller, entity_id, types=plan.types, now=now
        )
        return await render_one(request, stored, entity_id, showing, now=now)
    origin = origin_of(request, context, now)
    wanted = Retrieving(
        entity_id=entity_id,
        types=plan.types,
        names=showing.needed,
        listed=showing.attributes,
        datasets=showing.view.dataset_ids,
    )
    found = await reading.retrieve(origin, wanted)
    response = await render_one(request, found.entity, entity_id, showing, now=now, origin=origin)
    warn(response, found.warnings)
    return response


async def query(request: Request) -> Response:
    """Query Entities (6.4.3.2)."""
    link = request.header(b"link")
    context = await context_of(request)
    plan_of = _query_plan if _is_short(request) else _query_plan.__wrapped__
    plan = plan_of(
        request.query, context, link, request.header(b"accept"), request.header(b"prefer")
    )
    return await _page(request, plan)


async def query_by_body(request: Request) -> Response:
    """Query Entities by POST (6.23.3.1)."""
    url = url_parameters(request.query, BODY_PARAMETERS)
    body, context = await read_object(request, limit=LONGEST_QUERY)
    parameters = parameters_of_body(body, url)
    selection = selection_of(parameters, context, selectors_of_body(body, context))
    showing = showing_of(
        parameters, context, accept=request.header(b"accept"), prefer=request.header(b"prefer")
    )
    return await _page(request, _plan(selection, parameters, showing))


def _is_short(request: Request) -> bool:
    """Tell whether a request may be remembered: long ones would let clients fill the memory."""
    headers = (request.header(name) for name in (b"link", b"accept", b"prefer"))
    return len(request.query) + sum(len(text) for text in headers if text) <= _LONGEST_REMEMBERED


# Clients repeat themselves. The Link header is part of the key because two contexts that say the
# same may be called differently, and the answer names the one that was asked with.
@lru_cache(maxsize=1024)
def _query_plan(
    query_string: bytes,
    context: Context,
    _link: bytes | None,
    accept: bytes | None,
    prefer: bytes | None,
) -> _Plan:
    parameters = url_parameters(query_string, QUERY_PARAMETERS)
    selection = selection_of(parameters, context)
    showing = showing_of(parameters, context, accept=accept, prefer=prefer)
    return _plan(selection, parameters, showing)


def _plan(selection: Selection, parameters: Parameters, showing: Showing) -> _Plan:
    split = parameters.flag("splitEntities") if "splitEntities" in parameters else None
    query_ = paged(selection.query, parameters)
    return _Plan(query_, selection.local, showing, selection.csf, split)


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
    return _RetrievePlan(types, parameters.flag("local"), showing)


def paged(query_: EntityQuery, parameters: Parameters) -> EntityQuery:
    """Add the page that is asked for (6.3.10)."""
    limit, offset, count = parameters.page(default=_DEFAULT_LIMIT, maximum=MAX_LIMIT)
    return replace(query_, limit=limit, offset=offset, count=count)


async def _page(request: Request, plan: _Plan) -> Response:
    """Answer one page, with links to those beside it (5.5.9, 6.3.10)."""
    asked = plan.query
    now = request.node.clock()
    origin = None
    if not plan.local and not request.node.reading.is_local(request.caller.tenant):
        origin = origin_of(request, plan.showing.context, now)
    found = await _search(request, plan, asked, now, origin)
    if asked.offset and asked.limit and not found.entities:
        # An offset past the end is read as the end: the last entity is answered (6.3.10).
        count = replace(asked, limit=0, offset=0, count=True)
        counted = await _search(request, plan, count, now, origin)
        if counted.count:
            asked = replace(asked, offset=counted.count - 1)
            found = await _search(request, plan, asked, now, origin)
    response = await render_list(request, found.entities, plan.showing, now=now, origin=origin)
    warn(response, found.warnings)
    if found.count is not None:
        response.headers.append((b"ngsild-results-count", str(found.count).encode()))
    response.headers += page_links(request, asked, plan.showing.media.value, more=found.more)
    return response


def page_links(
    request: Request, asked: EntityQuery, media: str, *, more: bool
) -> list[tuple[bytes, bytes]]:
    """Link to the pages beside the one that is answered (6.3.10).

    Args:
        asked: The page.
        media: Media type of the answer.
        more: Whether a page follows.
    """
    if not asked.limit:
        return []
    links = [_page_link(request, asked, asked.limit, "next", media)] if more else []
    return links + [_page_link(request, asked, -asked.limit, "prev", media)] * bool(asked.offset)


async def _search(
    request: Request, plan: _Plan, asked: EntityQuery, now: str, origin: Origin | None
) -> Page:
    showing, reading = plan.showing, request.node.reading
    if origin is None:
        found = await query_entities(
            request.node.store,
            request.caller,
            asked,
            local=plan.local,
            join_level=showing.join_level,
            now=now,
        )
        return Page(found.entities, found.count, found.more)
    querying = Querying(
        query=asked,
        names=showing.needed,
        datasets=showing.view.dataset_ids,
        csf=plan.csf,
        split=reading.splits if plan.split is None else plan.split,
        join_level=showing.join_level,
    )
    return await reading.query(origin, querying)


def _page_link(
    request: Request, asked: EntityQuery, step: int, rel: str, media: str
) -> tuple[bytes, bytes]:
    rest = [
        part
        for part in request.query.decode("latin-1").split("&")
        if part and part.partition("=")[0] not in {"limit", "offset"}
    ]
    offset = max(0, asked.offset + step)
    rest += [f"limit={asked.limit}", f"offset={offset}"]
    target = f"{API_PATH}/{'/'.join(request.segments)}?{'&'.join(rest)}"
    return b"link", f'<{target}>; rel="{rel}"; type="{media}"'.encode("latin-1")
