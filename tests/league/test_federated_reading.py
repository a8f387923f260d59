"""Entities spread over five nodes are answered as if one node held them all."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.league.federation import NODES, Federation, World, is_same, pages_of

pytestmark = pytest.mark.slow

TYPES = ("Lamp", "Bench")
_BOTH = {"type": ",".join(TYPES)}
_FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Json = Any

_QUERIES: Sequence[Mapping[str, str]] = (
    {"type": "Lamp"},
    _BOTH,
    {**_BOTH, "q": "level>4"},
    {**_BOTH, "q": "level<3|name==%22even%22".replace("%22", '"')},
    {"type": "Bench", "q": "name~=o"},
    {**_BOTH, "attrs": "name"},
    {**_BOTH, "pick": "id,level"},
    {**_BOTH, "options": "keyValues"},
    {**_BOTH, "scopeQ": "/City/North"},
    {
        **_BOTH,
        "georel": "near;maxDistance==15000",
        "geometry": "Point",
        "coordinates": "[5.0,52.0]",
    },
    {"type": "Lamp", "idPattern": ".*[02468]$"},
    {"q": "level==7"},
    {**_BOTH, "id": "urn:ngsi-ld:Thing:1,urn:ngsi-ld:Thing:3"},
)


@st.composite
def entities(draw: st.DrawFn) -> list[dict[str, Json]]:
    """Some entities, each with some attributes."""
    found = []
    for number in range(draw(st.integers(1, 14))):
        entity: dict[str, Json] = {
            "id": f"urn:ngsi-ld:Thing:{number}",
            "type": draw(st.sampled_from(TYPES)),
        }
        if draw(st.booleans()):
            entity["level"] = {"type": "Property", "value": draw(st.integers(0, 9))}
        if draw(st.booleans()):
            entity["name"] = {"type": "Property", "value": draw(st.sampled_from(("even", "odd")))}
        if draw(st.booleans()):
            where = [5.0 + draw(st.integers(0, 4)) / 10, 52.0]
            entity["location"] = {
                "type": "GeoProperty",
                "value": {"type": "Point", "coordinates": where},
            }
        if draw(st.booleans()):
            entity["scope"] = draw(st.sampled_from(("/City/North", "/City/South")))
        found.append(entity)
    return found


def everything() -> list[dict[str, Json]]:
    return [{"entities": [{"type": name} for name in TYPES]}]


def prepare(world: World, spread: Sequence[Sequence[Mapping[str, Json]]]) -> None:
    for number, some in enumerate(spread):
        world.hold(number, some)
        if number:
            world.register(number, everything())


def compare(world: World, extra: Mapping[str, str]) -> None:
    for query in _QUERIES:
        params = {**query, **extra, "count": "true", "limit": "1000"}
        answer, expected = (one.get("entities", params=params) for one in (world.hub, world.union))
        assert "ngsild-warning" not in answer.headers, answer.headers
        assert is_same(answer.json(), expected.json()), query
        count = "ngsild-results-count"
        assert answer.headers[count] == expected.headers[count], query


@pytest.mark.clause("5.7.2")
@given(data=st.data())
@_FEW
def test_queries_should_be_answered_as_by_one_node(nodes: Federation, data: st.DataObject) -> None:
    found = data.draw(entities())
    where = data.draw(st.lists(st.integers(0, NODES - 1), min_size=len(found), max_size=len(found)))
    with nodes.world() as world:
        prepare(
            world,
            [[one for one, at in zip(found, where, strict=True) if at == n] for n in range(NODES)],
        )
        world.hold_all(found)
        compare(world, {})
        for one in found:
            path = f"entities/{one['id']}"
            assert is_same(world.hub.get(path).json(), world.union.get(path).json())
        _compare_pages(world, data.draw(st.integers(1, 5)))
        for path in ("types", "attributes"):
            assert is_same(_names(world.hub, path), _names(world.union, path)), path


def _names(client: Any, path: str) -> list[str]:
    listed = client.get(path).json()
    return sorted(listed["typeList" if path == "types" else "attributeList"])


def _compare_pages(world: World, limit: int) -> None:
    params = {**_BOTH, "limit": str(limit)}
    pages, expected = (pages_of(one, "entities", params) for one in (world.hub, world.union))
    assert list(map(len, pages)) == list(map(len, expected))
    ids = [entity["id"] for page in pages for entity in page]
    assert len(ids) == len(set(ids))
    assert set(ids) == {entity["id"] for page in expected for entity in page}


@pytest.mark.clause("4.3.6.7")
@given(data=st.data())
@_FEW
def test_split_entities_should_be_answered_as_by_one_node(
    nodes: Federation, data: st.DataObject
) -> None:
    found = data.draw(entities())
    spread: list[list[dict[str, Json]]] = [[] for _ in range(NODES)]
    for one in found:
        parts: dict[int, dict[str, Json]] = {}
        for name, value in one.items():
            if name in ("id", "type"):
                continue
            at = data.draw(st.integers(0, NODES - 1))
            part = parts.setdefault(at, {"id": one["id"], "type": one["type"]})
            part[name] = value
        if not parts:
            parts[0] = one
        for at, part in parts.items():
            spread[at].append(part)
    with nodes.world() as world:
        prepare(world, spread)
        world.hold_all(found)
        compare(world, {"splitEntities": "true"})
