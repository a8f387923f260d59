"""The simplified representation: values alone (CIM 009, 4.5.4)."""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import (
    DEFAULT_INSTANCE,
    Attribute,
    AttributeKind,
    Instances,
    JsonValue,
)
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.representation.normalized import compact_value
from hanze.ngsild.terms import PROOF

__all__ = ["simplified_attribute"]

#: Kinds whose value says its own kind.
_WRAPPED: Final = frozenset(
    {
        AttributeKind.LANGUAGE_PROPERTY,
        AttributeKind.VOCAB_PROPERTY,
        AttributeKind.JSON_PROPERTY,
    }
)


def simplified_attribute(
    instances: Instances,
    name: str,
    context: Context,
    *,
    linked: Mapping[str, JsonValue] | None = None,
) -> JsonValue:
    """Render the value of an attribute, or its values by datasetId.

    Args:
        linked: What takes the place of targets of a (List)Relationship, by URI (4.5.23.2).
    """
    if name == PROOF:
        context = context.inside(name)
    if len(instances) == 1:
        return _value(instances[0], context, linked or {})
    return {
        "dataset": {
            part.dataset_id or DEFAULT_INSTANCE: _value(part, context, linked or {})
            for part in instances
        }
    }


def _value(attribute: Attribute, context: Context, linked: Mapping[str, JsonValue]) -> JsonValue:
    kind, value = attribute.kind, attribute.value
    if kind is AttributeKind.RELATIONSHIP or kind is AttributeKind.LIST_RELATIONSHIP:
        if isinstance(value, str):
            return linked.get(value, value)
        if isinstance(value, list | tuple):
            return [linked.get(str(target), target) for target in value]
    shown = compact_value(attribute, context)
    if kind in _WRAPPED:
        return {RULES[kind].member: shown}
    return shown
