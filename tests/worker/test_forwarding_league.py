"""Members of the league subscribe at each other, signed and without a token."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from hanze.broker.distribution.ports import PeerRequest
from tests.neighbours import Neighbour, neighbour
from tests.receiver import receiving

pytestmark = pytest.mark.slow


async def league(node: Neighbour, method: str, path: str, body: Any = None) -> Any:
    async with httpx.AsyncClient(timeout=20.0) as client:
        answer = await client.request(method, f"{node.url}/api/v1/league{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def trust(first: Neighbour, second: Neighbour) -> None:
    """Have two nodes trust each other, as their operators do it."""
    for name, node in (("First", first), ("Second", second)):
        await league(node, "POST", "", {"name": name, "city": name, "place": [5.0, 52.0]})
    token = (await league(first, "POST", "/invitations"))["token"]
    await league(second, "POST", "/join", {"token": token})
    await league(first, "POST", "/confirm", {"member": "Second"})
    for node in (first, second):
        await node.node.gossip.step()


@pytest.mark.clause("5.8.1")
async def test_members_should_hear_of_each_other_as_long_as_they_are_trusted() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await there.write("1", level=1)
        await trust(here, there)
        await here.node.gossip.step()
        subscription = await here.subscribe(receiver.url)
        copy = (await there.has(1))[0]
        assert copy["localOnly"] is True
        found = there.node.subscription_index.get("", copy["id"])
        me = here.node.league.me()
        assert found is not None
        assert me is not None
        assert found.owner == f"peer:{me.id}"
        await there.write("1", level=2)
        await receiver.wait(1)
        fragment = {"watchedAttributes": ["level"]}
        await here.api.patch(f"subscriptions/{subscription}", json=fragment)
        async with asyncio.timeout(5):
            while "watchedAttributes" not in (await there.has(1))[0]:  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.05)
        await league(there, "POST", "/ban", {"member": "First"})
        await there.write("1", level=3)
        await asyncio.sleep(0.5)
        assert len(receiver.got) == 1
        await there.has(0, within_s=15)


async def test_a_member_should_only_have_its_own_told_at_its_own_address() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await trust(here, there)
        await there.subscribe(receiver.url, id="urn:ngsi-ld:Subscription:theirs")
        found = there.node.subscription_index.get("", "urn:ngsi-ld:Subscription:theirs")
        assert found is not None
        for method, path, body in (
            ("GET", "/urn:ngsi-ld:Subscription:theirs", None),
            ("DELETE", "/urn:ngsi-ld:Subscription:theirs", None),
            ("PATCH", "/urn:ngsi-ld:Subscription:theirs", {"description": "mine"}),
        ):
            assert await _signed(here, there, method, path, body) == 404
        elsewhere = {
            "type": "Subscription",
            "entities": [{"type": "Lamp"}],
            "notification": {"endpoint": {"uri": "http://192.0.2.1/"}},
        }
        assert await _signed(here, there, "POST", "", elsewhere) == 403
        assert await _signed(here, there, "GET", "", None) == 403


async def _signed(here: Neighbour, there: Neighbour, method: str, path: str, body: Any) -> int:
    """Send a request that one node signs for another; return the status of the answer."""
    content = None if body is None else orjson.dumps(body)
    headers = () if content is None else (("content-type", "application/json"),)
    request = PeerRequest(
        registration_id="",
        method=method,
        url=f"{there.url}/ngsi-ld/v1/subscriptions{path}",
        headers=headers,
        body=content,
        timeout_s=10.0,
    )
    return (await here.node.peers.send(request)).status
