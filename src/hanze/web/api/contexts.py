"""`/jsonldContexts`: the @contexts that this node keeps (CIM 009, 6.29, 6.30)."""

from urllib.parse import quote

from hanze.broker.context_cache import CONTEXTS_PATH
from hanze.ngsild.model import JsonValue
from hanze.web.api.bodies import read_plain_object
from hanze.web.api.parameters import url_parameters
from hanze.web.http import Request, Response, json_response
from hanze.web.negotiation import Media, accepted_media

__all__ = [
    "DELETE_PARAMETERS",
    "LIST_PARAMETERS",
    "SERVE_PARAMETERS",
    "add",
    "delete",
    "list_contexts",
    "serve",
]

DELETE_PARAMETERS = frozenset({"reload"})
LIST_PARAMETERS = frozenset({"details", "kind"})
SERVE_PARAMETERS = frozenset({"details"})


async def add(request: Request) -> Response:
    """Add @context (6.29.3.1)."""
    url_parameters(request.query, frozenset())
    body = await read_plain_object(request)
    node = request.node
    context_id = await node.contexts.add_context(request.caller, body, node.clock())
    location = CONTEXTS_PATH + quote(context_id, safe=":")
    return Response(201, b"", [(b"location", location.encode())])


async def list_contexts(request: Request) -> Response:
    """List @contexts (6.29.3.2)."""
    parameters = url_parameters(request.query, LIST_PARAMETERS)
    found = request.node.contexts.list_contexts(
        request.caller, details=parameters.flag("details"), kind=parameters.get("kind")
    )
    return _answer(request, found)


async def serve(request: Request) -> Response:
    """Serve @context (6.30.3.1)."""
    details = url_parameters(request.query, SERVE_PARAMETERS).flag("details")
    content = request.node.contexts.serve_context(
        request.caller, request.segments[1], details=details
    )
    return _answer(request, dict(content))


async def delete(request: Request) -> Response:
    """Delete and Reload @context (6.30.3.2)."""
    reload = url_parameters(request.query, DELETE_PARAMETERS).flag("reload")
    await request.node.contexts.delete_context(request.caller, request.segments[1], reload=reload)
    return Response(204)


def _answer(request: Request, value: JsonValue) -> Response:
    """A context is JSON-LD for who wants it; it has no @context of its own to link to."""
    response = json_response(value)
    if accepted_media(request.header(b"accept")) is Media.LD_JSON:
        response.headers = [(b"content-type", Media.LD_JSON.value.encode())]
    return response
