"""What a visitor reads in an emergency, where pages wait; whoever is signed in is looked at here."""

from functools import lru_cache
from html import escape

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from hanze.errors import HanzeError
from hanze.governance.records.emergency import Level
from hanze.governance.securing.services import service_of
from hanze.node.node import Node
from hanze.web.http import Response
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.translation import LANGUAGES, language

__all__ = ["WaitingPages", "closed_answer", "closed_page"]


class WaitingPages:
    """Shows pages in an emergency to those who are signed in and come first, and to nobody else.

    The node's door lets in whoever has the cookie of a session; who that is, is known here.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        node = self._site.node
        if node.security.door.emergency is not None and self._waits(scope):
            answer = closed_answer(node, scope["path"])
            await answer.send(send, head=scope["method"] == "HEAD")
            return
        await self._app(scope, receive, send)

    def _waits(self, scope: Scope) -> bool:
        node = self._site.node
        if not node.security.door.left_s(node.clock()):
            return False
        try:
            caller = Visit.of(self._site, Request(scope)).caller
        except HanzeError:
            caller = None
        service = service_of(scope["method"], scope["path"])
        return node.security.door.level(service, caller=caller) is Level.LOW


def closed_answer(node: Node, path: str) -> Response:
    """Answer who asks for a page that waits."""
    again = str(node.security.door.retry_after_s(node.clock()))
    headers = [
        (b"retry-after", again.encode()),
        (b"cache-control", b"no-store"),
        (b"content-type", b"text/html; charset=utf-8"),
    ]
    return Response(503, closed_page(path[1:3], node.settings.portal.title), headers)


@lru_cache(maxsize=32)
def closed_page(code: str, title: str) -> bytes:
    """Write the page.

    Args:
        code: As the address begins; what is no language is English.
        title: Of the node.
    """
    chosen = language(code if code in LANGUAGES else LANGUAGES[0])
    gettext = chosen.texts.gettext
    heading = gettext("There is an emergency")
    first = gettext("These pages wait, so that help comes first. Please try again later.")
    second = gettext("What happened")
    return (
        f'<!DOCTYPE html>\n<html lang="{chosen.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(heading)} · {escape(title)}</title>"
        '<link rel="stylesheet" href="/static/portal.css"></head>'
        f'<body><main class="wide text"><h1>{escape(heading)}</h1><p>{escape(first)}</p>'
        f'<p><a href="/{chosen.code}/security">{escape(second)}</a></p></main></body></html>\n'
    ).encode()
