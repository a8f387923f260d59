"""The web application: the NGSI-LD API, the node's own addresses, and the portal."""

import logging

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hanze.node.node import Node
from hanze.web.api.router import PREFIX, NgsiLdApi
from hanze.web.portal.routes import portal_routes

__all__ = ["build_app"]

_log = logging.getLogger(__name__)

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


def build_app(node: Node) -> ASGIApp:
    """Put the application together; its hot paths do not pass through Starlette."""
    api = NgsiLdApi(node)
    pages = Starlette(routes=[Route("/health", _health(node)), *portal_routes(node)])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if node.dev and not _is_loopback(scope):
            await _MISDIRECTED(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await api(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return app


_MISDIRECTED = Response(
    "In --dev mode the node answers to localhost only.\n", status_code=421, media_type="text/plain"
)


def _is_loopback(scope: Scope) -> bool:
    """Tell whether a request was meant for this machine.

    In development mode everyone may write, so a page of another site must not get here under a
    name of its own that leads to the loopback address (DNS rebinding).
    """
    for name, value in scope.get("headers", ()):
        if name == b"host":
            host = value.decode("latin-1").rsplit(":", 1)[0] if b"]:" in value or value.count(
                b":"
            ) == 1 else value.decode("latin-1")
            return host.lower() in _LOOPBACK_NAMES or host.startswith("127.")
    return True


def _health(node: Node):  # type: ignore[no-untyped-def]
    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "time": node.clock()})

    return health
