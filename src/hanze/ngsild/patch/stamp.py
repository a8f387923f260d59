"""System attributes of what is new, and of what is written again (CIM 009, 4.8, 5.2.2)."""

from collections.abc import Mapping

from msgspec.structs import replace

from hanze.ngsild.model import Attribute, Attributes, Entity, Instances

__all__ = ["settled", "stamp", "stamped"]


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

    What a request writes is modified now, even when it says the same as before: a sensor that sends
    an unchanged value has measured it anew. What it leaves alone is the very object that was there,
    and keeps its `modifiedAt`.
    """
    if new is old:
        return old
    sub = _all_settled(old.attributes, new.attributes, now) if new.attributes else new.attributes
    return replace(new, attributes=sub, created_at=old.created_at, modified_at=now)


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
