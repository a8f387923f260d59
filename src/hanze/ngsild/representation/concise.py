"""The concise representation: lossless, without what can be inferred (CIM 009, 4.5.2.3 to 4.7.3)."""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.geometry import is_geometry
from hanze.ngsild.model import Attribute, AttributeKind, Instances, JsonValue
from hanze.ngsild.representation.members import ATTRIBUTE_MEMBERS, RULES
from hanze.ngsild.representation.normalized import (
    add_members,
    add_system_members,
    compact_value,
)
from hanze.ngsild.representation.reader import holds_instances
from hanze.ngsild.terms import PROOF

__all__ = ["concise_attribute", "concise_instance"]

#: What makes a JSON object read as an attribute, when it stands where a bare value may.
_MISLEADING: Final = ATTRIBUTE_MEMBERS | {"type", "@type"}


def concise_attribute(
    instances: Instances, name: str, context: Context, *, sys_attrs: bool = False
) -> JsonValue:
    """Render an attribute in the shortest form that is read back as the same."""
    if name == PROOF:
        context = context.inside(name)
    if len(instances) > 1:
        return [concise_instance(part, context, sys_attrs=sys_attrs) for part in instances]
    attribute = instances[0]
    json = concise_instance(attribute, context, sys_attrs=sys_attrs)
    if json.keys() == {"value"} and _can_stand_bare(attribute.kind, json["value"]):
        return json["value"]
    return json


def concise_instance(
    attribute: Attribute, context: Context, *, sys_attrs: bool = False
) -> dict[str, JsonValue]:
    """Render one instance as an object, whose value is never bare."""
    kind = attribute.kind or AttributeKind.PROPERTY
    json: dict[str, JsonValue] = {}
    value = compact_value(attribute, context)
    if kind is AttributeKind.PROPERTY and is_geometry(value):
        # Without its type, it would be read as a GeoProperty.
        json["type"] = kind.value
    elif kind is AttributeKind.LIST_RELATIONSHIP:
        value = attribute.value if isinstance(attribute.value, list) else value
    json[RULES[kind].member] = value
    add_members(json, attribute, context)
    for name, instances in attribute.attributes.items():
        json[context.compact_name(name)] = concise_attribute(
            instances, name, context, sys_attrs=sys_attrs
        )
    if sys_attrs:
        add_system_members(json, attribute)
    return json


def _can_stand_bare(kind: AttributeKind | None, value: JsonValue) -> bool:
    if kind is AttributeKind.GEO_PROPERTY:
        return True
    if isinstance(value, Mapping):
        return _MISLEADING.isdisjoint(value)
    return not (isinstance(value, list) and holds_instances(value))
