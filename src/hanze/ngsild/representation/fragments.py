"""What a write is about as JSON again, so that another node can be asked for it (CIM 009, 5.4).

Beside whole entities these are fragments, which may lack a kind or a value, or hold NGSI-LD Nulls;
`parse` reads back what is written here.
"""

from collections.abc import Iterable

from msgspec import UNSET

from hanze.ngsild.context import Context
from hanze.ngsild.model import (
    DEFAULT_INSTANCE,
    NULL,
    Attribute,
    AttributeKind,
    Attributes,
    Entity,
    Fragment,
    Instances,
    JsonValue,
)
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.representation.normalized import add_members, compact_value, one_or_list
from hanze.ngsild.representation.simplified import simplified_attribute
from hanze.ngsild.temporal.model import Instance, TemporalEntity
from hanze.ngsild.terms import PROOF

__all__ = ["attribute_body", "entity_body", "temporal_body"]

_JsonObject = dict[str, JsonValue]


def entity_body(
    content: Entity | Fragment, context: Context, *, simplified: bool = False
) -> _JsonObject:
    """Render an entity or a fragment, normalized, without what a node sets itself.

    Args:
        content: Its id stands in the body where it has one.
        context: Compacts its names.
        simplified: Give the values alone (6.5.3.4).
    """
    json: _JsonObject = {}
    if content.id is not None:
        json["id"] = content.id
    if content.types:
        json["type"] = one_or_list([context.compact_name(iri) for iri in content.types])
    if content.scope:
        json["scope"] = one_or_list(list(content.scope))
    if content.expires_at is not None:
        json["expiresAt"] = content.expires_at
    for name, instances in content.attributes.items():
        render = _simplified if simplified else _attribute
        json[context.compact_name(name)] = render(instances, name, context)
    return json


def attribute_body(attribute: Attribute, name: str, context: Context) -> _JsonObject:
    """Render the body that changes or replaces one instance of an attribute (5.6.4, 5.6.19)."""
    return _instance(attribute, context.inside(name) if name == PROOF else context)


def temporal_body(entity: TemporalEntity, context: Context, *, whole: bool) -> _JsonObject:
    """Render instances that are to be added to an evolution (5.6.11, 5.6.12).

    Args:
        entity: As `temporal_parse` gives it.
        context: Compacts its names.
        whole: With the id, as an entity has it; a fragment goes without.
    """
    json: _JsonObject = {"id": entity.id} if whole else {}
    if entity.types:
        json["type"] = one_or_list([context.compact_name(iri) for iri in entity.types])
    for name, instances in entity.attributes.items():
        term = "scope" if name == SCOPE else context.compact_name(name)
        json[term] = [_recorded(one, name, context) for one in instances]
    return json


def _recorded(one: Instance, name: str, context: Context) -> JsonValue:
    json = attribute_body(one.attribute, name, context)
    if one.deleted_at is not None:
        json["deletedAt"] = one.deleted_at
        if one.attribute.kind is AttributeKind.LANGUAGE_PROPERTY:
            json["languageMap"] = {DEFAULT_INSTANCE: NULL}
    return json


def _attribute(instances: Instances, name: str, context: Context) -> JsonValue:
    if name == PROOF:
        context = context.inside(name)
    if len(instances) == 1 and _is_bare_null(instances[0]):
        return NULL
    parts: list[JsonValue] = [_instance(one, context) for one in instances]
    return parts[0] if len(parts) == 1 else parts


def _is_bare_null(attribute: Attribute) -> bool:
    return attribute.kind is None and attribute.value == NULL


def _instance(attribute: Attribute, context: Context) -> _JsonObject:
    json: _JsonObject = {}
    if attribute.kind is not None:
        json["type"] = attribute.kind.value
    if attribute.value is not UNSET:
        kind = attribute.kind or AttributeKind.PROPERTY
        json[RULES[kind].member] = _value(attribute, context)
    add_members(json, attribute, context)
    if attribute.expires_at is not None:
        json["expiresAt"] = attribute.expires_at
    _add_attributes(json, attribute.attributes, context)
    return json


def _value(attribute: Attribute, context: Context) -> JsonValue:
    value = attribute.value
    if value == NULL:
        return NULL
    # Among targets a Null stands for itself, and not for an object.
    return [NULL] if value in ([NULL], (NULL,)) else compact_value(attribute, context)


def _add_attributes(json: _JsonObject, attributes: Attributes, context: Context) -> None:
    for name, instances in attributes.items():
        json[context.compact_name(name)] = _attribute(instances, name, context)


def _simplified(instances: Instances, name: str, context: Context) -> JsonValue:
    if all(one.dataset_id is None for one in instances):
        return simplified_attribute(instances, name, context)
    return {"dataset": dict(_by_dataset(instances, name, context))}


def _by_dataset(
    instances: Instances, name: str, context: Context
) -> Iterable[tuple[str, JsonValue]]:
    for one in instances:
        yield one.dataset_id or DEFAULT_INSTANCE, simplified_attribute((one,), name, context)
