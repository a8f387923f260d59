"""Sources that flood, lie, lead back, answer garbage or nothing, all at once beside a good one."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import orjson
import pytest

from hanze.settings import Distribution
from tests.answering import Asked, answer_of, answering
from tests.in_process import DEVELOPMENT
from tests.several import Served, register, served_node

pytestmark = pytest.mark.clause("6.3.17")

_MB = 1 << 20
_TIMEOUT_S = 1.0
_QUICK = replace(
    DEVELOPMENT,
    distribution=Distribution(timeout_s=_TIMEOUT_S, cooldown_s=60.0, max_answer_mb=1),
)
_BINS = [{"entities": [{"type": "Bin"}]}]


def _bin(name: str, **members: Any) -> dict[str, Any]:
    return {"id": f"urn:ngsi-ld:Bin:{name}", "type": "Bin", **members}


async def _flooding(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    entity = orjson.dumps(_bin("flood")) + b","
    piece = (b"[" + entity * 500)[:0x8000]
    while True:
        writer.write(b"8000\r\n" + piece + b"\r\n")
        await writer.drain()


async def _trickling(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"[")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def _leaving(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.close()


#: How each source answers, and the warning that it deserves.
_BAD: list[tuple[Any, str]] = [
    (_flooding, "111"),
    (_trickling, "199"),
    (_silent, "199"),
    (_leaving, "199"),
    (answer_of(body=b"<html>It works!</html>", content_type="text/html"), "111"),
    (answer_of(body=b"[" * 5000 + b"]" * 5000), "111"),
    (answer_of(body=b"\x00\xff" * 1000), "111"),
    (answer_of(302, b"", location="http://127.0.0.1:1/"), "299"),
    (answer_of(403, b'{"title":"No\\r\\nX-Evil: 1"}'), "299"),
    (answer_of(508, b"{}"), "199"),
    # It lies: another type than it is registered for, and no entities at all.
    (answer_of(body=orjson.dumps([{"id": "urn:ngsi-ld:Spy:1", "type": "Spy"}])), ""),
    (answer_of(body=orjson.dumps([5, None, {"id": "Bin", "type": "Bin"}])), "111"),
]


@pytest.fixture
async def hub() -> AsyncIterator[Served]:
    """A node with one entity, a good source with another, and all the bad ones."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(served_node(_QUICK))
        created = await node.api.post("/entities", json=_bin("own"), params={"local": "true"})
        assert created.status_code == 201
        good = answer_of(body=orjson.dumps([_bin("good")]))
        for script, _ in [*_BAD, (good, "")]:
            source = await stack.enter_async_context(answering(script))
            await register(node, source.url, _BINS)
        yield node


async def test_a_query_should_be_answered_whatever_sources_do(hub: Served) -> None:
    tracemalloc.start()
    started = time.perf_counter()
    answered = await hub.api.get("/entities", params={"type": "Bin"})
    took_s = time.perf_counter() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answered.status_code == 200, answered.text
    assert {entity["id"] for entity in answered.json()} == {_bin("own")["id"], _bin("good")["id"]}
    warnings = answered.headers.get_list("ngsild-warning")
    assert all(warning.isprintable() for warning in warnings)
    assert "x-evil" not in answered.headers
    told = sorted(warning[:3] for warning in warnings)
    deserved = sorted(code for _, code in _BAD if code)
    assert [code for code in told if code in deserved] == told
    assert len(told) >= len(deserved)
    assert took_s < 3 * _TIMEOUT_S + 2
    assert peak < 32 * _MB


async def test_nothing_of_what_sources_answer_should_be_stored(hub: Served) -> None:
    await hub.api.get("/entities", params={"type": "Bin"})
    await hub.api.get(f"/entities/{_bin('good')['id']}")
    kept = await hub.api.get("/entities", params={"local": "true"})
    assert kept.json() == [_bin("own")]


async def test_sources_that_gave_no_answer_should_be_left_alone(hub: Served) -> None:
    await hub.api.get("/entities", params={"type": "Bin"})
    started = time.perf_counter()
    answered = await hub.api.get("/entities", params={"type": "Bin"})
    assert time.perf_counter() - started < _TIMEOUT_S
    warnings = answered.headers.get_list("ngsild-warning")
    assert sum("left alone" in warning for warning in warnings) == 4


@pytest.mark.clause("6.3.18", "4.3.6.4")
async def test_a_registration_of_the_node_itself_should_not_go_round_for_ever() -> None:
    async with served_node(_QUICK) as mirror:
        created = await mirror.api.post("/entities", json=_bin("one"))
        assert created.status_code == 201
        await register(mirror, mirror.url, _BINS)
        answered = await mirror.api.get("/entities", params={"type": "Bin"})
        assert answered.json() == [_bin("one")]
        assert (await mirror.api.get(f"/entities/{_bin('one')['id']}")).status_code == 200
        redirect = {"mode": "redirect", "operations": ["redirectionOps"]}
        await register(mirror, mirror.url, [{"entities": [{"type": "Box"}]}], **redirect)
        box = {"id": "urn:ngsi-ld:Box:1", "type": "Box"}
        retrieved = await mirror.api.get(f"/entities/{box['id']}", params={"type": "Box"})
        assert retrieved.status_code == 508
        assert (await mirror.api.post("/entities", json=box)).status_code == 508
