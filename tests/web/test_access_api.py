"""Whether somebody may use something, over HTTP (AuthZEN)."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from hanze.governance.duties import account_of
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.dataset import AccessRights
from hanze.governance.records.log import DecisionRecord
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.node.node import Node
from hanze.settings import Identity, Settings
from tests.governing import (
    CARE,
    CARE_DATA,
    OTHER,
    PERSON,
    a_dataset,
    an_activity,
    an_agreement,
    both_signed,
)
from tests.in_process import client_of, node_in_memory

_ONE: Final = "/access/v1/evaluation"
_SEVERAL: Final = "/access/v1/evaluations"
_AGREED: Final = both_signed(
    an_agreement(valid_from="2020-01-01T00:00:00Z", valid_until="2099-01-01T00:00:00Z"),
    now="2020-01-01T00:00:00Z",
)
_HERE: Final = a_dataset(scopes=("/care",))


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings(), classified=False) as node:
        kept = node.governance
        await kept.change(
            Change(kept.datasets, _HERE),
            Change(
                kept.datasets,
                a_dataset(
                    id="urn:ngsi-ld:Dataset:groningen:bins",
                    types=("https://uri.etsi.org/ngsi-ld/default-context/Bin",),
                    access_rights=AccessRights.PUBLIC,
                ),
            ),
            Change(kept.agreements, _AGREED),
            Change(kept.activities, an_activity()),
            account=account_of(NODE, "tests.prepared", (), now=node.clock()),
        )
        yield node


def client(node: Node, *roles: str, grant: Grant | None = None) -> httpx.AsyncClient:
    given = grant or Grant(roles=roles)
    secret = node.tokens.create(roles[0] if roles else "client", grant=given, now=node.clock())
    found = client_of(node)
    found.headers["authorization"] = f"Bearer {secret}"
    return found


def consumer(node: Node) -> httpx.AsyncClient:
    grant = Grant(
        roles=("reader",), organisation=OTHER, activity=an_activity().id, purposes=(CARE,)
    )
    return client(node, grant=grant)


def question(subject: str = "client", **resource: object) -> dict[str, Any]:
    return {
        "subject": {"type": "client", "id": subject},
        "action": {"name": "read"},
        "resource": {"type": "dataset", "id": CARE_DATA, **resource},
    }


async def asked(http: httpx.AsyncClient, body: object, path: str = _ONE) -> Any:
    answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_should_answer_who_asks_for_itself_and_keep_a_record(node: Node) -> None:
    async with consumer(node) as http:
        assert await asked(http, question()) == {"decision": True}
        fraud = {**question(), "context": {"purpose": "dpv:FraudPreventionAndDetection"}}
        denied = await asked(http, fraud)
    assert denied["decision"] is False
    assert denied["context"]["reason"] == "purpose_not_registered"
    found = await node.store.log.find(LogSearch(kind="decision"))
    records = [one.record for one in found if isinstance(one.record, DecisionRecord)]
    assert sorted(one.decision for one in records) == [False, True]
    assert {one.actor for one in records} == {"client"}


async def test_it_should_tell_nobody_without_a_purpose(node: Node) -> None:
    async with client_of(node) as http:
        denied = await asked(http, question("anonymous"))
        assert denied["context"]["reason"] == "purpose_required"
        bins = question("anonymous", type="type", id="Bin")
        assert await asked(http, bins) == {"decision": True}


async def test_it_should_refuse_to_answer_for_others(node: Node) -> None:
    other = question(OTHER)
    other["context"] = {"purpose": CARE}
    async with client_of(node) as http:
        answer = await http.post(_ONE, json=other)
        assert answer.status_code == 403
    async with client(node, "auditor") as http:
        assert await asked(http, other) == {"decision": True}
        other["subject"] = {
            "type": "user",
            "id": "eva",
            "properties": {"organisation": OTHER, "department": {"id": 1}},
        }
        assert await asked(http, other) == {"decision": True}
        other["subject"]["properties"]["organisation"] = 7
        assert (await http.post(_ONE, json=other)).status_code == 400


async def test_it_should_look_at_an_entity_for_who_asks_for_itself(node: Node) -> None:
    async with client(node, "writer") as http:
        for key, scope in (("1", "/care"), ("2", "/else")):
            created = await http.post(
                "/ngsi-ld/v1/entities",
                json={"id": f"urn:ngsi-ld:Person:{key}", "type": "Person", "scope": scope},
            )
            assert created.status_code == 201, created.text
    async with consumer(node) as http:
        here = question(type="entity", id="urn:ngsi-ld:Person:1")
        assert await asked(http, here) == {"decision": True}
        for key in ("2", "3"):
            there = question(type="entity", id=f"urn:ngsi-ld:Person:{key}")
            found = await asked(http, there)
            assert found["context"]["reason"] == "no_permission"


async def test_it_should_answer_several_in_their_order(node: Node) -> None:
    bins = {"resource": {"type": "type", "id": "Bin"}}
    closed = {"resource": {"type": "dataset", "id": CARE_DATA}}
    body = {**question("anonymous"), "evaluations": [bins, closed, bins]}
    async with client_of(node) as http:
        for semantic, decisions in (
            ("execute_all", [True, False, True]),
            ("deny_on_first_deny", [True, False]),
            ("permit_on_first_permit", [True]),
        ):
            body["options"] = {"evaluations_semantic": semantic}
            found = await asked(http, body, _SEVERAL)
            assert [one["decision"] for one in found["evaluations"]] == decisions
        single = {name: body[name] for name in ("subject", "action", "resource")}
        assert (await asked(http, single, _SEVERAL))["decision"] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**question(), "action": {"name": "delete"}},
        question(type="file"),
        question(properties={"attributes": "name"}),
        {**question("anonymous"), "context": {"purpose": "care"}},
    ],
)
async def test_it_should_refuse_what_is_no_question(node: Node, body: object) -> None:
    async with client_of(node) as http:
        assert (await http.post(_ONE, json=body)).status_code == 400


@pytest.mark.parametrize("missing", ["subject", "action", "resource"])
async def test_it_should_name_what_a_question_lacks(node: Node, missing: str) -> None:
    whole = question("anonymous")
    part = {name: value for name, value in whole.items() if name != missing}
    async with client_of(node) as http:
        answer = await http.post(_SEVERAL, json={"evaluations": [whole, part]})
    assert (answer.status_code, answer.json()["field"]) == (400, f"evaluations[1].{missing}")


async def test_it_should_say_where_it_is_and_which_request_it_answers(node: Node) -> None:
    async with client_of(node) as http:
        found = await http.get("/.well-known/authzen-configuration")
        assert found.json()["access_evaluation_endpoint"].endswith(_ONE)
        answer = await http.post(
            _ONE,
            json=question("anonymous", properties={"attributes": [PERSON]}),
            headers={"x-request-id": "7"},
        )
        assert answer.headers["x-request-id"] == "7"


async def test_strangers_should_wait_when_they_were_refused_too_often() -> None:
    settings = Settings(identity=Identity(refusals_per_hour=3))
    async with node_in_memory(settings, classified=False) as node, client_of(node) as stranger:
        many = {**question("anonymous"), "evaluations": [{}, {}]}
        statuses = [(await stranger.post(_SEVERAL, json=many)).status_code for _ in range(3)]
        assert statuses == [200, 429, 429]
        own = question("client")
        async with client(node, "steward") as steward:
            answers = [(await steward.post(_ONE, json=own)).status_code for _ in range(5)]
        assert answers == [200] * 5


async def test_what_is_no_question_should_get_a_problem(node: Node) -> None:
    async with client(node) as http:
        answer = await http.get(_ONE)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await http.post("/access/v1/other", json={})).status_code == 404
