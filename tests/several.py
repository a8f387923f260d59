"""Several nodes in the test's own process, each on a real port, and servers that only pretend to be one."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.web.api.router import NgsiLdApi
from hanze.web.app import build_app
from tests.in_process import DEVELOPMENT, node_in_memory

__all__ = ["Pretender", "Served", "answer", "pretender", "register", "served_node"]

Json = Any


@dataclass(frozen=True, slots=True)
class Served:
    """A node that others reach at `url`, and a client of its API."""

    node: Node
    url: str
    api: httpx.AsyncClient


@dataclass(slots=True)
class Pretender:
    """A server that answers what a test wants.

    Attributes:
        got: Method, path with query, and headers of what arrived.
        answer: Makes the answer of a request.
    """

    url: str
    got: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    answer: Callable[[Request], Response] = lambda _: Response(status_code=404)


@asynccontextmanager
async def served_node(
    settings: Settings = DEVELOPMENT, *, whole: bool = False
) -> AsyncIterator[Served]:
    """Open a node, and let it listen.

    Args:
        whole: With everything that it answers, and not the standard's API alone.
    """
    with _listening() as (listener, url):
        async with (
            node_in_memory(settings, base_url=url) as node,
            _serving(build_app(node) if whole else NgsiLdApi(node), listener),
            httpx.AsyncClient(base_url=url + API_PATH, timeout=30.0) as api,
        ):
            yield Served(node, url, api)


@asynccontextmanager
async def pretender() -> AsyncIterator[Pretender]:
    """Start a server that answers 404 until it is told otherwise."""
    with _listening() as (listener, url):
        found = Pretender(url)

        async def handle(request: Request) -> Response:
            path = str(request.url).removeprefix(url)
            found.got.append((request.method, path, dict(request.headers)))
            return found.answer(request)

        methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
        app = Starlette(routes=[Route("/{rest:path}", handle, methods=methods)])
        async with _serving(app, listener):
            yield found


def answer(body: Json, status: int = 200, **headers: str) -> Callable[[Request], Response]:
    """Answer every request with the same JSON; names of headers are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def make(_request: Request) -> Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return Response(content, status, {"content-type": "application/json", **named})

    return make


async def register(
    hub: Served, endpoint: str, information: Sequence[Mapping[str, Json]], **members: Json
) -> str:
    """Register a source at a node, in the tenant that its client names; returns the id."""
    body: dict[str, Json] = {
        "type": "ContextSourceRegistration",
        "endpoint": endpoint,
        "information": list(information),
        **members,
    }
    if (tenant := hub.api.headers.get("ngsild-tenant")) is not None:
        body.setdefault("tenant", tenant)
    response = await hub.api.post("/csourceRegistrations", json=body)
    assert response.status_code == 201, response.text
    return response.headers["location"].rpartition("/")[2]


@contextlib.contextmanager
def _listening() -> Any:
    # With the protocol unsaid asyncio leaves Nagle's algorithm on, and each answer takes 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def _serving(app: Any, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
    config.load()
    # Not `serve`: it takes the signals of the test run, and looks ten times a second for its end.
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield
    finally:
        for one in server.servers:
            one.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)
