"""Live values: who listens hears of changes, slow ones miss some, and nobody is waited for."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.broker.provision import create_entity
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE
from hanze.node.live import Listener, Live, TooManyListeners, Wanted
from hanze.node.node import Node
from hanze.settings import Portal, Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.running import start_node

KIND = "urn:x:Sensor"
CALLER = Caller(actor="t", roles=frozenset({"reader", "writer"}))
HEADERS = {"content-type": "application/json"}


def body_of(name: str, value: float) -> dict[str, object]:
    observed = {"type": "Property", "value": value, "unitCode": "CEL"}
    return {
        "id": f"urn:x:{name}",
        "type": "WeatherObserved",
        "temperature": {**observed, "observedAt": "2026-11-22T05:00:00Z"},
    }


async def write(node: Node, name: str) -> None:
    attribute = Attribute(kind=AttributeKind.PROPERTY, value=1)
    entity = Entity(id=f"urn:x:{name}", types=(KIND,), attributes={"urn:x:a": (attribute,)})
    await node.store.transact(
        lambda uow: create_entity(uow, CALLER, entity, context=HANZE, now=node.clock())
    )


async def heard(listener: Listener) -> list[str]:
    return sorted(await listener.next(timeout_s=5))


async def test_listener_should_hear_of_what_it_wants(empty_node: Node) -> None:
    live = empty_node.live
    with (
        live.listen(Wanted(ids=frozenset({"urn:x:1"})), "a") as by_id,
        live.listen(Wanted(types=frozenset({KIND})), "a") as by_type,
    ):
        await write(empty_node, "1")
        await write(empty_node, "2")
        assert await heard(by_id) == ["urn:x:1"]
        assert await heard(by_type) == ["urn:x:1", "urn:x:2"]
        assert await by_id.next(timeout_s=0.01) == ()
    assert len(live) == 0


async def test_slow_listener_should_keep_the_latest_only() -> None:
    listener = Listener(Wanted(), most=3)
    for name in "abcdab":
        listener.tell(name)
    assert await listener.next(timeout_s=1) == ("d", "a", "b")


async def test_listeners_should_be_limited_in_all_and_per_address() -> None:
    live = Live(most=3, most_per_address=2)
    with live.listen(Wanted(), "a"), live.listen(Wanted(), "a"):
        with pytest.raises(TooManyListeners, match="At most 2"):
            live.check_room("a")
        with live.listen(Wanted(), "b"), pytest.raises(TooManyListeners, match="At most 3"):
            live.check_room("c")
    live.check_room("a")


async def test_closing_should_end_those_who_listen_and_who_come_later() -> None:
    live = Live(most=3, most_per_address=2)
    with live.listen(Wanted(), "a") as before:
        live.close()
        assert before.ended
        assert await before.next(timeout_s=5) == ()
        with live.listen(Wanted(), "a") as after:
            assert await after.next(timeout_s=5) == ()


async def test_nobody_who_listens_should_cost_next_to_nothing() -> None:
    live = Live(most=3, most_per_address=2)

    class Unit:
        changes = ()

    started = time.process_time()
    for _ in range(10_000):
        assert live.stage(Unit()) is None  # type: ignore[arg-type]  # what it looks at is there
    assert time.process_time() - started < 0.1  # 10 us each, fifty times what it takes


@pytest.fixture
async def strict() -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(data=None, server=Server(dev=True), portal=Portal(live_listeners=0))
    async with node_in_memory(settings) as node, client_of(node) as client:
        yield client


async def test_stream_should_be_refused_where_there_is_no_room(strict: httpx.AsyncClient) -> None:
    assert (await strict.get("/en/live?entity=urn:x:1")).status_code == 429


async def test_stream_of_nothing_should_be_refused(empty: httpx.AsyncClient) -> None:
    assert (await empty.get("/en/live")).status_code == 400
    many = "&".join(f"entity=urn:x:{number}" for number in range(201))
    assert (await empty.get(f"/en/live?{many}")).status_code == 400


async def test_pages_should_name_what_they_show(city: httpx.AsyncClient) -> None:
    page = (await city.get("/en/data/WeatherObserved")).text
    assert page.count('data-live-entity="urn:ngsi-ld:WeatherObserved') >= 2
    assert 'data-part="value-0"' in page
    assert "hidden data-live-switch" in page


async def events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, object]]:
    async for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_stream_should_tell_pieces_of_pages_and_end_with_the_node(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("live")
    node = start_node(["serve", "--dev", "--data", str(folder), "--port", "0"])
    try:
        async with httpx.AsyncClient(base_url=node.url, timeout=20) as client:
            await client.post("/ngsi-ld/v1/entities", json=body_of("1", 4), headers=HEADERS)
            path = "/nl/live?entity=urn:x:1&show=page"
            async with client.stream("GET", path) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                told = events(answer.aiter_lines())
                update = asyncio.create_task(_change(client))
                first = await anext(told)
                update.cancel()
                parts = first["parts"]
                assert isinstance(parts, dict)
                assert first["entity"] == "urn:x:1"
                assert "12,5" in parts["tile-0"]
                assert "12,5" in parts["value/temperature/"]
                assert "<time" in parts["time/temperature/"]
                await client.delete("/ngsi-ld/v1/entities/urn:x:1")
                while not (await anext(told))["gone"]:
                    pass
                started = time.monotonic()
                ended = await asyncio.to_thread(node.stop)
                assert ended.code == 0
                assert time.monotonic() - started < 8
    finally:
        node.stop()


async def _change(client: httpx.AsyncClient) -> None:
    """Write a value until somebody hears of it: the stream begins a moment after its head."""
    path = "/ngsi-ld/v1/entities/urn:x:1/attrs"
    content = {"temperature": body_of("1", 12.5)["temperature"]}
    while True:
        await client.patch(path, json=content, headers=HEADERS)
        await asyncio.sleep(0.2)
