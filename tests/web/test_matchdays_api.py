"""Matchmaking days below /api/v1."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from tests.collectives import WRITER
from tests.gathering_world import BUSAN, EINDHOVEN, LAMPS, NL, SENSORS, everything
from tests.in_process import client_of, node_in_memory

_DAYS = "/api/v1/matchmaking-days"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        for record in everything():
            await create_record(node.store, WRITER, record, now=node.clock())
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _post(client: httpx.AsyncClient, path: str, body: object, status: int = 200) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def _day(**more: object) -> dict[str, object]:
    return {
        "title": {"en": "Water day"},
        "organiser": EINDHOVEN,
        "on": "2027-04-01",
        "timezone": "Europe/Amsterdam",
        "layOut": {"first": "10:00", "number": 4, "noon": 2, "lunch": 60},
        "numberOfTables": 3,
        "interpreters": [{"key": "T1", "languages": ["nl", "ko"]}],
        **more,
    }


async def test_day_should_be_opened_filled_planned_and_planned_again(
    client: httpx.AsyncClient,
) -> None:
    made = await _post(client, _DAYS, _day(), 201)
    day = f"{_DAYS}/{made['id']}"
    assert [one["starts"][11:] for one in made["slots"]] == ["10:00", "10:30", "11:55", "12:25"]
    guests: dict[str, str] = {}
    for party, languages in ((EINDHOVEN, ["nl"]), (LAMPS, ["nl"]), (BUSAN, ["ko"])):
        body = {"party": party, "languages": languages}
        guest = await _post(client, f"{day}/participations", body, 201)
        guests[party] = guest["id"]
    assert (await client.get(f"/api/v1/participations/{guests[BUSAN]}")).json()["side"] == "guest"
    for one, other in ((EINDHOVEN, BUSAN), (BUSAN, LAMPS)):
        asked = {"participation": guests[other], "interest": 5, "why": {"en": "Water"}}
        await _post(client, f"/api/v1/participations/{guests[one]}/requests", asked)
    plan = await _post(client, f"{day}/plan", {"timeLimitS": 5})
    assert (plan["meetings"], plan["round"], plan["without"], plan["changes"]) == (2, 1, [], [])
    calendar = await client.get(f"/api/v1/participations/{guests[BUSAN]}/calendar.ics")
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(calendar.content).walk("VEVENT")
    assert {str(one["summary"]) for one in events} == {
        "Meeting with Eindhoven",
        "Meeting with Lamps",
    }
    assert all(
        "/en/collective/matchmaking-days/participation/" in str(one["url"]) for one in events
    )
    again = await _post(client, f"{day}/plan", {"interpretersAway": ["T1"]})
    assert {one["change"] for one in again["changes"]} == {"dropped"}
    assert {one["reason"] for one in again["unplanned"]} == {"no-interpreter"}
    assert again["unplanned"][0]["text"]["nl"].startswith("Zij spreken geen taal samen")
    shown = (await client.get(day)).json()
    assert (shown["round"], shown["without"]) == (2, sorted(guests.values()))
    table = await client.get(f"{day}/plan.csv?language=ko")
    assert table.text.count("cancelled") == 2
    assert "부산광역시" in table.text
    listed = (await client.get(f"{_DAYS}?country={NL}&status=planned")).json()["days"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert (await client.get(f"{_DAYS}?party={SENSORS}")).json()["days"][0]["participants"] == 4
    assert (await _post(client, f"{day}/status", {"status": "over"}))["status"] == "over"


async def test_request_should_be_refused_with_the_field_that_is_wrong(
    client: httpx.AsyncClient,
) -> None:
    made = await _post(client, _DAYS, _day(open=False), 201)
    day = f"{_DAYS}/{made['id']}"
    for path, body, status, field in (
        (_DAYS, _day(timezone="Mars/Base"), 400, "timezone"),
        (f"{day}/plan", {}, 409, "status"),
        (f"{day}/participations", {"party": LAMPS}, 409, "status"),
        (f"{day}/status", {"status": "over"}, 409, "status"),
        (f"{day}/status", {}, 400, "status"),
        (f"{day}/plan", {"timeLimitS": 100}, 400, "timeLimitS"),
    ):
        problem = await _post(client, path, body, status)
        assert problem["field"] == field, problem
    assert (await client.get(f"{_DAYS}/urn:x:none")).status_code == 404
    assert (await client.get("/api/v1/participations/urn:x:none/calendar.ics")).status_code == 404


async def test_guest_should_find_others_refuse_and_withdraw(client: httpx.AsyncClient) -> None:
    own = "/api/v1/participations/urn:ngsi-ld:Participation:test:sensors"
    other = "urn:ngsi-ld:Participation:test:eindhoven"
    found = (await client.get(f"{own}/proposals?limit=5")).json()["proposals"]
    assert [one["participation"] for one in found] == [other]
    assert found[0]["asked"] is True
    assert "spreken een taal samen" in found[0]["reasons"]["nl"]
    refused = await _post(client, f"{own}/refusals", {"participation": other})
    assert refused["status"] == "registered"
    taken = {"participation": "urn:ngsi-ld:Participation:test:lamps", "interest": 0}
    assert "requests" not in await _post(client, f"{own}/requests", taken)
    assert (await _post(client, f"{own}/withdrawal", None))["status"] == "withdrawn"
    csv = await client.get(f"{own}/plan.csv")
    assert csv.headers["content-disposition"].startswith("attachment")
