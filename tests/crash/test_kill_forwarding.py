"""Whoever subscribes at one node hears of changes at another one, however often either is killed."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.receiver import Receiver, receiving
from tests.running import RunningNode, start_node

pytestmark = pytest.mark.slow

_ID = "urn:ngsi-ld:Subscription:over"
_QUICK = {"HANZE_DISTRIBUTION__COOLDOWN_S": "0.1"}


class Restarted:
    """A node with a port that it keeps over its restarts."""

    def __init__(self, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self._port = sock.getsockname()[1]
        self._data = data
        self._node: RunningNode | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        arguments = ["serve", "--dev", "--port", str(self._port), "--data", str(self._data)]
        self._node = await asyncio.to_thread(start_node, arguments, environ=_QUICK)

    async def kill(self, number: int = signal.SIGKILL) -> None:
        if self._node is not None:
            await asyncio.to_thread(self._node.stop, number)
            self._node = None

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"{self.url}/ngsi-ld/v1/", timeout=20.0) as api:
            return await api.request(method, path, **more)

    async def write(self, number: int, level: int) -> None:
        lamp = {
            "id": f"urn:ngsi-ld:Lamp:{number}",
            "type": "Lamp",
            "level": {"type": "Property", "value": level},
        }
        answer = await self.ask("POST", "entityOperations/upsert", json=[lamp])
        assert answer.status_code in (201, 204), answer.text

    async def has(self, number: int) -> None:
        """Wait until the node has so many subscriptions."""
        async with asyncio.timeout(30):
            while len((await self.ask("GET", "subscriptions")).json()) != number:  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.1)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Restarted, Restarted]]:
    here, there = Restarted(tmp_path / "here"), Restarted(tmp_path / "there")
    yield here, there
    asyncio.run(_end(here, there))


async def _end(*nodes: Restarted) -> None:
    for node in nodes:
        await node.kill(signal.SIGTERM)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


async def _heard(receiver: Receiver, number: int, level: int) -> None:
    """Wait until the subscriber was told of a lamp."""
    wanted = (f"urn:ngsi-ld:Lamp:{number}", level)
    async with asyncio.timeout(40):
        while wanted not in [
            (one["id"], one["level"]) for got in receiver.got for one in got.json["data"]
        ]:
            receiver.arrived.clear()
            await receiver.arrived.wait()


@pytest.mark.clause("5.8.1")
@pytest.mark.clause("5.8.6")
async def test_a_subscriber_should_hear_of_another_node_when_either_was_killed(
    nodes: tuple[Restarted, Restarted], receiver: Receiver
) -> None:
    here, there = nodes
    await here.start()
    await there.start()
    registration = {
        "id": "urn:ngsi-ld:ContextSourceRegistration:there",
        "type": "ContextSourceRegistration",
        "endpoint": there.url,
        "information": [{"entities": [{"type": "Lamp"}]}],
    }
    await here.ask("POST", "csourceRegistrations", json=registration)
    await there.kill()
    # The other one is away: the answer is there at once, and its copy when it is back.
    await _subscribe(here, receiver)
    await here.kill()
    await here.start()
    await there.start()
    await there.has(1)
    await there.write(1, 1)
    await _heard(receiver, 1, 1)

    await there.kill()
    await there.start()
    await there.write(1, 2)
    await _heard(receiver, 1, 2)

    await here.kill()
    # What happens while the node is away waits at the source.
    await there.write(1, 3)
    await here.start()
    await _heard(receiver, 1, 3)
    assert {got.json["subscriptionId"] for got in receiver.got} == {_ID}

    await there.kill()
    await here.ask("DELETE", f"subscriptions/{_ID}")
    await here.kill()
    await there.start()
    await here.start()
    await there.has(0)


async def _subscribe(node: Restarted, receiver: Receiver) -> None:
    body = {
        "id": _ID,
        "type": "Subscription",
        "entities": [{"type": "Lamp"}],
        "notification": {"endpoint": {"uri": receiver.url}, "format": "keyValues"},
    }
    answer = await node.ask("POST", "subscriptions", json=body)
    assert answer.status_code == 201, answer.text
