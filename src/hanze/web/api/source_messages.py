"""Messages that others push to a source: taken once they are on the disk, never dropped."""

import base64
import binascii
import hmac

from starlette.responses import Response

from hanze.connectors.streaming import Message
from hanze.errors import NotFound
from hanze.node.source_state import SourceSecretWrong
from hanze.web.api.frame import Answer, ApiRoute, Ask, json_of
from hanze.web.caller import caller_of

__all__ = ["ROUTES"]

_HEADER = "hanze-source-secret"
_LONGEST = 1_000


class TakenMessage(Answer, frozen=True, omit_defaults=False):
    """The message is in the spool: it will be dealt with, whatever happens to the node."""

    received_at: str


async def push(ask: Ask) -> Response:
    """Take a message of a source, as its webhook; it is on the disk when this answers."""
    name = ask.path("name")
    sources = ask.node.sources
    if not _is_writer(ask):
        try:
            secret = sources.secret_of(name)
        except NotFound:
            # Who shows nothing does not learn which sources there are.
            raise SourceSecretWrong from None
        if not any(hmac.compare_digest(one, secret.encode()) for one in _shown(ask)) or not secret:
            raise SourceSecretWrong
    body = await ask.content(sources.max_bytes)
    message = Message(
        source=name,
        received_at=ask.now,
        body=body,
        content_type=ask.request.headers.get("content-type", "")[:_LONGEST],
        topic=str(ask.request.path_params.get("topic", ""))[:_LONGEST],
    )
    await sources.push(name, message, now=ask.now)
    return json_of(TakenMessage(received_at=ask.now), 202)


def _is_writer(ask: Ask) -> bool:
    authorization = ask.request.headers.get("authorization", "")
    if not ask.node.dev and not authorization.lower().startswith("bearer "):
        return False
    caller = caller_of(ask.node, authorization.encode("latin-1") or None, "")
    return "writer" in caller.roles


def _shown(ask: Ask) -> list[bytes]:
    """The secrets that a request shows: in the header of its own, or as a password."""
    found = [value.encode() for value in ask.request.headers.getlist(_HEADER)]
    scheme, _, rest = ask.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            _, colon, password = base64.b64decode(rest, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return found
        if colon:
            found.append(password)
    return found


_PUSH = "/sources/{name}/messages"
ROUTES = (
    ApiRoute("POST", _PUSH, push, TakenMessage, limited=True, own_secret=True, status=202),
    ApiRoute(
        "POST",
        _PUSH + "/{topic:path}",
        push,
        TakenMessage,
        limited=True,
        own_secret=True,
        status=202,
    ),
)
