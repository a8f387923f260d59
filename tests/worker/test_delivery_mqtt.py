"""Notifications from a change to a real MQTT broker (CIM 009, clause 7)."""

import asyncio
from pathlib import Path

import orjson
import pytest
from aiomqtt import Client

from tests.mosquitto import mosquitto
from tests.worker.notifying import delivering, until


@pytest.mark.clause("7.2", "5.8.6")
@pytest.mark.parametrize("version", ["mqtt3.1.1", "mqtt5.0"])
async def test_a_change_should_be_published_with_its_metadata(tmp_path: Path, version: str) -> None:
    info = [
        {"key": "MQTT-Version", "value": version},
        {"key": "MQTT-QoS", "value": "1"},
    ]
    async with mosquitto(tmp_path) as broker, delivering() as world:
        async with Client("127.0.0.1", broker.port) as client:
            await client.subscribe("city/bins", qos=1)
            await world.subscribe(
                f"mqtt://127.0.0.1:{broker.port}/city/bins",
                endpoint={
                    "notifierInfo": info,
                    "receiverInfo": [{"key": "team", "value": "north"}],
                },
            )
            for level in range(20):
                await world.write(("1", level))
            got: list[dict[str, dict[str, object]]] = []
            async with asyncio.timeout(10):
                async for message in client.messages:
                    assert isinstance(message.payload, bytes)
                    got.append(orjson.loads(message.payload))
                    if len(got) == 20:
                        break
        await world.settled()
        assert [one["body"]["data"][0]["level"]["value"] for one in got] == list(range(20))  # type: ignore[index]  # JSON
        assert got[0]["metadata"]["Content-Type"] == "application/json"
        assert got[0]["metadata"]["team"] == "north"
        assert "json-ld#context" in str(got[0]["metadata"]["Link"])
        assert world.state().times_sent == 20


async def test_a_broker_that_is_away_should_be_told_when_it_is_back(tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    async with mosquitto(tmp_path) as broker, delivering() as world:
        await world.subscribe(f"mqtt://127.0.0.1:{broker.port}/t")
        await world.write(("1", 1))
        await world.settled()
        broker.kill()
        await world.write(("1", 2))
        await until(lambda: world.state().times_failed >= 1)
        async with mosquitto(again, port=broker.port):
            await world.settled()
        assert world.node.store.dead_letters.listed("") == []
