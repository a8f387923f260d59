"""A real node under load and under clients of ill will: the others go on being answered."""

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.running import RunningNode, run_hanze, start_node

pytestmark = pytest.mark.slow

_JSON = {"content-type": "application/json"}
_ENTITIES = "/ngsi-ld/v1/entities"
_OPERATIONS = "/ngsi-ld/v1/entityOperations"
_ONE = f"{_ENTITIES}/urn:ngsi-ld:Bin:0"
#: Far above what is usual, some 50 ms: a busy machine is no failure, a node that stands still is.
_LONGEST_S = 1.0


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningNode]:
    node = start_node(["serve", "--dev", "--data", str(tmp_path), "--port", "0"])
    yield node
    node.stop()


def _bin(number: int) -> dict[str, object]:
    return {
        "id": f"urn:ngsi-ld:Bin:{number}",
        "type": "Bin",
        "name": {"type": "Property", "value": f"bin number {number} " + "x" * 60},
        "level": {"type": "Property", "value": number % 100, "unitCode": "P1"},
    }


async def _slowest_during(url: str, work: Awaitable[httpx.Response]) -> float:
    """Retrieve one entity again and again while something large is done."""
    slowest = 0.0
    task = asyncio.ensure_future(work)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        while not task.done():
            started = time.perf_counter()
            assert (await client.get(_ONE)).status_code in {200, 404}
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0.005)
    assert (await task).is_success, (await task).text
    return slowest


async def test_retrieval_should_stay_quick_beside_large_operations(running: RunningNode) -> None:
    batches = [
        json.dumps([_bin(number) for number in range(start, start + 50_000)]).encode()
        for start in (0, 50_000)
    ]
    async with httpx.AsyncClient(base_url=running.url, timeout=120, headers=_JSON) as client:
        for content in batches:
            work = client.post(f"{_OPERATIONS}/create", content=content)
            assert await _slowest_during(running.url, work) < _LONGEST_S
        work = client.post(f"{_OPERATIONS}/upsert", content=batches[0])
        assert await _slowest_during(running.url, work) < _LONGEST_S
        for parameters in (
            # Neither a pattern nor a sub-attribute is answered by the index alone.
            {"q": "name~=^bin.*(x+)+y$"},
            {"q": "level.unitCode==XX"},
            {"idPattern": ".*99999$"},
            {"orderBy": "name", "local": "true", "offset": "50000"},
        ):
            work = client.get(_ENTITIES, params={"type": "Bin", "count": "true", **parameters})
            assert await _slowest_during(running.url, work) < _LONGEST_S
        work = client.delete(_ENTITIES, params={"type": "Bin", "q": "level>50"})
        assert await _slowest_during(running.url, work) < _LONGEST_S


async def test_slow_clients_should_not_keep_others_waiting(running: RunningNode) -> None:
    target = urlsplit(running.url)
    head = f"POST {_ENTITIES} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    writers: list[asyncio.StreamWriter] = []
    for sent in (b"GET /hea", head.encode() + b"content-length: 1000\r\n\r\n{"):
        for _ in range(300):
            _, writer = await asyncio.open_connection(target.hostname, target.port)
            writer.write(sent)
            writers.append(writer)
    async with httpx.AsyncClient(base_url=running.url) as client:
        started = time.perf_counter()
        for number in range(20):
            answer = await client.post(_ENTITIES, json=_bin(number))
            assert answer.status_code == 201
        assert time.perf_counter() - started < 20 * _LONGEST_S
    for writer in writers:
        writer.close()
    async with httpx.AsyncClient(base_url=running.url) as client:
        # What the slow ones began to send has changed nothing.
        answer = await client.get(_ENTITIES, params={"type": "Bin", "count": "true", "limit": "0"})
        assert answer.headers["ngsild-results-count"] == "20"


async def test_connections_should_be_more_than_the_system_gives_unasked(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2000:
        pytest.skip(f"this system allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        node = start_node(["serve", "--dev", "--data", str(tmp_path), "--port", "0"])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    target = urlsplit(node.url)
    connections = [await asyncio.open_connection(target.hostname, target.port) for _ in range(500)]
    async with httpx.AsyncClient(base_url=node.url) as client:
        assert (await client.post(_ENTITIES, json=_bin(0))).status_code == 201
    for _, writer in connections:
        writer.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert node.stop().code == 0


async def test_readers_that_do_not_read_should_not_keep_others_waiting(
    running: RunningNode,
) -> None:
    content = json.dumps([_bin(number) for number in range(1000)]).encode()
    target = urlsplit(running.url)
    request = f"GET {_ENTITIES}?type=Bin&limit=1000 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    async with httpx.AsyncClient(base_url=running.url, headers=_JSON) as client:
        assert (await client.post(f"{_OPERATIONS}/create", content=content)).status_code == 201
        writers = []
        for _ in range(50):
            _, writer = await asyncio.open_connection(target.hostname, target.port, limit=1)
            writer.write(request.encode() * 20)
            writers.append(writer)
        started = time.perf_counter()
        assert (await client.get(_ONE)).status_code == 200
        assert time.perf_counter() - started < 10 * _LONGEST_S
    for writer in writers:
        writer.transport.abort()


def test_log_should_hold_no_secret(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    made = run_hanze("token", "new", "city", *data, "--json")
    token = next(text for text in json.loads(made.out).values() if len(str(text)) > 30)
    node = start_node(["serve", "--port", "0", *data], environ={"HANZE_LOG__LEVEL": "debug"})
    wrong = "wrong-" + "s" * 40
    with httpx.Client(base_url=node.url) as client:
        for secret, status in ((token, 201), (wrong, 401)):
            answer = client.post(
                f"{_ENTITIES}?local=false",
                json=_bin(0) | {"secretNote": {"type": "Property", "value": "very private"}},
                headers={"authorization": f"Bearer {secret}"},
            )
            assert answer.status_code == status
            assert secret not in answer.text
        link = '<http://name:hidden@example.org/c>; rel="http://www.w3.org/ns/json-ld#context"'
        assert (client.get(_ENTITIES, headers={"link": link})).status_code == 400
    finished = node.stop()
    for secret in (token, wrong, "very private", "hidden"):
        assert secret not in finished.err + finished.out
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes()
