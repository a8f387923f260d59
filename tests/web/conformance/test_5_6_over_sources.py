"""5.6.1 to 5.6.6 and 5.6.17 to 5.6.19: writes go to the sources that registrations name."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio

from hanze.broker.distribution.via import alias_in
from tests.answering import Asked, answering
from tests.several import Pretender, Served, answer, pretender, register, served_node
from tests.web.conformance.kept_nodes import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any
EVERYTHING = ["redirectionOps", "updateOps"]
BIN = "urn:ngsi-ld:Bin:1"
PATH = f"/entities/{BIN}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub_kept() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def hub(hub_kept: Served) -> Served:
    return await emptied(hub_kept)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other_kept() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def other(other_kept: Served) -> Served:
    return await emptied(other_kept)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def third_kept() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest_asyncio.fixture(loop_scope="module")
async def third(third_kept: Served) -> Served:
    return await emptied(third_kept)


@pytest_asyncio.fixture(loop_scope="module")
async def liar() -> AsyncIterator[Pretender]:
    async with pretender() as server:
        yield server


def bin_with(**members: Json) -> Json:
    return {"id": BIN, "type": "Bin", **members}


def of_type(kind: str = "Bin", *names: str) -> Json:
    info: Json = {"entities": [{"type": kind}]}
    return [{**info, "propertyNames": list(names)}] if names else [info]


def of_bin(*names: str) -> Json:
    return [{"entities": [{"id": BIN, "type": "Bin"}], "propertyNames": list(names)}]


async def exclusive(hub: Served, url: str, *names: str, **members: Json) -> str:
    members.setdefault("operations", EVERYTHING)
    return await register(hub, url, of_bin(*names), mode="exclusive", **members)


async def redirect(hub: Served, url: str, information: Json = None, **members: Json) -> str:
    members.setdefault("operations", EVERYTHING)
    return await register(hub, url, information or of_type(), mode="redirect", **members)


async def inclusive(hub: Served, url: str, information: Json = None, **members: Json) -> str:
    members.setdefault("operations", EVERYTHING)
    return await register(hub, url, information or of_type(), **members)


async def held(node: Served, path: str = PATH) -> Json:
    """What a node holds itself; `None` where that is nothing."""
    params = {"local": "true", "options": "simplified"}
    response = await node.api.get(path, params=params)
    return response.json() if response.status_code == httpx.codes.OK else None


def error_names(body: Json) -> list[str]:
    return [one["error"]["type"].rpartition("/")[2].rpartition(":")[2] for one in body["errors"]]


# --- 5.6.1 Create Entity


@pytest.mark.clause("5.6.1")
async def test_exclusive_attributes_should_be_created_at_their_source(
    hub: Served, other: Served
) -> None:
    await exclusive(hub, other.url, "level")
    response = await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    assert response.status_code == 201, response.text
    assert response.headers["location"].endswith(BIN)
    assert await held(hub) == bin_with(colour="red")
    assert await held(other) == bin_with(level=1)


@pytest.mark.clause("5.6.1")
async def test_entity_of_a_redirected_type_should_be_created_at_every_redirect_source(
    hub: Served, other: Served, third: Served
) -> None:
    await redirect(hub, other.url)
    await redirect(hub, third.url, of_type("Bin", "level"))
    whole = bin_with(level=1, colour="red", scope="/a")
    assert (await hub.api.post("/entities", json=whole)).status_code == 201
    assert await held(hub) is None
    assert await held(other) == whole
    # Its scope is not registered with attributes alone.
    assert await held(third) == bin_with(level=1)


@pytest.mark.clause("5.6.1")
async def test_inclusive_source_should_get_what_remains(
    hub: Served, other: Served, third: Served
) -> None:
    await exclusive(hub, other.url, "level")
    await inclusive(hub, third.url)
    await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    assert await held(hub) == await held(third) == bin_with(colour="red")
    assert await held(other) == bin_with(level=1)


@pytest.mark.clause("5.6.1")
@pytest.mark.clause("4.20")
async def test_inclusive_source_should_not_be_asked_for_what_it_does_not_offer(
    hub: Served, liar: Pretender
) -> None:
    await register(hub, liar.url, of_type())
    assert (await hub.api.post("/entities", json=bin_with(level=1))).status_code == 201
    assert liar.got == []


@pytest.mark.clause("4.3.6.1")
async def test_source_should_get_registered_types_and_instances_only(
    hub: Served, other: Served
) -> None:
    await inclusive(hub, other.url, of_type(), datasetId=["urn:d:1"])
    levels = [
        {"type": "Property", "value": 1},
        {"type": "Property", "value": 2, "datasetId": "urn:d:1"},
    ]
    whole = {"id": BIN, "type": ["Bin", "Asset"], "level": levels}
    assert (await hub.api.post("/entities", json=whole)).status_code == 201
    response = await other.api.get(PATH, params={"local": "true"})
    assert response.json() == {"id": BIN, "type": "Bin", "level": levels[1]}
    assert (await held(hub))["type"] == ["Bin", "Asset"]


@pytest.mark.clause("6.4.3.1")
@pytest.mark.clause("5.2.17")
async def test_create_should_be_a_partial_success_when_a_source_does_not_offer_it(
    hub: Served, other: Served
) -> None:
    found = await exclusive(hub, other.url, "level", operations=["retrieveOps"])
    response = await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    assert response.status_code == 207
    assert response.headers["location"].endswith(BIN)
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body["success"] == [BIN]
    (error,) = body["errors"]
    assert (error["entityId"], error["registrationId"]) == (BIN, found)
    assert error_names(body) == ["Conflict"]
    assert await held(hub) == bin_with(colour="red")
    assert await held(other) is None


@pytest.mark.clause("5.6.1")
async def test_create_should_be_a_conflict_when_no_source_offers_it(
    hub: Served, other: Served
) -> None:
    await redirect(hub, other.url, operations=["retrieveOps"])
    response = await hub.api.post("/entities", json=bin_with(level=1))
    assert response.status_code == 409
    assert response.json()["type"].endswith("/Conflict")
    assert await held(hub) is None


@pytest.mark.clause("5.6.1")
async def test_create_should_say_that_it_exists_when_the_only_source_says_so(
    hub: Served, other: Served
) -> None:
    await redirect(hub, other.url)
    await hub.api.post("/entities", json=bin_with(level=1))
    response = await hub.api.post("/entities", json=bin_with(level=2))
    assert response.status_code == 409
    assert response.json()["type"].endswith("/AlreadyExists")


@pytest.mark.clause("5.6.1")
async def test_create_should_be_a_partial_success_when_it_exists_here_only(
    hub: Served, other: Served
) -> None:
    await hub.api.post("/entities", json=bin_with(colour="red"))
    await inclusive(hub, other.url)
    response = await hub.api.post("/entities", json=bin_with(level=1))
    assert response.status_code == 207
    assert error_names(response.json()) == ["AlreadyExists"]
    assert "registrationId" not in response.json()["errors"][0]
    assert await held(other) == bin_with(level=1)
    assert (await hub.api.post("/entities", json=bin_with(level=1))).status_code == 409


@pytest.mark.clause("5.5.13")
@pytest.mark.clause("6.3.18")
async def test_local_write_should_stay_here(hub: Served, other: Served) -> None:
    await redirect(hub, other.url)
    params = {"local": "true"}
    created = await hub.api.post("/entities", json=bin_with(level=1), params=params)
    assert created.status_code == 201
    assert await held(hub) == bin_with(level=1)
    assert await held(other) is None
    assert (await hub.api.delete(PATH, params=params)).status_code == 204


@pytest.mark.clause("5.6.1")
async def test_what_is_wrong_should_go_nowhere(hub: Served, liar: Pretender) -> None:
    await redirect(hub, liar.url)
    wrong = bin_with(level={"type": "Property", "value": "urn:ngsi-ld:null"})
    assert (await hub.api.post("/entities", json=wrong)).status_code == 400
    assert liar.got == []


# --- 6.3.17: the only source fails


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("status", "expected"), [(403, 502), (400, 502), (500, 502), (404, 404), (508, 508)]
)
async def test_error_should_be_that_of_the_only_source(
    hub: Served, liar: Pretender, status: int, expected: int
) -> None:
    await redirect(hub, liar.url)
    liar.answer = answer({"type": "x", "title": "No"}, status)
    assert (await hub.api.post("/entities", json=bin_with(level=1))).status_code == expected


@pytest.mark.clause("6.3.17")
async def test_error_should_be_504_when_nobody_listens(hub: Served) -> None:
    await redirect(hub, "http://127.0.0.1:9")
    assert (await hub.api.delete(PATH)).status_code == 504


@pytest.mark.clause("6.3.17")
@pytest.mark.clause("5.2.34")
async def test_slow_source_should_cost_its_time_and_no_more(hub: Served, other: Served) -> None:
    async def never(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with answering(never) as slow:
        found = await redirect(hub, slow.url, management={"timeout": 150})
        began = time.monotonic()
        response = await hub.api.post("/entities", json=bin_with(level=1))
        assert response.status_code == 504, response.text
        # Others go on: the slow one is one part of the result.
        await redirect(hub, other.url)
        response = await hub.api.post("/entities", json=bin_with(level=1))
        assert time.monotonic() - began < 5
    assert response.status_code == 207
    assert [one["registrationId"] for one in response.json()["errors"]] == [found]
    assert await held(other) == bin_with(level=1)


@pytest.mark.clause("6.3.17")
async def test_error_should_be_508_when_two_nodes_redirect_to_each_other(
    hub: Served, other: Served
) -> None:
    await redirect(hub, other.url)
    await redirect(other, hub.url)
    response = await hub.api.post("/entities", json=bin_with(level=1))
    assert response.status_code == 508, response.text


@pytest.mark.clause("5.12")
async def test_source_that_was_met_should_not_match(hub: Served, other: Served) -> None:
    alias = alias_in(hub.node.distributor.alias, "")
    await redirect(hub, other.url)
    await redirect(other, hub.url, contextSourceAlias=alias)
    assert (await hub.api.post("/entities", json=bin_with(level=1))).status_code == 201
    assert await held(other) == bin_with(level=1)


@pytest.mark.clause("6.3.17")
async def test_failures_of_several_sources_should_be_listed(
    hub: Served, other: Served, liar: Pretender
) -> None:
    one = await redirect(hub, liar.url)
    await redirect(hub, other.url)
    liar.answer = answer({"title": "Not you"}, 403)
    response = await hub.api.post("/entities", json=bin_with(level=1))
    assert response.status_code == 207
    body = response.json()
    assert body["success"] == [BIN]
    assert [error["registrationId"] for error in body["errors"]] == [one]
    assert error_names(body) == ["bad-gateway"]
    assert "Not you" in body["errors"][0]["error"]["detail"]


# --- attributes


@pytest.mark.clause("5.6.2")
@pytest.mark.clause("5.6.3")
async def test_attributes_should_be_changed_where_they_are(hub: Served, other: Served) -> None:
    await exclusive(hub, other.url, "level")
    await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    both = {"level": 2, "colour": "blue"}
    assert (await hub.api.patch(f"{PATH}/attrs", json=both)).status_code == 204
    assert await held(hub) == bin_with(colour="blue")
    assert await held(other) == bin_with(level=2)
    assert (await hub.api.post(f"{PATH}/attrs", json={"level": 3, "size": 9})).status_code == 204
    assert await held(hub) == bin_with(colour="blue", size=9)
    assert await held(other) == bin_with(level=3)


@pytest.mark.clause("5.2.18")
@pytest.mark.clause("5.2.19")
async def test_update_should_name_what_a_source_did_not_do(hub: Served, liar: Pretender) -> None:
    await hub.api.post("/entities", json=bin_with(colour="red"))
    found = await exclusive(hub, liar.url, "level")
    liar.answer = answer({"title": "No"}, 500)
    response = await hub.api.patch(f"{PATH}/attrs", json={"level": 2, "colour": "blue"})
    assert response.status_code == 207
    body = response.json()
    default = "https://uri.etsi.org/ngsi-ld/default-context/"
    assert body["updated"] == [f"{default}colour"]
    (failed,) = body["notUpdated"]
    assert failed["attributeName"] == f"{default}level"
    assert failed["registrationId"] == found
    assert "status 500" in failed["reason"]


@pytest.mark.clause("5.2.19")
async def test_update_should_pass_on_what_a_source_left_alone(hub: Served, other: Served) -> None:
    await redirect(hub, other.url)
    await hub.api.post("/entities", json=bin_with(level=1))
    response = await hub.api.post(
        f"{PATH}/attrs", json={"level": 2, "size": 3}, params={"options": "noOverwrite"}
    )
    assert response.status_code == 207
    body = response.json()
    assert [name.rpartition("/")[2] for name in body["updated"]] == ["size"]
    assert [one["attributeName"].rpartition("/")[2] for one in body["notUpdated"]] == ["level"]
    assert await held(other) == bin_with(level=1, size=3)


@pytest.mark.clause("5.6.2")
async def test_names_of_a_liar_should_be_passed_over(hub: Served, liar: Pretender) -> None:
    await redirect(hub, liar.url)
    liar.answer = answer(
        {"updated": ["secret"], "notUpdated": [{"attributeName": "other", "reason": "x" * 9999}]},
        207,
    )
    response = await hub.api.patch(f"{PATH}/attrs", json={"level": 2})
    assert response.status_code == 502
    assert len(response.content) < 600


@pytest.mark.clause("5.6.4")
@pytest.mark.clause("5.6.5")
@pytest.mark.clause("5.6.19")
async def test_one_attribute_should_be_changed_where_it_is(hub: Served, other: Served) -> None:
    await exclusive(hub, other.url, "level")
    start = {"type": "Property", "value": 1, "unitCode": "P1"}
    await hub.api.post("/entities", json=bin_with(level=start, colour="red"))
    one = f"{PATH}/attrs/level"
    assert (await hub.api.patch(one, json={"value": 2})).status_code == 204
    response = await other.api.get(PATH, params={"local": "true"})
    assert response.json()["level"] == {**start, "value": 2}
    put = await hub.api.put(one, json={"type": "Property", "value": 3})
    assert put.status_code == 204
    assert await held(other) == bin_with(level=3)
    assert (await hub.api.delete(one)).status_code == 204
    assert await held(other) == bin_with()
    assert (await hub.api.delete(one)).status_code == 404
    assert (await hub.api.delete(f"{PATH}/attrs/colour")).status_code == 204
    assert await held(hub) == bin_with()


@pytest.mark.clause("5.6.4")
async def test_unknown_attribute_should_be_404_when_no_source_has_it(
    hub: Served, other: Served
) -> None:
    await redirect(hub, other.url)
    assert (await hub.api.patch(f"{PATH}/attrs/x", json={"value": 2})).status_code == 404
    assert (await hub.api.patch(f"{PATH}/attrs", json={"x": 2})).status_code == 404
    assert (await hub.api.delete(PATH)).status_code == 404


@pytest.mark.clause("5.6.4")
async def test_attribute_should_not_be_offered_be_a_conflict(hub: Served, other: Served) -> None:
    await exclusive(hub, other.url, "level", operations=["createEntity"])
    await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    one = f"{PATH}/attrs/level"
    assert (await hub.api.patch(one, json={"value": 2})).status_code == 409
    assert (await hub.api.put(one, json={"type": "Property", "value": 2})).status_code == 409
    assert (await hub.api.delete(one)).status_code == 409


@pytest.mark.clause("5.6.5")
async def test_delete_all_should_keep_to_registered_datasets(hub: Served, other: Served) -> None:
    levels = [
        {"type": "Property", "value": 1},
        {"type": "Property", "value": 2, "datasetId": "urn:d:1"},
        {"type": "Property", "value": 3, "datasetId": "urn:d:2"},
    ]
    await other.api.post("/entities", json=bin_with(level=levels))
    await hub.api.post("/entities", json=bin_with(level=levels[:1]))
    await inclusive(hub, other.url, of_type(), datasetId=["urn:d:1"])
    response = await hub.api.delete(f"{PATH}/attrs/level", params={"deleteAll": "true"})
    assert response.status_code == 204, response.text
    assert await held(hub) == bin_with()
    left = (await other.api.get(PATH, params={"local": "true"})).json()["level"]
    assert left == [levels[0], levels[2]]


@pytest.mark.clause("5.6.2")
async def test_type_should_narrow_what_is_sent_when_nobody_knows_it(
    hub: Served, other: Served
) -> None:
    """The entity there is of another type than is registered: it is none of our business."""
    await other.api.post("/entities", json={"id": BIN, "type": "Secret", "level": 1})
    await redirect(hub, other.url)
    assert (await hub.api.patch(f"{PATH}/attrs", json={"level": 2})).status_code == 404
    assert (await held(other))["level"] == 1
    other_type = {"type": "Secret"}
    assert (
        await hub.api.patch(f"{PATH}/attrs", json={"level": 2}, params=other_type)
    ).status_code == 404


# --- merge, replace, delete


@pytest.mark.clause("5.6.17")
async def test_merge_should_reach_into_values_where_they_are(hub: Served, other: Served) -> None:
    await exclusive(hub, other.url, "level")
    await hub.api.post("/entities", json=bin_with(level={"value": {"a": 1, "b": 2}}, colour="red"))
    fragment = {"level": {"value": {"a": "urn:ngsi-ld:null", "c": 3}}, "colour": "urn:ngsi-ld:null"}
    response = await hub.api.patch(PATH, json=fragment)
    assert response.status_code == 204, response.text
    assert await held(other) == bin_with(level={"b": 2, "c": 3})
    assert await held(hub) == bin_with()


@pytest.mark.clause("5.6.17")
@pytest.mark.clause("6.5.3.4")
async def test_merge_should_pass_its_parameters_on(hub: Served, other: Served) -> None:
    await redirect(hub, other.url)
    name = {"type": "LanguageProperty", "languageMap": {"nl": "Bak"}}
    level = {"type": "Property", "value": 1, "observedAt": "2026-01-01T00:00:00Z"}
    await hub.api.post("/entities", json=bin_with(name=name, level=level))
    params = {"format": "simplified", "lang": "ko", "observedAt": "2026-02-01T00:00:00Z"}
    response = await hub.api.patch(PATH, json={"name": "통", "level": 2}, params=params)
    assert response.status_code == 204, response.text
    found = (await other.api.get(PATH, params={"local": "true"})).json()
    assert found["name"]["languageMap"] == {"nl": "Bak", "ko": "통"}
    assert found["level"] == {**level, "value": 2, "observedAt": "2026-02-01T00:00:00Z"}


@pytest.mark.clause("5.6.18")
async def test_replace_should_replace_every_part(hub: Served, other: Served) -> None:
    await exclusive(hub, other.url, "level")
    await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    assert (await hub.api.put(PATH, json=bin_with(level=2, size=3))).status_code == 204
    assert await held(hub) == bin_with(size=3)
    assert await held(other) == bin_with(level=2)
    # Nothing of what is left is said again: nothing of it stays.
    assert (await hub.api.put(PATH, json=bin_with(level=4))).status_code == 204
    assert await held(hub) == bin_with()
    assert await held(other) == bin_with(level=4)


@pytest.mark.clause("5.6.6")
async def test_delete_should_reach_everywhere(hub: Served, other: Served, third: Served) -> None:
    await exclusive(hub, other.url, "level")
    await inclusive(hub, third.url)
    await hub.api.post("/entities", json=bin_with(level=1, colour="red"))
    assert (await hub.api.delete(PATH)).status_code == 204
    assert [await held(node) for node in (hub, other, third)] == [None] * 3


@pytest.mark.clause("5.6.6")
async def test_delete_should_succeed_when_a_source_has_nothing_of_it(
    hub: Served, other: Served
) -> None:
    await hub.api.post("/entities", json=bin_with(colour="red"))
    await inclusive(hub, other.url)
    assert (await hub.api.delete(PATH)).status_code == 204
    await other.api.post("/entities", json=bin_with(colour="red"))
    assert (await hub.api.delete(PATH)).status_code == 204


@pytest.mark.clause("6.5.3.2")
async def test_delete_should_list_a_source_that_fails(hub: Served) -> None:
    await hub.api.post("/entities", json=bin_with(colour="red"))
    found = await inclusive(hub, "http://127.0.0.1:9")
    response = await hub.api.delete(PATH)
    assert response.status_code == 207
    assert response.json()["success"] == [BIN]
    assert response.json()["errors"][0]["registrationId"] == found


# --- what goes over the line


@pytest.mark.clause("4.3.6.6")
@pytest.mark.clause("6.3.18")
async def test_request_should_carry_via_and_its_context(hub: Served, liar: Pretender) -> None:
    await redirect(hub, liar.url, tenant="there", management={"localOnly": True})
    liar.answer = answer(b"", 204)
    response = await hub.api.patch(
        f"{PATH}/attrs/level?type=Bin", json={"value": 2}, headers={"via": "1.1 first"}
    )
    assert response.status_code == 204, response.text
    (got,) = liar.got
    method, path, headers = got
    assert (method, unquote(path)) == (
        "PATCH",
        f"/ngsi-ld/v1{PATH}/attrs/level?type=Bin&local=true",
    )
    assert headers["ngsild-tenant"] == "there"
    assert [part.split()[1] for part in headers["via"].split(",")] == [
        "first",
        alias_in(hub.node.distributor.alias, ""),
    ]
