"""Entities as other nodes send them: normalized, with their system attributes (CIM 009, 4.3.6.1).

What a client writes has its system attributes passed over (5.2.2). What a Context Source answers is
compared by them (4.5.5.3), so here they are read.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import Attribute, Attributes, Entity, Instances, JsonObject, JsonValue
from hanze.ngsild.moment import normalise_datetime
from hanze.ngsild.representation.parse import parse_entity

__all__ = ["received_entity"]

#: Members that may be arrays, and are no attributes.
_PLAIN: Final = frozenset({"type", "@type", "scope", "@context"})


def received_entity(json: JsonValue, context: Context) -> Entity:
    """Read an entity with `createdAt` and `modifiedAt` wherever they are given.

    Args:
        json: Normalized or concise; an @context in it is passed over.
        context: Expands its names.

    Raises:
        InvalidInput: It is no NGSI-LD entity.
    """
    entity = parse_entity(json, context)
    if not isinstance(json, Mapping):
        return entity
    created_at, modified_at = _moments(json)
    return replace(
        entity,
        attributes=_dated_attributes(entity.attributes, json, context),
        created_at=created_at,
        modified_at=modified_at,
    )


def _dated_attributes(attributes: Attributes, json: JsonObject, context: Context) -> Attributes:
    dated: dict[str, Instances] = {}
    expand = context.expand_name
    for key, part in json.items():
        # Most attributes have one instance; what the members of an entity expand to is no attribute.
        if type(part) is dict:
            instances = attributes.get(name := expand(key))
            if instances is not None and len(instances) == 1:
                dated[name] = (_dated(instances[0], part, context),)
        elif type(part) is list and key not in _PLAIN:
            instances = attributes.get(name := expand(key))
            if instances is not None:
                dated[name] = _dated_instances(instances, part, context)
    return {**attributes, **dated}


def _dated_instances(
    instances: Instances, parts: Sequence[JsonValue], context: Context
) -> Instances:
    # An array may be a value: then there is one instance, and nothing is said about it.
    if len(parts) != len(instances):
        return instances
    return tuple(
        _dated(instance, part, context) if isinstance(part, dict) else instance
        for instance, part in zip(instances, parts, strict=True)
    )


def _dated(instance: Attribute, json: JsonObject, context: Context) -> Attribute:
    created_at, modified_at = _moments(json)
    attributes = instance.attributes
    if attributes:
        attributes = _dated_attributes(attributes, json, context)
    elif created_at is None and modified_at is None:
        return instance
    return replace(instance, attributes=attributes, created_at=created_at, modified_at=modified_at)


def _moments(json: JsonObject) -> tuple[str | None, str | None]:
    created_at, modified_at = json.get("createdAt"), json.get("modifiedAt")
    return (
        None if created_at is None else _moment(created_at, "createdAt"),
        None if modified_at is None else _moment(modified_at, "modifiedAt"),
    )


def _moment(json: JsonValue, field: str) -> str:
    if not isinstance(json, str):
        raise InvalidInput(f"{field} must be a DateTime", field=field, clause="4.6.3")
    return _normal(json, field)


# Of the entities of one answer many were written at one time.
@lru_cache(maxsize=256)
def _normal(text: str, field: str) -> str:
    return normalise_datetime(text, field=field)
