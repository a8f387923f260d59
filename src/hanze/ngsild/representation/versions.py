"""Amend entities to an earlier version of the standard (CIM 009, 4.3.6.8).

Source of the fallbacks: tables 4.3.6.8-1 to 4.3.6.8-3 of V1.9.1.
"""

from typing import Final

from msgspec.structs import replace

from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances

__all__ = ["NEWEST", "Version", "conform", "conformant_version"]

#: Major and minor number, e.g. (1, 5).
Version = tuple[int, int]

NEWEST: Final[Version] = (1, 9)

#: Kinds that a version does not know yet, and what they become there.
_INTRODUCED: Final[dict[AttributeKind, tuple[Version, AttributeKind]]] = {
    AttributeKind.LANGUAGE_PROPERTY: ((1, 4), AttributeKind.PROPERTY),
    AttributeKind.JSON_PROPERTY: ((1, 8), AttributeKind.PROPERTY),
    AttributeKind.VOCAB_PROPERTY: ((1, 8), AttributeKind.PROPERTY),
    AttributeKind.LIST_PROPERTY: ((1, 8), AttributeKind.PROPERTY),
    AttributeKind.LIST_RELATIONSHIP: ((1, 8), AttributeKind.RELATIONSHIP),
}


def conformant_version(text: str) -> Version:
    """Read a version as in `Prefer: ngsi-ld=1.5`; a newer one than this node knows is the newest."""
    major, minor = (int(part) for part in text.split(".")[:2])
    return min((major, minor), NEWEST)


def conform(entity: Entity, version: Version) -> Entity:
    """Leave out or reformat what a version does not know.

    Returns:
        The same object when nothing had to change.
    """
    if version >= NEWEST:
        return entity
    attributes = {
        name: _conform_instances(instances, version)
        for name, instances in entity.attributes.items()
    }
    changed = replace(
        entity,
        attributes=attributes,
        expires_at=None,
        scope=entity.scope if version >= (1, 4) else (),
        types=entity.types if version >= (1, 3) else entity.types[:1],
    )
    return entity if changed == entity else changed


def _conform_instances(instances: Instances, version: Version) -> Instances:
    if version < (1, 3):
        default = next((part for part in instances if part.dataset_id is None), instances[0])
        instances = (default,)
    return tuple(_conform_instance(part, version) for part in instances)


def _conform_instance(attribute: Attribute, version: Version) -> Attribute:
    kind = attribute.kind
    if kind in _INTRODUCED and version < _INTRODUCED[kind][0]:
        kind = _INTRODUCED[kind][1]
    separable = version >= (1, 3)
    return replace(
        attribute,
        kind=kind,
        dataset_id=attribute.dataset_id if separable else None,
        observed_at=attribute.observed_at if separable else None,
        unit_code=attribute.unit_code if separable else None,
        object_type=attribute.object_type if version >= (1, 8) else (),
        value_type=None,
        expires_at=None,
        attributes={
            name: _conform_instances(parts, version) for name, parts in attribute.attributes.items()
        },
    )
