"""Data goes once the time is over for which it may be kept: a slice of it at a time.

From the present, from what Snapshots hold, from the past, and from what could not be told. Who is
subscribed hears that it goes, as of any change: so copies at other nodes can go, too.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hanze.broker.happened import Happened
from hanze.broker.hidden import place_of
from hanze.broker.ports import Evolution, Window
from hanze.broker.snapshot.records import stored_snapshots
from hanze.governance.decision import SOURCES
from hanze.governance.records.log import AuditRecord
from hanze.governance.retaining import Term, by_tenant, faded, terms_of
from hanze.governance.rules import Rules
from hanze.identity.caller import NODE
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.ngsild.temporal.model import TemporalEntity
from hanze.store.history.erasing import Erasing, erase_before
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

__all__ = ["Retaining"]

#: Entities that are looked at in one slice, and that are changed in one transaction.
_SLICE: Final = 500
_TOGETHER: Final = 50
_PAGE: Final = 1_000


@dataclass(slots=True)
class _Round:
    """How far a round is.

    Attributes:
        waiting: Pairs of a tenant of the store and a term, still to be gone through.
        offset: Entities of the first of these that were looked at and stay.
        counts: By dataset: entities that went, values, instances of the past, and letters.
    """

    waiting: list[tuple[str, Term]]
    offset: int = 0
    counts: dict[str, list[int]] = field(default_factory=dict)


class Retaining:
    """Erases what may no longer be kept.

    Args:
        store: Holds it.
        rules: Gives the rules as they are now.
    """

    def __init__(self, store: Store, rules: Callable[[], Rules]) -> None:
        self._store = store
        self._rules = rules
        self._round: _Round | None = None

    async def step(self, now: str) -> bool:
        """Do a slice of the work; tells whether there is more to do in this round.

        Raises:
            StoreFailure: It cannot be written; the next round does it again.
        """
        if self._round is None:
            waiting = list(self._places())
            if not waiting:
                return False
            self._round = _Round(waiting)
        current = self._round
        tenant, term = current.waiting[0]
        try:
            if await self._present(current, tenant, term, now):
                return True
            instances = await self._past(tenant, term, now)
            letters = await self._letters(tenant, term, now)
        except BaseException:
            self._round = None
            raise
        self._count(current, term, instances=instances, letters=letters)
        current.waiting.pop(0)
        current.offset = 0
        if current.waiting:
            return True
        self._round = None
        await self._account(current, now)
        return False

    def _places(self) -> Iterator[tuple[str, Term]]:
        """Go through what is kept for some time, wherever it is."""
        terms = terms_of(self._rules())
        if not terms:
            return
        places: Mapping[str, tuple[Term, ...]] = by_tenant(terms, self._store.tenants())
        for tenant, own in places.items():
            yield from ((tenant, one) for one in own)
        for snapshot in stored_snapshots(self._store.registers):
            # A Snapshot holds what a tenant had: in a place that no client can name.
            place = place_of(snapshot.slot)
            if self._store.tenant_exists(place):
                yield from (
                    (place, one)
                    for one in by_tenant(terms, [snapshot.tenant]).get(snapshot.tenant, ())
                )

    async def _present(self, current: _Round, tenant: str, term: Term, now: str) -> bool:
        """Look at some entities; tells whether others follow."""
        query = EntityQuery(types=_types(term), limit=_SLICE, offset=current.offset)
        found = await self._store.search(tenant, query, now)
        now_us = parse_datetime(now)
        going = [
            entity.id
            for entity in map(self._store.load, found.entities)
            if faded(entity, [term], now_us).values or faded(entity, [term], now_us).entity is None
        ]
        gone = 0
        for start in range(0, len(going), _TOGETHER):
            unit = _Unit(self._store, tenant, term, going[start : start + _TOGETHER], now)
            entities, values = await self._store.transact(unit)
            self._count(current, term, entities=entities, values=values)
            gone += entities
        current.offset += len(found.entities) - gone
        return found.more

    async def _past(self, tenant: str, term: Term, now: str) -> int:
        """Erase what is too old of what was."""
        before = term.before_us(parse_datetime(now))
        history = self._store.history
        erasing = []
        after = 0
        while page := history.evolutions(tenant, types=_types(term), after=after, limit=_PAGE):
            after = page[-1].number
            await asyncio.sleep(0)
            for one in page:
                if not await self._covers(tenant, one, term):
                    continue
                whole = not term.part.attributes
                if whole and one.deleted_at and parse_datetime(one.deleted_at) < before:
                    await self._store.transact(_Forgetting(tenant, one.id))
                else:
                    living = whole and self._store.stored(tenant, one.id) is not None
                    erasing.append(Erasing(one.number, term.part.attributes, before, living))
        return await erase_before(history, erasing)

    async def _covers(self, tenant: str, evolution: Evolution, term: Term) -> bool:
        """Tell whether a term is about an entity; of one that is gone its past is asked."""
        if not term.part.scopes and term.part.when is None:
            return True
        stored = self._store.stored(tenant, evolution.id)
        if stored is not None:
            return term.part.covers(self._store.load(stored))
        names = frozenset((SCOPE, *SOURCES))
        read, _ = await self._store.history.read(tenant, [evolution], Window(names=names, last_n=1))
        return any(term.part.covers(_as_it_was(one)) for one in read)

    async def _letters(self, tenant: str, term: Term, now: str) -> int:
        """Throw away what could not be told and tells of what must be gone."""

        def about(happened: Happened) -> bool:
            both = [one for one in (happened.before, happened.after) if one is not None]
            return any(term.part.covers(one) for one in both)

        before = term.before_us(parse_datetime(now))
        return await self._store.dead_letters.discard_before(tenant, before, about)

    def _count(self, current: _Round, term: Term, **found: int) -> None:
        counts = current.counts.setdefault(term.part.dataset, [0, 0, 0, 0])
        for place, name in enumerate(("entities", "values", "instances", "letters")):
            counts[place] += found.get(name, 0)

    async def _account(self, current: _Round, now: str) -> None:
        """Leave an account of what was erased, and of who else holds it."""
        holders = {one.part.dataset: one.holders for one in terms_of(self._rules())}
        records = [
            AuditRecord(
                at=now,
                actor=NODE.actor,
                name="retention.erased",
                about=(dataset, *holders.get(dataset, ())),
                detail=(
                    f"{entities} entities, {values} values, {instances} instances of the past and "
                    f"{letters} messages that could not be delivered were erased: their time is over"
                ),
            )
            for dataset, (entities, values, instances, letters) in current.counts.items()
            if entities or values or instances or letters
        ]

        def unit(uow: StagedUnit) -> None:
            for record in records:
                uow.log.append(record)

        if records:
            await self._store.transact(unit)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Erases what is over of some entities; returns how many went, and how many values."""

    store: Store
    tenant: str
    term: Term
    ids: list[str]
    now: str

    def __call__(self, uow: StagedUnit) -> tuple[int, int]:
        entities = values = 0
        caller = replace(NODE, tenant=self.tenant)
        for entity_id in self.ids:
            entity = uow.entity(self.tenant, entity_id)
            if entity is None:
                continue
            left = faded(entity, [self.term], parse_datetime(self.now))
            if left.entity is entity:
                continue
            values += left.values
            self.store.gate.note_write(uow.log, caller, entity, left.entity, now=self.now)
            if left.entity is None:
                entities += 1
                uow.delete(self.tenant, entity_id, now=self.now, recorded=False)
                uow.history.remove(self.tenant, entity_id)
            else:
                uow.put(self.tenant, left.entity, recorded=False)
        return entities, values


@dataclass(frozen=True, slots=True)
class _Forgetting:
    """Erases the whole past of an entity."""

    tenant: str
    entity_id: str

    def __call__(self, uow: StagedUnit) -> bool:
        return uow.history.remove(self.tenant, self.entity_id)


def _as_it_was(past: TemporalEntity) -> Entity:
    """Put an entity together from where it was and where it came from at last."""
    said = {
        name: tuple(one.attribute for one in instances)
        for name, instances in past.attributes.items()
    }
    scopes = [one.value for one in said.pop(SCOPE, ())]
    found = [text for one in scopes for text in (one if isinstance(one, list) else [one])]
    scope = tuple(text for text in found if isinstance(text, str))
    return Entity(id=past.id, types=past.types, attributes=said, scope=scope)


def _types(term: Term) -> TypeSelection | None:
    return tuple(frozenset((name,)) for name in term.part.types) or None
