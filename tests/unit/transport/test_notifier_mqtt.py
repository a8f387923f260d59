"""Publishing notifications to a real broker (CIM 009, clause 7)."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from aiomqtt import Client, Message, ProtocolVersion

from hanze.broker.notification import Rendered
from hanze.transport.notifier.mqtt import MqttNotifier
from hanze.transport.notifier.outcome import Outcome, Verdict
from tests.mosquitto import PASSWORD, USER, Broker, mosquitto

LINK = '<http://x.org/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
MESSAGE = Rendered(
    body=b'{"type":"Notification","data":[]}',
    content_type="application/json",
    headers=(("Link", LINK), ("X-Key", "v")),
)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with mosquitto(tmp_path) as made:
        yield made


@asynccontextmanager
async def notifying(
    *, allow_private: bool = True, trusted: Path | None = None
) -> AsyncIterator[MqttNotifier]:
    def trust(context: ssl.SSLContext) -> None:
        if trusted is not None:
            context.load_verify_locations(trusted)

    made = MqttNotifier(allow_private=allow_private, trust=trust)
    try:
        yield made
    finally:
        await made.close()


async def one_of(client: Client) -> Message:
    async with asyncio.timeout(5):
        return await anext(aiter(client.messages))


@pytest.mark.clause("7.2")
@pytest.mark.parametrize("version", ["mqtt3.1.1", "mqtt5.0", None])
@pytest.mark.parametrize("qos", ["0", "1", "2"])
async def test_send_should_publish_metadata_and_body(
    broker: Broker, version: str | None, qos: str
) -> None:
    info = [("MQTT-QoS", qos), *([("MQTT-Version", version)] if version else [])]
    async with (
        notifying() as notifier,
        Client("127.0.0.1", broker.port, protocol=ProtocolVersion.V5) as client,
    ):
        await client.subscribe("city/#", qos=2)
        uri = f"mqtt://127.0.0.1:{broker.port}/city/bins%20north"
        assert await notifier.send(uri, MESSAGE, timeout_s=5, notifier_info=info) == Outcome(
            Verdict.SENT
        )
        got = await one_of(client)
        assert str(got.topic) == "city/bins north"
        assert got.qos == int(qos)
        assert isinstance(got.payload, bytes)
        assert orjson.loads(got.payload) == {
            "metadata": {"Content-Type": "application/json", "Link": LINK, "X-Key": "v"},
            "body": {"type": "Notification", "data": []},
        }


async def test_credentials_should_be_those_of_the_endpoint(broker: Broker) -> None:
    async with notifying() as notifier:
        place = f"127.0.0.1:{broker.closed_port}/t"
        right = f"mqtt://{USER}:{quote(PASSWORD, safe='')}@{place}"
        assert (await notifier.send(right, MESSAGE, timeout_s=5)).verdict is Verdict.SENT
        for wrong in (f"mqtt://{USER}:hunter2@{place}", f"mqtt://{place}"):
            outcome = await notifier.send(wrong, MESSAGE, timeout_s=5)
            assert outcome.verdict is Verdict.AWAY
            assert "hunter2" not in outcome.reason


async def test_certificates_should_be_checked_for_the_name(broker: Broker) -> None:
    uri = f"mqtts://localhost:{broker.tls_port}/t"
    async with notifying(trusted=broker.authority) as notifier:
        assert (await notifier.send(uri, MESSAGE, timeout_s=5)).verdict is Verdict.SENT
    async with notifying() as notifier:
        outcome = await notifier.send(uri, MESSAGE, timeout_s=5)
        assert outcome.verdict is Verdict.AWAY
        assert "certificate" in outcome.reason.lower()


async def test_a_broker_that_comes_back_should_be_told_again(
    broker: Broker, tmp_path: Path
) -> None:
    uri = f"mqtt://127.0.0.1:{broker.port}/t"
    info = [("MQTT-QoS", "1")]
    async with notifying() as notifier:
        assert (
            await notifier.send(uri, MESSAGE, timeout_s=5, notifier_info=info)
        ).verdict is Verdict.SENT
        broker.kill()
        assert (
            await notifier.send(uri, MESSAGE, timeout_s=2, notifier_info=info)
        ).verdict is Verdict.AWAY
        again = tmp_path / "again"
        again.mkdir()
        async with mosquitto(again, port=broker.port):
            assert (
                await notifier.send(uri, MESSAGE, timeout_s=5, notifier_info=info)
            ).verdict is Verdict.SENT


async def test_private_brokers_should_be_refused(broker: Broker) -> None:
    async with notifying(allow_private=False) as notifier:
        outcome = await notifier.send(f"mqtt://localhost:{broker.port}/t", MESSAGE, timeout_s=5)
        assert outcome == (Verdict.AWAY, "localhost is at a private address")


@pytest.mark.clause("7.2")
@pytest.mark.parametrize(
    ("uri", "info"),
    [
        ("mqtt://h/", []),
        ("mqtt:///t", []),
        ("mqtt://h/a/#", []),
        ("mqtt://h/+", []),
        ("mqtt://h/%00", []),
        ("mqtt://h:x/t", []),
        ("mqtt://h/t", [("MQTT-QoS", "3")]),
        ("mqtt://h/t", [("MQTT-Version", "mqtt4")]),
    ],
)
async def test_what_cannot_be_published_should_be_impossible(
    uri: str, info: list[tuple[str, str]]
) -> None:
    async with notifying() as notifier:
        outcome = await notifier.send(uri, MESSAGE, timeout_s=1, notifier_info=info)
        assert outcome.verdict is Verdict.IMPOSSIBLE
