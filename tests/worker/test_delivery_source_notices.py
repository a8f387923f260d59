"""Subscriptions to registrations of Context Sources, through HTTP (CIM 009, 5.11, 6.12, 6.13)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from tests.neighbours import Neighbour, neighbour
from tests.receiver import Receiver, receiving

LAMPS = {"entities": [{"type": "Lamp"}]}
BINS = {"entities": [{"type": "Bin"}]}
RESOURCE = "csourceSubscriptions"
ELSEWHERE = "http://192.0.2.1"


@pytest.fixture
async def here() -> AsyncIterator[Neighbour]:
    async with neighbour() as node:
        yield node


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def told(receiver: Receiver) -> list[tuple[str, list[str]]]:
    return [
        (got.json["triggerReason"], [one["id"] for one in got.json["data"]]) for got in receiver.got
    ]


async def patch(here: Neighbour, path: str, **members: Any) -> None:
    answer = await here.api.patch(path, json=members)
    assert answer.status_code == 204, answer.text


async def sent(here: Neighbour, subscription: str, number: int) -> Any:
    """Wait until so many notifications were counted."""
    async with asyncio.timeout(5):
        while True:
            found = (await here.api.get(f"{RESOURCE}/{subscription}")).json()["notification"]
            if found["timesSent"] == number:
                return found
            await asyncio.sleep(0.02)


@pytest.mark.clause("5.11.2")
@pytest.mark.clause("5.11.7")
@pytest.mark.clause("5.3.2")
async def test_a_subscriber_should_hear_of_registrations_that_come_change_and_go(
    here: Neighbour, receiver: Receiver
) -> None:
    one = await here.register(
        ELSEWHERE,
        LAMPS,
        BINS,
        contextSourceInfo=[{"key": "Authorization", "value": "secret"}],
    )
    subscription = await here.subscribe(receiver.url, resource=RESOURCE)
    await receiver.wait(1)
    body = receiver.got[0].json
    assert body["type"] == "ContextSourceNotification"
    assert body["subscriptionId"] == subscription
    assert told(receiver) == [("newlyMatching", [one])]
    assert body["data"][0]["information"] == [LAMPS]
    assert "secret" not in receiver.got[0].body.decode()
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in receiver.got[0].headers["link"]
    await here.register(ELSEWHERE, BINS)
    other = await here.register(ELSEWHERE, LAMPS)
    await receiver.wait(2)
    await patch(here, f"csourceRegistrations/{other}", description="another")
    await receiver.wait(3)
    assert receiver.got[2].json["data"][0]["description"] == "another"
    await patch(here, f"csourceRegistrations/{other}", information=[BINS])
    await receiver.wait(4)
    await here.delete(f"csourceRegistrations/{one}")
    await receiver.wait(5)
    assert told(receiver)[1:] == [
        ("newlyMatching", [other]),
        ("updated", [other]),
        ("noLongerMatching", [other]),
        ("noLongerMatching", [one]),
    ]
    state = await sent(here, subscription, 5)
    assert state["status"] == "ok"


@pytest.mark.clause("5.11.3")
async def test_all_that_matches_should_be_told_when_the_subscription_was_changed(
    here: Neighbour, receiver: Receiver
) -> None:
    lamps = await here.register(ELSEWHERE, LAMPS)
    bins = await here.register(ELSEWHERE, BINS)
    subscription = await here.subscribe(receiver.url, resource=RESOURCE)
    await receiver.wait(1)
    await patch(here, f"{RESOURCE}/{subscription}", entities=[{"type": "Bin"}])
    await receiver.wait(2)
    await patch(here, f"{RESOURCE}/{subscription}", description="the same")
    await receiver.wait(3)
    assert told(receiver) == [
        ("newlyMatching", [lamps]),
        ("newlyMatching", [bins]),
        ("newlyMatching", [bins]),
    ]


@pytest.mark.slow
@pytest.mark.clause("5.11.2")
async def test_all_should_be_told_at_intervals_when_there_is_one(
    here: Neighbour, receiver: Receiver
) -> None:
    one = await here.register(ELSEWHERE, LAMPS)
    await here.subscribe(receiver.url, resource=RESOURCE, timeInterval=0.3)
    await receiver.wait(3)
    assert told(receiver)[:3] == [("newlyMatching", [one])] * 3


@pytest.mark.clause("5.11.1")
@pytest.mark.clause("5.11.2")
async def test_histories_should_be_told_of_when_a_time_is_asked_for(
    here: Neighbour, receiver: Receiver
) -> None:
    await here.register(ELSEWHERE, LAMPS)
    interval = {"startAt": "2020-01-01T00:00:00Z", "endAt": "2021-01-01T00:00:00Z"}
    history = await here.register(
        ELSEWHERE, LAMPS, observationInterval=interval, operations=["queryTemporal"]
    )
    before = {"timerel": "before", "timeAt": "2019-01-01T00:00:00Z"}
    after = {"timerel": "after", "timeAt": "2020-06-01T00:00:00Z"}
    await here.subscribe(receiver.url, resource=RESOURCE, temporalQ=before)
    await here.subscribe(receiver.url, resource=RESOURCE, temporalQ=after)
    await receiver.wait(1)
    await asyncio.sleep(0.2)
    assert told(receiver) == [("newlyMatching", [history])]


@pytest.mark.slow
@pytest.mark.clause("5.11.7")
async def test_what_was_not_taken_should_be_told_again(here: Neighbour, receiver: Receiver) -> None:
    receiver.answer = lambda _: (200 if len(receiver.got) else 503, 0.0)
    one = await here.register(ELSEWHERE, LAMPS)
    subscription = await here.subscribe(receiver.url, resource=RESOURCE)
    await receiver.wait(2)
    assert told(receiver) == [("newlyMatching", [one])] * 2
    state = await sent(here, subscription, 2)
    assert (state["status"], state["timesFailed"]) == ("ok", 1)


@pytest.mark.clause("6.12.3.1")
@pytest.mark.clause("6.12.3.2")
@pytest.mark.clause("6.13.3.1")
@pytest.mark.clause("6.13.3.3")
async def test_the_resource_should_answer_like_that_of_other_subscriptions(
    here: Neighbour, receiver: Receiver
) -> None:
    name = "urn:ngsi-ld:Subscription:s"
    await here.subscribe(receiver.url, resource=RESOURCE, id=name)
    again = await here.api.post(
        RESOURCE,
        json={
            "id": name,
            "type": "Subscription",
            "entities": [{"type": "Lamp"}],
            "notification": {"endpoint": {"uri": receiver.url}},
        },
    )
    assert again.status_code == 409
    assert (await here.api.get(f"subscriptions/{name}")).status_code == 404
    listed = await here.api.get(RESOURCE, params={"count": "true", "limit": "1"})
    assert listed.headers["ngsild-results-count"] == "1"
    assert [one["id"] for one in listed.json()] == [name]
    await here.delete(f"{RESOURCE}/{name}")
    assert (await here.api.get(f"{RESOURCE}/{name}")).status_code == 404
    assert (await here.api.delete(f"{RESOURCE}/{name}")).status_code == 404


@pytest.mark.clause("6.3.9")
async def test_geojson_should_be_refused_when_registrations_are_told_of(
    here: Neighbour, receiver: Receiver
) -> None:
    endpoint = {"uri": receiver.url, "accept": "application/geo+json"}
    answer = await here.api.post(
        RESOURCE,
        json={
            "type": "Subscription",
            "entities": [{"type": "Lamp"}],
            "notification": {"endpoint": endpoint},
        },
    )
    assert answer.status_code == 400
    assert "6.3.9" in answer.json()["detail"]


async def test_a_subscriber_whose_token_ended_should_hear_nothing_more(
    here: Neighbour, receiver: Receiver
) -> None:
    node = here.node
    node.tokens.create("clerk", now=node.clock())
    clerk = Caller("clerk", roles=frozenset({"writer"}), credential="token:clerk")
    body: dict[str, Any] = {
        "type": "Subscription",
        "entities": [{"type": "Lamp"}],
        "notification": {"endpoint": {"uri": receiver.url}},
    }
    await node.source_subscriptions.create(clerk, body, CORE, now=node.clock())
    one = await here.register(ELSEWHERE, LAMPS)
    await receiver.wait(1)
    node.tokens.revoke("clerk", now=node.clock())
    await here.delete(f"csourceRegistrations/{one}")
    await asyncio.sleep(0.3)
    assert told(receiver) == [("newlyMatching", [one])]
