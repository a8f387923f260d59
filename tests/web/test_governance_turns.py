"""Several people decide about one record at a time: nobody writes over what another decided."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hanze.governance import requesting
from hanze.governance.records.agreement import AgreementState
from hanze.governance.records.dataset import AccessRights
from hanze.governance.records.rights import RequestOutcome, RightKind
from hanze.governance.requesting import NewRequest, TooManyRequests
from hanze.governance.rights import RequestClosed
from hanze.governance.stewarding.agreements import Agreements
from hanze.governance.stewarding.checking import DatasetRefused
from hanze.governance.stewarding.classes import Decision, Named, Said
from hanze.governance.stewarding.datasets import Datasets
from hanze.governance.stewarding.offering import Offering, terms_of
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.roles import OWNER, RESIDENT, STEWARD
from hanze.node.node import Node
from tests.in_process import node_in_memory

NOW = "2026-06-10T12:00:00Z"
CITY = "urn:ngsi-ld:Organization:zwolle:city"
LAB = "urn:ngsi-ld:Organization:zwolle:lab"
CARE = "urn:ngsi-ld:Dataset:own:CareSensor"
MEAN = "urn:ngsi-ld:Dataset:own:CareMean"
STEWARD_HERE = Caller("steward", CITY, frozenset({STEWARD}))
OWNER_HERE = Caller("alderman", CITY, frozenset({OWNER}))
OWNER_THERE = Caller("professor", LAB, frozenset({OWNER}))


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


def said_closed() -> Said:
    decision = Decision(
        ground="GDPR, art. 9", decided_by="Executive", decided_at=NOW[:10], review_at="2027-06-01"
    )
    return Said(access_rights=AccessRights.RESTRICTED, owner=CITY, non_publication=decision)


async def classified(node: Node, said: Said) -> None:
    named = [Named("CareSensor", ("https://example.org/CareSensor",))]
    await Datasets(node.governance).classify(STEWARD_HERE, named, said, now=NOW)


async def offered(node: Node) -> str:
    await classified(node, said_closed())
    wanted = Offering(
        targets=(CARE,),
        assignee=LAB,
        purposes=("dpv:AcademicResearch",),
        valid_until="2027-01-01",
    )
    terms = terms_of(wanted, node.governance.rules, NOW)
    return (await Agreements(node.governance).offer(STEWARD_HERE, terms, now=NOW)).id


async def test_both_signatures_should_stay_when_both_sign_at_a_time(node: Node) -> None:
    agreements, agreement_id = Agreements(node.governance), await offered(node)
    await asyncio.gather(
        *(agreements.sign(one, agreement_id, now=NOW) for one in (OWNER_HERE, OWNER_THERE))
    )
    (only,) = agreements.versions(STEWARD_HERE, agreement_id, now=NOW)
    assert only.state is AgreementState.ACTIVE


async def test_a_revocation_should_stay_when_another_signs_meanwhile(node: Node) -> None:
    agreements, agreement_id = Agreements(node.governance), await offered(node)
    await agreements.sign(OWNER_HERE, agreement_id, now=NOW)
    await asyncio.gather(
        agreements.revoke(OWNER_HERE, agreement_id, reason="Not any more", now=NOW),
        agreements.sign(OWNER_THERE, agreement_id, now=NOW),
        return_exceptions=True,
    )
    (only,) = agreements.versions(STEWARD_HERE, agreement_id, now=NOW)
    assert only.state is AgreementState.REVOKED


async def test_what_is_derived_should_not_be_opened_while_its_input_is_closed(node: Node) -> None:
    await classified(node, Said(access_rights=AccessRights.PUBLIC))
    datasets = Datasets(node.governance)
    mean = {"id": MEAN, "title": {"en": "Mean"}, "types": ("https://example.org/Mean",)}
    kept = datasets.shown(STEWARD_HERE, CARE)
    derived = type(kept)(**mean, derived_from=(CARE,), access_rights=AccessRights.PUBLIC)  # type: ignore[arg-type]  # members by name
    done = await asyncio.gather(
        classified(node, said_closed()),
        datasets.put(STEWARD_HERE, derived, now=NOW),
        return_exceptions=True,
    )
    assert [type(one) for one in done if isinstance(one, Exception)] == [DatasetRefused]


async def test_a_request_should_be_answered_once_when_two_stewards_do(node: Node) -> None:
    requests = node.residents.requests
    alice = Caller("alice", roles=frozenset({RESIDENT}), subject="urn:ngsi-ld:Person:alice")
    filed = await requests.file(alice, NewRequest(kind=RightKind.ACCESS), now=NOW)
    done = await asyncio.gather(
        *(
            requests.answer(STEWARD_HERE, filed.id, outcome=one, text="So it is", now=NOW)
            for one in (RequestOutcome.REFUSED, RequestOutcome.GRANTED)
        ),
        requests.extend(STEWARD_HERE, filed.id, reason="Many", now=NOW),
        requests.withdraw(alice, filed.id, now=NOW),
        return_exceptions=True,
    )
    assert [type(one) for one in done if isinstance(one, Exception)] == [RequestClosed] * 3
    kept = requests.shown(alice, filed.id, now=NOW)
    assert kept.answer is not None
    assert kept.answer.outcome is RequestOutcome.REFUSED


async def test_what_visitors_ask_for_should_have_nothing_decided_anew(node: Node) -> None:
    before = node.governance.rules
    objection = NewRequest(kind=RightKind.OBJECTION, text="Not here", entity="urn:ngsi-ld:Pole:1")
    await node.residents.requests.file(ANONYMOUS, objection, now=NOW)
    assert node.governance.rules is before
    await classified(node, said_closed())
    assert node.governance.rules.version == before.version + 1


async def test_requests_of_one_person_should_not_fill_the_node(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requesting, "_MOST_OPEN", 2)
    requests = node.residents.requests
    alice, bob = (
        Caller(name, roles=frozenset({RESIDENT}), subject=f"urn:ngsi-ld:Person:{name}")
        for name in ("alice", "bob")
    )
    wanted = NewRequest(kind=RightKind.ACCESS)
    first = await requests.file(alice, wanted, now=NOW)
    await requests.file(alice, wanted, now=NOW)
    with pytest.raises(TooManyRequests):
        await requests.file(alice, wanted, now=NOW)
    await requests.file(bob, wanted, now=NOW)
    await requests.withdraw(alice, first.id, now=NOW)
    await requests.file(alice, wanted, now=NOW)
