"""Subscriptions that reach over nodes, through the doors of nodes that listen (CIM 009, 5.8)."""

import asyncio
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.neighbours import NEIGHBOUR, Neighbour, neighbour
from tests.receiver import Receiver, receiving
from tests.several import answer, pretender

LAMPS = {"entities": [{"type": "Lamp"}]}
ID = "urn:ngsi-ld:Lamp:1"


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [entity for got in receiver.got for entity in got.json["data"]]


async def quiet(receiver: Receiver, number: int) -> None:
    """See that no more than so many notifications come."""
    await receiver.wait(number)
    await asyncio.sleep(0.3)
    assert len(receiver.got) == number, [got.json for got in receiver.got]


@pytest.mark.clause("5.8.1")
@pytest.mark.clause("5.8.6")
async def test_a_subscriber_should_hear_of_a_change_at_a_source_when_one_is_registered() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS)
        subscription = await here.subscribe(
            receiver.url,
            watchedAttributes=["level"],
            q="level>2",
            notification={"format": "keyValues", "attributes": ["level"]},
        )
        copy = (await there.has(1))[0]
        assert copy["watchedAttributes"] == ["level"]
        assert copy["q"] == "level>2"
        assert copy["notification"]["attributes"] == ["level"]
        assert copy["notification"]["endpoint"]["uri"].startswith(
            f"{here.url}/api/v1/peer-notifications/"
        )
        await there.write("1", level=1, name="a")
        await there.write("1", level=3)
        await quiet(receiver, 1)
        assert told(receiver) == [{"id": ID, "type": "Lamp", "level": 3}]
        assert receiver.got[0].json["subscriptionId"] == subscription
        state = (await here.api.get(f"subscriptions/{subscription}")).json()["notification"]
        assert (state["status"], state["timesSent"]) == ("ok", 1)


@pytest.mark.clause("5.8.6")
async def test_changes_at_a_source_should_be_shown_like_those_here() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS)
        await here.subscribe(
            receiver.url,
            notificationTrigger=["entityUpdated", "entityDeleted"],
            notification={"showChanges": True, "sysAttrs": True},
        )
        await there.has(1)
        await there.write("1", level=1, name="a")
        await receiver.wait(1)
        await there.write("1", level=2)
        await receiver.wait(2)
        level = told(receiver)[1]["level"]
        assert (level["value"], level["previousValue"]) == (2, 1)
        assert told(receiver)[1]["createdAt"] <= told(receiver)[1]["modifiedAt"]
        await there.delete(f"entities/{ID}/attrs/name")
        await receiver.wait(3)
        name = told(receiver)[2]["name"]
        assert (name["value"], name["previousValue"]) == ("urn:ngsi-ld:null", "a")
        await there.delete(f"entities/{ID}")
        await quiet(receiver, 4)
        gone = told(receiver)[3]
        assert gone["deletedAt"]
        assert gone["level"]["previousValue"] == 2


@pytest.mark.clause("5.8.2")
@pytest.mark.clause("5.8.5")
async def test_a_copy_should_follow_its_subscription() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS)
        subscription = await here.subscribe(receiver.url, q="level>2", throttling=1)
        first = (await there.has(1))[0]
        fragment = {"q": "level>5", "throttling": None, "isActive": False}
        answer = await here.api.patch(f"subscriptions/{subscription}", json=fragment)
        assert answer.status_code == 204
        async with asyncio.timeout(5):
            while (second := (await there.has(1))[0])["q"] != "level>5":  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.02)
        assert second["id"] == first["id"]
        assert "throttling" not in second
        assert second["status"] == "paused"
        await here.delete(f"subscriptions/{subscription}")
        await there.has(0)
        assert len(here.node.forwarding.copies) == 0


@pytest.mark.slow
async def test_a_copy_that_its_source_lost_should_be_made_again_when_the_node_starts(
    tmp_path: Path,
) -> None:
    here = replace(NEIGHBOUR, data=tmp_path)
    async with neighbour() as there, receiving() as receiver:
        async with neighbour(here) as node:
            await node.register(there.url, LAMPS)
            await node.subscribe(receiver.url)
            copy = (await there.has(1))[0]
            await settled(node)
        await there.delete(f"subscriptions/{copy['id']}")
        async with neighbour(here):
            assert (await there.has(1))[0]["id"] == copy["id"]


async def settled(node: Neighbour) -> None:
    """Wait until it is written down which copies are there."""
    async with asyncio.timeout(5):
        while not all(one.sent for one in node.node.forwarding.copies):  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0.01)


@pytest.mark.clause("5.8.1")
@pytest.mark.clause("5.9.4")
async def test_copies_should_follow_registrations() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.subscribe(receiver.url)
        await here.register(there.url, {"entities": [{"type": "Bin"}]})
        registration = await here.register(there.url, LAMPS)
        await there.has(1)
        other = {"information": [{"entities": [{"type": "Lamp"}], "propertyNames": ["level"]}]}
        answer = await here.api.patch(f"csourceRegistrations/{registration}", json=other)
        assert answer.status_code == 204, answer.text
        async with asyncio.timeout(5):
            while "watchedAttributes" not in (await there.has(1))[0]:  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.02)
        await here.delete(f"csourceRegistrations/{registration}")
        await there.has(0)


@pytest.mark.slow
@pytest.mark.clause("4.20")
async def test_nothing_should_be_forwarded_to_who_does_not_take_subscriptions() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS, operations=["retrieveOps"])
        await here.register(there.url, LAMPS, mode="auxiliary", operations=["retrieveOps"])
        await here.subscribe(receiver.url)
        await here.subscribe(receiver.url, localOnly=True)
        await asyncio.sleep(0.3)
        assert await there.subscriptions() == []


@pytest.mark.clause("5.8.1")
async def test_a_subscription_should_be_made_at_once_when_a_source_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with neighbour() as here, receiving() as receiver:
        await here.register(f"http://127.0.0.1:{port}", LAMPS)
        await here.subscribe(receiver.url)
        async with neighbour(port=port) as there:
            await there.has(1)
            await there.write("1", level=3)
            await receiver.wait(1)


@pytest.mark.clause("5.8.6")
async def test_an_entity_in_parts_should_be_put_together_before_it_is_filtered() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS)
        await here.write("1", level=1)
        await there.write("1", name="a")
        await here.subscribe(
            receiver.url,
            splitEntities=True,
            q='level>2;name=="b"',
            notification={"format": "keyValues"},
        )
        copy = (await there.has(1))[0]
        assert "q" not in copy
        assert copy["splitEntities"] is True
        await here.write("1", level=3)
        await asyncio.sleep(0.2)
        await there.write("1", name="b")
        await quiet(receiver, 1)
        whole = {"id": ID, "type": "Lamp", "level": 3, "name": "b"}
        assert told(receiver) == [whole]
        await here.write("1", level=4)
        await quiet(receiver, 2)
        assert told(receiver)[1] == {**whole, "level": 4}
        await here.write("1", level=0)
        await there.write("1", name="c")
        await quiet(receiver, 2)


@pytest.mark.slow
@pytest.mark.clause("4.3.6.4")
@pytest.mark.clause("6.3.18")
@pytest.mark.parametrize("named", [True, False], ids=["alias", "no alias"])
async def test_nodes_that_know_each_other_should_tell_of_a_change_once(named: bool) -> None:
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(neighbour()) for _ in range(3)]
        receivers = [await stack.enter_async_context(receiving()) for _ in nodes]
        for one, other in permutations(nodes, 2):
            alias = {"contextSourceAlias": other.node.alias} if named else {}
            await one.register(other.url, LAMPS, **alias)
        own = [
            await one.subscribe(receiver.url)
            for one, receiver in zip(nodes, receivers, strict=True)
        ]
        await _settled(nodes)
        for number, one in enumerate(nodes):
            await one.write(str(number), level=number)
        for receiver in receivers:
            await receiver.wait(3)
        await asyncio.sleep(0.5)
        for receiver in receivers:
            names = sorted(entity["id"] for entity in told(receiver))
            assert names == [f"urn:ngsi-ld:Lamp:{number}" for number in range(3)]
        for one, subscription in zip(nodes, own, strict=True):
            await one.delete(f"subscriptions/{subscription}")
        for one in nodes:
            await one.has(0)


async def _settled(nodes: list[Neighbour]) -> None:
    """Wait until the numbers of subscriptions no longer change."""
    before: list[int] = []
    async with asyncio.timeout(15):
        while True:
            await asyncio.sleep(0.5)
            now = [len(await one.subscriptions()) for one in nodes]
            if now == before:
                return
            before = now


@pytest.mark.slow
@pytest.mark.clause("5.8.6")
async def test_what_comes_at_intervals_should_be_passed_on_each_time() -> None:
    async with neighbour() as here, neighbour() as there, receiving() as receiver:
        await here.register(there.url, LAMPS)
        await there.write("1", level=3)
        await here.subscribe(receiver.url, timeInterval=0.5)
        await receiver.wait(2)
        assert {entity["id"] for entity in told(receiver)} == {ID}


@pytest.mark.slow
async def test_no_copy_should_be_made_when_the_source_would_not_know_where_to_notify() -> None:
    async with neighbour(NEIGHBOUR) as here, neighbour() as there, receiving() as receiver:
        here.node.base_url = here.node.base_url.replace("127.0.0.1", "0.0.0.0")
        await here.register(there.url, LAMPS)
        await here.subscribe(receiver.url)
        await asyncio.sleep(0.3)
        assert await there.subscriptions() == []


@pytest.mark.clause("4.3.6.1")
@pytest.mark.clause("5.8.1")
async def test_a_copy_that_never_came_about_should_be_given_up_when_it_is_not_taken_any_more() -> (
    None
):
    async with neighbour() as here, pretender() as source, receiving() as receiver:
        source.answer = answer({"title": "Broken"}, 500)
        registration = await here.register(source.url, LAMPS)
        await here.subscribe(receiver.url)
        async with asyncio.timeout(5):
            while not source.got:  # noqa: ASYNC110  # it is sent by itself
                await asyncio.sleep(0.02)
        fragment = {"operations": ["retrieveOps"]}
        changed = await here.api.patch(f"csourceRegistrations/{registration}", json=fragment)
        assert changed.status_code == 204, changed.text
        async with asyncio.timeout(5):
            while len(here.node.forwarding.copies):  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.02)
        assert {method for method, _, _ in source.got} == {"POST"}
