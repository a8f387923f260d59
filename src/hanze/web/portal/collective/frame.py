"""The frame of the collective's pages: what a page is, and how it is reached and protected.

A module of this package shows one page (or a few that belong together). It has a function that
takes a `Desk` and answers, and one line in `routes.PAGES`; what stands in the menu has one in
`menu.MENU`. A page with a form has a second function, which takes what was filled in as well.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hanze.collaboration.held import RecordElsewhere
from hanze.web.caller import require_writer
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import Given, read_form
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.translation import LANGUAGES

__all__ = ["Page", "Show", "Take", "routes_of"]

Show = Callable[[Desk], Awaitable[Response]]
Take = Callable[[Desk, Given], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page below `/{language}/collective`.

    Attributes:
        path: As Starlette writes it: "/record/{id:path}"; "" is the landing page.
        show: Answers GET.
        take: Answers POST, with a form that was seen to come from this site.
        anyone: Whether `take` is for people who are not signed in as well.
        writers: Whether `show` is only of use to those who may write: others are asked to sign in.
    """

    path: str
    show: Show | None
    take: Take | None = None
    anyone: bool = False
    writers: bool = False


def routes_of(site: Site, pages: Sequence[Page]) -> list[BaseRoute]:
    """Make the routes of pages in each language."""
    return [
        Route(f"/{code}/collective{page.path}", _endpoint(site, page), methods=_methods(page))
        for code in LANGUAGES
        for page in pages
    ]


def _methods(page: Page) -> list[str]:
    return [*(["GET"] if page.show else []), *(["POST"] if page.take else [])]


def _endpoint(site: Site, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await answer_here(Visit.of(site, request), request)
        except RecordElsewhere as error:
            # Its own page says which node keeps it, and leads there.
            code = request.url.path.split("/")[1]
            path = f"/{code}/collective/record/{quote(error.record_id, safe=':')}"
            return RedirectResponse(path, status_code=303)

    async def answer_here(visit: Visit, request: Request) -> Response:
        if page.take is not None and request.method == "POST":
            given = await read_form(visit)
            if not page.anyone:
                require_writer(visit.caller)
            return await page.take(await Desk.of(visit), given)
        if page.writers and not visit.may_write:
            query = f"?{request.url.query}" if request.url.query else ""
            back = urlencode({"next": quote(request.url.path) + query})
            return RedirectResponse(f"/{visit.language.code}/sign-in?{back}", status_code=303)
        if page.show is None:
            return Response(status_code=405, headers={"allow": "POST"})
        return await page.show(await Desk.of(visit))

    return answer
