"""A cost that is entered with the file of its receipt."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hanze.collaboration.documents import keep_document
from hanze.errors import HanzeError, InvalidInput, TooMuch
from hanze.web.caller import require_writer
from hanze.web.portal.abroad import money
from hanze.web.portal.abroad.uploads import Brought, read_upload
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Site, Visit
from hanze.web.portal.translation import LANGUAGES

__all__ = ["routes_of_receipts"]

_MEGABYTE: Final = 1_000_000


def routes_of_receipts(site: Site) -> list[BaseRoute]:
    """Give the routes that take receipts, in each language; they stand before those of the pages."""
    return [
        Route(
            f"/{code}/collective/missions/{{id:path}}/money/cost",
            _endpoint(site),
            methods=["POST"],
        )
        for code in LANGUAGES
    ]


def _endpoint(site: Site) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        visit = Visit.of(site, request)
        # Before ten megabytes are read.
        require_writer(visit.caller)
        brought = await read_upload(visit)
        return await _take(await Desk.of(visit), brought)

    return answer


async def _take(desk: Desk, brought: Brought) -> Response:
    """Keep the receipt, then enter the cost; one that is refused has its receipt still."""
    values = dict(brought.given.values) | {"do": ["cost"]}
    if brought.data:
        try:
            values["receipt_document"] = [await _kept(desk, brought)]
        except (InvalidInput, TooMuch) as error:
            return money.show_again(desk, Given(values), _refused(desk, error))
    return await money.take(desk, Given(values))


def _refused(desk: Desk, error: HanzeError) -> dict[str, str]:
    name = "Document.data" if isinstance(error, TooMuch) else "TravelPermission.receiptDocument"
    return {"file": desk.code("refusal", name)}


async def _kept(desk: Desk, brought: Brought) -> str:
    node = desk.visit.site.node
    return await keep_document(
        node.store,
        desk.writer(),
        brought.data,
        brought.media_type,
        now=desk.visit.now,
        most_bytes=node.settings.collective.documents_mb * _MEGABYTE,
    )
