"""Addresses of residents' pages, and those without a language that codes and receipts lead to."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from hanze.web.portal.areas import Show, Take, shown, taken
from hanze.web.portal.residents import my_data, registers, requests
from hanze.web.portal.site import Site, language_of
from hanze.web.portal.translation import LANGUAGES

__all__ = ["resident_pages"]

#: Below the language: path → page. What is more particular stands first.
_PAGES: Final[Sequence[tuple[str, Show]]] = (
    ("/my-data", my_data.show),
    ("/my-data/export", my_data.export),
    ("/my-data/receipt", my_data.receipt),
    ("/requests", requests.show_list),
    ("/requests/{id:path}", requests.show_one),
    ("/sensors", registers.show_sensors),
    ("/sensors/{id:path}", registers.show_sensor),
    ("/algorithms", registers.show_algorithms),
    ("/algorithms/{id:path}", registers.show_algorithm),
)
#: The same for what forms send.
_FORMS: Final[Sequence[tuple[str, Take]]] = (
    ("/my-data", my_data.take),
    ("/requests/{id:path}", requests.take),
    ("/sensors/{id:path}", registers.object_to),
)


def resident_pages(site: Site) -> list[BaseRoute]:
    """Give the routes."""
    routes: list[BaseRoute] = [
        Route("/sensor/{id:path}", _to_sensor, methods=["GET"]),
        Route("/my-data", _to_my_data, methods=["GET"]),
    ]
    for code in LANGUAGES:
        routes += [
            Route(f"/{code}{path}", shown(site, show), methods=["GET"]) for path, show in _PAGES
        ]
        routes += [
            Route(f"/{code}{path}", taken(site, form), methods=["POST"]) for path, form in _FORMS
        ]
    return routes


async def _to_sensor(request: Request) -> Response:
    sensor_id = quote(str(request.path_params["id"]), safe=":")
    return _in_language(request, f"/sensors/{sensor_id}")


async def _to_my_data(request: Request) -> Response:
    return _in_language(request, "/my-data")


def _in_language(request: Request, path: str) -> Response:
    response = RedirectResponse(f"/{language_of(request).code}{path}", status_code=302)
    response.headers["vary"] = "Accept-Language"
    return response
