"""Amend JSON that is passed on to an earlier version of the standard (CIM 009, 4.3.6.6, 4.3.6.8).

Unlike `versions`, which amends whole entities, this takes whatever a request may carry: entities,
fragments of them, single attributes, lists of these, and their temporal representations.
"""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.model import DEFAULT_INSTANCE, AttributeKind, JsonObject, JsonValue
from hanze.ngsild.representation.members import ATTRIBUTE_MEMBERS, IGNORED, KINDS, RULES
from hanze.ngsild.representation.versions import NEWEST, Version

__all__ = ["conform_json"]

#: Members of entities that are no attributes.
_ENTITY_MEMBERS: Final = IGNORED | {"id", "@id", "type", "@type", "scope", "expiresAt", "@context"}

#: In which version members of attributes came (tables 4.3.6.8-2 and 4.3.6.8-3).
_MEMBERS: Final[Mapping[str, Version]] = {
    "datasetId": (1, 3),
    "observedAt": (1, 3),
    "unitCode": (1, 3),
    "objectType": (1, 8),
    "valueType": (1, 9),
    "expiresAt": (1, 9),
}

#: Kinds of attributes by the member that holds their value: when they came, and what they were
#: before (table 4.3.6.8-1).
_KINDS: Final[Mapping[str, tuple[Version, AttributeKind]]] = {
    "languageMap": ((1, 4), AttributeKind.PROPERTY),
    "json": ((1, 8), AttributeKind.PROPERTY),
    "vocab": ((1, 8), AttributeKind.PROPERTY),
    "valueList": ((1, 8), AttributeKind.PROPERTY),
    "objectList": ((1, 8), AttributeKind.RELATIONSHIP),
}
_VALUES: Final = frozenset({rule.member for rule in RULES.values()} | {"values", "objects"})


def conform_json(json: JsonValue, version: Version, *, attribute: bool = False) -> JsonValue:
    """Leave out or reformat what a version does not know.

    Args:
        json: Normalized or concise, without @context.
        version: That is followed by who gets it.
        attribute: It is one attribute, or a fragment of one; else entities or fragments of them.
    """
    if version >= NEWEST:
        return json
    if isinstance(json, list | tuple):
        return [conform_json(item, version, attribute=attribute) for item in json]
    if not isinstance(json, Mapping):
        return json
    return _attribute(json, version) if attribute else _entity(json, version)


def _entity(json: JsonObject, version: Version) -> JsonObject:
    found: dict[str, JsonValue] = {}
    for name, member in json.items():
        if name == "expiresAt" or (name == "scope" and version < (1, 4)):
            continue
        if name in ("type", "@type") and version < (1, 3) and isinstance(member, list | tuple):
            found[name] = member[0] if member else member
        else:
            found[name] = member if name in _ENTITY_MEMBERS else _instances(member, version)
    return found


def _instances(json: JsonValue, version: Version) -> JsonValue:
    if isinstance(json, Mapping):
        return _attribute(json, version) if _is_attribute(json) else json
    if not isinstance(json, list | tuple) or not any(map(_is_attribute, json)):
        return json
    parts = [one for one in json if isinstance(one, Mapping)]
    if version < (1, 3):
        default = [
            one for one in parts if one.get("datasetId", DEFAULT_INSTANCE) == DEFAULT_INSTANCE
        ]
        parts = default or parts[:1]
    conformed = [_attribute(one, version) for one in parts]
    return conformed[0] if version < (1, 3) and len(conformed) == 1 else conformed


def _attribute(json: JsonObject, version: Version) -> JsonObject:
    found: dict[str, JsonValue] = {}
    for name, member in json.items():
        if version < _MEMBERS.get(name, version):
            continue
        since, kind = _KINDS.get(name, (version, None))
        if version < since and kind is not None:
            found[RULES[kind].member] = _plain(name, member)
            if "type" in json:
                found["type"] = kind.value
        elif name in _VALUES or name in IGNORED:
            found[name] = member
        elif name != "type":
            found[name] = _instances(member, version)
        else:
            found.setdefault("type", member)
    return found


def _plain(name: str, value: JsonValue) -> JsonValue:
    """Write targets of a ListRelationship as a Relationship has them."""
    if name != "objectList" or not isinstance(value, list | tuple):
        return value
    return [item.get("object") if isinstance(item, Mapping) else item for item in value]


def _is_attribute(json: JsonValue) -> bool:
    if not isinstance(json, Mapping):
        return False
    return json.get("type") in KINDS or (
        "type" not in json and not ATTRIBUTE_MEMBERS.isdisjoint(json)
    )
