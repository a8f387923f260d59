"""5.6.7 to 5.6.10, 5.6.20 and 5.6.21: batches and purges over sources."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.several import Pretender, Served, answer, pretender, register, served_node
from tests.web.conformance.kept_nodes import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
BATCHES = ["createBatch", "upsertBatch", "updateBatch", "mergeBatch", "deleteBatch"]
ODD = [{"entities": [{"type": "Bin", "idPattern": "urn:ngsi-ld:Bin:[13579]$"}]}]
ANY = [{"entities": [{"type": "Bin"}]}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub_kept() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def hub(hub_kept: Served) -> Served:
    return await emptied(hub_kept)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other_kept() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def other(other_kept: Served) -> Served:
    return await emptied(other_kept)


@pytest_asyncio.fixture(loop_scope="module")
async def liar() -> AsyncIterator[Pretender]:
    async with pretender() as server:
        yield server


def bin_id(number: int) -> str:
    return f"urn:ngsi-ld:Bin:{number}"


def bins(*numbers: int, **members: Json) -> list[Json]:
    return [{"id": bin_id(one), "type": "Bin", **members} for one in numbers]


async def held(node: Served) -> dict[int, Json]:
    """What a node holds itself, by the number of the entity."""
    params = {"local": "true", "type": "Bin", "options": "simplified", "limit": "100"}
    found = (await node.api.get("/entities", params=params)).json()
    return {
        int(one["id"].rpartition(":")[2]): {
            name: value for name, value in one.items() if name not in {"id", "type"}
        }
        for one in found
    }


async def send(node: Served, which: str, body: Json, **params: str) -> tuple[int, Json]:
    response = await node.api.post(f"/entityOperations/{which}", json=body, params=params)
    return response.status_code, response.json() if response.content else None


@pytest.mark.parametrize("operations", [["redirectionOps", *BATCHES], ["redirectionOps"]])
@pytest.mark.clause("5.6.7")
@pytest.mark.clause("5.6.8")
@pytest.mark.clause("5.6.9")
@pytest.mark.clause("5.6.10")
@pytest.mark.clause("5.6.20")
async def test_batches_should_be_written_where_entities_belong(
    hub: Served, other: Served, operations: list[str]
) -> None:
    """With batches at the source, and with single entities in their place."""
    await register(hub, other.url, ODD, mode="redirect", operations=operations)
    status, body = await send(hub, "create", bins(1, 2, 3, level=1))
    assert (status, sorted(body)) == (201, [bin_id(1), bin_id(2), bin_id(3)])
    assert (await held(hub)).keys() == {2}
    assert (await held(other)).keys() == {1, 3}

    status, body = await send(hub, "create", bins(1, 2, 5))
    assert (status, body["success"]) == (207, [bin_id(5)])
    assert sorted(one["entityId"] for one in body["errors"]) == [bin_id(1), bin_id(2)]
    assert all(one["error"]["type"].endswith("/AlreadyExists") for one in body["errors"])

    status, body = await send(hub, "upsert", bins(1, 2, 7, size=2))
    assert (status, body) == (201, [bin_id(7)])
    assert (await held(hub))[2] == (await held(other))[1] == {"size": 2}
    assert await send(hub, "upsert", bins(1, 2, level=3), options="update") == (204, None)
    assert (await held(hub))[2] == (await held(other))[1] == {"size": 2, "level": 3}

    assert await send(hub, "update", bins(1, 2, level=4)) == (204, None)
    assert (await held(hub))[2] == (await held(other))[1] == {"size": 2, "level": 4}
    assert await send(hub, "merge", bins(1, 2, level="urn:ngsi-ld:null")) == (204, None)
    assert (await held(hub))[2] == (await held(other))[1] == {"size": 2}

    status, body = await send(hub, "update", bins(1, 9, level=4))
    assert (status, body["success"]) == (207, [bin_id(1)])
    assert [one["entityId"] for one in body["errors"]] == [bin_id(9)]
    assert body["errors"][0]["error"]["type"].endswith("/ResourceNotFound")

    ids = [bin_id(one) for one in (1, 2, 3, 5, 7)]
    assert await send(hub, "delete", ids) == (204, None)
    assert await held(hub) == await held(other) == {}


@pytest.mark.clause("5.5.11")
async def test_entity_that_comes_twice_should_be_written_in_order(
    hub: Served, other: Served
) -> None:
    await register(hub, other.url, ODD, mode="redirect", operations=BATCHES)
    twice = [*bins(1, level=1), *bins(1, level=2), *bins(3, level=1)]
    status, body = await send(hub, "create", twice)
    assert (status, sorted(body["success"])) == (207, [bin_id(1), bin_id(3)])
    assert [one["entityId"] for one in body["errors"]] == [bin_id(1)]
    assert (await held(other))[1] == {"level": 1}
    assert (await send(hub, "upsert", twice))[0] == 204
    assert (await held(other))[1] == {"level": 2}
    status, body = await send(hub, "delete", [bin_id(1), bin_id(1)])
    assert status == 207
    assert body["success"] == [bin_id(1)]
    assert body["errors"][0]["error"]["type"].endswith("/ResourceNotFound")


@pytest.mark.clause("5.6.7")
async def test_attributes_of_a_batch_should_go_to_their_exclusive_source(
    hub: Served, other: Served
) -> None:
    info = [{"entities": [{"id": bin_id(1), "type": "Bin"}], "propertyNames": ["level"]}]
    await register(hub, other.url, info, mode="exclusive", operations=BATCHES)
    assert (await send(hub, "create", bins(1, 2, level=1, size=2)))[0] == 201
    assert await held(hub) == {1: {"size": 2}, 2: {"level": 1, "size": 2}}
    assert await held(other) == {1: {"level": 1}}
    assert (await send(hub, "upsert", bins(1, level=5)))[0] == 204
    assert (await held(hub))[1] == {}
    assert await held(other) == {1: {"level": 5}}


@pytest.mark.clause("5.6.10")
async def test_delete_should_succeed_when_an_inclusive_source_has_some_of_them(
    hub: Served, other: Served
) -> None:
    await send(hub, "create", bins(1, 2))
    await send(other, "create", bins(2, 3))
    await register(hub, other.url, ANY, operations=["deleteBatch"])
    status, body = await send(hub, "delete", [bin_id(one) for one in (1, 2, 3, 4)])
    assert (status, sorted(body["success"])) == (207, [bin_id(one) for one in (1, 2, 3)])
    assert {one["entityId"] for one in body["errors"]} == {bin_id(4)}
    assert await held(hub) == await held(other) == {}


@pytest.mark.clause("5.6.7")
@pytest.mark.clause("5.2.17")
async def test_batch_should_name_the_registration_that_failed(hub: Served, liar: Pretender) -> None:
    found = await register(hub, liar.url, ODD, mode="redirect", operations=["createBatch"])
    liar.answer = answer({"title": "Not today"}, 503)
    status, body = await send(hub, "create", bins(1, 2))
    assert (status, body["success"]) == (207, [bin_id(2)])
    (error,) = body["errors"]
    assert (error["entityId"], error["registrationId"]) == (bin_id(1), found)
    assert error["error"]["status"] == 502


@pytest.mark.clause("5.6.7")
async def test_batch_should_be_a_conflict_where_a_source_takes_none(
    hub: Served, other: Served
) -> None:
    await register(hub, other.url, ODD, mode="redirect", operations=["retrieveOps"])
    ids = [bin_id(1)]
    calls = [("create", bins(1)), ("upsert", bins(1)), ("delete", ids)]
    calls += [("update", bins(1, level=1)), ("merge", bins(1, level=1))]
    for which, body in calls:
        status, result = await send(hub, which, body)
        assert (status, result["success"]) == (207, []), which
        assert any(one["error"]["type"].endswith("/Conflict") for one in result["errors"]), which
    assert await held(hub) == {}


@pytest.mark.clause("5.6.8")
async def test_upsert_should_say_what_a_source_cannot_change(hub: Served, other: Served) -> None:
    await send(other, "create", bins(1, level=1))
    await register(hub, other.url, ODD, mode="redirect", operations=["createEntity"])
    status, body = await send(hub, "upsert", bins(1, 3, level=2))
    assert (status, body["success"]) == (207, [bin_id(3)])
    assert body["errors"][0]["error"]["type"].endswith("/OperationNotSupported")
    assert (await held(other))[1] == {"level": 1}


@pytest.mark.clause("5.6.7")
async def test_many_entities_should_be_divided_with_what_is_wrong_among_them(
    hub: Served, other: Served
) -> None:
    await register(hub, other.url, ODD, mode="redirect", operations=BATCHES)
    many = bins(*range(1, 200), level=1)
    status, body = await send(hub, "create", [*many, {"type": "Bin"}])
    assert (status, len(body["success"]), len(body["errors"])) == (207, 199, 1)
    assert (await send(hub, "update", [{"level": 1}]))[1]["success"] == []
    count = {"type": "Bin", "local": "true", "count": "true", "limit": "0"}
    found = await other.api.get("/entities", params=count)
    assert found.headers["ngsild-results-count"] == "5"


@pytest.mark.parametrize("operations", [["createBatch"], ["createEntity"]])
@pytest.mark.clause("5.6.7")
async def test_what_cannot_be_passed_on_should_fail_alone(
    hub: Served, other: Served, operations: list[str]
) -> None:
    await register(hub, other.url, ODD, mode="redirect", operations=operations)
    large = [*bins(1, level=10**30), *bins(2, level=10**30)]
    response = await hub.api.post(
        "/entityOperations/create",
        content=json.dumps(large),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 207
    body = response.json()
    assert body["success"] == [bin_id(2)]
    assert [one["error"]["status"] for one in body["errors"]] == [400]


@pytest.mark.clause("5.2.16")
async def test_what_a_liar_says_of_others_should_be_passed_over(
    hub: Served, liar: Pretender
) -> None:
    await register(hub, liar.url, ODD, mode="redirect", operations=["createBatch"])
    told = {"success": [bin_id(99)], "errors": [{"entityId": bin_id(98), "error": 5}, 3]}
    liar.answer = answer(told, 207)
    status, body = await send(hub, "create", bins(1))
    assert (status, body["success"]) == (207, [])
    assert [one["entityId"] for one in body["errors"]] == [bin_id(1)]
    liar.answer = answer({"success": 7, "errors": "x"}, 207)
    assert (await send(hub, "create", bins(1)))[0] == 207


@pytest.mark.clause("5.6.9")
async def test_parameters_of_a_batch_should_be_passed_on(hub: Served, liar: Pretender) -> None:
    await register(hub, liar.url, ODD, mode="redirect", operations=BATCHES)
    liar.answer = answer(b"", 204)
    await send(hub, "update", bins(1, level=1), options="noOverwrite")
    await send(hub, "upsert", bins(1, level=1), options="update")
    await send(hub, "merge", bins(1, level=1), format="simplified", lang="nl")
    assert [path.partition("/entityOperations/")[2] for _, path, _ in liar.got] == [
        "update?options=noOverwrite",
        "upsert?options=update",
        "merge?format=simplified&lang=nl",
    ]


# --- 5.6.21 Purge Entities


@pytest.mark.clause("5.6.21")
async def test_purge_should_reach_sources(hub: Served, other: Served) -> None:
    await send(hub, "create", bins(1, 2, level=1))
    await send(other, "create", bins(2, 3, level=1))
    await send(other, "create", [{"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "level": 1}])
    await register(hub, other.url, ANY, operations=["purgeEntity"])
    response = await hub.api.delete("/entities", params={"q": "level==1", "type": "Bin,Lamp"})
    assert response.status_code == 204, response.text
    assert await held(hub) == await held(other) == {}
    assert (await other.api.get("/entities/urn:ngsi-ld:Lamp:1")).status_code == 200


@pytest.mark.clause("5.6.21")
@pytest.mark.clause("4.3.6.1")
async def test_purge_should_keep_to_registered_attributes(hub: Served, other: Served) -> None:
    await send(other, "create", bins(1, level=1, size=2, colour="red"))
    info = [{**ANY[0], "propertyNames": ["level", "size"]}]
    await register(hub, other.url, info, operations=["purgeEntity"])
    kept_one = {"type": "Bin", "keep": "level"}
    assert (await hub.api.delete("/entities", params=kept_one)).status_code == 204
    assert await held(other) == {1: {"level": 1, "colour": "red"}}
    dropped = {"type": "Bin", "drop": "colour"}
    assert (await hub.api.delete("/entities", params=dropped)).status_code == 204
    assert (await hub.api.delete("/entities", params={"type": "Bin"})).status_code == 204
    assert await held(other) == {1: {"colour": "red"}}


@pytest.mark.clause("5.6.21")
async def test_purge_should_not_go_beyond_its_pattern(hub: Served, other: Served) -> None:
    await send(other, "create", bins(1, 3))
    found = await register(hub, other.url, ODD, operations=["purgeEntity"])
    params = {"type": "Bin", "idPattern": "Bin:3$"}
    assert (await hub.api.delete("/entities", params=params)).status_code == 422
    assert (await held(other)).keys() == {1, 3}
    await send(hub, "create", bins(3), local="true")
    response = await hub.api.delete("/entities", params=params)
    assert (response.status_code, response.json()["success"]) == (207, [bin_id(3)])
    assert response.json()["errors"][0]["registrationId"] == found
    by_id = {"type": "Bin", "id": bin_id(3)}
    assert (await hub.api.delete("/entities", params=by_id)).status_code == 204
    assert (await held(other)).keys() == {1}


@pytest.mark.clause("6.4.3.3")
async def test_purge_should_list_sources_that_fail(hub: Served, liar: Pretender) -> None:
    await send(hub, "create", bins(1))
    await register(hub, liar.url, ANY, operations=["purgeEntity"])
    near = {"georel": "near;maxDistance==10", "geometry": "Point", "coordinates": "[4,52]"}
    params = {"type": "Bin", "scopeQ": "/a", **near}
    liar.answer = answer({"success": [], "errors": []}, 207)
    assert (await hub.api.delete("/entities", params=params)).status_code == 502
    ((_, path, _),) = liar.got
    assert "scopeQ=/a" in path
    assert "georel=near" in path
    liar.answer = answer({"title": "No"}, 403)
    response = await hub.api.delete("/entities", params={"type": "Bin"})
    assert (response.status_code, response.json()["success"]) == (207, [bin_id(1)])
    assert "entityId" not in response.json()["errors"][0]
    # Where there is nothing, everything is gone.
    liar.answer = answer(None, 404)
    assert (await hub.api.delete("/entities", params={"type": "Bin"})).status_code == 204


@pytest.mark.clause("5.6.21")
async def test_purge_should_be_a_conflict_when_its_source_does_not_offer_it(
    hub: Served, other: Served
) -> None:
    await register(hub, other.url, ANY, mode="redirect", operations=["retrieveOps"])
    assert (await hub.api.delete("/entities", params={"type": "Bin"})).status_code == 409
    assert (await hub.api.delete("/entities", params={"id": bin_id(1)})).status_code == 400
    here = {"type": "Bin", "local": "true"}
    assert (await hub.api.delete("/entities", params=here)).status_code == 204
