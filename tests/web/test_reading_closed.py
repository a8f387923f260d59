"""What is closed is in no answer: neither whole nor in part, nor in counts, orders, links or errors."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from hanze.governance.duties import account_of
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.ngsild.context import CORE
from hanze.ngsild.patch import stamp
from hanze.ngsild.representation.parse import parse_entity
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory

API = "/ngsi-ld/v1"
NOW = "2026-06-01T12:00:00Z"
HIDDEN = "tell-nobody"
PUBLIC, CLOSED = AccessRights.PUBLIC, AccessRights.RESTRICTED

Json = Any


def _iris(*names: str) -> tuple[str, ...]:
    return tuple(CORE.expand_name(name) for name in names)


def _dataset(key: str, rights: AccessRights | None, *types: str, **members: Any) -> Dataset:
    return Dataset(
        id=f"urn:ngsi-ld:Dataset:here:{key}",
        title={"en": key},
        types=_iris(*types),
        access_rights=rights,
        **members,
    )


DATASETS = (
    _dataset("bins", PUBLIC, "Bin"),
    _dataset("keys", CLOSED, "Bin", attributes=_iris("lock"), owner="urn:city"),
    _dataset("roads", PUBLIC, "Road"),
    _dataset("works", CLOSED, "Road", scopes=("/works",), owner="urn:city"),
    _dataset("care", CLOSED, "Care", owner="urn:city"),
    _dataset("planned", None, "Plan"),
)


def _point(x: float) -> Json:
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [x, 52]}}


def _link(target: str) -> Json:
    return {"type": "Relationship", "object": target}


ENTITIES: Sequence[Mapping[str, Json]] = (
    {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": 3, "lock": HIDDEN, "location": _point(4)},
    {"id": "urn:ngsi-ld:Bin:2", "type": "Bin", "level": 5, "on": _link("urn:ngsi-ld:Road:2")},
    {"id": "urn:ngsi-ld:Road:1", "type": "Road", "width": 4, "location": _point(5)},
    {"id": "urn:ngsi-ld:Road:2", "type": "Road", "width": 6, "scope": "/works/a", "why": HIDDEN},
    {"id": "urn:ngsi-ld:Care:1", "type": "Care", "level": 9, "who": HIDDEN},
    {"id": "urn:ngsi-ld:Plan:1", "type": "Plan", "level": 9, "who": HIDDEN},
    {"id": "urn:ngsi-ld:Bin:3", "type": ["Bin", "Care"], "level": 4, "who": HIDDEN},
)


@pytest.fixture
async def city() -> AsyncIterator[Node]:
    """Give a node of which some is closed."""
    async with node_in_memory(Settings(data=None), classified=False) as node:
        entities = [stamp(parse_entity(one, CORE), NOW) for one in ENTITIES]

        def unit(uow: Any) -> None:
            for entity in entities:
                uow.put("", entity, CORE)

        await node.store.transact(unit)
        changes = [Change(node.governance.datasets, one) for one in DATASETS]
        await node.governance.change(*changes, account=account_of(NODE, "test", [], now=NOW))
        yield node


@pytest.fixture
async def client(city: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(city) as made:
        yield made


async def _ids(client: httpx.AsyncClient, **params: str) -> list[str]:
    answer = await client.get(f"{API}/entities", params=params)
    assert answer.status_code == 200, answer.text
    assert HIDDEN not in answer.text
    return [one["id"].removeprefix("urn:ngsi-ld:") for one in answer.json()]


#: Path, parameters, status, and how the type of the answer ends.
NAMED: Sequence[tuple[str, Mapping[str, str], int, str]] = (
    ("entities", {"type": "Care"}, 400, "purpose_required"),
    ("entities", {"type": "Bin,Plan"}, 403, "no_access_rights"),
    ("entities", {"type": "Boat"}, 403, "unclassified"),
    ("entities", {"type": "Bin", "q": f'lock=="{HIDDEN}"'}, 400, "purpose_required"),
    ("entities", {"type": "Bin", "attrs": "lock"}, 400, "purpose_required"),
    ("entities", {"type": "Bin", "pick": "level,lock"}, 400, "purpose_required"),
    ("entities", {"type": "Bin", "orderBy": "lock", "local": "true"}, 400, "purpose_required"),
    ("entities/urn:ngsi-ld:Bin:1", {"attrs": "lock"}, 400, "purpose_required"),
    ("entities/urn:ngsi-ld:Care:1", {}, 400, "purpose_required"),
    ("entities/urn:ngsi-ld:Care:none", {}, 400, "purpose_required"),
    ("entities/urn:ngsi-ld:Road:2", {}, 403, "no_permission"),
    ("entities/urn:ngsi-ld:Road:none", {}, 403, "no_permission"),
    ("entities/urn:ngsi-ld:Bin:none", {}, 404, "ResourceNotFound"),
    ("entities/urn:ngsi-ld:Bin:3", {}, 404, "ResourceNotFound"),
    ("types/Care", {}, 400, "purpose_required"),
    ("types/Bin", {}, 200, "EntityTypeInfo"),
    ("attributes/level", {}, 200, "Attribute"),
)


async def test_naming_what_is_closed_should_be_refused_whether_it_is_there_or_not(
    client: httpx.AsyncClient,
) -> None:
    for path, params, status, kind in NAMED:
        answer = await client.get(f"{API}/{path}", params=params)
        assert HIDDEN not in answer.text
        told = answer.status_code, answer.json().get("type", "")[-len(kind) :]
        assert told == (status, kind), (path, params)


async def test_retrieve_should_leave_out_what_is_hidden_and_say_so(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(f"{API}/entities/urn:ngsi-ld:Bin:1")
    assert answer.status_code == 200
    assert (answer.headers["hanze-left-out"], HIDDEN in answer.text) == ("1", False)
    assert set(answer.json()) == {"id", "type", "level", "location"}
    open_to_all = await client.get(f"{API}/entities/urn:ngsi-ld:Road:1")
    assert (open_to_all.status_code, "hanze-left-out" in open_to_all.headers) == (200, False)
    rendered = await client.get(
        f"{API}/entities/urn:ngsi-ld:Bin:1",
        params={"options": "sysAttrs"},
        headers={"accept": "application/geo+json"},
    )
    assert (rendered.status_code, HIDDEN in rendered.text) == (200, False)


async def test_queries_should_find_and_count_what_may_be_read(client: httpx.AsyncClient) -> None:
    assert await _ids(client, type="Bin") == ["Bin:1", "Bin:2"]
    assert await _ids(client, type="Road") == ["Road:1"]
    assert await _ids(client, attrs="level", local="true") == ["Bin:1", "Bin:2"]
    assert await _ids(client, local="true", limit="100") == ["Bin:1", "Bin:2", "Road:1"]
    assert await _ids(client, id="urn:ngsi-ld:Road:2,urn:ngsi-ld:Road:1", local="true") == [
        "Road:1"
    ]
    assert await _ids(client, type="Road", orderBy="width;desc", local="true") == ["Road:1"]
    near = {"georel": "near;maxDistance==9000000", "geometry": "Point", "coordinates": "[4,52]"}
    assert await _ids(client, **near) == ["Bin:1", "Road:1"]
    counted = await client.get(
        f"{API}/entities", params={"type": "Road", "count": "true", "limit": "0"}
    )
    assert counted.headers["ngsild-results-count"] == "1"
    assert counted.headers["hanze-left-out"] == "1"
    posted = await client.post(
        f"{API}/entityOperations/query", json={"type": "Query", "entities": [{"type": "Bin"}]}
    )
    assert (posted.status_code, len(posted.json()), HIDDEN in posted.text) == (200, 2, False)


async def test_links_should_lead_to_nothing_that_is_closed(client: httpx.AsyncClient) -> None:
    joined = {"type": "Bin", "join": "inline", "joinLevel": "1"}
    assert await _ids(client, **joined, q="on{width}==6") == []
    assert await _ids(client, **joined) == ["Bin:1", "Bin:2"]
    assert await _ids(client, **{**joined, "join": "flat"}) == ["Bin:1", "Bin:2"]


async def test_discovery_should_list_and_count_what_may_be_read(client: httpx.AsyncClient) -> None:
    def names(answer: httpx.Response, member: str) -> set[str]:
        return {one.rpartition("/")[2] for one in answer.json()[member]}

    types = await client.get(f"{API}/types")
    assert names(types, "typeList") == {"Bin", "Road"}
    attributes = await client.get(f"{API}/attributes")
    assert names(attributes, "attributeList") == {"level", "location", "on", "width"}
    roads = (await client.get(f"{API}/types/Road")).json()
    assert roads["entityCount"] == 1
    assert {one["attributeName"] for one in roads["attributeDetails"]} == {"width", "location"}


PAGES = (
    "/en/",
    "/en/data",
    "/en/data/Bin",
    "/en/data/Road",
    "/en/data/Care",
    "/en/entity/urn:ngsi-ld:Bin:1",
    "/en/entity/urn:ngsi-ld:Road:2",
    "/en/entity/urn:ngsi-ld:Care:1",
    "/en/data/Bin.csv",
    "/en/data/Bin.geojson",
)


async def test_pages_and_files_should_not_show_what_is_closed(client: httpx.AsyncClient) -> None:
    for path in PAGES:
        answer = await client.get(path)
        assert answer.status_code < 500, path
        assert HIDDEN not in answer.text, path


async def test_entity_maps_should_be_void_when_what_may_be_read_is_decided_anew(
    city: Node, client: httpx.AsyncClient
) -> None:
    asked = {"type": "Road", "entityMap": "true"}
    answer = await client.get(f"{API}/entities", params=asked)
    at = answer.headers["ngsild-entitymap"].rpartition("/")[2]
    assert (await client.get(f"{API}/entityMaps/{at}")).status_code == 200
    closed = _dataset("roads", None, "Road")
    account = account_of(NODE, "test", [], now=NOW)
    await city.governance.change(Change(city.governance.datasets, closed), account=account)
    assert (await client.get(f"{API}/entityMaps/{at}")).status_code == 404
