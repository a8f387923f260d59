"""Reading that rests on consent: only of who consented, and no longer than that."""

import httpx

from hanze.governance.policy import terms_digest
from hanze.governance.records.activity import Activity
from hanze.governance.records.agreement import Agreement, Constraint, Rule, Signature
from hanze.governance.records.log import AuditRecord
from hanze.governance.service import Change
from hanze.identity.grant import Grant
from hanze.node.node import Node
from tests.residents_world import (
    ALICE,
    BOB,
    CARE,
    CITY,
    NOON,
    NS,
    RESEARCH,
    UNIVERSITY,
    city_of_residents,
    sign_in,
)

ACTIVITY = "urn:ngsi-ld:ProcessingActivity:university:care"
ODRL = "http://www.w3.org/ns/odrl/2/"
PURPOSE = Constraint(
    left_operand=ODRL + "purpose", operator=ODRL + "isAnyOf", right_operand=(RESEARCH,)
)
READING = {"type": NS + "HomeVisit"}


async def _agree(node: Node) -> str:
    """Let the university read for research; return its token."""
    agreement = Agreement(
        id="urn:ngsi-ld:Agreement:hanze:care",
        targets=(CARE,),
        assigner=CITY,
        assignee=UNIVERSITY,
        permissions=(Rule(action=ODRL + "read", constraints=(PURPOSE,)),),
        purposes=(RESEARCH,),
        valid_from="2020-01-01T00:00:00Z",
        valid_until="2999-01-01T00:00:00Z",
        created_at=NOON,
    )
    digest = terms_digest(agreement)
    signatures = tuple(
        Signature(party=party, by="test", at=NOON, digest=digest) for party in (CITY, UNIVERSITY)
    )
    activity = Activity(
        id=ACTIVITY, title={"en": "Care"}, organisation=UNIVERSITY, purposes=(RESEARCH,)
    )
    governance = node.governance
    signed = Agreement(
        **{name: getattr(agreement, name) for name in Agreement.__struct_fields__}
        | {"signatures": signatures}
    )
    await governance.change(
        Change(governance.agreements, signed),
        Change(governance.activities, activity),
        account=AuditRecord(at=NOON, actor="test", name="test"),
    )
    grant = Grant(
        roles=("reader",), organisation=UNIVERSITY, activity=ACTIVITY, purposes=(RESEARCH,)
    )
    return node.tokens.create("university", grant=grant, now=node.clock())


async def _read(client: httpx.AsyncClient) -> tuple[int, str]:
    answer = await client.get("/ngsi-ld/v1/entities", params=READING)
    return answer.status_code, answer.text


async def test_reading_should_be_of_who_consented_and_end_with_the_consent() -> None:
    consent = {
        "dataset": CARE,
        "purposes": ["dpv:AcademicResearch"],
        "recipients": [UNIVERSITY],
        "notice": "A letter",
    }
    async with city_of_residents() as (node, tokens):
        token = await _agree(node)
        university, alice = sign_in(node, token), sign_in(node, tokens["alice"])
        async with university, alice:
            before = await _read(university)
            given = await alice.post("/api/v1/governance/consents", json=consent)
            during = await _read(university)
            told = (await alice.get("/api/v1/governance/my/reads")).json()["records"]
            path = f"/api/v1/governance/consents/{given.json()['record_id']}/withdraw"
            assert (await alice.post(path)).status_code == 200
            after = await _read(university)
    assert before[0] == 403
    assert "no_consent" in before[1]
    assert during[0] == 200
    assert ALICE in during[1]
    assert BOB not in during[1]
    assert after[0] == 403
    assert any(
        (one["name"], one["organisation"], one["purpose"]) == ("read", UNIVERSITY, RESEARCH)
        for one in told
        if "purpose" in one
    )
