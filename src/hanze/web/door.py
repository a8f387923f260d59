"""The door: in an emergency what is of the lowest level is answered 503, before any work."""

import asyncio
from typing import Final

import orjson

from hanze.errors import HanzeError
from hanze.governance.records.emergency import Level
from hanze.governance.securing.services import Service, service_of, source_of
from hanze.identity.caller import Caller
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.web.caller import caller_of
from hanze.web.http import Response, Scope, Send
from hanze.web.portal.securing.closed import closed_answer
from hanze.web.portal.sessions import cookie_name
from hanze.web.signed import member_of_scope

__all__ = ["send_away", "turned_away"]

_OWN: Final = "/api/"
_COOKIE: Final = cookie_name(encrypted=False).encode() + b"="
_TYPE: Final = "urn:hanze:problem:emergency"
#: Whoever asks again at once would keep the node from what comes first just by being told no:
#: with 64 such connections who must be answered waits a tenth as long as without this.
_HELD_S: Final = 0.1


def turned_away(node: Node, scope: Scope) -> Response | None:
    """Answer a request that is not let in; `None`: it is.

    Only asked while there is an emergency. Who asks is looked up where a credential is shown, and
    nothing else is done.
    """
    door, now = node.security.door, node.clock()
    if not door.left_s(now):
        return None
    path: str = scope["path"]
    service = service_of(scope["method"], path)
    if service is Service.PORTAL and _has_session(scope):
        # Pages know who that is (`portal.securing.closed`).
        return None
    if door.level(service, source_of(path), _caller(node, scope)) is not Level.LOW:
        return None
    if not path.startswith((API_PATH, _OWN, "/access/")):
        return closed_answer(node, path)
    again = str(door.retry_after_s(now))
    kind = b"application/json" if path.startswith(API_PATH) else b"application/problem+json"
    headers = [(b"retry-after", again.encode()), (b"cache-control", b"no-store")]
    return Response(503, _problem(again), [*headers, (b"content-type", kind)])


async def send_away(response: Response, scope: Scope, send: Send) -> None:
    """Send the answer of who is not let in, a moment later."""
    await asyncio.sleep(_HELD_S)
    await response.send(send, head=scope["method"] == "HEAD")


def _has_session(scope: Scope) -> bool:
    return any(name == b"cookie" and _COOKIE in value for name, value in scope["headers"])


def _caller(node: Node, scope: Scope) -> Caller | None:
    """Say who asks; `None` where nobody shows who they are, or it does not hold."""
    shown = next((value for name, value in scope["headers"] if name == b"authorization"), None)
    member = member_of_scope(scope)
    # Under --dev whoever asks may do everything: that says nothing about how much hangs on it.
    if (shown is None or node.dev) and member is None:
        return None
    try:
        return caller_of(node, shown, "", member)
    except HanzeError:
        return None


def _problem(again: str) -> bytes:
    return orjson.dumps(
        {
            "type": _TYPE,
            "title": "Emergency",
            "status": 503,
            "detail": "There is an emergency: what can wait is not answered now; "
            f"it may be asked again in {again} seconds",
            "reason": "emergency",
        }
    )
