"""What members of the league are told of is what is shared with them at that moment."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.neighbours import Neighbour, neighbour
from tests.receiver import receiving

pytestmark = pytest.mark.slow
SCOPES = {"1": "/breda/centre", "2": "/breda/north"}


async def _league(node: Neighbour, method: str, path: str, body: Any = None) -> Any:
    async with httpx.AsyncClient(timeout=20.0) as client:
        answer = await client.request(method, f"{node.url}/api/v1/league{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def _lamp(node: Neighbour, number: str, level: int) -> None:
    lamp = {
        "id": f"urn:ngsi-ld:Lamp:{number}",
        "type": "Lamp",
        "scope": SCOPES[number],
        "level": level,
    }
    answer = await node.api.post("entityOperations/upsert", json=[lamp])
    assert answer.status_code in (201, 204), answer.text


@pytest.mark.clause("5.8.6")
async def test_members_should_be_told_of_what_is_shared_with_them_alone() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        for number in SCOPES:
            await _lamp(there, number, 1)
        for name, node in (("First", here), ("Second", there)):
            await _league(node, "POST", "", {"name": name, "city": name})
        lamps = {"types": ["Lamp"], "scopes": ["/breda/centre"]}
        await _league(there, "PUT", "/sharing", {"shares": [lamps]})
        token = (await _league(here, "POST", "/invitations"))["token"]
        await _league(there, "POST", "/join", {"token": token})
        await _league(here, "POST", "/confirm", {"member": "Second"})
        for node in (here, there, here):
            await node.node.gossip.step()
        await here.subscribe(receiver.url)
        await there.has(1)
        await _lamp(there, "2", 2)
        await _lamp(there, "1", 2)
        await receiver.wait(1)
        await asyncio.sleep(0.3)
        told = [one["id"] for got in receiver.got for one in got.json["data"]]
        assert told == ["urn:ngsi-ld:Lamp:1"]
        # What is shared no more is told no more, whatever was subscribed to.
        await _league(there, "PUT", "/sharing", {"shares": [{"types": ["Road"]}]})
        await _lamp(there, "1", 3)
        await asyncio.sleep(0.5)
        assert len(receiver.got) == 1
