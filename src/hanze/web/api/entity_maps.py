"""`/entityMaps` and `/temporal/entityMaps` (CIM 009, 6.32, 6.34, 6.35)."""

from collections.abc import Sequence

from hanze.broker.distribution import mapped
from hanze.broker.distribution.evolutions import querying
from hanze.broker.entity_map import EntityMap, EntityMapNotFound, owner_of
from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.moment import format_datetime
from hanze.web.api.bodies import context_of, read_fragment
from hanze.web.api.consumption import (
    QueryPlan,
    map_parts,
    plan_of_body,
    plan_of_url,
    querying_of,
)
from hanze.web.api.map_wishes import map_location
from hanze.web.api.origin import origin_of
from hanze.web.api.parameters import url_parameters
from hanze.web.api.rendering import json_ld_response, warn
from hanze.web.api.temporal_consumption import (
    QUERY_PARAMETERS,
    TemporalPlan,
    plan_of,
    read_query,
    sources_of,
)
from hanze.web.http import Request, Response

__all__ = [
    "create",
    "create_by_body",
    "create_temporal",
    "create_temporal_by_body",
    "delete",
    "retrieve",
    "update",
]

_NONE: frozenset[str] = frozenset()


async def create(request: Request) -> Response:
    """Create EntityMap for Query Entities (6.34.3.1)."""
    return await _create(request, await plan_of_url(request))


async def create_by_body(request: Request) -> Response:
    """Create EntityMap for Query Entities by POST (6.34.3.2)."""
    return await _create(request, await plan_of_body(request))


async def create_temporal(request: Request) -> Response:
    """Create EntityMap for Query Temporal Evolution of Entities (6.35.3.1)."""
    context = await context_of(request)
    parameters = url_parameters(request.query, QUERY_PARAMETERS)
    return await _create_temporal(request, plan_of(request, parameters, context))


async def create_temporal_by_body(request: Request) -> Response:
    """Create EntityMap for Query Temporal Evolution of Entities by POST (6.35.3.2)."""
    parameters, context, selectors = await read_query(request)
    return await _create_temporal(request, plan_of(request, parameters, context, selectors))


async def retrieve(request: Request) -> Response:
    """Retrieve EntityMap (6.32.3.1)."""
    url_parameters(request.query, _NONE)
    node = request.node
    now = node.clock()
    found = node.entity_maps.retrieve(owner_of(request.caller), _id(request), now=now)
    if found.mark and found.mark != node.store.gate.access(request.caller, now).mark:
        # It tells what could be read then.
        raise EntityMapNotFound(found.id)
    return await json_ld_response(request, _json(found), CORE)


async def update(request: Request) -> Response:
    """Update EntityMap (6.32.3.2): only when it expires can be changed (5.5.14)."""
    url_parameters(request.query, _NONE)
    node, owner, now = request.node, owner_of(request.caller), request.node.clock()
    map_id = _id(request)
    found = node.entity_maps.retrieve(owner, map_id, now=now)
    body, _ = await read_fragment(request)
    if body.get("type", body.get("@type", "EntityMap")) != "EntityMap":
        raise InvalidInput('The type must be "EntityMap"', field="type", clause="5.2.39")
    if body.get("id", body.get("@id", found.id)) != found.id:
        raise InvalidInput("The id of an entity map cannot change", field="id", clause="5.14.2.4")
    # 4.5.25 has another name for what 5.2.39 calls expiresAt.
    until = body.get("expiresAt", body.get("expiredBy"))
    if until is not None:
        if not isinstance(until, str):
            raise InvalidInput("expiresAt must be a DateTime", field="expiresAt", clause="5.2.39")
        node.entity_maps.extend(owner, map_id, until, now=now)
    return Response(204)


async def delete(request: Request) -> Response:
    """Delete EntityMap (6.32.3.3)."""
    url_parameters(request.query, _NONE)
    node = request.node
    node.entity_maps.delete(owner_of(request.caller), _id(request), now=node.clock())
    return Response(204)


async def _create(request: Request, plan: QueryPlan) -> Response:
    origin = origin_of(request, plan.showing.context, request.node.clock())
    asked = querying_of(request, plan, plan.query)
    found, warnings = await mapped.create_map(
        map_parts(request), origin, asked, plan.wish, local=plan.local
    )
    return await _created(request, found, warnings)


async def _create_temporal(request: Request, plan: TemporalPlan) -> Response:
    origin = origin_of(request, plan.showing.view.context, request.node.clock())
    asked = plan.querying(plan.query)
    found, warnings = await querying.create_map(sources_of(request), origin, asked, plan.wish)
    return await _created(request, found, warnings)


async def _created(request: Request, found: EntityMap, warnings: Sequence[str]) -> Response:
    response = await json_ld_response(request, _json(found), CORE)
    response.status = 201
    location = map_location(found).encode()
    response.headers += [(b"ngsild-entitymap", location), (b"location", location)]
    warn(response, warnings)
    return response


def _json(found: EntityMap) -> JsonValue:
    expires_at = format_datetime(found.expires_at)
    return {
        "id": found.id,
        "type": "EntityMap",
        # Mandatory under this name by 4.5.25, and under the next by 5.2.39.
        "expiredBy": expires_at,
        "expiresAt": expires_at,
        "entityMap": {entity_id: list(sources) for entity_id, sources in found.entries.items()},
        "linkedMaps": dict(found.linked),
    }


def _id(request: Request) -> str:
    return request.segments[1]
