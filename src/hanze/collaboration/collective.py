"""The records of every city that the node holds, read through the broker and kept at hand.

Nothing here is a database of its own: what is kept can be thrown away and read again, and it is
brought up to date from the broker before it is used. A record lives in the default tenant, in that
of a city without a node of its own, or, as a replica, on another node of the league. Everything is
given in the order of ids: what came first depends on the node, and answers must not.
"""

import asyncio
import gc
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from hanze.broker.consumption import query_entities
from hanze.broker.ports import Store, StoredEntity
from hanze.collaboration.held import Held
from hanze.collaboration.records.entities import InvalidRecord, read_record
from hanze.collaboration.records.fields import Shape, fields_of
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_IRIS, RECORD_TYPES
from hanze.collaboration.replicas.homes import SELF
from hanze.collaboration.replicas.keeping import Replicas, claims_of
from hanze.collaboration.replicas.model import Part
from hanze.errors import NotFound
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.tree import (
    Comparison,
    EntityQuery,
    Moment,
    MomentKind,
    Operator,
    TypeSelection,
    ValuePath,
)
from hanze.ngsild.terms import NGSI_LD

__all__ = ["SET_ASIDE", "Collective", "Held", "RecordNotFound", "Reference"]

R = TypeVar("R", bound=Record)

_TYPES: Final = tuple(frozenset((iri,)) for iri in RECORD_IRIS)
_MODIFIED: Final = ValuePath((NGSI_LD + "modifiedAt",))
_PAGE: Final = 500
#: Records that stay, of which so many are set aside at once: else the collector of Python walks all
#: of them again and again, and everybody waits for it, half a second at 100,000.
SET_ASIDE: Final = 5_000
#: Entities that are read in one go: some 3 ms.
_TURN: Final = 50
#: Commits may become visible a little after the moment that they carry.
_OVERLAP_US: Final = 10_000_000
#: Changes that are remembered for those who follow.
_JOURNAL: Final = 10_000


class RecordNotFound(NotFound):
    """No record of the collective has this id."""

    def __init__(self, record_id: str, kind: str = "record of the collective") -> None:
        super().__init__(f"{record_id} is no {kind} that this node holds")
        self.record_id = record_id


@dataclass(frozen=True, slots=True)
class Reference:
    """One record names another in a field (name in Python)."""

    source: str
    field: str


class Collective:
    """Keeps the records of the collective at hand.

    Args:
        store: Where the broker reads.
        tenants: Names those whose records belong to the collective.
        caller: As whom records are read.
        replicas: What other nodes of the league told.
    """

    def __init__(
        self,
        store: Store,
        tenants: Callable[[], Sequence[str]] = lambda: ("",),
        caller: Caller = ANONYMOUS,
        replicas: Replicas | None = None,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._caller = caller
        self._replicas = replicas or Replicas()
        self._own: dict[str, Held[Record]] = {}
        self._held: dict[str, Held[Record]] = {}
        self._by_kind: dict[type[Record], dict[str, Held[Record]]] = {
            kind: {} for kind in RECORD_TYPES.values()
        }
        self._sorted: dict[type[Record], list[Held[Record]]] = {}
        self._shown: Counter[str] = Counter()
        self._referring: dict[str, dict[Reference, None]] = {}
        self._named_by: dict[str, tuple[Reference, ...]] = {}
        self._marks: dict[str, int] = {}
        self._seen: dict[str, dict[str, int]] = {}
        self._settled: dict[str, tuple[int, int]] = {}
        self._readable: dict[str, int] = {}
        self._unreadable: dict[tuple[str, str], str] = {}
        self._journal: deque[tuple[int, str]] = deque(maxlen=_JOURNAL)
        self._lock = asyncio.Lock()
        #: Grows with every change of a record.
        self.version = 0

    async def refresh(self, now: str) -> "Collective":
        """Bring what is kept up to date with what is committed; return itself.

        Args:
            now: DateTime text.
        """
        async with self._lock:
            tenants = [name for name in self._tenants() if self._store.tenant_exists(name)]
            for gone in self._marks.keys() - set(tenants):
                self._forget_tenant(gone)
            for tenant in tenants:
                await self._refresh(tenant, now)
            for number, record_id in enumerate(self._replicas.settle(), 1):
                self._show(record_id)
                if number % _TURN == 0:
                    await asyncio.sleep(0)
        return self

    def of(self, kind: type[R]) -> Sequence[Held[R]]:
        """Return the records of a type, by their ids; not to be changed."""
        found = self._sorted.get(kind)
        if found is None:
            by_id = self._by_kind[kind]
            found = self._sorted[kind] = [by_id[record_id] for record_id in sorted(by_id)]
        return found  # type: ignore[return-value]  # kept by their type

    def every(self) -> Iterator[Held[Record]]:
        """Go through all records, by type and id."""
        for kind in RECORD_TYPES.values():
            yield from self.of(kind)

    def own(self) -> Iterator[Held[Record]]:
        """Go through the records that live on this node, whoever else has them."""
        yield from list(self._own.values())

    def own_of(self, record_id: str) -> Held[Record] | None:
        """Return a record that lives on this node."""
        return self._own.get(record_id)

    def home_of(self, place: str | None) -> str | None:
        """Return the node that speaks for a place: `SELF`, the id of a peer, `None` for none."""
        return self._replicas.homes.of(place)

    def parts(self, now: str) -> tuple[Part, ...]:
        """Tell how fresh the part of each other node is, by their names."""
        return self._replicas.parts(now, self._shown)

    def __len__(self) -> int:
        return len(self._held)

    def find(self, record_id: str) -> Held[Record] | None:
        """Return a record of any type; `None` when no such record is there."""
        return self._held.get(record_id)

    def get(self, record_id: str, kind: type[R]) -> Held[R]:
        """Return a record of a type.

        Raises:
            RecordNotFound: There is none.
        """
        held = self._by_kind[kind].get(record_id)
        if held is None:
            raise RecordNotFound(record_id, kind.__name__)
        return held  # type: ignore[return-value]  # kept by its type

    def referring(self, record_id: str) -> Sequence[Reference]:
        """Return which records name this one, and in which field; by their ids."""
        naming = self._referring.get(record_id)
        if naming is None:
            return ()
        found = self._named_by.get(record_id)
        if found is None:
            found = tuple(sorted(naming, key=lambda one: (one.source, one.field)))
            self._named_by[record_id] = found
        return found

    def naming(self, record_id: str, kind: type[R], *fields: str) -> tuple[Held[R], ...]:
        """List the records of a type that name a record, each once, by their ids.

        Args:
            record_id: Id of what is named.
            kind: Type of those that name it.
            fields: Names (in Python) of the fields in which they do; any where none is given.
        """
        by_id = self._by_kind[kind]
        sources = dict.fromkeys(
            one.source for one in self.referring(record_id) if not fields or one.field in fields
        )
        return tuple(by_id[name] for name in sources if name in by_id)  # type: ignore[misc]  # kept by their type

    def changed_since(self, version: int) -> set[str] | None:
        """Return ids of records that changed, came or went; `None` when that is too long ago."""
        if version == self.version:
            return set()
        oldest = self._journal[0][0] if self._journal else self.version + 1
        if version + 1 < oldest:
            return None
        return {record_id for number, record_id in self._journal if number > version}

    @property
    def unreadable(self) -> Mapping[tuple[str, str], str]:
        """Entities of record types that are no valid records: tenant and id → why."""
        return self._unreadable

    async def _refresh(self, tenant: str, now: str) -> None:
        mark = self._marks.get(tenant)
        access = self._store.gate.access(self._caller.in_tenant(tenant), now)
        whole = query = EntityQuery(types=_readable(access), limit=_PAGE)
        if mark is not None:
            since = Moment(MomentKind.DATE_TIME, mark - _OVERLAP_US)
            query = replace(query, q=Comparison(_MODIFIED, Operator.GREATER_EQUAL, since))
        await self._read(tenant, query, now)
        self._marks[tenant] = parse_datetime(now)
        counts = self._count(tenant), self._known(tenant)
        # What may be read is decided anew when the rules change: then all is looked at once.
        is_other = self._readable.get(tenant, access.mark) != access.mark
        self._readable[tenant] = access.mark
        # What has expired is counted until it is swept: looked into once, not every time.
        if is_other or (counts[0] != counts[1] and counts != self._settled.get(tenant)):
            seen = await self._read(tenant, whole, now)
            for gone in self._seen[tenant].keys() - seen:
                self._drop(tenant, gone)
            self._settled[tenant] = self._count(tenant), self._known(tenant)

    async def _read(self, tenant: str, query: EntityQuery, now: str) -> set[str]:
        """Take every entity of a query, in pages that let others have their turn."""
        caller = self._caller.in_tenant(tenant)
        seen: set[str] = set()
        more = bool(query.types)
        while more:
            found = await query_entities(self._store, caller, query, local=True, now=now)
            for number, stored in enumerate(found.entities, 1):
                seen.add(self._take(tenant, stored, now))
                if number % _TURN == 0:
                    await asyncio.sleep(0)
            more = found.more
            if query.offset % SET_ASIDE == SET_ASIDE - _PAGE:
                gc.freeze()
            query = replace(query, offset=query.offset + _PAGE)
            await asyncio.sleep(0)
        return seen

    def _count(self, tenant: str) -> int:
        summary = self._store.summary(tenant)
        return sum(item.count for item in summary if not RECORD_IRIS.keys().isdisjoint(item.types))

    def _known(self, tenant: str) -> int:
        return len(self._seen.setdefault(tenant, {}))

    def _take(self, tenant: str, stored: StoredEntity, now: str) -> str:
        """Keep one entity's record; return its id."""
        entity = self._store.load(stored)
        known = self._seen.setdefault(tenant, {})
        fingerprint = hash((stored.body, stored.system))
        if known.get(entity.id) == fingerprint and stored.expires is None:
            return entity.id
        living = entity if stored.expires is None else unexpired(entity, now)
        if living is None:
            self._drop(tenant, entity.id)
            return entity.id
        known[entity.id] = fingerprint
        self._keep(tenant, living)
        return entity.id

    def _keep(self, tenant: str, entity: Entity) -> None:
        place = tenant, entity.id
        present = self._own.get(entity.id)
        try:
            record = read_record(entity)
        except InvalidRecord as error:
            self._unreadable[place] = str(error)
            if present is not None and present.kept_in == tenant:
                del self._own[entity.id]
                self._show(entity.id)
            return
        if present is not None and present.kept_in < tenant:
            self._unreadable[place] = f"Tenant {present.kept_in or 'default'} holds the same id"
            return
        if present is not None and present.kept_in != tenant:
            other = present.kept_in, entity.id
            self._unreadable[other] = f"Tenant {tenant or 'default'} holds the same id"
        self._unreadable.pop(place, None)
        self._own[entity.id] = Held(
            record, tenant, entity.modified_at or "", entity.created_at or ""
        )
        self._show(entity.id)

    def _drop(self, tenant: str, record_id: str) -> None:
        """Forget an entity of a tenant."""
        self._seen.get(tenant, {}).pop(record_id, None)
        self._unreadable.pop((tenant, record_id), None)
        held = self._own.get(record_id)
        if held is not None and held.kept_in == tenant:
            del self._own[record_id]
            self._show(record_id)
            self._read_again(record_id)

    def _read_again(self, record_id: str) -> None:
        """Let the next reading find an id where other tenants hold it as well."""
        for tenant, seen in self._seen.items():
            if (tenant, record_id) in self._unreadable:
                seen.pop(record_id, None)

    def _show(self, record_id: str) -> None:
        """Have an id stand for what this node has of it, or for what the league does."""
        chosen = self._choose(record_id)
        present = self._held.get(record_id)
        if chosen is present or (present is not None and present == chosen):
            return
        if present is not None:
            self._remove(present)
        if chosen is not None:
            self._add(chosen)
        self.version += 1
        self._journal.append((self.version, record_id))

    def _choose(self, record_id: str) -> Held[Record] | None:
        own = self._own.get(record_id)
        versions = self._replicas.versions(record_id)
        if not versions:
            return own
        if own is not None:
            versions[SELF] = own
        node = self._replicas.homes.choose(claims_of(versions))
        return versions[node] if node is not None else None

    def _add(self, held: Held[Record]) -> None:
        record = held.record
        self._held[record.id] = held
        self._by_kind[type(record)][record.id] = held
        self._sorted.pop(type(record), None)
        if held.home is not None:
            self._shown[held.home.peer] += 1
        for reference, target in _references(record):
            self._referring.setdefault(target, {})[reference] = None
            self._named_by.pop(target, None)

    def _remove(self, held: Held[Record]) -> None:
        record = held.record
        del self._held[record.id]
        del self._by_kind[type(record)][record.id]
        self._sorted.pop(type(record), None)
        if held.home is not None:
            self._shown[held.home.peer] -= 1
        for reference, target in _references(record):
            self._named_by.pop(target, None)
            named = self._referring.get(target, {})
            named.pop(reference, None)
            if not named:
                self._referring.pop(target, None)

    def _forget_tenant(self, tenant: str) -> None:
        for record_id in list(self._seen.get(tenant, ())):
            self._drop(tenant, record_id)
        self._seen.pop(tenant, None)
        self._marks.pop(tenant, None)
        self._settled.pop(tenant, None)


def _references(record: Record) -> Iterator[tuple[Reference, str]]:
    for field in fields_of(type(record)):
        if field.shape is Shape.REFERENCE:
            value = getattr(record, field.name)
            for target in value if isinstance(value, tuple) else (value,):
                if target is not None:
                    yield Reference(record.id, field.name), target


def _readable(access: Access) -> TypeSelection:
    """Choose the types of records of which something may be read: others are not to be named."""
    views = ((group, access.view(group)) for group in _TYPES)
    return tuple(group for group, view in views if not view.is_fixed or view.seen is not None)
