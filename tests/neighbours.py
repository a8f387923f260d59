"""Nodes in the test's own process that reach each other over real ports."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from hanze.node.node import Node, close_node, open_node
from hanze.settings import Distribution, Server, Settings
from hanze.web.app import build_app
from hanze.web.server import ServerLimits, make_server
from hanze.worker.delivery.deliver import deliver
from hanze.worker.forwarding import forward_subscriptions
from tests.classified import classify_all

__all__ = ["NEIGHBOUR", "Neighbour", "neighbour"]

#: Everyone may write; sources that fail are asked again at once.
NEIGHBOUR = Settings(
    data=None, server=Server(dev=True), distribution=Distribution(cooldown_s=0.0, timeout_s=2.0)
)
Json = Any


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A node that listens, notifies and forwards."""

    node: Node
    api: httpx.AsyncClient

    @property
    def url(self) -> str:
        return self.node.base_url

    async def register(self, other: str, *information: Mapping[str, Json], **members: Json) -> str:
        """Register a Context Source; returns the id of the registration."""
        body = {
            "type": "ContextSourceRegistration",
            "endpoint": other,
            "information": list(information),
            **members,
        }
        answer = await self.api.post("csourceRegistrations", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"]).rpartition("/")[2]

    async def subscribe(self, uri: str, *, resource: str = "subscriptions", **members: Json) -> str:
        """Subscribe to lamps; `endpoint` and `notification` add to what is there."""
        endpoint = {"uri": uri, **members.pop("endpoint", {})}
        notification = {"endpoint": endpoint, **members.pop("notification", {})}
        body = {
            "type": "Subscription",
            "entities": [{"type": "Lamp"}],
            "notification": notification,
            **members,
        }
        answer = await self.api.post(resource, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"]).rpartition("/")[2]

    async def subscriptions(self) -> list[Json]:
        answer = await self.api.get("subscriptions")
        return list(answer.json())

    async def has(self, number: int, *, within_s: float = 10.0) -> list[Json]:
        """Wait until the node has so many subscriptions."""
        async with asyncio.timeout(within_s):
            while len(found := await self.subscriptions()) != number:  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.02)
        return found

    async def write(self, lamp: str, /, **values: Json) -> None:
        """Make a lamp, or change it."""
        entity = {
            "id": f"urn:ngsi-ld:Lamp:{lamp}",
            "type": "Lamp",
            **{term: {"type": "Property", "value": value} for term, value in values.items()},
        }
        answer = await self.api.post(
            "entityOperations/upsert", json=[entity], params={"options": "update", "local": "true"}
        )
        assert answer.status_code in (201, 204), answer.text

    async def delete(self, path: str) -> None:
        answer = await self.api.delete(path)
        assert answer.status_code == 204, answer.text


@asynccontextmanager
async def neighbour(settings: Settings = NEIGHBOUR, *, port: int = 0) -> AsyncIterator[Neighbour]:
    """Run a node on a port of its own."""
    with socket.create_server(("127.0.0.1", port)) as sock:
        node = await open_node(settings)
        if not settings.server.dev:
            await classify_all(node)
        node.base_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        ready = asyncio.Event()
        server = make_server(build_app(node), ServerLimits(), ready=ready.set)
        tasks = [
            asyncio.create_task(server.serve(sockets=[sock])),
            asyncio.create_task(deliver(node)),
            asyncio.create_task(forward_subscriptions(node)),
        ]
        try:
            await ready.wait()
            base = f"{node.base_url}/ngsi-ld/v1/"
            async with httpx.AsyncClient(base_url=base, timeout=10.0) as api:
                yield Neighbour(node, api)
        finally:
            for task in tasks[1:]:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await node.peers.close()
            server.should_exit = True
            await tasks[0]
            await close_node(node)
