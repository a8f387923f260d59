"""Retrieve and query temporal evolutions (CIM 009, 6.18.3.2, 6.19.3.1, 6.24)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hanze.broker.distribution.evolutions.querying import (
    TemporalFound,
    TemporalSources,
    query_over_sources,
)
from hanze.broker.distribution.evolutions.reach import TemporalQuerying
from hanze.broker.distribution.evolutions.retrieving import retrieve_over_sources
from hanze.broker.entity_map import MapWish
from hanze.broker.evolutions import query_evolutions, retrieve_evolution
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.query.tree import EntityQuery, EntitySelector, QueryNode
from hanze.web.api.bodies import context_of, read_object
from hanze.web.api.consumption import LONGEST_QUERY, page_links, paged
from hanze.web.api.left_out import tell_left_out
from hanze.web.api.map_wishes import note_map, wished, with_header
from hanze.web.api.origin import origin_of
from hanze.web.api.parameters import InvalidRequest, Parameters, url_parameters
from hanze.web.api.queries import (
    SELECTING,
    parameters_of_body,
    selection_of,
    selectors_of_body,
)
from hanze.web.api.rendering import warn
from hanze.web.api.temporal import evolution_id_of
from hanze.web.api.temporal_rendering import render_evolutions
from hanze.web.api.temporal_showing import TEMPORAL, TemporalShowing, showing_of_temporal
from hanze.web.http import Request, Response

__all__ = [
    "BODY_PARAMETERS",
    "QUERY_PARAMETERS",
    "RETRIEVE_PARAMETERS",
    "TemporalPlan",
    "plan_of",
    "query",
    "query_by_body",
    "read_query",
    "retrieve",
    "sources_of",
]

RETRIEVE_PARAMETERS = TEMPORAL | {"local"}
QUERY_PARAMETERS = (
    SELECTING | TEMPORAL | {"limit", "offset", "count", "splitEntities", "orderBy", "collation"}
)
#: URL parameters beside a Query body; all others are members of the body.
BODY_PARAMETERS = frozenset({"limit", "offset", "count", "format", "options", "local"})

#: Members of a Query's temporalQ and aggrParams, with the parameters that say the same.
_TEMPORAL_MEMBERS: Mapping[str, frozenset[str]] = {
    "temporalQ": frozenset(
        {
            *("timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"),
            *("aggrMethods", "aggrPeriodDuration"),
        }
    ),
    "aggrParams": frozenset({"aggrMethods", "aggrPeriodDuration"}),
}
#: Members of a Query that follow relationships (5.2.23).
_JOINING = ("join", "joinLevel", "containedBy")


@dataclass(frozen=True, slots=True)
class TemporalPlan:
    """All that a query's parameters and headers say."""

    query: EntityQuery
    local: bool
    showing: TemporalShowing
    csf: QueryNode | None
    split: bool
    wish: MapWish

    def querying(self, asked: EntityQuery) -> TemporalQuerying:
        """Say what is asked, for a page of it."""
        return TemporalQuerying(
            query=asked,
            asked=self.showing.asked,
            csf=self.csf,
            split=self.split and not self.local,
            local=self.local,
        )


async def retrieve(request: Request) -> Response:
    """Retrieve Temporal Evolution of an Entity (6.19.3.1)."""
    entity_id = evolution_id_of(request)
    context = await context_of(request)
    parameters = url_parameters(request.query, RETRIEVE_PARAMETERS)
    own = {"id", "type", "scope"}.intersection(parameters.listed("attrs"))
    if own:
        raise InvalidInput(
            f"attrs cannot name {min(own)}", field="attrs", value=min(own), clause="6.19.3.1"
        )
    showing = _showing(request, parameters, context)
    wish = with_header(request, wished(parameters))
    if parameters.flag("local") or (not wish and _is_local(request)):
        found = TemporalFound(
            await retrieve_evolution(
                request.node.store,
                request.caller,
                entity_id,
                showing.asked,
                now=request.node.clock(),
            )
        )
    else:
        origin = origin_of(request, context, request.node.clock())
        found = await retrieve_over_sources(
            sources_of(request), origin, entity_id, showing.asked, wish
        )
    response = await render_evolutions(request, found.evolutions, showing, one=True)
    return _noted(response, found)


async def query(request: Request) -> Response:
    """Query Temporal Evolution of Entities (6.18.3.2)."""
    context = await context_of(request)
    parameters = url_parameters(request.query, QUERY_PARAMETERS)
    plan = plan_of(request, parameters, context)
    return await _page(request, plan)


async def query_by_body(request: Request) -> Response:
    """Query Temporal Evolution of Entities by POST (6.24.3.1)."""
    parameters, context, selectors = await read_query(request)
    return await _page(request, plan_of(request, parameters, context, selectors))


async def read_query(
    request: Request,
) -> tuple[Parameters, Context, tuple[EntitySelector, ...]]:
    """Read a Query body with its temporal members (5.2.23), and the URL parameters beside it.

    Raises:
        InvalidInput: It is none.
    """
    url = url_parameters(request.query, BODY_PARAMETERS)
    body, context = await read_object(request, limit=LONGEST_QUERY)
    own = {name: value for name, value in body.items() if name not in _TEMPORAL_MEMBERS}
    others = parameters_of_body(own, url)
    for name in _JOINING:
        if others.get(name, "@none") != "@none":
            raise InvalidInput(
                f"{name} has no part in queries of temporal evolution", field=name, clause="5.2.23"
            )
    parameters = Parameters({**others, **_temporal_texts(body)})
    return parameters, context, selectors_of_body(body, context)


def plan_of(
    request: Request,
    parameters: Parameters,
    context: Context,
    selectors: tuple[EntitySelector, ...] = (),
) -> TemporalPlan:
    """Read all that a query says.

    Raises:
        InvalidInput: A parameter is wrong, contradicts another, or is missing.
    """
    selection = selection_of(parameters, context, selectors)
    showing = _showing(request, parameters, context)
    split = request.node.distributor.limits.split_entities
    if "splitEntities" in parameters:
        split = parameters.flag("splitEntities")
    if "timerel" not in parameters:
        raise InvalidInput(
            "A query of temporal evolution must have timerel and timeAt",
            field="timerel",
            clause="5.7.4.4",
        )
    return TemporalPlan(
        paged(selection.query, parameters),
        selection.local,
        showing,
        selection.csf,
        split,
        with_header(request, wished(parameters)),
    )


def _is_local(request: Request) -> bool:
    """Tell whether nobody but this node can have anything."""
    return request.node.registry.is_empty(request.caller.tenant)


def sources_of(request: Request) -> TemporalSources:
    """Give what reading evolutions over sources takes."""
    node = request.node
    return TemporalSources(node.store, node.distributor, node.entity_maps)


def _showing(request: Request, parameters: Parameters, context: Context) -> TemporalShowing:
    return showing_of_temporal(
        parameters,
        context,
        accept=request.header(b"accept"),
        prefer=request.header(b"prefer"),
        most=request.node.settings.history.max_instances,
    )


def _temporal_texts(body: Mapping[str, JsonValue]) -> dict[str, str]:
    """Turn temporalQ and aggrParams into the parameters that say the same (5.2.21, 5.2.44)."""
    texts: dict[str, str] = {}
    for name, known in _TEMPORAL_MEMBERS.items():
        if name not in body:
            continue
        members = body[name]
        if not isinstance(members, Mapping):
            raise InvalidInput(f"{name} must be an object", field=name, clause="5.2.23")
        for key, value in members.items():
            if key in {"type", "@type"}:
                continue
            if key not in known:
                raise InvalidRequest(
                    f"{name} has no member {key[:50]}", field=f"{name}.{key[:50]}", clause="5.2.21"
                )
            texts[key] = _text(key, value)
    return texts


def _text(key: str, value: JsonValue) -> str:
    if isinstance(value, str) and value:
        return value
    if key == "lastN" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if key == "aggrMethods" and isinstance(value, list) and value:
        return ",".join(item if isinstance(item, str) else "" for item in value)
    raise InvalidInput(f"{key} has a value of the wrong type", field=key, clause="5.2.21")


async def _page(request: Request, plan: TemporalPlan) -> Response:
    """Answer one page, with links to those beside it (5.5.9, 6.3.10)."""
    asked = plan.query
    found = await _search(request, plan, asked)
    evolutions = found.evolutions
    if asked.offset and asked.limit and not (evolutions.entities or evolutions.aggregated):
        # An offset past the end is read as the end: the last entity is answered (6.3.10).
        counted = await _search(request, plan, replace(asked, limit=0, offset=0, count=True))
        if counted.evolutions.count:
            asked = replace(asked, offset=counted.evolutions.count - 1, count=False)
            found = await _search(request, plan, asked)
            evolutions = found.evolutions
            evolutions.count = counted.evolutions.count if plan.query.count else None
    response = await render_evolutions(request, evolutions, plan.showing, one=False)
    if evolutions.count is not None:
        response.headers.append((b"ngsild-results-count", str(evolutions.count).encode()))
    response.headers += page_links(request, asked, plan.showing.media, more=evolutions.more)
    tell_left_out(request, response, plan.query, now=request.node.clock())
    return _noted(response, found)


async def _search(request: Request, plan: TemporalPlan, asked: EntityQuery) -> TemporalFound:
    node = request.node
    if not plan.wish and (plan.local or _is_local(request)):
        return TemporalFound(
            await query_evolutions(
                node.store,
                request.caller,
                asked,
                plan.showing.asked,
                local=plan.local,
                now=node.clock(),
            )
        )
    origin = origin_of(request, plan.showing.view.context, node.clock())
    querying = plan.querying(asked)
    return await query_over_sources(sources_of(request), origin, querying, plan.wish)


def _noted(response: Response, found: TemporalFound) -> Response:
    warn(response, found.warnings)
    note_map(response, found.entity_map, created=found.created)
    return response
