"""5.7.5 to 5.7.11: types and attributes of Context Sources are found with the node's own."""

from typing import Any

import pytest

from hanze.broker.distribution.via import alias_in
from tests.several import Pretender, Served, answer, register

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
LAMPS = [{"entities": [{"type": "Lamp"}]}]
BOTH = [{"entities": [{"type": "Lamp"}, {"type": "Bench"}]}]


async def hold(node: Served, *entities: Json) -> None:
    response = await node.api.post("/entityOperations/create", json=list(entities))
    assert response.status_code == 201, response.text


def alias(node: Served) -> str:
    return alias_in(node.node.alias, node.api.headers["ngsild-tenant"])


def a(kind: str, number: int, **members: Json) -> Json:
    return {"id": f"urn:ngsi-ld:{kind}:{number}", "type": kind, **members}


def values(node_list: Json, name: str) -> Json:
    return sorted(node_list[name])


async def get(node: Served, path: str, **params: str) -> Json:
    response = await node.api.get(path, params=params)
    assert response.status_code == 200, response.text
    assert "ngsild-warning" not in response.headers, response.headers
    return response.json()


@pytest.mark.clause("5.7.5")
async def test_types_should_be_those_of_all_nodes(hub: Served, other: Served) -> None:
    await hold(hub, a("Lamp", 1))
    await hold(other, a("Lamp", 2), a("Bench", 1), a("Secret", 1))
    await register(hub, other.url, BOTH)
    assert values(await get(hub, "/types"), "typeList") == ["Bench", "Lamp"]
    assert values(await get(hub, "/types", local="true"), "typeList") == ["Lamp"]


@pytest.mark.clause("5.7.6")
async def test_details_should_have_the_attributes_of_all_nodes(hub: Served, other: Served) -> None:
    await hold(hub, a("Lamp", 1, on=True))
    await hold(other, a("Lamp", 2, level=3, hidden=1))
    info = {"entities": [{"type": "Lamp"}], "propertyNames": ["level"]}
    await register(hub, other.url, [info])
    (found,) = await get(hub, "/types", details="true")
    assert found["typeName"] == "Lamp"
    assert found["attributeNames"] == ["level", "on"]


@pytest.mark.clause("5.7.7")
async def test_information_of_a_type_should_add_what_all_have(hub: Served, other: Served) -> None:
    await hold(hub, a("Lamp", 1, on=True), a("Lamp", 2, level=3))
    await hold(other, a("Lamp", 3, level={"type": "Relationship", "object": "urn:a:b"}))
    await register(hub, other.url, LAMPS)
    found = await get(hub, "/types/Lamp")
    assert found["entityCount"] == 3
    kinds = {one["attributeName"]: one["attributeTypes"] for one in found["attributeDetails"]}
    assert kinds == {"on": ["Property"], "level": ["Property", "Relationship"]}


@pytest.mark.clause("5.7.7")
async def test_type_that_only_a_source_has_should_be_found(hub: Served, other: Served) -> None:
    await hold(other, a("Lamp", 3, level=1))
    await register(hub, other.url, LAMPS)
    assert (await get(hub, "/types/Lamp"))["entityCount"] == 1
    assert (await hub.api.get("/types/Lamp", params={"local": "true"})).status_code == 404
    assert (await hub.api.get("/types/Bench")).status_code == 404


@pytest.mark.clause("5.7.8")
@pytest.mark.clause("5.7.9")
async def test_attributes_should_be_those_of_registered_types(hub: Served, other: Served) -> None:
    await hold(hub, a("Lamp", 1, on=True))
    await hold(other, a("Lamp", 2, level=3), a("Bench", 1, colour="red", level=1))
    await register(hub, other.url, LAMPS)
    assert values(await get(hub, "/attributes"), "attributeList") == ["level", "on"]
    found = {one["attributeName"]: one for one in await get(hub, "/attributes", details="true")}
    assert found.keys() == {"level", "on"}
    assert found["level"]["typeNames"] == ["Lamp"]


@pytest.mark.clause("5.7.10")
async def test_information_of_an_attribute_should_add_counts(hub: Served, other: Served) -> None:
    await hold(hub, a("Lamp", 1, level=1))
    await hold(other, a("Lamp", 2, level=3), a("Lamp", 3, level=4))
    await register(hub, other.url, LAMPS)
    found = await get(hub, "/attributes/level")
    assert found["attributeCount"] == 3
    assert found["typeNames"] == ["Lamp"]
    assert (await hub.api.get("/attributes/colour")).status_code == 404


@pytest.mark.clause("4.20")
async def test_source_without_the_operation_should_not_be_asked(
    hub: Served, liar: Pretender
) -> None:
    await hold(hub, a("Lamp", 1))
    await register(hub, liar.url, LAMPS, operations=["retrieveOps"])
    assert (await get(hub, "/types"))["typeList"] == ["Lamp"]
    assert not liar.got


@pytest.mark.clause("6.3.18")
async def test_request_should_say_which_nodes_it_passed(hub: Served, liar: Pretender) -> None:
    await register(hub, liar.url, LAMPS)
    await get(hub, "/types")
    ((method, path, headers),) = liar.got
    assert (method, path) == ("GET", "/ngsi-ld/v1/types")
    assert headers["via"] == f"1.1 {alias(hub)}"


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "EntityTypeList", "typeList": ["Lamp", 3]}, "111"),
        ({"type": "EntityTypeList", "typeList": {"a": "b"}}, "111"),
        ({"type": "Other"}, "111"),
        (["Lamp"], "111"),
        (b"<html>", "111"),
        ({"type": "EntityTypeList", "typeList": ["not a name"]}, "111"),
    ],
)
async def test_garbage_should_be_warned_of_and_left_out(
    hub: Served, liar: Pretender, body: Json, code: str
) -> None:
    await hold(hub, a("Lamp", 1))
    await register(hub, liar.url, LAMPS)
    liar.answer = answer(body)
    response = await hub.api.get("/types")
    assert response.status_code == 200, response.text
    assert response.json()["typeList"] == ["Lamp"]
    assert response.headers["ngsild-warning"].startswith(f"{code} {hub.node.alias} ")


@pytest.mark.clause("6.3.17")
async def test_lies_about_other_types_should_be_left_out(hub: Served, liar: Pretender) -> None:
    await register(hub, liar.url, [{"entities": [{"type": "Lamp"}], "propertyNames": ["on"]}])
    liar.answer = answer(
        {
            "type": "EntityTypeInfo",
            "typeName": "Bench",
            "entityCount": 10**9,
            "attributeDetails": [{"type": "Attribute", "attributeName": "on"}],
        }
    )
    assert (await hub.api.get("/types/Lamp")).status_code == 404


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(("status", "expected"), [(403, 502), (508, 508)])
async def test_failure_of_the_only_redirect_source_should_be_the_answer(
    hub: Served, liar: Pretender, status: int, expected: int
) -> None:
    await register(hub, liar.url, LAMPS, mode="redirect", operations=["redirectionOps"])
    liar.answer = answer({"title": "No"}, status)
    response = await hub.api.get("/types/Lamp")
    assert response.status_code == expected, response.text


@pytest.mark.clause("4.3.6.4")
async def test_two_nodes_that_register_each_other_should_answer(hub: Served, other: Served) -> None:
    await hold(hub, a("Lamp", 1))
    await hold(other, a("Bench", 1))
    await register(hub, other.url, BOTH, contextSourceAlias=alias(other))
    await register(other, hub.url, BOTH, contextSourceAlias=alias(hub))
    for node in (hub, other):
        assert values(await get(node, "/types"), "typeList") == ["Bench", "Lamp"]
