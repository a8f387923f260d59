"""5.6.1 to 5.6.6 and 5.6.17 to 5.6.19: writes go to the sources that registrations name."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio

from hanze.broker.distribution.via import alias_in
from tests.answering import Asked, answering
from tests.several import Pretender, Served, answer, pretender, register, served_node
from tests.web.conformance.kept_nodes import (
    BIN,
    PATH,
    bin_with,
    emptied,
    error_names,
    exclusive,
    held,
    inclusive,
    of_type,
    redirect,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any

_JSON = {"content-type": "application/json"}
_LARGE = b'{"id":"%s","type":"Bin","level":123456789012345678901234567890}' % BIN.encode()


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
    # No source could read it as it was sent.
    assert (await hub.api.post("/entities", content=_LARGE, headers=_JSON)).status_code == 400
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
