"""What a source was told has arrived survives `kill -9` at any moment, and is stored once."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import httpx
import pytest
from aiomqtt import Client

from hanze.broker.ports import Window
from hanze.connectors.source_record import SourceRecord
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import close_node, open_node
from hanze.settings import Server, Settings
from tests.mosquitto import Broker, mosquitto
from tests.running import RunningNode, start_node

_ROUNDS = max(3, int(os.environ.get("HANZE_CRASHES", "50")) // 10)
_FIRST = parse_datetime("2026-01-01T00:00:00Z")
_OPTIONS = {"type": "Device", "device": "id", "time": "at"}
#: Readings of the two ways in, by what they were acknowledged by.
_PUSHED, _PUBLISHED = "pushed", "published"


def body(device: str, number: int) -> bytes:
    """A reading; each second one comes late, after the one that follows it."""
    turned = number ^ 1
    moment = format_datetime(_FIRST + turned * 1_000_000)
    return f'{{"id": "{device}", "at": "{moment}", "level": {turned}}}'.encode()


async def prepare(data: Path, broker: Broker) -> None:
    """Add the sources, before the node runs for the first time."""
    node = await open_node(Settings(data=data, server=Server(dev=True)))
    await node.sources.add(
        SourceRecord(
            "heard",
            "json",
            options={**_OPTIONS, "url": f"mqtt://127.0.0.1:{broker.port}", "topic": "in"},
        ),
        {},
    )
    await node.sources.add(SourceRecord("gate", "json", options={**_OPTIONS, "how": "push"}), {})
    await close_node(node)


async def listening(node: RunningNode) -> None:
    """Wait until the node listens at the broker: its session is there from then on."""
    async with httpx.AsyncClient(base_url=node.url) as client, asyncio.timeout(20):
        while True:
            found = (await client.get("/api/v1/sources/heard")).json()
            if found.get("connection", "").startswith("listens"):
                return
            await asyncio.sleep(0.05)


async def send(node: RunningNode, broker: Broker, numbers: dict[str, int]) -> None:
    """Push and publish until the node is gone; what is acknowledged counts."""
    async with (
        httpx.AsyncClient(base_url=node.url) as client,
        Client("127.0.0.1", broker.port) as publisher,
    ):
        while True:
            await publisher.publish("in", body("b", numbers[_PUBLISHED]), qos=1)
            numbers[_PUBLISHED] += 1
            content = body("a", numbers[_PUSHED])
            try:
                answer = await client.post("/api/v1/sources/gate/messages", content=content)
            except httpx.HTTPError:
                return
            if answer.status_code == 202:
                numbers[_PUSHED] += 1


async def dealt_with(node: RunningNode) -> None:
    async with httpx.AsyncClient(base_url=node.url) as client, asyncio.timeout(60):
        while True:
            found = (await client.get("/api/v1/sources")).json()["sources"]
            if all(one["counters"]["waiting"] == 0 for one in found):
                return
            await asyncio.sleep(0.1)


async def kept(data: Path, entity_id: str) -> Counter[tuple[object, str | None]]:
    """Count the instances in the history, by value and moment."""
    node = await open_node(Settings(data=data, server=Server(dev=True)))
    evolution = node.store.history.evolution("", entity_id)
    assert evolution is not None
    ((entity,), _) = await node.store.history.read("", [evolution], Window())
    instances = entity.attributes[HANZE.expand_name("level")]
    found: Counter[tuple[object, str | None]] = Counter(
        (one.attribute.value, one.attribute.observed_at) for one in instances
    )
    await close_node(node)
    return found


@pytest.mark.slow
async def test_acknowledged_messages_should_survive_when_the_node_is_killed(
    tmp_path: Path,
) -> None:
    choose = random.Random(1_411)
    data = tmp_path / "data"
    (tmp_path / "broker").mkdir()
    numbers = {_PUSHED: 0, _PUBLISHED: 0}
    arguments = ("serve", "--dev", "--port", "0", "--data", str(data))
    async with mosquitto(tmp_path / "broker") as broker:
        await prepare(data, broker)
        for _ in range(_ROUNDS):
            node = await asyncio.to_thread(start_node, arguments)
            await listening(node)
            sending = asyncio.create_task(send(node, broker, numbers))
            await asyncio.sleep(choose.uniform(0.05, 0.6))
            node.process.kill()
            await sending
            await asyncio.to_thread(node.process.communicate)
        node = await asyncio.to_thread(start_node, arguments)
        await listening(node)
        await asyncio.sleep(1.0)  # the broker's last messages
        await dealt_with(node)
        await asyncio.to_thread(node.stop)
    for entity_id, number in (
        ("urn:ngsi-ld:Device:gate:a", numbers[_PUSHED]),
        ("urn:ngsi-ld:Device:heard:b", numbers[_PUBLISHED]),
    ):
        found = await kept(data, entity_id)
        values = {value for value, _ in found}
        assert number > _ROUNDS
        assert {n ^ 1 for n in range(number)} <= values, entity_id
        assert set(found.values()) == {1}, "stored more than once"
