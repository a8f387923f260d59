"""An entity as a notification shows it: with what went, and what was before (CIM 009, 5.8.6)."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from hanze.broker.happened import Happened
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Attributes, Entity, JsonValue
from hanze.ngsild.representation.versions import conform, conformant_version
from hanze.ngsild.subscription.model import Format, NotificationParams, Subscription, Trigger
from hanze.ngsild.subscription.trigger import differ

__all__ = ["Changed", "Mark", "changed"]

_LISTS: Final = frozenset({AttributeKind.LIST_PROPERTY, AttributeKind.LIST_RELATIONSHIP})


class Mark(msgspec.Struct, frozen=True, gc=False):
    """What is said of an instance beside what it is.

    Attributes:
        previous: What it was; `None` when it did not change, or that is not asked for.
        deleted_at: DateTime text; there when the instance is gone.
    """

    previous: Attribute | None = None
    deleted_at: str | None = None


class Changed(msgspec.Struct, frozen=True):
    """An entity to be shown.

    Attributes:
        entity: With NGSI-LD Nulls in the place of instances that are gone.
        marks: By attribute and datasetId.
        deleted_at: DateTime text; there when the entity is gone.
    """

    entity: Entity
    marks: Mapping[tuple[str, str | None], Mark]
    deleted_at: str | None = None


def changed(happened: Happened, subscription: Subscription) -> Changed | None:
    """Say how a change of an entity is shown to a subscription; `None` when there is nothing."""
    before, after = (
        _conforming(entity, subscription.version) for entity in (happened.before, happened.after)
    )
    params = subscription.notification
    if after is None:
        return None if before is None else _deleted(before, happened.at, subscription)
    if before is None:
        return Changed(after, {})
    marks: dict[tuple[str, str | None], Mark] = {}
    attributes = dict(after.attributes)
    for name, gone in _gone(before.attributes, after.attributes):
        nulls = tuple(_null(instance, subscription) for instance in gone)
        attributes[name] = (*attributes.get(name, ()), *nulls)
        for instance in gone:
            previous = instance if params.show_changes else None
            marks[name, instance.dataset_id] = Mark(previous, happened.at)
    if params.show_changes:
        marks.update(_updates(before.attributes, after.attributes))
    return Changed(replace(after, attributes=attributes), marks)


def _conforming(entity: Entity | None, version: str | None) -> Entity | None:
    if entity is None or version is None:
        return entity
    return conform(entity, conformant_version(version))


def _deleted(entity: Entity, at: str, subscription: Subscription) -> Changed:
    """Show an entity that is gone: when it went, and of its attributes what was watched.

    Who is told of the deletion of entities gets nothing more, unless the changes are asked for. Who
    watches for the deletion of attributes sees which of these went along.
    """
    params = subscription.notification
    shown: Attributes = {}
    if params.show_changes:
        shown = entity.attributes
    elif Trigger.ENTITY_DELETED not in subscription.triggers:
        watched = subscription.watched or tuple(entity.attributes)
        shown = {name: own for name, own in entity.attributes.items() if name in watched}
    marks = {
        (name, instance.dataset_id): Mark(instance if params.show_changes else None, at)
        for name, instances in shown.items()
        for instance in instances
    }
    attributes = {
        name: tuple(_null(instance, subscription) for instance in instances)
        for name, instances in shown.items()
    }
    return Changed(replace(entity, attributes=attributes, scope=()), marks, at)


def _gone(before: Attributes, after: Attributes) -> Iterator[tuple[str, list[Attribute]]]:
    for name, instances in before.items():
        present = {instance.dataset_id for instance in after.get(name, ())}
        gone = [instance for instance in instances if instance.dataset_id not in present]
        if gone:
            yield name, gone


def _updates(
    before: Attributes, after: Attributes
) -> Iterator[tuple[tuple[str, str | None], Mark]]:
    for name, instances in before.items():
        present = {instance.dataset_id: instance for instance in after.get(name, ())}
        for old in instances:
            new = present.get(old.dataset_id)
            if new is not None and differ(old, new):
                yield (name, old.dataset_id), Mark(old)


def _null(instance: Attribute, subscription: Subscription) -> Attribute:
    """Put an NGSI-LD Null in the place of an instance; bare where nothing more is said of it."""
    params = subscription.notification
    kind = instance.kind or AttributeKind.PROPERTY
    if kind is AttributeKind.LANGUAGE_PROPERTY and subscription.languages is not None:
        kind = AttributeKind.PROPERTY
    if _is_bare(instance, params):
        kind = AttributeKind.PROPERTY
    value: JsonValue = NULL
    if kind is AttributeKind.LANGUAGE_PROPERTY:
        value = {"@none": NULL}
    elif kind in _LISTS:
        value = [NULL]
    return Attribute(
        kind=kind,
        value=value,
        dataset_id=instance.dataset_id,
        expires_at=instance.expires_at,
        created_at=instance.created_at,
        modified_at=instance.modified_at,
    )


def _is_bare(instance: Attribute, params: NotificationParams) -> bool:
    if params.format is Format.SIMPLIFIED:
        return True
    more = params.sys_attrs or params.show_changes or instance.dataset_id is not None
    return params.format is Format.CONCISE and not more
