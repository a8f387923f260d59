"""Entities as response bodies: bytes as they are stored where possible, else rendered (6.3.6)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

import msgspec
from msgspec.structs import replace

from hanze.broker.consumption import EntityNotFound
from hanze.broker.distribution.warnings import fitting
from hanze.broker.linked import Shown, linked_entities
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, StoredEntity
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.representation.render import Linked, concise, feature, normalized, simplified
from hanze.ngsild.representation.stored import encode
from hanze.ngsild.representation.versions import conform, conformant_version
from hanze.ngsild.terms import JSON_LD_REL
from hanze.web.api.showing import Format, Join, Showing
from hanze.web.http import Request, Response
from hanze.web.negotiation import Media, accepted_media

__all__ = ["json_ld_response", "render_list", "render_one", "warn", "wrapped"]

_WARNING: Final = b"ngsild-warning"

_RENDERERS = {
    Format.NORMALIZED: normalized,
    Format.CONCISE: concise,
    Format.SIMPLIFIED: simplified,
}
#: Entities rendered before others get their turn: about 5 ms of work.
_SLICE = 64


async def render_one(
    request: Request,
    found: StoredEntity | Entity,
    entity_id: str,
    showing: Showing,
    *,
    now: str,
    origin: Origin | None = None,
) -> Response:
    """Answer a retrieval.

    Args:
        request: What is answered.
        found: As it is stored, or put together from several sources.
        entity_id: What it is called when it turns out not to be there.
        showing: How it is shown.
        now: DateTime text.
        origin: The request, where linked entities may be at other nodes.

    Raises:
        EntityNotFound: It has expired, or has none of the attributes that `attrs` names (5.7.1.4).
    """
    store = request.node.store
    if isinstance(found, StoredEntity):
        if _are_ready(store, (found,), showing):
            return await _respond(request, showing, _Rendered([found.body]), one=True)
        found = store.load(found)
    entity = unexpired(found, now)
    if entity is None or (showing.attributes and showing.attributes.isdisjoint(entity.attributes)):
        raise EntityNotFound(entity_id)
    rendered = await _rendered(request, [entity], showing, now, origin)
    return await _respond(request, showing, rendered, one=showing.join is not Join.FLAT)


async def render_list(
    request: Request,
    found: Sequence[StoredEntity | Entity],
    showing: Showing,
    *,
    now: str,
    origin: Origin | None = None,
) -> Response:
    """Answer a query; the arguments are as for `render_one`."""
    store = request.node.store
    bodies = _ready_bodies(store, found, showing)
    if bodies is not None:
        return await _respond(request, showing, _Rendered(bodies), one=False)
    whole = (store.load(one) if isinstance(one, StoredEntity) else one for one in found)
    entities = [living for one in whole if (living := unexpired(one, now)) is not None]
    rendered = await _rendered(request, entities, showing, now, origin)
    return await _respond(request, showing, rendered, one=False)


async def json_ld_response(request: Request, value: JsonValue, context: Context) -> Response:
    """Answer other JSON-LD than entities, with its @context in the body or in a Link header."""
    media = accepted_media(request.header(b"accept"))
    parts = value if isinstance(value, list) else [value]
    bodies = [encode(part) for part in parts]
    return await wrapped(
        request, media, context, bodies, one=not isinstance(value, list), geo_context=True
    )


def _ready_bodies(
    store: Store, found: Sequence[StoredEntity | Entity], showing: Showing
) -> list[bytes] | None:
    """Give the stored bytes where they are the answer."""
    if set(map(type, found)) - {StoredEntity}:
        return None
    stored = cast(Sequence[StoredEntity], found)
    return [one.body for one in stored] if _are_ready(store, stored, showing) else None


def _are_ready(store: Store, found: Sequence[StoredEntity], showing: Showing) -> bool:
    """Tell whether the stored bytes are the answer."""
    if not showing.is_stored_form or {stored.expires for stored in found} - {None}:
        return False
    # Most pages are of one @context: looked up once, not for each entity.
    for context_id in {stored.context_id for stored in found}:
        context = store.context(context_id)
        if context is not showing.context and context != showing.context:
            return False
    return True


class _Rendered(msgspec.Struct, frozen=True):
    """Bodies of entities.

    Attributes:
        bodies: One for each.
        amended: Something was amended to an earlier version (4.3.6.8).
        warnings: Values of `NGSILD-Warning`.
    """

    bodies: list[bytes]
    amended: bool = False
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """One entity of an answer.

    Attributes:
        entity: With the attributes that `attrs` leaves.
        whole: With all attributes: a feature has its geometry whatever is asked for.
        projection: What of it is picked.
    """

    entity: Entity
    whole: Entity
    projection: Projection | None


def _part(entity: Entity, showing: Showing) -> _Part:
    if not showing.attributes:
        return _Part(entity, entity, showing.projection)
    kept = {name: own for name, own in entity.attributes.items() if name in showing.attributes}
    return _Part(replace(entity, attributes=kept), entity, showing.projection)


async def _linked(
    request: Request, parts: Sequence[_Part], showing: Showing, now: str, origin: Origin | None
) -> tuple[dict[str, Shown], Sequence[str]]:
    """Gather linked entities, and what there is to warn of."""
    if showing.join is None:
        return {}, ()
    node = request.node
    entities = [part.entity for part in parts]
    # Inline, an entity may be shown in several places, each with more or less of it.
    projection = showing.projection if showing.join is Join.FLAT else None
    level, contained_by = showing.join_level, showing.contained_by
    if origin is not None:
        found = await node.reading.linked(
            origin, entities, level=level, projection=projection, contained_by=contained_by
        )
        return found.shown, node.reading.warnings(found.heard)
    shown = linked_entities(
        node.store,
        request.caller,
        entities,
        level=level,
        projection=projection,
        contained_by=contained_by,
        now=now,
    )
    return shown, ()


async def _rendered(
    request: Request,
    entities: Sequence[Entity],
    showing: Showing,
    now: str,
    origin: Origin | None,
) -> _Rendered:
    """Render entities, and after them the linked ones when they are to stand flat (4.5.23.3)."""
    conforming, amended = _conforming(entities, showing.version)
    parts = [_part(entity, showing) for entity in conforming]
    linked, warnings = await _linked(request, parts, showing, now, origin)
    others, others_amended = _conforming([entity for entity, _ in linked.values()], showing.version)
    inline: Linked | None = None
    if showing.join is Join.INLINE:
        known = {entity.id: entity for entity in (*others, *(part.entity for part in parts))}
        reachable = {key: known[key] for key in known.keys() - showing.contained_by}
        inline = Linked(reachable, showing.join_level, showing.contained_by)
    elif showing.join is Join.FLAT:
        projections = [projection for _, projection in linked.values()]
        parts += map(_Part, others, others, projections)
    bodies: list[bytes] = []
    for number, part in enumerate(parts):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        bodies.append(encode(_json(part, showing, inline)))
    return _Rendered(bodies, amended or others_amended, warnings)


def _conforming(entities: Sequence[Entity], version: str | None) -> tuple[Sequence[Entity], bool]:
    """Amend entities to an earlier version; tell whether any is different (4.3.6.8)."""
    if version is None:
        return entities, False
    conforming = [conform(entity, conformant_version(version)) for entity in entities]
    pairs = zip(conforming, entities, strict=True)
    return conforming, any(after is not before for after, before in pairs)


def _json(part: _Part, showing: Showing, linked: Linked | None) -> JsonValue:
    if showing.media is Media.GEO_JSON:
        return feature(
            part.entity,
            showing.context,
            showing.view,
            geometry_property=showing.geometry_property,
            simplified=showing.format is Format.SIMPLIFIED,
            concise=showing.format is Format.CONCISE,
            projection=part.projection,
            linked=linked,
            whole=part.whole,
        )
    render = _RENDERERS[showing.format]
    return render(
        part.entity, showing.context, showing.view, projection=part.projection, linked=linked
    )


async def _respond(
    request: Request, showing: Showing, rendered: _Rendered, *, one: bool
) -> Response:
    response = await wrapped(
        request,
        showing.media,
        showing.context,
        rendered.bodies,
        one=one,
        geo_context=showing.context_in_body,
    )
    if showing.version is not None:
        major, minor = conformant_version(showing.version)
        applied = f"ngsi-ld={major}.{minor}".encode()
        response.headers.append((b"preference-applied", applied))
        response.status = 203 if rendered.amended else 200
    warn(response, rendered.warnings)
    return response


def warn(response: Response, warnings: Sequence[str]) -> None:
    """Add what there is to warn of, as far as it fits (6.3.17)."""
    if not warnings:
        return
    known = [value.decode("latin-1") for name, value in response.headers if name == _WARNING]
    response.headers = [
        *(pair for pair in response.headers if pair[0] != _WARNING),
        *((_WARNING, text.encode("latin-1", "replace")) for text in fitting([*known, *warnings])),
    ]


async def wrapped(
    request: Request,
    media: Media,
    context: Context,
    bodies: list[bytes],
    *,
    one: bool,
    geo_context: bool,
) -> Response:
    """Join bodies, and put the @context where 6.3.6 wants it for the media type."""
    headers = [media.header]
    if media is Media.LD_JSON or (media is Media.GEO_JSON and geo_context):
        prefix = b'{"@context":' + encode(context.reference)
    else:
        prefix = b""
        url = context.link
        if url is None:
            url = await request.node.contexts.link_of(context)
        headers.append(_context_header(url))
    if media is Media.GEO_JSON and not one:
        collection = b'"type":"FeatureCollection","features":[' + b",".join(bodies) + b"]}"
        return Response(200, (prefix + b"," if prefix else b"{") + collection, headers)
    if prefix:
        bodies = [_prefixed(prefix, body) for body in bodies]
    return Response(200, bodies[0] if one else b"[" + b",".join(bodies) + b"]", headers)


@lru_cache(maxsize=512)
def _context_header(url: str) -> tuple[bytes, bytes]:
    return b"link", f'<{url}>; rel="{JSON_LD_REL}"; type="application/ld+json"'.encode()


def _prefixed(prefix: bytes, body: bytes) -> bytes:
    return prefix + (b"}" if body == b"{}" else b"," + body[1:])
