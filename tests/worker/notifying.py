"""A node that delivers notifications, and changes for it to tell of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hanze.broker.ports import UnitOfWork
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.subscription.model import SubscriptionState
from hanze.node.node import Node
from hanze.settings import Notifications, Settings
from hanze.worker.delivery.deliver import deliver
from tests.in_process import node_in_memory

__all__ = ["ME", "Delivering", "a_bin", "delivering", "until"]

ME = Caller(actor="test", roles=frozenset({"reader", "writer"}))


async def until(holds: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Wait until something holds that nothing tells of."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0.01)


def a_bin(name: str, level: float, now: str) -> Entity:
    """A bin that says how full it is."""
    filled = Attribute(kind=AttributeKind.PROPERTY, value=level, created_at=now, modified_at=now)
    return Entity(
        id=f"urn:ngsi-ld:Bin:{name}",
        types=(CORE.expand_name("Bin"),),
        attributes={CORE.expand_name("level"): (filled,)},
        created_at=now,
        modified_at=now,
    )


@dataclass(slots=True)
class Delivering:
    """A node whose worker runs."""

    node: Node
    task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(deliver(self.node))

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task
            self.task = None

    async def write(self, *levels: tuple[str, float], tenant: str = "") -> None:
        """Write bins in one unit of work."""
        now = self.node.clock()

        def unit(uow: UnitOfWork) -> None:
            for name, level in levels:
                uow.put(tenant, a_bin(name, level, now), CORE)

        await self.node.store.transact(unit)

    async def delete(self, name: str) -> None:
        now = self.node.clock()
        await self.node.store.transact(
            lambda uow: uow.delete("", f"urn:ngsi-ld:Bin:{name}", now=now)
        )

    async def subscribe(
        self,
        uri: str,
        *,
        name: str = "urn:ngsi-ld:Subscription:1",
        tenant: str = "",
        **members: Any,
    ) -> str:
        """Subscribe to bins; `endpoint` and `notification` add to what is there."""
        endpoint = {"uri": uri, **members.pop("endpoint", {})}
        notification = {"endpoint": endpoint, **members.pop("notification", {})}
        body = {
            "id": name,
            "type": "Subscription",
            "entities": [{"type": "Bin"}],
            "notification": notification,
            **members,
        }
        caller = ME.in_tenant(tenant)
        return await self.node.subscriptions.create(caller, body, CORE, now=self.node.clock())

    async def update(self, name: str = "urn:ngsi-ld:Subscription:1", **members: Any) -> None:
        now = self.node.clock()
        await self.node.subscriptions.update(ME, name, members, CORE, now=now)

    def state(self, name: str = "urn:ngsi-ld:Subscription:1") -> SubscriptionState:
        return self.node.subscriptions.retrieve(ME, name)[1]

    @property
    def waiting(self) -> int:
        """Rows in the outbox."""
        return sum(self.node.store.outbox.waiting().values())

    async def settled(self, *, within_s: float = 10.0) -> None:
        """Wait until nothing waits in the outbox."""
        await until(lambda: not self.waiting, within_s=within_s)


@asynccontextmanager
async def delivering(
    limits: Notifications | None = None, *, start: bool = True
) -> AsyncIterator[Delivering]:
    """Open a node whose worker delivers to addresses of this machine."""
    limits = limits or Notifications(allow_private=True)
    async with node_in_memory(Settings(notifications=limits)) as node:
        made = Delivering(node)
        if start:
            made.start()
        try:
            yield made
        finally:
            with suppress(HanzeError):
                await made.stop()
