"""The NGSI-LD API as one ASGI callable: routes, callers, and errors that become problems."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import unquote

from hanze.errors import HanzeError, InvalidInput, NotFound, Unavailable
from hanze.governance.reasons import AccessDenied
from hanze.identity.allowance import TooOften
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.web.api import (
    attributes,
    batch,
    consumption,
    contexts,
    discovery,
    entities,
    entity_maps,
    info,
    registrations,
    snapshots,
    source_subscriptions,
    subscriptions,
    temporal,
    temporal_consumption,
)
from hanze.web.api.rendering import warn
from hanze.web.caller import caller_of, require_subscriber, require_writer
from hanze.web.guarding import always_sent, count_guess, slow_guessing
from hanze.web.http import MethodNotAllowed, Receive, Request, Response, Scope, Send
from hanze.web.negotiation import refuse_geojson, tenant_name
from hanze.web.problems import problem_body, problem_of
from hanze.web.signed import member_of_scope
from hanze.web.tracing import TRACEPARENT, traced

__all__ = ["NgsiLdApi", "api_routes"]

Handler = Callable[[Request], Awaitable[Response]]
Methods = Mapping[str, Handler]

logger = logging.getLogger(__name__)

#: By first segment and number of segments; the third of four is always `attrs`.
_ROUTES: Mapping[tuple[str, int], Methods] = {
    ("entities", 1): {
        "GET": consumption.query,
        "POST": entities.create,
        "DELETE": entities.purge,
    },
    ("entities", 2): {
        "GET": consumption.retrieve,
        "PUT": entities.replace,
        "PATCH": entities.merge,
        "DELETE": entities.delete,
    },
    ("entities", 3): {"POST": attributes.append, "PATCH": attributes.update},
    ("entities", 4): {
        "PATCH": attributes.update_one,
        "PUT": attributes.replace_one,
        "DELETE": attributes.delete_one,
    },
    ("types", 1): {"GET": discovery.list_types},
    ("types", 2): {"GET": discovery.retrieve_type},
    ("attributes", 1): {"GET": discovery.list_attributes},
    ("attributes", 2): {"GET": discovery.retrieve_attribute},
    ("subscriptions", 1): {"GET": subscriptions.query, "POST": subscriptions.create},
    ("subscriptions", 2): {
        "GET": subscriptions.retrieve,
        "PATCH": subscriptions.update,
        "DELETE": subscriptions.delete,
    },
    ("csourceSubscriptions", 1): {
        "GET": source_subscriptions.query,
        "POST": source_subscriptions.create,
    },
    ("csourceSubscriptions", 2): {
        "GET": source_subscriptions.retrieve,
        "PATCH": source_subscriptions.update,
        "DELETE": source_subscriptions.delete,
    },
    ("csourceRegistrations", 1): {"GET": registrations.query, "POST": registrations.create},
    ("csourceRegistrations", 2): {
        "GET": registrations.retrieve,
        "PATCH": registrations.update,
        "DELETE": registrations.delete,
    },
    ("entityMaps", 1): {"GET": entity_maps.create, "POST": entity_maps.create_by_body},
    ("entityMaps", 2): {
        "GET": entity_maps.retrieve,
        "PATCH": entity_maps.update,
        "DELETE": entity_maps.delete,
    },
    ("snapshots", 1): {"POST": snapshots.create, "DELETE": snapshots.purge},
    ("snapshots", 2): {
        "GET": snapshots.retrieve,
        "PATCH": snapshots.update,
        "DELETE": snapshots.delete,
    },
    ("jsonldContexts", 1): {"GET": contexts.list_contexts, "POST": contexts.add},
    ("jsonldContexts", 2): {"GET": contexts.serve, "DELETE": contexts.delete},
}
_OPERATIONS: Mapping[str, Methods] = {
    "create": {"POST": batch.create},
    "upsert": {"POST": batch.upsert},
    "update": {"POST": batch.update},
    "merge": {"POST": batch.merge},
    "delete": {"POST": batch.delete},
    "query": {"POST": consumption.query_by_body},
}
_CLONE: Methods = {"POST": snapshots.clone}
_SOURCE_IDENTITY: Methods = {"GET": info.source_identity}
#: Below `temporal`, by number of segments; the fourth of five is always `attrs`.
_EVOLUTIONS: Mapping[int, Methods] = {
    2: {"GET": temporal_consumption.query, "POST": temporal.create},
    3: {"GET": temporal_consumption.retrieve, "DELETE": temporal.delete},
    4: {"POST": temporal.add},
    5: {"DELETE": temporal.delete_attribute},
    6: {"PATCH": temporal.modify_instance, "DELETE": temporal.delete_instance},
}
_TEMPORAL_QUERY: Methods = {"POST": temporal_consumption.query_by_body}
_TEMPORAL_MAPS: Methods = {
    "GET": entity_maps.create_temporal,
    "POST": entity_maps.create_temporal_by_body,
}

#: What reads although it is posted.
_QUERIES = frozenset(
    {
        consumption.query_by_body,
        temporal_consumption.query_by_body,
        entity_maps.create_by_body,
        entity_maps.create_temporal_by_body,
    }
)

#: What members of the league may do too, with what is theirs.
_SUBSCRIBING = frozenset({subscriptions.create, subscriptions.update, subscriptions.delete})

#: Headers that stand in the answer as they stood in the request (6.3.14, 6.3.22).
_ECHOED = (b"ngsild-tenant", snapshots.HEADER)

#: Methods whose answers pages of other sites may read; a browser asks for the others first.
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class ResourceNotFound(NotFound):
    """The path leads nowhere in the API."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{API_PATH}/{path} is no resource of the NGSI-LD API")


#: Pages of other sites may read open data, and page through it.
_READABLE_ELSEWHERE = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"link, content-range, ngsild-results-count, ngsild-tenant, ngsild-warning, ngsild-entitymap, "
        b"ngsild-snapshot, hanze-left-out",
    ),
)


class NgsiLdApi:
    """Answers everything below `API_PATH`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._guard = node.entrance.guard
        always = always_sent(node)
        #: What every answer carries: those to what reads, and all others.
        self._after_reading = (*always, *_READABLE_ELSEWHERE)
        self._after_writing = always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        request = Request(self._node, scope, receive, _segments(raw_path))
        log = self._node.store.log
        staged = log.staged
        try:
            response = await self._answer(request)
        except HanzeError as error:
            if isinstance(error, AccessDenied) and len(request.segments) > 1:
                count_guess(self._node, scope)
            response = problem_response(error)
        except Exception:  # the outermost loop: a client gets a problem, the log the trace
            logger.exception("A request failed")
            response = problem_response(HanzeError("The operation could not be completed"))
        if log.staged != staged:
            # Nothing goes out before it is accounted for; who logs nothing waits for nothing.
            try:
                await log.settled()
            except HanzeError as error:
                response = problem_response(error)
        headers = request.by_name()
        for name in _ECHOED:
            if name in headers:
                response.headers.append((name, headers[name]))
        method = request.method
        response.headers += self._after_reading if method in _READING else self._after_writing
        await response.send(send, head=method == "HEAD")

    async def _answer(self, request: Request) -> Response:
        methods = _methods(request.segments)
        method = "GET" if request.method == "HEAD" else request.method
        handler = methods.get(method)
        if handler is None:
            return _other_method(method, methods)
        if len(request.segments) > 1 and self._guard.counts_refusals:
            # Nobody finds out one by one which ids there are.
            slow_guessing(self._node, request.scope)
        header = request.by_name().get
        caller = caller_of(
            self._node,
            header(b"authorization"),
            tenant_name(header(b"ngsild-tenant")),
            member_of_scope(request.scope),
            purpose=header(b"hanze-purpose"),
            scope=request.scope,
        )
        request.caller = traced(caller, header(TRACEPARENT))
        if method != "GET" and handler not in _QUERIES:
            (require_subscriber if handler in _SUBSCRIBING else require_writer)(request.caller)
            refuse_geojson(request.header(b"accept"))
        snapshot = header(snapshots.HEADER)
        if snapshot is not None:
            snapshots.enter_snapshot(request, snapshot)
        return await handler(request)


def api_routes() -> dict[str, Methods]:
    """List every path of the API with its methods."""
    ids = {
        "entities": "{entityId}",
        "types": "{type}",
        "attributes": "{attrId}",
        "subscriptions": "{subscriptionId}",
        "csourceRegistrations": "{registrationId}",
        "entityMaps": "{entityMapId}",
        "csourceSubscriptions": "{subscriptionId}",
        "snapshots": "{snapshotId}",
    }
    found: dict[str, Methods] = {}
    for (first, count), methods in _ROUTES.items():
        segments = [first, ids.get(first, "{contextId}"), "attrs", "{attrId}"][:count]
        found["/".join([API_PATH, *segments])] = methods
    for name, methods in _OPERATIONS.items():
        found[f"{API_PATH}/entityOperations/{name}"] = methods
    found[f"{API_PATH}/info/sourceIdentity"] = _SOURCE_IDENTITY
    found[f"{API_PATH}/snapshots/{{snapshotId}}/clone"] = _CLONE
    below = ["temporal", "entities", "{entityId}", "attrs", "{attrId}", "{instanceId}"]
    for count, methods in _EVOLUTIONS.items():
        found["/".join([API_PATH, *below[:count]])] = methods
    found[f"{API_PATH}/temporal/entityOperations/query"] = _TEMPORAL_QUERY
    found[f"{API_PATH}/temporal/entityMaps"] = _TEMPORAL_MAPS
    return found


def problem_response(error: HanzeError) -> Response:
    """Answer an error; what is the node's own fault, and not that of a source, is logged."""
    problem = problem_of(error)
    if problem.status >= 500 and not isinstance(error, Unavailable):
        logger.error("%s: %s", type(error).__name__, error)
    headers = [(b"content-type", b"application/json")] if problem.body else []
    if problem.status == 408:
        headers.append((b"connection", b"close"))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(error, TooOften):
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    response = Response(problem.status, problem_body(error), headers)
    warn(response, error.warnings)
    return response


def _segments(raw_path: bytes) -> list[str]:
    """Split the path before decoding it, so that an id may hold an encoded slash (6.2).

    A trailing slash makes no difference.
    """
    text = raw_path.decode("latin-1")[len(API_PATH) :].strip("/")
    if "%" not in text:
        return text.split("/")
    return [unquote(segment) for segment in text.split("/")]


def _methods(segments: list[str]) -> Methods:
    first = segments[0]
    count = len(segments)
    methods = _ROUTES.get((first, count))
    if methods is not None and (count < 3 or segments[2] == "attrs"):
        return methods
    if first == "snapshots" and segments[2:] == ["clone"]:
        return _CLONE
    if first == "entityOperations" and count == 2 and segments[1] in _OPERATIONS:
        return _OPERATIONS[segments[1]]
    if segments == ["info", "sourceIdentity"]:
        return _SOURCE_IDENTITY
    if first == "temporal" and (methods := _temporal_methods(segments)) is not None:
        return methods
    path = "/".join(segments)
    if "" in segments[1:]:
        raise InvalidInput(f"An id in the path {path[:100]} is empty", clause="6.2")
    raise ResourceNotFound(path[:100])


def _temporal_methods(segments: list[str]) -> Methods | None:
    if segments[1:] == ["entityOperations", "query"]:
        return _TEMPORAL_QUERY
    if segments[1:] == ["entityMaps"]:
        return _TEMPORAL_MAPS
    if segments[1:2] != ["entities"] or (len(segments) > 3 and segments[3] != "attrs"):
        return None
    return _EVOLUTIONS.get(len(segments))


def _other_method(method: str, methods: Methods) -> Response:
    allowed = sorted([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
    if method != "OPTIONS":
        raise MethodNotAllowed(method, tuple(allowed))
    # Pages of other sites may read open data; writing from them is never allowed.
    cors = [
        (b"access-control-allow-methods", b"GET, HEAD"),
        (
            b"access-control-allow-headers",
            b"accept, authorization, hanze-purpose, link, ngsild-entitymap, ngsild-snapshot, "
            b"ngsild-tenant, prefer",
        ),
        (b"access-control-max-age", b"86400"),
    ]
    allow = (b"allow", ", ".join(allowed).encode())
    return Response(204, b"", [allow, *(cors if "GET" in methods else [])])
