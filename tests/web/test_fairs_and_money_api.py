"""Shared stands, permissions to travel and vouchers over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from hanze.collaboration.records.record import Record
from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.fairs_world import (
    BRABANT,
    DELFT,
    KOREA,
    MISSION,
    PERMISSION,
    ROTTERDAM,
    SCHEME,
    STAND,
    UTRECHT,
    a_scheme,
    fair_records,
    money_records,
    places,
)
from tests.in_process import client_of, node_in_memory

TODAY = datetime.now(tz=UTC).date()
PRODUCTION = Settings(data=None, server=Server(dev=False))


def _records() -> list[Record]:
    open_now = {"opens": TODAY - timedelta(days=9), "closes": TODAY + timedelta(days=9)}
    mission, permission, _ = money_records()
    return [*places(), *fair_records(), mission, permission, a_scheme(**open_now)]


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(PRODUCTION) as node:
        caller = Caller(actor="test", roles=frozenset({"writer"}))
        for record in _records():
            await create_record(node.store, caller, record, now=node.clock())
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


async def _get(client: httpx.AsyncClient, path: str, **asked: str) -> Any:
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _post(client: httpx.AsyncClient, path: str, body: object = None) -> Any:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def test_fair_should_be_told_with_stories_and_programme(anyone: httpx.AsyncClient) -> None:
    listed = await _get(anyone, "/fairs", city=DELFT)
    assert [(one["presentation"]["id"], one["tracks"]) for one in listed["fairs"]] == [(STAND, 2)]
    fair = await _get(anyone, f"/fairs/{STAND}")
    assert [one["city"]["id"] for one in fair["stories"]] == [UTRECHT, ROTTERDAM]
    assert [one["key"] for one in fair["programme"]] == ["open", "water", "bikes", "later"]
    assert fair["programme"][2]["starts"] == "2026-11-04T10:00:00+01:00"
    assert (fair["cities"], fair["timezone"]) == (17, "Europe/Madrid")
    feed = await anyone.get(f"/fairs/{STAND}/programme.ics", params={"language": "ko"})
    names = [str(one["SUMMARY"]) for one in Calendar.from_ical(feed.content).walk("VEVENT")]
    assert names[0] == "네덜란드관"
    assert "Utrecht: 자전거 수 세기" in names
    linked = await anyone.get(f"/fairs/{STAND}/event.jsonld")
    assert linked.headers["content-type"] == "application/ld+json"
    assert linked.json()["@type"] == "ExhibitionEvent"


async def test_story_should_be_written_when_the_caller_may(
    anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    story = {"city": DELFT, "track": {"en": "Delft shows"}, "description": {"nl": "Ons verhaal"}}
    assert (await anyone.post(f"/fairs/{STAND}/stories", json=story)).status_code == 401
    session = {"city": DELFT, "title": {"en": "Robots"}, "starts": "2026-11-05T09:00"}
    early = await officer.post(f"/fairs/{STAND}/sessions", json=session)
    assert (early.status_code, early.json()["field"]) == (404, "city")
    await _post(officer, f"/fairs/{STAND}/stories", story)
    added = await _post(officer, f"/fairs/{STAND}/sessions", session)
    (key,) = added["sessions"]
    moved = {**session, "key": key, "starts": "2026-03-29T02:30"}
    refused = await officer.post(f"/fairs/{STAND}/sessions", json=moved)
    assert (refused.status_code, refused.json()["field"]) == (400, "sessions[0].starts")
    assert "2026-03-29T03:00" in refused.json()["detail"]
    after = await officer.post(
        f"/fairs/{STAND}/sessions", json={**session, "key": key, "starts": "2026-12-24T09:00"}
    )
    assert (after.status_code, after.json()["field"]) == (400, "sessions[0].starts")
    assert "a day of the fair" in after.json()["detail"]
    gone = await officer.delete(f"/fairs/{STAND}/sessions", params={"city": DELFT, "key": key})
    assert gone.json()["sessions"] == []


async def test_permission_should_tell_totals_to_all_and_costs_to_writers(
    anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    (listed,) = (await _get(anyone, "/permissions", mission=MISSION))["permissions"]
    assert (listed["budget"], listed["spent"], listed["over"]) == (19107, 17816.54, -1290.46)
    assert not listed["isOver"]
    assert [one["numbers"] for one in listed["parts"] if "numbers" in one] == [["6066843-2"]]
    whole = await _get(anyone, f"/permissions/{PERMISSION}")
    assert "costs" not in whole
    assert whole["rates"][0]["rate"] in ("0.000635", 0.000635)
    costs = (await _get(officer, f"/permissions/{PERMISSION}"))["costs"]
    assert [one.get("worth") for one in costs] == [8330, 9424.31, 62.23]
    assert (await _get(anyone, "/permissions", over="true"))["permissions"] == []


async def test_costs_should_be_entered_with_the_rate_of_their_day(
    officer: httpx.AsyncClient,
) -> None:
    path = f"/permissions/{PERMISSION}"
    cost = {"part": "officials", "amount": "1000000", "currency": "KRW", "on": "2025-03-07"}
    refused = await officer.post(f"{path}/costs", json=cost)
    assert refused.status_code == 409
    assert (refused.json()["field"], refused.json()["value"]) == ("rates", "KRW 2025-03-07")
    rate = {"currency": "KRW", "rate": "0.00064", "on": "2025-03-07", "source": "ECB"}
    await _post(officer, f"{path}/rates", rate)
    after = await _post(officer, f"{path}/costs", cost)
    assert (after["partsOver"], after["isOver"]) == (["officials"], False)
    assert after["parts"][0]["over"] == 207
    assert len((await _get(officer, "/permissions", over="true"))["permissions"]) == 1
    key = (await _get(officer, path))["costs"][-1]["key"]
    answer = await officer.delete(f"{path}/costs/{key}")
    assert answer.json()["partsOver"] == []
    for amount in ("NaN", "Infinity", "-1", "1E+40", "much"):
        wrong = await officer.post(f"{path}/costs", json={**cost, "amount": amount})
        assert wrong.status_code == 400, (amount, wrong.text)


async def test_permission_should_be_asked_for_approved_and_closed_over_http(
    officer: httpx.AsyncClient,
) -> None:
    asked = {
        "mission": MISSION,
        "number": "Z-9",
        "budget": [{"part": "staff", "amount": 900.5, "people": 2}],
    }
    made = await _post(officer, "/permissions", asked)
    assert made["record"]["city"]["id"] == BRABANT
    path = f"/permissions/{made['id']}"
    approved = await _post(officer, f"{path}/approval", {"on": "2025-02-01", "by": {"en": "CEO"}})
    assert (approved["status"], approved["approvedOn"]) == ("approved", "2025-02-01")
    more = {"on": "2025-02-01", "budget": [{"part": "staff", "amount": 1000}]}
    refused = await officer.post(f"{path}/approval", json=more)
    assert (refused.status_code, refused.json()["field"]) == (409, "approvedOn")
    await _post(officer, f"{path}/approval", {**more, "on": "2025-02-02"})
    assert (await officer.post(f"{path}/closing")).json()["status"] == "closed"
    closed = await officer.post(
        f"{path}/rates", json={"currency": "KRW", "rate": 1, "on": "2025-02-02"}
    )
    assert closed.status_code == 409


async def test_voucher_should_be_asked_for_and_given_over_http(
    anyone: httpx.AsyncClient, officer: httpx.AsyncClient
) -> None:
    (scheme,) = (await _get(anyone, "/vouchers", country=KOREA))["schemes"]
    assert (scheme["state"], scheme["balance"]["left"]) == ("open", 5000)
    asked = {"to": UTRECHT, "amount": 2500, "mission": MISSION}
    numbers = [
        (await _post(officer, f"/vouchers/{SCHEME}/requests", asked))["number"] for _ in range(3)
    ]
    for number in numbers[:2]:
        given = await _post(officer, f"/vouchers/{SCHEME}/{number}/status", {"status": "given"})
        assert given["status"] == "given"
    spent = await officer.post(f"/vouchers/{SCHEME}/{numbers[2]}/status", json={"status": "given"})
    assert (spent.status_code, spent.json()["field"]) == (409, "budget")
    whole = await _get(anyone, f"/vouchers/{SCHEME}")
    assert (whole["state"], whole["balance"]["left"]) == ("spent", 0)
    assert [one["status"] for one in whole["vouchers"]] == ["given", "given", "requested"]
    lost = await officer.post(f"/vouchers/{SCHEME}/9/status", json={"status": "used"})
    assert lost.status_code == 404
