"""Batch operations through HTTP (CIM 009, 5.6.7 to 5.6.10, 5.6.20, 6.14 to 6.17, 6.31)."""

from typing import Any

import httpx
import pytest


def entity(number: int, **members: Any) -> dict[str, Any]:
    return {"id": f"urn:e:{number}", "type": "T", **members}


async def post(api: httpx.AsyncClient, operation: str, body: Any, **params: str) -> httpx.Response:
    return await api.post(f"/entityOperations/{operation}", json=body, params=params)


async def values(api: httpx.AsyncClient, number: int) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/entities/urn:e:{number}?format=simplified")).json()
    return {name: value for name, value in found.items() if name not in {"id", "type"}}


@pytest.mark.clause("5.6.7")
async def test_create_should_answer_201_or_207(api: httpx.AsyncClient) -> None:
    first = await post(api, "create", [entity(1, a=1), entity(2, a=2)])
    assert (first.status_code, first.json()) == (201, ["urn:e:1", "urn:e:2"])
    second = await post(api, "create", [entity(2), entity(3), entity(3), {"id": "urn:e:4"}])
    assert second.status_code == 207
    assert second.headers["content-type"] == "application/json"
    assert second.json()["success"] == ["urn:e:3"]
    failed = [(error["entityId"], error["error"]["status"]) for error in second.json()["errors"]]
    assert sorted(failed) == [("urn:e:2", 409), ("urn:e:3", 409), ("urn:e:4", 400)]


@pytest.mark.clause("5.6.7")
@pytest.mark.parametrize("body", [[], {}, [None], "x"])
async def test_a_batch_should_be_an_array_with_something_in_it(
    api: httpx.AsyncClient, body: Any
) -> None:
    for operation in ("create", "upsert", "update", "merge", "delete"):
        assert (await post(api, operation, body)).status_code == 400, operation


@pytest.mark.clause("5.6.8")
async def test_upsert_should_create_and_replace_or_update(api: httpx.AsyncClient) -> None:
    created = await post(api, "upsert", [entity(1, a=1, b=1)])
    assert (created.status_code, created.json()) == (201, ["urn:e:1"])
    replaced = await post(api, "upsert", [entity(1, a=2)])
    assert (replaced.status_code, replaced.content) == (204, b"")
    assert await values(api, 1) == {"a": 2}
    mixed = await post(api, "upsert", [entity(1, b=3), entity(2, b=4)], options="update")
    assert (mixed.status_code, mixed.json()) == (201, ["urn:e:2"])
    assert await values(api, 1) == {"a": 2, "b": 3}
    removed = await post(api, "upsert", [entity(1, b="urn:ngsi-ld:null")], options="update")
    assert removed.status_code == 204
    assert await values(api, 1) == {"a": 2}
    partly = await post(api, "upsert", [entity(3, b="urn:ngsi-ld:null")], options="update")
    assert partly.status_code == 207


@pytest.mark.clause("5.5.11.2")
async def test_instances_of_one_entity_should_be_taken_in_order(api: httpx.AsyncClient) -> None:
    response = await post(api, "upsert", [entity(1, a=1), entity(1, a=2)])
    assert (response.status_code, response.json()) == (201, ["urn:e:1"])
    assert await values(api, 1) == {"a": 2}


@pytest.mark.clause("5.6.9")
async def test_update_should_append_or_leave_alone(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a=1)])
    assert (await post(api, "update", [entity(1, a=2, b=2)])).status_code == 204
    assert await values(api, 1) == {"a": 2, "b": 2}
    kept = await post(api, "update", [entity(1, a=3, c=3)], options="noOverwrite")
    assert kept.status_code == 204
    assert await values(api, 1) == {"a": 2, "b": 2, "c": 3}
    missing = await post(api, "update", [entity(1, a=4), entity(9, a=4)])
    assert missing.status_code == 207
    assert missing.json()["success"] == ["urn:e:1"]
    assert missing.json()["errors"][0]["error"]["status"] == 404


@pytest.mark.clause("5.6.20")
async def test_merge_should_reach_into_values(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a={"type": "Property", "value": {"x": 1, "y": 1}})])
    merged = await post(
        api,
        "merge",
        [entity(1, a={"type": "Property", "value": {"x": 2, "y": "urn:ngsi-ld:null"}})],
    )
    assert merged.status_code == 204
    assert await values(api, 1) == {"a": {"x": 2}}


@pytest.mark.clause("5.6.10")
async def test_delete_should_answer_204_or_207(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1), entity(2)])
    assert (await post(api, "delete", ["urn:e:1"])).status_code == 204
    partly = await post(api, "delete", ["urn:e:2", "urn:e:2", "no uri"])
    assert partly.status_code == 207
    assert partly.json()["success"] == ["urn:e:2"]
    assert {error["error"]["status"] for error in partly.json()["errors"]} == {404, 400}


@pytest.mark.clause("6.3.5")
async def test_each_entity_of_a_json_ld_batch_should_have_its_own_context(
    api: httpx.AsyncClient,
) -> None:
    body = [
        entity(1, a=1, **{"@context": {"a": "urn:x:a"}}),
        entity(2, a=1, **{"@context": {"a": "urn:y:a"}}),
        entity(3, a=1),
    ]
    response = await api.post(
        "/entityOperations/create", json=body, headers={"Content-Type": "application/ld+json"}
    )
    assert response.status_code == 207
    assert response.json()["success"] == ["urn:e:1", "urn:e:2"]
    assert await values(api, 1) == {"urn:x:a": 1}
    assert await values(api, 2) == {"urn:y:a": 1}
