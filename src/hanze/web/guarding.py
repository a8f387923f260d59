"""What every request passes, and every answer carries, whatever it is about (OWASP ASVS 4, V13, V14)."""

from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

from hanze.errors import Denied, HanzeError
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.web.visitor import address_of

__all__ = [
    "ForeignPage",
    "GuardedSend",
    "TokenInAddress",
    "always_sent",
    "count_guess",
    "is_foreign",
    "refusal",
    "slow_guessing",
]

_IN_ADDRESS: Final = b"access_token="
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_YEAR_S: Final = 31_536_000
#: Of answers that are no pages: nothing in them is to be run or framed, should a browser show them.
_NO_PAGE: Final = "default-src 'none'; frame-ancestors 'none'"


class TokenInAddress(Denied):
    """A token stands where logs and histories keep it (RFC 9700, 4.3.2)."""

    def __init__(self) -> None:
        super().__init__(
            "A token must not stand in the query string; the header is "
            "`Authorization: Bearer <token>`"
        )


class ForeignPage(Denied):
    """A page of another site asks for a change (CSRF)."""

    def __init__(self) -> None:
        super().__init__("Changes are not taken from pages of other sites")


def refusal(node: Node, scope: Scope) -> HanzeError | None:
    """Say why a request is not looked at any further; `None`: it is."""
    if _IN_ADDRESS in scope["query_string"]:
        return TokenInAddress()
    # Who proves nothing may write under --dev: then a page of another site could, too. Below
    # `API_PATH` it cannot: what changes there is JSON, for which browsers ask first.
    if (
        node.dev
        and scope["method"] not in _READING
        and not scope["path"].startswith(API_PATH)
        and is_foreign(scope)
    ):
        return ForeignPage()
    return None


def always_sent(node: Node) -> tuple[tuple[bytes, bytes], ...]:
    """Give the headers of every answer."""
    server = node.settings.server
    encrypted = server.base_url.startswith("https:") or bool(server.tls_certificate)
    strict = (b"strict-transport-security", f"max-age={_YEAR_S}".encode())
    return ((b"x-content-type-options", b"nosniff"), *((strict,) if encrypted else ()))


def slow_guessing(node: Node, scope: Scope) -> None:
    """Have whoever was refused too often wait, before an id is looked at.

    As long as the guard counts no refusals, nobody needs to ask.

    Raises:
        TooOften: They were.
    """
    node.entrance.guard.ask(address_of(node, scope), now=node.clock())


def count_guess(node: Node, scope: Scope) -> None:
    """Count that an id was asked for that may not be used, or is not there."""
    node.entrance.guard.refused(address_of(node, scope), now=node.clock())


class GuardedSend:
    """Adds what every answer carries to those that do not say otherwise.

    Args:
        always: Of `always_sent`.
        send: As ASGI gives it.
    """

    def __init__(self, always: tuple[tuple[bytes, bytes], ...], send: Send) -> None:
        self._always = always
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._always:
                headers.setdefault(name.decode(), value.decode())
            headers.setdefault("content-security-policy", _NO_PAGE)
        await self._send(message)


def is_foreign(scope: Scope) -> bool:
    """Tell whether a page of another site asks, as far as the browser says so."""
    found: dict[bytes, Any] = dict(scope["headers"])
    if found.get(b"sec-fetch-site") in (b"cross-site", b"same-site"):
        return True
    origin = found.get(b"origin")
    if origin is None:
        return False
    host = urlsplit(origin.decode("latin-1")).netloc.lower()
    return bool(host != found.get(b"host", b"").decode("latin-1").lower())
