"""4.3.6, 4.20, 6.3.17: what a source is asked, byte for byte, and what is told of its failures."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import Response

from tests.several import Pretender, Served, answer, pretender, register, served_node
from tests.web.conformance.kept_nodes import (
    BIN,
    PATH,
    bin_with,
    emptied,
    inclusive,
    of_type,
    redirect,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
_ONE = {"type": "Property", "value": 1}
_IRI = "https://uri.etsi.org/ngsi-ld/default-context/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub_kept() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def hub(hub_kept: Served) -> Served:
    return await emptied(hub_kept)


@pytest_asyncio.fixture(loop_scope="module")
async def source() -> AsyncIterator[Pretender]:
    async with pretender() as server:
        yield server


def _asked(source: Pretender) -> list[tuple[str, str]]:
    return [(method, path.partition("?")[0]) for method, path, _ in source.got]


@pytest.mark.clause("6.5.2")
async def test_ids_should_stand_in_paths_as_uris_are_written(
    hub: Served, source: Pretender
) -> None:
    await redirect(hub, source.url)
    source.answer = answer(b"", 204)
    await hub.api.delete(f"{PATH}/attrs/level?type=Bin")
    await hub.api.get(PATH)
    assert [path for _, path in _asked(source)] == [
        f"/ngsi-ld/v1{PATH}/attrs/level",
        f"/ngsi-ld/v1{PATH}",
    ]


@pytest.mark.clause("4.3.6.6")
async def test_names_in_paths_should_be_terms_of_the_context_that_a_source_wants(
    hub: Served, source: Pretender
) -> None:
    async with pretender() as contexts:
        contexts.answer = answer({"@context": {"hoogte": f"{_IRI}level"}})
        wants = {"key": "jsonldContext", "value": f"{contexts.url}/own.jsonld"}
        await redirect(hub, source.url, contextSourceInfo=[wants])
        source.answer = answer(b"", 204)
        response = await hub.api.delete(f"{PATH}/attrs/level?type=Bin")
    assert response.status_code == 204, response.text
    assert _asked(source) == [("DELETE", f"/ngsi-ld/v1{PATH}/attrs/hoogte")]
    assert "/own.jsonld>" in source.got[0][2]["link"]


@pytest.mark.clause("4.20")
@pytest.mark.parametrize(
    ("operations", "asked"),
    [
        (["queryEntity", "queryBatch"], ("POST", "/ngsi-ld/v1/entityOperations/query")),
        (["queryEntity"], ("GET", "/ngsi-ld/v1/entities")),
    ],
)
async def test_query_by_body_should_go_on_in_a_body_where_a_source_takes_that(
    hub: Served, source: Pretender, operations: list[str], asked: tuple[str, str]
) -> None:
    await inclusive(hub, source.url, operations=operations)
    source.answer = answer([bin_with(level=_ONE)])
    query = {"type": "Query", "entities": [{"type": "Bin"}]}
    response = await hub.api.post("/entityOperations/query", json=query)
    assert [one["id"] for one in response.json()] == [BIN]
    assert _asked(source) == [asked]


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(("mode", "status"), [("inclusive", 404), ("redirect", 502)])
async def test_retrieval_without_result_should_warn_of_a_source_that_failed(
    hub: Served, source: Pretender, mode: str, status: int
) -> None:
    await register(hub, source.url, of_type(), mode=mode)
    source.answer = answer({"title": "No"}, 403)
    response = await hub.api.get(PATH)
    assert response.status_code == status
    assert response.headers["ngsild-warning"].startswith("299 ")


@pytest.mark.clause("6.3.17")
async def test_query_that_fails_with_its_only_source_should_warn_of_it_too(
    hub: Served, source: Pretender
) -> None:
    await redirect(hub, source.url)
    source.answer = answer(b"<html>", content_type="text/html")
    response = await hub.api.get("/entities?type=Bin")
    assert response.status_code == httpx.codes.BAD_GATEWAY
    assert response.headers["ngsild-warning"].startswith("111 ")


@pytest.mark.clause("5.2.18")
async def test_what_a_source_updated_should_not_be_told_to_be_missing_here(
    hub: Served, source: Pretender
) -> None:
    await inclusive(hub, source.url, of_type("Bin", "level"))
    source.answer = answer(b"", 204)
    fragment = {"level": _ONE, "own": _ONE}
    response = await hub.api.patch(f"{PATH}/attrs", json=fragment)
    assert response.status_code == httpx.codes.MULTI_STATUS
    assert response.json()["updated"] == [f"{_IRI}level"]
    assert [one["attributeName"] for one in response.json()["notUpdated"]] == [f"{_IRI}own"]


@pytest.mark.clause("5.2.34")
async def test_source_with_a_cooldown_should_be_left_alone_after_an_error_of_its_server(
    hub: Served, source: Pretender
) -> None:
    await inclusive(hub, source.url, management={"cooldown": 60_000})
    source.answer = answer({"title": "Broken"}, 500)
    codes = []
    for _ in range(2):
        response = await hub.api.get(PATH)
        codes.append(response.headers["ngsild-warning"].split()[0])
    assert (codes, len(source.got)) == (["299", "199"], 1)


@pytest.mark.clause("6.3.17")
async def test_registration_that_leads_back_should_be_warned_of(hub: Served) -> None:
    await inclusive(hub, hub.url)
    response = await hub.api.get("/entities?type=Bin")
    assert response.json() == []
    assert response.headers["ngsild-warning"].startswith("199 ")
    assert "loop" in response.headers["ngsild-warning"]


@pytest.mark.clause("5.5.14")
@pytest.mark.parametrize("status", [404, 405, 501])
async def test_source_that_makes_no_entity_maps_should_be_queried_all_the_same(
    hub: Served, source: Pretender, status: int
) -> None:
    await inclusive(hub, source.url, operations=["federationOps"])
    entities = answer([bin_with(level=_ONE)])

    def without_maps(request: Request) -> Response:
        declines = "entityMaps" in request.url.path
        return Response(status_code=status) if declines else entities(request)

    source.answer = without_maps
    response = await hub.api.get("/entities?type=Bin&entityMap=true")
    assert [one["id"] for one in response.json()] == [BIN]
    assert "ngsild-entitymap" in response.headers
    assert "ngsild-warning" not in response.headers


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/entities", 409),
        ("PATCH", PATH, 502),
        ("PUT", PATH, 502),
        ("PATCH", f"{PATH}/attrs", 502),
        ("POST", f"{PATH}/attrs", 502),
        ("PATCH", f"{PATH}/attrs/level", 502),
        ("DELETE", f"{PATH}/attrs/level", 502),
    ],
)
async def test_conflict_at_a_source_should_be_one_here_where_something_is_created(
    hub: Served, source: Pretender, method: str, path: str, status: int
) -> None:
    await redirect(hub, source.url)
    source.answer = answer({"type": "AlreadyExists", "title": "Already exists"}, 409)
    body = bin_with(level=_ONE) if path in ("/entities", PATH) else {"level": _ONE}
    json = None if method == "DELETE" else _ONE if path.endswith("level") else body
    response = await hub.api.request(method, path, json=json)
    assert response.status_code == status, response.text


@pytest.mark.clause("6.3.17")
async def test_source_that_is_registered_anew_should_be_asked_at_once(
    hub: Served, source: Pretender
) -> None:
    cooling = {"cooldown": 60_000}
    registration = await inclusive(hub, source.url, management=cooling)
    source.answer = answer({"title": "Broken"}, 500)
    await hub.api.get(PATH)
    source.answer = answer(bin_with(level=_ONE))
    assert (await hub.api.get(PATH)).status_code == httpx.codes.NOT_FOUND
    fragment = {"management": {**cooling, "timeout": 1000}}
    await hub.api.patch(f"/csourceRegistrations/{registration}", json=fragment)
    assert (await hub.api.get(PATH)).json()["id"] == BIN
