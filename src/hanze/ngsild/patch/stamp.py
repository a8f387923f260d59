"""System attributes of what is new, and of what may be the same as before (CIM 009, 4.8, 5.2.2)."""

from collections.abc import Mapping
from typing import Final

from msgspec import UnsetType
from msgspec.structs import replace

from hanze.ngsild.model import Attribute, Attributes, Entity, Instances, JsonValue

__all__ = ["settled", "stamp", "stamped"]

_SCALARS: Final = frozenset({str, int, float, bool})


def stamp(entity: Entity, now: str) -> Entity:
    """Give a new entity, and everything in it, `now` as `createdAt` and `modifiedAt`."""
    if entity.created_at == now and entity.modified_at == now:
        return entity  # It was read with this very moment, whole.
    return replace(
        entity,
        attributes=_all_stamped(entity.attributes, now),
        created_at=now,
        modified_at=now,
    )


def stamped(attribute: Attribute, now: str) -> Attribute:
    """Give a new instance, and everything in it, `now` as `createdAt` and `modifiedAt`."""
    if attribute.attributes:
        sub = _all_stamped(attribute.attributes, now)
        return replace(attribute, attributes=sub, created_at=now, modified_at=now)
    return replace(attribute, created_at=now, modified_at=now)


def _all_stamped(attributes: Attributes, now: str) -> dict[str, Instances]:
    # Nearly every attribute has one instance: this way it costs half.
    return {
        name: (stamped(instances[0], now),)
        if len(instances) == 1
        else tuple([stamped(instance, now) for instance in instances])
        for name, instances in attributes.items()
    }


def settled(old: Attribute, new: Attribute, now: str) -> Attribute:
    """Give a replacement its system attributes.

    Returns:
        `old` itself when the replacement is the same but for its system attributes; otherwise
        `new` with the old `createdAt`, and `now` as `modifiedAt` of what differs in it.
    """
    sub = _all_settled(old.attributes, new.attributes, now) if new.attributes else new.attributes
    candidate = replace(new, attributes=sub, created_at=old.created_at, modified_at=old.modified_at)
    if (
        old == candidate
        and _same_json(old.value, candidate.value)
        and _same_instances(old.attributes, sub)
    ):
        return old
    return replace(candidate, modified_at=now)


def _all_settled(old: Attributes, new: Attributes, now: str) -> Mapping[str, Instances]:
    attributes: dict[str, Instances] = {}
    for name, instances in new.items():
        present = {instance.dataset_id: instance for instance in old.get(name, ())}
        attributes[name] = tuple(
            settled(present[instance.dataset_id], instance, now)
            if instance.dataset_id in present
            else stamped(instance, now)
            for instance in instances
        )
    return attributes


def _same_instances(old: Attributes, new: Attributes) -> bool:
    # By identity: `settled` returns what was there only when nothing differs.
    return all(
        instance is other
        for name, instances in new.items()
        for instance, other in zip(instances, old[name], strict=True)
    )


def _same_json(old: JsonValue | UnsetType, new: JsonValue | UnsetType) -> bool:
    """Compare equal JSON once more: to Python, 1, 1.0 and true are equal."""
    if type(old) is not type(new):
        return False
    if type(old) in _SCALARS:
        return True
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(_same_json(value, new[name]) for name, value in old.items())
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return all(map(_same_json, old, new))
    return True
