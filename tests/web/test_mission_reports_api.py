"""Reports of missions and their follow-ups through the door of `/api/v1`."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory
from tests.journeys import BRABANT, FIRST, INVITATION, JOURNEY, PROJECT, REPORT, STUDIES, journey

_WRITER = Caller(actor="test", roles=frozenset({"reader", "writer"}))
_MISSION = f"/api/v1/missions/{JOURNEY}/report"
_LIST = "/api/v1/follow-ups"


async def _fill(node: Node) -> None:
    for record in journey():
        await create_record(node.store, _WRITER, record, now=node.clock())


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    await _fill(node)
    async with client_of(node) as client:
        yield client


async def _post(client: httpx.AsyncClient, path: str, body: object) -> Any:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def test_report_should_be_told_with_its_records_when_it_is_asked_for(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get(_MISSION, params={"language": "ko"})).json()
    assert (found["kind"], found["title"]["text"]) == ("방문단 활동 보고서", "경기도 방문")
    assert [one["key"] for one in found["sections"]][-1] == "conclusion"
    costs = next(one for one in found["sections"] if one["key"] == "costs")
    table = next(one for one in costs["blocks"] if one["kind"] == "table")
    assert [cell["text"] for cell in table["rows"][-1]][-1] == "€1,290.46"
    assert {one["id"] for one in found["sources"]} >= {JOURNEY, REPORT}
    linked = await client.get(f"{_MISSION}.jsonld")
    assert linked.headers["content-type"] == "application/ld+json"
    assert linked.json()["id"] == REPORT


async def test_report_should_be_a_problem_when_there_is_no_such_mission(
    client: httpx.AsyncClient,
) -> None:
    for path in ("report", "report.pdf", "report.jsonld"):
        answer = await client.get(f"/api/v1/missions/urn:ngsi-ld:Mission:none/{path}")
        assert answer.status_code == 404, path
    wrong = await client.get(_MISSION, params={"language": "fr"})
    assert wrong.status_code == 400


async def test_report_should_be_written_and_published_once(client: httpx.AsyncClient) -> None:
    body = {"key": "goal", "text": {"en": "Why we went."}}
    written = await _post(client, f"{_MISSION}/sections", body)
    assert written["sections"]["goal"] == {"en": "Why we went."}
    out = await _post(client, f"{_MISSION}/publication", {"on": "2025-04-01"})
    assert (out["status"], out["publishedOn"], out["author"]) == (
        "published",
        "2025-04-01",
        BRABANT,
    )
    again = await client.post(f"{_MISSION}/publication", json={})
    assert (again.status_code, again.json()["field"]) == (409, "status")
    wrong = await client.post(f"{_MISSION}/sections", json={"key": "weather", "text": {}})
    assert wrong.status_code == 400
    found = (await client.get(_MISSION)).json()
    assert found["sections"][0]["blocks"][0] == {
        "kind": "paragraph",
        "text": {"text": "Why we went.", "records": [REPORT]},
        "written": True,
    }


async def test_pdf_should_be_a_problem_that_names_the_extra_when_it_is_not_there(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    path = f"/api/v1/missions/{FIRST}/report.pdf"
    answer = await client.get(path, params={"language": "nl"})
    assert answer.status_code == 422
    assert "hanze[reports]" in answer.json()["detail"]


async def test_follow_ups_should_be_listed_counted_and_paged(client: httpx.AsyncClient) -> None:
    found = (await client.get(_LIST, params={"mission": JOURNEY})).json()
    assert found["total"] == 3
    assert found["counts"] == {"late": 1, "open": 1, "done": 1, "dropped": 0}
    assert found["followUps"][0]["id"] == STUDIES
    assert found["followUps"][0]["days"] < 0
    page = (await client.get(_LIST, params={"limit": 1, "offset": 1})).json()
    assert (page["total"], len(page["followUps"])) == (4, 1)
    late = (await client.get(_LIST, params={"state": "late"})).json()
    assert (late["total"], late["counts"]["open"]) == (1, 1)
    assert (await client.get(_LIST, params={"state": "soon"})).status_code == 400


async def test_follow_up_should_be_added_told_of_and_done(client: httpx.AsyncClient) -> None:
    asked = {"title": {"en": "A second visit"}, "mission": JOURNEY, "due": "2030-01-01"}
    made = await _post(client, _LIST, asked)
    assert (made["state"], made["owner"]["id"]) == ("open", BRABANT)
    path = f"{_LIST}/{made['id']}/updates"
    told = await _post(client, path, {"text": {"en": "Invited."}})
    assert [one["text"] for one in told["updates"]] == [{"en": "Invited."}]
    done = await _post(client, path, {"status": "done", "became": [PROJECT]})
    assert (done["state"], done["became"][0]["id"]) == ("done", PROJECT)
    assert "doneOn" in done
    assert (await client.get(f"{_LIST}/{made['id']}")).json() == done
    nothing = await client.post(path, json={})
    assert (nothing.status_code, nothing.json()["field"]) == (400, "text")
    ahead = await client.post(path, json={"status": "done", "on": "2990-01-01"})
    assert ahead.status_code == 400


async def test_follow_up_should_be_refused_when_a_bare_patch_skips_its_day(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.patch(
        f"/ngsi-ld/v1/entities/{INVITATION}/attrs",
        json={"status": {"type": "Property", "value": "done"}},
        headers={
            "Link": '<https://w3id.org/hanze/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
        },
    )
    assert answer.status_code == 409
    assert "doneOn" in answer.text


async def test_writing_should_ask_for_a_token_when_nobody_is_known() -> None:
    async with node_in_memory(Settings(data=None)) as node:
        await _fill(node)
        async with client_of(node) as client:
            assert (await client.get(_LIST)).json()["total"] == 4
            for path in (_LIST, f"{_LIST}/{STUDIES}/updates", f"{_MISSION}/sections"):
                assert (await client.post(path, json={})).status_code == 401, path
