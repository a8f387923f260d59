"""Writes go where registrations say, and come out as if one node held everything."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.league.federation import Federation, World, is_same

pytestmark = pytest.mark.slow

Json = Any
Step = tuple[str, str, Json]

_FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_NOT_HERE = "urn:ngsi-ld:Thing:[13579]$"
_SPLIT = "urn:ngsi-ld:Thing:0"


def thing(number: int) -> str:
    return f"urn:ngsi-ld:Thing:{number}"


def level(value: int) -> dict[str, Json]:
    return {"type": "Property", "value": value}


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """A write to one of some entities: even ones are here, odd ones elsewhere."""
    entity_id = thing(draw(st.integers(1, 4)))
    name = draw(st.sampled_from(("level", "depth")))
    value = level(draw(st.integers(0, 9)))
    whole = {"id": entity_id, "type": "Thing", name: value}
    path = f"entities/{entity_id}"
    choices: Sequence[Step] = (
        ("POST", "entities", whole),
        ("POST", "entities", whole),
        ("POST", f"{path}/attrs", {name: value}),
        ("PATCH", f"{path}/attrs", {name: value}),
        ("PATCH", f"{path}/attrs/{name}", {"value": value["value"]}),
        ("PUT", f"{path}/attrs/{name}", value),
        ("DELETE", f"{path}/attrs/{name}", None),
        ("PATCH", path, {name: value}),
        ("PUT", path, whole),
        ("DELETE", path, None),
        ("POST", "entityOperations/upsert", [whole, {**whole, "id": thing(4)}]),
        ("POST", "entityOperations/update", [whole]),
        ("POST", "entityOperations/merge", [whole]),
        ("POST", "entityOperations/delete", [entity_id]),
    )
    return draw(st.sampled_from(choices))


def carry_out(client: httpx.Client, step: Step) -> httpx.Response:
    method, path, body = step
    return client.request(method, path, json=body) if body else client.request(method, path)


def outcome(answer: httpx.Response) -> tuple[int, Json]:
    """The status, and what a batch says of each entity; texts of problems may differ."""
    if not answer.content:
        return answer.status_code, None
    body = answer.json()
    if isinstance(body, Mapping) and "success" in body:
        errors = sorted(one.get("entityId", "") for one in body.get("errors", ()))
        return answer.status_code, (sorted(body["success"]), errors)
    if isinstance(body, Mapping):
        return answer.status_code, body.get("type")
    return answer.status_code, sorted(body)


def compare(world: World, ids: Sequence[str]) -> None:
    for entity_id in ids:
        answer, expected = (one.get(f"entities/{entity_id}") for one in (world.hub, world.union))
        assert answer.status_code == expected.status_code, (answer.text, expected.text)
        if answer.status_code == httpx.codes.OK:
            assert is_same(answer.json(), expected.json())


@pytest.mark.clause("4.3.6.3")
@given(written=st.lists(steps(), min_size=1, max_size=12))
@_FEW
def test_writes_should_come_out_as_in_one_node_when_entities_are_redirected(
    nodes: Federation, written: list[Step]
) -> None:
    with nodes.world() as world:
        world.hold_all([])
        world.hold(0, [])
        world.hold(1, [])
        world.register(
            1,
            [{"entities": [{"type": "Thing", "idPattern": _NOT_HERE}]}],
            mode="redirect",
            operations=[
                "redirectionOps",
                "upsertBatch",
                "updateBatch",
                "mergeBatch",
                "deleteBatch",
            ],
        )
        for step in written:
            answer, expected = (carry_out(one, step) for one in (world.hub, world.union))
            assert outcome(answer) == outcome(expected), (step, answer.text, expected.text)
            compare(world, [thing(number) for number in range(1, 5)])
        # What is registered elsewhere is nowhere but there.
        for number in (1, 3):
            found = world.hub.get(f"entities/{thing(number)}", params={"local": "true"})
            assert found.status_code == httpx.codes.NOT_FOUND


_BOTH = st.fixed_dictionaries(
    {}, optional={"level": st.integers(0, 9).map(level), "depth": st.integers(0, 9).map(level)}
).filter(bool)


@pytest.mark.clause("4.3.6.3")
@given(fragments=st.lists(st.tuples(st.sampled_from(("attrs", "merge", "one")), _BOTH), max_size=8))
@_FEW
def test_writes_should_come_out_as_in_one_node_when_an_attribute_is_elsewhere(
    nodes: Federation, fragments: list[tuple[str, dict[str, Json]]]
) -> None:
    path = f"entities/{_SPLIT}"
    with nodes.world() as world:
        world.hold_all([])
        world.hold(0, [])
        world.hold(2, [])
        world.register(
            2,
            [{"entities": [{"type": "Thing", "id": _SPLIT}], "propertyNames": ["level"]}],
            mode="exclusive",
            operations=["redirectionOps"],
        )
        whole = {"id": _SPLIT, "type": "Thing", "level": level(1), "depth": level(2)}
        for client in (world.hub, world.union):
            assert client.post("entities", json=whole).status_code == httpx.codes.CREATED
        for how, fragment in fragments:
            if how == "one":
                name, value = next(iter(fragment.items()))
                step = ("PATCH", f"{path}/attrs/{name}", {"value": value["value"]})
            else:
                step = ("PATCH", f"{path}/attrs" if how == "attrs" else path, fragment)
            answer, expected = (carry_out(one, step) for one in (world.hub, world.union))
            assert outcome(answer) == outcome(expected), (step, answer.text, expected.text)
            compare(world, [_SPLIT])
        here = world.hub.get(path, params={"local": "true"}).json()
        assert "level" not in here
        there = world.clients[2].get(path).json()
        assert "depth" not in there
        for client in (world.hub, world.union):
            assert client.delete(path).status_code == httpx.codes.NO_CONTENT
        compare(world, [_SPLIT])
