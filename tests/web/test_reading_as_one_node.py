"""Entities at random over three nodes are read as if one node held them all."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.several import Served, served_node

NODES = 3
BOTH = {"type": "Lamp,Bench"}
_FEW = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Json = Any

QUERIES: Sequence[Mapping[str, str]] = (
    BOTH,
    {"type": "Lamp"},
    {**BOTH, "q": "level>4|name"},
    {**BOTH, "q": 'level!=3;name=="even"'},
    {**BOTH, "attrs": "level,name"},
    {**BOTH, "pick": "id,type,name", "q": "level<8"},
    {**BOTH, "omit": "name", "options": "keyValues"},
    {**BOTH, "scopeQ": "/City/#"},
    {
        **BOTH,
        "georel": "near;maxDistance==15000",
        "geometry": "Point",
        "coordinates": "[5.0,52.0]",
    },
    {"type": "Lamp", "idPattern": "[02468]$"},
    {"q": "level<5"},
    {**BOTH, "id": "urn:ngsi-ld:Thing:1,urn:ngsi-ld:Thing:3"},
    {**BOTH, "datasetId": "urn:second"},
)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Those that share, and the one that holds everything."""

    sharing: Sequence[Served]
    union: Served
    numbers: "itertools.count[int]"


@pytest.fixture
async def nodes() -> AsyncIterator[Nodes]:
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(served_node()) for _ in range(NODES + 1)]
        yield Nodes(found[:-1], found[-1], itertools.count())


@st.composite
def entities(draw: st.DrawFn) -> list[dict[str, Json]]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        entity: dict[str, Json] = {
            "id": f"urn:ngsi-ld:Thing:{number}",
            "type": draw(st.sampled_from(("Lamp", "Bench"))),
        }
        if draw(st.booleans()):
            first = {"type": "Property", "value": draw(st.integers(0, 9))}
            second = {**first, "value": 3, "datasetId": "urn:second"}
            entity["level"] = [first, second] if draw(st.booleans()) else first
        if draw(st.booleans()):
            entity["name"] = {"type": "Property", "value": draw(st.sampled_from(("even", "odd")))}
        if draw(st.booleans()):
            where = {"type": "Point", "coordinates": [5.0 + draw(st.integers(0, 4)) / 10, 52.0]}
            entity["location"] = {"type": "GeoProperty", "value": where}
        if draw(st.booleans()):
            entity["scope"] = draw(st.sampled_from(("/City/North", "/Land")))
        found.append(entity)
    return found


async def spread(nodes: Nodes, parts: Sequence[Sequence[Mapping[str, Json]]], whole: Json) -> str:
    """Put entities into a tenant of their own, and register the others at the first node."""
    tenant = await hold_all(nodes, parts, whole)
    information = [{"entities": [{"type": "Lamp"}]}, {"entities": [{"type": "Bench"}]}]
    for number in range(1, NODES):
        await register_at_first(nodes, number, tenant, information)
    return tenant


async def hold_all(nodes: Nodes, parts: Sequence[Sequence[Mapping[str, Json]]], whole: Json) -> str:
    tenant = f"t{next(nodes.numbers)}"
    for node, some in zip([*nodes.sharing, nodes.union], [*parts, whole], strict=True):
        # A tenant arises with its first entity.
        first = {"id": "urn:ngsi-ld:Nothing:0", "type": "Nothing"}
        answer = await node.api.post(
            "/entityOperations/create",
            json=[first, *some],
            params={"local": "true"},
            headers={"NGSILD-Tenant": tenant},
        )
        assert answer.status_code == 201, answer.text
    return tenant


async def register_at_first(
    nodes: Nodes, number: int, tenant: str, information: Json, **members: str
) -> None:
    body = {
        "type": "ContextSourceRegistration",
        "endpoint": nodes.sharing[number].url,
        "tenant": tenant,
        "information": information,
        **members,
    }
    answer = await nodes.sharing[0].api.post(
        "/csourceRegistrations", json=body, headers={"NGSILD-Tenant": tenant}
    )
    assert answer.status_code == 201, answer.text


async def compare_each(nodes: Nodes, tenant: str, found: Sequence[Mapping[str, Json]]) -> None:
    headers = {"NGSILD-Tenant": tenant}
    for one in found:
        answer, expected = [
            await node.api.get(f"/entities/{one['id']}", headers=headers)
            for node in (nodes.sharing[0], nodes.union)
        ]
        assert in_order(answer.json()) == in_order(expected.json())


async def compare(nodes: Nodes, tenant: str, data: st.DataObject, **extra: str) -> None:
    headers = {"NGSILD-Tenant": tenant}
    some = st.lists(st.sampled_from(QUERIES), min_size=3, max_size=3, unique_by=repr)
    for query in data.draw(some):
        for paging in ({"limit": "1000", "count": "true"}, {"limit": "1000"}):
            params = {**query, **extra, **paging}
            answer, expected = [
                await node.api.get("/entities", params=params, headers=headers)
                for node in (nodes.sharing[0], nodes.union)
            ]
            assert "ngsild-warning" not in answer.headers, answer.headers
            assert in_order(answer.json()) == in_order(expected.json()), params
            count = "ngsild-results-count"
            assert answer.headers.get(count) == expected.headers.get(count), params


def in_order(value: Json) -> Json:
    """Put in order what has none: entities, and the instances of an attribute."""
    if isinstance(value, dict):
        return {key: in_order(member) for key, member in value.items()}
    return sorted(map(in_order, value), key=repr) if isinstance(value, list) else value


async def ids_by_page(node: Served, tenant: str, params: Mapping[str, str]) -> list[list[str]]:
    """Follow the links from page to page."""
    headers = {"NGSILD-Tenant": tenant}
    answer = await node.api.get("/entities", params=dict(params), headers=headers)
    pages = []
    while True:
        assert answer.status_code == 200, answer.text
        pages.append([entity["id"] for entity in answer.json()])
        following = answer.links.get("next")
        if following is None:
            return pages
        answer = await node.api.get(node.url + following["url"], headers=headers)


@pytest.mark.clause("5.7.2", "5.5.9", "6.3.13")
@given(data=st.data())
@_FEW
async def test_queries_should_be_answered_as_by_one_node(nodes: Nodes, data: st.DataObject) -> None:
    found = data.draw(entities())
    parts: list[list[Json]] = [[] for _ in range(NODES)]
    for one in found:
        # Some are at several nodes, each time whole.
        for at in data.draw(st.sets(st.integers(0, NODES - 1), min_size=1, max_size=2)):
            parts[at].append(one)
    tenant = await spread(nodes, parts, found)
    await compare(nodes, tenant, data)
    await compare(nodes, tenant, data, splitEntities="true")
    params = {**BOTH, "limit": str(data.draw(st.integers(1, 4)))}
    pages, expected = [
        await ids_by_page(node, tenant, params) for node in (nodes.sharing[0], nodes.union)
    ]
    assert list(map(len, pages)) == list(map(len, expected))
    assert sorted(itertools.chain(*pages)) == sorted(itertools.chain(*expected))


@pytest.mark.clause("4.3.6.7", "5.7.2", "5.7.1")
@given(data=st.data())
@_FEW
async def test_split_entities_should_be_answered_as_by_one_node(
    nodes: Nodes, data: st.DataObject
) -> None:
    found = data.draw(entities())
    parts: list[list[Json]] = [[] for _ in range(NODES)]
    for one in found:
        own: dict[int, dict[str, Json]] = {}
        named = {"id": one["id"], "type": one["type"]}
        for name in one.keys() - named.keys():
            part = own.setdefault(data.draw(st.integers(0, NODES - 1)), dict(named))
            part[name] = one[name]
        for at, part in (own or {0: one}).items():
            parts[at].append(part)
    tenant = await spread(nodes, parts, found)
    await compare(nodes, tenant, data, splitEntities="true")
    await compare_each(nodes, tenant, found)


@pytest.mark.clause("4.3.6.3", "5.7.2", "5.7.1")
@given(data=st.data())
@_FEW
async def test_proxied_parts_should_be_answered_as_by_one_node(
    nodes: Nodes, data: st.DataObject
) -> None:
    found = data.draw(entities())
    own: list[Json] = []
    exclusive: list[Json] = []
    for one in found:
        if one["type"] == "Bench":
            continue
        if "level" in one and data.draw(st.booleans()):
            exclusive.append({name: one[name] for name in ("id", "type", "level")})
            own.append({name: value for name, value in one.items() if name != "level"})
        else:
            own.append(one)
    benches = [one for one in found if one["type"] == "Bench"]
    tenant = await hold_all(nodes, [own, exclusive, benches], found)
    for one in exclusive:
        only = {"entities": [{"type": "Lamp", "id": one["id"]}], "propertyNames": ["level"]}
        await register_at_first(nodes, 1, tenant, [only], mode="exclusive")
    benches_at = [{"entities": [{"type": "Bench"}]}]
    await register_at_first(nodes, 2, tenant, benches_at, mode="redirect")
    await compare(nodes, tenant, data, splitEntities="true")
    await compare_each(nodes, tenant, found)
