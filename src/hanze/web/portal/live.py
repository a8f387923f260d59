"""Values as they come: a stream of server-sent events with the parts of a page that changed.

A page names the entities that it shows, and whether it shows them in a row or whole. An event holds
pieces of HTML by the name of their place on the page: what a page without script shows when it is
loaded anew. Each is read through the broker, at that moment, as the caller who listens.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson
from starlette.responses import Response, StreamingResponse

from hanze.broker.ports import StoredEntity
from hanze.errors import InvalidInput
from hanze.ngsild.model import Entity
from hanze.node.live import Listener, TooManyListeners, Wanted
from hanze.web.portal.reading import Reader
from hanze.web.portal.rows import row_of
from hanze.web.portal.series import measurements, series_of
from hanze.web.portal.site import Visit
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import TILES, Instance, latest_moment
from hanze.web.visitor import visitor_address

__all__ = ["follow", "place_of_value"]

#: Proxies close connections on which nothing comes for a minute.
HEARTBEAT_S: Final = 20.0
#: At most so often: a page that changes more often cannot be read.
_PAUSE_S: Final = 0.5
_MOST_NAMED: Final = 200
_RETRY_MS: Final = 5_000
#: Events that are kept for others who wait for the same, and characters of one: entities may be
#: megabytes, and what is kept of them must not be thousands of these.
_MOST_TOLD: Final = 2_000
_LONGEST_TOLD: Final = 32_768
#: Of a DateTime, up to its seconds.
_SECONDS: Final = 19


async def follow(visit: Visit) -> Response:
    """Answer the stream of what changes.

    The address names entities (`entity`) or types (`type`), each as often as needed, and with
    `show` how the page shows them: `row` or `page`. Values between two events may be missing.

    Raises:
        InvalidInput: It names nothing, or too much.
        TooManyListeners: No more may listen.
    """
    asked = visit.request.query_params
    ids, types = asked.getlist("entity"), asked.getlist("type")
    if not 0 < len(ids) + len(types) <= _MOST_NAMED:
        raise InvalidInput(
            f"A stream of live values is of 1 to {_MOST_NAMED} entities and types", field="entity"
        )
    iris = frozenset(visit.context.expand_name(name) for name in types)
    wanted = Wanted(frozenset(ids), iris)
    address = visitor_address(visit.site.node, visit.request)
    visit.site.node.live.check_room(address)
    return StreamingResponse(
        _events(visit, wanted, address, in_rows=asked.get("show") == "row"),
        media_type="text/event-stream",
        # Proxies would otherwise collect events until they have enough.
        headers={"x-accel-buffering": "no"},
    )


async def _events(
    visit: Visit, wanted: Wanted, address: str, *, in_rows: bool
) -> AsyncIterator[str]:
    try:
        with visit.site.node.live.listen(wanted, address) as listener:
            yield f"retry: {_RETRY_MS}\n\n"
            async for text in _told(visit, listener, in_rows=in_rows):
                yield text
    except TooManyListeners:
        # Others came first, between the check and here: the page tries again later.
        return


async def _told(visit: Visit, listener: Listener, *, in_rows: bool) -> AsyncIterator[str]:
    #: As it was told last, of what is hidden in part: what changed may be what is hidden.
    shown: dict[str, bytes] = {}
    while not listener.ended:
        changed = await listener.next(timeout_s=HEARTBEAT_S)
        if not changed and not listener.ended:
            yield ":\n\n"
            continue
        # Anew each time: the session may have ended, and "a minute ago" was a minute ago.
        now = replace(visit, now=visit.site.node.clock())
        reader, _ = await now.reader()
        for entity_id in changed:
            stored = reader.stored(entity_id)
            if stored is None and not reader.tells_missing(entity_id):
                # Nor that anything happened to what may not be read.
                continue
            if stored is not None and not stored.is_whole:
                if shown.get(entity_id) == stored.body:
                    continue
                shown[entity_id] = stored.body
            yield _event(now, reader, entity_id, stored, in_rows=in_rows)
            await asyncio.sleep(0)
        await asyncio.sleep(_PAUSE_S)


def _event(
    visit: Visit, reader: Reader, entity_id: str, stored: StoredEntity | None, *, in_rows: bool
) -> str:
    """Write what is so with an entity; the same for all who look at it at the same second."""
    mark = None if stored is None else hash(stored.body)
    key = (visit.caller, entity_id, mark, visit.language.code, in_rows, visit.now[:_SECONDS])
    known = visit.site.told.get(key)
    if known is not None:
        return known
    entity = None if stored is None else reader.load(stored)
    parts = {} if entity is None else dict(_parts(visit, entity, in_rows=in_rows))
    told = {"entity": entity_id, "gone": entity is None, "parts": parts}
    if len(visit.site.told) >= _MOST_TOLD:
        visit.site.told.clear()
    text = f"data: {orjson.dumps(told).decode()}\n\n"
    if len(text) <= _LONGEST_TOLD:
        visit.site.told[key] = text
    return text


def place_of_value(name: str, dataset_id: str | None) -> str:
    """Name the place of a value on the page of its entity."""
    return f"{name}/{dataset_id or ''}"


def _parts(visit: Visit, entity: Entity, *, in_rows: bool) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a page that can change, by their place."""
    macros = _macros(visit)
    formats = visit.speaker.formats
    moment = latest_moment(entity)
    yield "moment", str(macros["freshness"](moment, formats.freshness(moment), formats))
    if in_rows:
        for number, item in enumerate(row_of(visit, entity).values):
            yield f"value-{number}", str(macros["value"](item.instance))
        return
    for number, tile in enumerate(measurements(entity, visit.speaker, most=TILES)):
        yield f"tile-{number}", str(macros["value"](tile.instance))
    for iri, instances in entity.attributes.items():
        for _, one in series_of(instances, visit.speaker):
            if not one.links:
                yield from _cells(macros, local_name(iri), one, formats)


def _cells(
    macros: Mapping[str, Any], name: str, one: Instance, formats: object
) -> Iterator[tuple[str, str]]:
    place = place_of_value(name, one.dataset_id)
    yield f"value/{place}", str(macros["value"](one))
    if one.observed is not None:
        yield f"time/{place}", str(macros["observed"](one, formats))


def _macros(visit: Visit) -> Mapping[str, Any]:
    """Give the macros that pages draw values with."""
    template = visit.site.environments[visit.language.code].get_template("parts.html")
    return vars(template.module)
