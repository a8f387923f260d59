"""Stores that hold records, and what is kept of them at hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hanze.broker.provision import create_entity
from hanze.collaboration.collective import Collective
from hanze.collaboration.records.entities import read_record, write_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store

__all__ = ["NOW", "WRITER", "Held", "collective_of", "holding"]

NOW = "2026-11-22T10:00:00Z"
WRITER = Caller(actor="test", roles=frozenset({"reader", "writer"}))


@dataclass(frozen=True, slots=True)
class Held:
    """A store in memory with the rules of the records."""

    store: Store

    async def collective(self, *tenants: str) -> Collective:
        """Read its records anew."""
        return await Collective(self.store, lambda: ("", *tenants)).refresh(NOW)

    async def add(self, *records: Record, tenant: str = "") -> None:
        """Write records as their city's officer would."""
        caller = Caller(actor="test", roles=WRITER.roles, tenant=tenant)
        for record in records:
            entity = write_record(record)
            await self.store.transact(
                lambda uow, entity=entity: create_entity(  # type: ignore[misc]  # mypy cannot see a default's type
                    uow, caller, entity, context=HANZE, now=NOW
                )
            )

    def record(self, record_id: str, tenant: str = "") -> Record:
        """Read one record as it is committed."""
        stored = self.store.stored(tenant, record_id)
        assert stored is not None
        return read_record(self.store.load(stored))


@asynccontextmanager
async def holding(*records: Record) -> AsyncIterator[Held]:
    """Open a store in memory that holds records and keeps their rules."""
    store = await Store.open(None, rules=CollectiveRules())
    try:
        held = Held(store)
        await held.add(*records)
        yield held
    finally:
        await store.close()


@asynccontextmanager
async def collective_of(*records: Record) -> AsyncIterator[Collective]:
    """Open the collective of some records, however they came to be."""
    store = await Store.open(None)
    try:
        held = Held(store)
        await held.add(*records)
        yield await held.collective()
    finally:
        await store.close()
