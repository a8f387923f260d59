"""Addresses of the pages about which data are open, and of those on which that is decided."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hanze.web.portal.forms import Given, read_form
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.stewarding import agreements, pages

__all__ = ["stewarding_pages"]

_Show = Callable[[Visit], Awaitable[Response]]
_Take = Callable[[Visit, Given], Awaitable[Response]]

#: By path behind the language: what shows the page, and what takes its form.
_PAGES: Final[Mapping[str, tuple[_Show, _Take | None]]] = {
    "datasets": (pages.show_list, None),
    "datasets/{id:path}": (pages.show_dataset, pages.take_dataset),
    "steward": (pages.show_desk, pages.take_desk),
    "agreements/new": (agreements.show_offering, agreements.take_offering),
    "agreements/{id:path}": (agreements.show_agreement, agreements.take_agreement),
}


def stewarding_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, in every language."""
    return [
        Route(f"/{code}/{path}", handler, methods=[method])
        for code in ("en", "nl", "ko")
        for path, (show, take) in _PAGES.items()
        for method, handler in _handlers(site, show, take)
    ]


def _handlers(
    site: Site, show: _Show, take: _Take | None
) -> list[tuple[str, Callable[[Request], Awaitable[Response]]]]:
    async def shown(request: Request) -> Response:
        return await show(Visit.of(site, request))

    if take is None:
        return [("GET", shown)]

    async def taken(request: Request) -> Response:
        visit = Visit.of(site, request)
        return await take(visit, await read_form(visit))

    return [("GET", shown), ("POST", taken)]
