"""Create, replace, delete and purge entities (CIM 009, 5.6.1, 5.6.6, 5.6.18, 5.6.21; 4.8, 4.22)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import (
    DEFAULT,
    ID,
    LD_JSON,
    NULL,
    a_room,
    attribute,
    check_problem,
    create,
    members,
    read,
)

URL = f"/entities/{ID}"
PAST = "2001-01-01T00:00:00Z"


def soon(seconds: float) -> str:
    moment = datetime.now(tz=UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# 5.6.1 Create Entity


@pytest.mark.clause("6.4.3.1")
@pytest.mark.parametrize(
    ("entity_id", "path"),
    [
        ("urn:ngsi-ld:Room:a/b", "urn:ngsi-ld:Room:a%2Fb"),
        ("http://example.org/rooms/1?x=1#y", "http:%2F%2Fexample.org%2Frooms%2F1%3Fx=1%23y"),
        ("urn:x:50%25", "urn:x:50%2525"),
        ("urn:x:café", "urn:x:caf%C3%A9"),
        ("urn:x:a+b", "urn:x:a+b"),
    ],
)
async def test_an_id_may_hold_what_a_uri_may(
    api: httpx.AsyncClient, entity_id: str, path: str
) -> None:
    response = await api.post("/entities/", json=a_room(id=entity_id, a=1))
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["location"] == f"/ngsi-ld/v1/entities/{path}"
    shown = await api.get(f"http://localhost{response.headers['location']}/")
    assert shown.json()["id"] == entity_id
    assert (await api.patch(f"/entities/{path}/attrs/a", json={"value": 2})).status_code == 204
    assert (await api.patch(f"/entities/{path}", json={"b": 2})).status_code == 204
    assert (await api.delete(f"/entities/{path}")).status_code == 204


@pytest.mark.clause("5.6.1.4")
async def test_an_id_should_be_taken_whatever_the_type(api: httpx.AsyncClient) -> None:
    await create(api, a=1)
    check_problem(await api.post("/entities", json=a_room(type="Hall")), 409, "AlreadyExists")
    check_problem(await api.post("/entities", json=a_room(a=1)), 409, "AlreadyExists")
    check_problem(await api.post("/entities?type=Room", json=a_room()), 400, "InvalidRequest")


@pytest.mark.clause("5.2.2")
async def test_system_attributes_should_be_generated_and_shown_on_request_only(
    api: httpx.AsyncClient,
) -> None:
    wrong = {"createdAt": PAST, "modifiedAt": 5, "deletedAt": None}
    await create(api, **wrong, a={"value": 1, **wrong, "q": {"value": 1, **wrong}})
    assert await read(api, format="concise") == a_room(a={"value": 1, "q": 1})
    shown = await read(api, options="sysAttrs")
    owners = [shown, shown["a"], shown["a"]["q"]]
    stamps = {owner[name] for owner in owners for name in ("createdAt", "modifiedAt")}
    assert len(stamps) == 1
    assert datetime.fromisoformat(stamps.pop()) - datetime.now(tz=UTC) < timedelta(seconds=60)
    assert not any("deletedAt" in owner for owner in owners)


@pytest.mark.clause("6.3.5")
async def test_the_context_should_come_by_link_or_in_the_body(api: httpx.AsyncClient) -> None:
    stored = await api.post(
        "/jsonldContexts", json={"@context": {"a": "urn:x:a", "Room": "urn:x:R"}}
    )
    link = {"Link": f'<{stored.headers["location"]}>; rel="http://www.w3.org/ns/json-ld#context"'}
    if stored.headers["location"].startswith("/"):
        link = {"Link": link["Link"].replace("</", "<http://localhost/")}
    response = await api.post("/entities", json=a_room(a=1), headers=link)
    assert response.status_code == 201, response.text
    assert await read(api, format="concise") == {"id": ID, "type": "urn:x:R", "urn:x:a": 1}
    assert (await api.patch(URL + "/attrs/a", json={"value": 1})).status_code == 404
    part = await api.patch(URL + "/attrs/a", json={"value": 2}, headers=link)
    assert part.status_code == 204
    assert (await api.delete(URL + "?type=Room")).status_code == 404
    assert (await api.delete(URL + "?type=Room", headers=link)).status_code == 204
    both = await api.post("/entities", json=a_room(), headers={**LD_JSON, **link})
    check_problem(both, 400, "BadRequestData")
    embedded = await api.post("/entities", json=a_room(**{"@context": {}}), headers=link)
    check_problem(embedded, 400, "BadRequestData")
    for context in (5, "no uri", {"a": 5}, {"@id": "urn:x:y"}):
        wrong = await api.post("/entities", json=a_room(**{"@context": context}), headers=LD_JSON)
        check_problem(wrong, 400, "BadRequestData")


@pytest.mark.clause("6.3.4")
async def test_media_types_should_be_checked(api: httpx.AsyncClient) -> None:
    for content_type in ("text/plain", "application/geo+json", "application/merge-patch+json", ""):
        response = await api.post(
            "/entities", content=b"{}", headers={"Content-Type": content_type}
        )
        assert (response.status_code, response.content) == (415, b"")
    for content_type in ("application/json; charset=utf-8", "Application/JSON"):
        headers = {"Content-Type": content_type}
        response = await api.post("/entities", content=b"{}", headers=headers)
        check_problem(response, 400, "BadRequestData")
    await create(api, a=1)
    patch = {"Content-Type": "application/merge-patch+json"}
    for path in (URL, URL + "/attrs"):
        assert (await api.patch(path, json={"a": 2}, headers=patch)).status_code == 204
    assert (await api.patch(URL + "/attrs/a", json={"value": 3}, headers=patch)).status_code == 204
    refused = await api.post(URL + "/attrs", json={"a": 2}, headers=patch)
    assert refused.status_code == 415


@pytest.mark.clause("6.3.4")
async def test_geojson_should_not_be_acceptable_but_for_entities_that_are_read(
    api: httpx.AsyncClient,
) -> None:
    await create(api)
    geojson = {"Accept": "application/geo+json"}
    for method, path, body in (
        ("POST", "/entities", a_room()),
        ("PATCH", URL, {"a": 1}),
        ("DELETE", URL, None),
        ("POST", "/entityOperations/upsert", [a_room()]),
        ("GET", "/types", None),
    ):
        response = await api.request(method, path, json=body, headers=geojson)
        check_problem(response, 406, "InvalidRequest")
        assert response.json()["available"] == ["application/json", "application/ld+json"]
    assert (await api.get(URL, headers=geojson)).status_code == 200
    several = {"Accept": "application/geo+json, application/json"}
    assert (await api.patch(URL, json={"a": 1}, headers=several)).status_code == 204


@pytest.mark.clause("6.3.2")
async def test_methods_that_a_resource_lacks(api: httpx.AsyncClient) -> None:
    for method, path, allowed in (
        ("PUT", "/entities", {"GET", "POST", "DELETE"}),
        ("POST", URL, {"GET", "PUT", "PATCH", "DELETE"}),
        ("GET", URL + "/attrs", {"POST", "PATCH"}),
        ("POST", URL + "/attrs/a", {"PATCH", "PUT", "DELETE"}),
        ("GET", "/entityOperations/create", {"POST"}),
        ("PATCH", "/entityOperations/merge", {"POST"}),
    ):
        response = await api.request(method, path)
        assert response.status_code == 405, path
        assert allowed <= set(response.headers["allow"].split(", "))


# 5.6.18 Replace Entity


@pytest.mark.clause("5.6.18.4")
async def test_replace_should_keep_created_at_and_nothing_else(api: httpx.AsyncClient) -> None:
    await create(api, type=["Room", "Hall"], scope="/A", a=1, b={"value": 1, "unitCode": "CEL"})
    before = await read(api, options="sysAttrs")
    body = {"id": ID, "type": "Office", "b": 2, "c": {"object": "urn:a:b"}}
    response = await api.put(URL, json=body)
    assert (response.status_code, response.content) == (204, b"")
    assert await read(api, format="concise") == body
    after = await read(api, options="sysAttrs")
    assert after["createdAt"] == before["createdAt"]
    assert after["modifiedAt"] > before["modifiedAt"]
    assert after["c"]["createdAt"] > before["createdAt"]


@pytest.mark.clause("5.6.18.4")
@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"a": 1}, {"id": "urn:x:y", "type": "Room"}, {"id": ID}, {"type": "Ro om"}),
        *(
            {"type": "Room", "a": NULL},
            {"type": "Room", "a": None},
            {"type": "Room", "scope": NULL},
        ),
        *({"type": NULL}, {"type": "Room", "@context": {}}, {"type": "Room", "expiresAt": NULL}),
    ],
    ids=str,
)
async def test_replace_should_refuse_what_is_no_entity(api: httpx.AsyncClient, body: Any) -> None:
    await create(api, a=1)
    check_problem(await api.put(URL, json=body), 400, "BadRequestData")
    assert await read(api, format="concise") == a_room(a=1)


# 5.6.6 Delete Entity


@pytest.mark.clause("5.6.6.4")
async def test_delete_should_remove_the_entity_and_free_its_id(api: httpx.AsyncClient) -> None:
    await create(api, a=1)
    before = await read(api, options="sysAttrs")
    response = await api.delete(URL + "/")
    assert (response.status_code, response.content) == (204, b"")
    check_problem(await api.get(URL), 404, "ResourceNotFound")
    await create(api, b=1)
    assert (await read(api, options="sysAttrs"))["createdAt"] > before["createdAt"]


# 5.6.21 Purge Entities


async def rooms(api: httpx.AsyncClient) -> None:
    """Two rooms and a hall."""
    for number, kind in enumerate(("Room", "Room", "Hall")):
        more: dict[str, Any] = {"scope": f"/{kind}", "n": number, "rel": {"object": "urn:e:0"}}
        location = {"type": "Point", "coordinates": [number, 0]}
        entity = {"id": f"urn:e:{number}", "type": kind, "location": location, **more}
        assert (await api.post("/entities", json=entity)).status_code == 201


async def left(api: httpx.AsyncClient) -> str:
    """Tell which of the three are left."""
    found = (await api.get("/entities?type=Room,Hall")).json()
    return "".join(sorted(entity["id"][-1] for entity in found))


@pytest.mark.clause("5.6.21.4")
@pytest.mark.parametrize(
    ("params", "rest"),
    [
        ({"type": "Room"}, "2"),
        ({"type": DEFAULT + "Room"}, "2"),
        ({"type": "*"}, ""),
        ({"type": "None"}, "012"),
        ({"q": "n>=1"}, "0"),
        ({"type": "Room", "q": "n>=1"}, "02"),
        ({"type": "Room", "id": "urn:e:0,urn:e:2"}, "12"),
        ({"type": "Room,Hall", "idPattern": "[12]$"}, "0"),
        ({"type": "Room,Hall", "scopeQ": "/Hall"}, "01"),
        ({"local": "true"}, ""),
        ({"local": "true", "id": "urn:e:1"}, "02"),
        ({"local": "true", "scopeQ": "/Room"}, "2"),
        (
            {"georel": "near;maxDistance==10", "geometry": "Point", "coordinates": "[1,0]"},
            "02",
        ),
    ],
    ids=str,
)
async def test_purge_should_delete_what_matches(
    api: httpx.AsyncClient, params: dict[str, str], rest: str
) -> None:
    await rooms(api)
    response = await api.delete("/entities", params=params)
    assert (response.status_code, response.content) == (204, b""), response.text
    assert await left(api) == rest


@pytest.mark.clause("5.6.21.4")
@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"drop": "n"}, {"location", "rel", "scope"}),
        ({"drop": "n,scope,none"}, {"location", "rel"}),
        ({"drop": DEFAULT + "n"}, {"location", "rel", "scope"}),
        ({"keep": "n"}, {"n"}),
        ({"keep": "n,scope"}, {"n", "scope"}),
        ({"keep": "none"}, set()),
    ],
)
async def test_purge_should_delete_attributes_when_some_are_named(
    api: httpx.AsyncClient, change: dict[str, str], names: set[str]
) -> None:
    await rooms(api)
    assert (await api.delete("/entities", params={"type": "Room", **change})).status_code == 204
    assert await left(api) == "012"
    shown = await read(api, "urn:e:0", options="sysAttrs")
    system = {"id", "type", "createdAt", "modifiedAt"}
    assert shown.keys() - system == names
    assert shown["modifiedAt"] > shown["createdAt"]
    assert "n" in await read(api, "urn:e:2")


@pytest.mark.clause("5.6.21.4")
@pytest.mark.parametrize(
    "params",
    [
        *({}, {"id": "urn:e:0"}, {"idPattern": ".*"}, {"scopeQ": "/Room"}, {"local": "false"}),
        *({"type": "Room", "id": "nouri"}, {"type": "Room", "q": "n>="}, {"type": "Room;"}),
        *({"type": "Room", "q": "rel{Room}.n==0"}, {"type": "Room", "drop": "rel{n}"}),
        *({"type": "Room", "keep": "rel{n}"}, {"type": "Room", "drop": ""}, {"q": "createdAt>1"}),
        *({"type": "Room", "georel": "near"}, {"type": "Room", "geometry": "Point"}),
        *({"type": "*", "local": "false"}, {"type": "Room", "drop": "a b"}, {"type": ""}),
        *({"type": "Room", "csf": "=="}, {"type": "Room", "idPattern": "["}),
    ],
    ids=str,
)
async def test_purge_should_refuse_what_is_too_wide_or_wrong(
    api: httpx.AsyncClient, params: dict[str, str]
) -> None:
    await rooms(api)
    check_problem(await api.delete("/entities", params=params), 400, "BadRequestData")
    assert await left(api) == "012"


# 4.22 Transient storage


@pytest.mark.clause("4.22")
async def test_what_has_expired_should_be_gone_and_free(api: httpx.AsyncClient) -> None:
    await create(api, a={"value": 1, "expiresAt": PAST}, b=1, c={"value": 1, "q": 1})
    assert await members(api, format="concise") == {"b": 1, "c": {"value": 1, "q": 1}}
    check_problem(await api.patch(URL + "/attrs/a", json={"value": 2}), 404, "ResourceNotFound")
    appended = await api.post(URL + "/attrs?options=noOverwrite", json={"a": 2})
    assert appended.status_code == 204
    assert (await api.patch(URL + "/attrs", json={"expiresAt": PAST})).status_code == 204
    for response in (
        await api.get(URL),
        await api.patch(URL, json={"b": 2}),
        await api.post(URL + "/attrs", json={"b": 2}),
        await api.put(URL, json={"type": "Room"}),
        await api.delete(URL),
    ):
        check_problem(response, 404, "ResourceNotFound")
    assert (await api.get("/entities?type=Room")).json() == []
    await create(api, c=1)


@pytest.mark.clause("4.22")
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/attrs"), ("PATCH", "/attrs"), ("PATCH", ""), ("PUT", "")]
)
async def test_expiry_should_be_set_changed_and_removed(
    api: httpx.AsyncClient, method: str, path: str
) -> None:
    await create(api, a={"value": 1, "expiresAt": soon(100)}, expiresAt=soon(100))
    shown = await read(api)
    assert "expiresAt" not in shown
    assert "expiresAt" not in shown["a"]
    later = soon(200)
    body = {"type": "Room", "expiresAt": later, "a": {"value": 2, "expiresAt": later}}
    assert (await api.request(method, URL + path, json=body)).status_code == 204
    shown = await read(api, options="sysAttrs")
    assert datetime.fromisoformat(shown["expiresAt"]) == datetime.fromisoformat(later)
    assert datetime.fromisoformat(shown["a"]["expiresAt"]) == datetime.fromisoformat(later)
    if method == "PATCH":
        body = {"expiresAt": NULL, "a": {"value": 2, "expiresAt": NULL}}
        assert (await api.patch(URL + path, json=body)).status_code == 204
    else:
        assert (await api.put(URL, json={"type": "Room", "a": 2})).status_code == 204
    shown = await read(api, options="sysAttrs")
    assert "expiresAt" not in shown
    assert "expiresAt" not in shown["a"]


@pytest.mark.clause("4.22")
async def test_what_expires_while_it_is_stored_should_vanish(api: httpx.AsyncClient) -> None:
    await create(api, a={"value": 1, "expiresAt": soon(0.3)}, b=1)
    assert await attribute(api) is not None
    await asyncio.sleep(0.4)
    assert await members(api, format="concise") == {"b": 1}
    await api.patch(URL, json={"expiresAt": soon(0.3)})
    assert (await api.get(URL)).status_code == 200
    await asyncio.sleep(0.4)
    assert (await api.get(URL)).status_code == 404


# 5.5.10 Tenants


@pytest.mark.clause("6.3.14")
async def test_tenants_should_be_apart_and_named_in_the_answer(api: httpx.AsyncClient) -> None:
    tenant = {"NGSILD-Tenant": "harbour"}
    for response in (
        await api.post("/entities", json=a_room(a=1), headers=tenant),
        await api.post("/entities", json=a_room(a=1), headers=tenant),
        await api.get(URL, headers=tenant),
        await api.patch(URL, json={"a": 2}, headers=tenant),
        await api.delete("/entities/urn:none:1", headers=tenant),
        await api.post("/entityOperations/upsert", json=[a_room(id="urn:e:1")], headers=tenant),
        await api.post("/entities", json={}, headers=tenant),
    ):
        assert response.headers["ngsild-tenant"] == "harbour"
    assert (await api.get(URL)).status_code == 404
    assert "ngsild-tenant" not in (await api.get(URL)).headers
    await create(api, a=1)
    assert (await api.delete("/entities?local=true", headers=tenant)).status_code == 204
    assert await members(api, format="concise") == {"a": 1}
