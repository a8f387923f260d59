"""Emergencies over the API: declared, felt at the door, ended, and accounted for."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from hanze.connectors.source_record import SourceRecord
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.log import AuditRecord
from hanze.identity.grant import Grant
from hanze.identity.roles import AUDITOR, OPERATOR, SECURITY_OFFICER
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.node.node import Node
from hanze.node.security import REST
from hanze.settings import Server, Settings
from tests.in_process import client_of, node_in_memory

EMERGENCY = "/api/v1/governance/emergency"
CRITICALITY = "/api/v1/governance/criticality"
ENTITIES = "/ngsi-ld/v1/entities"
FLOOD = {"why": "The river is over the quay", "hours": 2}

Headers = dict[str, str]


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings(server=Server())) as node:
        yield node


@pytest_asyncio.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


def token(node: Node, name: str, *roles: str, organisation: str | None = None) -> Headers:
    grant = Grant(roles=roles or ("reader",), organisation=organisation)
    secret = node.tokens.create(name, grant=grant, now=node.clock())
    return {"Authorization": f"Bearer {secret}"}


async def audited(node: Node) -> list[str]:
    found = await node.store.log.find(LogSearch(kind="audit"))
    return [
        one.record.name
        for one in reversed(found)
        if isinstance(one.record, AuditRecord)
        and one.record.name.startswith(("emergency.", "criticality."))
    ]


async def low(client: httpx.AsyncClient, officer: Headers, name: str) -> None:
    answer = await client.put(f"{CRITICALITY}/{name}", json={"level": "low"}, headers=officer)
    assert answer.status_code == 200, answer.text


async def test_emergency_should_turn_the_lowest_level_away_at_every_door(
    node: Node, client: httpx.AsyncClient
) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)
    await low(client, officer, "service/reading")
    await low(client, officer, "service/sources")
    doors = (
        ("GET", f"{ENTITIES}?type=Bin"),
        ("GET", "/api/v1/records"),
        ("GET", "/en/data"),
        ("POST", "/api/v1/sources/bins/messages"),
    )
    before = [(await client.request(*one)).status_code for one in doors]
    assert 503 not in before
    assert (await client.get(EMERGENCY)).status_code == 404
    made = await client.post(EMERGENCY, json=FLOOD, headers=officer)
    assert made.status_code == 201, made.text
    for one in doors:
        answer = await client.request(*one)
        assert answer.status_code == 503, one
        assert 0 < int(answer.headers["retry-after"]) <= 300
        assert answer.headers["x-content-type-options"] == "nosniff"
    # Writing has the usual level, and so have the ways in; what happened everybody may know.
    assert (await client.post(ENTITIES, json={})).status_code == 401
    assert (await client.get("/health")).status_code == 200
    assert (await client.get("/en/sign-in")).status_code == 200
    told = (await client.get(EMERGENCY)).json()
    assert told["why"] == FLOOD["why"]
    assert told["declaredBy"] == ""
    assert (await client.delete(EMERGENCY, headers=officer)).json()["endedBy"] == "ciso"
    assert [(await client.request(*one)).status_code for one in doors] == before
    assert await audited(node) == [
        "criticality.set",
        "criticality.set",
        "emergency.declared",
        "emergency.ended",
    ]


async def test_emergency_should_let_in_by_credential_and_organisation(
    node: Node, client: httpx.AsyncClient
) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)
    fire, shop = token(node, "fire"), token(node, "shop", organisation="urn:x:shop")
    await low(client, officer, "service/reading")
    vital = {"level": "vital"}
    for path in ("credential/token:fire", "organisation/urn:x:shop"):
        set_to = await client.put(f"{CRITICALITY}/{path}", json=vital, headers=officer)
        assert set_to.status_code == 200
    await client.post(EMERGENCY, json=FLOOD, headers=officer)
    address = f"{ENTITIES}?type=Bin"
    assert (await client.get(address, headers=fire)).status_code == 200
    assert (await client.get(address, headers=shop)).status_code == 200
    assert (await client.get(address, headers=token(node, "op", OPERATOR))).status_code == 200
    assert (await client.get(address, headers=token(node, "any"))).status_code == 503
    assert (await client.get(address, headers={"Authorization": "Bearer wrong"})).status_code == 503
    found = (await client.get(CRITICALITY, headers=officer)).json()
    assert len(found["levels"]) == 3
    gone = await client.delete(f"{CRITICALITY}/credential/token:fire", headers=officer)
    assert gone.status_code == 200
    assert (await client.get(address, headers=fire)).status_code == 503


async def test_emergency_should_end_by_itself(node: Node, client: httpx.AsyncClient) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)
    await client.post(EMERGENCY, json=FLOOD, headers=officer)
    assert (await client.get("/en/data")).status_code == 503
    later = format_datetime(parse_datetime(node.clock()) + 7_200_000_000)
    node.clock = lambda: later
    assert (await client.get("/en/data")).status_code == 200
    assert await node.security.emergencies.lapse(now=later) == 1
    assert await node.security.emergencies.lapse(now=later) == 0
    assert await audited(node) == ["emergency.declared", "emergency.lapsed"]
    (past,) = (
        await client.get("/api/v1/governance/emergencies", headers=token(node, "aud", AUDITOR))
    ).json()["emergencies"]
    assert past["endedBy"] == "node"


async def test_emergency_should_be_declared_by_the_security_officer_for_hours(
    node: Node, client: httpx.AsyncClient
) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)
    assert (await client.post(EMERGENCY, json=FLOOD)).status_code == 401
    operator = token(node, "op", OPERATOR)
    assert (await client.post(EMERGENCY, json=FLOOD, headers=operator)).status_code == 403
    for wrong in ({"why": " "}, {"hours": 0}, {"hours": 24.5}):
        answer = await client.post(EMERGENCY, json={**FLOOD, **wrong}, headers=officer)
        assert (answer.status_code, answer.json()["field"]) == (400, next(iter(wrong)))
    assert (await client.delete(EMERGENCY, headers=officer)).status_code == 404
    await client.post(EMERGENCY, json=FLOOD, headers=officer)
    assert (await client.post(EMERGENCY, json=FLOOD, headers=officer)).status_code == 409
    for path in ("service/door", "service/x", "credential/x", "kind/x"):
        answer = await client.put(f"{CRITICALITY}/{path}", json={"level": "low"}, headers=officer)
        assert answer.status_code == 400, path
    gone = await client.delete(f"{CRITICALITY}/source/x", headers=officer)
    assert gone.status_code == 404


async def test_sources_of_the_lowest_level_should_rest(
    node: Node, client: httpx.AsyncClient
) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)
    record = SourceRecord(name="bins", connector="json", options={})
    await low(client, officer, "source/bins")
    assert node.sources.hold(record) == ""
    node.sources.changed.clear()
    await client.post(EMERGENCY, json=FLOOD, headers=officer)
    assert node.sources.changed.is_set()
    assert node.sources.hold(record) == REST
    assert node.sources.hold(replace_name(record)) == ""


def replace_name(record: SourceRecord) -> SourceRecord:
    return SourceRecord(name="care", connector=record.connector, options={})


async def test_emergency_should_go_on_over_a_restart(node: Node, client: httpx.AsyncClient) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)
    await client.post(EMERGENCY, json=FLOOD, headers=officer)
    node.security.door.close_for(None)
    node.security.emergencies.load(node.store.registers)
    assert (await client.get("/en/data")).status_code == 503
