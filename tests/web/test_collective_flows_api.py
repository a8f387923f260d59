"""Flows of the collective through the door: rules that no operation skips, and `/api/v1`."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from hanze.collaboration.records.residents import Contribution
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory
from tests.unit.collaboration.flow_records import (
    CASE,
    add,
    city,
    city_id,
    country,
    demand,
    project,
)

UTRECHT, DUIVEN, BUSAN = city_id("Utrecht"), city_id("Duiven"), city_id("21", "KR")
PROJECT = "urn:ngsi-ld:Project:test:one"
LEAD = "urn:ngsi-ld:Organization:test:lead"
ENTITIES = "/ngsi-ld/v1/entities"
CONTEXT = {"Link": '<https://w3id.org/hanze/v1.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'}
STAGE = {"type": "Property", "value": "idea"}


@pytest.fixture
async def root(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    places = (city("Utrecht"), city("Duiven"), city("21", "KR"), country("NL"), country("KR"))
    await add(node.store, *places, project("one", "pilot", source_city=UTRECHT))
    async with client_of(node) as client:
        yield client


async def _stage(client: httpx.AsyncClient) -> str:
    answer = await client.get(f"{ENTITIES}/{PROJECT}", headers=CONTEXT)
    return str(answer.json()["stage"]["value"])


_WHOLE: Mapping[str, Any] = {
    "id": PROJECT,
    "type": "Project",
    "title": {"type": "LanguageProperty", "languageMap": {"en": "one"}},
    "stage": STAGE,
}
_BARE = {"stage": STAGE}
_OF_BATCH = {"id": PROJECT, "type": "Project", "stage": STAGE}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{ENTITIES}/{PROJECT}/attrs", _BARE),
        ("POST", f"{ENTITIES}/{PROJECT}/attrs", _BARE),
        ("PATCH", f"{ENTITIES}/{PROJECT}/attrs/stage", {"value": "idea"}),
        ("PUT", f"{ENTITIES}/{PROJECT}/attrs/stage", STAGE),
        ("PATCH", f"{ENTITIES}/{PROJECT}", _BARE),
        ("PUT", f"{ENTITIES}/{PROJECT}", _WHOLE),
        ("DELETE", f"{ENTITIES}/{PROJECT}/attrs/stage", None),
        ("DELETE", f"{ENTITIES}?type=Project&drop=stage", None),
        ("POST", "/ngsi-ld/v1/entityOperations/upsert", [_WHOLE]),
        ("POST", "/ngsi-ld/v1/entityOperations/upsert?options=update", [_OF_BATCH]),
        ("POST", "/ngsi-ld/v1/entityOperations/update", [_OF_BATCH]),
        ("POST", "/ngsi-ld/v1/entityOperations/merge", [_OF_BATCH]),
    ],
)
async def test_no_operation_should_skip_the_life_cycle(
    root: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    answer = await root.request(method, path, json=body, headers=CONTEXT)
    assert answer.status_code in {207, 400, 409}, answer.text
    assert "stage" in answer.text
    assert await _stage(root) == "pilot"


async def test_a_refused_change_should_say_what_is_missing(root: httpx.AsyncClient) -> None:
    answer = await root.patch(f"{ENTITIES}/{PROJECT}/attrs", json=_BARE, headers=CONTEXT)
    problem = answer.json()
    assert answer.status_code == 409
    assert problem["field"] == "stageReason"
    assert "goes back" in problem["detail"]
    reason = {"type": "LanguageProperty", "languageMap": {"en": "start again"}}
    body = {"stage": STAGE, "stageReason": reason}
    answer = await root.patch(f"{ENTITIES}/{PROJECT}/attrs", json=body, headers=CONTEXT)
    assert answer.status_code == 204


async def test_the_funnel_should_be_counted_and_moved(root: httpx.AsyncClient) -> None:
    counts = (await root.get("/api/v1/funnel")).json()
    assert counts["stages"]["pilot"] == 1
    assert counts["byCity"][UTRECHT]["pilot"] == 1
    move = f"/api/v1/projects/{PROJECT}/stage"
    refused = await root.post(move, json={"stage": "scaled", "reason": {"en": "it works"}})
    assert refused.status_code == 409
    assert (await root.post(move, json={"stage": "moon"})).status_code == 400
    body = {
        "stage": "scaled",
        "reason": {"en": "it works"},
        "businessCase": {
            "costs": {"amount": 1000.5, "currency": "EUR"},
            "value": {"en": "cleaner air"},
        },
        "lead": LEAD,
    }
    moved = await root.post(move, json=body)
    assert (moved.status_code, moved.json()["stage"]) == (200, "scaled")
    counts = (await root.get("/api/v1/funnel")).json()
    assert counts["transitions"] == [
        {"origin": "pilot", "stage": "scaled", "move": "skip", "count": 1}
    ]
    standing = (await root.get(f"/api/v1/projects/{PROJECT}/standing")).json()
    assert standing["nextDecision"]["code"] == "keep-measuring"
    assert (await root.get("/api/v1/funnel/standings?stuck=true")).json()["total"] == 0
    reason = {"en": "nobody came"}
    await root.post(move, json={"stage": "stopped", "reason": reason})
    (stopped,) = (await root.get("/api/v1/funnel/stopped")).json()["projects"]
    assert stopped["reason"] == reason
    assert stopped["project"]["city"]["id"] == UTRECHT


async def test_a_replication_should_run_over_http(node: Node, root: httpx.AsyncClient) -> None:
    idea = Contribution(
        id="urn:ngsi-ld:Contribution:test:1", title={"en": "Bicycle parking"}, source_city=DUIVEN
    )
    source = project("bikes", "evaluated", title={"en": "Bicycle parking"}, source_city=UTRECHT)
    await add(node.store, idea, source)
    asked = {"project": source.id, "city": DUIVEN}
    sheet = (await root.get("/api/v1/replications/worksheet", params=asked)).json()
    assert sheet["questions"][0]["question"] == "mature"
    assert sheet["contributions"][0]["contribution"]["id"] == idea.id
    assert sheet["creditTo"]["id"] == UTRECHT
    made = await root.post("/api/v1/replications", json=asked)
    assert made.status_code == 201
    path = f"/api/v1/replications/{made.json()['id']}"
    adopt = {"status": "adopted"}
    assert (await root.post(f"{path}/status", json=adopt)).status_code == 409
    for one in sheet["questions"]:
        given = {"question": one["question"], "answer": "yes", "note": {"nl": "uitgezocht"}}
        assert (await root.post(f"{path}/answers", json=given)).status_code == 200
    assert (await root.post(f"{path}/status", json=adopt)).json()["status"] == "adopted"
    parts = {"technical": "good", "behavioural": "good", "business": "mixed"}
    done = await root.post(f"{path}/evaluation", json=parts)
    assert done.json()["status"] == "evaluated"
    lesson = await root.post(f"{path}/feedback", json={"text": {"nl": "Begin met de buren"}})
    assert lesson.status_code == 201
    back = (await root.get(f"/api/v1/projects/{source.id}/feedback")).json()
    assert back["lessons"][0]["text"] == {"nl": "Begin met de buren"}
    assert back["replications"][0]["status"] == "evaluated"
    listed = (await root.get(f"/api/v1/replications?city={DUIVEN}")).json()
    assert len(listed["replications"]) == 1


async def test_a_bundle_should_run_over_http(node: Node, root: httpx.AsyncClient) -> None:
    await add(node.store, demand("u", UTRECHT), demand("b", BUSAN))
    (found,) = (await root.get("/api/v1/bundles/proposals")).json()["proposals"]
    assert found["volumes"] == [{"value": 200, "unit": "C62"}]
    assert {one["id"] for one in found["cities"]} == {UTRECHT, BUSAN}
    ids = [one["id"] for one in found["demands"]]
    made = await root.post("/api/v1/bundles", json={"demands": ids})
    assert made.status_code == 201
    path = f"/api/v1/bundles/{made.json()['id']}"
    for one in (UTRECHT, BUSAN):
        joined = {"city": one, "decision": "joined"}
        answer = await root.post(f"{path}/memberships", json=joined)
        assert answer.status_code == 200
    assert answer.json()["status"] == "forming"
    assert (await root.post(f"{path}/lead", json={"city": DUIVEN})).status_code == 409
    assert (await root.post(f"{path}/lead", json={"city": BUSAN})).json()["lead"] == BUSAN
    tender = {"procurementMethod": "open", "starts": "2027-01-01", "ends": "2027-02-01"}
    started = (await root.post(f"{path}/tender", json=tender)).json()
    assert started["tender"]["procurementMethod"] == "open"
    left = {"city": BUSAN, "decision": "left"}
    refused = await root.post(f"{path}/memberships", json=left)
    assert refused.status_code == 409
    assert "cancel the tender" in refused.json()["detail"]
    moved = await root.post(f"{path}/tender/status", json={"status": "active"})
    assert moved.json()["tender"]["status"] == "active"
    release = await root.get(f"/api/v1/tenders/{moved.json()['id']}/release?language=nl")
    (told,) = release.json()["releases"]
    assert (told["language"], told["tender"]["status"]) == ("nl", "active")
    assert (await root.get(path)).json()["members"] == [UTRECHT, BUSAN]
    items = (await root.get(f"{path}/checklist")).json()["items"]
    assert {one["state"] for one in items} <= {"met", "not-met", "unknown"}
    own = (await root.get(f"/api/v1/demands/{ids[0]}/checklist")).json()["items"]
    assert len(own) == len(items)


async def test_the_calendar_should_be_read_and_followed(
    node: Node, root: httpx.AsyncClient
) -> None:
    await add(node.store, demand("u", UTRECHT))
    found = (await root.get("/api/v1/calendar?firstYear=2027&years=1")).json()
    assert [one["kind"] for one in found["events"]] == ["needed"]
    assert [len(one["events"]) for one in found["periods"]] == [1, 1, 1, 1]
    query = "firstYear=2027&years=1&language=nl"
    ics = await root.get(f"/api/v1/calendar.ics?{query}")
    assert ics.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Nodig: Parking for bicycles" in ics.text
    atom = await root.get(f"/api/v1/calendar.atom?{query}&kind=needed")
    assert atom.headers["content-type"].startswith("application/atom+xml")
    assert "Vraagkalender" in atom.text
    assert (await root.get("/api/v1/calendar?kind=party")).status_code == 400
    assert (await root.get("/api/v1/competitions")).json() == {"competitions": []}


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/projects/{PROJECT}/stage",
        "/api/v1/replications",
        "/api/v1/replications/urn:x:1/answers",
        "/api/v1/bundles",
        "/api/v1/bundles/urn:x:1/memberships",
        "/api/v1/bundles/urn:x:1/tender/status",
    ],
)
async def test_writing_should_need_a_writer(path: str) -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as client:
        assert (await client.post(path, json={})).status_code == 401


async def test_what_is_not_there_should_be_said(root: httpx.AsyncClient) -> None:
    for path in (
        "/api/v1/projects/urn:x:1/standing",
        "/api/v1/bundles/urn:x:1",
        "/api/v1/tenders/urn:x:1/release",
        "/api/v1/demands/urn:x:1/checklist",
        f"/api/v1/replications/worksheet?project=urn:x:1&city={DUIVEN}",
        f"/api/v1/replications/worksheet?project={PROJECT}&city={DUIVEN}&district=urn:x:1",
    ):
        assert (await root.get(path)).status_code == 404, path


async def test_money_of_a_body_should_stay_exact(node: Node, root: httpx.AsyncClient) -> None:
    await add(node.store, project("two", "replicated", business_case=CASE))
    body = {
        "stage": "scaled",
        "lead": LEAD,
        "businessCase": {"costs": {"amount": 0.1, "currency": "EUR"}, "value": {"en": "x"}},
    }
    record_id = "urn:ngsi-ld:Project:test:two"
    assert (await root.post(f"/api/v1/projects/{record_id}/stage", json=body)).status_code == 200
    kept = await root.get(f"{ENTITIES}/{record_id}", headers=CONTEXT)
    assert kept.json()["businessCase"]["json"]["costs"]["amount"] == 0.1


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "-Infinity", "1e999999999", "9007199254740992"])
async def test_amounts_that_are_none_should_be_refused(
    node: Node, root: httpx.AsyncClient, amount: str
) -> None:
    """The last but one would take all memory as a whole number."""
    await add(node.store, project("three", "idea"))
    case = {"costs": {"amount": amount, "currency": "EUR"}}
    path = "/api/v1/projects/urn:ngsi-ld:Project:test:three/stage"
    answer = await root.post(path, json={"stage": "challenge", "businessCase": case})
    assert answer.status_code == 400, answer.text


async def test_nothing_should_be_written_for_a_tenant_that_takes_no_part(
    root: httpx.AsyncClient,
) -> None:
    answer = await root.post(
        "/api/v1/contributions/entered",
        json={"title": "t", "text": "x", "channel": "counter", "enteredBy": "clerk"},
        headers={"NGSILD-Tenant": "ghost"},
    )
    assert (answer.status_code, "ghost" in answer.text) == (404, True)
