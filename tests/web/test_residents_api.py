"""Residents see and decide about themselves, and about nobody else, over the API."""

from collections.abc import AsyncIterator

import pytest

from hanze.broker.ports import Window
from hanze.governance import consenting
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.log import AuditRecord
from hanze.node.node import Node
from tests.residents_world import (
    ALICE,
    BOB,
    CARE,
    KIM,
    NS,
    RESEARCH,
    UNIVERSITY,
    city_of_residents,
    sign_in,
)

World = tuple[Node, dict[str, str]]
API = "/api/v1/governance"


@pytest.fixture
async def city() -> AsyncIterator[World]:
    async with city_of_residents() as world:
        yield world


def _consent(**members: object) -> dict[str, object]:
    return {
        "dataset": CARE,
        "purposes": ["dpv:AcademicResearch"],
        "recipients": [UNIVERSITY],
        "notice": "https://hanze.example/care",
        **members,
    }


async def test_my_data_should_be_about_the_caller_alone(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["bob"]) as bob:
        found = (await bob.get(f"{API}/my/data")).json()
    assert found["subject"] == BOB
    assert {one["id"] for one in found["entities"]} == {"urn:ngsi-ld:HomeVisit:2"}


async def test_my_data_should_have_children_and_nothing_confidential(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice:
        own = (await alice.get(f"{API}/my/data")).json()
        child = (await alice.get(f"{API}/my/data", params={"subject": KIM})).json()
        other = await alice.get(f"{API}/my/data", params={"subject": BOB})
    assert own["children"] == [KIM]
    assert {one["id"] for one in own["entities"]} == {"urn:ngsi-ld:HomeVisit:1"}
    assert {one["id"] for one in child["entities"]} == {"urn:ngsi-ld:HomeVisit:3"}
    assert other.status_code == 400


async def test_own_things_should_be_refused_to_who_is_no_resident(city: World) -> None:
    node, tokens = city
    async with sign_in(node) as nobody, sign_in(node, tokens["writer"]) as writer:
        for path in ("my/data", "my/reads", "my/export", "consents", "requests"):
            assert (await nobody.get(f"{API}/{path}")).status_code == 401
            assert (await writer.get(f"{API}/{path}")).status_code == 403


async def test_consent_should_give_a_receipt_and_end_when_withdrawn(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice, sign_in(node, tokens["bob"]) as bob:
        given = await alice.post(f"{API}/consents", json=_consent())
        receipt = given.json()
        consent = f"{API}/consents/{receipt['record_id']}"
        before = node.governance.rules.version
        assert (await bob.get(consent)).status_code == 404
        assert (await bob.post(f"{consent}/withdraw")).status_code == 404
        withdrawn = (await alice.post(f"{consent}/withdraw")).json()
        again = await alice.post(f"{consent}/withdraw")
        listed = (await alice.get(f"{API}/consents")).json()["consents"]
    assert given.status_code == 201
    assert given.headers["content-type"] == "application/ld+json"
    assert receipt["pii_principal_id"] == ALICE
    assert receipt["pii_processing"]["purposes"][0]["purpose"] == RESEARCH
    assert [one["event_state"] for one in withdrawn["event"]] == [
        "dpv:ConsentGiven",
        "dpv:ConsentWithdrawn",
    ]
    assert again.status_code == 409
    assert [one["state"] for one in listed] == ["withdrawn"]
    # New rules: the very next decision knows of it.
    assert node.governance.rules.version > before


async def test_consents_of_one_person_should_not_fill_the_node(
    city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consenting, "_MOST_IN_A_DAY", 2)
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice, sign_in(node, tokens["bob"]) as bob:
        found = []
        for _ in range(3):
            given = await alice.post(f"{API}/consents", json=_consent())
            found.append(given.status_code)
            if given.status_code == 201:
                consent = f"{API}/consents/{given.json()['record_id']}"
                await alice.post(f"{consent}/withdraw")
        assert found == [201, 201, 429]
        assert (await bob.post(f"{API}/consents", json=_consent())).status_code == 201


async def test_children_should_need_a_parent_to_consent(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["kim"]) as kim, sign_in(node, tokens["alice"]) as alice:
        alone = await kim.post(f"{API}/consents", json=_consent())
        by_parent = await alice.post(f"{API}/consents", json=_consent(subject=KIM))
        someone = await alice.post(f"{API}/consents", json=_consent(subject=BOB))
        consent_id = by_parent.json()["record_id"]
        seen = (await kim.get(f"{API}/consents")).json()["consents"]
        taken_back = await kim.post(f"{API}/consents/{consent_id}/withdraw")
    assert alone.status_code == 403
    assert someone.status_code == 400
    assert seen[0]["parental"] is True
    assert seen[0]["expiresAt"] == "2999-01-01T00:00:00Z"
    assert taken_back.status_code == 200


async def test_consent_should_be_refused_when_it_is_not_specific(city: World) -> None:
    node, tokens = city
    wrong: tuple[tuple[str, object], ...] = (
        ("dataset", "urn:ngsi-ld:Dataset:hanze:Air"),
        ("dataset", "urn:ngsi-ld:Dataset:none"),
        ("purposes", ["dpv:NoSuchPurpose"]),
        ("expiresAt", "2001-01-01T00:00:00Z"),
        ("recipients", ["somebody"]),
    )
    async with sign_in(node, tokens["alice"]) as alice:
        for field, value in wrong:
            answer = await alice.post(f"{API}/consents", json=_consent(**{field: value}))
            assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_reads_should_tell_the_data_subject_alone_who_read(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice, sign_in(node, tokens["bob"]) as bob:
        await alice.get(f"{API}/my/data")
        hers = (await alice.get(f"{API}/my/reads")).json()["records"]
        his = (await bob.get(f"{API}/my/reads")).json()["records"]
        first = (await alice.get(f"{API}/my/reads", params={"limit": 1})).json()
        rest = (await alice.get(f"{API}/my/reads", params={"before": first["before"]})).json()
    assert {"create", "access"} <= {one["name"] for one in hers}
    assert "access" not in {one["name"] for one in his}
    assert not any("Inquiry" in dataset for one in hers for dataset in one["datasets"])
    assert first["records"] + rest["records"] == hers
    everything = await node.store.log.find(LogSearch(kind="processing"))
    assert any(getattr(one.record, "confidential", False) for one in everything)


async def test_export_should_hold_everything_about_one_resident(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice:
        await alice.post(f"{API}/consents", json=_consent())
        await alice.post(f"{API}/requests", json={"kind": "access", "text": "Show me all"})
        answer = await alice.get(f"{API}/my/export")
    graph = answer.json()["@graph"]
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert {one["id"] for one in graph if "id" in one} == {"urn:ngsi-ld:HomeVisit:1"}
    kinds = {one["@type"] for one in graph if "@type" in one}
    assert kinds == {"dpv:ConsentReceipt", "rights:RightsRequest", "ldv:Processing"}
    assert BOB not in answer.text


async def test_requests_should_run_against_the_clock(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice, sign_in(node, tokens["bob"]) as bob:
        filed = await alice.post(
            f"{API}/requests", json={"kind": "rectification", "text": "It was 40 minutes"}
        )
        request = f"{API}/requests/{filed.json()['id']}"
        assert (await bob.get(request)).status_code == 404
        assert (await alice.post(f"{request}/extend", json={"reason": "no"})).status_code == 403
        async with sign_in(node, tokens["steward"]) as steward:
            extended = await steward.post(f"{request}/extend", json={"reason": "It is much"})
            twice = await steward.post(f"{request}/extend", json={"reason": "It is much"})
            bare = await steward.post(f"{request}/answer", json={"outcome": "refused"})
            done = await steward.post(f"{request}/answer", json={"outcome": "granted"})
            listed = (await steward.get(f"{API}/requests", params={"all": "true"})).json()
        told = (await alice.get(request)).json()
    assert filed.status_code == 201
    assert filed.json()["clock"]["open"] is True
    assert extended.json()["clock"]["due"] > filed.json()["clock"]["due"]
    assert twice.status_code == 409
    assert bare.status_code == 400
    assert done.status_code == 200
    assert told["answer"]["outcome"] == "granted"
    assert listed["open"] == 0


async def test_objection_should_need_no_account_and_be_readable_by_its_id(city: World) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        objection = {
            "kind": "objection",
            "text": "It looks into my kitchen",
            "entity": "urn:ngsi-ld:CrowdCounter:1",
        }
        filed = await nobody.post(f"{API}/requests", json=objection)
        shown = await nobody.get(f"{API}/requests/{filed.json()['id']}")
        vague = await nobody.post(f"{API}/requests", json={"kind": "objection", "text": "No!"})
        other = await nobody.post(f"{API}/requests", json={"kind": "access"})
    assert filed.status_code == 201
    assert shown.json()["text"] == "It looks into my kitchen"
    # The id opens it, so that the log has not the whole of it.
    (logged,) = await node.store.log.find(LogSearch(kind="audit", name="request.received"))
    assert isinstance(logged.record, AuditRecord)
    (about,) = logged.record.about
    assert filed.json()["id"].startswith(about)
    assert len(filed.json()["id"]) - len(about) == 32
    assert vague.status_code == other.status_code == 403


async def test_erasure_should_reach_present_and_past_when_granted(city: World) -> None:
    node, tokens = city
    alice, steward = sign_in(node, tokens["alice"]), sign_in(node, tokens["steward"])
    async with sign_in(node, tokens["writer"]) as writer, alice, steward:
        # What was Bob's becomes Alice's: only her time goes.
        change = {f"{NS}person": {"type": "Relationship", "object": ALICE}}
        await writer.patch("/ngsi-ld/v1/entities/urn:ngsi-ld:HomeVisit:2/attrs", json=change)
        filed = await alice.post(f"{API}/requests", json={"kind": "erasure"})
        answer = await steward.post(
            f"{API}/requests/{filed.json()['id']}/answer", json={"outcome": "granted"}
        )
    told = answer.json()["answer"]
    assert (told["entities"], told["evolutions"]) == (2, 2)
    assert node.store.stored("", "urn:ngsi-ld:HomeVisit:1") is None
    # It is about Bob, too: a person decides.
    assert node.store.stored("", "urn:ngsi-ld:HomeVisit:4") is not None
    # Nor is that which she is not told of.
    assert node.store.stored("", "urn:ngsi-ld:Inquiry:1") is not None
    assert await _people_of(node, "urn:ngsi-ld:HomeVisit:1") is None
    assert await _people_of(node, "urn:ngsi-ld:HomeVisit:2") == {BOB}
    assert await _people_of(node, "urn:ngsi-ld:HomeVisit:3") == {KIM}


async def _people_of(node: Node, entity_id: str) -> set[object] | None:
    """Read whom the history of an entity names; `None`: it has none."""
    evolution = node.store.history.evolution("", entity_id)
    if evolution is None:
        return None
    read, _ = await node.store.history.read("", [evolution], Window())
    return {
        instance.attribute.value
        for one in read
        for instance in one.attributes.get(NS + "person", ())
    }


async def test_guardianships_should_be_confirmed_by_stewards_alone(city: World) -> None:
    node, tokens = city
    new = {"parent": BOB, "child": "urn:ngsi-ld:Person:lee", "until": "2998-05-01"}
    async with sign_in(node, tokens["bob"]) as bob, sign_in(node, tokens["steward"]) as steward:
        alone = await bob.post(f"{API}/guardianships", json=new)
        made = await steward.post(f"{API}/guardianships", json=new)
        mine = (await bob.get(f"{API}/my/data")).json()["children"]
        await steward.post(f"{API}/guardianships/{made.json()['id']}/end")
        after = (await bob.get(f"{API}/my/data")).json().get("children", [])
    assert alone.status_code == 403
    assert mine == ["urn:ngsi-ld:Person:lee"]
    assert after == []
