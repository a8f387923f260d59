"""The history as somebody may see it: what is hidden takes no part in anything that is read of it.

What may be seen of an evolution is decided by the entity as it is now (`gate.seen_evolution`), and
for all of the past alike: what is closed today is closed with the values that it had.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Final

import msgspec

from hanze.broker.gate import note_read, seen_evolution
from hanze.broker.ports import Evolution, Store, Window
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import WHOLE, Seen
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.temporal.model import (
    AggregatedEntity,
    Aggregation,
    TemporalEntity,
)

__all__ = ["SeenHistory", "Shown"]

#: Evolutions that are looked at before others get their turn.
_BLOCK: Final = 200


class Shown(msgspec.Struct, frozen=True):
    """What of all evolutions may be seen, to go through very many of them at once.

    Attributes:
        alike: By exactly these types: the same is seen of all of them; `None`: nothing.
        others: What is seen of single evolutions of other types, by their numbers; of those that
            are not here, nothing.
    """

    alike: Mapping[frozenset[str], Seen | None]
    others: Mapping[int, Seen]


class SeenHistory:
    """Reads evolutions for a caller.

    Args:
        store: Has the history.
        caller: Who reads, in its tenant.
        now: DateTime text.
    """

    def __init__(self, store: Store, caller: Caller, now: str) -> None:
        self.store = store
        self.caller = caller
        self.now = now
        self._access = store.gate.access(caller, now)
        self._is_everything = self._access.is_everything
        self._seen: dict[int, Seen | None] = {}

    def sees(self, evolution: Evolution) -> bool:
        """Tell whether anything of an evolution may be seen."""
        return self._of(evolution) is not None

    def shows(self, evolution: Evolution, name: str) -> bool:
        """Tell whether an attribute (IRI) of an evolution may be seen."""
        seen = self._of(evolution)
        return seen is not None and seen.shows(name)

    def shows_all(self, types: TypeSelection | None) -> bool:
        """Tell whether all of all evolutions of some types may be seen."""
        if self._is_everything:
            return True
        views = map(self._access.view, self.store.history.typesets(types))
        return all(one.is_fixed and one.seen is not None and one.seen.is_whole for one in views)

    async def active(self, evolutions: Sequence[Evolution], window: Window) -> list[Evolution]:
        """Keep those that have an instance in the window that is seen, in their order."""
        history, tenant = self.store.history, self.caller.tenant
        groups = self._groups(evolutions)
        found: set[int] = set()
        for seen, some in groups.items():
            found |= {
                one.number for one in await history.active(tenant, some, _narrowed(window, seen))
            }
        return [one for one in evolutions if one.number in found]

    async def read(
        self, evolutions: Sequence[Evolution], window: Window
    ) -> tuple[list[TemporalEntity], bool]:
        """Read instances, as `ports.History.read` does."""
        history, tenant = self.store.history, self.caller.tenant
        groups = self._groups(evolutions)
        if len(groups) <= 1:
            some = next(iter(groups.values()), [])
            seen = next(iter(groups), WHOLE)
            return await history.read(tenant, some, _narrowed(window, seen))
        # Where not all is cut off at one moment, nobody could go on from there: so all are read
        # together, without what none of them shows.
        hidden = frozenset.intersection(*(seen.hidden for seen in groups))
        listed = [one for one in evolutions if self.sees(one)]
        window = msgspec.structs.replace(window, hidden=window.hidden | hidden)
        found, cut = await history.read(tenant, listed, window)
        by_id = {one.id: self._of(one) for one in listed}
        shown = (_shown(one, by_id[one.id]) for one in found)
        return [one for one in shown if one.attributes], cut

    async def aggregate(
        self, evolutions: Sequence[Evolution], window: Window, aggregation: Aggregation
    ) -> list[AggregatedEntity]:
        """Aggregate values, as `ports.History.aggregate` does; raises the same."""
        history, tenant = self.store.history, self.caller.tenant
        groups = self._groups(evolutions)
        found: dict[str, AggregatedEntity] = {}
        for seen, some in groups.items():
            narrowed = _narrowed(window, seen)
            for one in await history.aggregate(tenant, some, narrowed, aggregation):
                found[one.id] = one
        return [found[one.id] for one in evolutions if one.id in found]

    async def shown(
        self, types: Collection[str], *, ids: Collection[str] = (), name: str
    ) -> Shown | None:
        """Say what may be seen of all evolutions, and account for the data subjects among them.

        Args:
            types: IRIs; of any of these, or of all.
            ids: Of these entities, or of all.
            name: Of the operation: "export".

        Returns:
            `None`: everything.
        """
        if self._is_everything:
            return None
        alike: dict[frozenset[str], Seen | None] = {}
        others: dict[int, Seen] = {}
        for one in self.store.history.typesets(None):
            if types and one.isdisjoint(types):
                continue
            view = self._access.view(one)
            if view.is_fixed:
                alike[one] = view.seen
                if view.seen is None or not view.has_subjects:
                    continue
            async for block in self._exactly(one, ids):
                seen = [evolution for evolution in block if self.sees(evolution)]
                await self.note(seen, name=name)
                if not view.is_fixed:
                    some = ((each.number, self._of(each)) for each in seen)
                    others.update((number, what) for number, what in some if what is not None)
                self._seen.clear()
        return Shown(alike, others)

    async def _exactly(
        self, types: frozenset[str], ids: Collection[str]
    ) -> AsyncIterator[list[Evolution]]:
        """Give the evolutions that have exactly some types, in blocks."""
        after = 0
        while block := self.store.history.evolutions(
            self.caller.tenant, ids=[*ids], types=(types,), after=after, limit=_BLOCK
        ):
            yield [one for one in block if types == frozenset(one.types)]
            after = block[-1].number
            await asyncio.sleep(0)

    async def note(self, evolutions: Sequence[Evolution], *, name: str = "read") -> None:
        """Account for the data subjects whose past goes out.

        Args:
            evolutions: Of which something is told.
            name: Of the operation: "read", "export".
        """
        if not self._access.has_subjects:
            return
        tenant = self.caller.tenant
        about = [one for one in evolutions if self._access.view(frozenset(one.types)).has_subjects]
        stored = {one.id: self.store.stored(tenant, one.id) for one in about}
        told = [self.store.load(one) for one in stored.values() if one is not None]
        gone = [one for one in about if stored[one.id] is None]
        told += [_present(one) for one in await self._subjects_of(gone)]
        note_read(self.store, self.caller, told, name=name, now=self.now)

    async def _subjects_of(self, gone: Sequence[Evolution]) -> Sequence[TemporalEntity]:
        """Read whom evolutions were about whose entities are no more."""
        if not gone:
            return ()
        names = frozenset(part.subject for part in self._access.parts if part.subject)
        window = Window(names=names, last_n=1)
        read, _ = await self.store.history.read(self.caller.tenant, gone, window)
        known = {one.id: one for one in read}
        return [known.get(one.id) or TemporalEntity(one.id, one.types, {}) for one in gone]

    def _of(self, evolution: Evolution) -> Seen | None:
        if self._is_everything:
            return WHOLE
        number = evolution.number
        if number not in self._seen:
            self._seen[number] = seen_evolution(self.store, self.caller, evolution, now=self.now)
        return self._seen[number]

    def _groups(self, evolutions: Sequence[Evolution]) -> Mapping[Seen, Sequence[Evolution]]:
        """Put together those of which the same is seen; those of which nothing is are gone."""
        if self._is_everything:
            return {WHOLE: evolutions}
        groups: dict[Seen, list[Evolution]] = {}
        for one in evolutions:
            seen = self._of(one)
            if seen is not None:
                groups.setdefault(seen, []).append(one)
        return groups


def _narrowed(window: Window, seen: Seen) -> Window:
    """Take out of a window what is not seen; the scope belongs to the entity itself."""
    if seen.is_whole:
        return window
    names = window.names
    if seen.only is not None:
        shown = seen.only | {SCOPE}
        names = shown if names is None else names & shown
    return msgspec.structs.replace(window, names=names, hidden=window.hidden | seen.hidden)


def _shown(entity: TemporalEntity, seen: Seen | None) -> TemporalEntity:
    if seen is None or seen.is_whole:
        return entity
    kept = {
        name: own for name, own in entity.attributes.items() if name == SCOPE or seen.shows(name)
    }
    return msgspec.structs.replace(entity, attributes=kept)


def _present(entity: TemporalEntity) -> Entity:
    """Make an entity of the latest instances that are known of it."""
    attributes = {
        name: tuple(one.attribute for one in instances)
        for name, instances in entity.attributes.items()
    }
    return Entity(id=entity.id, types=entity.types, attributes=attributes)
