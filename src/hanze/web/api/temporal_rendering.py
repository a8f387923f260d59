"""Temporal evolutions as response bodies, also in parts (CIM 009, 6.3.6, 6.3.10)."""

import asyncio
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from hanze.broker.evolution_reading import Asked, Evolutions
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.representation.temporal import aggregated, instances, temporal_values
from hanze.ngsild.representation.versions import Version, conform, conformant_version
from hanze.ngsild.temporal.model import AggregatedEntity, Instance, TemporalEntity
from hanze.ngsild.temporal.moments import text_of, timeproperty_of
from hanze.ngsild.temporal.periods import end_of_range, start_of_range
from hanze.web.api.rendering import wrapped
from hanze.web.api.temporal_showing import TemporalFormat, TemporalShowing
from hanze.web.http import Request, Response

__all__ = ["content_range", "render_evolutions"]

#: Bytes that are rendered before others get their turn: about 2 ms of work.
_SLICE = 64 * 1024
#: What an entity costs beside its bytes, in bytes.
_ENTITY = 1024


async def render_evolutions(
    request: Request, found: Evolutions, showing: TemporalShowing, *, one: bool
) -> Response:
    """Answer evolutions: one of them, or an array; 206 where not all instances are there."""
    entities, amended = _conforming(found.entities, showing.version)
    bodies: list[bytes] = []
    size = 0
    for pieces in _pieces(entities, found.aggregated, showing):
        bodies.append(await _joined(pieces))
        size += len(bodies[-1]) + _ENTITY
        if size > _SLICE:
            size = 0
            await asyncio.sleep(0)
    response = await wrapped(
        request, showing.media, showing.view.context, bodies, one=one, geo_context=False
    )
    if showing.version is not None:
        major, minor = conformant_version(showing.version)
        response.headers.append((b"preference-applied", f"ngsi-ld={major}.{minor}".encode()))
        response.status = 203 if amended else 200
    if found.cut:
        response.status = 206
        response.headers.append((b"content-range", content_range(found.entities, showing.asked)))
    return response


def content_range(entities: Sequence[TemporalEntity], asked: Asked) -> bytes:
    """Say which part of the range is answered (6.3.10): backwards with lastN, forwards without.

    The next part begins where this one ends: at the first moment after it, or, backwards, before
    the moment at which it ends, which `endTimeAt` excludes.
    """
    first, last = start_of_range(asked.temporal), end_of_range(asked.temporal)
    about = timeproperty_of(asked.temporal)
    # Instances are in the order of their moments; a scope may have been set before the range.
    moments = [
        parse_datetime(text)
        for entity in entities
        for several in entity.attributes.values()
        for one in (several[0], several[-1])
        if (text := text_of(one, about) or one.attribute.created_at) is not None
    ]
    least, most = min(moments, default=0), max(moments, default=0)
    if first is not None:
        least = max(least, first)
    if asked.last_n is None:
        start, end, size = least if first is None else first, most, "*"
    else:
        start, end, size = most if last is None else last, least, str(asked.last_n)
    return f"DateTime {format_datetime(start)}-{format_datetime(end)}/{size}".encode()


def _pieces(
    entities: Sequence[TemporalEntity],
    aggregates: Sequence[AggregatedEntity],
    showing: TemporalShowing,
) -> Iterator[Iterator[bytes]]:
    view = showing.view
    if showing.format is TemporalFormat.AGGREGATED_VALUES:
        return (aggregated(entity, view) for entity in aggregates)
    if showing.format is TemporalFormat.TEMPORAL_VALUES:
        return (temporal_values(entity, view) for entity in entities)
    concise = showing.format is TemporalFormat.CONCISE
    return (instances(entity, view, concise=concise) for entity in entities)


async def _joined(pieces: Iterator[bytes]) -> bytes:
    collected: list[bytes] = []
    size = 0
    for piece in pieces:
        collected.append(piece)
        size += len(piece)
        if size > _SLICE:
            size = 0
            await asyncio.sleep(0)
    return b"".join(collected)


def _conforming(
    entities: Sequence[TemporalEntity], version: str | None
) -> tuple[Sequence[TemporalEntity], bool]:
    """Amend evolutions to an earlier version; tell whether any is different (4.3.6.8)."""
    if version is None:
        return entities, False
    number = conformant_version(version)
    conforming = [_conform(entity, number) for entity in entities]
    return conforming, conforming != list(entities)


def _conform(entity: TemporalEntity, version: Version) -> TemporalEntity:
    types = conform(Entity(id=entity.id, types=entity.types, attributes={}), version).types
    attributes = {
        name: tuple(_conform_instance(one, version) for one in several)
        for name, several in entity.attributes.items()
    }
    return replace(entity, types=types, attributes=attributes)


def _conform_instance(one: Instance, version: Version) -> Instance:
    alone = Entity(id="", types=(), attributes={"": (one.attribute,)})
    return replace(one, attribute=conform(alone, version).attributes[""][0])
