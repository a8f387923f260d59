"""What becomes of messages: present and past, duplicates, unknown devices, personal data, scripts."""

from collections.abc import AsyncIterator, Mapping

import orjson
import pytest

from hanze.broker.ports import Window
from hanze.connectors.source_record import Example, SourceRecord
from hanze.connectors.streaming import Message, Scalar
from hanze.errors import InvalidInput, NotFound
from hanze.identity.allowance import TooOften
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.node.source_state import SourcePaused
from hanze.settings import Sources
from tests.worker.streaming import add, attribute, counters, following, until

ENTITY = "urn:ngsi-ld:Device:gate:a"
SCRIPT = "function decodeUplink(i) { return {data: {temperature: i.bytes[0] / 2}}; }"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with following(sources=Sources(messages_per_minute=50)) as opened:
        yield opened


async def push(node: Node, *bodies: object, name: str = "gate") -> None:
    """Push messages, and wait until they are dealt with."""
    before = (await counters(node, name)).received
    for body in bodies:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        now = node.clock()
        await node.sources.push(name, Message(source=name, received_at=now, body=content), now=now)

    async def done() -> bool:
        found = await counters(node, name)
        stopped = bool(node.sources.state(name).stopped)
        return found.received == before + len(bodies) and (found.waiting == 0 or stopped)

    await until(done)


async def past(node: Node, term: str) -> list[tuple[object, str | None]]:
    """Value and moment of every instance in the history."""
    evolution = node.store.history.evolution("", ENTITY)
    assert evolution is not None
    ((entity,), _) = await node.store.history.read("", [evolution], Window())
    instances = entity.attributes[HANZE.expand_name(term)]
    return [(one.attribute.value, one.attribute.observed_at) for one in instances]


def at(hour: int, level: float, device: str = "a") -> dict[str, object]:
    return {"id": device, "at": f"2026-06-01T{hour:02}:00:00Z", "level": level}


OPTIONS: Mapping[str, Scalar] = {"type": "Device", "device": "id", "time": "at"}


async def test_late_values_should_go_to_their_own_time(node: Node) -> None:
    await add(node, "gate", options=OPTIONS)
    await push(node, at(10, 1.5), at(12, 2.5))
    await push(node, at(11, 7.5), at(9, 6))
    present = attribute(node, ENTITY, "level")
    assert present is not None
    assert (present.value, present.observed_at) == (2.5, "2026-06-01T12:00:00Z")
    assert await past(node, "level") == [
        (6, "2026-06-01T09:00:00Z"),
        (1.5, "2026-06-01T10:00:00Z"),
        (7.5, "2026-06-01T11:00:00Z"),
        (2.5, "2026-06-01T12:00:00Z"),
    ]
    found = await counters(node, "gate")
    assert (found.stored, found.late, found.duplicate) == (4, 2, 0)
    assert found.last_observed == "2026-06-01T12:00:00Z"


async def test_the_same_again_should_be_counted_and_change_nothing(node: Node) -> None:
    await add(node, "gate", options=OPTIONS)
    await push(node, at(12, 2.5), at(10, 1))
    kept = await past(node, "level")
    await push(node, at(12, 2.5), at(10, 1))
    end = 1 << 62
    assert await node.sources.spool.replay("gate", start=0, end=end) == 4

    async def replayed() -> bool:
        return (await counters(node, "gate")).duplicate == 6

    await until(replayed)
    assert await past(node, "level") == kept
    assert (await counters(node, "gate")).stored == 2


async def test_a_corrected_value_should_take_the_place_of_the_present_one(node: Node) -> None:
    await add(node, "gate", options=OPTIONS)
    await push(node, at(12, 2.5), at(12, 3.5))
    present = attribute(node, ENTITY, "level")
    assert present is not None
    assert present.value == 3.5


async def test_unknown_devices_should_wait_until_they_are_let_in(node: Node) -> None:
    await add(node, "gate", approve=True, options=OPTIONS)
    await push(node, at(10, 1), at(11, 2), at(10, 5, device="b"))
    assert node.store.stored("", ENTITY) is None
    assert {one.device for one in await node.sources.spool.devices("gate")} == {"a", "b"}
    assert await node.sources.approve("gate", "a") == 2

    async def stored() -> bool:
        return (await counters(node, "gate")).stored == 2

    await until(stored)
    assert [one.device for one in await node.sources.spool.devices("gate")] == ["b"]
    await push(node, at(12, 3))
    assert (await counters(node, "gate")).stored == 3
    await node.sources.approve("gate", "b", refuse=True)
    await push(node, at(12, 3, device="b"))
    assert await node.sources.spool.devices("gate") == []
    assert node.store.stored("", "urn:ngsi-ld:Device:gate:b") is None
    with pytest.raises(NotFound):
        await node.sources.approve("gate", "b")


async def test_personal_data_should_stop_the_source_and_not_be_kept(node: Node) -> None:
    await add(node, "gate", attributes="*, owner=ownerEmail", options=OPTIONS)
    await push(node, at(10, 1))
    await push(node, {**at(11, 2), "owner": "jan@example.org"}, at(12, 3))
    assert "e-mail" in node.sources.state("gate").stopped
    present = attribute(node, ENTITY, "level")
    assert present is not None
    assert present.value == 1
    (letter,) = await node.sources.spool.letters("gate")
    assert "jan" not in letter.reason + letter.part
    assert all(b"jan" not in one.message.body for one in await node.sources.spool.newest("gate"))
    with pytest.raises(SourcePaused):
        await push(node, at(13, 4))
    await node.sources.resume("gate")

    async def went_on() -> bool:
        found = attribute(node, ENTITY, "level")
        return found is not None and found.value == 3

    await until(went_on)


async def test_personal_data_should_stop_the_source_when_no_attribute_takes_it(node: Node) -> None:
    await add(node, "gate", options=OPTIONS)
    await push(node, {**at(10, 1), "meta": {"contact": "jan@example.org"}})
    assert "meta.contact" in node.sources.state("gate").stopped
    assert all(b"jan" not in one.message.body for one in await node.sources.spool.newest("gate"))


async def test_dead_letters_should_be_replayed(node: Node) -> None:
    await add(node, "gate", attributes="level=level:C62:2", options=OPTIONS)
    await push(node, {"id": "a", "at": "2026-06-01T10:00:00Z", "level": "high"}, b"\xff\x00")
    found = await counters(node, "gate")
    assert (found.rejected, found.letters) == (2, 2)
    assert await node.sources.spool.replay("gate", start=0, end=1 << 62, letters=True) == 2


async def test_entities_that_the_rules_refuse_should_be_letters(node: Node) -> None:
    await add(node, "gate", type="Project", device="id")
    await push(node, {"id": "a", "level": 1}, {"id": "a", "level": 2})
    letters = await node.sources.spool.letters("gate")
    assert [one.message_id for one in letters] == [2, 1]
    assert letters[0].part.startswith("urn:ngsi-ld:Project")


async def test_a_message_that_is_too_deep_should_be_a_letter_and_no_more(node: Node) -> None:
    await add(node, "gate", attributes="level=level, deep=deep", options=OPTIONS)
    deep = b'{"id": "a", "at": "2026-06-01T10:00:00Z", "deep": %s1%s}' % (b"[" * 900, b"]" * 900)
    await push(node, deep)
    assert (await counters(node, "gate")).waiting == 0
    await push(node, at(11, 2))
    present = attribute(node, ENTITY, "level")
    assert present is not None
    assert present.value == 2


async def test_push_should_say_when_it_is_too_often(node: Node) -> None:
    await add(node, "gate", options=OPTIONS)
    with pytest.raises(TooOften) as refused:
        await push(node, *[at(10, n) for n in range(60)])
    assert 0 < refused.value.retry_after_s <= 60


async def test_a_script_should_be_tried_on_its_vectors_before_it_is_added(node: Node) -> None:
    wrong = Example(bytes="2b", data={"temperature": 20})
    record = SourceRecord("lora", "tts-v3", script=SCRIPT, examples=(wrong,))
    with pytest.raises(InvalidInput, match=r"temperature is 21\.5"):
        await node.sources.add(record, {})
    right = Example(bytes="2b", data={"temperature": 21.5})
    record = SourceRecord("lora", "tts-v3", script=SCRIPT, examples=(right,))
    await node.sources.add(record, {})
    assert await node.sources.script_failures(node.sources.record("lora")) == []


async def test_sources_should_be_there_after_a_restart_and_go_when_removed(
    node: Node,
) -> None:
    await add(node, "gate", options=OPTIONS)
    await push(node, at(10, 1))
    await node.sources.remove("gate")
    with pytest.raises(NotFound):
        node.sources.record("gate")
    assert (await counters(node, "gate")).received == 0
    assert node.store.stored("", ENTITY) is not None
