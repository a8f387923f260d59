"""Entities as response bodies: bytes as they are stored where possible, else rendered (6.3.6)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from hanze.broker.consumption import EntityNotFound
from hanze.broker.linked import Shown, linked_entities
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

__all__ = ["json_ld_response", "render_list", "render_one", "wrapped"]

_RENDERERS = {
    Format.NORMALIZED: normalized,
    Format.CONCISE: concise,
    Format.SIMPLIFIED: simplified,
}
#: Entities rendered before others get their turn: about 5 ms of work.
_SLICE = 64


async def render_one(
    request: Request, stored: StoredEntity, entity_id: str, showing: Showing, *, now: str
) -> Response:
    """Answer a retrieval.

    Raises:
        EntityNotFound: It has expired, or has none of the attributes that `attrs` names (5.7.1.4).
    """
    store = request.node.store
    if _are_ready(store, (stored,), showing):
        return await _respond(request, showing, [stored.body], one=True)
    entity = unexpired(store.load(stored), now)
    if entity is None or (showing.attributes and showing.attributes.isdisjoint(entity.attributes)):
        raise EntityNotFound(entity_id)
    bodies, amended = await _rendered(request, [entity], showing, now)
    one = showing.join is not Join.FLAT
    return await _respond(request, showing, bodies, one=one, amended=amended)


async def render_list(
    request: Request, found: Sequence[StoredEntity], showing: Showing, *, now: str
) -> Response:
    """Answer a query."""
    store = request.node.store
    if _are_ready(store, found, showing):
        return await _respond(request, showing, [stored.body for stored in found], one=False)
    entities = [
        entity for stored in found if (entity := unexpired(store.load(stored), now)) is not None
    ]
    bodies, amended = await _rendered(request, entities, showing, now)
    return await _respond(request, showing, bodies, one=False, amended=amended)


async def json_ld_response(request: Request, value: JsonValue, context: Context) -> Response:
    """Answer other JSON-LD than entities, with its @context in the body or in a Link header."""
    media = accepted_media(request.header(b"accept"))
    parts = value if isinstance(value, list) else [value]
    bodies = [encode(part) for part in parts]
    return await wrapped(
        request, media, context, bodies, one=not isinstance(value, list), geo_context=True
    )


def _are_ready(store: Store, found: Sequence[StoredEntity], showing: Showing) -> bool:
    """Tell whether the stored bytes are the answer."""
    if not showing.is_stored_form or {stored.expires for stored in found} - {None}:
        return False
    # Most pages are of one @context: looked up once, not for each entity.
    context_ids = {stored.context_id for stored in found}
    return all(store.context(context_id) == showing.context for context_id in context_ids)


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


def _linked(
    request: Request, parts: Sequence[_Part], showing: Showing, now: str
) -> dict[str, Shown]:
    if showing.join is None:
        return {}
    return linked_entities(
        request.node.store,
        request.caller,
        [part.entity for part in parts],
        level=showing.join_level,
        # Inline, an entity may be shown in several places, each with more or less of it.
        projection=showing.projection if showing.join is Join.FLAT else None,
        contained_by=showing.contained_by,
        now=now,
    )


async def _rendered(
    request: Request, entities: Sequence[Entity], showing: Showing, now: str
) -> tuple[list[bytes], bool]:
    """Render entities, and after them the linked ones when they are to stand flat (4.5.23.3).

    Returns:
        The bodies, and whether something was amended to an earlier version (4.3.6.8).
    """
    conforming, amended = _conforming(entities, showing.version)
    parts = [_part(entity, showing) for entity in conforming]
    linked = _linked(request, parts, showing, now)
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
    return bodies, amended or others_amended


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
    request: Request, showing: Showing, bodies: list[bytes], *, one: bool, amended: bool = False
) -> Response:
    response = await wrapped(
        request,
        showing.media,
        showing.context,
        bodies,
        one=one,
        geo_context=showing.context_in_body,
    )
    if showing.version is not None:
        major, minor = conformant_version(showing.version)
        applied = f"ngsi-ld={major}.{minor}".encode()
        response.headers.append((b"preference-applied", applied))
        response.status = 203 if amended else 200
    return response


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
    headers = [(b"content-type", media.value.encode())]
    if media is Media.LD_JSON or (media is Media.GEO_JSON and geo_context):
        prefix = b'{"@context":' + encode(context.reference)
    else:
        prefix = b""
        url = await request.node.contexts.link_of(context)
        headers.append(
            (b"link", f'<{url}>; rel="{JSON_LD_REL}"; type="application/ld+json"'.encode())
        )
    if media is Media.GEO_JSON and not one:
        collection = b'"type":"FeatureCollection","features":[' + b",".join(bodies) + b"]}"
        return Response(200, (prefix + b"," if prefix else b"{") + collection, headers)
    if prefix:
        bodies = [_prefixed(prefix, body) for body in bodies]
    return Response(200, bodies[0] if one else b"[" + b",".join(bodies) + b"]", headers)


def _prefixed(prefix: bytes, body: bytes) -> bytes:
    return prefix + (b"}" if body == b"{}" else b"," + body[1:])
