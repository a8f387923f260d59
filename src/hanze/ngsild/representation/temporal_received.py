"""Temporal evolutions as other nodes send them, with their system attributes (CIM 009, 4.3.6.1).

What a client writes has its system attributes passed over (5.2.2). What a Context Source answers is
compared and put in order by them, so here they are read. An evolution may have very many instances:
it is read in pieces, each of little work.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.representation.reader import read_moment
from hanze.ngsild.representation.temporal_parse import parse_temporal_entity
from hanze.ngsild.representation.values import NullPolicy, read_uri
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = ["joined_pieces", "pieces_of", "received_piece"]

#: Members of an entity that are no attributes.
_OWN: Final = frozenset(
    {"id", "@id", "type", "@type", "createdAt", "modifiedAt", "deletedAt", "expiresAt", "@context"}
)
#: Instances in one piece: about 5 ms of work.
_SLICE: Final = 512


def pieces_of(json: JsonValue) -> Iterator[JsonObject]:
    """Cut an EntityTemporal into some with fewer instances, each of which is one too.

    Raises:
        InvalidInput: It is no JSON object.
    """
    if not isinstance(json, Mapping):
        raise InvalidInput("The entity must be a JSON object", clause="5.5.4")
    own = {key: value for key, value in json.items() if key in _OWN}
    piece, size = dict(own), 0
    for key, value in json.items():
        if key in own or value == []:
            continue
        parts = value if isinstance(value, list) else None
        for start in range(0, 1 if parts is None else len(parts), _SLICE):
            some = value if parts is None else parts[start : start + _SLICE]
            if key in piece or size + _size(some) > _SLICE:
                yield piece
                piece, size = dict(own), 0
            piece[key] = some
            size += _size(some)
    yield piece


def _size(value: JsonValue) -> int:
    return len(value) if isinstance(value, list) else 1


def received_piece(json: JsonObject, context: Context, *, now: str) -> TemporalEntity:
    """Read one piece, with `createdAt`, `modifiedAt` and `instanceId` wherever they are given.

    Args:
        json: Normalized or concise.
        context: Expands its names.
        now: DateTime text; when a scope that came without a time was set.

    Raises:
        InvalidInput: It is no EntityTemporal.
    """
    entity = parse_temporal_entity(json, context, now=now)
    attributes = dict(entity.attributes)
    for key, value in json.items():
        if key in _OWN:
            continue
        name = context.expand_name(key)
        parts = value if isinstance(value, list) else [value]
        instances = attributes.get(name, ())
        # In the simplified representation one part has many instances, and tells nothing of them.
        if len(parts) == len(instances):
            attributes[name] = tuple(
                _dated(one, part) if isinstance(part, Mapping) else one
                for one, part in zip(instances, parts, strict=True)
            )
    return replace(
        entity,
        attributes=attributes,
        created_at=_moment(json, "createdAt"),
        modified_at=_moment(json, "modifiedAt"),
        deleted_at=_moment(json, "deletedAt"),
    )


def joined_pieces(pieces: Iterable[TemporalEntity]) -> TemporalEntity:
    """Put the pieces of one entity together again.

    Args:
        pieces: In their order, at least one.
    """
    first, *others = pieces
    if not others:
        return first
    collected: dict[str, list[Instance]] = {}
    for piece in (first, *others):
        for name, instances in piece.attributes.items():
            collected.setdefault(name, []).extend(instances)
    return replace(first, attributes={name: tuple(own) for name, own in collected.items()})


def _dated(instance: Instance, json: JsonObject) -> Instance:
    created_at, modified_at = _moment(json, "createdAt"), _moment(json, "modifiedAt")
    instance_id = None
    if "instanceId" in json:
        instance_id = read_uri(json["instanceId"], "instanceId", clause="4.5.7")
    if created_at is None and modified_at is None and instance_id is None:
        return instance
    attribute = replace(instance.attribute, created_at=created_at, modified_at=modified_at)
    return replace(instance, attribute=attribute, instance_id=instance_id)


def _moment(json: JsonObject, field: str) -> str | None:
    if field not in json:
        return None
    return read_moment(json[field], NullPolicy.REFUSE, field)
