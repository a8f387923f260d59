"""What the fuzz tests share: an application that opens its node itself, and what must always hold."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from hanze.broker.context_cache import FetchedDocument, LdContextNotAvailable
from hanze.broker.contexts import Contexts
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Server, Settings
from hanze.web.app import build_app

__all__ = ["Answer", "ApplicationUnderTest", "Asker", "check_answer", "open_fuzzed_node"]

_URL = "http://localhost"
#: Statuses that 6.3.4 and 6.3.6 answer without a body.
_EMPTY = frozenset({204, 411, 415})
_MEMBERS = {"type": str, "title": str, "status": int, "detail": str}


async def open_fuzzed_node() -> Node:
    """Open a node in memory that everyone may write to and that reaches out to nobody."""
    node = await open_node(Settings(data=None, server=Server(dev=True)))
    node.base_url = _URL
    node.contexts = Contexts(node.store, _unavailable, lambda: _URL)
    return node


async def _unavailable(url: str) -> FetchedDocument:
    raise LdContextNotAvailable(url, "tests do not leave the machine")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Asker:
    """Sends requests as they are, byte for byte, to an application on a loop of its own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def __enter__(self) -> "Asker":
        self._node = self._runner.run(open_fuzzed_node())
        self._app = build_app(self._node)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(close_node(self._node))
        self._runner.close()

    def ask(
        self,
        method: str,
        path: bytes,
        *,
        headers: Mapping[str, str | bytes] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request; its path may have a query string. A body brings its length along.

        Raises:
            AssertionError: The answer is not one that the API may give.
        """
        answer = self._runner.run(self._exchange(method, path, dict(headers or {}), body))
        if path.startswith(b"/ngsi-ld/v1/"):
            check_answer(method, answer.status, answer.headers, answer.body)
        return answer

    def send(self, method: str, path: str, value: object, **headers: str) -> Answer:
        """Send JSON."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        body = json.dumps(value).encode()
        return self.ask(
            method, path.encode(), headers={"content-type": "application/json", **named}, body=body
        )

    async def _exchange(
        self, method: str, path: bytes, headers: dict[str, str | bytes], body: bytes | None
    ) -> Answer:
        if body is not None:
            headers.setdefault("content-length", str(len(body)))
        raw_path, _, query = path.partition(b"?")
        raw_headers = [
            (name.encode(), text if isinstance(text, bytes) else text.encode())
            for name, text in {"host": "localhost", **headers}.items()
        ]
        sent: list[dict[str, Any]] = []
        pieces = [{"type": "http.request", "body": body or b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            return pieces.pop() if pieces else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
            "raw_path": raw_path,
            "root_path": "",
            "query_string": query,
            "headers": raw_headers,
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
        }
        await self._app(scope, receive, send)
        found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(
            sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:])
        )


class ApplicationUnderTest:
    """Opens its node on the loop of its first request, since whoever calls it has one of its own."""

    def __init__(self) -> None:
        self._node: Node | None = None
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._app is None:
            self._node = await open_fuzzed_node()
            self._app = build_app(self._node)
        named = [(name, value) for name, value in scope["headers"] if name != b"host"]
        await self._app({**scope, "headers": [(b"host", b"localhost"), *named]}, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._node is not None:
            await close_node(self._node)
            self._node = self._app = None
        await send({"type": "lifespan.shutdown.complete"})


def check_answer(
    method: str, status: int, headers: Mapping[str, str], body: bytes, *, path: str = API_PATH
) -> None:
    """Assert what holds of every answer of the APIs, whatever was asked.

    Raises:
        AssertionError: The node failed, or the answer is not as 5.5.3, 6.3.4 and 6.3.6 want it.
    """
    assert status < 500 or status == 504, (status, body)
    ours = not path.startswith(API_PATH)
    if method == "HEAD" or (status in _EMPTY and not ours):
        assert body == b"", (status, body)
        return
    if status < 400:
        return
    # On /ngsi-ld problems are of the type that 5.5.3 wants, elsewhere of that of RFC 9457.
    media = "application/problem+json" if ours else "application/json"
    assert headers["content-type"] == media, headers
    problem = orjson.loads(body)
    for name, kind in _MEMBERS.items():
        assert type(problem.get(name)) is kind, (name, problem)
    assert problem["status"] == status, problem
    assert problem["type"].startswith(("https://uri.etsi.org/ngsi-ld/errors/", "urn:hanze:")), (
        problem
    )
    if status == 504:
        assert problem["type"].endswith("/LdContextNotAvailable"), problem
