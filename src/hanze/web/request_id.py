"""One id per request: it ties the lines of the log together, and an answer to them.

The id is made only when something asks for it: most requests log nothing.
"""

import re
import secrets
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["RequestIds", "current_request_id"]

_scope: ContextVar[Scope | None] = ContextVar("hanze_request", default=None)
_HEADER = b"x-request-id"
_STATE = "hanze.request_id"
# What a proxy may hand on; anything else could forge lines of the log.
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")


class RequestIds:
    """ASGI middleware that lets `current_request_id` answer within a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Never reset: the server runs each request in a task, and so a context, of its own.
        _scope.set(scope)
        await self._app(scope, receive, send)


def current_request_id() -> str | None:
    """Return the id of the request that is being answered; `None` outside of one."""
    scope = _scope.get()
    if scope is None:
        return None
    known = scope.get(_STATE)
    if known is None:
        known = scope[_STATE] = _sent(scope) or secrets.token_hex(8)
    return str(known)


def _sent(scope: Scope) -> str | None:
    for name, value in scope.get("headers", ()):
        if name == _HEADER and _ACCEPTED.match(value):
            return str(value, "ascii")
    return None
