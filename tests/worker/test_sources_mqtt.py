"""Sources over MQTT, with a real broker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiomqtt import Client

from hanze.node.node import Node
from hanze.settings import Sources
from tests.mosquitto import PASSWORD, USER, Broker, mosquitto
from tests.worker.streaming import add, attribute, counters, following, until

ROOF = "urn:ngsi-ld:WeatherObserved:weather:roof"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    async with mosquitto(folder) as running:
        yield running


async def listens(node: Node, name: str = "weather") -> None:
    async def holds() -> bool:
        return node.sources.connections.get(name, "").startswith("listens")

    await until(holds)


async def received(node: Node, number: int, name: str = "weather") -> None:
    async def holds() -> bool:
        found = await counters(node, name)
        return found.received >= number and found.waiting == 0

    await until(holds)


async def publish(port: int, *payloads: bytes, topic: str = "sensors/roof/weather") -> None:
    async with Client("127.0.0.1", port) as client:
        for payload in payloads:
            await client.publish(topic, payload, qos=1)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_messages_should_become_entities_and_be_confirmed(
    broker: Broker, protocol: str
) -> None:
    async with following() as node:
        await add(
            node,
            "weather",
            url=f"mqtt://127.0.0.1:{broker.port}",
            topic="sensors/+/weather",
            type="WeatherObserved",
            device="topic:2",
            protocol=protocol,
        )
        await listens(node)
        await publish(broker.port, b'{"temperature": 21.5}', b"{", b'{"temperature": 21.6}')
        await received(node, 3)
        found = attribute(node, ROOF, "temperature")
        assert found is not None
        assert found.value == 21.6
        told = await counters(node, "weather")
        assert (told.decoded, told.stored, told.rejected) == (2, 2, 1)
        (letter,) = await node.sources.spool.letters("weather")
        assert "not JSON" in letter.reason
        assert letter.part == "{"


async def test_messages_should_wait_at_the_broker_while_the_node_is_away(
    broker: Broker, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    async with following(data) as node:
        await add(
            node,
            "weather",
            url=f"mqtt://127.0.0.1:{broker.port}",
            topic="sensors/#",
            type="WeatherObserved",
            device="topic:2",
        )
        await listens(node)
        client_id = node.alias
    await publish(broker.port, *(f'{{"temperature": {n}}}'.encode() for n in range(30)))
    async with following(data) as node:
        assert node.alias == client_id
        await received(node, 30)
        assert (await counters(node, "weather")).stored == 30


async def test_messages_should_come_again_when_they_could_not_be_kept(broker: Broker) -> None:
    async with following(sources=Sources(spool_mb=1)) as node:
        await add(
            node,
            "weather",
            url=f"mqtt://127.0.0.1:{broker.port}",
            topic="sensors/#",
            type="WeatherObserved",
            device="topic:2",
        )
        await listens(node)
        # Three of these do not fit at a time: each waits until the one before it is dealt with.
        large = [f'{{"temperature": {n}, "x": "{"x" * 600_000}"}}'.encode() for n in range(3)]
        await publish(broker.port, *large)
        await received(node, 3)
        assert (await counters(node, "weather")).stored == 3


async def test_source_should_connect_again_when_the_broker_comes_back(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with following() as node:
        async with mosquitto(tmp_path / "one") as broker:
            url = f"mqtt://127.0.0.1:{broker.port}"
            await add(node, "weather", url=url, topic="a/#", type="Device")
            await listens(node)
            broker.kill()

            async def told() -> bool:
                return "broker" in (await counters(node, "weather")).last_error

            await until(told)
            assert node.sources.connections["weather"].startswith("tries again")
        async with mosquitto(tmp_path / "two", port=broker.port):
            await listens(node)
            await publish(broker.port, b"5", topic="a/b")
            await received(node, 1)
        assert "connection" not in (await counters(node, "weather")).last_error


async def test_passwords_should_be_secrets_and_wrong_ones_be_told(broker: Broker) -> None:
    async with following() as node:
        url = f"mqtt://127.0.0.1:{broker.closed_port}"
        options = {"url": url, "topic": "a/#", "type": "Device", "username": USER}
        await add(node, "weather", secrets={"password": "wrong"}, options=options)

        async def told() -> bool:
            return "uthoriz" in (await counters(node, "weather")).last_error

        await until(told)
        await add(node, "second", secrets={"password": PASSWORD}, options=options)
        await listens(node, "second")
        assert PASSWORD not in str(node.sources.record("second"))


async def test_tls_should_trust_the_certificate_that_is_named(broker: Broker) -> None:
    async with following() as node:
        url = f"mqtts://localhost:{broker.tls_port}"
        await add(node, "weather", url=url, topic="a/#", type="Device")

        async def told() -> bool:
            return "cannot be trusted" in (await counters(node, "weather")).last_error

        await until(told)
        authority = {"ca": broker.authority.read_text()}
        await add(node, "second", secrets=authority, url=url, topic="a/#", type="Device")
        await listens(node, "second")


async def test_a_source_that_fails_should_disturb_no_other(broker: Broker) -> None:
    async with following() as node:
        await add(node, "broken", url="mqtt://127.0.0.1:1", topic="a/#", type="Device")
        await add(node, "asking", url="http://127.0.0.1:1/", type="Device")
        url = f"mqtt://127.0.0.1:{broker.port}"
        await add(node, "weather", url=url, topic="a/#", type="Device")
        await listens(node)
        await publish(broker.port, b"5", topic="a/b")
        await received(node, 1)
        assert (await counters(node, "broken")).last_error
        assert (await counters(node, "asking")).last_error


async def test_pausing_should_leave_messages_at_the_broker(broker: Broker) -> None:
    async with following() as node:
        url = f"mqtt://127.0.0.1:{broker.port}"
        await add(node, "weather", url=url, topic="a/#", type="Device")
        await listens(node)
        await node.sources.pause("weather")

        async def stopped() -> bool:
            return node.sources.connections["weather"] == "does not run"

        await until(stopped)
        await publish(broker.port, b"5", topic="a/b")
        await asyncio.sleep(0.1)
        assert (await counters(node, "weather")).received == 0
        await node.sources.resume("weather")
        await received(node, 1)
