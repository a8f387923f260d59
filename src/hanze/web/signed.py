"""Which member of the league signed a request (RFC 9421); most requests nobody did."""

import asyncio
from typing import Any, Final

from hanze.broker.distribution.ports import ON_BEHALF, PURPOSE, TRACEPARENT
from hanze.league.requests import Identified
from hanze.league.signatures import (
    Message,
    SignatureRefused,
    check_digest,
    read_signature,
)
from hanze.node.node import Node
from hanze.web.http import BodyTooLarge, BodyTooSlow, Receive, Scope

__all__ = ["MEMBER", "established", "is_signed", "member_of_scope"]

#: Under this name an ASGI scope tells which member asks.
MEMBER: Final = "hanze.member"

_INPUT: Final = b"signature-input"
_BODY_S: Final = 60.0


def is_signed(scope: Scope) -> bool:
    """Tell whether a request carries a signature of any kind."""
    return any(name == _INPUT for name, _ in scope.get("headers", ()))


def member_of_scope(scope: Scope) -> Identified | None:
    """Tell which member signed a request; `None`: none did."""
    found = scope.get(MEMBER)
    return found if isinstance(found, Identified) else None


async def established(node: Node, scope: Scope, receive: Receive) -> Receive:
    """Find out which member signed a request, and tell it in the scope.

    The body is read only when the signature holds: strangers cannot have the node keep bytes.

    Returns:
        What the application receives the request from.

    Raises:
        SignatureRefused: The signature is not that of a known member over this request, now.
        MemberRefused: A member signed it that was banned, or that left.
        BodyTooLarge: The body is longer than the node takes.
    """
    me = node.league.me()
    if me is None:
        return receive
    headers = _headers(scope)
    signed = read_signature(headers[_INPUT], headers.get(b"signature", ""))
    if signed is None:
        return receive
    message = Message(
        method=scope["method"],
        target=me.url + _target(scope),
        tenant=headers.get(b"ngsild-tenant"),
        digest=headers.get(b"content-digest"),
        behalf=headers.get(ON_BEHALF.encode()),
        purpose=headers.get(PURPOSE.encode()),
        trace=headers.get(TRACEPARENT.encode()),
    )
    scope[MEMBER] = node.requests.identify(signed, message)
    has_body = headers.get(b"content-length", "0") != "0" or b"transfer-encoding" in headers
    if not has_body:
        return receive
    if message.digest is None:
        raise SignatureRefused("incomplete", "it must cover content-digest, as there is a body")
    body = await _body(receive, node.settings.server.max_body_mb * 1024 * 1024)
    check_digest(message.digest, body)
    return _replayed(body, receive)


def _headers(scope: Scope) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _target(scope: Scope) -> str:
    """Return path and query as they were sent."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    # uvicorn's raw path has no query; others' may.
    text = path.partition(b"?")[0] + (b"?" + query if query else b"")
    return text.decode("latin-1")


async def _body(receive: Receive, limit: int) -> bytes:
    raw = bytearray()
    more = True
    try:
        async with asyncio.timeout(_BODY_S):
            while more:
                message = await receive()
                raw += message.get("body", b"")
                more = bool(message.get("more_body"))
                if len(raw) > limit:
                    raise BodyTooLarge(f"The body has more than {limit} bytes, which is the most")
    except TimeoutError:
        raise BodyTooSlow("The body does not arrive in time") from None
    return bytes(raw)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read once more, then what comes after it."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return messages.pop() if messages else await receive()

    return again
