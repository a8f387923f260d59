"""Batch operations: many entities in one request (CIM 009, 5.6.7 to 5.6.10 and 5.6.20).

A batch is not atomic: each entity succeeds or fails by itself, in the order of the array (5.5.11).
It is staged in slices, so that other requests get their turn while a large batch is under way.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hanze.broker.consumption import TenantNotFound
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import (
    append_attributes,
    create_entity,
    delete_entity,
    find_entity,
    merge_entity,
)
from hanze.broker.rules import put_entity
from hanze.errors import HanzeError, InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild import patch
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, Fragment, is_deletion

__all__ = [
    "BatchResult",
    "create_entities",
    "delete_entities",
    "merge_entities",
    "update_entities",
    "upsert_entities",
    "upsert_fragments",
]

Item = TypeVar("Item")

#: Entities a unit of work takes: small enough that nobody waits long, large enough to share a commit.
_SLICE = 64


@dataclass(slots=True)
class BatchResult:
    """What became of each entity (5.2.16).

    Attributes:
        created: Ids of entities that did not exist before, in order.
        updated: Ids of entities that did, in order.
        errors: Id (or `None` where the item had none) and the reason.
        outcomes: Of each item in order: whether the entity is new, or the reason.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    errors: list[tuple[str | None, HanzeError]] = field(default_factory=list)
    outcomes: list[bool | HanzeError] = field(default_factory=list)

    @property
    def success(self) -> list[str]:
        return self.created + self.updated


async def create_entities(
    store: Store,
    caller: Caller,
    entities: Sequence[tuple[Entity, Context]],
    *,
    now: str,
) -> BatchResult:
    """Create entities, each under its own @context (5.6.7)."""

    def create(uow: UnitOfWork, item: tuple[Entity, Context]) -> bool:
        entity, context = item
        create_entity(uow, caller, entity, context=context, now=now)
        return True

    return await _each(store, entities, create, lambda item: item[0].id)


async def upsert_entities(
    store: Store,
    caller: Caller,
    entities: Sequence[tuple[Entity, Context]],
    *,
    now: str,
) -> BatchResult:
    """Create entities, or replace those that exist (5.6.8, mode replace)."""

    def upsert(uow: UnitOfWork, item: tuple[Entity, Context]) -> bool:
        entity, context = item
        present = _present(uow, caller, entity.id, now)
        if present is None:
            create_entity(uow, caller, entity, context=context, now=now)
            return True
        replaced = patch.replace_entity(present, entity, now).entity
        put_entity(uow, caller, present, replaced, context=context, now=now)
        return False

    return await _each(store, entities, upsert, lambda item: item[0].id)


async def upsert_fragments(
    store: Store,
    caller: Caller,
    fragments: Sequence[tuple[Fragment, Context]],
    *,
    now: str,
) -> BatchResult:
    """Create entities, or update those that exist (5.6.8, mode update)."""

    def upsert(uow: UnitOfWork, item: tuple[Fragment, Context]) -> bool:
        fragment, context = item
        present = _present(uow, caller, _id_of(fragment), now)
        if present is None:
            create_entity(uow, caller, _as_entity(fragment), context=context, now=now)
            return True
        patched = patch.update_attributes(present, fragment, now)
        put_entity(uow, caller, present, patched.entity, now=now)
        return False

    return await _each(store, fragments, upsert, lambda item: item[0].id)


async def update_entities(
    store: Store,
    caller: Caller,
    fragments: Sequence[Fragment],
    *,
    overwrite: bool = True,
    now: str,
) -> BatchResult:
    """Append attributes to entities that exist (5.6.9)."""

    def update(uow: UnitOfWork, fragment: Fragment) -> bool:
        append_attributes(uow, caller, _id_of(fragment), fragment, overwrite=overwrite, now=now)
        return False

    _require_tenant(store, caller)
    return await _each(store, fragments, update, lambda fragment: fragment.id)


async def merge_entities(
    store: Store,
    caller: Caller,
    fragments: Sequence[Fragment],
    *,
    observed_at: str | None = None,
    lang: str | None = None,
    simplified: bool = False,
    now: str,
) -> BatchResult:
    """Merge fragments into entities that exist (5.6.20)."""

    def merge(uow: UnitOfWork, fragment: Fragment) -> bool:
        merge_entity(
            uow,
            caller,
            _id_of(fragment),
            fragment,
            observed_at=observed_at,
            lang=lang,
            simplified=simplified,
            now=now,
        )
        return False

    _require_tenant(store, caller)
    return await _each(store, fragments, merge, lambda fragment: fragment.id)


async def delete_entities(
    store: Store, caller: Caller, ids: Sequence[str], *, now: str
) -> BatchResult:
    """Delete entities (5.6.10); they are reported as `updated`."""

    def delete(uow: UnitOfWork, entity_id: str) -> bool:
        delete_entity(uow, caller, entity_id, now=now)
        return False

    _require_tenant(store, caller)
    return await _each(store, ids, delete, lambda entity_id: entity_id)


def _require_tenant(store: Store, caller: Caller) -> None:
    """Refuse a batch that creates nothing as a whole, where its tenant does not exist (5.5.10)."""
    if not store.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)


async def _each(
    store: Store,
    items: Sequence[Item],
    operation: Callable[[UnitOfWork, Item], bool],
    id_of: Callable[[Item], str | None],
) -> BatchResult:
    result = BatchResult()

    def attempt(uow: UnitOfWork, item: Item) -> bool | HanzeError:
        try:
            return operation(uow, item)
        except HanzeError as error:
            return error

    under_way: deque[tuple[Sequence[Item], asyncio.Task[list[bool | HanzeError]]]] = deque()

    async def settle() -> None:
        some, task = under_way.popleft()
        for item, outcome in zip(some, await task, strict=True):
            _record(result, id_of(item), outcome)

    try:
        for start in range(0, len(items), _SLICE):
            some = items[start : start + _SLICE]

            def unit(uow: UnitOfWork, some: Sequence[Item] = some) -> list[bool | HanzeError]:
                return [attempt(uow, item) for item in some]

            # One slice is staged while the one before it is written to the disk; a longer queue would
            # make others wait behind a large batch.
            under_way.append((some, asyncio.create_task(store.transact(unit))))
            if len(under_way) > 1:
                await settle()
        while under_way:
            await settle()
    finally:
        for _, task in under_way:
            task.cancel()
    return result


def _record(result: BatchResult, entity_id: str | None, outcome: bool | HanzeError) -> None:
    result.outcomes.append(outcome)
    if isinstance(outcome, HanzeError):
        result.errors.append((entity_id, outcome))
    elif entity_id is not None:
        (result.created if outcome else result.updated).append(entity_id)


def _present(uow: UnitOfWork, caller: Caller, entity_id: str, now: str) -> Entity | None:
    if not uow.tenant_exists(caller.tenant):
        return None
    return find_entity(uow, caller, entity_id, now=now)


def _id_of(fragment: Fragment) -> str:
    if fragment.id is None:
        raise InvalidInput("An entity in a batch must have an id", field="id", clause="5.2.4")
    return fragment.id


def _as_entity(fragment: Fragment) -> Entity:
    """Read a fragment as a new entity: it needs an id and a type, and has nothing to remove."""
    if not fragment.types:
        raise InvalidInput("A new entity must have a type", field="type", clause="5.2.4")
    for name, instances in fragment.attributes.items():
        if any(is_deletion(instance) for instance in instances):
            raise InvalidInput(
                "An NGSI-LD Null cannot be part of a new entity", field=name, clause="5.5.4"
            )
    return Entity(
        id=_id_of(fragment),
        types=fragment.types,
        attributes=fragment.attributes,
        scope=fragment.scope or (),
        expires_at=fragment.expires_at,
    )
