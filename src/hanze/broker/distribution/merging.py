"""What several sources say of one entity, as one entity (CIM 009, 4.3.6.2, 4.5.5.2, 4.5.5.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Attribute, Attributes, Entity, Instances
from hanze.ngsild.moment import parse_datetime

__all__ = ["Version", "merge"]

_NEVER: Final = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Version:
    """An entity as one source has it.

    Attributes:
        entity: With the system attributes that the source tells.
        auxiliary: It comes from an auxiliary source, and so only adds what is not there otherwise.
    """

    entity: Entity
    auxiliary: bool = False


def merge(versions: Sequence[Version], now: str) -> Entity | None:
    """Make one entity of its versions.

    Of an attribute that several have, each datasetId is taken where it is the most recent: by
    `observedAt`, and where no version has one by `modifiedAt`. Where that tells nothing the earlier
    version of the sequence counts, so that the same versions give the same entity.

    Args:
        versions: Of one entity; the node's own first.
        now: DateTime text; what has expired is passed over.

    Returns:
        The entity, or `None` where every version has expired. Its types and scopes are those of all
        versions; where any but auxiliary ones are left, of those.
    """
    living = [
        Version(entity, one.auxiliary)
        for one in versions
        if (entity := unexpired(one.entity, now)) is not None
    ]
    if len(living) < 2:
        return living[0].entity if living else None
    if len({one.entity.expires_at for one in living}) > 1:
        living = [Version(_with_own_expiry(one.entity), one.auxiliary) for one in living]
    first = [one.entity for one in living if not one.auxiliary]
    others = [one.entity for one in living if one.auxiliary]
    attributes = _merged(entity.attributes for entity in first)
    supplement = _merged(entity.attributes for entity in others)
    told = first or others
    return Entity(
        id=told[0].id,
        types=tuple(dict.fromkeys(name for entity in told for name in entity.types)),
        attributes=_added(attributes, supplement),
        scope=tuple(dict.fromkeys(scope for entity in told for scope in entity.scope)),
        expires_at=_last_expiry(told),
        created_at=min(
            (one.created_at for one in told if one.created_at), key=parse_datetime, default=None
        ),
        modified_at=max(
            (one.modified_at for one in told if one.modified_at), key=parse_datetime, default=None
        ),
    )


def _added(attributes: Attributes, supplement: Attributes) -> Attributes:
    missing = {name: own for name, own in supplement.items() if name not in attributes}
    return {**attributes, **missing}


def _with_own_expiry(entity: Entity) -> Entity:
    """Let attributes expire no later than their entity, once it is merged away (4.5.5.2)."""
    if entity.expires_at is None:
        return entity
    latest = entity.expires_at
    attributes = {
        name: tuple(_expiring(instance, latest) for instance in instances)
        for name, instances in entity.attributes.items()
    }
    return replace(entity, attributes=attributes)


def _expiring(instance: Attribute, latest: str) -> Attribute:
    own = instance.expires_at
    if own is not None and parse_datetime(own) <= parse_datetime(latest):
        return instance
    return replace(instance, expires_at=latest)


def _last_expiry(entities: Sequence[Entity]) -> str | None:
    moments = [entity.expires_at for entity in entities if entity.expires_at is not None]
    return max(moments, key=parse_datetime) if len(moments) == len(entities) else None


def _merged(versions: Iterable[Attributes]) -> dict[str, Instances]:
    merged: dict[str, Instances] = {}
    for attributes in versions:
        for name, instances in attributes.items():
            present = merged.get(name)
            merged[name] = instances if present is None else _newest(present, instances)
    return merged


def _newest(present: Instances, others: Instances) -> Instances:
    """Take each dataset where it is the most recent; what is there stays where nothing is newer."""
    chosen = {instance.dataset_id: instance for instance in present}
    for instance in others:
        known = chosen.get(instance.dataset_id)
        if known is None or _age(instance) > _age(known):
            chosen[instance.dataset_id] = instance
    return tuple(chosen.values())


def _age(instance: Attribute) -> tuple[int, int]:
    # Whoever knows when a value was observed knows more than when it was written down somewhere.
    return _moment(instance.observed_at), _moment(instance.modified_at)


def _moment(text: str | None) -> int:
    return _NEVER if text is None else parse_datetime(text)
