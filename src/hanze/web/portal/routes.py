"""Addresses of the portal, and what surrounds every page: headers that protect, pages for errors."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hanze.broker.discovery import summarise
from hanze.broker.ports import TypeSummary
from hanze.errors import (
    Conflicting,
    Denied,
    HanzeError,
    InvalidInput,
    NotFound,
    TooMuch,
    Unavailable,
)
from hanze.identity.allowance import TooOften
from hanze.identity.caller import ANONYMOUS
from hanze.node.live import TooManyListeners
from hanze.node.node import Node
from hanze.web.guarding import is_foreign
from hanze.web.portal import entity, exports, home, listing, live, notifications, open_data, signing
from hanze.web.portal.abroad.routes import abroad_pages
from hanze.web.portal.areas import Handler, Show, Take, shown, taken
from hanze.web.portal.auditing import pages as auditing
from hanze.web.portal.collective.routes import collective_pages
from hanze.web.portal.entering import account, elsewhere, passkeys
from hanze.web.portal.forms import FormTooLarge, is_own_path
from hanze.web.portal.history import downloads as history_files
from hanze.web.portal.history import page as history
from hanze.web.portal.insight import adding as watch_adding
from hanze.web.portal.insight import forms as watch_forms
from hanze.web.portal.insight import listing as watch_list
from hanze.web.portal.insight import usual, watching
from hanze.web.portal.league import pages as league
from hanze.web.portal.projects.routes import project_pages
from hanze.web.portal.reading import has_simulated
from hanze.web.portal.residents.routes import resident_pages
from hanze.web.portal.securing.closed import WaitingPages
from hanze.web.portal.securing.routes import security_pages
from hanze.web.portal.site import STATIC, THEME_COOKIE, THEMES, Site, Visit, language_of
from hanze.web.portal.sources import forms as source_forms
from hanze.web.portal.sources import pages as sources
from hanze.web.portal.stewarding.routes import stewarding_pages

__all__ = ["portal_routes"]

_LOG = logging.getLogger(__name__)
_YEAR_S = 31_536_000
_MOST_FORM = 8_192

#: MapLibre draws its own pictures from data and blob addresses; nothing leaves the node.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

#: Families of errors that a reader meets, and their status; what is in none of them is our mistake.
_STATUSES: Sequence[tuple[type[HanzeError], int]] = (
    (NotFound, 404),
    (FormTooLarge, 413),
    (InvalidInput, 400),
    (Denied, 403),
    (Conflicting, 409),
    (TooManyListeners, 429),
    (TooOften, 429),
    (TooMuch, 403),
    (Unavailable, 504),
)


def portal_routes(node: Node) -> list[BaseRoute]:
    """Give the portal's routes, to stand after all others: they answer every path that is left."""
    site = Site.of(node)

    def page(path: str, show: Show) -> Route:
        return Route(path, shown(site, show), methods=["GET"])

    take = partial(taken, site)

    routes = _of_no_language(page)
    for code in ("en", "nl", "ko"):
        routes += [
            page(f"/{code}/", home.show),
            page(f"/{code}/data", listing.show),
            page(f"/{code}/data/{{type:path}}", listing.show),
            page(f"/{code}/entity/{{id:path}}", entity.show),
            page(f"/{code}/history/{{id:path}}", history.show),
            page(f"/{code}/download/history.{{ending}}", history_files.send),
            page(f"/{code}/download/entities.{{ending}}", exports.many),
            page(f"/{code}/download/entity.{{ending}}", exports.one),
            page(f"/{code}/map/places", exports.places),
            page(f"/{code}/map/base", exports.base),
            page(f"/{code}/live", live.follow),
            page(f"/{code}/sources", sources.show_list),
            page(f"/{code}/sources/add", sources.show_adding),
            Route(f"/{code}/sources/add", take(source_forms.take_adding), methods=["POST"]),
            page(f"/{code}/sources/{{name}}", sources.show_source),
            Route(f"/{code}/sources/{{name}}", take(source_forms.take_source), methods=["POST"]),
            page(f"/{code}/insight", watch_list.show),
            page(f"/{code}/insight/add", watch_adding.show),
            Route(f"/{code}/insight/add", take(watch_forms.take_adding), methods=["POST"]),
            page(f"/{code}/insight/usual", usual.show),
            page(f"/{code}/insight/watches/{{name}}", watching.show),
            Route(
                f"/{code}/insight/watches/{{name}}", take(watch_forms.take_watch), methods=["POST"]
            ),
            page(f"/{code}/log/download.{{ending}}", auditing.send),
            page(f"/{code}/about", _about),
            page(f"/{code}/catalogue", open_data.show_catalogue),
            *_entering(code, page, take),
            Route(f"/{code}", _with_slash, methods=["GET"]),
        ]
        areas = (("notifications", notifications), ("league", league), ("log", auditing))
        for name, area in areas:
            path = f"/{code}/{name}"
            routes += [page(path, area.show), Route(path, take(area.take), methods=["POST"])]
    routes += _of_areas(site)
    return [Mount("", routes=routes, middleware=_guards(site))]


def _guards(site: Site) -> list[Middleware]:
    return [
        Middleware(_Headers),
        Middleware(WaitingPages, site=site),
        Middleware(_ErrorPages, site=site),
    ]


def _of_no_language(page: Callable[[str, Show], Route]) -> list[BaseRoute]:
    return [
        Route("/", _start, methods=["GET"]),
        Route("/theme", _choose_theme, methods=["POST"]),
        page(elsewhere.BACK_PATH, elsewhere.come_back),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def _of_areas(site: Site) -> list[BaseRoute]:
    return [
        *collective_pages(site),
        *abroad_pages(site),
        *stewarding_pages(site),
        *project_pages(site),
        *resident_pages(site),
        *security_pages(site),
    ]


def _entering(
    code: str,
    page: Callable[[str, Show], Route],
    take: Callable[[Take], Handler],
) -> list[BaseRoute]:
    """Give the routes of accounts, and of the ways in."""
    path = f"/{code}/account"
    forms: Sequence[tuple[str, Take]] = (
        (f"/{code}/sign-in", signing.sign_in),
        (f"/{code}/sign-out", signing.sign_out),
        (path, account.take),
        (f"/{code}/set-up/{{secret}}", account.set_up),
        (f"{path}/passkeys/options", passkeys.options_to_add),
        (f"{path}/passkeys", passkeys.add),
        (f"/{code}/sign-in/passkey/options", passkeys.options_to_sign_in),
        (f"/{code}/sign-in/passkey", passkeys.sign_in),
        (f"/{code}/sign-in/elsewhere", elsewhere.leave),
    )
    return [
        page(f"/{code}/sign-in", signing.show),
        page(path, account.show),
        page(f"/{code}/set-up/{{secret}}", account.show_set_up),
        *(Route(where, take(form), methods=["POST"]) for where, form in forms),
    ]


async def _start(request: Request) -> Response:
    """Send a reader to the pages in a language of theirs."""
    response = RedirectResponse(f"/{language_of(request).code}/", status_code=302)
    response.headers["vary"] = "Accept-Language"
    return response


async def _with_slash(request: Request) -> Response:
    return RedirectResponse(f"/{language_of(request).code}/", status_code=308)


async def _about(visit: Visit) -> Response:
    reader, _ = await visit.reader()
    return visit.page(
        "about.html",
        simulated=has_simulated(reader.summary()),
        version=metadata.version("hanze"),
    )


async def _choose_theme(request: Request) -> Response:
    """Remember the choice between light and dark; works without script."""
    form = dict(parse_qsl((await _body(request)).decode("utf-8", "replace")))
    chosen, back = form.get("theme", ""), form.get("back", "")
    response = RedirectResponse(back if is_own_path(back) else "/", status_code=303)
    if chosen in THEMES and not is_foreign(request.scope):
        response.set_cookie(THEME_COOKIE, chosen, max_age=_YEAR_S, samesite="lax", httponly=True)
    return response


async def _body(request: Request) -> bytes:
    """Read a small form; the rest of a large one is not even received."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM:
            raise InvalidInput(f"A form of more than {_MOST_FORM} bytes is no form of this site")
    return body


class _Headers:
    """Adds the headers that protect a reader to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if "/static/" not in scope["path"]:
                    headers.setdefault("cache-control", "no-cache")
            await send(message)

        await self._app(scope, receive, guarded)


class _ErrorPages:
    """Answers errors with a page that says what to do next."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except HTTPException as error:
            response = self._page(scope, error.status_code, str(error.detail))
            response.headers.update(error.headers or {})
            await response(scope, receive, send)
        except HanzeError as error:
            if started:
                raise
            response = self._page(scope, _status(error), str(error))
            if isinstance(error, TooOften):
                response.headers["retry-after"] = str(error.retry_after_s)
            await response(scope, receive, send)
        except Exception:  # the outermost loop: a reader gets a page, the log the trace
            _LOG.exception("a page failed", extra={"path": scope["path"]})
            if started:
                raise
            await self._page(scope, 500, "")(scope, receive, send)

    def _page(self, scope: Scope, status: int, detail: str) -> Response:
        request = Request(scope)
        visit = Visit.of(self._site, request)
        # Pages of the collective say of each record whether it is made up.
        collective = request.url.path.startswith(f"/{visit.language.code}/collective")
        measured = status < 500 and not collective
        return visit.page(
            "error.html",
            status=status,
            code=status,
            detail=detail,
            simulated=measured and has_simulated(_open_to_all(self._site.node)),
        )


def _open_to_all(node: Node) -> list[TypeSummary]:
    return summarise(node.store, ANONYMOUS, now=node.clock())


def _status(error: HanzeError) -> int:
    """Choose between what the reader can mend and what not."""
    return next((status for family, status in _STATUSES if isinstance(error, family)), 500)
