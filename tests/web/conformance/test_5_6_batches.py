"""Batch operations (CIM 009, 5.5.11, 5.6.7 to 5.6.10, 5.6.20; 6.14 to 6.17, 6.31; 5.2.16, 5.2.17)."""

from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import ERRORS, LD_JSON, NULL, check_problem, read

OPERATIONS = ("create", "upsert", "update", "merge", "delete")


def entity(number: int, **members: Any) -> dict[str, Any]:
    return {"id": f"urn:e:{number}", "type": "T", **members}


async def post(api: httpx.AsyncClient, operation: str, body: Any, **params: str) -> httpx.Response:
    return await api.post(f"/entityOperations/{operation}", json=body, params=params)


async def values(api: httpx.AsyncClient, number: int) -> dict[str, Any]:
    found = await read(api, f"urn:e:{number}", format="concise")
    return {name: value for name, value in found.items() if name not in {"id", "type"}}


def check_result(response: httpx.Response, success: list[str], errors: dict[str, str]) -> None:
    """Check a BatchOperationResult (5.2.16): ids that succeeded, and error types by id."""
    assert response.status_code == 207, response.text
    assert response.headers["content-type"] == "application/json"
    assert "link" not in response.headers
    body = response.json()
    assert body.keys() == {"success", "errors"}
    assert sorted(body["success"]) == sorted(success)
    found = {
        error["entityId"]: error["error"]["type"].removeprefix(ERRORS) for error in body["errors"]
    }
    assert found == errors
    for error in body["errors"]:
        assert {"type", "title", "detail", "status"} <= error["error"].keys()


@pytest.mark.clause("5.6.7.4")
async def test_what_is_no_batch_should_be_refused_whole(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a=1)])
    for operation in OPERATIONS:
        good: Any = "urn:e:1" if operation == "delete" else entity(1, a=2)
        for body in ([], {}, [None], [good, None], "x", 5, entity(1)):
            check_problem(await post(api, operation, body), 400, "BadRequestData")
        invalid = await api.post(
            f"/entityOperations/{operation}",
            content=b"[",
            headers={"Content-Type": "application/json"},
        )
        check_problem(invalid, 400, "InvalidRequest")
        unknown = await post(api, operation, [good], nonsense="1")
        check_problem(unknown, 400, "InvalidRequest")
        text = await api.post(
            f"/entityOperations/{operation}/", content=b"[]", headers={"Content-Type": "text/plain"}
        )
        assert (text.status_code, text.content) == (415, b"")
    assert await values(api, 1) == {"a": 1}


@pytest.mark.clause("5.6.7.4")
async def test_create_should_report_each_failure(api: httpx.AsyncClient) -> None:
    created = await post(api, "create", [entity(1), entity(2)])
    assert created.status_code == 201
    assert created.headers["content-type"].startswith("application/json")
    assert sorted(created.json()) == ["urn:e:1", "urn:e:2"]
    batch = [
        entity(2),
        entity(3, a=1),
        entity(3, a=2),
        entity(4, a=NULL),
        {"id": "urn:e:5"},
        {"id": "no uri", "type": "T"},
        entity(6, a={"type": "Property"}),
        entity(7, a={"object": "urn:a:b"}),
    ]
    check_result(
        await post(api, "create", batch),
        ["urn:e:3", "urn:e:7"],
        {
            "urn:e:2": "AlreadyExists",
            "urn:e:3": "AlreadyExists",
            "urn:e:4": "BadRequestData",
            "urn:e:5": "BadRequestData",
            "no uri": "BadRequestData",
            "urn:e:6": "BadRequestData",
        },
    )
    # The first of several is the oldest, and counts (5.5.11.1).
    assert await values(api, 3) == {"a": 1}
    none = await post(api, "create", [entity(1)])
    check_result(none, [], {"urn:e:1": "AlreadyExists"})


@pytest.mark.clause("5.6.8.4")
async def test_upsert_should_replace_by_default(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a=1, scope="/A", b={"value": 1, "unitCode": "CEL"})])
    before = await read(api, "urn:e:1", options="sysAttrs")
    for mode in ({}, {"options": "replace"}):
        body = [{**entity(1, b=2), "type": "U"}]
        replaced = await post(api, "upsert", body, **mode)
        assert (replaced.status_code, replaced.content) == (204, b"")
    after = await read(api, "urn:e:1", options="sysAttrs")
    assert await values(api, 1) == {"b": 2}
    # Replacing is a way to take types away (4.16).
    assert after["type"] == "U"
    assert after["createdAt"] == before["createdAt"]
    assert after["modifiedAt"] > before["modifiedAt"]
    mixed = await post(api, "upsert", [entity(1, c=1), entity(2), entity(2, d=1)])
    assert (mixed.status_code, mixed.json()) == (201, ["urn:e:2"])
    assert await values(api, 2) == {"d": 1}


@pytest.mark.clause("5.6.8.4")
async def test_upsert_should_update_as_update_attributes_does(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a={"value": 1, "unitCode": "CEL"}, b=1, scope="/A")])
    body = [{**entity(1, a=2, b=NULL, c=3, scope="/B"), "type": ["T", "U"]}]
    updated = await post(api, "upsert", body, options="update")
    assert (updated.status_code, updated.content) == (204, b"")
    assert await values(api, 1) == {"a": 2, "c": 3, "scope": "/B"}
    assert (await read(api, "urn:e:1"))["type"] == ["T", "U"]
    partly = await post(
        api, "upsert", [entity(2, a=1), entity(2, b=2), entity(3, a=NULL)], options="update"
    )
    # Both instances of the second entity succeeded, one to create and one to update it.
    assert set(partly.json()["success"]) == {"urn:e:2"}
    assert [error["entityId"] for error in partly.json()["errors"]] == ["urn:e:3"]
    assert await values(api, 2) == {"a": 1, "b": 2}


@pytest.mark.clause("5.6.9.4")
async def test_update_should_append_in_order(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a={"value": 1, "unitCode": "CEL"}, scope="/A")])
    body = [entity(1, a=2, b=1), entity(1, b=2, scope="/B"), {**entity(1), "type": "U"}]
    updated = await post(api, "update", body)
    assert (updated.status_code, updated.content) == (204, b"")
    assert await values(api, 1) == {"a": 2, "b": 2, "scope": "/B"}
    kept = await post(api, "update", [entity(1, a=3, c=3, scope="/C")], options="noOverwrite")
    assert kept.status_code == 204
    assert await values(api, 1) == {"a": 2, "b": 2, "c": 3, "scope": ["/B", "/C"]}
    assert (await read(api, "urn:e:1"))["type"] == ["T", "U"]
    check_result(
        await post(
            api, "update", [entity(1, a=4), entity(9), {"type": "T"}, entity(8, a=NULL)][:2]
        ),
        ["urn:e:1"],
        {"urn:e:9": "ResourceNotFound"},
    )
    refused = await post(api, "update", [entity(1, a=NULL)])
    check_result(refused, [], {"urn:e:1": "BadRequestData"})


@pytest.mark.clause("5.6.20.4")
async def test_merge_should_merge_in_order(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1, a={"value": {"x": 1}, "unitCode": "CEL"}, b=1)])
    body = [entity(1, a={"value": {"y": 2}}), entity(1, a={"value": {"x": NULL}}, b=NULL, c=3)]
    merged = await post(api, "merge", body)
    assert (merged.status_code, merged.content) == (204, b"")
    assert await values(api, 1) == {"a": {"value": {"y": 2}, "unitCode": "CEL"}, "c": 3}
    check_result(
        await post(api, "merge", [entity(1, c=4), entity(9, a=1)]),
        ["urn:e:1"],
        {"urn:e:9": "ResourceNotFound"},
    )


@pytest.mark.clause("5.6.10.4")
async def test_delete_should_report_what_was_not_there(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(1), entity(2), entity(3)])
    deleted = await post(api, "delete", ["urn:e:1"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    partly = await post(api, "delete", ["urn:e:2", "urn:e:2", "no uri"])
    check_result(partly, ["urn:e:2"], {"urn:e:2": "ResourceNotFound", "no uri": "BadRequestData"})
    none = await post(api, "delete", ["urn:e:9"])
    check_result(none, [], {"urn:e:9": "ResourceNotFound"})
    wrong = await api.post("/entityOperations/delete", json=["urn:e:3"], headers=LD_JSON)
    assert wrong.status_code == 204


@pytest.mark.clause("6.3.5")
async def test_contexts_of_batches(api: httpx.AsyncClient) -> None:
    """Where no entity of a JSON-LD batch has an @context, the whole request has none."""
    for operation in OPERATIONS[:-1]:
        url = f"/entityOperations/{operation}"
        missing = await api.post(url, json=[entity(1), entity(2)], headers=LD_JSON)
        check_problem(missing, 400, "BadRequestData")
        embedded = await post(api, operation, [entity(1), entity(2, **{"@context": []})])
        check_problem(embedded, 400, "BadRequestData")
        link = '<http://localhost/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
        body = [entity(1, **{"@context": {}})]
        both = await api.post(url, json=body, headers={**LD_JSON, "Link": link})
        check_problem(both, 400, "BadRequestData")
    own = [entity(1, a=1, **{"@context": {"a": "urn:x:a"}}), entity(2)]
    response = await api.post("/entityOperations/create", json=own, headers=LD_JSON)
    check_result(response, ["urn:e:1"], {"urn:e:2": "BadRequestData"})
    assert await values(api, 1) == {"urn:x:a": 1}


@pytest.mark.clause("5.5.10")
async def test_batches_should_create_tenants_only_by_creating(api: httpx.AsyncClient) -> None:
    """Upsert may create entities, so it creates tenants too, though 5.5.10 does not list it."""
    for operation in ("update", "merge", "delete"):
        tenant = {"NGSILD-Tenant": f"none-{operation}"}
        body: Any = ["urn:e:1"] if operation == "delete" else [entity(1, a=1)]
        response = await api.post(f"/entityOperations/{operation}", json=body, headers=tenant)
        check_problem(response, 404, "NonexistentTenant")
        assert response.headers["ngsild-tenant"] == tenant["NGSILD-Tenant"]
    for operation in ("create", "upsert"):
        tenant = {"NGSILD-Tenant": f"new-{operation}"}
        response = await api.post(
            f"/entityOperations/{operation}", json=[entity(1, a=1)], headers=tenant
        )
        assert response.status_code == 201
        assert (await api.get("/entities/urn:e:1", headers=tenant)).status_code == 200


@pytest.mark.clause("5.5.11.0")
async def test_all_of_a_batch_should_have_the_same_moment(api: httpx.AsyncClient) -> None:
    await post(api, "create", [entity(number, a=number) for number in range(200)])
    found = (await api.get("/entities?type=T&options=sysAttrs&limit=200")).json()
    assert len({part["a"]["modifiedAt"] for part in found}) == 1
