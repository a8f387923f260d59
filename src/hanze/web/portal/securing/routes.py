"""Addresses of the pages about security."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hanze.web.portal.forms import Given, read_form
from hanze.web.portal.securing import incidents, pages
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.translation import LANGUAGES

__all__ = ["security_pages"]

_Show = Callable[[Visit], Awaitable[Response]]
_Take = Callable[[Visit, Given], Awaitable[Response]]

#: By path behind the language: what shows the page, and what takes its form.
_PAGES: Final[Mapping[str, tuple[_Show, _Take]]] = {
    "security": (pages.show_security, pages.take_security),
    "security/emergency": (pages.show_emergency, pages.take_emergency),
    "security/criticality": (pages.show_criticality, pages.take_criticality),
    "security/incidents": (incidents.show_list, incidents.take_list),
    "security/incidents/{id}": (incidents.show_incident, incidents.take_incident),
}


def security_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, in every language."""
    return [
        Route(f"/{code}/{path}", handler, methods=[method])
        for code in LANGUAGES
        for path, (show, take) in _PAGES.items()
        for method, handler in _handlers(site, show, take)
    ]


def _handlers(
    site: Site, show: _Show, take: _Take
) -> list[tuple[str, Callable[[Request], Awaitable[Response]]]]:
    async def shown(request: Request) -> Response:
        return await show(Visit.of(site, request))

    async def taken(request: Request) -> Response:
        visit = Visit.of(site, request)
        return await take(visit, await read_form(visit))

    return [("GET", shown), ("POST", taken)]
