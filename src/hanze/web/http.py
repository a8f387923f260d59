"""A request and a response of the NGSI-LD API: thin values over ASGI, for its hot paths.

Starlette's own are richer and cost a third of a retrieval; the portal and the rest use those.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any

import msgspec
import orjson

from hanze.errors import InvalidInput, MalformedBody, NotSupported, TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.model import JsonValue
from hanze.node.node import Node

__all__ = [
    "BodyTooLarge",
    "BodyTooSlow",
    "LengthRequired",
    "MethodNotAllowed",
    "Receive",
    "Request",
    "Response",
    "Scope",
    "Send",
    "json_response",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Keeps integers beyond 64 bits, which orjson turns into floats.
_decode = msgspec.json.Decoder().decode
#: Finds where the items of an array begin and end: four times as fast as reading them.
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
#: Items of an array that are read before others get their turn: about 3 ms of work.
_SLICE = 512

#: Containers within containers; beyond it a body is an attack, not data.
_MAX_DEPTH = 64

#: A body has this long to arrive, and longer the larger it is: a client that trickles holds memory.
_BODY_TIMEOUT_S = 30.0
_BYTES_PER_S = 64 * 1024

#: Digits of a length that is a number at all.
_MAX_DIGITS = 18


class LengthRequired(InvalidInput):
    """The request has a body and no Content-Length (6.3.4)."""


class BodyTooLarge(TooMuch):
    """The body is larger than the node takes (6.3.2)."""


class MethodNotAllowed(NotSupported):
    """The resource has no such method (6.3.2).

    Attributes:
        allowed: The methods that it has.
    """

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"The resource has no method {method[:20]}, but {', '.join(allowed)}")
        self.allowed = allowed


class BodyTooSlow(TooMuch):
    """The body does not arrive in time (RFC 9110, 15.5.9)."""


class Request:
    """What a handler needs to know of a request.

    Attributes:
        segments: The path below `API_PATH`, split and percent-decoded.
        query: The query string as it came.
    """

    __slots__ = ("_headers", "_receive", "caller", "method", "node", "query", "scope", "segments")

    def __init__(self, node: Node, scope: Scope, receive: Receive, segments: list[str]) -> None:
        self.node = node
        self.scope = scope
        self.method: str = scope["method"]
        self.query: bytes = scope["query_string"]
        self.segments = segments
        self.caller: Caller
        self._receive = receive
        self._headers: dict[bytes, bytes] | None = None

    def header(self, name: bytes) -> bytes | None:
        """Return a header by its lower-case name; several of one name are joined by commas."""
        # Every request asks for ten: a call less for each.
        headers = self._headers
        return (self.by_name() if headers is None else headers).get(name)

    def headers(self) -> Mapping[str, str]:
        """Return all headers by their lower-case names, as texts."""
        return _Texts(self.by_name())

    def by_name(self) -> dict[bytes, bytes]:
        """Return all headers by their lower-case names, as they came."""
        headers = self._headers
        if headers is None:
            headers = {}
            for key, value in self.scope["headers"]:
                headers[key] = headers[key] + b", " + value if key in headers else value
            self._headers = headers
        return headers

    async def body(self, limit: int) -> bytes:
        """Read the whole body.

        Raises:
            LengthRequired: The request does not say how long it is.
            BodyTooLarge: It is, or claims to be, longer than `limit` bytes.
            BodyTooSlow: It does not arrive in time.
            MalformedBody: It ends too early.
        """
        text = self.header(b"content-length")
        if text is None or not text.isdigit():
            raise LengthRequired("A request with a body must have a Content-Length")
        length = int(text) if len(text) <= _MAX_DIGITS else 10**_MAX_DIGITS
        if length > limit:
            raise BodyTooLarge(f"The body has {length} bytes, the most is {limit}")
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S + length / _BYTES_PER_S):
                body = await self._received()
        except TimeoutError:
            raise BodyTooSlow(f"The body of {length} bytes does not arrive in time") from None
        if len(body) != length:
            # What a client meant to go on with must not be taken for all that it meant.
            raise MalformedBody(f"The body has {len(body)} of {length} bytes", clause="5.5.4")
        return body

    async def _received(self) -> bytes:
        message = await self._receive()
        if not message.get("more_body"):
            return bytes(message.get("body", b""))
        chunks = [message.get("body", b"")]
        while message.get("more_body"):
            message = await self._receive()
            chunks.append(message.get("body", b""))
        return b"".join(chunks)

    async def json(self, limit: int) -> JsonValue:
        """Read the body as JSON.

        Raises:
            MalformedBody: It is no JSON (InvalidRequest, 5.5.4), or nested too deep.
        """
        return _parsed(await self.body(limit))

    async def items(self, limit: int) -> list[JsonValue]:
        """Read the body as a JSON array, in slices: other requests are answered meanwhile.

        Raises:
            MalformedBody: It is no JSON (InvalidRequest, 5.5.4), or nested too deep.
            InvalidInput: It is no array.
        """
        raw = await self.body(limit)
        try:
            parts = _split(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _parsed(raw)
            raise InvalidInput("The body must be a JSON array", clause="5.6.7.4") from None
        items: list[JsonValue] = []
        for start in range(0, len(parts), _SLICE):
            items += [_parsed(bytes(part)) for part in parts[start : start + _SLICE]]
            await asyncio.sleep(0)
        return items


class _Texts(Mapping[str, str]):
    """Headers as texts; few are ever looked at."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Mapping[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.encode("latin-1", "replace")].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class Response:
    """Status, headers and body; `content-length` is added when it is sent, but for 204 (6.3.6)."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers if headers is not None else []

    async def send(self, send: Send, *, head: bool = False) -> None:
        headers = self.headers
        if self.status != 204:
            headers = [*headers, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


def json_response(value: object, status: int = 200) -> Response:
    """Render a value as `application/json`."""
    return Response(status, orjson.dumps(value), [(b"content-type", b"application/json")])


def _parsed(raw: bytes) -> JsonValue:
    try:
        value: JsonValue = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(f"The body is not valid JSON: {error}", clause="5.5.4") from error
    if raw.count(b"{") + raw.count(b"[") > _MAX_DEPTH and _is_deep(value):
        raise InvalidInput(f"The body nests deeper than {_MAX_DEPTH} levels", clause="5.5.4")
    return value


def _is_deep(value: JsonValue) -> bool:
    level: list[JsonValue] = [value]
    for _ in range(_MAX_DEPTH):
        below: list[JsonValue] = []
        for container in level:
            if isinstance(container, dict):
                below.extend(v for v in container.values() if isinstance(v, dict | list))
            elif isinstance(container, list):
                below.extend(v for v in container if isinstance(v, dict | list))
        if not below:
            return False
        level = below
    return True
