"""Drafts and what else a closed group works on: records that its members see, until they publish them.

Whatever is reckoned for everybody (search, matching, bundles, counts, replicas of other nodes) is
made of what anybody may read, and so knows nothing of these.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from hanze.broker.consumption import query_entities
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import append_attributes, create_entity, find_entity
from hanze.broker.rules import remove_entity
from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.filters import Filters
from hanze.collaboration.groups import Groups, require_writer
from hanze.collaboration.held import Held
from hanze.collaboration.records.entities import InvalidRecord, read_record, write_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_IRIS, type_of
from hanze.errors import Conflicting
from hanze.governance.closed import CLOSED, closed_scopes, group_of_scope, is_member
from hanze.governance.duties import account_of
from hanze.governance.records.group import Group
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity, Fragment
from hanze.ngsild.query.scope_terms import ScopePattern
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Closed", "ClosedRecords", "NotClosed", "chosen"]

_SELECTED: Final = tuple(frozenset((iri,)) for iri in RECORD_IRIS)
_BELOW: Final = ((ScopePattern((CLOSED.strip("/"),), below=True),),)
_PAGE: Final = 500


class NotClosed(Conflicting):
    """A record is to be published that everybody sees already, or closed that is closed."""

    def __init__(self, record_id: str, detail: str) -> None:
        super().__init__(f"{record_id} {detail}")
        self.field = "id"


@dataclass(frozen=True, slots=True)
class Closed:
    """A record that not everybody sees.

    Attributes:
        held: The record.
        group: Whose members see it.
    """

    held: Held[Record]
    group: Group


@dataclass(frozen=True, slots=True)
class ClosedRecords:
    """The closed records of one node.

    Attributes:
        store: Where they are.
        groups: Who sees them.
    """

    store: Store
    groups: Groups

    async def read(self, caller: Caller, *, now: str) -> tuple[Closed, ...]:
        """Read the closed records that the caller may see, by their ids."""
        if not self.groups.of(caller):
            return ()
        groups = self.groups.governance.rules.groups
        found: list[Closed] = []
        query = EntityQuery(types=_SELECTED, scope=_BELOW, limit=_PAGE)
        more = True
        while more:
            page = await query_entities(self.store, caller, query, local=True, now=now)
            for entity in map(self.store.load, page.entities):
                held = _held(entity, caller.tenant)
                scopes = closed_scopes(entity.scope)
                group = group_of_scope(groups, caller.tenant, scopes[0]) if scopes else None
                if held is not None and group is not None and is_member(group, caller):
                    found.append(Closed(held, group))
            more = page.more
            query = replace(query, offset=query.offset + _PAGE)
        return tuple(sorted(found, key=lambda one: one.held.record.id))

    async def find(self, caller: Caller, record_id: str, *, now: str) -> Closed:
        """Give one closed record to who may see it.

        Raises:
            RecordNotFound: There is none, or the caller may not see it: it is not told which.
        """
        for one in await self.read(caller, now=now):
            if one.held.record.id == record_id:
                return one
        raise RecordNotFound(record_id)

    async def draft(self, caller: Caller, record: Record, group: Group, *, now: str) -> None:
        """Create a record that a group alone sees.

        Raises:
            EntityAlreadyExists: The id is taken.
            HanzeError: A rule of its type is broken; nothing was written.
        """
        entity = msgspec.structs.replace(write_record(record), scope=(group.scope,))
        caller = caller.in_tenant(group.tenant)
        await self.store.transact(
            lambda uow: create_entity(uow, caller, entity, context=HANZE, now=now)
        )

    async def close(self, caller: Caller, record_id: str, group: Group, *, now: str) -> None:
        """Let a group alone see a record that everybody sees, with all of its past.

        Raises:
            WritersOnly: The caller does not write.
            RecordNotFound: There is none.
            NotClosed: It is closed.
        """
        require_writer(caller)

        def unit(uow: UnitOfWork) -> None:
            entity = self.found(uow, caller, record_id, now)
            if closed_scopes(entity.scope):
                raise NotClosed(record_id, "is closed already")
            fragment = Fragment(attributes={}, scope=(group.scope,))
            append_attributes(uow, caller, record_id, fragment, now=now)

        await self.store.transact(unit)

    async def publish(
        self,
        caller: Caller,
        record_id: str,
        *,
        change: Callable[[Entity], Entity] = lambda entity: entity,
        now: str,
    ) -> None:
        """Show a record to everybody from now on, as it is now: its past as a draft is erased.

        Args:
            change: What becomes of it while it is published: a consent that came.

        Raises:
            RecordNotFound: There is none that the caller sees.
            NotClosed: Everybody sees it already.
            HanzeError: A rule of its type is broken; nothing was written.
        """

        def unit(uow: UnitOfWork) -> None:
            entity = self.found(uow, caller, record_id, now)
            scopes = closed_scopes(entity.scope)
            if not scopes:
                raise NotClosed(record_id, "is public already")
            remove_entity(uow, caller, entity, now=now)
            uow.history.remove(caller.tenant, record_id)
            rest = tuple(one for one in entity.scope if one not in scopes)
            opened = msgspec.structs.replace(change(entity), scope=rest)
            create_entity(uow, caller, opened, context=HANZE, now=now)
            uow.log.append(account_of(caller, "record.published", (record_id,), now=now))

        await self.store.transact(unit)

    async def erase(self, caller: Caller, record_id: str, *, now: str) -> None:
        """Delete a record that the caller sees, with its past.

        Raises:
            RecordNotFound: There is none that the caller sees.
        """

        def unit(uow: UnitOfWork) -> None:
            entity = self.found(uow, caller, record_id, now)
            remove_entity(uow, caller, entity, now=now)
            uow.history.remove(caller.tenant, record_id)

        await self.store.transact(unit)

    def found(self, uow: UnitOfWork, caller: Caller, record_id: str, now: str) -> Entity:
        """Give a record within a unit of work, public or closed, to who may see it.

        Raises:
            RecordNotFound: There is none that the caller sees.
        """
        entity = find_entity(uow, caller, record_id, now=now)
        if entity is None or type_of(entity.types) is None:
            raise RecordNotFound(record_id)
        for scope in closed_scopes(entity.scope):
            group = group_of_scope(self.groups.governance.rules.groups, caller.tenant, scope)
            if group is None or not is_member(group, caller):
                raise RecordNotFound(record_id)
        return entity


def _held(entity: Entity, tenant: str) -> Held[Record] | None:
    try:
        record = read_record(entity)
    except InvalidRecord:
        return None
    return Held(record, tenant, entity.modified_at or "", entity.created_at or "")


def chosen(found: Iterable[Closed], filters: Filters) -> tuple[Closed, ...]:
    """Keep what filters leave, as far as a record itself says it.

    A text is looked for word by word in all that a record says: concepts, other languages and what
    is near are for records that everybody sees, of which there is an index. Where the filters name
    regions or countries, which follow from other records, nothing is found.
    """
    return tuple(one for one in found if _fits(one.held, filters))


def _fits(held: Held[Record], filters: Filters) -> bool:
    record = held.record
    if filters.regions or filters.countries:
        return False
    said = (
        (filters.types, (type(record).__name__,)),
        (filters.themes, (*record.themes, *record.concepts)),
        (filters.cities, (held.city,)),
        (filters.stages, (getattr(record, "stage", None),)),
        (filters.statuses, (getattr(record, "status", None),)),
        (filters.provenances, (record.provenance,)),
    )
    if any(wanted and not set(wanted) & set(has) for wanted, has in said):
        return False
    if filters.since is not None and held.date < filters.since.isoformat():
        return False
    text = msgspec.json.encode(record).decode().casefold()
    return all(word in text for word in filters.text.casefold().split())
