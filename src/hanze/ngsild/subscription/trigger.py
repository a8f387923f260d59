"""Which changes trigger which subscriptions (CIM 009, 5.8.6, 5.2.12 notificationTrigger).

A change of an attribute is one of its instances that came, went, or says something else than
before; being written again, or getting new system attributes, is none. An entity that is created
brings all its attributes, one that is deleted takes them along: so both are changes of attributes,
too. What a subscription asks of an entity is asked of what it has become, or of what it was before
it was deleted.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Final

import msgspec

from hanze.ngsild.model import Attribute, Attributes, Entity, Instances
from hanze.ngsild.query.evaluate import Follow, matches
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.subscription.model import Subscription, Trigger

__all__ = ["Changes", "changes_of", "concerns", "differ", "entity_query", "is_triggered"]

_NOTHING: Final[frozenset[str]] = frozenset()
_UNCHANGED: Final[frozenset[Trigger]] = frozenset()
_UPDATED: Final = frozenset({Trigger.ATTRIBUTE_UPDATED})


class Changes(msgspec.Struct, frozen=True, gc=False):
    """What a step changed in an entity.

    Attributes:
        entity: `ENTITY_CREATED` or `ENTITY_DELETED`; `None` when it was and still is there.
        names: IRIs of the attributes that changed, by the way in which they did; none is empty.
    """

    entity: Trigger | None
    names: Mapping[Trigger, frozenset[str]]

    def named(self, trigger: Trigger) -> frozenset[str] | None:
        """Give the attributes that changed in one way; `None` when nothing happened that way.

        The creation and the deletion of an entity concern all its attributes, and happen to an
        entity without any, too.
        """
        if trigger is Trigger.ENTITY_CREATED or trigger is Trigger.ENTITY_DELETED:
            if self.entity is not trigger:
                return None
            both = Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_DELETED
            return self.names.get(both[trigger is Trigger.ENTITY_DELETED], _NOTHING)
        return self.names.get(trigger)


def changes_of(before: Entity | None, after: Entity | None) -> Changes:
    """Compare an entity with what it was; either may be `None`, not both."""
    if before is None:
        return Changes(Trigger.ENTITY_CREATED, _all_attributes(Trigger.ATTRIBUTE_CREATED, after))
    if after is None:
        return Changes(Trigger.ENTITY_DELETED, _all_attributes(Trigger.ATTRIBUTE_DELETED, before))
    return Changes(None, _attribute_changes(before.attributes, after.attributes))


def _all_attributes(trigger: Trigger, entity: Entity | None) -> dict[Trigger, frozenset[str]]:
    names = frozenset(entity.attributes) if entity is not None else _NOTHING
    return {trigger: names} if names else {}


def is_triggered(
    subscription: Subscription, before: Entity | None, after: Entity | None, follow: Follow
) -> bool:
    """Tell whether a step of an entity triggers a subscription; its status plays no part.

    Args:
        subscription: One with `time_interval_s` is never triggered.
        before: The entity as it was; `None` when it is new.
        after: The entity as it is; `None` when it is deleted.
        follow: Looks up linked entities, for paths of `q` that lead through relationships.
    """
    subject = before if after is None else after
    if subject is None or subscription.time_interval_s is not None:
        return False
    return concerns(subscription, changes_of(before, after)) and matches(
        entity_query(subscription), subject, follow
    )


def concerns(subscription: Subscription, changes: Changes) -> bool:
    """Tell whether something changed that a subscription watches, in a way that it watches for."""
    watched = subscription.watched
    for trigger in subscription.triggers:
        names = changes.named(trigger)
        if names is None:
            continue
        if not watched or not names.isdisjoint(watched):
            return True
    return False


def entity_query(subscription: Subscription) -> EntityQuery:
    """Say as a query which entities a subscription is about; without a page."""
    return EntityQuery(
        selectors=subscription.entities,
        q=subscription.q,
        geo=subscription.geo,
        scope=subscription.scope,
    )


def _attribute_changes(before: Attributes, after: Attributes) -> dict[Trigger, frozenset[str]]:
    found: dict[Trigger, set[str]] = {}
    updated: list[str] = []
    for name, instances in after.items():
        present = before.get(name)
        if present is instances:
            continue
        # Nearly every change is one of these.
        if present is not None and _one_each(present, instances):
            if differ(present[0], instances[0]):
                updated.append(name)
            continue
        for trigger in _instance_changes(present or (), instances):
            found.setdefault(trigger, set()).add(name)
    if updated:
        found.setdefault(Trigger.ATTRIBUTE_UPDATED, set()).update(updated)
    if gone := before.keys() - after.keys():
        found.setdefault(Trigger.ATTRIBUTE_DELETED, set()).update(gone)
    return {trigger: frozenset(names) for trigger, names in found.items()}


def _one_each(before: Instances, after: Instances) -> bool:
    return len(before) == len(after) == 1 and before[0].dataset_id == after[0].dataset_id


def _instance_changes(before: Instances, after: Instances) -> Set[Trigger]:
    if _one_each(before, after):
        return _UPDATED if differ(before[0], after[0]) else _UNCHANGED
    triggers: set[Trigger] = set()
    known = {instance.dataset_id: instance for instance in before}
    for instance in after:
        old = known.pop(instance.dataset_id, None)
        if old is None:
            triggers.add(Trigger.ATTRIBUTE_CREATED)
        elif differ(old, instance):
            triggers.add(Trigger.ATTRIBUTE_UPDATED)
    if known:
        triggers.add(Trigger.ATTRIBUTE_DELETED)
    return triggers


def differ(old: Attribute, new: Attribute) -> bool:
    """Tell whether an instance says something else, leaving out when it was written (5.8.6)."""
    return old is not new and (
        not _same_json(old.value, new.value)
        or old.observed_at != new.observed_at
        or old.kind is not new.kind
        or _others(old) != _others(new)
        or (old.attributes is not new.attributes and _sub_differ(old.attributes, new.attributes))
    )


def _others(instance: Attribute) -> tuple[object, ...]:
    return (
        instance.unit_code,
        instance.value_type,
        instance.object_type,
        instance.lang,
        instance.expires_at,
        instance.entity_id_sealed,
        instance.entity_type_sealed,
    )


def _sub_differ(old: Attributes, new: Attributes) -> bool:
    return old.keys() != new.keys() or any(
        _instance_changes(old[name], instances) for name, instances in new.items()
    )


def _same_json(old: object, new: object) -> bool:
    """Compare JSON: 1 and 1.0 are one number, yet true is none."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, Mapping):
        return (
            isinstance(new, Mapping)
            and old.keys() == new.keys()
            and all(_same_json(value, new[name]) for name, value in old.items())
        )
    if isinstance(old, str) or isinstance(new, str):
        return old == new
    if isinstance(old, Sequence):
        return isinstance(new, Sequence) and len(old) == len(new) and all(map(_same_json, old, new))
    return old == new
