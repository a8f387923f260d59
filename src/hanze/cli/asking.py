"""One door for commands that ask: a running node, or the application over a data directory.

Without a URL the same request is answered in this very process, without a socket
(`docs/decisions/0005-commands-through-the-api.md`).
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from hanze.cli.options import read_token
from hanze.errors import ConfigurationError, Unavailable
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import JSON_LD_REL
from hanze.settings import load_settings
from hanze.transport.answers import detail_of, reason_of

__all__ = [
    "AskFailed",
    "AskRefused",
    "NodeUnreachable",
    "ask_json",
    "ask_node",
    "link_to",
    "open_api",
    "open_node_api",
    "quoted",
    "send",
]

_TIMEOUT_S = 60.0
_REFUSALS = frozenset(range(400, 500))
#: Who mistyped an id wants to see those that there are.
_NOT_HELD = re.compile(r"is no ([A-Z]\w+) that this node holds$")


class AskRefused(ConfigurationError):
    """The node does not accept what was asked."""


class NodeUnreachable(Unavailable):
    """No node answers under the URL."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No node answers at {url} ({reason}); `hanze serve` starts one")
        self.url = url


class AskFailed(Unavailable):
    """The node could not answer."""


@asynccontextmanager
async def open_api(
    url: str | None, data: Path, *, token_file: Path | None = None, writes: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of a node; its paths start at the node's root.

    Args:
        url: Of a running node; `None` opens the data directory, which no node may be using.
        data: The data directory.
        token_file: File with the token that writing to a running node needs.
        writes: Whether a data directory is opened to write: who has it may.

    Raises:
        ConfigurationError: The URL is none, or the directory has no database.
        StoreFailure: The directory cannot be opened.
    """
    if url is not None:
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"--url must begin with http:// or https://, not be {url}")
        headers = {}
        if token_file is not None:
            headers["Authorization"] = f"Bearer {read_token(token_file)}"
        async with httpx.AsyncClient(
            base_url=url.rstrip("/"), timeout=_TIMEOUT_S, headers=headers
        ) as client:
            yield client
        return
    from hanze.cli.database import idle_database  # noqa: PLC0415  # not when a node is asked
    from hanze.node.node import close_node, open_node  # noqa: PLC0415
    from hanze.web.app import build_app  # noqa: PLC0415

    idle_database(data)
    flags = {"server.dev": True} if writes else {}
    node = await open_node(load_settings(data, flags=flags, environ=os.environ))
    try:
        transport = httpx.ASGITransport(app=build_app(node))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", timeout=_TIMEOUT_S
        ) as client:
            yield client
    finally:
        await close_node(node)


@asynccontextmanager
async def open_node_api(where: Mapping[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client for who may write: others are not shown what sources and receivers are told.

    Args:
        where: What `options.node_options` gave, and `tenant` where that can be named.

    Raises:
        ConfigurationError: As `open_api`; so for the next.
        StoreFailure: The directory cannot be opened.
    """
    async with open_api(
        where["url"], where["data"], token_file=where["token_file"], writes=True
    ) as client:
        if where.get("tenant"):
            client.headers["NGSILD-Tenant"] = where["tenant"]
        yield client


def ask_node(
    where: Mapping[str, Any],
    method: str,
    path: str,
    body: JsonValue = None,
    *,
    parameters: Mapping[str, str | None] | None = None,
) -> Any:
    """Ask one thing of a node as who may write, and wait for its JSON (`open_node_api`, `ask_json`)."""

    async def ask() -> JsonValue:
        async with open_node_api(where) as client:
            return await ask_json(client, method, path, body=body, parameters=parameters)

    return asyncio.run(ask())


def quoted(name: str) -> str:
    """Write an id as a segment of a path."""
    return quote(name, safe=":")


def link_to(context: str) -> str:
    """Write the Link header that names an @context by its URL."""
    return f'<{context}>; rel="{JSON_LD_REL}"; type="application/ld+json"'


async def send(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    parameters: Mapping[str, str | None] | None = None,
    headers: Mapping[str, str] | None = None,
    body: JsonValue = None,
    content: bytes | None = None,
) -> httpx.Response:
    """Send a request.

    Args:
        parameters: Of the query; those that are `None` were not given and are left out.
        body: Sent as JSON.
        content: Sent as it is, where it is no JSON.

    Raises:
        NodeUnreachable: Nobody answers.
        AskRefused: What was asked is wrong, or not there.
        AskFailed: The node could not answer.
    """
    sent = dict(headers or {})
    if body is not None:
        content = orjson.dumps(body)
        sent.setdefault("Content-Type", "application/json")
    asked = {name: value for name, value in (parameters or {}).items() if value is not None}
    try:
        # None, and not empty: that would take away the query that a path has.
        answer = await client.request(
            method, path, params=asked or None, headers=sent, content=content
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NodeUnreachable(str(client.base_url), reason_of(error)) from error
    if answer.is_success:
        return answer
    detail = detail_of(answer)
    if (named := _NOT_HELD.search(detail)) is not None:
        detail += f"; `hanze record list --type {named[1]}` lists those that it does"
    raise AskRefused(detail) if answer.status_code in _REFUSALS else AskFailed(detail)


async def ask_json(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    parameters: Mapping[str, str | None] | None = None,
    body: JsonValue = None,
) -> JsonValue:
    """Send a request and read the JSON that it is answered with (`send`)."""
    answer = await send(client, method, path, parameters=parameters, body=body)
    found: JsonValue = orjson.loads(answer.content)
    return found
