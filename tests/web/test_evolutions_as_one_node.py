"""Evolutions at random over three nodes are read as if one node held them all."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.several import Served, served_node

pytestmark = pytest.mark.slow

NODES = 3
SINCE = {"timerel": "after", "timeAt": "2026-01-03T00:00:00Z"}
BOTH = {"type": "Lamp,Bench", **SINCE}
_FEW = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_DAYS = {
    "format": "aggregatedValues",
    "aggrMethods": "min,sum,totalCount",
    "aggrPeriodDuration": "P2D",
}
Json = Any

QUERIES: Sequence[Mapping[str, str]] = (
    BOTH,
    {"type": "Lamp", "timerel": "before", "timeAt": "2026-01-06T00:00:00Z"},
    {
        "type": "Bench",
        "timerel": "between",
        "timeAt": "2026-01-02T00:00:00Z",
        "endTimeAt": "2026-01-08T00:00:00Z",
    },
    {**BOTH, "q": "level>4"},
    {**BOTH, "q": "level<3|light>6"},
    {**BOTH, "q": "level>2;light>2", "attrs": "level"},
    {**BOTH, "attrs": "light"},
    {**BOTH, "pick": "id,level"},
    {**BOTH, "omit": "level", "lastN": "2"},
    {**BOTH, "lastN": "1"},
    {**BOTH, "lastN": "2", "q": "level>4"},
    {**BOTH, "options": "temporalValues"},
    {**BOTH, "idPattern": "[02468]$"},
    {**BOTH, "attrs": "level", **_DAYS},
    {**BOTH, **_DAYS, "aggrPeriodDuration": "PT0S"},
    {**BOTH, **_DAYS, "timerel": "before"},
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
def evolutions(draw: st.DrawFn) -> list[dict[str, Json]]:
    found = []
    for number in range(draw(st.integers(1, 7))):
        entity: dict[str, Json] = {
            "id": f"urn:ngsi-ld:Thing:{number}",
            "type": draw(st.sampled_from(("Lamp", "Bench"))),
        }
        for name in ("level", "light"):
            days = draw(st.lists(st.integers(1, 9), unique=True, max_size=5))
            if days:
                entity[name] = [seen(day, draw(st.integers(0, 9))) for day in sorted(days)]
        if len(entity) > 2:
            found.append(entity)
    return found


def seen(day: int, value: int) -> Json:
    return {"type": "Property", "value": value, "observedAt": f"2026-01-0{day}T00:00:00Z"}


async def spread(nodes: Nodes, parts: Sequence[Sequence[Mapping[str, Json]]], whole: Json) -> str:
    """Put evolutions into a tenant of their own, and register the others at the first node."""
    tenant = f"t{next(nodes.numbers)}"
    headers = {"NGSILD-Tenant": tenant}
    nothing = {"id": "urn:ngsi-ld:Nothing:0", "type": "Nothing", "level": [seen(1, 1)]}
    for node, some in zip([*nodes.sharing, nodes.union], [*parts, whole], strict=True):
        # A tenant arises with its first entity.
        for evolution in [nothing, *some]:
            answer = await node.api.post("/temporal/entities", json=evolution, headers=headers)
            assert answer.status_code in (201, 204), answer.text
    for node in nodes.sharing[1:]:
        body = {
            "type": "ContextSourceRegistration",
            "endpoint": node.url,
            "tenant": tenant,
            "information": [{"entities": [{"type": "Lamp"}, {"type": "Bench"}]}],
            "observationInterval": {"startAt": "2020-01-01T00:00:00Z"},
            "operations": ["retrieveTemporal", "queryTemporal"],
        }
        answer = await nodes.sharing[0].api.post(
            "/csourceRegistrations", json=body, headers=headers
        )
        assert answer.status_code == 201, answer.text
    return tenant


async def compare(nodes: Nodes, tenant: str, data: st.DataObject, **extra: str) -> None:
    headers = {"NGSILD-Tenant": tenant}
    some = st.lists(st.sampled_from(QUERIES), min_size=4, max_size=4, unique_by=repr)
    for query in data.draw(some):
        for paging in ({"limit": "1000", "count": "true"}, {"limit": "1000"}, {"limit": "2"}):
            params = {**query, **extra, **paging}
            answer, expected = [
                await node.api.get("/temporal/entities", params=params, headers=headers)
                for node in (nodes.sharing[0], nodes.union)
            ]
            assert "ngsild-warning" not in answer.headers, answer.headers
            assert answer.status_code == expected.status_code == 200, answer.text
            count = "ngsild-results-count"
            assert answer.headers.get(count) == expected.headers.get(count), params
            assert len(answer.json()) == len(expected.json())
            if paging["limit"] == "1000":
                assert in_order(answer.json()) == in_order(expected.json()), params


def in_order(entities: list[Json]) -> list[Json]:
    """Put entities in order, without what every node makes up itself."""
    return sorted(map(_bare, entities), key=repr)


def _bare(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _bare(member) for key, member in sorted(value.items()) if key != "instanceId"}
    return list(map(_bare, value)) if isinstance(value, list) else value


async def ids_by_page(node: Served, tenant: str) -> list[str]:
    found: list[str] = []
    for offset in range(0, 20, 2):
        params = {**BOTH, "limit": "2", "offset": str(offset)}
        answer = await node.api.get(
            "/temporal/entities", params=params, headers={"NGSILD-Tenant": tenant}
        )
        found += [entity["id"] for entity in answer.json()]
        if 'rel="next"' not in answer.headers.get("link", ""):
            break
    return found


@pytest.mark.clause("5.7.4")
@given(data=st.data())
@_FEW
async def test_queries_should_be_answered_as_by_one_node(nodes: Nodes, data: st.DataObject) -> None:
    whole = data.draw(evolutions())
    parts: list[list[Json]] = [[] for _ in range(NODES)]
    for one in whole:
        parts[data.draw(st.integers(0, NODES - 1))].append(one)
    tenant = await spread(nodes, parts, whole)
    await compare(nodes, tenant, data)
    mine, expected = [await ids_by_page(one, tenant) for one in (nodes.sharing[0], nodes.union)]
    assert sorted(mine) == sorted(expected)
    assert len(set(mine)) == len(mine)


@pytest.mark.clause("5.7.3")
@pytest.mark.clause("5.7.4")
@given(data=st.data())
@_FEW
async def test_split_evolutions_should_be_answered_as_by_one_node(
    nodes: Nodes, data: st.DataObject
) -> None:
    whole = data.draw(evolutions())
    parts: list[dict[str, Json]] = [{} for _ in range(NODES)]
    for one in whole:
        for name in ("level", "light"):
            for instance in one.get(name, []):
                part = parts[data.draw(st.integers(0, NODES - 1))]
                bare = {"id": one["id"], "type": one["type"]}
                part.setdefault(one["id"], bare).setdefault(name, []).append(instance)
    tenant = await spread(nodes, [list(part.values()) for part in parts], whole)
    await compare(nodes, tenant, data, splitEntities="true")
    headers = {"NGSILD-Tenant": tenant}
    for one in whole:
        for params in ({}, SINCE, {"lastN": "2"}, {**SINCE, **_DAYS}):
            path = f"/temporal/entities/{one['id']}"
            mine, expected = [
                await node.api.get(path, params=params, headers=headers)
                for node in (nodes.sharing[0], nodes.union)
            ]
            assert mine.status_code == expected.status_code, mine.text
            if mine.status_code == 200:
                assert _bare(mine.json()) == _bare(expected.json())
