"""5.6.2 to 5.6.6 and 5.6.17 to 5.6.19: what is there is changed at the sources that have it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.several import Pretender, Served, answer, pretender, served_node
from tests.web.conformance.kept_nodes import (
    BIN,
    PATH,
    bin_with,
    emptied,
    exclusive,
    held,
    inclusive,
    of_type,
    redirect,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = Any


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


@pytest.mark.clause("5.6.3")
async def test_append_should_leave_alone_what_is_here(hub: Served, other: Served) -> None:
    await hub.api.post("/entities", json=bin_with(colour="red"))
    await exclusive(hub, other.url, "level")
    await other.api.post("/entities", json=bin_with())
    more = {"level": 2, "colour": "blue", "size": 1}
    params = {"options": "noOverwrite"}
    response = await hub.api.post(f"{PATH}/attrs", json=more, params=params)
    assert response.status_code == 207
    body = response.json()
    assert sorted(name.rpartition("/")[2] for name in body["updated"]) == ["level", "size"]
    (left,) = body["notUpdated"]
    assert left["attributeName"].endswith("/colour")
    assert "registrationId" not in left


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
