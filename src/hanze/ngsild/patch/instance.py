"""One instance of an attribute meets a fragment of it (CIM 009, 5.5.8)."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.model import (
    NULL,
    Attribute,
    AttributeKind,
    Attributes,
    Instances,
    JsonValue,
    is_deletion,
)
from hanze.ngsild.representation.members import RULES

__all__ = ["check_members", "complete", "overlaid", "updated", "without_nulls"]

#: Fields of the model that an NGSI-LD Null in a fragment removes, and their members in JSON.
_NULLABLE: Final = {
    "observed_at": "observedAt",
    "unit_code": "unitCode",
    "value_type": "valueType",
    "lang": "lang",
    "expires_at": "expiresAt",
}

#: By kind: fields, and their members in JSON, that its attributes do not have.
_FOREIGN: Final = {
    kind: tuple(
        (field, member)
        for field, member in {**_NULLABLE, "object_type": "objectType"}.items()
        if member not in rules.common | rules.other
    )
    for kind, rules in RULES.items()
}


def complete(fragment: Attribute, *, deep: bool = False) -> Attribute:
    """Make a whole instance of a fragment that has nothing to change: Nulls in it fall away.

    Args:
        deep: Also inside values, as only a merge has them (5.5.12).

    Raises:
        InvalidInput: It has no value.
    """
    if fragment.value is UNSET:
        raise InvalidInput("A new attribute must have a value", clause="4.5.2.2")
    changes: dict[str, object] = {}
    if fragment.kind is None:
        changes["kind"] = AttributeKind.PROPERTY
    if deep:
        changes["value"] = without_nulls(fragment.value)
    if NULL in _removable(fragment):
        changes.update({field: None for field in _NULLABLE if getattr(fragment, field) == NULL})
    if fragment.object_type == (NULL,):
        changes["object_type"] = ()
    if fragment.attributes:
        changes["attributes"] = _completed(fragment.attributes, deep=deep)
    whole = replace(fragment, **changes) if changes else fragment
    check_members(whole)
    return whole


def _removable(fragment: Attribute) -> tuple[str | None, ...]:
    return (
        fragment.observed_at,
        fragment.unit_code,
        fragment.value_type,
        fragment.lang,
        fragment.expires_at,
    )


def _completed(attributes: Attributes, *, deep: bool) -> Attributes:
    completed: dict[str, Instances] = {}
    for name, instances in attributes.items():
        kept = tuple(complete(one, deep=deep) for one in instances if not is_deletion(one))
        if kept:
            completed[name] = kept
    return completed


def without_nulls(value: JsonValue) -> JsonValue:
    """Leave out the members that are NGSI-LD Nulls, at every depth of JSON objects."""
    if not isinstance(value, Mapping):
        return value
    return {name: without_nulls(part) for name, part in value.items() if part != NULL}


def check_members(attribute: Attribute) -> None:
    """Refuse members that the attribute's kind does not have (4.5.2 to 4.5.24).

    Raises:
        InvalidInput: There is one, because the request did not name the kind.
    """
    kind = attribute.kind or AttributeKind.PROPERTY
    for field, member in _FOREIGN[kind]:
        if getattr(attribute, field):
            raise InvalidInput(
                f"{member} must not be in a {kind.value}", field=member, clause="4.5.2.2"
            )


def overlaid(
    target: Attribute, fragment: Attribute, value: JsonValue, attributes: Attributes
) -> Attribute:
    """Lay the members of a fragment over an instance; Nulls remove, what is absent stays.

    Raises:
        InvalidInput: The instance's kind does not have such a member.
    """
    changes: dict[str, object] = {"value": value, "attributes": attributes}
    for field in _NULLABLE:
        given = getattr(fragment, field)
        if given is not None:
            changes[field] = None if given == NULL else given
    if fragment.object_type:
        changes["object_type"] = () if fragment.object_type == (NULL,) else fragment.object_type
    for field in ("entity_id_sealed", "entity_type_sealed"):
        if getattr(fragment, field) is not None:
            changes[field] = getattr(fragment, field)
    result = replace(target, **changes)
    check_members(result)
    return result


def updated(target: Attribute, fragment: Attribute) -> Attribute:
    """Overwrite the members that a fragment gives (5.5.8 at the level of an attribute, 5.6.4).

    Raises:
        InvalidInput: The fragment is of another kind.
    """
    if fragment.kind not in (None, target.kind):
        raise InvalidInput(
            "The type of an attribute cannot be changed by updating a part of it",
            field="type",
            value=fragment.kind.value if fragment.kind else None,
            clause="5.6.4.4",
        )
    attributes = dict(target.attributes)
    for name, instances in fragment.attributes.items():
        addressed = {instance.dataset_id for instance in instances}
        kept = [one for one in attributes.pop(name, ()) if one.dataset_id not in addressed]
        given = [complete(instance) for instance in instances if not is_deletion(instance)]
        if kept or given:
            attributes[name] = (*kept, *given)
    present = target.value if target.value is not UNSET else None
    value = present if fragment.value is UNSET else fragment.value
    return overlaid(target, fragment, value, attributes)
