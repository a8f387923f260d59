"""What there is about one data subject: found for the data subject, and erased when it asks.

Who is who data says itself: in the attribute that a dataset names (`Dataset.subject`).
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from hanze.broker.ports import Evolution, Store, UnitOfWork, Window
from hanze.governance.erasing import Erased, Fate, going_of, parts_of
from hanze.governance.records.dataset import Dataset
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import ID, Access, Among, Part
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.ngsild.temporal.model import TemporalEntity
from hanze.ngsild.temporal.spans import Span, is_within, spans_of

__all__ = ["entities_about", "erase_about"]

_PAGE: Final = 500
_INSTANCES: Final = 1_000_000


async def entities_about(
    store: Store, tenant: str, datasets: Collection[Dataset], subject: str, *, now: str
) -> AsyncIterator[Entity]:
    """Go through the entities of a tenant that are about a data subject, as they are.

    Who shows them leaves out what must not be seen (`broker.gate`).

    Args:
        datasets: Those that name data subjects, of this tenant (`erasing.about_people`).
        subject: What data calls the data subject.
        now: DateTime text.
    """
    seen: set[str] = set()
    for part in (part for one in datasets for part in parts_of(one)):
        async for entity in _about(store, tenant, part, subject, now):
            if entity.id not in seen and part.covers(entity):
                seen.add(entity.id)
                yield entity


async def erase_about(
    store: Store, tenant: str, datasets: Collection[Dataset], subject: str, *, now: str
) -> Erased:
    """Erase what a tenant has about a data subject, from the present and from the past.

    Entities that are about others, too, stay as they are and are named: what of them goes is for a
    person to decide. It can be asked again after a failure: what is gone is passed over.

    Args:
        datasets: Those that name data subjects, of this tenant.
        subject: What data calls the data subject.
        now: DateTime text.
    """
    parts = [part for one in datasets for part in parts_of(one)]
    shared: list[str] = []
    entities = 0
    # Listed before anything changes: pages would shift under the deletion.
    there = [one.id async for one in entities_about(store, tenant, datasets, subject, now=now)]
    for entity_id in there:
        fate = await store.transact(_Present(tenant, entity_id, parts, subject, now))
        entities += fate in (Fate.GONE, Fate.EMPTIED)
        shared += [entity_id] if fate is Fate.SHARED else []
    evolutions: set[str] = set()
    for part in parts:
        evolutions |= await _erase_past(store, tenant, part, subject)
    return Erased(entities=entities, evolutions=len(evolutions), shared=tuple(shared))


@dataclass(frozen=True, slots=True)
class _Present:
    """Erases what an entity says of a data subject now, in one unit."""

    tenant: str
    entity_id: str
    parts: Sequence[Part]
    subject: str
    now: str

    def __call__(self, uow: UnitOfWork) -> Fate:
        entity = uow.entity(self.tenant, self.entity_id)
        if entity is None:
            return Fate.STAYS
        going = going_of(entity, self.parts, self.subject)
        if going.fate is Fate.GONE:
            uow.delete(self.tenant, entity.id, now=self.now, recorded=False)
        elif going.fate is Fate.EMPTIED:
            left = {
                name: own for name, own in entity.attributes.items() if name not in going.attributes
            }
            changed = msgspec.structs.replace(entity, attributes=left, modified_at=self.now)
            uow.put(self.tenant, changed, recorded=False)
        return going.fate


async def _about(
    store: Store, tenant: str, part: Part, subject: str, now: str
) -> AsyncIterator[Entity]:
    """Go through the entities that name a data subject where the dataset has its name."""
    if not store.tenant_exists(tenant):
        return
    query = EntityQuery(limit=_PAGE, types=_types(part))
    if part.subject == ID:
        query = replace(query, ids=(subject,))
    else:
        who = Among(part.subject, frozenset((subject,)))
        only = Part(dataset=part.dataset, types=part.types, when=who, allowed=True)
        query = replace(query, attributes=(part.subject,), access=Access((only,)))
    more = True
    while more:
        found = await store.search(tenant, query, now)
        for stored in found.entities:
            entity = unexpired(store.load(stored), now)
            if entity is not None:
                yield entity
        more, query = found.more, replace(query, offset=query.offset + _PAGE)


async def _erase_past(store: Store, tenant: str, part: Part, subject: str) -> set[str]:
    """Erase the past that is about a data subject; return the ids of entities that had one."""
    if part.subject == ID:
        evolution = store.history.evolution(tenant, subject)
        if evolution is None or not part.is_about(evolution.types):
            return set()
        whole = Span(None, None)
        return await _strike(store, tenant, evolution, part, (whole,))
    erased: set[str] = set()
    after = 0
    while page := store.history.evolutions(tenant, types=_types(part), after=after, limit=_PAGE):
        after = page[-1].number
        by_id = {one.id: one for one in page}
        said, _ = await store.history.read(tenant, page, Window(names=frozenset((part.subject,))))
        for one in said:
            spans = spans_of(one.attributes.get(part.subject, ()), subject)
            if spans:
                erased |= await _strike(store, tenant, by_id[one.id], part, spans)
        await asyncio.sleep(0)
    return erased


async def _strike(
    store: Store,
    tenant: str,
    evolution: Evolution,
    part: Part,
    spans: Sequence[Span],
    *,
    most: int | None = None,
) -> set[str]:
    """Erase the instances of an evolution that were recorded in some spans of time.

    Args:
        most: So many are looked at together; 0 for all.
    """
    whole = spans == (Span(None, None),)
    names = frozenset((*part.attributes, part.subject)) if part.attributes else None
    if whole and names is None and store.stored(tenant, evolution.id) is None:
        gone = await store.transact(lambda uow: uow.history.remove(tenant, evolution.id))
        return {evolution.id} if gone else set()
    most = _INSTANCES if most is None else most
    window = Window(names=names, most=most or None)
    read, cut = await store.history.read(tenant, [evolution], window)
    going = [found for one in read for found in _within(one, spans)]

    def unit(uow: UnitOfWork) -> None:
        for name, instance_id in going:
            uow.history.remove_instance(tenant, evolution.id, name, instance_id)

    await store.transact(unit)
    erased = {evolution.id} if going else set[str]()
    if cut:
        # Where none of the earliest goes, the same would be looked at again: then all are.
        erased |= await _strike(store, tenant, evolution, part, spans, most=most if going else 0)
    return erased


def _within(evolution: TemporalEntity, spans: Sequence[Span]) -> list[tuple[str, str]]:
    return [
        (name, instance.instance_id)
        for name, instances in evolution.attributes.items()
        for instance in instances
        if instance.instance_id is not None and is_within(instance, spans)
    ]


def _types(part: Part) -> TypeSelection | None:
    return tuple(frozenset((name,)) for name in part.types) or None
