"""Pages of an area and what takes their forms, as routes in every language."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hanze.web.portal.forms import Given, read_form
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.translation import LANGUAGES

__all__ = ["Handler", "Pages", "Show", "Take", "area_routes", "shown", "taken"]

Show = Callable[[Visit], Awaitable[Response]]
Take = Callable[[Visit, Given], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Response]]

#: By path behind the language: what shows the page, and what takes its form.
Pages = Mapping[str, tuple[Show, Take | None]]


def area_routes(site: Site, pages: Pages) -> list[BaseRoute]:
    """Give the routes of an area, in every language."""
    routes: list[BaseRoute] = []
    for code in LANGUAGES:
        for path, (show, take) in pages.items():
            routes.append(Route(f"/{code}/{path}", shown(site, show), methods=["GET"]))
            if take is not None:
                routes.append(Route(f"/{code}/{path}", taken(site, take), methods=["POST"]))
    return routes


def shown(site: Site, show: Show) -> Handler:
    """Make what answers with a page."""

    async def handle(request: Request) -> Response:
        return await show(Visit.of(site, request))

    return handle


def taken(site: Site, take: Take) -> Handler:
    """Make what takes a form, once it was read within its limits and from this site."""

    async def handle(request: Request) -> Response:
        visit = Visit.of(site, request)
        return await take(visit, await read_form(visit))

    return handle
