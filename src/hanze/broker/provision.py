"""Context information provision (CIM 009, 5.6.1 to 5.6.6, 5.6.17 to 5.6.19 and 5.6.21).

Each operation is one unit of work: a plain function that the store runs in a savepoint and commits
together with the others that wait. What it staged before it raises is rolled back, so a refused
operation leaves no trace.
"""

from collections.abc import Sequence
from dataclasses import replace

from hanze.broker.consumption import EntityNotFound, TenantNotFound, query_entities
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.rules import put_entity, remove_entity
from hanze.errors import Conflicting, InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild import patch
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Attribute, Entity, Fragment
from hanze.ngsild.query.evaluate import matches_types
from hanze.ngsild.query.tree import EntityQuery, TypeSelection

__all__ = [
    "EntityAlreadyExists",
    "append_attributes",
    "check_same_id",
    "create_entity",
    "delete_attribute",
    "delete_entity",
    "merge_entity",
    "purge_entities",
    "replace_attribute",
    "replace_entity",
    "update_attribute",
    "update_attributes",
]

#: Entities that one unit of a purge takes, so that others get their turn between.
_PURGE_SLICE = 100
#: Entities that are looked up at once.
_PURGE_PAGE = 500


class EntityAlreadyExists(Conflicting):
    """An entity with this id exists in the tenant (5.5.2 AlreadyExists)."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"Entity {entity_id} already exists")
        self.entity_id = entity_id


def create_entity(
    uow: UnitOfWork, caller: Caller, entity: Entity, *, context: Context, now: str
) -> None:
    """Create an entity (5.6.1); its tenant arises with it where it is new (5.5.10).

    Args:
        entity: Whole and validated; system attributes are set here.
        context: The @context under which the entity is stored.
        now: DateTime text; becomes `createdAt` and `modifiedAt`.

    Raises:
        EntityAlreadyExists: The id is taken, whatever the type.
        TooManyTenants: The tenant is new and the node holds as many as it may.
    """
    uow.create_tenant(caller.tenant)
    if find_entity(uow, caller, entity.id, now=now) is not None:
        raise EntityAlreadyExists(entity.id)
    put_entity(uow, caller, None, patch.stamp(entity, now), context=context, now=now)


def append_attributes(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    fragment: Fragment,
    *,
    types: TypeSelection | None = None,
    overwrite: bool = True,
    now: str,
) -> patch.Patched:
    """Append attributes (5.6.3): new instances are added, present ones replaced or left alone.

    Raises:
        EntityNotFound: No such entity, or none of these types.
    """
    entity = _target(uow, caller, entity_id, fragment, types=types, now=now)
    patched = patch.append_attributes(entity, fragment, now, overwrite=overwrite)
    put_entity(uow, caller, entity, patched.entity, now=now)
    return patched


def update_attributes(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    fragment: Fragment,
    *,
    types: TypeSelection | None = None,
    now: str,
) -> patch.Patched:
    """Update attributes (5.6.2): whole instances are replaced, added, or removed by an NGSI-LD Null.

    Raises:
        EntityNotFound: No such entity, or none of these types.
    """
    entity = _target(uow, caller, entity_id, fragment, types=types, now=now)
    patched = patch.update_attributes(entity, fragment, now)
    put_entity(uow, caller, entity, patched.entity, now=now)
    return patched


def update_attribute(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    name: str,
    instance: Attribute,
    *,
    types: TypeSelection | None = None,
    now: str,
) -> None:
    """Update the given members of an attribute instance and leave the rest (5.6.4).

    Raises:
        EntityNotFound: No such entity, or none of these types.
        AttributeNotFound: The entity lacks an instance with the fragment's `datasetId`.
        InvalidInput: The fragment would change the attribute's type.
    """
    entity = _target(uow, caller, entity_id, types=types, now=now)
    patched = patch.update_attribute(entity, name, instance, now)
    put_entity(uow, caller, entity, patched.entity, now=now)


def replace_attribute(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    name: str,
    instance: Attribute,
    *,
    types: TypeSelection | None = None,
    now: str,
) -> None:
    """Replace an attribute instance; its `createdAt` stays (5.6.19).

    Raises:
        EntityNotFound: No such entity, or none of these types.
        AttributeNotFound: The entity lacks an instance with the fragment's `datasetId`.
    """
    entity = _target(uow, caller, entity_id, types=types, now=now)
    patched = patch.replace_attribute(entity, name, instance, now)
    put_entity(uow, caller, entity, patched.entity, now=now)


def delete_attribute(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    name: str,
    *,
    dataset_id: str | None = None,
    delete_all: bool = False,
    types: TypeSelection | None = None,
    now: str,
) -> None:
    """Delete one instance of an attribute, or all of them, or the scope (5.6.5).

    Raises:
        EntityNotFound: No such entity, or none of these types.
        AttributeNotFound: The entity has no such instance.
    """
    entity = _target(uow, caller, entity_id, types=types, now=now)
    patched = patch.delete_attribute(
        entity, name, dataset_id=dataset_id, delete_all=delete_all, now=now
    )
    put_entity(uow, caller, entity, patched.entity, now=now)


def delete_entity(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    *,
    types: TypeSelection | None = None,
    now: str,
) -> None:
    """Delete an entity (5.6.6).

    Raises:
        EntityNotFound: No such entity, or none of these types.
    """
    entity = _target(uow, caller, entity_id, types=types, now=now)
    remove_entity(uow, caller, entity, now=now)


def merge_entity(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    fragment: Fragment,
    *,
    types: TypeSelection | None = None,
    observed_at: str | None = None,
    lang: str | None = None,
    simplified: bool = False,
    now: str,
) -> patch.Patched:
    """Merge a fragment into an entity, into the JSON of its values too (5.6.17, 5.5.12).

    Args:
        observed_at: DateTime for attributes that had an `observedAt` and get no other.
        lang: Language of plain strings that meet a LanguageProperty.
        simplified: The fragment came in simplified form: kinds are those of the entity.
        now: DateTime text; becomes `modifiedAt` of what changed.

    Raises:
        EntityNotFound: No such entity, or none of these types.
        InvalidInput: The fragment would change an attribute's type.
    """
    entity = _target(uow, caller, entity_id, fragment, types=types, now=now)
    patched = patch.merge_entity(
        entity, fragment, now, observed_at=observed_at, lang=lang, simplified=simplified
    )
    put_entity(uow, caller, entity, patched.entity, now=now)
    return patched


def replace_entity(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    entity: Entity,
    *,
    context: Context,
    types: TypeSelection | None = None,
    now: str,
) -> None:
    """Replace an entity whole; its `createdAt` stays (5.6.18).

    Raises:
        EntityNotFound: No such entity, or none of these types.
        InvalidInput: The new content carries another id.
    """
    check_same_id(entity_id, entity.id)
    present = _target(uow, caller, entity_id, types=types, now=now)
    replaced = patch.replace_entity(present, entity, now).entity
    put_entity(uow, caller, present, replaced, context=context, now=now)


async def purge_entities(
    store: Store,
    caller: Caller,
    query: EntityQuery,
    *,
    local: bool = False,
    keep: frozenset[str] | None = None,
    drop: frozenset[str] | None = None,
    now: str,
) -> list[str]:
    """Delete the entities that match, or some of their attributes (5.6.21).

    Args:
        local: The operation is limited to the local scope, so the query may be wide (5.5.13).
        keep: Only these attributes (IRIs) stay.
        drop: These attributes (IRIs) go.

    Returns:
        Ids of the entities that were deleted or changed.
    """
    ids: list[str] = []
    more = True
    while more:
        page = replace(query, limit=_PURGE_PAGE, offset=len(ids), count=False)
        found = await query_entities(store, caller, page, local=local, now=now)
        ids += [store.load(stored).id for stored in found.entities]
        more = found.more
    purged: list[str] = []
    for start in range(0, len(ids), _PURGE_SLICE):
        some = ids[start : start + _PURGE_SLICE]

        def unit(uow: UnitOfWork, some: Sequence[str] = some) -> list[str]:
            return _purge(uow, caller, some, keep=keep, drop=drop, now=now)

        purged += await store.transact(unit)
    return purged


def find_entity(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    *,
    types: TypeSelection | None = None,
    now: str,
) -> Entity | None:
    """Return the entity as a unit of work sees it: staged, of these types, and not expired."""
    entity = uow.entity(caller.tenant, entity_id)
    entity = unexpired(entity, now) if entity is not None else None
    if entity is None or (types is not None and not matches_types(types, entity.types)):
        return None
    return entity


def _target(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    fragment: Fragment | None = None,
    *,
    types: TypeSelection | None,
    now: str,
) -> Entity:
    if not uow.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)
    if fragment is not None and fragment.id is not None:
        check_same_id(entity_id, fragment.id)
    entity = find_entity(uow, caller, entity_id, types=types, now=now)
    if entity is None:
        raise EntityNotFound(entity_id)
    return entity


def check_same_id(entity_id: str, sent: str) -> None:
    """See that a body is about the entity that the path names.

    Raises:
        InvalidInput: It carries another id.
    """
    if sent != entity_id:
        raise InvalidInput(
            f"The id in the body must be {entity_id}", field="id", value=sent, clause="5.4"
        )


def _purge(
    uow: UnitOfWork,
    caller: Caller,
    ids: Sequence[str],
    *,
    keep: frozenset[str] | None,
    drop: frozenset[str] | None,
    now: str,
) -> list[str]:
    purged: list[str] = []
    for entity_id in ids:
        entity = find_entity(uow, caller, entity_id, now=now)
        if entity is None:
            continue
        purged.append(entity_id)
        if keep is None and drop is None:
            remove_entity(uow, caller, entity, now=now)
        elif keep is not None:
            kept = patch.keep_attributes(entity, keep, now).entity
            put_entity(uow, caller, entity, kept, now=now)
        else:
            left = patch.drop_attributes(entity, drop or frozenset(), now).entity
            put_entity(uow, caller, entity, left, now=now)
    return purged
