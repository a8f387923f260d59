"""Watches through the door: what is usual, alerts that persist, light that a person decides on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hanze.broker.provision import create_entity
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.temporal.model import Instance, TemporalEntity
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory

SENSOR = "urn:ngsi-ld:NoiseLevelObserved:centre:1"
CROWD = "urn:ngsi-ld:CrowdFlowObserved:centre:1"
#: A Friday night, when it is dark in the city.
NOW = datetime(2026, 1, 30, 23, 5, tzinfo=UTC)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def value_at(moment: datetime, usual: float) -> float:
    """Louder by day, with a little of its own in each week."""
    return usual + moment.hour + (moment.day * 7 + moment.hour) % 5


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        node.clock = lambda: text(NOW)
        yield node


@pytest.fixture
async def api(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, "/api/v1") as client:
        yield client


async def measured(
    node: Node, entity_id: str, term: str, *, days: int, loud_hours: int = 0, kind: str = "2N"
) -> None:
    """Give an entity a history of so many days until now, the last hours far above the usual."""
    values: list[tuple[datetime, float]] = []
    moment = NOW.replace(minute=0) - timedelta(days=days)
    while moment < NOW:
        loud = NOW - moment <= timedelta(hours=loud_hours)
        values.append((moment, value_at(moment, 150.0 if loud else 40.0)))
        moment += timedelta(minutes=30)
    name = HANZE.expand_name(term)
    instances = tuple(
        Instance(
            Attribute(
                kind=AttributeKind.PROPERTY, value=value, unit_code=kind, observed_at=text(at)
            )
        )
        for at, value in values
    )
    types = (HANZE.expand_name("NoiseLevelObserved"),)
    location = Attribute(
        kind=AttributeKind.GEO_PROPERTY, value={"type": "Point", "coordinates": [5.48, 51.44]}
    )
    present = Entity(
        id=entity_id,
        types=types,
        attributes={
            name: (instances[-1].attribute,),
            HANZE.expand_name("location"): (location,),
        },
    )
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    now = text(NOW)

    def unit(uow: object) -> None:
        create_entity(uow, caller, present, context=HANZE, now=now)  # type: ignore[arg-type]
        past = TemporalEntity(id=entity_id, types=types, attributes={name: instances[:-1]})
        uow.history.add("", past, now=now)  # type: ignore[attr-defined]

    await node.store.transact(unit)


async def watch(api: httpx.AsyncClient, name: str, *members: str, scenarios: bool = False) -> None:
    roles = {SENSOR: ("LAeq", "sound"), CROWD: ("peopleCount", "people")}
    body = {
        "name": name,
        "title": "The centre",
        "scenarios": scenarios,
        "members": [
            {"entity": one, "attribute": roles[one][0], "role": roles[one][1]} for one in members
        ],
    }
    answer = await api.post("/insight/watches", json=body)
    assert answer.status_code == 201, answer.text


async def alerts(api: httpx.AsyncClient) -> list[dict[str, object]]:
    found = await api.get(
        "http://localhost/ngsi-ld/v1/entities",
        params={"type": "Alert", "options": "keyValues"},
        headers={
            "Link": '<https://w3id.org/hanze/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
            '; type="application/ld+json"'
        },
    )
    assert found.status_code == 200, found.text
    return list(found.json())


async def test_usual_should_compare_each_period_with_the_weeks_before(
    node: Node, api: httpx.AsyncClient
) -> None:
    await measured(node, SENSOR, "LAeq", days=45)
    answer = await api.get("/insight/usual", params={"id": SENSOR, "attribute": "LAeq"})
    assert answer.status_code == 200, answer.text
    periods = answer.json()["periods"]
    assert len(periods) == 47  # Whole ones: it is five past the hour.
    last = periods[-1]
    assert last["start"] == "2026-01-30T22:30:00Z"
    assert last["low"] < last["value"] < last["high"]
    assert (last["verdict"], last["basis"], last["samples"]) == ("usual", "week-time", 6)


async def test_a_deviation_that_persists_should_become_one_alert_and_end(
    node: Node, api: httpx.AsyncClient
) -> None:
    await measured(node, SENSOR, "LAeq", days=45, loud_hours=5)
    await watch(api, "centre-noise", SENSOR)
    assert await node.insight.step(text(NOW)) == 1
    assert await node.insight.step(text(NOW)) == 0
    (alert,) = await alerts(api)
    assert alert["alertSource"] == SENSOR
    assert alert["subCategory"] == "higher-than-usual"
    assert "validTo" not in alert
    seen = (await api.get("/insight/watches/centre-noise")).json()
    assert seen["alert"] == alert["id"]
    assert seen["verdict"] == "higher"
    assert "dB" in seen["reasons"]["nl"]
    assert (await api.delete("/insight/watches/centre-noise")).status_code == 204
    (alert,) = await alerts(api)
    assert "validTo" in alert
    assert (await api.get("/insight/watches")).json() == {"watches": []}


async def test_a_short_history_should_raise_nothing_and_say_so(
    node: Node, api: httpx.AsyncClient
) -> None:
    await measured(node, SENSOR, "LAeq", days=6, loud_hours=5)
    await watch(api, "new-sensor", SENSOR)
    assert await node.insight.step(text(NOW)) == 0
    seen = (await api.get("/insight/watches/new-sensor")).json()
    assert seen["verdict"] == "unknown"
    assert "too little history" in seen["reasons"]["en"]
    assert "holidays" in seen["reasons"]["en"]


async def test_light_should_be_proposed_and_decided_by_a_person_once(
    node: Node, api: httpx.AsyncClient
) -> None:
    await measured(node, SENSOR, "LAeq", days=45, loud_hours=5)
    await measured(node, CROWD, "peopleCount", days=45, loud_hours=5, kind="C62")
    await watch(api, "street", SENSOR, CROWD, scenarios=True)
    await node.insight.step(text(NOW))
    await node.insight.step(text(NOW))
    (proposal,) = (await api.get("/insight/proposals")).json()["proposals"]
    assert (proposal["scenario"], proposal["status"]) == ("calm", "proposed")
    path = f"/insight/proposals/{proposal['id']}/decision"
    assert (await api.post(path, json={"decision": "confirmed"})).status_code == 204
    again = await api.post(path, json={"decision": "declined"})
    assert again.status_code == 409
    (decided,) = (await api.get("/insight/proposals?status=confirmed")).json()["proposals"]
    assert decided["decidedBy"]


async def test_watches_should_be_refused_when_named_twice_or_wrong(api: httpx.AsyncClient) -> None:
    await watch(api, "twice", SENSOR)
    body = {"name": "twice", "members": [{"entity": SENSOR, "attribute": "LAeq"}]}
    assert (await api.post("/insight/watches", json=body)).status_code == 409
    doubled = {**body, "name": "doubled", "members": body["members"] * 2}  # type: ignore[operator]
    assert (await api.post("/insight/watches", json=doubled)).status_code == 400
    assert (await api.get("/insight/watches/absent")).status_code == 404
    assert (await api.delete("/insight/watches/absent")).status_code == 404
    absent = await api.post(
        "/insight/proposals/urn:ngsi-ld:X:1/decision", json={"decision": "confirmed"}
    )
    assert absent.status_code == 404


async def test_usual_should_be_refused_when_the_entity_or_the_range_is_wrong(
    node: Node, api: httpx.AsyncClient
) -> None:
    absent = await api.get("/insight/usual", params={"id": "urn:x:y", "attribute": "LAeq"})
    assert absent.status_code == 404
    await measured(node, SENSOR, "LAeq", days=2)
    wide = {"id": SENSOR, "attribute": "LAeq", "start": "1990-01-01T00:00:00Z"}
    assert (await api.get("/insight/usual", params=wide)).status_code == 400


async def test_watches_should_be_those_of_the_tenant_that_asks(
    node: Node, api: httpx.AsyncClient
) -> None:
    await watch(api, "ours", SENSOR)
    elsewhere = {"NGSILD-Tenant": "elsewhere"}
    assert (await api.get("/insight/watches", headers=elsewhere)).json() == {"watches": []}
    assert (await api.get("/insight/watches/ours", headers=elsewhere)).status_code == 404
    assert (await api.get("/insight/watches")).json()["watches"][0]["name"] == "ours"
