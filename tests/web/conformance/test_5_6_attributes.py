"""Append, update, replace and delete attributes (CIM 009, 5.6.2 to 5.6.5, 5.6.19; 6.6, 6.7)."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import (
    DEFAULT,
    ID,
    LD_JSON,
    NULL,
    Json,
    a_room,
    attribute,
    check_problem,
    create,
    members,
    read,
)

ATTRS = f"/entities/{ID}/attrs"
TEMPERATURE: Json = {
    "type": "Property",
    "value": 25,
    "unitCode": "CEL",
    "observedAt": "2022-03-14T01:59:26.535Z",
}
INSTANCES: list[Json] = [
    {"type": "Property", "value": 1},
    {"type": "Property", "value": 2, "datasetId": "urn:d:2"},
]


async def stamps(api: httpx.AsyncClient) -> dict[str, tuple[str, str]]:
    """Read createdAt and modifiedAt of the room ("") and of its attributes' instances."""
    room = await read(api, options="sysAttrs")
    found = {"": (room["createdAt"], room["modifiedAt"])}
    for name, value in room.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                key = f"{name} {part['datasetId']}" if "datasetId" in part else name
                found[key] = (part["createdAt"], part["modifiedAt"])
    return found


async def changed(api: httpx.AsyncClient, before: dict[str, tuple[str, str]]) -> set[str]:
    """Tell whose modifiedAt changed, and check that createdAt did not."""
    after = await stamps(api)
    both = before.keys() & after.keys()
    assert all(before[name][0] == after[name][0] for name in both)
    return {name for name in both if before[name][1] < after[name][1]}


# 5.6.3 Append Attributes


@pytest.mark.clause("5.6.3.4")
async def test_append_should_touch_only_the_instance_with_its_dataset_id(
    api: httpx.AsyncClient,
) -> None:
    await create(api, a=INSTANCES, b=1)
    before = await stamps(api)
    body: Json = {"a": {"value": 3, "datasetId": "urn:d:2", "unitCode": "CEL"}}
    assert (await api.post(ATTRS, json=body)).status_code == 204
    second = {"type": "Property", "value": 3, "unitCode": "CEL", "datasetId": "urn:d:2"}
    assert await attribute(api) == [INSTANCES[0], second]
    assert await changed(api, before) == {"", "a urn:d:2"}
    body = {"a": [{"value": 4, "datasetId": "urn:d:3"}, {"value": 5, "datasetId": "@none"}]}
    assert (await api.post(ATTRS, json=body)).status_code == 204
    third = {"type": "Property", "value": 4, "datasetId": "urn:d:3"}
    assert await attribute(api) == [{"type": "Property", "value": 5}, second, third]
    assert "b" not in await changed(api, before)


@pytest.mark.clause("5.6.3.4")
async def test_append_should_replace_whole_instances_also_by_another_kind(
    api: httpx.AsyncClient,
) -> None:
    await create(api, a=TEMPERATURE)
    body = {"a": {"type": "Relationship", "object": "urn:a:b"}}
    assert (await api.post(ATTRS, json=body)).status_code == 204
    assert await attribute(api) == body["a"]


@pytest.mark.clause("6.6.3.1")
async def test_append_without_overwriting_should_report_what_it_left_alone(
    api: httpx.AsyncClient,
) -> None:
    await create(api, a=INSTANCES[1], scope="/A")
    before = await stamps(api)
    body = {
        "a": [{"value": 3}, {"value": 4, "datasetId": "urn:d:2"}],
        "b": 1,
        "scope": ["/A", "/B"],
        "type": "Hall",
    }
    response = await api.post(ATTRS, params={"options": "noOverwrite"}, json=body)
    assert response.status_code == 207
    assert response.headers["content-type"] == "application/json"
    assert response.json()["updated"] == [DEFAULT + "b"]
    refused = response.json()["notUpdated"]
    assert [part["attributeName"] for part in refused] == [DEFAULT + "a"]
    assert all(isinstance(part["reason"], str) for part in refused)
    room = await read(api)
    assert room["a"] == [INSTANCES[1], {"type": "Property", "value": 3}]
    assert room["scope"] == ["/A", "/B"]
    assert room["type"] == ["Room", "Hall"]
    assert await changed(api, before) == {""}
    allowed = await api.post(ATTRS, params={"options": "noOverwrite"}, json={"c": 1})
    assert (allowed.status_code, allowed.content) == (204, b"")


@pytest.mark.clause("5.6.3.4")
async def test_append_should_replace_the_scope_and_add_types(api: httpx.AsyncClient) -> None:
    await create(api, scope=["/A", "/B"])
    before = await stamps(api)
    body = {"id": ID, "type": ["Hall", "Room"], "scope": "/C"}
    assert (await api.post(ATTRS, json=body)).status_code == 204
    assert await read(api) == a_room(type=["Room", "Hall"], scope="/C")
    assert await changed(api, before) == {""}


# 5.6.2 Update Attributes


@pytest.mark.clause("5.5.8")
async def test_update_should_replace_whole_instances(api: httpx.AsyncClient) -> None:
    """Example 2 of 5.5.8: the unit goes, because the attribute is replaced."""
    await create(api, temperature=TEMPERATURE, b=1)
    before = await stamps(api)
    new = {"type": "Property", "value": 100, "observedAt": "2022-03-14T13:00:00.000Z"}
    assert (await api.patch(ATTRS, json={"temperature": new})).status_code == 204
    assert await attribute(api, "temperature") == new
    assert await changed(api, before) == {"", "temperature"}


@pytest.mark.clause("5.5.8")
@pytest.mark.parametrize(
    ("kind", "null"),
    [
        ({"value": 1}, NULL),
        ({"value": 1}, {"value": NULL}),
        ({"value": 1}, {"type": "Property", "value": NULL}),
        ({"object": "urn:a:b"}, {"type": "Relationship", "object": NULL}),
        ({"object": "urn:a:b"}, NULL),
        ({"object": ["urn:a:b"]}, {"object": [NULL]}),
        ({"languageMap": {"nl": "x"}}, {"languageMap": {"@none": NULL}}),
        ({"languageMap": {"nl": "x"}}, {"type": "LanguageProperty", "languageMap": NULL}),
        ({"vocab": "x"}, {"type": "VocabProperty", "vocab": NULL}),
        ({"json": {}}, {"type": "JsonProperty", "json": NULL}),
        ({"valueList": [1]}, {"type": "ListProperty", "valueList": [NULL]}),
        ({"objectList": ["urn:a:b"]}, {"type": "ListRelationship", "objectList": [NULL]}),
        (
            {"value": {"type": "Point", "coordinates": [1, 2]}},
            {"type": "GeoProperty", "value": NULL},
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [ATTRS, f"/entities/{ID}", f"{ATTRS}/a"])
async def test_a_null_should_remove_the_attribute(
    api: httpx.AsyncClient, kind: Any, null: Any, path: str
) -> None:
    await create(api, a=kind, b=1)
    before = await stamps(api)
    of_attribute = null if isinstance(null, dict) else {"value": null}
    response = await api.patch(path, json=of_attribute if path.endswith("/a") else {"a": null})
    assert response.status_code == 204, response.text
    assert await members(api) == {"b": {"type": "Property", "value": 1}}
    assert await changed(api, before) == {""}


@pytest.mark.clause("5.6.2.4")
@pytest.mark.parametrize("path", [ATTRS, f"/entities/{ID}"])
async def test_a_null_should_remove_only_the_instance_it_addresses(
    api: httpx.AsyncClient, path: str
) -> None:
    await create(api, a=INSTANCES)
    null = {"type": "Property", "value": NULL}
    for unknown in ({**null, "datasetId": "urn:d:9"},):
        assert (await api.patch(path, json={"a": unknown})).status_code == 204
    assert (await api.patch(path, json={"none": NULL})).status_code == 204
    assert await members(api) == {"a": INSTANCES}
    assert (await api.patch(path, json={"a": NULL})).status_code == 204
    assert await attribute(api) == INSTANCES[1]
    second = {"a": [{**null, "datasetId": "urn:d:2"}, {"value": 5}]}
    assert (await api.patch(path, json=second)).status_code == 204
    assert await attribute(api) == {"type": "Property", "value": 5}


@pytest.mark.clause("5.6.2.4")
async def test_update_should_add_types_and_replace_a_scope_that_is_there(
    api: httpx.AsyncClient,
) -> None:
    await create(api)
    body = {"type": ["Hall"], "scope": "/A", "a": 1}
    assert (await api.patch(ATTRS, json=body)).status_code == 204
    assert await read(api, format="concise") == a_room(type=["Room", "Hall"], a=1)
    assert (await api.post(ATTRS, json={"scope": "/A"})).status_code == 204
    assert (await api.patch(ATTRS, json={"scope": ["/B", "/C"]})).status_code == 204
    assert await attribute(api, "scope") == ["/B", "/C"]
    assert (await api.patch(ATTRS, json={"scope": NULL})).status_code == 204
    assert await attribute(api, "scope") is None


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"a": None}, {"a": {"value": None}}, {"a": {"type": "Property"}}, {"id": "x"}),
        *({"id": "urn:ngsi-ld:Other:1", "a": 1}, {"id": NULL, "a": 1}, {"type": NULL, "a": 1}),
        *(
            {"type": [], "a": 1},
            {"a": {"value": {"x": NULL}}},
            {"a": {"value": 1, "datasetId": NULL}},
        ),
        *({"a": [{"value": 1}, {"value": 2}]}, {"a b": 1}, {"scope": 1}, {"scope": []}),
        *({"a": {"languageMap": {"nl": NULL}}}, {"a": {"value": [1, NULL]}}, {"observedAt": "x"}),
        *({"a": {"object": ["urn:a:b", NULL]}}, {"@context": {}}, {"location": 5}),
    ],
    ids=str,
)
async def test_update_and_append_should_refuse_what_is_no_fragment(
    api: httpx.AsyncClient, body: Any
) -> None:
    await create(api, a=1)
    check_problem(await api.patch(ATTRS, json=body), 400, "BadRequestData")
    check_problem(await api.post(ATTRS, json=body), 400, "BadRequestData")
    assert await members(api, format="concise") == {"a": 1}


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    "attribute",
    [
        *(NULL, {"value": NULL}, {"value": {"x": NULL}}, {"value": [NULL]}, {"object": NULL}),
        *({"languageMap": {"@none": NULL}}, {"languageMap": {"nl": NULL}}, {"vocab": NULL}),
        *({"value": 1, "unitCode": NULL}, {"value": 1, "observedAt": NULL}, {"json": NULL}),
        *({"value": 1, "b": NULL}, {"value": 1, "b": {"value": NULL}}, {"valueList": [NULL]}),
        *({"objectList": [NULL]}, {"value": 1, "datasetId": NULL}, {"object": [NULL]}),
    ],
    ids=str,
)
async def test_create_append_and_replace_should_refuse_nulls(
    api: httpx.AsyncClient, attribute: Any
) -> None:
    body = {"type": "Room", "a": attribute}
    check_problem(await api.post("/entities", json={**body, "id": ID}), 400, "BadRequestData")
    await create(api, a=1)
    check_problem(await api.post(ATTRS, json={"a": attribute}), 400, "BadRequestData")
    check_problem(await api.put(f"/entities/{ID}", json=body), 400, "BadRequestData")
    if isinstance(attribute, dict):
        check_problem(await api.put(f"{ATTRS}/a", json=attribute), 400, "BadRequestData")
    assert await members(api, format="concise") == {"a": 1}


# 5.6.4 Partial Attribute Update


@pytest.mark.clause("5.6.4.4")
@pytest.mark.parametrize(
    ("before", "fragment", "after"),
    [
        (
            TEMPERATURE,
            {"type": "Property", "value": 100, "observedAt": "2022-03-14T13:00:00.000Z"},
            {**TEMPERATURE, "value": 100, "observedAt": "2022-03-14T13:00:00.000Z"},
        ),
        (TEMPERATURE, {"value": {"x": 1}}, {**TEMPERATURE, "value": {"x": 1}}),
        (
            TEMPERATURE,
            {"observedAt": NULL, "unitCode": NULL},
            {"type": "Property", "value": 25},
        ),
        (
            TEMPERATURE,
            {"by": {"object": "urn:a:b"}, "q": 1},
            {
                **TEMPERATURE,
                "by": {"type": "Relationship", "object": "urn:a:b"},
                "q": {"type": "Property", "value": 1},
            },
        ),
        (
            {"value": 1, "q": {"value": 2, "unitCode": "P1"}, "r": 3},
            {"q": {"value": 3}, "r": NULL},
            {"type": "Property", "value": 1, "q": {"type": "Property", "value": 3}},
        ),
        (TEMPERATURE, {"type": "Property"}, TEMPERATURE),
        # Values are replaced, not merged.
        ({"value": {"x": 1, "y": 2}}, {"value": {"x": 3}}, {"type": "Property", "value": {"x": 3}}),
        (
            {"languageMap": {"nl": "x", "en": "y"}},
            {"languageMap": {"nl": "z"}},
            {"type": "LanguageProperty", "languageMap": {"nl": "z"}},
        ),
        (
            {"object": "urn:a:b", "objectType": "T"},
            {"object": ["urn:a:c"]},
            {"type": "Relationship", "object": ["urn:a:c"], "objectType": "T"},
        ),
        (
            {"value": {"type": "Point", "coordinates": [1, 2]}, "q": 1},
            {"value": {"type": "Point", "coordinates": [3, 4]}},
            {
                "type": "GeoProperty",
                "value": {"type": "Point", "coordinates": [3, 4]},
                "q": {"type": "Property", "value": 1},
            },
        ),
        ({"vocab": "x"}, {"vocab": ["y"]}, {"type": "VocabProperty", "vocab": ["y"]}),
        ({"json": {"a": 1}}, {"json": [1]}, {"type": "JsonProperty", "json": [1]}),
        ({"valueList": [1]}, {"valueList": []}, {"type": "ListProperty", "valueList": []}),
    ],
    ids=str,
)
async def test_partial_update_should_overwrite_the_members_it_names(
    api: httpx.AsyncClient, before: Any, fragment: Any, after: Any
) -> None:
    await create(api, a=before, b=1)
    past = await stamps(api)
    response = await api.patch(f"{ATTRS}/a", json=fragment)
    assert (response.status_code, response.content) == (204, b""), response.text
    assert await attribute(api) == after
    assert await changed(api, past) == {"", "a"}


@pytest.mark.clause("5.6.4.4")
async def test_partial_update_should_address_instances_by_dataset_id(
    api: httpx.AsyncClient,
) -> None:
    await create(api, a=INSTANCES)
    before = await stamps(api)
    fragment = {"value": 5, "datasetId": "urn:d:2"}
    assert (await api.patch(f"{ATTRS}/a", json=fragment)).status_code == 204
    assert await attribute(api) == [INSTANCES[0], {**INSTANCES[1], "value": 5}]
    assert await changed(api, before) == {"", "a urn:d:2"}
    fragment = {"value": 6, "datasetId": "@none"}
    assert (await api.patch(f"{ATTRS}/a", json=fragment)).status_code == 204
    missing = await api.patch(f"{ATTRS}/a", json={"value": 5, "datasetId": "urn:d:9"})
    check_problem(missing, 404, "ResourceNotFound")
    assert (await api.delete(f"{ATTRS}/a")).status_code == 204
    check_problem(await api.patch(f"{ATTRS}/a", json={"value": 5}), 404, "ResourceNotFound")


@pytest.mark.clause("5.6.4.4")
@pytest.mark.parametrize(
    "fragment",
    [
        *({}, [], {"type": "Relationship", "object": "urn:a:b"}, {"object": "urn:a:b"}),
        *({"type": "Relationship"}, {"type": "x", "value": 1}, {"type": NULL}, {"type": None}),
        *({"value": None}, {"value": {"x": NULL}}, {"datasetId": NULL}, {"datasetId": "x"}),
        *({"observedAt": "x"}, {"unitCode": 5}, {"b c": 1}, {"@context": {}}, {"objectType": "T"}),
        *({"value": 1, "languageMap": {"nl": "x"}}, {"sub": {"type": "Property"}}, {"sub": None}),
    ],
    ids=str,
)
async def test_partial_update_should_refuse_what_is_no_fragment_of_the_attribute(
    api: httpx.AsyncClient, fragment: Any
) -> None:
    await create(api, a=TEMPERATURE)
    check_problem(await api.patch(f"{ATTRS}/a", json=fragment), 400, "BadRequestData")
    assert await attribute(api) == TEMPERATURE


# 5.6.19 Replace Attribute


@pytest.mark.clause("5.6.19.4")
async def test_replace_should_leave_nothing_of_the_instance_but_created_at(
    api: httpx.AsyncClient,
) -> None:
    await create(api, a=[TEMPERATURE, INSTANCES[1]], b=1)
    before = await stamps(api)
    new = {"type": "Relationship", "object": "urn:a:b"}
    response = await api.put(f"{ATTRS}/a", json=new)
    assert (response.status_code, response.content) == (204, b"")
    assert await attribute(api) == [new, INSTANCES[1]]
    assert await changed(api, before) == {"", "a"}
    concise = {"value": 7, "datasetId": "urn:d:2"}
    assert (await api.put(f"{ATTRS}/a", json=concise)).status_code == 204
    assert await attribute(api) == [new, {**INSTANCES[1], "value": 7}]
    missing = await api.put(f"{ATTRS}/a", json={"value": 7, "datasetId": "urn:d:9"})
    check_problem(missing, 404, "ResourceNotFound")
    check_problem(await api.put(f"{ATTRS}/none", json={"value": 7}), 404, "ResourceNotFound")


# 5.6.5 Delete Attribute


@pytest.mark.clause("5.6.5.4")
async def test_delete_should_take_the_default_instance_one_dataset_or_all(
    api: httpx.AsyncClient,
) -> None:
    await create(api, a=INSTANCES[1], b=INSTANCES, scope="/A")
    check_problem(await api.delete(f"{ATTRS}/a"), 404, "ResourceNotFound")
    unknown = await api.delete(f"{ATTRS}/a", params={"datasetId": "urn:d:9"})
    check_problem(unknown, 404, "ResourceNotFound")
    wrong = await api.delete(f"{ATTRS}/a", params={"datasetId": "x"})
    check_problem(wrong, 400, "BadRequestData")
    before = await stamps(api)
    response = await api.delete(f"{ATTRS}/a", params={"datasetId": "urn:d:2"})
    assert (response.status_code, response.content) == (204, b"")
    assert await changed(api, before) == {""}
    everything = await api.delete(f"{ATTRS}/b", params={"deleteAll": "true"})
    assert everything.status_code == 204
    assert (await api.delete(f"{ATTRS}/scope")).status_code == 204
    check_problem(await api.delete(f"{ATTRS}/scope"), 404, "ResourceNotFound")
    assert await members(api) == {}
    again = await api.delete(f"{ATTRS}/b", params={"deleteAll": "true"})
    check_problem(again, 404, "ResourceNotFound")


# What they share


@pytest.fixture
async def room(api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    await create(api, a=1)
    yield api


BODIES: list[tuple[str, str, Any]] = [
    ("POST", "/attrs", {"b": 1}),
    ("PATCH", "/attrs", {"b": 1}),
    ("PATCH", "/attrs/a", {"value": 2}),
    ("PUT", "/attrs/a", {"value": 2}),
    ("DELETE", "/attrs/a", None),
    ("PATCH", "", {"b": 1}),
    ("PUT", "", {"type": "Room"}),
    ("DELETE", "", None),
]


@pytest.mark.clause("5.6.4.4")
@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=str)
async def test_unknown_and_invalid_ids_types_tenants_and_parameters(
    room: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    async def answer(url: str, **more: Any) -> httpx.Response:
        return await room.request(method, f"/entities/{url}", json=body, **more)

    check_problem(await answer(f"urn:none:1{path}"), 404, "ResourceNotFound")
    check_problem(await answer(f"nouri{path}"), 400, "BadRequestData")
    check_problem(await answer(f"{ID}{path}?type=Hall"), 404, "ResourceNotFound")
    check_problem(await answer(f"{ID}{path}?nonsense=1"), 400, "InvalidRequest")
    check_problem(await answer(f"{ID}{path}?type=a%20b"), 400, "BadRequestData")
    tenant = {"NGSILD-Tenant": "unknown"}
    refused = await answer(f"{ID}{path}", headers=tenant)
    check_problem(refused, 404, "NonexistentTenant")
    assert refused.headers["ngsild-tenant"] == "unknown"
    if path.endswith("/a"):
        attrs = f"{ID}/attrs"
        check_problem(await answer(f"{attrs}/a%20b"), 400, "BadRequestData")
        check_problem(await answer(f"{attrs}/none"), 404, "ResourceNotFound")
        if method != "DELETE":
            check_problem(await answer(f"{attrs}/scope"), 400, "BadRequestData")
            check_problem(await answer("urn:none:1/attrs/scope"), 400, "BadRequestData")
    if body is not None:
        no_context = await answer(f"{ID}{path}", headers=LD_JSON)
        check_problem(no_context, 400, "BadRequestData")
        text = await answer(f"{ID}{path}", headers={"Content-Type": "text/plain"})
        assert (text.status_code, text.content) == (415, b"")
    assert await members(room, format="concise") == {"a": 1}
    accepted = await answer(f"{ID}{path}/?type=(Room;Room),Hall")
    assert (accepted.status_code, accepted.content) == (204, b"")
    assert "content-length" not in accepted.headers
