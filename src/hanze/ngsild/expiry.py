"""What is left of an entity when its transient parts have passed away (CIM 009, 4.22)."""

from collections.abc import Mapping

import msgspec

from hanze.ngsild.model import Attribute, Attributes, Entity
from hanze.ngsild.moment import parse_datetime

__all__ = ["unexpired"]


def unexpired(entity: Entity, now: str) -> Entity | None:
    """Leave out what `expiresAt` no longer lets be served.

    Args:
        entity: Whole, as stored.
        now: DateTime text; what expires at this very moment is gone.

    Returns:
        The entity without its expired attributes and sub-attributes, or `None` when it has expired
        itself. The same object when nothing in it has expired.
    """
    # Few entities are transient, and every write looks: so that is found out first.
    transient = _has_transient(entity.attributes)
    if entity.expires_at is None and not transient:
        return entity
    moment = parse_datetime(now)
    if _is_past(entity.expires_at, moment):
        return None
    attributes = _living(entity.attributes, moment) if transient else entity.attributes
    if attributes is entity.attributes:
        return entity
    return msgspec.structs.replace(entity, attributes=attributes)


def _has_transient(attributes: Attributes) -> bool:
    for instances in attributes.values():
        for instance in instances:
            if instance.expires_at is not None:
                return True
            if instance.attributes and _has_transient(instance.attributes):
                return True
    return False


def _is_past(expires_at: str | None, moment: int) -> bool:
    return expires_at is not None and parse_datetime(expires_at) <= moment


def _living(attributes: Attributes, moment: int) -> Attributes:
    living: dict[str, tuple[Attribute, ...]] = {}
    changed = False
    for name, instances in attributes.items():
        kept = tuple(
            _with_living_parts(instance, moment)
            for instance in instances
            if not _is_past(instance.expires_at, moment)
        )
        changed = changed or any(a is not b for a, b in zip(kept, instances, strict=False))
        changed = changed or len(kept) != len(instances)
        if kept:
            living[name] = kept
    return living if changed else attributes


def _with_living_parts(instance: Attribute, moment: int) -> Attribute:
    parts: Mapping[str, tuple[Attribute, ...]] = instance.attributes
    if not parts:
        return instance
    living = _living(parts, moment)
    return instance if living is parts else msgspec.structs.replace(instance, attributes=living)
