"""The web application: the NGSI-LD API, the node's own addresses, and the portal."""

import re
from collections.abc import Awaitable, Callable
from functools import cache

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hanze.errors import HanzeError
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.web.api.access import configuration_route
from hanze.web.api.jwks import jwks_route
from hanze.web.api.openapi import openapi_document
from hanze.web.api.router import NgsiLdApi, problem_response
from hanze.web.api.v1 import v1_routes
from hanze.web.door import send_away, turned_away
from hanze.web.guarding import GuardedSend, always_sent, refusal
from hanze.web.oauth import oauth_routes
from hanze.web.portal.routes import portal_routes
from hanze.web.portal.translation import type_words
from hanze.web.security_txt import security_txt_route
from hanze.web.settling import SettledSend
from hanze.web.signed import established, is_signed

__all__ = ["build_app"]

_BELOW = API_PATH + "/"
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?")


def build_app(node: Node) -> ASGIApp:
    """Put the application together; its hot paths do not pass through Starlette."""
    api = NgsiLdApi(node)
    document = _description()
    pages = Starlette(
        routes=[
            Route("/health", _health(node)),
            Route("/openapi.json", lambda _: Response(document, media_type="application/json")),
            jwks_route(node),
            security_txt_route(node),
            configuration_route(node),
            *oauth_routes(node),
            *v1_routes(node),
            *portal_routes(node),
        ]
    )

    pages.state.type_words = type_words
    always, door = always_sent(node), node.security.door

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if node.dev and not _is_loopback(scope):
            await _MISDIRECTED(scope, receive, send)
            return
        refused = refusal(node, scope)
        if refused is not None:
            await problem_response(refused).send(send)
            return
        if node.league.me() is not None and is_signed(scope):
            try:
                receive = await established(node, scope, receive)
            except HanzeError as error:
                await problem_response(error).send(send)
                return
        if door.emergency is not None and (closed := turned_away(node, scope)) is not None:
            await send_away(closed, scope, GuardedSend(always, send))
            return
        if _is_api(scope):
            await api(scope, receive, send)
        else:
            await pages(scope, receive, SettledSend(node.store.log, GuardedSend(always, send)))

    return app


_MISDIRECTED = Response(
    "In --dev mode the node answers to localhost only.\n", status_code=421, media_type="text/plain"
)


@cache
def _description() -> bytes:
    """Write the OpenAPI document: once, as it is the same for all nodes of a process."""
    return orjson.dumps(openapi_document())


def _is_api(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith(_BELOW) or path == API_PATH


def _is_loopback(scope: Scope) -> bool:
    """Tell whether a request was meant for this machine.

    In development mode everyone may write, so a page of another site must not get here under a
    name of its own that leads to the loopback address (DNS rebinding).
    """
    return all(
        _LOOPBACK.fullmatch(value.decode("latin-1").lower())
        for name, value in scope.get("headers", ())
        if name == b"host"
    )


def _health(node: Node) -> Callable[[Request], Awaitable[Response]]:
    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "time": node.clock()})

    return health
