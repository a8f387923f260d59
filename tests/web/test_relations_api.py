"""Relations, leads, mentors and indicators over HTTP."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.relations_world import (
    BRABANT,
    GYEONGGI,
    KR,
    MENTOR,
    NL,
    STUDENT,
    SUWON,
    UTRECHT,
    WATER,
    history,
    people,
)

TODAY = datetime.now(tz=ZoneInfo(Settings().portal.timezone)).date()
PRODUCTION = Settings(data=None, server=Server(dev=False))
SEEDER = Caller(actor="test", roles=frozenset({"reader", "writer"}))
LEAD = {"theme": WATER, "country": NL, "lead": UTRECHT, "partnerCountry": KR}


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(PRODUCTION) as node:
        for record in (*history(TODAY), *people()):
            await create_record(node.store, SEEDER, record, now=node.clock())
        yield node


@pytest.fixture
async def anyone(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, "/api/v1") as client:
        yield client


@pytest.fixture
async def officer(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    token = node.tokens.create("officer", now=node.clock())
    async with client_of(node, "/api/v1") as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client


async def test_relations_should_be_told_to_anyone(anyone: httpx.AsyncClient) -> None:
    listed = (await anyone.get("/relations", params={"country": KR, "limit": "1"})).json()
    assert (listed["total"], len(listed["relations"])) == (3, 1)
    shown = (await anyone.get(f"/relations/{GYEONGGI}")).json()
    assert shown["trust"][0]["days"] == 100
    assert {one["how"] for one in shown["interests"][0]["shown"]} <= {
        "said",
        "accord",
        "demand",
    } | {
        "mission",
        "leads",
    }
    late = [one for one in shown["timeline"] if one["state"] == "late"]
    assert [one["standing"] for one in late] == [["step", "contacts"]]
    visits = (await anyone.get(f"/relations/{GYEONGGI}", params={"kind": "visit"})).json()
    assert [one["part"] for one in visits["timeline"]] == ["lab"]
    assert (await anyone.get("/relations/urn:x:none")).status_code == 404
    wrong = await anyone.get(f"/relations/{GYEONGGI}", params={"kind": "dinner"})
    assert (wrong.status_code, "kind" in wrong.text) == (400, True)


async def test_lead_should_be_named_once_and_by_writers(
    anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    assert (await anyone.post("/leads", json=LEAD)).status_code == 401
    made = (await officer.post("/leads", json=LEAD)).json()
    assert (made["state"], made["missing"]) == ("current", ["partnerLead", "orders"])
    again = await officer.post("/leads", json=LEAD)
    assert (again.status_code, again.json()["field"]) == (409, "since")
    change = {"partnerLead": SUWON, "orders": {"en": "Open tenders."}}
    changed = (await officer.post(f"/leads/{made['record']['id']}", json=change)).json()
    assert changed["missing"] == []
    listed = (await anyone.get("/leads", params={"theme": WATER})).json()["leads"]
    assert [one["agrees"] for one in listed] == [None]


async def test_mentors_should_be_matched_and_their_mentorship_moved(
    anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    matching = (await anyone.get("/mentors/matching")).json()
    assert [(one["mentor"]["id"], one["student"]["id"]) for one in matching["proposals"]] == [
        (MENTOR, STUDENT)
    ]
    body = {"mentor": MENTOR, "student": STUDENT}
    assert (await anyone.post("/mentorships", json=body)).status_code == 401
    made = (await officer.post("/mentorships", json=body)).json()
    path = f"/mentorships/{made['record']['id']}/status"
    assert (await officer.post(path, json={"status": "active"})).json()["since"]
    early = await officer.post(path, json={"status": "completed"})
    assert (early.status_code, early.json()["field"]) == (409, "outcome")
    ended = {"status": "completed", "outcome": {"en": "She works there now."}}
    assert (await officer.post(path, json=ended)).json()["status"] == "completed"
    listed = (await anyone.get("/mentors", params={"role": "mentor"})).json()["profiles"]
    assert [(one["room"], len(one["mentorships"])) for one in listed] == [(1, 1)]


async def test_indicators_should_be_of_countries_and_themes_that_are_known(
    anyone: httpx.AsyncClient,
) -> None:
    for name in ("country", "theme"):
        answer = await anyone.get("/indicators", params={name: f"urn:ngsi-ld:{name.title()}:XX"})
        assert answer.status_code == 404
    assert (await anyone.get("/indicators", params={"country": KR})).status_code == 200


async def test_indicators_should_tell_null_from_0(anyone: httpx.AsyncClient) -> None:
    found = (await anyone.get("/indicators", params={"by": "country"})).json()
    assert [row["name"]["id"] for row in found["rows"]] == [KR, NL]
    assert found["total"]["counts"]["replications"] == 0
    assert found["total"]["rates"]["mission"]["accords"] == {
        "of": 1,
        "isSmall": True,
        "value": 1.0,
    }
    assert found["total"]["records"]["accords"]
    assert BRABANT not in found["total"]["counts"]
    async with node_in_memory() as empty, client_of(empty, "/api/v1") as client:
        nothing = (await client.get("/indicators")).json()
    assert set(nothing["total"]["counts"].values()) == {None}
