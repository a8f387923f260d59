"""The operations that change an entity attribute by attribute (CIM 009, 5.6.2 to 5.6.5, 5.6.18 f.)."""

from collections.abc import Set as AbstractSet

from hanze.ngsild.model import Attribute, Entity, Fragment, is_deletion
from hanze.ngsild.patch.draft import AttributeNotFound, Draft, Patched
from hanze.ngsild.patch.instance import complete, updated
from hanze.ngsild.query.members import SCOPE

__all__ = [
    "append_attributes",
    "delete_attribute",
    "drop_attributes",
    "keep_attributes",
    "replace_attribute",
    "replace_entity",
    "update_attribute",
    "update_attributes",
]

#: The name under which the scope is deleted like an attribute (5.6.5.4).


def append_attributes(entity: Entity, fragment: Fragment, now: str, *, overwrite: bool) -> Patched:
    """Add instances; present ones are replaced, or without `overwrite` left alone (5.6.3.4)."""
    draft = Draft(entity, now)
    for name, instances in fragment.attributes.items():
        for instance in instances:
            if not overwrite and draft.find(name, instance.dataset_id) is not None:
                draft.refuse(name, "The attribute exists already and overwrite is not allowed")
            else:
                draft.put(name, complete(instance))
    draft.add_types(fragment.types)
    if fragment.scope is not None:
        present = () if overwrite else entity.scope
        draft.set_scope(tuple(dict.fromkeys((*present, *fragment.scope))))
    if fragment.expires_at is not None and (overwrite or entity.expires_at is None):
        draft.set_expiry(fragment.expires_at)
    return draft.finish()


def update_attributes(entity: Entity, fragment: Fragment, now: str) -> Patched:
    """Replace whole instances, add new ones, remove those that are NGSI-LD Nulls (5.6.2.4)."""
    draft = Draft(entity, now)
    for name, instances in fragment.attributes.items():
        for instance in instances:
            if is_deletion(instance):
                draft.remove(name, instance.dataset_id)
            else:
                draft.put(name, complete(instance))
    draft.add_types(fragment.types)
    # An entity without scope keeps none: a scope in the fragment is then to be ignored.
    if fragment.scope is not None and entity.scope:
        draft.set_scope(fragment.scope)
    if fragment.expires_at is not None:
        draft.set_expiry(fragment.expires_at)
    return draft.finish()


def update_attribute(entity: Entity, name: str, fragment: Attribute, now: str) -> Patched:
    """Overwrite the members that the fragment gives, and no others (5.6.4.4).

    Raises:
        AttributeNotFound: The entity has no instance with the fragment's datasetId.
        InvalidInput: The fragment is of another kind than the instance.
    """
    draft = Draft(entity, now)
    target = _existing(draft, entity, name, fragment.dataset_id)
    if is_deletion(fragment):
        draft.remove(name, fragment.dataset_id)
    else:
        draft.put(name, updated(target, fragment))
    return draft.finish()


def replace_attribute(entity: Entity, name: str, attribute: Attribute, now: str) -> Patched:
    """Replace one instance whole; its `createdAt` stays (5.6.19.4).

    Raises:
        AttributeNotFound: The entity has no instance with the attribute's datasetId.
    """
    draft = Draft(entity, now)
    _existing(draft, entity, name, attribute.dataset_id)
    draft.put(name, complete(attribute))
    return draft.finish()


def replace_entity(present: Entity, entity: Entity, now: str) -> Patched:
    """Replace everything; `createdAt` of the entity and of what it keeps stays (5.6.18.4)."""
    draft = Draft(present, now)
    for name, instances in present.attributes.items():
        kept = {instance.dataset_id for instance in entity.attributes.get(name, ())}
        for instance in instances:
            if instance.dataset_id not in kept:
                draft.remove(name, instance.dataset_id)
    for name, instances in entity.attributes.items():
        for instance in instances:
            draft.put(name, instance)
    draft.set_types(entity.types)
    draft.set_scope(entity.scope)
    draft.set_expiry(entity.expires_at)
    return draft.finish()


def delete_attribute(
    entity: Entity, name: str, *, dataset_id: str | None, delete_all: bool, now: str
) -> Patched:
    """Delete one instance, or all of them, or the scope (5.6.5.4).

    Raises:
        AttributeNotFound: The entity has no such instance.
    """
    draft = Draft(entity, now)
    if name == SCOPE:
        if not entity.scope:
            raise AttributeNotFound(entity.id, "scope")
        draft.set_scope(())
    elif delete_all:
        if name not in entity.attributes:
            raise AttributeNotFound(entity.id, name)
        draft.remove_all(name)
    else:
        _existing(draft, entity, name, dataset_id)
        draft.remove(name, dataset_id)
    return draft.finish()


def keep_attributes(entity: Entity, names: AbstractSet[str], now: str) -> Patched:
    """Delete every attribute but these; the scope counts as one (5.6.21.4)."""
    return drop_attributes(entity, ({*entity.attributes, SCOPE}) - names, now)


def drop_attributes(entity: Entity, names: AbstractSet[str], now: str) -> Patched:
    """Delete these attributes, where they are there; the scope counts as one (5.6.21.4)."""
    draft = Draft(entity, now)
    for name in entity.attributes:
        if name in names:
            draft.remove_all(name)
    if SCOPE in names:
        draft.set_scope(())
    return draft.finish()


def _existing(draft: Draft, entity: Entity, name: str, dataset_id: str | None) -> Attribute:
    instance = draft.find(name, dataset_id)
    if instance is None:
        raise AttributeNotFound(entity.id, name, dataset_id)
    return instance
