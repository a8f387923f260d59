"""A change as bytes: the entity in its stored form, and of what it was only what differs."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from hanze.broker.notification import Happened
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity
from hanze.ngsild.representation import stored as stored_form
from hanze.store.unit import Written

__all__ = ["pack", "trimmed", "unpack"]

#: Body and system attributes in the stored form, and the number of the @context.
_Stored = tuple[bytes, bytes, int]


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    at: str
    before: _Stored | None
    after: _Stored | None
    source: str = ""
    via: tuple[str, ...] = ()


_decode = msgspec.msgpack.Decoder(_Packed).decode
_encode = msgspec.msgpack.Encoder().encode


def trimmed(before: Entity, after: Entity | None) -> Entity:
    """Leave out the attributes that are the same objects afterwards: nobody is told of them."""
    if after is None:
        return before
    kept = after.attributes
    changed = {
        name: instances
        for name, instances in before.attributes.items()
        if kept.get(name) is not instances
    }
    return replace(before, attributes=changed)


def pack(happened: Happened, written: Written | None, context: Context, context_id: int) -> bytes:
    """Write a change.

    Args:
        happened: The change; `before` is `trimmed`.
        written: What the entity has become in its stored form, which is taken as it is; `None`
            where it is not the node's own.
        context: What is not taken as it is is compacted with; pinned under `context_id`.
        context_id: Its number.
    """
    if written is not None:
        stored = written.stored
        after: _Stored | None = (stored.body, stored.system, stored.context_id)
    else:
        after = _dumped(happened.after, context, context_id)
    before = _dumped(happened.before, context, context_id)
    return _encode(_Packed(happened.at, before, after, happened.source, happened.via))


def _dumped(entity: Entity | None, context: Context, context_id: int) -> _Stored | None:
    if entity is None:
        return None
    _, body, system = stored_form.dump(entity, context)
    return body, system, context_id


def unpack(entity_id: str, content: bytes, context: Callable[[int], Context]) -> Happened:
    """Read what `pack` wrote; `context` returns a pinned @context by its number."""
    packed = _decode(content)
    before, after = (
        stored_form.load(stored[0], stored[1], context(stored[2])) if stored else None
        for stored in (packed.before, packed.after)
    )
    return Happened(entity_id, before, after, packed.at, packed.source, packed.via)
