"""Provision through HTTP: what a client sees (CIM 009, 5.6, 6.4 to 6.7)."""

from typing import Any

import httpx
import pytest

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
BIN = "urn:ngsi-ld:WasteContainer:1"


def a_bin(**members: Any) -> dict[str, Any]:
    return {
        "id": BIN,
        "type": "WasteContainer",
        "fillingLevel": {
            "type": "Property",
            "value": 0.4,
            "unitCode": "C62",
            "observedAt": "2026-05-04T12:00:00Z",
        },
        **members,
    }


async def created(api: httpx.AsyncClient, **members: Any) -> None:
    response = await api.post("/entities", json=a_bin(**members))
    assert response.status_code == 201, response.text


async def read(api: httpx.AsyncClient, entity_id: str = BIN, **params: str) -> dict[str, Any]:
    response = await api.get(f"/entities/{entity_id}", params=params)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.clause("6.4.3.1")
async def test_create_should_answer_201_with_the_location(api: httpx.AsyncClient) -> None:
    response = await api.post("/entities/", json=a_bin())
    assert response.status_code == 201
    assert response.headers["location"] == f"/ngsi-ld/v1/entities/{BIN}"
    assert response.content == b""
    assert await read(api) == a_bin()


@pytest.mark.clause("5.6.1")
async def test_create_should_answer_409_when_the_id_is_taken(api: httpx.AsyncClient) -> None:
    await created(api)
    response = await api.post("/entities", json=a_bin(type="Other"))
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/json"
    assert response.json()["type"] == ERRORS + "AlreadyExists"


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "InvalidRequest"),
        (b"[]", "BadRequestData"),
        (b"{}", "BadRequestData"),
        (b'{"id": "no uri", "type": "T"}', "BadRequestData"),
        (b'{"id": "urn:a:b"}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "a": "urn:ngsi-ld:null"}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "a": null}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "a b": 1}', "BadRequestData"),
        (b'{"id": "urn:a:b", "type": "T", "@context": []}', "BadRequestData"),
    ],
)
async def test_create_should_answer_400_for_what_is_no_entity(
    api: httpx.AsyncClient, body: bytes, problem: str
) -> None:
    response = await api.post(
        "/entities", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["type"] == ERRORS + problem
    assert {"title", "detail", "status"} <= response.json().keys()


@pytest.mark.clause("6.3.4")
async def test_bodies_should_have_a_known_type_and_a_length(api: httpx.AsyncClient) -> None:
    refused = await api.post("/entities", content=b"x", headers={"Content-Type": "text/plain"})
    assert (refused.status_code, refused.content) == (415, b"")

    async def chunks() -> Any:
        yield b"{}"

    unmeasured = await api.post(
        "/entities", content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert (unmeasured.status_code, unmeasured.content) == (411, b"")


@pytest.mark.clause("6.3.2")
async def test_a_method_that_a_resource_lacks_should_answer_405_with_allow(
    api: httpx.AsyncClient,
) -> None:
    response = await api.put("/entities")
    assert response.status_code == 405
    assert {"GET", "POST", "DELETE"} <= set(response.headers["allow"].split(", "))


@pytest.mark.clause("6.3.5")
async def test_contexts_should_come_one_way_only(api: httpx.AsyncClient) -> None:
    link = '<http://localhost/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
    ld = {"Content-Type": "application/ld+json"}
    mixed = await api.post(
        "/entities", json=a_bin(**{"@context": []}), headers={**ld, "Link": link}
    )
    assert mixed.status_code == 400
    missing = await api.post("/entities", json=a_bin(), headers=ld)
    assert missing.status_code == 400
    assert missing.json()["clause"] == "6.3.5"


@pytest.mark.clause("5.5.7")
async def test_names_should_be_expanded_and_compacted_by_the_context_of_each_request(
    api: httpx.AsyncClient,
) -> None:
    context = {"WasteContainer": "urn:x:Bin", "fillingLevel": "urn:x:level"}
    response = await api.post(
        "/entities",
        json=a_bin(**{"@context": context}),
        headers={"Content-Type": "application/ld+json"},
    )
    assert response.status_code == 201
    plain = await read(api)
    assert plain["type"] == "urn:x:Bin"
    assert plain["urn:x:level"]["value"] == 0.4


@pytest.mark.clause("5.6.3")
async def test_append_should_add_overwrite_or_leave_alone(api: httpx.AsyncClient) -> None:
    await created(api)
    new = {"fillingLevel": 0.9, "colour": "green"}
    kept = await api.post(f"/entities/{BIN}/attrs?options=noOverwrite", json=new)
    assert kept.status_code == 207
    assert kept.json()["updated"] == ["https://uri.etsi.org/ngsi-ld/default-context/colour"]
    assert kept.json()["notUpdated"][0]["attributeName"].endswith("/fillingLevel")
    assert (await read(api, options="keyValues"))["fillingLevel"] == 0.4
    replaced = await api.post(f"/entities/{BIN}/attrs/", json=new)
    assert (replaced.status_code, replaced.content) == (204, b"")
    assert "content-length" not in replaced.headers
    assert (await read(api))["fillingLevel"] == {"type": "Property", "value": 0.9}


@pytest.mark.clause("5.6.2")
async def test_update_should_replace_whole_attributes_and_remove_nulls(
    api: httpx.AsyncClient,
) -> None:
    await created(api, colour="green")
    response = await api.patch(
        f"/entities/{BIN}/attrs",
        json={"fillingLevel": {"type": "Property", "value": 1}, "colour": "urn:ngsi-ld:null"},
    )
    assert response.status_code == 204
    entity = await read(api)
    assert entity["fillingLevel"] == {"type": "Property", "value": 1}
    assert "colour" not in entity


@pytest.mark.clause("5.6.4")
async def test_partial_update_should_change_only_what_it_names(api: httpx.AsyncClient) -> None:
    await created(api)
    url = f"/entities/{BIN}/attrs/fillingLevel"
    response = await api.patch(url, json={"value": 0.7})
    assert response.status_code == 204
    level = (await read(api))["fillingLevel"]
    assert level == {**a_bin()["fillingLevel"], "value": 0.7}
    other_kind = await api.patch(url, json={"type": "Relationship", "object": "urn:a:b"})
    assert other_kind.status_code == 400
    missing = await api.patch(f"/entities/{BIN}/attrs/none", json={"value": 1})
    assert missing.status_code == 404
    scope = await api.patch(f"/entities/{BIN}/attrs/scope", json={"value": 1})
    assert scope.status_code == 400


@pytest.mark.clause("5.6.19")
async def test_replace_attribute_should_keep_created_at(api: httpx.AsyncClient) -> None:
    await created(api)
    before = (await read(api, options="sysAttrs"))["fillingLevel"]
    response = await api.put(
        f"/entities/{BIN}/attrs/fillingLevel", json={"type": "Property", "value": 5}
    )
    assert response.status_code == 204
    after = (await read(api, options="sysAttrs"))["fillingLevel"]
    assert after["createdAt"] == before["createdAt"]
    assert after["modifiedAt"] > before["modifiedAt"]
    assert "unitCode" not in after


@pytest.mark.clause("5.6.17")
async def test_merge_should_reach_into_values(api: httpx.AsyncClient) -> None:
    await created(api, address={"type": "Property", "value": {"street": "A", "city": "B"}})
    response = await api.patch(
        f"/entities/{BIN}",
        json={
            "address": {"type": "Property", "value": {"street": "C", "city": "urn:ngsi-ld:null"}}
        },
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert response.status_code == 204
    assert (await read(api))["address"]["value"] == {"street": "C"}


@pytest.mark.clause("5.6.18")
async def test_replace_entity_should_leave_nothing_of_the_old(api: httpx.AsyncClient) -> None:
    await created(api, colour="green")
    response = await api.put(f"/entities/{BIN}", json={"type": "WasteContainer", "lid": True})
    assert response.status_code == 204
    assert (await read(api, options="concise")) == {
        "id": BIN,
        "type": "WasteContainer",
        "lid": True,
    }


@pytest.mark.clause("5.6.5")
async def test_delete_attribute_should_take_the_instance_that_is_named(
    api: httpx.AsyncClient,
) -> None:
    speeds = [
        {"type": "Property", "value": 1},
        {"type": "Property", "value": 2, "datasetId": "urn:d:2"},
        {"type": "Property", "value": 3, "datasetId": "urn:d:3"},
    ]
    await created(api, speed=speeds)
    url = f"/entities/{BIN}/attrs/speed"
    assert (await api.delete(url, params={"datasetId": "urn:d:2"})).status_code == 204
    assert (await read(api))["speed"] == [speeds[0], speeds[2]]
    assert (await api.delete(url)).status_code == 204
    assert (await api.delete(url)).status_code == 404
    assert (await read(api))["speed"] == speeds[2]
    assert (await api.delete(url, params={"deleteAll": "true"})).status_code == 204
    assert "speed" not in await read(api)


@pytest.mark.clause("5.6.6")
async def test_delete_entity_should_answer_404_the_second_time(api: httpx.AsyncClient) -> None:
    await created(api)
    assert (await api.delete(f"/entities/{BIN}?type=Other")).status_code == 404
    assert (await api.delete(f"/entities/{BIN}?type=WasteContainer")).status_code == 204
    gone = await api.delete(f"/entities/{BIN}")
    assert gone.status_code == 404
    assert gone.json()["type"] == ERRORS + "ResourceNotFound"
    assert (await api.delete("/entities/none")).status_code == 400


@pytest.mark.clause("5.6.21")
async def test_purge_should_delete_what_matches_or_some_attributes(api: httpx.AsyncClient) -> None:
    for number in range(3):
        await created(api, id=f"urn:b:{number}", n=number, colour="green")
    assert (await api.delete("/entities")).status_code == 400
    dropped = await api.delete("/entities", params={"type": "WasteContainer", "drop": "colour"})
    assert dropped.status_code == 204
    assert "colour" not in await read(api, "urn:b:0")
    assert (
        await api.delete("/entities", params={"type": "WasteContainer", "q": "n>=1"})
    ).status_code == 204
    left = await api.get("/entities", params={"type": "WasteContainer"})
    assert [entity["id"] for entity in left.json()] == ["urn:b:0"]


@pytest.mark.clause("5.5.10")
async def test_tenants_should_not_see_each_other(api: httpx.AsyncClient) -> None:
    tenant = {"NGSILD-Tenant": "harbour"}
    unknown = await api.get("/entities?type=WasteContainer", headers=tenant)
    assert unknown.status_code == 404
    assert unknown.json()["type"] == ERRORS + "NonexistentTenant"
    response = await api.post("/entities", json=a_bin(), headers=tenant)
    assert response.status_code == 201
    assert response.headers["ngsild-tenant"] == "harbour"
    assert (await api.get(f"/entities/{BIN}")).status_code == 404
    assert (await api.get(f"/entities/{BIN}", headers=tenant)).status_code == 200


@pytest.mark.clause("6.3.20")
async def test_unknown_parameters_should_be_refused(api: httpx.AsyncClient) -> None:
    for url in ("/entities?type=T&colour=red", "/entities?type=T&options=fast"):
        response = await api.get(url)
        assert response.status_code == 400
        assert response.json()["type"] == ERRORS + "InvalidRequest"
