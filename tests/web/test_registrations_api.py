"""Registrations of Context Sources through HTTP (CIM 009, 5.9, 5.10, 6.8, 6.9)."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.registration.parse_source_info import HIDDEN
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.settings import Distribution, Server, Settings
from tests.in_process import DEVELOPMENT, client_of, node_in_memory

LD = {"Content-Type": "application/ld+json"}
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
ID = "urn:ngsi-ld:ContextSourceRegistration:1"
ROOT = "/csourceRegistrations"
PATH = f"{ROOT}/{ID}"
TERMS = {"Vehicle": "urn:x:Vehicle", "speed": "urn:x:speed"}
NULL = "urn:ngsi-ld:null"


def registration(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "type": "ContextSourceRegistration",
        "endpoint": "http://source.example:1026",
        "information": [{"entities": [{"type": "Vehicle"}]}],
        **more,
    }


def about(
    *names: str, types: str = "Vehicle", entity_id: str | None = None, pattern: str | None = None
) -> list[Any]:
    entity = {"type": types, "id": entity_id, "idPattern": pattern}
    info: dict[str, Any] = {"entities": [{key: one for key, one in entity.items() if one}]}
    if names:
        info["propertyNames"] = list(names)
    return [info]


async def create(api: httpx.AsyncClient, number: int = 1, **more: Any) -> httpx.Response:
    body = registration(**{"id": f"{ID[:-1]}{number}", **more})
    return await api.post(ROOT, json=body)


async def found(api: httpx.AsyncClient, query: str) -> list[str]:
    response = await api.get(f"{ROOT}?{query}")
    assert response.status_code == 200, response.text
    return [one["id"].rpartition(":")[2] for one in response.json()]


def problem(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].rpartition("/")[2]


@pytest.mark.clause("6.8.3.1")
@pytest.mark.clause("6.9.3.1")
@pytest.mark.clause("5.10.1")
async def test_a_registration_should_be_there_when_it_was_created(api: httpx.AsyncClient) -> None:
    body = registration(registrationName="n", owner="city")
    response = await api.post(f"{ROOT}/", json={**body, "status": "failed", "timesSent": 3})
    assert response.status_code == 201
    assert response.headers["location"] == f"{API_PATH}{PATH}"
    assert response.content == b""
    found = await api.get(PATH)
    assert (found.status_code, found.json()) == (200, body)
    found = await api.get(f"{PATH}?options=sysAttrs")
    assert found.json().keys() - body.keys() == {"createdAt", "modifiedAt"}


@pytest.mark.clause("5.9.2")
async def test_an_id_should_be_made_when_the_registration_has_none(api: httpx.AsyncClient) -> None:
    body = registration()
    del body["id"]
    response = await api.post(ROOT, json=body)
    location = response.headers["location"]
    shown = await api.get("http://localhost" + location)
    assert shown.json()["id"] == location.rpartition("/")[2]
    assert (await api.post(ROOT, json=registration())).status_code == 201
    assert problem(await api.post(ROOT, json=registration())) == (409, "AlreadyExists")


@pytest.mark.clause("5.9.2")
@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    "more",
    [
        {"information": []},
        {"endpoint": "nowhere"},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"registrationName": NULL},
        {"mode": "auxiliary"},
        {"mode": "exclusive"},
        {"contextSourceInfo": [{"key": "accept", "value": "text/html"}]},
    ],
)
async def test_a_registration_should_be_refused_when_it_breaks_its_table(
    api: httpx.AsyncClient, more: dict[str, Any]
) -> None:
    response = await create(api, **more)
    assert problem(response) == (400, "BadRequestData")
    assert response.json()["field"]
    assert response.json()["clause"]


@pytest.mark.clause("6.3.5")
@pytest.mark.clause("5.5.7")
async def test_names_should_be_in_the_words_of_the_reader(api: httpx.AsyncClient) -> None:
    body = {**registration(information=about("speed")), "@context": TERMS}
    assert (await api.post(ROOT, json=body, headers=LD)).status_code == 201
    shown = (await api.get(PATH)).json()
    assert shown["information"] == [
        {"entities": [{"type": "urn:x:Vehicle"}], "propertyNames": ["urn:x:speed"]}
    ]
    shown = (await api.get(PATH, headers={"Accept": "application/ld+json"})).json()
    assert "@context" in shown
    assert await found(api, "type=urn:x:Vehicle&attrs=urn:x:speed") == ["1"]
    assert await found(api, "type=Vehicle") == []


@pytest.mark.clause("6.9.3.2")
@pytest.mark.clause("5.9.3")
async def test_a_registration_should_change_when_a_fragment_comes(api: httpx.AsyncClient) -> None:
    await create(api, description="d", scope="/A")
    before = (await api.get(f"{PATH}?options=sysAttrs")).json()
    fragment = {"description": NULL, "scope": ["/B"], "type": "ContextSourceRegistration"}
    response = await api.patch(PATH, json=fragment)
    assert (response.status_code, response.content) == (204, b"")
    after = (await api.get(f"{PATH}?options=sysAttrs")).json()
    assert after["createdAt"] == before["createdAt"]
    assert after["modifiedAt"] > before["modifiedAt"]
    assert (after["scope"], "description" in after) == (["/B"], False)
    assert await found(api, "type=Vehicle&scopeQ=/B") == ["1"]
    assert await found(api, "type=Vehicle&scopeQ=/A") == []
    fragments: list[dict[str, Any]] = [
        {"endpoint": NULL},
        {"id": "urn:x:2"},
        {"information": []},
        {},
    ]
    for wrong in fragments:
        assert problem(await api.patch(PATH, json=wrong)) == (400, "BadRequestData")
    assert (await api.get(f"{PATH}?options=sysAttrs")).json() == after


@pytest.mark.clause("6.9.3.3")
@pytest.mark.clause("5.9.4")
async def test_a_registration_should_be_gone_when_it_was_deleted(api: httpx.AsyncClient) -> None:
    await create(api)
    assert (await api.delete(PATH)).status_code == 204
    for response in (
        await api.get(PATH),
        await api.delete(PATH),
        await api.patch(PATH, json={"scope": "/A"}),
    ):
        assert problem(response) == (404, "ResourceNotFound")
    for response in (
        await api.get(f"{ROOT}/no-uri"),
        await api.delete(f"{ROOT}/no-uri"),
        await api.patch(f"{ROOT}/no-uri", json={"scope": "/A"}),
    ):
        assert problem(response) == (400, "BadRequestData")


@pytest.mark.clause("5.10.2")
@pytest.mark.clause("6.8.3.2")
async def test_registrations_should_be_found_by_what_entities_are_asked_for(
    api: httpx.AsyncClient,
) -> None:
    await create(api, 1, information=about("speed"))
    await create(api, 2, information=about("level", types="Bin", pattern="^urn:b:"))
    await create(api, 3, information=[{"propertyNames": ["speed"]}])
    await create(api, 4, information=about(types="Bin", entity_id="urn:b:1"), mode="redirect")
    await create(api, 5, information=about(types="Bin", entity_id="urn:c:1"))
    years = {"startAt": "2020-01-01T00:00:00Z"}
    await create(api, 6, observationInterval=years)
    point = {"type": "Point", "coordinates": [6.1, 52.2]}
    await create(api, 7, information=about("location", types="Tree"), location=point)
    for query, expected in {
        "type=Vehicle": ["1", "3"],
        "type=Vehicle|Bin": ["1", "2", "3", "4", "5"],
        "type=*": ["1", "2", "3", "4", "5", "7"],
        "type=Bin&id=urn:b:1": ["2", "3", "4"],
        "type=Bin&id=urn:c:1,urn:c:2": ["3", "5"],
        "type=Bin&idPattern=^urn:c": ["2", "3", "5"],
        "attrs=speed": ["1", "3", "4", "5"],
        "q=speed>5&type=Bin": ["3", "4", "5"],
        "type=Vehicle&pick=id,level": [],
        "type=Bin&csf=mode==%22redirect%22": ["4"],
        "type=Vehicle&timerel=after&timeAt=2021-01-01T00:00:00Z": ["6"],
        "type=Vehicle&timerel=before&timeAt=2019-01-01T00:00:00Z": [],
        "type=Tree&georel=near;maxDistance==9&geometry=Point&coordinates=[6.1,52.2]": ["7"],
        "type=Tree&georel=near;maxDistance==9&geometry=Point&coordinates=[7,52]": [],
    }.items():
        assert await found(api, query) == expected, query


@pytest.mark.clause("5.10.2")
async def test_only_matching_information_should_be_shown(api: httpx.AsyncClient) -> None:
    await create(api, information=[*about("speed"), *about("level", types="Bin")])
    (shown,) = (await api.get(f"{ROOT}?type=Bin")).json()
    assert shown["information"] == about("level", types="Bin")


@pytest.mark.clause("5.10.2")
@pytest.mark.clause("6.3.20")
async def test_a_query_should_be_refused_when_it_is_wide_or_wrong(api: httpx.AsyncClient) -> None:
    for query in ("", "id=urn:b:1", "idPattern=x", "csf=mode", "scopeQ=/A", "limit=5"):
        assert problem(await api.get(f"{ROOT}?{query}")) == (400, "BadRequestData"), query
    for query in ("id=no-uri", "q=((", "georel=near", "timerel=after", "csf=((", "limit=0"):
        response = await api.get(f"{ROOT}?type=Bin&{query}")
        assert problem(response) == (400, "BadRequestData"), query
    for query in ("local=true", "colour=red", "options=keyValues"):
        assert problem(await api.get(f"{ROOT}?type=Bin&{query}")) == (400, "InvalidRequest"), query


@pytest.mark.clause("6.3.10")
@pytest.mark.clause("6.3.13")
async def test_pages_should_be_linked_and_counted(api: httpx.AsyncClient) -> None:
    for number in range(1, 6):
        await create(api, number)
    seen: list[str] = []
    target = f"{ROOT}?type=Vehicle&limit=2&count=true"
    while target:
        page = await api.get(target)
        assert page.headers["ngsild-results-count"] == "5"
        seen += [one["id"][-1] for one in page.json()]
        links = [link for link in page.headers.get_list("link") if 'rel="next"' in link]
        targets = [part for link in links for part in link.split(",") if 'rel="next"' in part]
        target = targets[0].split(">")[0].strip(" <").removeprefix(API_PATH) if targets else ""
    assert seen == ["1", "2", "3", "4", "5"]
    last = await api.get(f"{ROOT}?type=Vehicle&offset=99")
    assert [one["id"][-1] for one in last.json()] == ["5"]
    counted = await api.get(f"{ROOT}?type=Vehicle&limit=0&count=true")
    assert (counted.json(), counted.headers["ngsild-results-count"]) == ([], "5")


@pytest.mark.clause("5.9.2")
@pytest.mark.clause("4.3.6.3")
@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("exclusive", "exclusive", 409),
        ("exclusive", "redirect", 409),
        ("redirect", "exclusive", 409),
        ("redirect", "redirect", 201),
        ("exclusive", "inclusive", 201),
        ("inclusive", "exclusive", 201),
    ],
)
async def test_proxied_registrations_should_conflict_when_they_overlap(
    api: httpx.AsyncClient, first: str, second: str, status: int
) -> None:
    information = about("speed", entity_id="urn:v:1")
    assert (await create(api, 1, mode=first, information=information)).status_code == 201
    response = await create(api, 2, mode=second, information=information)
    assert response.status_code == status
    if status == 409:
        assert problem(response) == (409, "Conflict")
        assert response.json()["value"] == ID
        other = about("level", entity_id="urn:v:1")
        assert (await create(api, 3, mode=second, information=other)).status_code == 201
        fragment = {"information": information}
        assert problem(await api.patch(f"{ROOT}/{ID[:-1]}3", json=fragment)) == (409, "Conflict")


@pytest.mark.clause("4.3.6.3")
async def test_a_redirect_by_type_should_meet_an_exclusive_one_of_that_type(
    api: httpx.AsyncClient,
) -> None:
    await create(api, 1, mode="exclusive", information=about("speed", entity_id="urn:v:1"))
    assert (await create(api, 2, mode="redirect")).status_code == 409
    by_pattern = about(pattern="^urn:v:")
    assert (await create(api, 2, mode="redirect", information=by_pattern)).status_code == 409
    attributes = [{"propertyNames": ["speed"]}]
    assert (await create(api, 2, mode="redirect", information=attributes)).status_code == 409
    assert (await create(api, 2, mode="redirect", information=about(types="Bin"))).is_success
    # Histories have registrations of their own (5.9.1).
    interval = {"startAt": "2020-01-01T00:00:00Z"}
    assert (await create(api, 3, mode="redirect", observationInterval=interval)).is_success
    assert (await api.patch(PATH, json={"registrationName": "itself"})).is_success


@pytest.mark.clause("5.9.2")
@pytest.mark.clause("5.9.3")
async def test_a_proxied_registration_should_conflict_when_the_node_holds_its_data(
    api: httpx.AsyncClient,
) -> None:
    entity = {"id": "urn:v:1", "type": "Vehicle", "speed": {"type": "Property", "value": 1}}
    assert (await api.post("/entities", json=entity)).status_code == 201
    speed, level = (about(name, entity_id="urn:v:1") for name in ("speed", "level"))
    assert problem(await create(api, mode="exclusive", information=speed)) == (409, "Conflict")
    for information in (None, about("speed"), about(pattern="1$"), [{"propertyNames": ["speed"]}]):
        more: dict[str, Any] = {} if information is None else {"information": information}
        assert problem(await create(api, mode="redirect", **more)) == (409, "Conflict")
    for number, information in enumerate((about("level"), about(types="Bin"), about(pattern="2$"))):
        assert (await create(api, number, mode="redirect", information=information)).is_success
    assert (
        await create(api, 7, mode="exclusive", information=about("x", entity_id="urn:v:1"))
    ).is_success
    fragment: dict[str, Any] = {"information": speed}
    assert problem(await api.patch(f"{ROOT}/{ID[:-1]}7", json=fragment)) == (409, "Conflict")
    await create(api, 8, information=level)
    assert (await create(api, 9, information=speed)).is_success
    fragment = {"mode": "redirect"}
    assert problem(await api.patch(f"{ROOT}/{ID[:-1]}9", json=fragment)) == (409, "Conflict")
    assert (await api.patch(f"{ROOT}/{ID[:-1]}8", json=fragment)).is_success


@pytest.mark.clause("5.9.2")
async def test_a_registration_should_go_when_its_time_is_over(
    node: Node, api: httpx.AsyncClient
) -> None:
    soon = format_datetime(parse_datetime(node.clock()) + 60_000_000)
    await create(api, 1, expiresAt=soon)
    await create(api, 2)
    assert await found(api, "type=Vehicle") == ["1", "2"]
    node.clock = lambda: soon
    assert await found(api, "type=Vehicle") == ["2"]
    assert problem(await api.get(PATH)) == (404, "ResourceNotFound")
    assert await node.registrations.sweep(soon) == 1
    assert len(node.registry) == 1
    assert await node.registrations.sweep(soon) == 0


@pytest.mark.clause("5.9.2")
async def test_an_id_should_be_free_when_the_one_that_had_it_has_expired(
    node: Node, api: httpx.AsyncClient
) -> None:
    soon = format_datetime(parse_datetime(node.clock()) + 60_000_000)
    await create(api, expiresAt=soon)
    node.registry.note(ID, failed=True, at=soon)
    node.clock = lambda: soon
    assert (await create(api)).status_code == 201
    assert (await api.get(PATH)).json() == registration()


async def test_registrations_should_be_refused_when_there_are_as_many_as_may_be() -> None:
    settings = Settings(
        data=None, server=Server(dev=True), distribution=Distribution(max_registrations=1)
    )
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        assert (await create(api, 1)).status_code == 201
        response = await create(api, 2)
        assert response.status_code == 403
        assert response.json()["reason"] == "too-many-registrations"


@pytest.mark.clause("4.3.6.5")
async def test_secrets_should_be_shown_to_those_alone_who_may_write() -> None:
    settings = Settings(data=None)
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        secret = node.tokens.create("w", now=node.clock())
        writer = {"Authorization": f"Bearer {secret}"}
        body = registration(contextSourceInfo=[{"key": "X-Key", "value": "secret"}])
        assert (await api.post(ROOT, json=body)).status_code == 401
        assert (await api.post(ROOT, json=body, headers=writer)).status_code == 201
        assert (await api.get(PATH, headers=writer)).json() == body
        for response in (await api.get(PATH), await api.get(f"{ROOT}?type=Vehicle")):
            assert response.status_code == 200
            assert "secret" not in response.text
            assert HIDDEN in response.text
        assert await found(api, 'type=Vehicle&csf=contextSourceInfo~="secret"') == []
        assert (await api.delete(PATH)).status_code == 401


@pytest.mark.clause("4.14")
async def test_tenants_should_have_registrations_of_their_own(api: httpx.AsyncClient) -> None:
    city = {"NGSILD-Tenant": "city"}
    assert problem(await api.get(PATH, headers=city)) == (404, "NonexistentTenant")
    assert (await api.post(ROOT, json=registration(), headers=city)).status_code == 201
    assert (await api.get(PATH, headers=city)).status_code == 200
    assert (await api.get(PATH)).status_code == 404
    assert (await create(api)).status_code == 201


@pytest.mark.clause("5.2.9")
async def test_registrations_should_be_as_they_were_when_the_node_comes_back(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path, server=DEVELOPMENT.server)
    now = "2026-05-01T00:00:00Z"
    body = {**registration(information=about("speed")), "@context": TERMS}
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        assert (await api.post(ROOT, json=body, headers=LD)).status_code == 201
        await create(api, 2)
        node.registry.note(ID, failed=True, at=now)
        assert await node.registrations.flush() == 1
        assert await node.registrations.flush() == 0
        node.registry.note(ID, failed=False, at=now)
        before = (await api.get(f"{PATH}?options=sysAttrs")).json()
        assert before["status"] == "ok"
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        assert (await api.get(f"{PATH}?options=sysAttrs")).json() == before
        assert await found(api, "type=*") == ["1", "2"]
        assert node.registry.get("", ID) is not None
        await api.delete(PATH)
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        assert await found(api, "type=*") == ["2"]
        assert list(node.store.registers.items("registration-context")) == []
        assert list(node.store.registers.items("registration-state")) == []
