"""Records for the tests of flows, and a store whose broker keeps to the rules."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import TypeVar

from hanze.broker.ports import UnitOfWork
from hanze.broker.provision import create_entity, find_entity
from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective
from hanze.collaboration.records.entities import read_as, write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import BusinessCase, Project
from hanze.collaboration.records.record import Money, Quantity, Record
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store

__all__ = [
    "CASE",
    "MOBILITY",
    "NOW",
    "TODAY",
    "WRITER",
    "add",
    "city",
    "city_id",
    "collected",
    "demand",
    "kept",
    "project",
    "ruled_store",
    "speaking_for",
]

R = TypeVar("R", bound=Record)

WRITER = Caller(actor="test", roles=frozenset({"writer"}))
NOW = "2026-11-22T10:00:00Z"
TODAY = date(2026, 11, 22)
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
CASE = BusinessCase(costs=Money(Decimal(100_000), "EUR"), value={"en": "Cleaner air"})


@asynccontextmanager
async def ruled_store() -> AsyncIterator[Store]:
    store = await Store.open(None, rules=CollectiveRules())
    try:
        yield store
    finally:
        await store.close()


async def add(store: Store, *records: Record, tenant: str = "", now: str = NOW) -> None:
    caller = Caller(actor="test", roles=frozenset({"writer"}), tenant=tenant)

    def unit(uow: UnitOfWork) -> None:
        for record in records:
            create_entity(uow, caller, write_record(record), context=HANZE, now=now)

    await store.transact(unit)


async def kept(store: Store, record_id: str, kind: type[R], tenant: str = "") -> R:
    """Read a record as it is now."""
    caller = Caller(actor="test", tenant=tenant)
    entity = await store.transact(lambda uow: find_entity(uow, caller, record_id, now=NOW))
    assert entity is not None
    return read_as(entity, kind)


async def collected(store: Store, now: str = NOW) -> tuple[Collective, Annotations]:
    collective = await Collective(store, lambda: ("", "duiven")).refresh(now)
    return collective, Annotations(collective)


def speaking_for(organisation: str) -> Caller:
    return Caller(actor="officer", organisation=organisation, roles=frozenset({"writer"}))


def city_id(name: str, country: str = "NL") -> str:
    return f"urn:ngsi-ld:Municipality:{country}:{name}"


def city(name: str, country: str = "NL", **more: object) -> Municipality:
    home = f"urn:ngsi-ld:Country:{country}"
    fields: dict[str, object] = {"title": {"en": name}, "country": home, **more}
    return Municipality(id=city_id(name, country), **fields)  # type: ignore[arg-type]  # the test's own


def country(code: str) -> Country:
    return Country(id=f"urn:ngsi-ld:Country:{code}", title={"en": code}, iso_code=code)


def project(key: str = "one", stage: str = "pilot", **more: object) -> Project:
    record_id = f"urn:ngsi-ld:Project:test:{key}"
    fields: dict[str, object] = {"title": {"en": key}, "stage": stage, **more}
    return Project(id=record_id, **fields)  # type: ignore[arg-type]  # the test's own


def demand(
    key: str,
    owner: str,
    text: str | dict[str, str] = "Parking for bicycles",
    *,
    more: Mapping[str, object] | None = None,
    **fields_: object,
) -> Demand:
    said = {"en": text} if isinstance(text, str) else text
    fields: dict[str, object] = {
        "title": said,
        "problem": said,
        "source_city": owner,
        "volume": Quantity(100, "C62"),
        "budget": Money(Decimal(50_000), "EUR"),
        "wanted_from": date(2027, 1, 1),
        "wanted_until": date(2027, 12, 31),
        **(more or {}),
        **fields_,
    }
    return Demand(id=f"urn:ngsi-ld:Demand:test:{key}", **fields)  # type: ignore[arg-type]  # the test's own
