"""What is in the place of a Snapshot: put there, copied, and taken away, in units of bounded size."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import msgspec

from hanze.broker.distribution.merging import Version, merge
from hanze.broker.ports import Evolution, Store, UnitOfWork
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.representation import stored as stored_form
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = ["Packed", "empty", "pack", "put_entities", "put_evolutions"]

T = TypeVar("T")

#: Entities, or evolutions, of one unit: a few milliseconds of work.
_SLICE: Final = 50
#: Entities that are taken away at once.
_PAGE: Final = 100
#: Nothing has expired by then.
_BEGINNING: Final = "0001-01-01T00:00:00Z"

#: Called in each unit first: raises where the Snapshot is no longer what it was.
Check = Callable[[UnitOfWork], None]


class Packed(msgspec.Struct, frozen=True, gc=False):
    """An entity as it is stored: a tenth of its size as a value."""

    body: bytes
    system: bytes
    context: Context

    def __len__(self) -> int:
        return len(self.body) + len(self.system)

    @property
    def entity(self) -> Entity:
        """The entity as a value."""
        return stored_form.load(self.body, self.system, self.context)


def pack(entity: Entity, context: Context) -> Packed:
    """Give an entity its stored form, with the terms of a @context."""
    _, body, system = stored_form.dump(entity, context)
    return Packed(body, system, context)


async def put_entities(
    store: Store, place: str, packed: Sequence[Packed], *, check: Check, now: str
) -> None:
    """Put entities into a place; what is there of one already is completed.

    Raises:
        HanzeError: What `check` raises.
    """
    for some in _sliced(packed):
        await store.transact(partial(_put_some, place=place, packed=some, check=check, now=now))
        await asyncio.sleep(0)


def _put_some(
    uow: UnitOfWork, place: str, packed: Sequence[Packed], check: Check, now: str
) -> None:
    check(uow)
    for one in packed:
        entity = one.entity
        known = uow.entity(place, entity.id)
        living = None if known is None else unexpired(known, now)
        if living is None:
            uow.put(place, _dated(entity, now), one.context, recorded=False)
            continue
        merged = merge([Version(living), Version(entity)], now)
        if merged is not None:
            uow.put(place, _dated(merged, now), recorded=False)


def _dated(entity: Entity, now: str) -> Entity:
    """Say since when an entity is there, where nobody else did."""
    if entity.created_at is not None and entity.modified_at is not None:
        return entity
    return msgspec.structs.replace(
        entity, created_at=entity.created_at or now, modified_at=entity.modified_at or now
    )


async def put_evolutions(
    store: Store, place: str, evolutions: Sequence[TemporalEntity], *, check: Check, now: str
) -> None:
    """Put Temporal Evolutions into a place; instances keep the time at which they were recorded.

    Raises:
        HanzeError: What `check` raises.
    """
    for some in _sliced(evolutions):
        await store.transact(partial(_put_histories, place=place, some=some, check=check, now=now))
        await asyncio.sleep(0)


def _put_histories(
    uow: UnitOfWork, place: str, some: Sequence[TemporalEntity], check: Check, now: str
) -> None:
    check(uow)
    for evolution in some:
        for moment, attributes in _by_moment(evolution, now):
            uow.history.add(
                place,
                TemporalEntity(id=evolution.id, types=evolution.types, attributes=attributes),
                now=moment,
            )


def _by_moment(
    evolution: TemporalEntity, now: str
) -> Iterator[tuple[str, dict[str, tuple[Instance, ...]]]]:
    """Group instances by when they were recorded: that cannot be said of each."""
    groups: dict[str, dict[str, list[Instance]]] = {}
    for name, instances in evolution.attributes.items():
        for instance in instances:
            moment = instance.attribute.created_at or now
            groups.setdefault(moment, {}).setdefault(name, []).append(instance)
    for moment in sorted(groups, key=parse_datetime):
        yield moment, {name: tuple(some) for name, some in groups[moment].items()}


async def empty(store: Store, place: str) -> None:
    """Take everything out of a place."""
    now = _BEGINNING
    # What somebody was about to put there, and no longer waits for, is there after this.
    await store.transact(lambda _: None)
    while True:
        found = await store.search(place, EntityQuery(limit=_PAGE), now)
        ids = [store.load(one).id for one in found.entities]
        for some in _sliced(ids):
            await store.transact(partial(_delete_some, place=place, ids=some, now=now))
            await asyncio.sleep(0)
        if not ids:
            break
    while histories := store.history.evolutions(place, limit=_PAGE):
        for block in _sliced(histories):
            await store.transact(partial(_remove_histories, place=place, some=block))
            await asyncio.sleep(0)


def _delete_some(uow: UnitOfWork, place: str, ids: Sequence[str], now: str) -> None:
    for entity_id in ids:
        uow.delete(place, entity_id, now=now, recorded=False)


def _remove_histories(uow: UnitOfWork, place: str, some: Sequence[Evolution]) -> None:
    for evolution in some:
        uow.history.remove(place, evolution.id)


def _sliced(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, _SLICE)):
        yield some
