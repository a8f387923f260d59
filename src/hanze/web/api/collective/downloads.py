"""Selections of records as files: CSV, JSON, JSON-LD and GeoJSON, as large as they may be."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from starlette.responses import Response, StreamingResponse

from hanze.collaboration.exports import MEDIA_TYPES, pieces
from hanze.collaboration.overview import select
from hanze.web.api.collective.records import Choice, filters_of
from hanze.web.api.frame import ApiRoute, Ask, Handler

__all__ = ["ROUTES"]


async def csv(ask: Ask) -> Response:
    """Download the records that filters leave as CSV: all fields where they are of one type."""
    return await _file(ask, "csv")


async def json(ask: Ask) -> Response:
    """Download the records that filters leave as JSON: concise entities with source and day."""
    return await _file(ask, "json")


async def jsonld(ask: Ask) -> Response:
    """Download the records that filters leave as JSON-LD: concise entities with their @context."""
    return await _file(ask, "jsonld")


async def geojson(ask: Ask) -> Response:
    """Download the records that filters leave as GeoJSON, those without a place with no geometry."""
    return await _file(ask, "geojson")


async def _file(ask: Ask, ending: str) -> Response:
    choice = ask.parameters(Choice)
    filters = filters_of(ask)
    collective = await ask.node.collective.refresh(ask.now)
    # A file that is kept must not miss what has not been read yet.
    wait_s = None if filters.text else 0.0
    search = await ask.node.search.refresh(collective, wait_s=wait_s)
    await search.prepare(filters.text, choice.language)
    records = select(collective, search, filters, language=choice.language, sort=choice.sort)
    name = filters.types[0] if len(filters.types) == 1 else "records"
    return StreamingResponse(
        _in_turn(pieces(ending, records, collective)),
        media_type=MEDIA_TYPES[ending],
        headers={"content-disposition": f'attachment; filename="{name}.{ending}"'},
    )


async def _in_turn(texts: Iterator[str]) -> AsyncIterator[str]:
    for text in texts:
        yield text
        # Others wait on the same loop.
        await asyncio.sleep(0)


def _route(ending: str, handler: Handler) -> ApiRoute:
    media = (MEDIA_TYPES[ending].partition(";")[0],)
    return ApiRoute("GET", f"/records.{ending}", handler, parameters=Choice, media=media)


ROUTES = (
    _route("csv", csv),
    _route("json", json),
    _route("jsonld", jsonld),
    _route("geojson", geojson),
)
