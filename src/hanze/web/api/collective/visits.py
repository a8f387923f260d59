"""What requests about people and their places have in common: the day, new ids, whose tenant."""

from uuid import uuid4

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.records.record import Record
from hanze.identity.caller import Caller
from hanze.web.api.frame import Ask

__all__ = ["at_home", "collective_of", "home_of_city", "new_id"]


async def collective_of(ask: Ask) -> Collective:
    """Return the records, as they are now."""
    return await ask.node.collective.refresh(ask.now)


def at_home(ask: Ask, held: Held[Record]) -> Caller:
    """Return the caller in the tenant of a record, where it is written."""
    return ask.caller.in_tenant(held.tenant)


def home_of_city(ask: Ask, city: str | None) -> Caller:
    """Return the caller in the tenant of a city without a node; else where the request says."""
    return ask.caller if city is None else in_tenant_of(ask.node.store.registers, ask.caller, city)


def new_id(kind: type[Record], city: str | None) -> str:
    """Make the id of a new record of a city."""
    key = city.rpartition(":")[2] if city else "entered"
    return f"urn:ngsi-ld:{kind.__name__}:{key}:{uuid4().hex}"
