"""What Context Sources notify, taken with suspicion (CIM 009, 5.8.6)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from tests.neighbours import Neighbour, neighbour
from tests.receiver import Receiver, receiving

LAMPS = {"entities": [{"type": "Lamp"}], "propertyNames": ["level"]}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A node that has subscribed at another one, and waits for its notifications."""

    here: Neighbour
    receiver: Receiver
    copy: dict[str, Any]

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        uri = self.copy["notification"]["endpoint"]["uri"]
        return await self.here.api.post(uri, json=body, headers=headers)

    async def notify(self, *data: Any, **headers: str) -> httpx.Response:
        return await self.post(self.body(*data), **headers)

    def body(self, *data: Any) -> dict[str, Any]:
        return {
            "id": "urn:ngsi-ld:Notification:1",
            "type": "Notification",
            "subscriptionId": self.copy["id"],
            "notifiedAt": "2026-01-01T00:00:00Z",
            "data": list(data),
        }


@pytest.fixture
async def waiting() -> AsyncIterator[Waiting]:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS)
        await here.subscribe(receiver.url, notification={"format": "keyValues"})
        copy = (await there.has(1))[0]
        async with asyncio.timeout(5):
            while not all(one.sent for one in here.node.forwarding.copies):  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.01)
        yield Waiting(here, receiver, copy)


def lamp(number: str = "1", /, **members: Any) -> dict[str, Any]:
    level = {"type": "Property", "value": 3}
    return {"id": f"urn:ngsi-ld:Lamp:{number}", "type": "Lamp", "level": level, **members}


@pytest.mark.clause("5.8.6")
async def test_a_notification_should_be_durable_when_it_was_answered(waiting: Waiting) -> None:
    waiting.receiver.answer = lambda _: (503, 0.0)
    answer = await waiting.notify(lamp("1"), lamp("2"))
    assert answer.status_code == 200, answer.text
    assert sum(waiting.here.node.store.outbox.waiting().values()) == 2


@pytest.mark.clause("4.3.6.1")
async def test_what_was_not_asked_for_should_not_be_passed_on(waiting: Waiting) -> None:
    other = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": {"type": "Property", "value": 1}}
    name = {"type": "Property", "value": "mine"}
    answer = await waiting.notify(other, "nonsense", lamp(name=name))
    assert answer.status_code == 200
    await waiting.receiver.wait(1)
    data = [one for got in waiting.receiver.got for one in got.json["data"]]
    assert data == [{"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "level": 3}]
    assert (await waiting.here.api.get("entities/urn:ngsi-ld:Lamp:1?local=true")).status_code == 404


@pytest.mark.clause("6.3.18")
async def test_a_notification_should_end_when_it_went_in_a_circle(waiting: Waiting) -> None:
    via = f"1.1 other, 1.1 {waiting.here.node.alias}"
    assert (await waiting.notify(lamp(), via=via)).status_code == 200
    assert waiting.here.node.store.outbox.waiting() == {}


@pytest.mark.clause("5.3.1")
async def test_a_body_should_be_refused_when_it_is_no_notification_of_the_copy(
    waiting: Waiting,
) -> None:
    wrong: list[Any] = [
        [],
        {**waiting.body(), "type": "Lamp"},
        {**waiting.body(), "subscriptionId": "urn:ngsi-ld:Subscription:other"},
        {**waiting.body(), "data": {}},
        waiting.body({"id": "no uri", "type": "Lamp"}),
    ]
    for body in wrong:
        answer = await waiting.post(body)
        assert answer.status_code == 400, answer.text


async def test_nobody_should_be_told_when_the_address_is_not_known(waiting: Waiting) -> None:
    for token in ("nobody", "x" * 5_000):
        uri = f"{waiting.here.url}/api/v1/peer-notifications/{token}"
        assert (await waiting.here.api.post(uri, json=waiting.body(lamp()))).status_code == 404


async def test_nothing_should_be_fetched_for_strangers(waiting: Waiting) -> None:
    uri = f"{waiting.here.url}/api/v1/peer-notifications/nobody"
    body = {**waiting.body(lamp()), "@context": f"{waiting.receiver.url}/context"}
    headers = {"content-type": "application/ld+json"}
    answer = await waiting.here.api.post(uri, content=orjson.dumps(body), headers=headers)
    assert (answer.status_code, waiting.receiver.got) == (404, [])


async def test_a_dated_change_should_be_told_once_when_it_comes_twice(waiting: Waiting) -> None:
    dated = lamp(modifiedAt="2026-01-01T00:00:00Z")
    for _ in range(3):
        assert (await waiting.notify(dated)).status_code == 200
    later = lamp(modifiedAt="2026-01-01T00:00:01Z")
    assert (await waiting.notify(later)).status_code == 200
    await waiting.receiver.wait(2)
    await asyncio.sleep(0.2)
    assert len(waiting.receiver.got) == 2


async def test_a_time_far_ahead_should_not_disturb_what_is_told_next(waiting: Waiting) -> None:
    gone = {"id": "urn:ngsi-ld:Lamp:9", "type": "Lamp", "deletedAt": "9999-01-01T00:00:00Z"}
    assert (await waiting.notify(gone)).status_code == 200
    assert (await waiting.notify(lamp())).status_code == 200
    got = await waiting.receiver.wait(2)
    assert got[0].json["data"][0]["deletedAt"] == "9999-01-01T00:00:00Z"
