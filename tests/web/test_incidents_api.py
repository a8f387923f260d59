"""Incidents over the API: reported, notified, told, shared with other nodes, closed; the worklist."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from hanze.connectors.source_record import SourceRecord
from hanze.governance.duties import account_of
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.identity.roles import AUDITOR, SECURITY_OFFICER, STEWARD
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.node.node import Node
from hanze.settings import Distribution, League, Server, Settings
from tests.governing import a_project
from tests.in_process import client_of, node_in_memory
from tests.several import served_node

INCIDENTS = "/api/v1/governance/incidents"
WORKLIST = "/api/v1/governance/security/worklist"
LOST = {"title": "A laptop was lost", "description": "With a register on it", "personal": True}

Headers = dict[str, str]


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings(server=Server())) as node:
        yield node


@pytest_asyncio.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


def token(node: Node, name: str, *roles: str) -> Headers:
    secret = node.tokens.create(name, grant=Grant(roles=roles), now=node.clock())
    return {"Authorization": f"Bearer {secret}"}


def later(node: Node, hours: int) -> None:
    moment = format_datetime(parse_datetime(node.clock()) + hours * 3_600_000_000)
    node.clock = lambda: moment


async def test_breach_should_be_followed_from_report_to_lessons(
    node: Node, client: httpx.AsyncClient
) -> None:
    officer, steward = token(node, "ciso", SECURITY_OFFICER), token(node, "desk", STEWARD)
    reported = await client.post(INCIDENTS, json=LOST, headers=steward)
    assert reported.status_code == 201, reported.text
    found = reported.json()
    assert (found["clock"]["hours"], found["clock"]["runs"]) == (72, True)
    path = f"{INCIDENTS}/{found['id']}"

    async def done(step: str, body: Any, status: int = 200) -> Any:
        answer = await client.post(f"{path}/{step}", json=body, headers=officer)
        assert answer.status_code == status, answer.text
        return answer.json()

    (item,) = [
        one
        for one in (await client.get(WORKLIST, headers=officer)).json()["items"]
        if one["kind"] == "breach"
    ]
    assert item["due"] == found["clock"]["due"]
    await done("notes", {"text": "It was not encrypted"})
    await done("risk", {"risk": "high", "people": 40, "why": "Addresses of patients"})
    refused = await done("closing", {"lessons": "Encrypt"}, 409)
    assert refused["clause"] == "GDPR 33.1"
    later(node, 73)
    late = await done("notice", {"reference": "AP 7"}, 400)
    assert late["field"] == "whyLate"
    told = await done("notice", {"reference": "AP 7", "whyLate": "Nobody looked"})
    assert told["clock"]["late"]
    await done("telling", {"text": {"en": "A laptop was lost."}, "how": "A letter"})
    closed = await done("closing", {"lessons": "All is encrypted now"})
    assert closed["notes"][0]["text"] == "It was not encrypted"
    await done("notes", {"text": "More"}, 409)
    public = (await client.get("/api/v1/governance/security/told")).json()["told"]
    assert public[0]["text"] == {"en": "A laptop was lost."}


async def test_incidents_should_be_seen_by_those_they_concern(
    node: Node, client: httpx.AsyncClient
) -> None:
    steward, auditor = token(node, "desk", STEWARD), token(node, "aud", AUDITOR)
    made = (await client.post(INCIDENTS, json=LOST, headers=steward)).json()
    assert (await client.get(INCIDENTS)).status_code == 401
    assert (await client.get(INCIDENTS, headers=steward)).status_code == 403
    assert len((await client.get(INCIDENTS, headers=auditor)).json()["incidents"]) == 1
    assert (await client.get(f"{INCIDENTS}/x", headers=auditor)).status_code == 404
    path = f"{INCIDENTS}/{made['id']}/notes"
    assert (await client.post(path, json={"text": "x"}, headers=auditor)).status_code == 403
    assert (await client.post(INCIDENTS, json=LOST, headers=auditor)).status_code == 403
    assert (await client.get(WORKLIST, headers=auditor)).status_code == 403
    tomorrow = {**LOST, "knownAt": "2999-01-01T00:00:00Z"}
    refused = await client.post(INCIDENTS, json=tomorrow, headers=steward)
    assert (refused.status_code, refused.json()["field"]) == (400, "knownAt")


async def test_worklist_should_name_what_waits(node: Node, client: httpx.AsyncClient) -> None:
    officer = token(node, "ciso", SECURITY_OFFICER)

    async def kinds() -> list[str]:
        answer = await client.get(WORKLIST, headers=officer)
        assert answer.status_code == 200, answer.text
        return [one["kind"] for one in answer.json()["items"]]

    assert await kinds() == ["chain-unverified"]
    await node.auditing.verify_for_itself(now=node.clock())
    assert await kinds() == []
    project = Change(node.governance.projects, a_project(active=False))
    await node.governance.change(project, account=account_of(NODE, "x", (), now=node.clock()))
    personal = SourceRecord(name="cameras", connector="csv", options={})
    node.sources.held = lambda name, _: "It waits" if name == personal.name else ""
    assert await kinds() == ["project-unassessed"]
    later(node, 72)
    assert await kinds() == ["chain-unverified", "project-unassessed"]


async def test_incidents_should_be_told_to_confirmed_members() -> None:
    settings = Settings(
        server=Server(),
        league=League(gossip_s=3600.0),
        distribution=Distribution(allow_private=True),
    )
    async with (
        served_node(settings, whole=True) as here,
        served_node(settings, whole=True) as there,
    ):
        for name, served in (("Groningen", here), ("Zwolle", there)):
            await served.node.league.found(name=name, city=name)
        invitation, _ = await here.node.league.invite()
        await there.node.gossip.join(invitation)
        officer = token(here.node, "ciso", SECURITY_OFFICER)
        async with client_of(here.node) as client:
            drill = {**LOST, "drill": True}
            made = (await client.post(INCIDENTS, json=drill, headers=officer)).json()
            path = f"{INCIDENTS}/{made['id']}/sharing"

            async def share() -> list[str]:
                said = {"text": "Look at your laptops"}
                answer = await client.post(path, json=said, headers=officer)
                assert answer.status_code == 200, answer.text
                return [one["name"] for one in answer.json().get("shared", ())]

            # Nobody is confirmed yet.
            assert await share() == []
            me = there.node.league.me()
            assert me is not None
            await here.node.league.confirm(me.id)
            assert await share() == ["Zwolle"]
            assert await share() == ["Zwolle"]
        reader = token(there.node, "aud", AUDITOR)
        async with client_of(there.node) as client:
            (heard,) = (await client.get(INCIDENTS, headers=reader)).json()["heard"]
            assert (heard["name"], heard["text"]) == ("Groningen", "Look at your laptops")
            assert heard["drill"]
            unsigned = await client.post(
                "/api/v1/league/peer/incidents", json={"id": "x", "title": "x", "text": "x"}
            )
            assert unsigned.status_code == 401
