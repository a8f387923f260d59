"""Every limit answers with a problem that says which, and quickly."""

import asyncio
import json
import time

import httpx
import pytest

from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.settings import Server, Settings, Store
from hanze.web.app import build_app
from tests.in_process import client_of, node_in_memory

_JSON = {"content-type": "application/json"}
_QUERY = "entityOperations/query"


def _nested(depth: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(depth):
        value = [value]
    return value


async def _refused(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    return str(problem["detail"])


@pytest.mark.clause("6.3.2")
async def test_body_should_be_refused_beyond_the_largest(api: httpx.AsyncClient) -> None:
    content = b'{"id":"urn:x:1","type":"T","p":"' + b"a" * (33 << 20) + b'"}'
    detail = await _refused(await api.post("entities", content=content, headers=_JSON), 413)
    assert str(32 << 20) in detail


async def test_query_should_be_refused_when_its_body_is_huge(api: httpx.AsyncClient) -> None:
    body = {"type": "Query", "entities": [{"type": "T"}], "q": "a" * (4 << 20)}
    await _refused(await api.post(_QUERY, json=body), 413)


async def test_body_that_is_cut_off_should_change_nothing(
    api: httpx.AsyncClient, node: Node
) -> None:
    content = b'{"id":"urn:x:1","type":"T"}'
    headers = {**_JSON, "content-length": str(len(content) + 10)}
    assert "27 of 37" in await _refused(
        await api.post("entities", content=content, headers=headers)
    )
    assert (await api.get("entities/urn:x:1")).status_code == 404


async def test_body_with_an_absurd_length_should_be_refused(api: httpx.AsyncClient) -> None:
    headers = {**_JSON, "content-length": "9" * 5000}
    await _refused(await api.post("entities", content=b"{}", headers=headers), 413)


async def test_body_that_stalls_should_be_refused(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.web.http._BODY_TIMEOUT_S", 0.05)
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(5)
        return {}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/ngsi-ld/v1/entities",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"10")],
    }
    await build_app(node)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]  # type: ignore[operator]  # a list


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize("depth", [65, 200, 5_000, 200_000])
async def test_json_should_be_refused_when_it_is_nested_deeply(
    api: httpx.AsyncClient, depth: int
) -> None:
    content = b'{"id":"urn:x:1","type":"T","p":' + b"[" * depth + b"]" * depth + b"}"
    await _refused(await api.post("entities", content=content, headers=_JSON))
    batch = await api.post("entityOperations/create", content=b"[" + content + b"]", headers=_JSON)
    await _refused(batch)


async def test_json_should_be_taken_to_a_sane_depth(api: httpx.AsyncClient) -> None:
    body = {"id": "urn:x:1", "type": "T", "p": _nested(50)}
    assert (await api.post("entities", json=body)).status_code == 201
    assert (await api.get("entities/urn:x:1?format=simplified")).json() == body


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "a==1;" * 2000 + "a==1"},
        {"q": "(" * 3000 + "a" + ")" * 3000},
        {"q": ".".join(["a"] * 5000)},
        {"q": "a~=" + "b" * 2000},
        {"q": "a~=(b{1000}){1000}"},
        {"idPattern": "(b{1000}){1000}"},
        {"idPattern": "("},
        {"type": "(" * 5000 + "T"},
        {"scopeQ": "(" * 5000 + "/a"},
        {"pick": "a{" * 5000},
        {"limit": "1001"},
        {"limit": "-1"},
        {"limit": "99999999999999999999"},
        {"offset": "99999999999999999999"},
        {"offset": "-1"},
        {"limit": "0"},
        {"limit": "1e3"},
        {"join": "inline", "joinLevel": "11"},
        {"georel": "near;maxDistance==1e999", "geometry": "Point", "coordinates": "[0,0]"},
        {"georel": "within", "geometry": "Polygon", "coordinates": "[" * 5000},
        {"orderBy": "a;" + "x" * 1000, "local": "true"},
        {"lang": "x" * 5000},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
async def test_query_should_be_refused_beyond_its_limits(
    api: httpx.AsyncClient, parameters: dict[str, str]
) -> None:
    started = time.perf_counter()
    answer = await api.get("entities", params={"type": "T", **parameters})
    assert answer.status_code in {400, 403}, answer.text
    assert answer.json()["detail"]
    assert time.perf_counter() - started < 30  # a runaway would take minutes


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a+)+$", "(a|aa)+$", "(.*a){20}", "a{0,500}b"])
async def test_patterns_should_be_quick_whatever_they_look_like(
    api: httpx.AsyncClient, pattern: str
) -> None:
    body = {"id": "urn:x:" + "a" * 5000, "type": "T", "p": "a" * 100_000}
    assert (await api.post("entities", json=body)).status_code == 201
    started = time.perf_counter()
    for parameters in ({"q": f"p~={pattern}"}, {"idPattern": pattern}):
        assert (await api.get("entities", params={"type": "T", **parameters})).status_code == 200
    assert time.perf_counter() - started < 30  # a runaway would take minutes


@pytest.mark.parametrize("vertices", [20_000, 120_000])
async def test_polygon_should_be_refused_when_it_is_huge(
    api: httpx.AsyncClient, vertices: int
) -> None:
    ring = [[number * 1e-6, 0.0] for number in range(vertices)] + [[0.5, 1.0], [0.0, 0.0]]
    geo = {"georel": "within", "geometry": "Polygon", "coordinates": [ring]}
    body = {"type": "Query", "entities": [{"type": "T"}], "geoQ": geo}
    assert "coordinates" in await _refused(await api.post(_QUERY, json=body))


async def test_batch_should_be_refused_beyond_the_largest(api: httpx.AsyncClient) -> None:
    content = json.dumps(["urn:x:1"] * 100_001).encode()
    answer = await api.post("entityOperations/delete", content=content, headers=_JSON)
    assert "100000" in await _refused(answer)


async def test_offset_should_go_far_beyond_the_end(api: httpx.AsyncClient) -> None:
    await api.post("entities", json={"id": "urn:x:1", "type": "T"})
    answer = await api.get("entities?type=T&offset=999999999999999&count=true")
    assert answer.status_code == 200
    assert answer.headers["ngsild-results-count"] == "1"


async def test_parameters_should_be_refused_when_there_are_too_many(
    api: httpx.AsyncClient,
) -> None:
    await _refused(await api.get("entities?" + "&".join(f"a{n}=1" for n in range(200))))


async def test_selectors_should_be_refused_when_there_are_too_many(
    api: httpx.AsyncClient,
) -> None:
    body: JsonValue = {"type": "Query", "entities": [{"type": f"T{n}"} for n in range(101)]}
    assert "100" in await _refused(await api.post(_QUERY, json=body))
    ids: JsonValue = [f"urn:x:{n}" for n in range(10_001)]
    body = {"type": "Query", "entities": [{"type": "T", "id": ids}]}
    assert "10000" in await _refused(await api.post(_QUERY, json=body))


@pytest.mark.clause("5.5.10")
async def test_tenants_should_be_as_many_as_the_setting_says() -> None:
    settings = Settings(server=Server(dev=True), store=Store(max_tenants=3))
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:

        async def create(tenant: str, key: int = 1) -> httpx.Response:
            body = {"id": f"urn:x:{key}", "type": "T"}
            return await api.post("entities", json=body, headers={"ngsild-tenant": tenant})

        for tenant in ("harbour", "market"):
            assert (await create(tenant)).status_code == 201
        assert "3 tenants" in await _refused(await create("invented"), 403)
        assert (await api.get("types", headers={"ngsild-tenant": "invented"})).status_code == 404
        assert (await create("harbour", 2)).status_code == 201
        batch = await api.post(
            "entityOperations/upsert",
            json=[{"id": "urn:x:1", "type": "T"}],
            headers={"ngsild-tenant": "invented"},
        )
        assert batch.status_code == 207
        assert "3 tenants" in batch.json()["errors"][0]["error"]["detail"]
