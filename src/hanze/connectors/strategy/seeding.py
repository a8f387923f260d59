"""The world of the strategy in a node: put there once, then left to the people who use it."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Final, Protocol

import msgspec

from hanze.broker.batch import create_entities
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.collective import Collective
from hanze.collaboration.members import MEMBERS
from hanze.collaboration.pilots import Signer, sign_pilot
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.projects import PilotRecord
from hanze.connectors.strategy.decode import World
from hanze.connectors.strategy.source import read_world
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Host", "seed"]

_ACTOR: Final = "strategy"
_ROLES: Final = frozenset({"reader", "writer"})
#: Hosts take this long to sign; later pilots still wait for it.
_SIGNING_TIME: Final = timedelta(days=30)
#: The register that tells that a world was put here, and when.
_SEEDED: Final = "demo"


class Host(Protocol):
    """What the world needs of the node in which it is put."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Callable[[], str]: ...
    @property
    def collective(self) -> Collective: ...
    @property
    def signer(self) -> Signer: ...


async def seed(host: Host) -> None:
    """Put the world into a node, once: what people change or delete afterwards stays so.

    When it broke off half-way, only what is not there yet is added.

    Raises:
        HanzeError: An entity is refused by the node.
    """
    if host.store.registers.get(_SEEDED, _ACTOR) is not None:
        return
    now = host.clock()
    world = read_world(date.fromisoformat(now[:10]))
    for tenant, entities in _by_tenant(world):
        caller = Caller(actor=_ACTOR, roles=_ROLES, tenant=tenant)
        pairs = [(entity, HANZE) for entity in entities]
        result = await create_entities(host.store, caller, pairs, now=now)
        for _, error in result.errors:
            if not isinstance(error, EntityAlreadyExists):
                raise error
    await host.store.transact(lambda uow: _admit(uow, world))
    await _sign(host, date.fromisoformat(now[:10]), now)
    await host.store.transact(lambda uow: uow.registers.put(_SEEDED, _ACTOR, now.encode()))


def _by_tenant(world: World) -> Iterable[tuple[str, list[Entity]]]:
    """Yield what each tenant holds, the default one first: the others' records name its own."""
    yield "", list(world.districts)
    ordered = sorted(world.records, key=lambda placed: placed.tenant)
    for tenant, placed in groupby(ordered, key=lambda placed: placed.tenant):
        yield tenant, [write_record(one.record) for one in placed]


def _admit(uow: UnitOfWork, world: World) -> None:
    for member in world.members:
        if uow.registers.get(MEMBERS, member.tenant) is None:
            uow.registers.put(MEMBERS, member.tenant, msgspec.json.encode(member))


async def _sign(host: Host, today: date, now: str) -> None:
    """Sign pilots for their hosts, with this node's own key: the files cannot hold signatures."""
    collective = await host.collective.refresh(now)
    for held in collective.of(PilotRecord):
        record = held.record
        settled = record.ends is not None and record.ends <= today - _SIGNING_TIME
        if record.simulated and record.signature is None and settled:
            caller = Caller(actor=_ACTOR, roles=_ROLES, tenant=held.tenant)
            await sign_pilot(
                host.store, collective, caller, host.signer, record.id, today=today, now=now
            )
