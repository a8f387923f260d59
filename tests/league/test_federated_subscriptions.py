"""Whoever subscribes at one node hears of changes at all of them."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from tests.league.federation import NODES, Federation
from tests.receiver import receiving

pytestmark = pytest.mark.slow

_INFORMATION = [{"entities": [{"type": "Lamp"}]}]


def lamp(number: int, level: int) -> dict[str, object]:
    return {
        "id": f"urn:ngsi-ld:Lamp:{number}",
        "type": "Lamp",
        "level": {"type": "Property", "value": level},
    }


@pytest.mark.clause("5.8.6")
async def test_a_subscriber_should_hear_of_changes_at_every_node(nodes: Federation) -> None:
    with nodes.world() as world:
        for number in range(NODES):
            world.hold(number, [lamp(number, 0)])
            if number:
                world.register(number, _INFORMATION)
        async with receiving() as receiver:
            subscription = {
                "id": "urn:ngsi-ld:Subscription:all",
                "type": "Subscription",
                "entities": [{"type": "Lamp"}],
                "watchedAttributes": ["level"],
                "q": "level>2",
                "notification": {"format": "keyValues", "endpoint": {"uri": receiver.url}},
            }
            answer = await asyncio.to_thread(world.hub.post, "subscriptions", json=subscription)
            assert answer.status_code == httpx.codes.CREATED, answer.text
            await _subscribed(world.clients[1:])
            for level in (1, 5):
                for number, client in enumerate(world.clients):
                    path = f"entities/{lamp(number, 0)['id']}/attrs/level"
                    changed = await asyncio.to_thread(client.patch, path, json={"value": level})
                    assert changed.status_code == httpx.codes.NO_CONTENT, changed.text
            await receiver.wait(NODES, within_s=20.0)
            await asyncio.sleep(0.5)
            told = sorted(
                (one["id"], one["level"]) for got in receiver.got for one in got.json["data"]
            )
            assert told == [(f"urn:ngsi-ld:Lamp:{number}", 5) for number in range(NODES)]
            assert {got.json["subscriptionId"] for got in receiver.got} == {subscription["id"]}
            gone = await asyncio.to_thread(
                world.hub.delete, "subscriptions/urn:ngsi-ld:Subscription:all"
            )
            assert gone.status_code == httpx.codes.NO_CONTENT
            await _subscribed(world.clients[1:], number=0)


async def _subscribed(clients: Sequence[httpx.Client], number: int = 1) -> None:
    """Wait until each of the nodes has as many subscriptions."""
    async with asyncio.timeout(15):
        for client in clients:
            while True:
                answer = await asyncio.to_thread(client.get, "subscriptions")
                if len(answer.json()) == number:
                    break
                await asyncio.sleep(0.1)
