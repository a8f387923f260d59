"""Cooperations, accords and working groups over `/api/v1`, as two cities of one node."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import icalendar
import pytest

from hanze.collaboration.writing import create_record
from hanze.node.node import Node
from tests.collectives import WRITER
from tests.cooperating_world import (
    BUSAN,
    CONTACT,
    DEMAND,
    GRONINGEN,
    MOBILITY,
    SOLUTION,
    UTRECHT,
    places,
)
from tests.in_process import client_of, node_in_memory

API = "/api/v1"
PDF = b"%PDF-1.7 a text"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as found:
        for record in places():
            await create_record(found.store, WRITER, record, now=found.clock())
        yield found


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, API) as found:
        yield found


async def post(client: httpx.AsyncClient, path: str, status: int = 201, **body: object) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def patch(client: httpx.AsyncClient, path: str, status: int = 200, **body: object) -> Any:
    answer = await client.patch(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(client: httpx.AsyncClient, path: str, status: int = 200, **asked: str) -> Any:
    answer = await client.get(path, params=asked)
    assert answer.status_code == status, answer.text
    return answer.json()


def today_at(node: Node) -> date:
    """The day of its pages and answers."""
    zone = ZoneInfo(node.settings.portal.timezone)
    return datetime.fromisoformat(node.clock()).astimezone(zone).date()


async def test_cooperation_should_show_five_steps_of_both_sides_when_it_is_answered(
    node: Node,
    client: httpx.AsyncClient,
) -> None:
    today = today_at(node)
    long_ago = (today - timedelta(days=70)).isoformat()
    made = await post(
        client,
        "/cooperations",
        party=GRONINGEN,
        partner=BUSAN,
        goal={"en": "Better buses"},
        themes=[MOBILITY],
        since=long_ago,
    )
    assert made["title"]["en"] == "Groningen - Busan"
    assert [one["step"] for one in made["steps"]][::4] == ["contacts", "meetings"]
    assert [one["overdueBy"] for one in made["steps"][:2]] == [[GRONINGEN], [GRONINGEN]]
    assert made["steps"][0]["sides"][1]["state"] == "absent"
    again = await client.post("/cooperations", json={"party": GRONINGEN, "partner": BUSAN})
    assert again.status_code == 409

    answered = await post(client, f"/cooperations/{made['id']}/answer")
    assert answered["sides"][0]["party"]["id"] == BUSAN
    assert answered["sides"][1]["record"] == made["id"]
    linked = await post(client, f"/cooperations/{made['id']}/counterpart", 200)
    assert linked["status"] == "active"
    twice = await client.post(f"/cooperations/{made['id']}/answer", json={})
    assert twice.status_code == 409

    ours, theirs = (side["records"][0]["id"] for side in linked["steps"][0]["sides"])
    refused = await client.patch(f"/cooperation-steps/{ours}", json={"doneOn": long_ago})
    assert refused.status_code == 409
    assert refused.json()["field"] == "contact"
    await patch(client, f"/cooperation-steps/{ours}", contact=CONTACT, doneOn=long_ago)
    shown = await patch(client, f"/cooperation-steps/{theirs}", contact=CONTACT, doneOn=long_ago)
    assert (shown["steps"][0]["state"], shown["done"]) == ("done", 1)
    taken_back = await patch(client, f"/cooperation-steps/{theirs}", undone=True)
    assert taken_back["steps"][0]["waitsFor"] == [BUSAN]

    listed = await get(client, "/cooperations", party=BUSAN, late="true")
    assert [one["id"] for one in listed["cooperations"]] == [made["id"]]
    assert (await get(client, "/cooperations", party=UTRECHT))["cooperations"] == []


@pytest.mark.slow
async def test_solutions_should_be_proposed_for_the_challenges_that_a_side_lists(
    client: httpx.AsyncClient,
) -> None:
    made = await post(client, "/cooperations", party=GRONINGEN, partner=BUSAN)
    second = made["steps"][1]["sides"][0]["records"][0]["id"]
    await patch(client, f"/cooperation-steps/{second}", challenges=[DEMAND])
    found = (await get(client, f"/cooperations/{made['id']}/solutions"))["proposals"]
    best = next(one for one in found if one["kind"] == "solution")
    assert (best["challenge"]["id"], best["found"]["id"]) == (DEMAND, SOLUTION)
    assert set(best["reasons"]) == {"nl", "en", "ko"}
    assert [one["found"]["id"] for one in found if one["kind"] == "cities"] == [BUSAN]


async def test_file_should_go_when_nothing_names_it(client: httpx.AsyncClient) -> None:
    kept = await client.post(
        "/documents", content=PDF + b"2", headers={"content-type": "application/pdf"}
    )
    receipt = f"/documents/{kept.json()['sha256']}"
    assert (await client.delete(receipt)).status_code == 204
    assert (await client.delete(receipt)).status_code == 404


async def test_accord_should_be_in_force_when_both_parties_signed_what_it_says(
    client: httpx.AsyncClient,
) -> None:
    file = await client.post("/documents", content=PDF, headers={"content-type": "application/pdf"})
    assert file.status_code == 201, file.text
    digest = hashlib.sha256(PDF).hexdigest()
    assert file.json()["sha256"] == digest
    drafted = await post(
        client,
        "/accords",
        kind="memorandum",
        title={"en": "Smart together"},
        parties=[GRONINGEN, BUSAN],
        terms={"en": "We share what we learn."},
        themes=[MOBILITY],
    )
    place = f"/accords/{drafted['id']}"
    early = await client.post(place + "/signatures", json={"party": BUSAN})
    assert early.status_code == 409
    await post(client, place + "/documents", 200, title={"en": "The text"}, sha256=digest)
    offered = await post(client, place + "/offer", 200)
    assert (offered["state"], offered["missing"]) == ("offered", [GRONINGEN, BUSAN])
    stale = await client.post(
        place + "/signatures", json={"party": GRONINGEN, "digest": drafted["digest"]}
    )
    assert (stale.status_code, stale.json()["field"]) == (409, "digest")

    signed = await post(
        client,
        place + "/signatures",
        party=GRONINGEN,
        digest=offered["digest"],
        signatory={"en": "Mayor"},
    )
    assert signed["state"] == "partly-signed"
    twice = await client.post(place + "/signatures", json={"party": GRONINGEN})
    assert twice.status_code == 409
    waiting = (await get(client, "/cooperations/reminders", party=BUSAN))["reminders"]
    assert [one["kind"] for one in waiting] == ["signature"]
    whole = await post(client, place + "/signatures", party=BUSAN)
    assert (whole["state"], whole["missing"]) == ("in-force", [])
    refused = await client.patch(place, json={"terms": {"en": "We share nothing."}})
    assert refused.status_code == 409
    assert "previous" in refused.json()["detail"]

    file_again = await client.get(f"/documents/{digest}")
    assert file_again.content == PDF
    assert file_again.headers["content-disposition"].startswith("attachment")
    kept = await client.delete(f"/documents/{digest}")
    assert (kept.status_code, kept.json()["field"]) == (409, "sha256")

    renewed = await post(client, place + "/versions", drafter=BUSAN)
    assert (renewed["previous"], renewed["state"]) == (drafted["id"], "draft")
    gone = await post(client, place + "/withdrawals", 200, party=BUSAN)
    assert (gone["state"], gone["missing"]) == ("withdrawn", [BUSAN])
    ended = await post(client, place + "/end", 200)
    assert ended["state"] == "ended"
    listed = await get(client, "/accords", state="ended", country="urn:ngsi-ld:Country:KR")
    assert [one["id"] for one in listed["accords"]] == [drafted["id"]]


async def test_group_should_tell_what_is_late_and_remind_its_members(
    node: Node,
    client: httpx.AsyncClient,
) -> None:
    today = today_at(node)
    drafted = await post(
        client,
        "/accords",
        kind="contract",
        title={"en": "Buses"},
        parties=[GRONINGEN, BUSAN],
        terms={"en": "We build."},
    )
    group = await post(client, "/working-groups", accord=drafted["id"], party=GRONINGEN)
    place = f"/working-groups/{group['id']}"
    assert [one["party"] for one in group["members"]] == [GRONINGEN, BUSAN]
    late = (today - timedelta(days=3)).isoformat()
    soon = (today + timedelta(days=5)).isoformat()
    await post(client, place + "/tasks", title={"en": "Count buses"}, owner=BUSAN, due=late)
    found = await post(client, place + "/tasks", title={"en": "Plan a visit"}, due=soon)
    assert [one["state"] for one in found["tasks"]] == ["late", "open"]
    await post(client, place + "/next-meeting", 200, on=soon)

    told = (await get(client, "/cooperations/reminders", party=BUSAN))["reminders"]
    assert [(one["kind"], one["late"]) for one in told] == [
        ("task", True),
        ("task", False),
        ("meeting", False),
    ]
    ours = await get(client, "/cooperations/reminders", party=GRONINGEN, kind="task")
    assert [one["title"]["en"] for one in ours["reminders"]] == ["Plan a visit"]

    feed = await client.get("/cooperations/reminders.ics", params={"party": BUSAN})
    calendar = icalendar.Calendar.from_ical(feed.content)
    events = list(calendar.walk("VEVENT"))
    assert [str(one["SUMMARY"]) for one in events] == [
        "Task: Count buses",
        "Task: Plan a visit",
        "Meeting: Working group: Buses",
    ]
    assert all(one.walk("VALARM") for one in events)

    key = found["tasks"][0]["key"]
    ahead = (today + timedelta(days=40)).isoformat()
    early = await post(client, f"{place}/tasks/{key}/done", 400, on=ahead)
    assert early["field"].endswith("doneOn")
    done = await post(client, f"{place}/tasks/{key}/done", 200, on=today.isoformat())
    assert done["late"] == 0
    missing = await client.post(f"{place}/tasks/none/done", json={})
    assert missing.status_code == 404
    written = await post(client, place + "/minutes", on=soon, text={"en": "We met."})
    assert (len(written["minutes"]), "nextMeeting" in written) == (1, False)
    await post(client, place + "/members", party=UTRECHT)
    assert (await get(client, "/working-groups", party=UTRECHT))["groups"]
    await post(client, place + "/end", 200)
    over = await client.post(place + "/tasks", json={"title": {"en": "One more"}})
    assert over.status_code == 409


async def test_cooperation_should_be_refused_when_it_is_there_or_a_side_is_nobody(
    client: httpx.AsyncClient,
) -> None:
    nobody = "urn:ngsi-ld:Municipality:KR:999"
    refused = await post(client, "/cooperations", 400, party=GRONINGEN, partner=nobody)
    assert refused["field"] == "partner"
    assert "this node knows" in refused["detail"]
    made = await post(client, "/cooperations", party=GRONINGEN, partner=BUSAN)
    again = await post(client, "/cooperations", 409, party=GRONINGEN, partner=BUSAN)
    assert made["id"] in again["detail"]
