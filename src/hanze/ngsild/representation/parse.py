"""Entities and fragments from normalized and concise JSON, also mixed (CIM 009, 4.5.1 to 4.5.3).

The two are read alike: what the concise representation leaves out is inferred (4.5.2.3, 4.5.3.3,
4.7.3).
"""

from collections.abc import Mapping

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, Attribute, Entity, Fragment, JsonObject, JsonValue
from hanze.ngsild.representation.members import NOT_ATTRIBUTES
from hanze.ngsild.representation.reader import (
    CORE_GEO_PROPERTIES,
    AttributeReader,
    as_geo,
    read_moment,
)
from hanze.ngsild.representation.values import NullPolicy, read_scopes, read_strings, read_uri

__all__ = ["NullPolicy", "parse_attribute", "parse_entity", "parse_fragment"]


def parse_entity(json: JsonValue, context: Context, *, now: str | None = None) -> Entity:
    """Read a whole entity, as create and replace take it (5.6.1, 5.6.18).

    Args:
        json: What was sent, without its @context.
        context: Expands its names.
        now: DateTime text for every `createdAt` and `modifiedAt`, where it may well be new:
            `hanze.ngsild.patch.stamp` need not make each attribute a second time.

    Raises:
        InvalidInput: It is no entity, or holds an NGSI-LD Null.
    """
    members = _object(json, "The entity")
    return Entity(
        id=_entity_id(members, required=True) or "",
        types=_entity_types(members, context, required=True),
        attributes=AttributeReader(context, NullPolicy.REFUSE, now=now).attributes(members),
        scope=_entity_scope(members, NullPolicy.REFUSE) or (),
        expires_at=_entity_expiry(members, NullPolicy.REFUSE),
        created_at=now,
        modified_at=now,
    )


def parse_fragment(
    json: JsonValue, context: Context, nulls: NullPolicy, *, simplified: bool = False
) -> Fragment:
    """Read an entity fragment, as append, update and merge take it (5.4).

    Args:
        nulls: Where NGSI-LD Nulls may stand.
        simplified: The attributes are in the simplified representation (6.5.3.4): instances whose
            kind only the target knows have `None` as kind.

    Raises:
        InvalidInput: It is no entity fragment, or a Null stands where none may.
    """
    members = _object(json, "The fragment")
    reader = AttributeReader(context, nulls)
    return Fragment(
        id=_entity_id(members, required=False),
        types=_entity_types(members, context, required=False),
        attributes=reader.attributes(members, simplified=simplified),
        scope=_entity_scope(members, nulls),
        expires_at=_entity_expiry(members, nulls),
    )


def parse_attribute(
    json: JsonValue, context: Context, name: str, nulls: NullPolicy, *, partial: bool
) -> Attribute:
    """Read the body that changes or replaces one attribute (5.6.4, 5.6.19).

    Args:
        name: IRI of the attribute, from the path.
        partial: The value may be absent, and then the kind may be unknown.

    Raises:
        InvalidInput: It is no attribute fragment, or `name` cannot be an attribute.
    """
    if name in NOT_ATTRIBUTES:
        raise InvalidInput(
            f"{name} is not an attribute", field="attrId", value=name, clause="5.6.4.4"
        )
    members = {
        key: value for key, value in _object(json, "The fragment").items() if key != "@context"
    }
    reader = AttributeReader(context, nulls, partial=partial)
    attribute = reader.fragment(members, name)
    if name in CORE_GEO_PROPERTIES:
        return as_geo((attribute,), "The fragment")[0]
    return attribute


def _object(json: JsonValue, what: str) -> JsonObject:
    if isinstance(json, Mapping):
        return json
    raise InvalidInput(f"{what} must be a JSON object", value=json, clause="5.5.4")


def _keyword(members: JsonObject, name: str) -> JsonValue:
    """Read a member that also goes by its JSON-LD keyword; only one of the two may be there."""
    keyword = "@" + name
    if keyword not in members:
        return members.get(name)
    if name in members:
        raise InvalidInput(f"{name} and {keyword} are the same member", field=name, clause="4.5.1")
    return members[keyword]


def _entity_id(members: JsonObject, *, required: bool) -> str | None:
    entity_id = _keyword(members, "id")
    if entity_id is None and not required and "id" not in members:
        return None
    if entity_id == NULL:
        raise InvalidInput("id must not be an NGSI-LD Null", field="id", clause="5.5.4")
    return read_uri(entity_id, "id", clause="4.5.1")


def _entity_types(members: JsonObject, context: Context, *, required: bool) -> tuple[str, ...]:
    types = _keyword(members, "type")
    if types is None and not required and "type" not in members:
        return ()
    names = read_strings(types, "type", clause="4.5.1")
    if NULL in names:
        raise InvalidInput("type must not be an NGSI-LD Null", field="type", clause="5.5.4")
    return tuple(dict.fromkeys(context.expand_name(name) for name in names))


def _entity_scope(members: JsonObject, nulls: NullPolicy) -> tuple[str, ...] | None:
    return read_scopes(members["scope"], nulls) if "scope" in members else None


def _entity_expiry(members: JsonObject, nulls: NullPolicy) -> str | None:
    return read_moment(members["expiresAt"], nulls, "expiresAt") if "expiresAt" in members else None
