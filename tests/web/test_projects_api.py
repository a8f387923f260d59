"""Projects, assessments and hard cases over the API, from the first question to what they hold back."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from hanze.connectors.source_record import SourceRecord
from hanze.governance.reasons import AccessDenied
from hanze.identity.caller import Caller
from hanze.identity.grant import Grant
from hanze.node.node import Node
from hanze.settings import Settings
from tests.assessing import CITY, LOCATION, MOBILITY, PROJECT, dpia_answers, prescan_answers
from tests.in_process import client_of, node_in_memory

ACTIVITY = "urn:ngsi-ld:ProcessingActivity:delft:counting"
CASE = "urn:ngsi-ld:HardCase:delft:light"
DRAFT = "urn:ngsi-ld:Assessment:delft:crowds-dpia-1"


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest_asyncio.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, "/api/v1/governance") as client:
        yield client


def _day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


async def _done(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def _begin(client: httpx.AsyncClient, **project: Any) -> None:
    body = {"title": {"en": "Crowds"}, "owner": CITY, **project}
    await _done(client, "PUT", f"/projects/{PROJECT}", body)


async def _approve(
    client: httpx.AsyncClient, answers: Mapping[str, tuple[str, ...]] | None = None
) -> None:
    made = await _done(client, "POST", "/assessments", {"project": PROJECT, "kind": "dpia"})
    path = f"/assessments/{made['id']}"
    await _done(client, "PATCH", path, {"answers": answers or dpia_answers()})
    await _done(client, "POST", path + "/advice", {"officer": "DPO", "text": "Go on."})
    await _done(client, "POST", path + "/approval", {"reviewBy": _day(365)})


async def _check(client: httpx.AsyncClient) -> None:
    await _done(client, "POST", f"/projects/{PROJECT}/check", {"notes": "Looked at it all."})


async def _state(client: httpx.AsyncClient) -> Any:
    return await _done(client, "GET", f"/projects/{PROJECT}")


async def test_project_should_become_active_step_by_step(client: httpx.AsyncClient) -> None:
    await _begin(client)
    assert (await _state(client))["blocked"] == ["no_assessment", "no_security_check"]
    await _approve(client)
    assert (await _state(client))["blocked"] == ["no_security_check"]
    await _check(client)
    found = await _state(client)
    assert found["active"] is True
    assert found["reviewBy"] == _day(365)
    await _done(client, "DELETE", f"/projects/{PROJECT}/check")
    assert "active" not in await _state(client)


async def test_incomplete_assessment_should_not_be_approved(client: httpx.AsyncClient) -> None:
    await _begin(client)
    made = await _done(client, "POST", "/assessments", {"project": PROJECT, "kind": "dpia"})
    assert len(made["missing"]) == sum(one["needed"] for one in made["progress"])
    path = f"/assessments/{made['id']}"
    await _done(client, "PATCH", path, {"answers": {**dpia_answers(), "14.1": []}})
    await _done(client, "POST", path + "/advice", {"officer": "DPO", "text": "Go on."})
    refused = await client.post(path + "/approval", json={"reviewBy": _day(365)})
    assert refused.status_code == 409
    told = refused.json()
    assert (told["reason"], told["codes"], told["missing"]) == (
        "assessment_not_ready",
        ["incomplete"],
        ["14.1"],
    )
    await _done(client, "PATCH", path, {"answers": {"14.1": ["No other way."]}})
    refused = await client.post(path + "/approval", json={"reviewBy": _day(365)})
    assert "advice_outdated" in refused.json()["detail"]


@pytest.mark.parametrize("ahead", [0, 3 * 366 + 1])
async def test_approval_should_refuse_a_review_that_is_too_late(
    client: httpx.AsyncClient, ahead: int
) -> None:
    await _begin(client)
    await _done(client, "POST", "/assessments", {"project": PROJECT, "kind": "dpia"})
    refused = await client.post(f"/assessments/{DRAFT}/approval", json={"reviewBy": _day(ahead)})
    assert (refused.status_code, refused.json()["field"]) == (400, "reviewBy")


async def test_approved_assessment_should_change_only_as_a_new_version(
    client: httpx.AsyncClient,
) -> None:
    await _begin(client)
    await _approve(client)
    refused = await client.patch(f"/assessments/{DRAFT}", json={"answers": {"14.1": ["x"]}})
    assert refused.status_code == 409
    new = await _done(client, "POST", "/assessments", {"project": PROJECT, "kind": "dpia"})
    assert (new["version"], "missing" in new) == (2, False)
    again = await client.post("/assessments", json={"project": PROJECT, "kind": "dpia"})
    assert again.status_code == 409


async def test_source_of_a_project_should_do_nothing_until_it_is_active(
    node: Node, client: httpx.AsyncClient
) -> None:
    record = SourceRecord(name="cameras", connector="json_messages", options={"how": "push"})
    await _begin(client, sources=["cameras"])
    assert not node.sources.is_running(record)
    await _approve(client)
    await _check(client)
    assert node.sources.is_running(record)
    # Another source needs another check.
    await _begin(client, sources=["cameras", "microphones"])
    assert not node.sources.is_running(record)
    assert (await _state(client))["blocked"] == ["security_check_outdated"]


async def test_write_of_a_project_that_is_not_active_should_be_refused(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _begin(client, sources=["cameras"])
    activity = {"title": {"en": "Counting"}, "purposes": [MOBILITY], "project": PROJECT}
    await _done(client, "PUT", f"/activities/{ACTIVITY}", activity)
    for caller in (Caller(actor="client", activity=ACTIVITY), Caller(actor="source:cameras")):
        with pytest.raises(AccessDenied, match="not active"):
            await node.store.transact(
                lambda uow, who=caller: uow.rules.check(  # type: ignore[misc]  # bound at once
                    uow, who, None, None, now=node.clock()
                )
            )


@pytest.mark.parametrize(
    ("activity", "code"),
    [
        ({"purposes": [MOBILITY, "dpv:Marketing"]}, "purpose_outside_assessment"),
        ({"purposes": [MOBILITY], "categories": ["pd:Name"]}, "category_outside_assessment"),
        (
            {
                "purposes": [MOBILITY],
                "categories": ["pd:Health"],
                "specialGround": "https://w3id.org/dpv/legal/eu/gdpr#A9-2-h",
            },
            "special_ground_missing",
        ),
    ],
)
async def test_activity_beyond_the_assessment_should_stop_the_project(
    client: httpx.AsyncClient, activity: dict[str, Any], code: str
) -> None:
    await _begin(client)
    await _approve(client)
    await _check(client)
    body = {"title": {"en": "Counting"}, "project": PROJECT, **activity}
    await _done(client, "PUT", f"/activities/{ACTIVITY}", body)
    assert code in (await _state(client))["blocked"]


async def test_activity_should_be_refused_when_special_data_has_no_ground(
    client: httpx.AsyncClient,
) -> None:
    body = {"title": {"en": "Care"}, "purposes": [MOBILITY], "categories": ["pd:Health"]}
    refused = await client.put(f"/activities/{ACTIVITY}", json=body)
    assert (refused.status_code, refused.json()["field"]) == (400, "specialGround")


async def test_prescan_should_say_why_more_is_needed(client: httpx.AsyncClient) -> None:
    await _begin(client)
    made = await _done(client, "POST", "/assessments", {"project": PROJECT, "kind": "prescan"})
    path = f"/assessments/{made['id']}"
    told = await _done(client, "PATCH", path, {"answers": prescan_answers(n3_1=("iot",))})
    assert told["needsDpia"] == ["supervisory_list"]
    await _done(client, "POST", path + "/approval", {"reviewBy": _day(30)})
    await _check(client)
    assert (await _state(client))["blocked"] == ["dpia_required"]
    await _approve(client)
    assert (await _state(client))["active"] is True


async def test_form_should_be_told(client: httpx.AsyncClient) -> None:
    told = await _done(client, "GET", "/assessment-forms/dpia")
    assert len(told["form"]["sections"]) == 17
    assert (await client.get("/assessment-forms/none")).status_code == 404


async def _publish(client: httpx.AsyncClient, **more: Any) -> Any:
    body = {
        "id": CASE,
        "kind": "nudging",
        "title": {"en": "Light that leads", "nl": "Licht dat leidt"},
        "question": {"en": "May light lead people out of a street?"},
        "openUntil": _day(14),
        **more,
    }
    return await _done(client, "POST", "/cases", body)


def _decision() -> dict[str, Any]:
    return {
        "allowed": True,
        "text": "Yes, with a sign.",
        "administrator": "The alderman for mobility",
        "council": "2026-114",
    }


async def test_case_should_be_decided_only_after_everybody_had_time(
    node: Node, client: httpx.AsyncClient
) -> None:
    assert (await _publish(client))["isOpen"] is True
    said = {"text": "I would feel watched.", "stance": "against", "name": "Kim"}
    await _done(client, "POST", f"/cases/{CASE}/arguments", said)
    refused = await client.post(f"/cases/{CASE}/decision", json=_decision())
    assert refused.status_code == 409
    later = (datetime.now(UTC) + timedelta(days=16)).isoformat().replace("+00:00", "Z")
    node.clock = lambda: later
    closed = await client.post(f"/cases/{CASE}/arguments", json=said)
    assert closed.status_code == 409
    told = await _done(client, "POST", f"/cases/{CASE}/decision", _decision())
    assert told["weighing"]["administrator"] == "The alderman for mobility"
    assert [one["text"] for one in told["arguments"]] == ["I would feel watched."]
    assert (await client.post(f"/cases/{CASE}/decision", json=_decision())).status_code == 409


async def test_case_should_hold_its_project_and_be_cited(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _begin(client)
    await _approve(client)
    await _check(client)
    await _publish(client, project=PROJECT)
    assert (await _state(client))["blocked"] == ["case_undecided"]
    new = await _done(client, "POST", "/assessments", {"project": PROJECT, "kind": "dpia"})
    unknown = await client.patch(f"/assessments/{new['id']}", json={"cases": ["urn:none"]})
    assert unknown.status_code == 400
    await _done(client, "PATCH", f"/assessments/{new['id']}", {"cases": [CASE]})
    assert (await _done(client, "GET", f"/cases/{CASE}"))["citedBy"] == [PROJECT]


async def test_argument_should_be_hidden_with_a_reason(client: httpx.AsyncClient) -> None:
    await _publish(client)
    said = {"text": "My neighbour is ill.", "name": "Kim"}
    made = await _done(client, "POST", f"/cases/{CASE}/arguments", said)
    path = f"/cases/{CASE}/arguments/{made['id']}/hiding"
    hidden = await _done(client, "POST", path, {"why": "It is about somebody else's health."})
    assert hidden["hidden"]


@pytest.mark.parametrize(
    "body", [{"openUntil": _day(0)}, {"openUntil": "soon"}, {"id": "urn:x"}, {"title": {}}]
)
async def test_case_should_be_refused_when_it_lacks_something(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError, match="400"):
        await _publish(client, **body)


async def test_nothing_of_an_assessment_should_be_told_to_everybody() -> None:
    async with node_in_memory() as node:
        async with client_of(node, "/api/v1/governance") as client:
            await _begin(client, sources=["cameras"])
            await _approve(client)
            await _check(client)
        node.settings = type(node.settings)(data=None)
        async with client_of(node, "/api/v1/governance") as client:
            project = await _state(client)
            assert project["active"] is True
            assert "checkNotes" not in project
            assert "sources" not in project
            assert (await client.get("/assessments")).json() == {"assessments": []}
            assert (await client.get(f"/assessments/{DRAFT}")).status_code == 404
            for method, path in (
                ("PUT", f"/projects/{PROJECT}"),
                ("POST", f"/projects/{PROJECT}/check"),
                ("POST", "/assessments"),
                ("PATCH", f"/assessments/{DRAFT}"),
                ("POST", f"/assessments/{DRAFT}/approval"),
                ("PUT", f"/activities/{ACTIVITY}"),
                ("POST", "/cases"),
            ):
                assert (await client.request(method, path, json={})).status_code == 401, path


async def test_confidential_activity_should_stay_hidden(client: httpx.AsyncClient) -> None:
    body = {
        "title": {"en": "Inquiry"},
        "purposes": [MOBILITY],
        "categories": [LOCATION],
        "confidential": True,
    }
    await _done(client, "PUT", f"/activities/{ACTIVITY}", body)
    assert (await _done(client, "GET", f"/activities/{ACTIVITY}"))["confidential"] is True


async def test_credentials_of_a_project_should_do_nothing_until_it_is_active() -> None:
    async with node_in_memory() as node:
        async with client_of(node, "/api/v1/governance") as client:
            await _begin(client)
            activity = {"title": {"en": "Counting"}, "purposes": [MOBILITY], "project": PROJECT}
            await _done(client, "PUT", f"/activities/{ACTIVITY}", activity)
        grant = Grant(roles=("reader", "writer"), organisation=CITY, activity=ACTIVITY)
        secret = node.tokens.create("counter", grant=grant, now=node.clock())
        development, node.settings = node.settings, Settings(data=None)
        headers = {"Authorization": f"Bearer {secret}"}
        entity = {"id": "urn:ngsi-ld:Crowd:1", "type": "Crowd"}
        asked: list[tuple[str, str, Any]] = [
            ("GET", "/ngsi-ld/v1/types", None),
            ("GET", "/ngsi-ld/v1/entities?type=Crowd", None),
            ("POST", "/ngsi-ld/v1/entities", entity),
            ("POST", "/ngsi-ld/v1/temporal/entities", entity),
            ("POST", "/ngsi-ld/v1/subscriptions", {}),
            ("GET", "/api/v1/governance/projects", None),
        ]
        async with client_of(node) as client:
            for method, path, body in asked:
                refused = await client.request(method, path, json=body, headers=headers)
                assert refused.status_code == 403, (path, refused.text)
                assert refused.json()["reason"] == "project_not_active"
        node.settings = development
        async with client_of(node, "/api/v1/governance") as client:
            await _approve(client)
            await _check(client)
        node.settings = Settings(data=None)
        async with client_of(node) as client:
            made = await client.post("/ngsi-ld/v1/entities", json=entity, headers=headers)
            assert made.status_code == 201, made.text


async def test_messages_to_a_source_should_be_refused_until_its_project_is_active(
    node: Node, client: httpx.AsyncClient
) -> None:
    async with client_of(node, "/api/v1") as api:
        options = {"type": "Device", "device": "id"}
        source = {"name": "cameras", "connector": "json", "options": options}
        assert (await api.post("/sources", json=source)).status_code == 201
        await _begin(client, sources=["cameras"])
        refused = await api.post("/sources/cameras/messages", json={"id": "a"})
        assert (refused.status_code, refused.json()["reason"]) == (403, "project_not_active")
        shown = (await api.get("/sources/cameras")).json()
        assert shown["state"] == "stopped"
        assert "no_assessment" in shown["problem"]
        await _approve(client)
        await _check(client)
        taken = await api.post("/sources/cameras/messages", json={"id": "a"})
        assert taken.is_success, taken.text


async def test_overdue_review_should_keep_new_agreements_away(
    node: Node, client: httpx.AsyncClient
) -> None:
    await _begin(client)
    await _approve(client)
    dataset = {
        "title": {"en": "Crowds"},
        "types": ["https://example.org/Crowd"],
        "accessRights": "RESTRICTED",
        "owner": CITY,
        "purposes": [MOBILITY],
        "nonPublication": {
            "ground": "It tells where people are",
            "decidedBy": "The council",
            "decidedAt": "2026-01-01",
            "reviewAt": "2036-01-01",
        },
        "project": PROJECT,
    }
    name = "urn:ngsi-ld:Dataset:delft:crowds"
    await _done(client, "PUT", f"/datasets/{name}", dataset)
    terms = {
        "targets": [name],
        "assignee": "urn:ngsi-ld:Organisation:university",
        "purposes": [MOBILITY],
        "validUntil": "2036-01-01",
    }
    await _done(client, "POST", "/agreements", terms)
    later = (datetime.now(UTC) + timedelta(days=367)).isoformat().replace("+00:00", "Z")
    node.clock = lambda: later
    refused = await client.post("/agreements", json=terms)
    assert refused.status_code == 409
    assert PROJECT in refused.json()["detail"]
