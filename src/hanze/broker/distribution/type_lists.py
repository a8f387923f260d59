"""What other nodes say of their types and attributes, as values (CIM 009, 5.2.24 to 5.2.28).

Every function raises `InvalidInput` for what is none of it: then nothing of an answer counts.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from hanze.broker.discovery import AttributeInfo, EntityTypeInfo
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import AttributeKind, JsonObject, JsonValue

__all__ = [
    "read_attribute",
    "read_attribute_list",
    "read_attributes",
    "read_type",
    "read_type_list",
    "read_types",
]

#: One for each item of an array, or more.
Contexts = Iterable[Context]

_KINDS: Final = {kind.value: kind for kind in AttributeKind}
#: Nobody has more entities; larger numbers are no counts.
_MOST: Final = 1 << 53


def read_type_list(body: JsonValue, context: Context) -> tuple[EntityTypeInfo, ...]:
    """Read an EntityTypeList (5.2.24)."""
    names = _names(_object(body, "EntityTypeList"), "typeList", context)
    return tuple(EntityTypeInfo(name, 0, ()) for name in names)


def read_types(body: JsonValue, contexts: Contexts) -> tuple[EntityTypeInfo, ...]:
    """Read an array of EntityType (5.2.25)."""
    found = []
    for item, context in zip(_items(body), contexts, strict=False):
        name = _name(_object(item, "EntityType"), "typeName", context)
        names = _names(item, "attributeNames", context)
        attributes = tuple(
            AttributeInfo(one, 0, frozenset(), frozenset({name})) for one in sorted(set(names))
        )
        found.append(EntityTypeInfo(name, 0, attributes))
    return tuple(found)


def read_type(body: JsonValue, context: Context) -> EntityTypeInfo:
    """Read an EntityTypeInfo (5.2.26)."""
    members = _object(body, "EntityTypeInfo")
    name = _name(members, "typeName", context)
    details = members.get("attributeDetails", [])
    attributes = [read_attribute(item, context) for item in _items(details)]
    return EntityTypeInfo(
        name,
        _count(members, "entityCount"),
        tuple(
            AttributeInfo(one.name, one.count, one.kinds, frozenset({name})) for one in attributes
        ),
    )


def read_attribute_list(body: JsonValue, context: Context) -> tuple[AttributeInfo, ...]:
    """Read an AttributeList (5.2.27)."""
    names = _names(_object(body, "AttributeList"), "attributeList", context)
    return tuple(AttributeInfo(name, 0, frozenset(), frozenset()) for name in names)


def read_attributes(body: JsonValue, contexts: Contexts) -> tuple[AttributeInfo, ...]:
    """Read an array of Attribute (5.2.28)."""
    return tuple(
        read_attribute(item, context) for item, context in zip(_items(body), contexts, strict=False)
    )


def read_attribute(body: JsonValue, context: Context) -> AttributeInfo:
    """Read an Attribute (5.2.28); kinds that this version of the node does not know are left out."""
    members = _object(body, "Attribute")
    kinds = _texts(members, "attributeTypes")
    return AttributeInfo(
        _name(members, "attributeName", context),
        _count(members, "attributeCount"),
        frozenset(_KINDS[kind] for kind in kinds if kind in _KINDS),
        frozenset(_names(members, "typeNames", context)),
    )


def _object(json: JsonValue, kind: str) -> JsonObject:
    if not isinstance(json, dict) or json.get("type", json.get("@type")) != kind:
        raise InvalidInput(f"This is no {kind}", field="type")
    return json


def _items(json: JsonValue) -> Sequence[JsonValue]:
    if not isinstance(json, list):
        raise InvalidInput("This is no array")
    return json


def _name(members: JsonObject, member: str, context: Context) -> str:
    """Read what something is called: its name in terms of the answer, or its id."""
    text = members.get(member, members.get("id", members.get("@id")))
    if not isinstance(text, str):
        raise InvalidInput(f"{member} is no name", field=member)
    return context.expand_name(text)


def _names(members: JsonValue, member: str, context: Context) -> tuple[str, ...]:
    return tuple(context.expand_name(text) for text in _texts(members, member))


def _texts(members: JsonValue, member: str) -> tuple[str, ...]:
    """Read an array of texts; a single one may stand alone, as JSON-LD has it."""
    found = members.get(member, []) if isinstance(members, dict) else None
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list):
        raise InvalidInput(f"{member} is no array of texts", field=member)
    texts = tuple(item for item in listed if isinstance(item, str))
    if len(texts) != len(listed):
        raise InvalidInput(f"{member} is no array of texts", field=member)
    return texts


def _count(members: JsonObject, member: str) -> int:
    number = members.get(member, 0)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _MOST:
        raise InvalidInput(f"{member} is no count", field=member)
    return number
