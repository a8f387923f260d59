"""The stored form of an entity: a body that can be sent as it is, and its system attributes apart.

The body is the normalized representation for the entity's own @context, without system attributes,
so that a plain retrieval sends stored bytes. The system attributes (4.8, 4.22) of the entity and of
every (sub-)attribute instance are a second JSON text, shared where they are equal: they mostly are.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from itertools import repeat
from typing import Any, Final

import msgspec
import orjson
from msgspec.structs import replace

from hanze.ngsild.context import Context
from hanze.ngsild.model import (
    Attribute,
    AttributeKind,
    Attributes,
    Entity,
    Instances,
    JsonObject,
    JsonValue,
)
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.representation.normalized import normalized_attribute, one_or_list
from hanze.ngsild.terms import PROOF

__all__ = ["Read", "dump", "encode", "id_of", "load", "load_some", "modified_at", "read"]

#: JSON that `dump` wrote: its shape is known, and asking again for each member costs more than the
#: reading itself.
_Trusted = Any

#: Keeps integers beyond 64 bits, which orjson turns into floats.
_decode = msgspec.json.Decoder().decode


#: createdAt, modifiedAt and expiresAt of the entity or of one instance.
_Moments = tuple[str | None, str | None, str | None]

_NONE: Final[_Moments] = (None, None, None)
_SCALARS: Final = frozenset({str, int, float, bool})
_VOCAB_PROPERTY: Final = AttributeKind.VOCAB_PROPERTY


class _Named(msgspec.Struct, gc=False):
    id: str


_decode_named = msgspec.json.Decoder(_Named).decode


class Read(msgspec.Struct, frozen=True, gc=False):
    """An entity, and the JSON of its attributes by the terms under which it was stored."""

    entity: Entity
    tree: JsonObject


def encode(json: JsonValue) -> bytes:
    """Write JSON; integers of any size stay integers."""
    try:
        return orjson.dumps(json)
    except orjson.JSONEncodeError:
        return msgspec.json.encode(json)


def dump(
    entity: Entity, context: Context, *, before: Read | None = None
) -> tuple[JsonObject, bytes, bytes]:
    """Write an entity in its stored form.

    Args:
        entity: What is written.
        context: What its names are compacted with.
        before: What it was when it was read, with the same context. Attributes that are still the
            same object are taken from there: an update of two out of nine costs half.

    Returns:
        The body as JSON, the same as bytes, and the system attributes as bytes.
    """
    tree: dict[str, JsonValue] = {
        "id": entity.id,
        "type": one_or_list([context.compact_name(iri) for iri in entity.types]),
    }
    if entity.scope:
        tree["scope"] = one_or_list(list(entity.scope))
    compact = context.compact_name
    present, rendered = (before.entity.attributes, before.tree) if before else ({}, {})
    for name, instances in entity.attributes.items():
        term = compact(name)
        known = rendered.get(term) if present.get(name) is instances else None
        tree[term] = normalized_attribute(instances, name, context) if known is None else known
    return tree, encode(tree), _dump_moments(entity)


def id_of(body: bytes) -> str:
    """Read the id of an entity alone from what `dump` wrote: a hundredth of the work of `load`."""
    return _decode_named(body).id


def load(body: bytes, system: bytes, context: Context) -> Entity:
    """Read back what `dump` wrote with the same context; trusts it."""
    return read(body, system, context).entity


def load_some(body: bytes, context: Context, names: Set[str]) -> Entity:
    """Read back some attributes, without system attributes: a third of the work of `load`.

    Args:
        body: What `dump` wrote.
        context: With this one.
        names: IRIs of the attributes.
    """
    tree = _decode(body)
    types, scope = tree.pop("type"), tree.pop("scope", ())
    entity_id = tree.pop("id")
    expand = context.expand_name
    some = {term: json for term, json in tree.items() if expand(term) in names}
    return Entity(
        id=entity_id,
        types=(expand(types),) if type(types) is str else tuple(expand(name) for name in types),
        attributes=_load_attributes(some, context, repeat(_NONE)),
        scope=(scope,) if type(scope) is str else tuple(scope),
    )


def read(body: bytes, system: bytes, context: Context) -> Read:
    """Read an entity like `load`, and keep its body for a `dump` that follows."""
    tree = _decode(body)
    moments = _load_moments(system)
    own = next(moments)
    types, scope = tree.pop("type"), tree.pop("scope", ())
    entity_id = tree.pop("id")
    expand = context.expand_name
    entity = Entity(
        id=entity_id,
        types=(expand(types),) if type(types) is str else tuple(expand(name) for name in types),
        attributes=_load_attributes(tree, context, moments),
        scope=(scope,) if type(scope) is str else tuple(scope),
        expires_at=own[2],
        created_at=own[0],
        modified_at=own[1],
    )
    return Read(entity, tree)


def modified_at(system: bytes) -> str | None:
    """Read when an entity was last changed from its system attributes, and nothing else."""
    return next(_load_moments(system))[1]


def _dump_moments(entity: Entity) -> bytes:
    collected = [(entity.created_at, entity.modified_at, entity.expires_at)]
    _collect_moments(entity.attributes, collected)
    distinct = dict.fromkeys(collected)
    if len(distinct) > 1:
        codes = {moments: code for code, moments in enumerate(distinct)}
        return orjson.dumps({"t": list(distinct), "i": [codes[moments] for moments in collected]})
    created_at, modified_at, expires_at = collected[0]
    if created_at != modified_at or expires_at is not None:
        return orjson.dumps({"t": list(distinct)})
    return b"" if created_at is None else orjson.dumps(created_at)


def _collect_moments(attributes: Attributes, collected: list[_Moments]) -> None:
    for instances in attributes.values():
        for attribute in instances:
            collected.append((attribute.created_at, attribute.modified_at, attribute.expires_at))
            if attribute.attributes:
                _collect_moments(attribute.attributes, collected)


def _load_moments(system: bytes) -> Iterator[_Moments]:
    if not system:
        return repeat(_NONE)
    shared = orjson.loads(system)
    if type(shared) is str:
        return repeat((shared, shared, None))
    if "i" not in shared:
        return repeat(shared["t"][0])
    return map(shared["t"].__getitem__, shared["i"])


def _load_attributes(
    tree: Mapping[str, _Trusted], context: Context, moments: Iterator[_Moments]
) -> dict[str, Instances]:
    attributes: dict[str, Instances] = {}
    expand = context.expand_name
    for key, json in tree.items():
        name = expand(key)
        inner = context.inside(name) if name == PROOF else context
        if type(json) is dict:
            attributes[name] = (_load_instance(json, inner, moments),)
        else:
            attributes[name] = tuple(_load_instance(part, inner, moments) for part in json)
    return attributes


def _load_instance(json: _Trusted, context: Context, moments: Iterator[_Moments]) -> Attribute:
    kind, member, expand, own = _LOADERS[json["type"]]
    value = json[member]
    if type(value) not in _SCALARS or kind is _VOCAB_PROPERTY:
        value = expand(value, context)
    created_at, modified_at, expires_at = next(moments)
    attribute = Attribute(
        kind=kind,
        value=value,
        dataset_id=json.get("datasetId"),
        observed_at=json.get("observedAt"),
        unit_code=json.get("unitCode"),
        expires_at=expires_at,
        created_at=created_at,
        modified_at=modified_at,
    )
    if json.keys() <= own:
        return attribute
    changes = {
        field: read(json[key], context) for key, (field, read) in _RARE.items() if key in json
    }
    rest = {key: part for key, part in json.items() if key not in own and key not in _RARE}
    return replace(attribute, attributes=_load_attributes(rest, context, moments), **changes)


def _as_is(json: _Trusted, _context: Context) -> _Trusted:
    return json


def _json_ld(json: _Trusted, context: Context) -> JsonValue:
    return context.expand_value(json)


def _vocab(json: _Trusted, context: Context) -> JsonValue:
    return context.expand_vocab(json) if isinstance(json, str) else list(_types(json, context))


def _types(json: _Trusted, context: Context) -> tuple[str, ...]:
    names = [json] if isinstance(json, str) else json
    return tuple(context.expand_vocab(name) for name in names)


def _targets(json: _Trusted, _context: Context) -> JsonValue:
    return [target["object"] for target in json]


_VALUES: Final = {
    AttributeKind.PROPERTY: _json_ld,
    AttributeKind.LIST_PROPERTY: _json_ld,
    AttributeKind.VOCAB_PROPERTY: _vocab,
    AttributeKind.LIST_RELATIONSHIP: _targets,
}

#: By the `type` member: kind, value member, how the value is expanded, members read at once.
_LOADERS: Final = {
    kind.value: (kind, rules.member, _VALUES.get(kind, _as_is), rules.common)
    for kind, rules in RULES.items()
}

_RARE: Final[Mapping[str, tuple[str, Callable[[_Trusted, Context], object]]]] = {
    "valueType": ("value_type", _vocab),
    "objectType": ("object_type", _types),
    "lang": ("lang", _as_is),
    "entityIdSealed": ("entity_id_sealed", _as_is),
    "entityTypeSealed": ("entity_type_sealed", _vocab),
}
