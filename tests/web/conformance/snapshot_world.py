"""A node with lamps, and snapshots of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from hanze.node.node import Node
from hanze.settings import Server, Settings, Snapshots
from tests.in_process import client_of, node_in_memory

__all__ = ["ERRORS", "EVER", "LAMPS", "SETTINGS", "Json", "World", "created", "ids", "lamp"]
__all__ += ["prop", "world_of_lamps"]

Json = Any
SETTINGS = Settings(
    data=None,
    server=Server(dev=True),
    snapshots=Snapshots(max_snapshots=12, max_entities=20, max_instances=200),
)
LAMPS: Json = {"type": "Query", "entities": [{"type": "Lamp"}]}
EVER: Json = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z"}
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"


@dataclass(frozen=True, slots=True)
class World:
    """A node with five lamps, one of which has a history, and a poster."""

    node: Node
    api: httpx.AsyncClient

    async def make(self, **members: Json) -> str:
        """Create a snapshot, and let it be prepared."""
        body = {"type": "Snapshot", "snapshotQueries": [LAMPS], **members}
        name = await self.ask({key: value for key, value in body.items() if value is not None})
        assert await self.node.snapshot_work.prepare_next()
        return name

    async def ask(self, body: Json, **headers: str) -> str:
        response = await self.api.post("/snapshots", json=body, headers=headers)
        assert response.status_code == 201, response.text
        assert response.content == b""
        return response.headers["location"].rpartition("/")[2]

    async def status(self, name: str) -> Json:
        response = await self.api.get(f"/snapshots/{name}")
        assert response.status_code == 200, response.text
        return response.json()

    async def end(self) -> None:
        """Take all snapshots away."""
        await self.api.delete("/snapshots", params={"q": "snapshotPriority>0"})
        await self.node.snapshot_work.tidy()
        assert self.node.snapshot_work.notices() == []

    async def inside(self, name: str, path: str, **params: str) -> httpx.Response:
        return await self.api.get(path, params=params, headers={"NGSILD-Snapshot": name})


@asynccontextmanager
async def world_of_lamps() -> AsyncIterator[World]:
    """Open the node, and make what is in it."""
    async with node_in_memory(SETTINGS) as node, client_of(node, "/ngsi-ld/v1") as api:
        for number in range(5):
            level = {"type": "Property", "value": number, "unitCode": "P1"}
            await created(api, {"id": lamp(number), "type": "Lamp", "level": level})
        poster = {"type": "Relationship", "object": "urn:ngsi-ld:Poster:1"}
        await created(api, {"id": "urn:ngsi-ld:Pole:1", "type": "Pole", "carries": poster})
        await created(api, {"id": "urn:ngsi-ld:Poster:1", "type": "Poster", "text": prop("x")})
        readings = [
            {"type": "Property", "value": day, "observedAt": f"2026-01-0{day}T00:00:00Z"}
            for day in (1, 2, 3)
        ]
        instances = {"id": lamp(0), "type": "Lamp", "watts": readings}
        answer = await api.post("/temporal/entities", json=instances)
        assert answer.status_code == 204, answer.text
        yield World(node, api)


def lamp(number: int) -> str:
    return f"urn:ngsi-ld:Lamp:{number}"


def prop(value: Json) -> Json:
    return {"type": "Property", "value": value}


async def created(api: httpx.AsyncClient, entity: Json) -> None:
    response = await api.post("/entities", json=entity)
    assert response.status_code == 201, response.text


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [entity["id"] for entity in response.json()]
