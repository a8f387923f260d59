"""Create, add to, modify and delete temporal evolutions (CIM 009, 5.6.11 to 5.6.16)."""

from typing import Any

import httpx
import pytest

from hanze.broker.temporal import MOST_AT_ONCE
from tests.web.conformance.broker import DEFAULT, LD_JSON, check_problem
from tests.web.conformance.evolutions import (
    EVER,
    ID,
    SPEEDS,
    Json,
    ask,
    at,
    create,
    observed,
    path,
    read,
    values,
    vehicle,
    without_ids,
)


@pytest.mark.clause("5.6.11")
@pytest.mark.clause("6.18.3.1")
async def test_a_creation_should_answer_201_where_the_evolution_is_new_and_204_after(
    api: httpx.AsyncClient,
) -> None:
    response = await api.post("/temporal/entities/", json=vehicle(speed=SPEEDS[:2]))
    assert response.status_code == 201
    assert response.headers["location"] == f"/ngsi-ld/v1/temporal/entities/{ID}"
    assert response.content == b""
    again = await api.post("/temporal/entities", json=vehicle(speed=SPEEDS[2:]))
    assert again.status_code == 204
    assert again.content == b""
    assert "location" not in again.headers
    assert without_ids(await read(api)) == vehicle(speed=SPEEDS)


@pytest.mark.clause("5.6.11.4")
async def test_a_creation_should_add_types_that_the_evolution_lacks(api: httpx.AsyncClient) -> None:
    await create(api, speed=SPEEDS)
    more = {"id": ID, "type": ["Vehicle", "Car"], "speed": observed(1, 9)}
    assert (await api.post("/temporal/entities", json=more)).status_code == 204
    assert set((await read(api))["type"]) == {"Vehicle", "Car"}
    assert len(await ask(api, type="Car", **EVER)) == 1


@pytest.mark.clause("5.6.11.4")
async def test_a_creation_should_leave_the_present_alone(api: httpx.AsyncClient) -> None:
    await create(api, speed=SPEEDS)
    assert (await api.get(f"/entities/{ID}")).status_code == 404
    present = {"id": ID, "type": "Vehicle", "speed": observed(50, 30)}
    assert (await api.post("/entities", json=present)).status_code == 201
    assert (await api.post("/temporal/entities", json=vehicle(speed=observed(9, 1)))).status_code == 204  # fmt: skip
    assert (await api.get(f"/entities/{ID}")).json()["speed"]["value"] == 50
    assert await values(api) == [9, 120, 80, 100, 50]


@pytest.mark.clause("5.2.20")
async def test_a_creation_should_take_values_with_their_times_alone(api: httpx.AsyncClient) -> None:
    simple = {"type": "Property", "values": [[one["value"], one["observedAt"]] for one in SPEEDS]}
    await create(api, speed=simple)
    assert without_ids(await read(api))["speed"] == SPEEDS
    assert (await read(api, format="temporalValues"))["speed"] == simple


@pytest.mark.clause("6.3.5")
async def test_a_creation_should_expand_names_with_the_context_of_its_body(
    api: httpx.AsyncClient,
) -> None:
    body = vehicle(pace=SPEEDS) | {"@context": {"pace": DEFAULT + "speed"}}
    response = await api.post("/temporal/entities", json=body, headers=LD_JSON)
    assert response.status_code == 201
    assert len(await values(api)) == 3


@pytest.mark.clause("5.5.10")
async def test_a_creation_should_make_the_tenant_that_is_new(api: httpx.AsyncClient) -> None:
    tenant = {"NGSILD-Tenant": "city"}
    check_problem(await api.get(path(), headers=tenant), 404, "NonexistentTenant")
    for method, below in (("DELETE", ()), ("DELETE", ("speed",)), ("DELETE", ("speed", "urn:x:1"))):
        response = await api.request(method, path(ID, *below), headers=tenant)
        check_problem(response, 404, "NonexistentTenant")
    for response in (
        await api.post(path() + "/attrs", json={"speed": SPEEDS}, headers=tenant),
        await api.get("/temporal/entities", params={"type": "Vehicle", **EVER}, headers=tenant),
    ):
        check_problem(response, 404, "NonexistentTenant")
    created = await api.post("/temporal/entities", json=vehicle(speed=SPEEDS), headers=tenant)
    assert created.status_code == 201
    assert created.headers["ngsild-tenant"] == "city"
    assert (await api.get(path(), headers=tenant)).status_code == 200
    assert (await api.get(path())).status_code == 404


WRONG: list[Any] = [
    [],
    {"type": "Vehicle"},
    {"id": ID},
    {"id": "no uri", "type": "Vehicle"},
    vehicle(speed=[]),
    vehicle(speed="urn:ngsi-ld:null"),
    vehicle(speed={"type": "Property", "value": "urn:ngsi-ld:null"}),
    vehicle(speed={"type": "Property"}),
    vehicle(speed={"type": "Property", "value": 1, "observedAt": "noon"}),
    {**vehicle(), "@context": {}},
]


@pytest.mark.clause("5.5.4")
async def test_a_creation_should_be_refused_when_the_body_is_wrong(
    api: httpx.AsyncClient,
) -> None:
    for body in WRONG:
        check_problem(await api.post("/temporal/entities", json=body), 400, "BadRequestData")
    check_problem(await api.get(path()), 404, "ResourceNotFound")


@pytest.mark.clause("6.3.4")
async def test_requests_should_be_refused_when_their_headers_are_wrong(
    api: httpx.AsyncClient,
) -> None:
    json = {"Content-Type": "application/json"}
    broken = await api.post("/temporal/entities", content="{", headers=json)
    check_problem(broken, 400, "InvalidRequest")
    text = await api.post(
        "/temporal/entities", content="{}", headers={"Content-Type": "text/plain"}
    )
    assert (text.status_code, text.content) == (415, b"")
    geo = {"Accept": "application/geo+json"}
    for response in (
        await api.get(path(), headers=geo),
        await api.get("/temporal/entities", params={"type": "Vehicle", **EVER}, headers=geo),
        await api.post("/temporal/entities", json=vehicle(), headers=geo),
    ):
        check_problem(response, 406, "InvalidRequest")
    check_problem(await api.get(path(), params={"unknown": "1"}), 400, "InvalidRequest")
    check_problem(
        await api.post("/temporal/entities?type=X", json=vehicle()), 400, "InvalidRequest"
    )
    assert (await api.put("/temporal/entities")).status_code == 405
    assert (await api.get("/temporal/nothing")).status_code == 404
    assert (await api.get("/temporal/entities/a/b")).status_code == 404


@pytest.mark.clause("5.6.12")
@pytest.mark.clause("6.20.3.1")
async def test_an_addition_should_add_instances_and_types(api: httpx.AsyncClient) -> None:
    await create(api, speed=SPEEDS[:1])
    fragment: Json = {"type": "Car", "speed": SPEEDS[1:], "brand": {"value": "A"}}
    response = await api.post(path() + "/attrs/", json=fragment)
    assert (response.status_code, response.content) == (204, b"")
    body = await read(api)
    assert set(body["type"]) == {"Vehicle", "Car"}
    assert without_ids(body)["speed"] == SPEEDS
    assert without_ids(body)["brand"] == [{"type": "Property", "value": "A"}]


@pytest.mark.clause("5.6.11")
async def test_a_large_creation_should_be_added_slice_by_slice(api: httpx.AsyncClient) -> None:
    pairs = [
        [number, f"2018-08-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"]
        for number in range(MOST_AT_ONCE + 1)
    ]
    body = vehicle(speed={"type": "Property", "values": pairs}, brand=observed("A", 1))
    assert (await api.post("/temporal/entities", json=body)).status_code == 201
    more = {"speed": {"type": "Property", "values": pairs}}
    assert (await api.post(path() + "/attrs", json=more)).status_code == 204
    counted = await read(api, format="aggregatedValues", aggrMethods="totalCount")
    assert counted["speed"]["totalCount"][0][0] == 2 * len(pairs)
    assert counted["brand"]["totalCount"][0][0] == 1


@pytest.mark.clause("5.6.12.4")
async def test_an_addition_should_be_refused_when_it_is_wrong_or_has_no_target(
    api: httpx.AsyncClient,
) -> None:
    fragment = {"speed": SPEEDS}
    check_problem(await api.post(path() + "/attrs", json=fragment), 404, "ResourceNotFound")
    check_problem(await api.get(path()), 404, "ResourceNotFound")
    await create(api, speed=SPEEDS[:1])
    check_problem(await api.post(path("no uri") + "/attrs", json=fragment), 400, "BadRequestData")
    wrong: list[Json] = [{}, {"speed": []}, {"id": "urn:a:2", **fragment}, {"speed": 1}]
    for body in wrong:
        check_problem(await api.post(path() + "/attrs", json=body), 400, "BadRequestData")
    assert await values(api) == [120]


DATASETS = [
    observed(1, 1),
    observed(2, 2, datasetId="urn:d:1"),
    observed(3, 3, datasetId="urn:d:2"),
]


@pytest.mark.clause("5.6.13")
@pytest.mark.clause("6.21.3.1")
@pytest.mark.parametrize(
    ("params", "left"),
    [
        ({}, [2, 3]),
        ({"datasetId": "@none"}, [2, 3]),
        ({"datasetId": "urn:d:1"}, [1, 3]),
        ({"deleteAll": "true"}, []),
        ({"deleteAll": "true", "datasetId": "urn:d:1"}, []),
        ({"deleteAll": "false", "datasetId": "urn:d:2"}, [1, 2]),
    ],
)
async def test_a_deletion_should_take_the_instances_of_one_dataset_or_of_all(
    api: httpx.AsyncClient, params: dict[str, str], left: list[int]
) -> None:
    await create(api, speed=DATASETS, brand=observed("A", 1))
    response = await api.delete(path(ID, "speed"), params=params)
    assert (response.status_code, response.content) == (204, b"")
    assert await values(api) == left
    assert await values(api, "brand") == ["A"]


@pytest.mark.clause("5.6.13.4")
async def test_a_deletion_should_be_refused_when_it_has_no_target(api: httpx.AsyncClient) -> None:
    check_problem(await api.delete(path(ID, "speed")), 404, "ResourceNotFound")
    await create(api, speed=SPEEDS)
    for params in ({"datasetId": "urn:d:1"}, {}):
        name = "speed" if params else "brand"
        response = await api.delete(path(ID, name), params=params)
        check_problem(response, 404, "ResourceNotFound")
    for where, params in (
        (path("no uri", "speed"), {}),
        (path(ID, "speed"), {"datasetId": "no uri"}),
        (path(ID, "speed"), {"deleteAll": "perhaps"}),
        (path(ID, "type"), {}),
    ):
        check_problem(await api.delete(where, params=params), 400, "BadRequestData")
    assert len(await values(api)) == 3


@pytest.mark.clause("5.6.14")
@pytest.mark.clause("6.22.3.1")
@pytest.mark.parametrize("as_array", [True, False])
async def test_a_modification_should_replace_one_instance(
    api: httpx.AsyncClient, as_array: bool
) -> None:
    await create(api, speed=SPEEDS)
    before = (await read(api, options="sysAttrs"))["speed"][1]
    new = observed(81, 6, unitCode="KMH")
    body = {"speed": [new] if as_array else new}
    response = await api.patch(path(ID, "speed", before["instanceId"]), json=body)
    assert (response.status_code, response.content) == (204, b"")
    after = (await read(api, options="sysAttrs"))["speed"]
    assert [one["value"] for one in after] == [120, 81, 100]
    changed = after[1]
    assert changed.pop("modifiedAt") > before["modifiedAt"]
    assert changed == {**new, "createdAt": before["createdAt"], "instanceId": before["instanceId"]}


@pytest.mark.clause("5.6.14.4")
async def test_a_modification_should_be_refused_when_it_is_wrong_or_has_no_target(
    api: httpx.AsyncClient,
) -> None:
    body = {"speed": [observed(1, 1)]}
    lost = "urn:ngsi-ld:Instance:1-1"
    check_problem(await api.patch(path(ID, "speed", lost), json=body), 404, "ResourceNotFound")
    await create(api, speed=SPEEDS, brand=observed("A", 1))
    known = (await read(api))["speed"][0]["instanceId"]
    for name, instance_id in (("speed", lost), ("speed", "urn:x:y"), ("brand", known)):
        response = await api.patch(path(ID, name, instance_id), json={name: [observed(1, 1)]})
        check_problem(response, 404, "ResourceNotFound")
    wrong: list[tuple[str, Json]] = [
        (path("no uri", "speed", known), body),
        (path(ID, "speed", "no uri"), body),
        (path(ID, "speed", known), {"brand": [observed(1, 1)]}),
        (path(ID, "speed", known), {"speed": SPEEDS}),
        (path(ID, "speed", known), {"speed": []}),
        (path(ID, "speed", known), {**body, "brand": [observed(1, 1)]}),
        (path(ID, "speed", known), {}),
    ]
    for where, json in wrong:
        check_problem(await api.patch(where, json=json), 400, "BadRequestData")
    assert await values(api) == [120, 80, 100]


@pytest.mark.clause("5.6.15")
@pytest.mark.clause("6.22.3.2")
async def test_a_deletion_should_take_one_instance_by_its_id(api: httpx.AsyncClient) -> None:
    await create(api, speed=SPEEDS, brand=observed("A", 1))
    instances = (await read(api))["speed"]
    where = path(ID, "speed", instances[1]["instanceId"])
    response = await api.delete(where)
    assert (response.status_code, response.content) == (204, b"")
    assert await values(api) == [120, 100]
    for lost in (where, path(ID, "brand", instances[0]["instanceId"]), path("urn:x:9", "speed", instances[0]["instanceId"])):  # fmt: skip
        check_problem(await api.delete(lost), 404, "ResourceNotFound")
    for wrong in (path(ID, "speed", "no uri"), path("no uri", "speed", "urn:x:y")):
        check_problem(await api.delete(wrong), 400, "BadRequestData")


@pytest.mark.clause("4.5.7")
async def test_instance_ids_should_be_uris_of_their_own(api: httpx.AsyncClient) -> None:
    await create(api, speed=[SPEEDS[0]] * 3)
    ids = [one["instanceId"] for one in (await read(api))["speed"]]
    assert len(set(ids)) == 3
    assert all(one.startswith("urn:") for one in ids)
    assert [one["instanceId"] for one in (await read(api, lastN=1))["speed"]] == ids[-1:]


@pytest.mark.clause("5.6.16")
@pytest.mark.clause("6.19.3.2")
async def test_a_deletion_should_take_the_evolution_and_leave_the_present(
    api: httpx.AsyncClient,
) -> None:
    check_problem(await api.delete(path()), 404, "ResourceNotFound")
    check_problem(await api.delete(path("no uri")), 400, "BadRequestData")
    present = {"id": ID, "type": "Vehicle", "speed": observed(50, 30)}
    assert (await api.post("/entities", json=present)).status_code == 201
    response = await api.delete(path())
    assert (response.status_code, response.content) == (204, b"")
    check_problem(await api.get(path()), 404, "ResourceNotFound")
    check_problem(await api.delete(path()), 404, "ResourceNotFound")
    assert (await api.get(f"/entities/{ID}")).status_code == 200
    assert (await api.post("/temporal/entities", json=vehicle(speed=SPEEDS))).status_code == 201
    assert await values(api) == [120, 80, 100]


@pytest.mark.clause("4.5.7")
@pytest.mark.clause("6.3.11")
async def test_what_was_deleted_in_the_present_should_leave_its_trace(
    api: httpx.AsyncClient,
) -> None:
    present = {"id": ID, "type": "Vehicle", "speed": observed(50, 30), "brand": {"value": "A"}}
    assert (await api.post("/entities", json=present)).status_code == 201
    assert (await api.delete(f"/entities/{ID}/attrs/speed")).status_code == 204
    first, last = (await read(api))["speed"]
    assert first["value"] == 50
    assert last["value"] == "urn:ngsi-ld:null"
    assert "deletedAt" not in last
    shown = (await read(api, options="sysAttrs"))["speed"][-1]
    assert shown["deletedAt"] >= shown["createdAt"]
    deleted = await ask(
        api, type="Vehicle", timeproperty="deletedAt", format="temporalValues", **EVER
    )
    assert deleted[0]["speed"] == {
        "type": "Property",
        "values": [["urn:ngsi-ld:null", shown["deletedAt"]]],
    }
    assert (await api.delete(f"/entities/{ID}")).status_code == 204
    assert (await read(api, options="sysAttrs"))["deletedAt"]
    assert "deletedAt" not in await read(api)


@pytest.mark.clause("4.5.7")
@pytest.mark.clause("5.5.4")
async def test_a_deletion_that_is_told_later_should_keep_its_moment(api: httpx.AsyncClient) -> None:
    gone = {"type": "Property", "value": "urn:ngsi-ld:null", "deletedAt": at(9)}
    await create(api, speed=[*SPEEDS, {**gone, "observedAt": at(9)}], brand=gone)
    body = await read(api, options="sysAttrs")
    assert [one["value"] for one in body["speed"]] == [120, 80, 100, "urn:ngsi-ld:null"]
    assert body["speed"][-1]["deletedAt"] == body["brand"][0]["deletedAt"] == at(9)
    before = {"timeproperty": "deletedAt", "timerel": "before", "timeAt": at(10)}
    assert await values(api, **before) == ["urn:ngsi-ld:null"]
    summed = await read(api, format="aggregatedValues", aggrMethods="totalCount")
    assert [summed["speed"]["totalCount"][0][0], "brand" in summed] == [3, False]


@pytest.mark.clause("4.5.6")
async def test_the_scope_should_have_an_evolution_too(api: httpx.AsyncClient) -> None:
    present = {"id": ID, "type": "Vehicle", "scope": "/a", "speed": observed(1, 1)}
    assert (await api.post("/entities", json=present)).status_code == 201
    scopes = (await read(api, options="sysAttrs"))["scope"]
    assert [one["value"] for one in scopes] == ["/a"]
    assert scopes[0]["observedAt"] == scopes[0]["modifiedAt"]
    changed = await api.patch(f"/entities/{ID}", json={"scope": ["/b", "/c"]})
    assert changed.status_code == 204
    assert [one["value"] for one in (await read(api))["scope"]] == ["/a", ["/b", "/c"]]
    early = {"type": "Property", "value": "/early", "observedAt": at(0)}
    assert (await api.post(path() + "/attrs", json={"scope": early})).status_code == 204
    assert (await read(api))["scope"][0]["value"] == "/early"
    assert (await api.delete(path(ID, "scope"))).status_code == 204
    assert "scope" not in await read(api)


@pytest.mark.clause("5.6.12.4")
@pytest.mark.clause("5.6.14.4")
@pytest.mark.parametrize("body", [{}, {"other": observed(1, 1)}, {"speed": "urn:ngsi-ld:null"}])
async def test_what_is_not_there_should_be_told_before_what_is_wrong_with_the_body(
    api: httpx.AsyncClient, body: Json
) -> None:
    await create(api, speed=SPEEDS)
    instance = "urn:ngsi-ld:Instance:1-1"
    unknown = "urn:ngsi-ld:Vehicle:none"
    check_problem(await api.post(path(unknown) + "/attrs", json=body), 404, "ResourceNotFound")
    response = await api.patch(path(unknown, "speed", instance), json=body)
    check_problem(response, 404, "ResourceNotFound")
    if body:
        response = await api.patch(path(ID, "colour", instance), json=body)
        check_problem(response, 404, "ResourceNotFound")
    response = await api.patch(path(ID, "speed", instance), json=body)
    check_problem(response, 400, "BadRequestData")


@pytest.mark.clause("5.6.14.4")
async def test_an_instance_should_stay_in_its_dataset(api: httpx.AsyncClient) -> None:
    dataset = {"datasetId": "urn:d:1"}
    await create(api, speed=[observed(1, 1), observed(2, 2, **dataset)])
    alone, other = (one["instanceId"] for one in (await read(api))["speed"])
    moved = {"speed": [observed(3, 1, **dataset)]}
    response = await api.patch(path(ID, "speed", alone), json=moved)
    check_problem(response, 400, "BadRequestData")
    assert response.json()["field"] == "datasetId"
    for corrected in (observed(4, 2), observed(4, 2, **dataset)):
        response = await api.patch(path(ID, "speed", other), json={"speed": [corrected]})
        assert response.status_code == 204
        assert (await read(api, datasetId="urn:d:1"))["speed"][0]["value"] == 4
    assert (await read(api, datasetId="@none"))["speed"][0]["value"] == 1
