"""Sources over the API: who may do what, what is pushed, what is told."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hanze.node.node import Node
from hanze.settings import Settings, Sources
from hanze.web.api.frame import PREFIX
from tests.in_process import client_of, node_in_memory

OPTIONS = {"type": "Device", "device": "id", "time": "at"}
POLLED = {**OPTIONS, "how": "poll", "url": "https://a.example/"}
READING = {"id": "a", "at": "2026-06-01T10:00:00Z", "level": 1.5}


@pytest.fixture
async def closed() -> AsyncIterator[Node]:
    """A node on which not everybody may write."""
    settings = Settings(sources=Sources(messages_per_minute=5, max_message_mb=1))
    async with node_in_memory(settings) as node:
        yield node


@pytest.fixture
async def operator(closed: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(closed, PREFIX) as client:
        token = closed.tokens.create("operator", expires_at=None, now=closed.clock())
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
async def anybody(closed: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(closed, PREFIX) as client:
        yield client


async def add(operator: httpx.AsyncClient, name: str = "gate", **members: object) -> httpx.Response:
    body = {"name": name, "connector": "json", "options": OPTIONS, **members}
    return await operator.post("/sources", json=body)


async def test_only_operators_should_see_and_change_sources(
    anybody: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    assert (await add(operator)).status_code == 201
    for method, path in (
        ("GET", "/sources"),
        ("GET", "/sources/gate"),
        ("DELETE", "/sources/gate"),
        ("POST", "/sources/gate/pause"),
        ("GET", "/sources/gate/devices"),
        ("GET", "/sources/gate/dead-letters"),
    ):
        assert (await anybody.request(method, path)).status_code == 401
    assert (await anybody.get("/connectors")).status_code == 200


async def test_add_should_show_the_secret_that_it_made_once(operator: httpx.AsyncClient) -> None:
    answer = await add(operator)
    secret = answer.json()["secrets"]["secret"]
    assert len(secret) > 20
    shown = await operator.get("/sources/gate")
    assert secret not in shown.text
    assert shown.json()["how"] == "push"
    assert shown.json()["state"] == "running"
    assert (await add(operator)).status_code == 409


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": "Gate"}, "name"),
        ({"name": "test"}, "name"),
        ({"options": {"device": "id"}}, "options.type"),
        ({"options": {**OPTIONS, "every": 5}}, "options.every"),
        ({"options": {**OPTIONS, "secret": "a b"}}, "options.secret"),
        ({"options": {**OPTIONS, "decoder": "../x.js"}}, "options.decoder"),
        ({"options": {**OPTIONS, "secret": "signing.json"}}, "options.secret"),
        ({"options": {**OPTIONS, "secret": "Tokens.JSON"}}, "options.secret"),
        ({"options": {**OPTIONS, "tenant": "../a b"}}, "options.tenant"),
        ({"options": {**POLLED, "every_s": "nan"}}, "options.every_s"),
        ({"options": {**POLLED, "every_s": "inf"}}, "options.every_s"),
        ({"options": {**POLLED, "every_s": -1}}, "options.every_s"),
        ({"options": {**POLLED, "url": "http://[::1"}}, "options.url"),
        ({"options": {**POLLED, "url": "file:///etc/passwd"}}, "options.url"),
        ({"options": {**POLLED, "url": "http://a.example:99999/"}}, "options.url"),
        ({"secrets": {"colour": "x"}}, "options.colour"),
        ({"secrets": {"secret": " "}}, "secrets.secret"),
        ({"options": OPTIONS, "examples": [{"bytes": "xyz"}], "decoder": "1"}, "examples"),
    ],
)
async def test_add_should_name_what_is_wrong(
    operator: httpx.AsyncClient, members: dict[str, object], field: str
) -> None:
    answer = await operator.post(
        "/sources", json={"name": "gate", "connector": "json", "options": OPTIONS, **members}
    )
    assert (answer.status_code, answer.json().get("field")) == (400, field)
    assert (await operator.get("/sources")).json()["sources"] == []


async def test_push_should_take_who_shows_the_secret(
    closed: Node, anybody: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    secret = (await add(operator)).json()["secrets"]["secret"]
    path = "/sources/gate/messages"
    assert (await anybody.post(path, json=READING)).status_code == 401
    for wrong in ("", "x", secret + "x"):
        headers = {"Hanze-Source-Secret": wrong}
        assert (await anybody.post(path, json=READING, headers=headers)).status_code == 401
    headers = {"Hanze-Source-Secret": secret}
    unknown = await anybody.post("/sources/none/messages", json=READING, headers=headers)
    assert unknown.json()["type"] == "urn:hanze:problem:source-secret-required"
    assert (await anybody.post(path, json=READING, headers=headers)).status_code == 202
    basic = base64.b64encode(f"any:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    assert (await anybody.post(f"{path}/air/1", json=READING, headers=headers)).status_code == 202
    assert (await operator.post(path, json=READING)).status_code == 202
    kept = await closed.sources.spool.take("gate", limit=9)
    assert [one.message.topic for one in kept] == ["", "air/1", ""]


async def test_push_should_say_when_to_come_again(operator: httpx.AsyncClient) -> None:
    await add(operator)
    path = "/sources/gate/messages"
    answers = [await operator.post(path, json=READING) for _ in range(6)]
    assert [one.status_code for one in answers] == [202] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    large = await operator.post(path, content=b"x" * (1 << 20) + b"x")
    assert large.status_code == 413
    await operator.post("/sources/gate/pause")
    paused = await operator.post(path, json=READING)
    assert (paused.status_code, paused.headers["retry-after"]) == (503, "300")


async def test_push_should_say_so_when_the_spool_is_full() -> None:
    settings = Settings(sources=Sources(spool_mb=1))
    async with node_in_memory(settings) as node, client_of(node, PREFIX) as client:
        token = node.tokens.create("operator", expires_at=None, now=node.clock())
        client.headers["Authorization"] = f"Bearer {token}"
        await add(client)
        path = "/sources/gate/messages"
        answers = [await client.post(path, content=b"x" * 700_000) for _ in range(2)]
        assert [one.status_code for one in answers] == [202, 503]
        assert answers[1].headers["retry-after"] == "30"
        assert answers[1].json()["reason"] == "spool-full"


async def test_test_should_show_raw_decoded_and_entities(operator: httpx.AsyncClient) -> None:
    await add(operator)
    answer = (await operator.post("/sources/gate/test", json={"body": '{"id": "a"}'})).json()
    assert answer["rejected"][0]["reason"]
    body = base64.b64encode(httpx.Request("POST", "http://x", json=READING).content).decode()
    answer = (await operator.post("/sources/gate/test", json={"base64": body})).json()
    assert answer["readings"][0]["attributes"] == ["level"]
    (entity,) = answer["entities"]
    assert entity["level"] == {
        "type": "Property",
        "value": 1.5,
        "observedAt": "2026-06-01T10:00:00Z",
    }
    assert (await operator.get("/sources/gate")).json()["counters"]["received"] == 0
    both = await operator.post("/sources/gate/test", json={"body": "", "base64": ""})
    assert both.status_code == 400


async def test_connectors_should_be_tried_without_a_source(operator: httpx.AsyncClient) -> None:
    for connector in (await operator.get("/connectors")).json()["connectors"]:
        options = {
            one["name"]: "1"
            for one in connector["options"][connector["how"][-1]]
            if one.get("required") and one["name"] not in ("url", "topic")
        }
        tried = {"connector": connector["name"], "options": options, "body": "{}"}
        answer = await operator.post("/sources/test", json=tried)
        assert answer.status_code in (200, 400), answer.text
        assert answer.json().get("entities", []) == []
    unknown = await operator.post("/sources/test", json={"connector": "x", "body": ""})
    assert unknown.status_code == 404


async def test_remove_should_leave_nothing_of_a_source(
    closed: Node, operator: httpx.AsyncClient
) -> None:
    await add(operator)
    await operator.post("/sources/gate/messages", json=READING)
    assert (await operator.delete("/sources/gate")).status_code == 204
    assert (await operator.get("/sources/gate")).status_code == 404
    assert await closed.sources.spool.take("gate", limit=9) == []
    assert (await operator.get("/sources")).json() == {"sources": []}


async def test_add_should_take_one_of_two_when_both_have_a_name(
    operator: httpx.AsyncClient, closed: Node
) -> None:
    decoder = "function decodeUplink(input) { return {data: {}}; }"
    members: dict[str, Any] = {
        "connector": "tts-v3",
        "options": {"how": "push"},
        "decoder": decoder,
        "examples": [{"bytes": "00"}],
    }
    answers = await asyncio.gather(*(add(operator, **members) for _ in range(2)))
    assert sorted(one.status_code for one in answers) == [201, 409]
    (made,) = (one.json()["secrets"]["secret"] for one in answers if one.status_code == 201)
    assert closed.sources.secret_of("gate") == made
    await closed.sources.close()


async def test_entities_should_not_tell_the_key_of_a_source_s_address(
    operator: httpx.AsyncClient,
) -> None:
    url = "https://who:hunter2@a.example:8443/open/data?api_key=hunter2#hunter2"
    tried = {
        "connector": "json",
        "options": {**POLLED, "url": url},
        "body": '{"id": "a", "at": "2026-06-01T10:00:00Z", "level": 1.5}',
    }
    answer = await operator.post("/sources/test", json=tried)
    (entity,) = answer.json()["entities"]
    assert entity["source"]["value"] == "https://a.example:8443/open/data"
    assert "hunter2" not in answer.text
