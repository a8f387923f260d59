"""5.6.11 to 5.6.16: histories are written at the sources that registrations name."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.several import Served, register, served_node

Json = Any
EVERYTHING = [
    "upsertTemporal",
    "appendAttrsTemporal",
    "deleteAttrsTemporal",
    "updateAttrInstanceTemporal",
    "deleteAttrInstanceTemporal",
    "deleteTemporal",
]
BIN = "urn:ngsi-ld:Bin:1"
PATH = f"/temporal/entities/{BIN}"
SINCE = {"startAt": "2020-01-01T00:00:00Z"}


@pytest.fixture
async def hub() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


@pytest.fixture
async def other() -> AsyncIterator[Served]:
    async with served_node() as node:
        yield node


def level(value: int) -> Json:
    at = f"2026-01-01T00:00:{value:02}Z"
    return {"type": "Property", "value": value, "observedAt": at}


def evolution(**attributes: Json) -> Json:
    return {"id": BIN, "type": "Bin", **attributes}


async def source(hub: Served, url: str, *names: str, **members: Json) -> str:
    info: Json = {"entities": [{"id": BIN, "type": "Bin"}]}
    if names:
        info["propertyNames"] = list(names)
    members = {"operations": EVERYTHING, "observationInterval": SINCE, **members}
    return await register(hub, url, [info], **members)


async def values(node: Served, name: str) -> list[Json]:
    """The values of an attribute in the history that a node holds itself."""
    return [one["value"] for one in await instances(node, name)]


async def instances(node: Served, name: str) -> list[Json]:
    response = await node.api.get(PATH, params={"local": "true"})
    if response.status_code != httpx.codes.OK:
        return []
    found = response.json().get(name, [])
    return found if isinstance(found, list) else [found]


@pytest.mark.clause("5.6.11")
async def test_exclusive_history_should_be_written_at_its_source(
    hub: Served, other: Served
) -> None:
    await source(hub, other.url, "level", mode="exclusive")
    body = evolution(level=[level(1), level(2)], colour=[level(7)], scope="/a")
    response = await hub.api.post("/temporal/entities", json=body)
    assert response.status_code == 201, response.text
    assert response.headers["location"].endswith(BIN)
    assert await values(hub, "level") == []
    assert await values(hub, "colour") == [7]
    assert await values(other, "level") == [1, 2]
    assert await values(other, "colour") == []
    assert (await hub.api.post("/temporal/entities", json=body)).status_code == 204


@pytest.mark.clause("5.6.11")
@pytest.mark.clause("5.9.1")
async def test_registrations_of_the_present_should_not_concern_histories(
    hub: Served, other: Served
) -> None:
    await register(hub, other.url, [{"entities": [{"type": "Bin"}]}], mode="redirect")
    body = evolution(level=[level(1)])
    assert (await hub.api.post("/temporal/entities", json=body)).status_code == 201
    assert await values(hub, "level") == [1]


@pytest.mark.clause("5.6.12")
async def test_instances_should_be_added_where_they_belong(hub: Served, other: Served) -> None:
    await source(hub, other.url, "level", mode="exclusive")
    await hub.api.post("/temporal/entities", json=evolution(level=[level(1)], size=[level(1)]))
    body = {"level": [level(2)], "size": [level(3)]}
    assert (await hub.api.post(f"{PATH}/attrs", json=body)).status_code == 204
    assert await values(other, "level") == [1, 2]
    assert await values(hub, "size") == [1, 3]


@pytest.mark.clause("5.6.12")
async def test_adding_should_be_404_when_nobody_has_it(hub: Served, other: Served) -> None:
    await source(hub, other.url)
    body = {"level": [level(2)]}
    assert (await hub.api.post(f"{PATH}/attrs", json=body)).status_code == 404


@pytest.mark.clause("5.6.13")
@pytest.mark.clause("5.6.14")
@pytest.mark.clause("5.6.15")
async def test_one_instance_should_be_changed_where_it_is(hub: Served, other: Served) -> None:
    await source(hub, other.url, mode="redirect")
    body = evolution(level=[level(1), level(2)], size=[level(1)])
    assert (await hub.api.post("/temporal/entities", json=body)).status_code == 201
    first, second = [one["instanceId"] for one in await instances(other, "level")]
    path = f"{PATH}/attrs/level"
    changed = await hub.api.patch(f"{path}/{first}", json={"level": level(5)})
    assert changed.status_code == 204, changed.text
    assert sorted(await values(other, "level")) == [2, 5]
    assert (await hub.api.delete(f"{path}/{second}")).status_code == 204
    assert await values(other, "level") == [5]
    assert (await hub.api.delete(f"{path}/{second}")).status_code == 404
    assert (await hub.api.delete(path, params={"deleteAll": "true"})).status_code == 204
    assert await values(other, "level") == []
    assert await values(other, "size") == [1]


@pytest.mark.clause("5.6.16")
async def test_history_should_be_deleted_everywhere(hub: Served, other: Served) -> None:
    await source(hub, other.url, "level", mode="exclusive")
    await hub.api.post("/temporal/entities", json=evolution(level=[level(1)], size=[level(1)]))
    assert (await hub.api.delete(PATH)).status_code == 204
    assert await values(other, "level") == await values(hub, "size") == []
    assert (await hub.api.delete(PATH)).status_code == 404


@pytest.mark.clause("5.6.11")
@pytest.mark.clause("5.6.12")
async def test_history_should_be_a_conflict_when_its_source_does_not_offer_it(
    hub: Served, other: Served
) -> None:
    found = await source(hub, other.url, "level", mode="exclusive", operations=["retrieveTemporal"])
    body = evolution(level=[level(1)])
    assert (await hub.api.post("/temporal/entities", json=body)).status_code == 409
    mixed = evolution(level=[level(1)], size=[level(1)])
    response = await hub.api.post("/temporal/entities", json=mixed)
    assert response.status_code == 207
    assert response.json()["errors"][0]["registrationId"] == found
    response = await hub.api.post(f"{PATH}/attrs", json={"level": [level(1)], "size": [level(2)]})
    assert response.status_code == 207
    assert response.json()["notUpdated"][0]["registrationId"] == found
    assert (await hub.api.delete(f"{PATH}/attrs/level")).status_code == 409
