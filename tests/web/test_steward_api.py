"""What stewards and owners do with datasets and agreements, over the API of a node."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.governance.agreeing import NotAParty, PartySignedBefore
from hanze.governance.duties import DutyMissing
from hanze.governance.records.agreement import AgreementState
from hanze.governance.records.dataset import AccessRights
from hanze.governance.stewarding.agreements import AgreementNotFound, Agreements, NotYours
from hanze.governance.stewarding.classes import Decision, Named, Said
from hanze.governance.stewarding.datasets import DatasetInUse, Datasets
from hanze.governance.stewarding.offering import Offering, ReviewOverdue, terms_of
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import AUDITOR, OWNER, STEWARD, WRITER
from hanze.node.classification import COLLECTIVE
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory

NOW = "2026-06-10T12:00:00Z"
ROOT = "/api/v1/governance"
CITY = "urn:ngsi-ld:Organization:zwolle:city"
LAB = "urn:ngsi-ld:Organization:zwolle:lab"
CARE = "urn:ngsi-ld:Dataset:own:CareSensor"
CLOSED = {
    "types": ["CareSensor"],
    "accessRights": "RESTRICTED",
    "owner": CITY,
    "purposes": ["sector-health:HomeCareManagement"],
    "personal": True,
    "legalBasis": "eu-gdpr:A6-1-e",
    "nonPublication": {
        "ground": "GDPR, art. 9",
        "decidedBy": "Municipal executive",
        "decidedAt": "2026-01-01",
        "reviewAt": "2999-01-01",
    },
}
OFFER = {
    "targets": [CARE],
    "assignee": LAB,
    "purposes": ["dpv:AcademicResearch"],
    "validUntil": "2998-01-01",
}
STEWARD_HERE = Caller("steward", CITY, frozenset({STEWARD}))
OWNER_HERE = Caller("alderman", CITY, frozenset({OWNER}))
OWNER_THERE = Caller("professor", LAB, frozenset({OWNER}))


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, ROOT) as client:
        yield client


async def closed(node: Node) -> None:
    decision = Decision(
        ground="GDPR, art. 9", decided_by="Executive", decided_at=NOW[:10], review_at="2027-06-01"
    )
    said = Said(access_rights=AccessRights.RESTRICTED, owner=CITY, non_publication=decision)
    named = [Named("CareSensor", ("https://example.org/CareSensor",))]
    await Datasets(node.governance).classify(STEWARD_HERE, named, said, now=NOW)


def terms(**said: object) -> Offering:
    offered = {
        "targets": (CARE,),
        "assignee": LAB,
        "purposes": ("dpv:AcademicResearch",),
        "valid_until": "2027-01-01",
        **said,
    }
    return Offering(**offered)  # type: ignore[arg-type]  # members by name


async def offered(node: Node, **said: object) -> str:
    wanted = terms_of(terms(**said), node.governance.rules, NOW)
    return (await Agreements(node.governance).offer(STEWARD_HERE, wanted, now=NOW)).id


async def agreed(node: Node, **said: object) -> str:
    agreement_id = await offered(node, **said)
    for owner in (OWNER_HERE, OWNER_THERE):
        await Agreements(node.governance).sign(owner, agreement_id, now=NOW)
    return agreement_id


async def test_a_new_node_should_say_that_the_collective_is_open(
    client: httpx.AsyncClient,
) -> None:
    (only,) = (await client.get("/datasets")).json()["datasets"]
    assert (only["id"], only["tenant"], only["accessRights"]) == (COLLECTIVE, "*", "PUBLIC")
    assert "https://schema.org/Project" in only["types"]


async def test_what_nobody_classified_should_be_listed_until_it_is(
    node: Node, client: httpx.AsyncClient
) -> None:
    bin_here = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": {"type": "Property", "value": 1}}
    async with client_of(node) as api:
        assert (await api.post("/ngsi-ld/v1/entities", json=bin_here)).status_code == 201
    (found,) = (await client.get("/unclassified")).json()["types"]
    assert (found["name"], found["entities"], found["partly"]) == ("Bin", 1, False)
    body = {"types": ["Bin"], "accessRights": "PUBLIC"}
    (made,) = (await client.post("/classification", json=body)).json()["datasets"]
    assert (made["accessRights"], "publicdomain/zero" in made["license"]) == ("PUBLIC", True)
    assert (await client.get("/unclassified")).json()["types"] == []
    assert (await client.get(f"/datasets/{made['id']}")).json() == made


async def test_closed_data_should_be_refused_when_owner_or_ground_is_missing(
    client: httpx.AsyncClient,
) -> None:
    for without in ("owner", "nonPublication"):
        body = {name: value for name, value in CLOSED.items() if name != without}
        answer = await client.post("/classification", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, without)
        assert answer.json()["type"] == "urn:hanze:problem:dataset-refused"
        whole = {"title": {"en": "Care"}, **body, "types": ["https://example.org/Care"]}
        answer = await client.put(f"/datasets/{CARE}", json=whole)
        assert (answer.status_code, answer.json()["field"]) == (422, without)


async def test_a_dataset_should_be_set_shown_and_taken_away(client: httpx.AsyncClient) -> None:
    whole = {"title": {"en": "Care"}, **CLOSED, "types": ["https://example.org/Care"]}
    first = await client.put(f"/datasets/{CARE}", json=whole)
    assert (first.status_code, first.json()["id"]) == (201, CARE)
    assert (await client.put(f"/datasets/{CARE}", json=whole)).status_code == 200
    wrong = await client.put(f"/datasets/{CARE}", json={**whole, "acessRights": "PUBLIC"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "acessRights")
    assert (await client.delete(f"/datasets/{CARE}")).status_code == 204
    assert (await client.get(f"/datasets/{CARE}")).status_code == 404


async def test_data_without_access_rights_should_be_in_no_public_list(node: Node) -> None:
    async with client_of(node, ROOT) as developer:
        whole = {"title": {"en": "Care"}, "types": ["https://example.org/Care"]}
        assert (await developer.put(f"/datasets/{CARE}", json=whole)).status_code == 201
    datasets = Datasets(node.governance)
    assert CARE not in {one.id for one in datasets.listed(ANONYMOUS)}
    assert CARE in {one.id for one in datasets.listed(STEWARD_HERE)}


async def test_others_than_stewards_should_not_classify(node: Node) -> None:
    said = Said(access_rights=AccessRights.PUBLIC)
    for roles in ({WRITER}, {OWNER}, {AUDITOR}, set[str]()):
        with pytest.raises(DutyMissing):
            await Datasets(node.governance).classify(
                Caller("x", CITY, frozenset(roles)), [Named("*", ())], said, now=NOW
            )


async def test_anonymous_callers_should_be_told_to_sign_in() -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node, ROOT) as client:
        body = {"types": ["*"], "accessRights": "PUBLIC"}
        assert (await client.post("/classification", json=body)).status_code == 401
        for path in ("/unclassified", "/agreements", "/agreements/x"):
            assert (await client.get(path)).status_code == 401
        assert (await client.get("/datasets")).status_code == 200


async def test_an_agreement_should_be_in_force_once_both_have_signed(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.post("/classification", json=CLOSED)).status_code == 200
    made = await client.post("/agreements", json=OFFER)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["state"], told["waitsFor"]) == ("offered", [CITY, LAB])
    signature = f"/agreements/{told['id']}/signature"
    first = (await client.post(signature, json={"party": LAB})).json()
    assert (first["state"], first["waitsFor"]) == ("offered", [CITY])
    assert (await client.post(signature, json={"party": LAB})).status_code == 409
    assert (await client.post(signature, json={"party": "urn:x:y"})).status_code == 403
    second = (await client.post(signature, json={"party": CITY})).json()
    assert (second["state"], second["counts"]) == ("active", True)


async def test_changed_terms_should_wait_for_both_while_the_old_ones_count(
    node: Node, client: httpx.AsyncClient
) -> None:
    await closed(node)
    agreement_id = await agreed(node)
    again = terms_of(
        terms(id=agreement_id, purposes=("dpv:ScientificResearch",)),
        node.governance.rules,
        NOW,
    )
    agreements = Agreements(node.governance)
    assert (await agreements.change(STEWARD_HERE, again, now=NOW)).version == 2
    await agreements.sign(OWNER_HERE, agreement_id, now=NOW)
    assert node.governance.rules.agreements[agreement_id].version == 1
    await agreements.sign(OWNER_THERE, agreement_id, now=NOW)
    assert node.governance.rules.agreements[agreement_id].version == 2
    states = [one.state for one in agreements.versions(OWNER_THERE, agreement_id, now=NOW)]
    assert states == [AgreementState.SUPERSEDED, AgreementState.ACTIVE]
    assert len((await client.get(f"/agreements/{agreement_id}")).json()["agreements"]) == 2


async def test_signing_should_need_an_owner_of_that_party(node: Node) -> None:
    await closed(node)
    agreement_id = await offered(node)
    agreements = Agreements(node.governance)
    with pytest.raises(DutyMissing):
        await agreements.sign(STEWARD_HERE, agreement_id, now=NOW)
    with pytest.raises(NotYours):
        await agreements.sign(OWNER_HERE, agreement_id, party=LAB, now=NOW)
    with pytest.raises(NotYours):
        nobody = Caller("x", None, frozenset({OWNER, STEWARD}))
        await agreements.sign(nobody, agreement_id, now=NOW)
    stranger = Caller("stranger", "urn:x:y", frozenset({OWNER}))
    with pytest.raises(AgreementNotFound):
        await agreements.sign(stranger, agreement_id, now=NOW)
    both = Caller("both", "urn:x:y", frozenset({OWNER, STEWARD}))
    with pytest.raises(NotAParty):
        await agreements.sign(both, agreement_id, now=NOW)
    await agreements.sign(OWNER_HERE, agreement_id, now=NOW)
    with pytest.raises(PartySignedBefore):
        await agreements.sign(OWNER_HERE, agreement_id, now=NOW)


async def test_an_agreement_should_be_told_to_its_parties_only(node: Node) -> None:
    await closed(node)
    await agreed(node)
    agreements = Agreements(node.governance)
    for caller, number in (
        (OWNER_HERE, 1),
        (OWNER_THERE, 1),
        (Caller("auditor", None, frozenset({AUDITOR})), 1),
        (Caller("stranger", "urn:x:y", frozenset({OWNER})), 0),
        (ANONYMOUS, 0),
    ):
        assert len(agreements.listed(caller, now=NOW)) == number


async def test_revoking_should_end_what_counts_and_what_was_offered(node: Node) -> None:
    await closed(node)
    agreement_id = await agreed(node)
    agreements = Agreements(node.governance)
    again = terms_of(terms(id=agreement_id), node.governance.rules, NOW)
    await agreements.change(STEWARD_HERE, again, now=NOW)
    with pytest.raises(DutyMissing):
        await agreements.revoke(STEWARD_HERE, agreement_id, reason="No.", now=NOW)
    ended = await agreements.revoke(OWNER_HERE, agreement_id, reason="No more.", now=NOW)
    assert [one.version for one in ended] == [1, 2]
    assert node.governance.rules.agreements[agreement_id].revocation is not None


async def test_a_steward_should_withdraw_what_nobody_agreed_to(node: Node) -> None:
    await closed(node)
    agreement_id = await offered(node)
    agreements = Agreements(node.governance)
    await agreements.revoke(STEWARD_HERE, agreement_id, reason="A mistake.", now=NOW)
    (only,) = agreements.versions(OWNER_HERE, agreement_id, now=NOW)
    assert only.state is AgreementState.REVOKED


async def test_revoking_should_be_refused_when_it_rests_on_statute(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/classification", json=CLOSED)
    statute = {"article": "Police Act, art. 8", "authority": "Police", "until": "2998-01-01"}
    offer = {**OFFER, "purposes": ["dpv:ProtectionOfPublicSecurity"], "statute": statute}
    agreement_id = (await client.post("/agreements", json=offer)).json()["id"]
    for party in (CITY, LAB):
        await client.post(f"/agreements/{agreement_id}/signature", json={"party": party})
    answer = await client.post(f"/agreements/{agreement_id}/revocation", json={"reason": "No."})
    assert (answer.status_code, answer.json()["clause"]) == (409, statute["article"])
    for member in ("article", "authority"):
        wrong = {**offer, "statute": {**statute, member: ""}}
        assert (await client.post("/agreements", json=wrong)).status_code == 400


async def test_an_agreement_should_be_refused_when_it_cannot_be_kept(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/classification", json=CLOSED)
    cases: list[tuple[dict[str, object], int, str]] = [
        ({"targets": ["urn:ngsi-ld:Dataset:own:none"]}, 422, "targets"),
        ({"targets": [COLLECTIVE], "assigner": CITY}, 422, "targets"),
        ({"assigner": LAB, "assignee": CITY}, 422, "assigner"),
        ({"validUntil": "2020-01-01", "validFrom": "2019-01-01"}, 422, "validUntil"),
        ({"purposes": ["dpv:NoSuchThing"]}, 400, "purposes"),
        ({"purposes": []}, 400, "permissions"),
        ({"assignee": CITY}, 400, "assignee"),
        ({"duties": ["compensate"]}, 422, "permission[0].duty"),
    ]
    for said, status, field in cases:
        answer = await client.post("/agreements", json={**OFFER, **said})
        assert (answer.status_code, answer.json()["field"]) == (status, field), said
    assert (await client.get("/agreements")).json()["agreements"] == []


async def test_a_policy_should_be_offered_as_it_is_written_back(client: httpx.AsyncClient) -> None:
    await client.post("/classification", json=CLOSED)
    made = (await client.post("/agreements", json={**OFFER, "duties": ["delete"]})).json()
    written = await client.get(f"/policies/{made['id']}")
    assert written.headers["content-type"].startswith("application/ld+json")
    policy = {**written.json(), "uid": "urn:ngsi-ld:Agreement:zwolle:two"}
    headers = {"content-type": "application/ld+json"}
    again = await client.post("/policies", json=policy, headers=headers)
    assert again.status_code == 201, again.text
    for member in ("targets", "assigner", "assignee", "permissions", "purposes", "validUntil"):
        assert again.json()[member] == made[member]
    count = {"leftOperand": "count", "operator": "lt", "rightOperand": 3}
    permission = {**policy["permission"][0], "constraint": [count]}
    refused = await client.post(
        "/policies", json={**policy, "permission": [permission]}, headers=headers
    )
    assert refused.status_code == 422
    assert len((await client.get("/agreements")).json()["agreements"]) == 2


async def test_a_dataset_should_stay_when_an_agreement_rests_on_it(node: Node) -> None:
    await closed(node)
    await agreed(node)
    with pytest.raises(DatasetInUse):
        await Datasets(node.governance).remove(STEWARD_HERE, CARE, now=NOW)


async def test_new_agreements_should_wait_when_a_review_is_overdue(
    node: Node, client: httpx.AsyncClient
) -> None:
    await closed(node)
    late = "2027-07-01T00:00:00Z"
    wanted = terms_of(terms(valid_until="2028-01-01"), node.governance.rules, late)
    with pytest.raises(ReviewOverdue):
        await Agreements(node.governance).offer(STEWARD_HERE, wanted, now=late)
    assert (await client.get("/agreements")).json()["agreements"] == []
