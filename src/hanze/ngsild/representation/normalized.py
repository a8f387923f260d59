"""The normalized representation (CIM 009, 4.5.1, 4.5.2.2, 4.5.3.2, 4.5.18.2 to 4.5.24.2)."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import UNSET

from hanze.ngsild.context import Context
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.terms import PROOF

__all__ = [
    "add_members",
    "add_system_members",
    "compact_value",
    "normalized_attribute",
    "normalized_instance",
    "one_or_list",
]

_SCALARS: Final = frozenset({str, int, float, bool})

#: Looked up once: a member of an Enum costs 0.1 us each time.
_PROPERTY: Final = AttributeKind.PROPERTY
_VOCAB_PROPERTY: Final = AttributeKind.VOCAB_PROPERTY


def one_or_list(names: list[str]) -> JsonValue:
    """Give a single name as itself, several as an array (4.16, 4.18)."""
    return names[0] if len(names) == 1 else names


def normalized_attribute(
    instances: Instances, name: str, context: Context, *, sys_attrs: bool = False
) -> JsonValue:
    """Render an attribute: an object, or an array of them for several instances (4.5.5)."""
    if name == PROOF:
        context = context.inside(name)
    if len(instances) == 1:
        return normalized_instance(instances[0], context, sys_attrs=sys_attrs)
    return [normalized_instance(part, context, sys_attrs=sys_attrs) for part in instances]


def normalized_instance(
    attribute: Attribute, context: Context, *, sys_attrs: bool = False
) -> dict[str, JsonValue]:
    """Render one instance of an attribute with everything in it."""
    kind = attribute.kind or _PROPERTY
    json: dict[str, JsonValue] = {"type": _TYPES[kind]}
    json[_MEMBERS[kind]] = compact_value(attribute, context)
    add_members(json, attribute, context)
    if attribute.attributes:
        for name, instances in attribute.attributes.items():
            json[context.compact_name(name)] = normalized_attribute(
                instances, name, context, sys_attrs=sys_attrs
            )
    if sys_attrs:
        add_system_members(json, attribute)
    return json


def compact_value(attribute: Attribute, context: Context) -> JsonValue:
    """Give the value as its member holds it in the normalized representation."""
    value = attribute.value
    if value is UNSET:
        raise TypeError("A fragment without a value has no representation")
    if type(value) in _SCALARS and attribute.kind is not _VOCAB_PROPERTY:
        return value
    compact = _COMPACTED.get(attribute.kind or _PROPERTY)
    return value if compact is None else compact(value, context)


def add_members(json: dict[str, JsonValue], attribute: Attribute, context: Context) -> None:
    """Add the members that stand for themselves and are always shown."""
    if attribute.unit_code is not None:
        json["unitCode"] = attribute.unit_code
    if attribute.observed_at is not None:
        json["observedAt"] = attribute.observed_at
    if attribute.dataset_id is not None:
        json["datasetId"] = attribute.dataset_id
    if attribute.value_type is not None:
        json["valueType"] = context.compact_vocab(attribute.value_type)
    if attribute.object_type:
        json["objectType"] = one_or_list([context.compact_vocab(t) for t in attribute.object_type])
    if attribute.lang is not None:
        json["lang"] = attribute.lang
    if attribute.entity_id_sealed is not None:
        json["entityIdSealed"] = attribute.entity_id_sealed
    if attribute.entity_type_sealed is not None:
        json["entityTypeSealed"] = context.compact_vocab(attribute.entity_type_sealed)


def add_system_members(json: dict[str, JsonValue], owner: Attribute | Entity) -> None:
    """Add what is shown only on request (5.2.2, 4.22)."""
    if owner.expires_at is not None:
        json["expiresAt"] = owner.expires_at
    if owner.created_at is not None:
        json["createdAt"] = owner.created_at
    if owner.modified_at is not None:
        json["modifiedAt"] = owner.modified_at


def _vocab(value: JsonValue, context: Context) -> JsonValue:
    if isinstance(value, list | tuple):
        return [context.compact_vocab(str(term)) for term in value]
    return context.compact_vocab(str(value))


def _objects(value: JsonValue, _context: Context) -> JsonValue:
    return [{"object": target} for target in value] if isinstance(value, list | tuple) else value


def _json_ld(value: JsonValue, context: Context) -> JsonValue:
    return context.compact_value(value)


_TYPES: Final[Mapping[AttributeKind, str]] = {kind: kind.value for kind in AttributeKind}
_MEMBERS: Final[Mapping[AttributeKind, str]] = {kind: r.member for kind, r in RULES.items()}

#: Values of the other kinds are shown as they are in the model.
_COMPACTED: Final[Mapping[AttributeKind, Callable[[JsonValue, Context], JsonValue]]] = {
    AttributeKind.PROPERTY: _json_ld,
    AttributeKind.LIST_PROPERTY: _json_ld,
    AttributeKind.VOCAB_PROPERTY: _vocab,
    AttributeKind.LIST_RELATIONSHIP: _objects,
}
