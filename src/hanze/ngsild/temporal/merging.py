"""What several sources know of one evolution, as one evolution (CIM 009, 4.5.5.3, 5.7.3.4, 5.7.4.4).

Instances of one dataset that were observed at the same moment are the same observation: where two
sources have it, it counts once, as the source has it that changed it last. An instance without
`observedAt` is the same as another that says the same and was recorded at the same moment.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec
from msgspec.structs import replace

from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.model import EARLIEST, Instance, TemporalEntity, TimeProperty
from hanze.ngsild.temporal.moments import moment_of

__all__ = ["TemporalVersion", "cut_to", "latest", "merge_evolutions", "place_of", "within"]

Instances = tuple[Instance, ...]
#: Tells observations apart.
_Key = tuple[str | None, str | None, str]


class TemporalVersion(msgspec.Struct, frozen=True):
    """An evolution as one source has it.

    Attributes:
        auxiliary: It comes from an auxiliary source, and so only adds what is not there otherwise.
    """

    entity: TemporalEntity
    auxiliary: bool = False


def merge_evolutions(
    versions: Sequence[TemporalVersion], timeproperty: TimeProperty
) -> TemporalEntity:
    """Make one evolution of its versions.

    Args:
        versions: Of one entity, at least one; the node's own first.
        timeproperty: Instances are put in its order. An auxiliary source adds instances at moments
            at which nobody else has one.

    Returns:
        Deleted, where every version that counts is.
    """
    if len(versions) == 1:
        return versions[0].entity
    regular = [one.entity for one in versions if not one.auxiliary]
    others = [one.entity for one in versions if one.auxiliary]
    told = regular or others
    names = dict.fromkeys(name for one in (*regular, *others) for name in one.attributes)
    attributes = {
        name: _merged(
            [one.attributes[name] for one in regular if name in one.attributes],
            [one.attributes[name] for one in others if name in one.attributes],
            timeproperty,
        )
        for name in names
    }
    deleted = [one.deleted_at for one in told if one.deleted_at is not None]
    return TemporalEntity(
        told[0].id,
        tuple(dict.fromkeys(name for one in told for name in one.types)),
        attributes,
        created_at=min(
            (one.created_at for one in told if one.created_at), key=parse_datetime, default=None
        ),
        modified_at=max(
            (one.modified_at for one in told if one.modified_at), key=parse_datetime, default=None
        ),
        deleted_at=max(deleted, key=parse_datetime) if len(deleted) == len(told) else None,
    )


def place_of(instance: Instance, timeproperty: TimeProperty) -> int:
    """Give the moment by which an instance stands in its evolution, in microseconds since 1970.

    One that lacks the time property, as a scope may, stands where it was recorded.
    """
    moment = moment_of(instance, timeproperty)
    if moment is not None:
        return moment
    recorded = instance.attribute.created_at
    return EARLIEST if recorded is None else parse_datetime(recorded)


def latest(entity: TemporalEntity, last_n: int | None) -> TemporalEntity:
    """Keep the last so many instances of each attribute; all where nothing is said."""
    if last_n is None or all(len(own) <= last_n for own in entity.attributes.values()):
        return entity
    attributes = {name: own[-last_n:] for name, own in entity.attributes.items()}
    return replace(entity, attributes=attributes)


def within(
    entity: TemporalEntity,
    timeproperty: TimeProperty,
    *,
    first: int | None = None,
    last: int | None = None,
) -> TemporalEntity:
    """Keep the instances from one moment up to another, both included; `None` is no end."""
    if first is None and last is None:
        return entity
    attributes = {}
    for name, instances in entity.attributes.items():
        own = tuple(
            one
            for one in instances
            if (first is None or place_of(one, timeproperty) >= first)
            and (last is None or place_of(one, timeproperty) <= last)
        )
        if own:
            attributes[name] = own
    return replace(entity, attributes=attributes)


def cut_to(
    entities: Sequence[TemporalEntity], most: int, timeproperty: TimeProperty, *, backwards: bool
) -> tuple[list[TemporalEntity], bool]:
    """Keep about so many instances in all: the earliest, or the latest (6.3.10).

    All attributes are cut at one moment. Where one moment alone has more, all of it is kept: less
    would be nothing, for ever.

    Returns:
        The entities, and whether anything was cut off.
    """
    count = sum(len(own) for one in entities for own in one.attributes.values())
    if count <= most:
        return list(entities), False
    moments = sorted(
        place_of(one, timeproperty)
        for one in chain.from_iterable(
            own for entity in entities for own in entity.attributes.values()
        )
    )
    if backwards:
        moments = [-moment for moment in reversed(moments)]
    beyond = moments[most]
    kept = [moment for moment in moments[:most] if moment < beyond]
    edge = kept[-1] if kept else beyond
    if backwards:
        return [within(one, timeproperty, first=-edge) for one in entities], -edge > -moments[-1]
    return [within(one, timeproperty, last=edge) for one in entities], edge < moments[-1]


def _merged(
    regular: Sequence[Instances], auxiliary: Sequence[Instances], timeproperty: TimeProperty
) -> Instances:
    found = _united(regular)
    if auxiliary:
        known = {(one.attribute.dataset_id, moment_of(one, timeproperty)) for one in found}
        found += [
            one
            for one in _united(auxiliary)
            if (one.attribute.dataset_id, moment_of(one, timeproperty)) not in known
        ]
    return tuple(sorted(found, key=lambda one: place_of(one, timeproperty)))


def _united(versions: Sequence[Instances]) -> list[Instance]:
    """Take each observation from one version: where it was changed last."""
    if len(versions) == 1:
        return list(versions[0])
    chosen: dict[_Key, list[Instance]] = {}
    for instances in versions:
        own: dict[_Key, list[Instance]] = {}
        for one in instances:
            own.setdefault(_key(one), []).append(one)
        for key, some in own.items():
            present = chosen.get(key)
            if present is None or _changed(some) > _changed(present):
                chosen[key] = some
    return [one for some in chosen.values() for one in some]


def _key(instance: Instance) -> _Key:
    attribute = instance.attribute
    if instance.deleted_at is not None:
        return attribute.dataset_id, instance.deleted_at, "deleted"
    if attribute.observed_at is not None:
        return attribute.dataset_id, attribute.observed_at, ""
    said = replace(attribute, created_at=None, modified_at=None)
    return attribute.dataset_id, attribute.created_at, repr(said)


def _changed(instances: Iterable[Instance]) -> int:
    return max(
        EARLIEST if one.attribute.modified_at is None else parse_datetime(one.attribute.modified_at)
        for one in instances
    )
