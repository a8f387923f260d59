"""Agreements between two nodes: alike on both, signed and revoked on either, confirmed or refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pytest

from hanze.governance.agreeing import AgreementEnded
from hanze.governance.duties import account_of
from hanze.governance.logs.search import LogSearch
from hanze.governance.records.agreement import Agreement, Signature
from hanze.governance.records.log import DecisionRecord
from hanze.governance.service import Change
from hanze.governance.stewarding.agreements import Agreements
from hanze.identity.caller import NODE, Caller
from hanze.identity.grant import Grant
from hanze.identity.roles import OWNER as OWNS
from hanze.identity.roles import STEWARD
from hanze.league import agreeing as between
from hanze.league.agreements import AgreementNotTheirs, AgreementTalk, Parties
from hanze.league.requests import Identified
from hanze.league.sharing import organisation_of
from hanze.ngsild.context import CORE
from hanze.node.node import Node
from hanze.settings import Distribution, Governance, League, Settings
from tests.governing import CARE, OTHER, OWNER, a_dataset, an_activity, an_agreement
from tests.several import Served, served_node

READING: Final = CORE.expand_name("Reading")
#: Data of the owner that lie at the owner's node, and others that lie at the other's.
THERE: Final = a_dataset(types=(READING,))
AGREEMENT: Final = "urn:ngsi-ld:Agreement:groningen:1"


def settings(organisation: str) -> Settings:
    return Settings(
        governance=Governance(organisation=organisation, confirm_s=2.0),
        league=League(gossip_s=3600.0, timeout_s=5.0),
        distribution=Distribution(allow_private=True),
    )


def person(organisation: str, *roles: str) -> Caller:
    return Caller("someone", organisation, frozenset(roles or (OWNS, STEWARD)))


@dataclass(frozen=True, slots=True)
class Two:
    """The owner's node, where the agreement has its home, and the consumer's."""

    owner: Served
    consumer: Served

    @property
    def consumer_id(self) -> str:
        """What the consumer's organisation is called between nodes."""
        return organisation_of(_me(self.consumer.node))

    async def offer(self) -> Agreement:
        """Offer an agreement, and sign it as the owner."""
        here = Agreements(self.owner.node.governance)
        now = self.owner.node.clock()
        terms = an_agreement(
            id=AGREEMENT,
            assignee=self.consumer_id,
            valid_from="2020-01-01T00:00:00Z",
            valid_until="2099-01-01T00:00:00Z",
        )
        await here.offer(person(OWNER), terms, now=now)
        return await here.sign(person(OWNER), AGREEMENT, now=now)

    async def agree(self) -> None:
        """Have both sign, and both know it."""
        await self.offer()
        await self.owner.node.agreements_between.talk()
        there = Agreements(self.consumer.node.governance)
        await there.sign(person(OTHER), AGREEMENT, now=self.consumer.node.clock())
        await self.consumer.node.agreements_between.talk()


def _me(node: Node) -> str:
    me = node.league.me()
    assert me is not None
    return me.id


async def _trust(one: Node, other: Node) -> None:
    token, _ = await one.league.invite()
    await other.gossip.join(token)
    await one.league.confirm(_me(other))


async def _keep(node: Node, *changes: Change[Any]) -> None:
    await node.governance.change(
        *changes, account=account_of(NODE, "tests.prepared", (), now=node.clock())
    )


@asynccontextmanager
async def two_nodes() -> AsyncIterator[Two]:
    async with (
        served_node(settings(OWNER), whole=True) as owner,
        served_node(settings(OTHER), whole=True) as consumer,
    ):
        for name, served in (("Groningen", owner), ("Zwolle", consumer)):
            await served.node.league.found(name=name, city=name)
        await _trust(owner.node, consumer.node)
        await _keep(owner.node, Change(owner.node.governance.datasets, THERE))
        yield Two(owner, consumer)


def versions(node: Node) -> list[Agreement]:
    return list(node.governance.agreements.all().values())


async def test_an_agreement_should_be_signed_and_revoked_on_either_node() -> None:
    async with two_nodes() as two:
        offered = await two.offer()
        await two.owner.node.agreements_between.talk()
        (copy,) = versions(two.consumer.node)
        # Each calls itself as its own people do.
        assert (offered.assigner, copy.assignee) == (OWNER, OTHER)
        assert (copy.home, copy.assigner) == (
            _me(two.owner.node),
            organisation_of(_me(two.owner.node)),
        )
        assert AGREEMENT not in two.consumer.node.governance.rules.agreements
        there = Agreements(two.consumer.node.governance)
        await there.sign(person(OTHER), AGREEMENT, now=two.consumer.node.clock())
        await two.consumer.node.agreements_between.talk()
        home = two.owner.node.governance.rules.agreements[AGREEMENT]
        assert [one.node for one in home.signatures] == ["", _me(two.consumer.node)]
        assert AGREEMENT in two.consumer.node.governance.rules.confirmed
        await there.revoke(
            person(OTHER), AGREEMENT, reason="Not needed", now=two.consumer.node.clock()
        )
        await two.consumer.node.agreements_between.talk()
        (ended,) = versions(two.owner.node)
        assert ended.revocation is not None
        assert ended.revocation.reason == "Not needed"


async def test_the_home_should_tell_of_its_own_end() -> None:
    async with two_nodes() as two:
        await two.agree()
        here = Agreements(two.owner.node.governance)
        await here.revoke(person(OWNER), AGREEMENT, reason="Enough", now=two.owner.node.clock())
        await two.owner.node.agreements_between.talk()
        (copy,) = versions(two.consumer.node)
        assert copy.revocation is not None
        with pytest.raises(AgreementEnded):
            await Agreements(two.consumer.node.governance).revoke(
                person(OTHER), AGREEMENT, reason="Again", now=two.consumer.node.clock()
            )


async def test_a_member_should_speak_only_of_what_is_between_it_and_the_node() -> None:
    async with two_nodes() as two:
        await two.agree()
        node, other = two.owner.node, _me(two.consumer.node)
        between = node.agreements_between
        stranger = Identified("x" * 43, is_confirmed=True)
        who = Identified(other, is_confirmed=True)
        asked = AgreementTalk(asked=(AGREEMENT,))
        assert (await between.answer(stranger, asked)).kept == ()
        (kept,) = (await between.answer(who, asked)).kept
        # It cannot make itself the home of what is kept here, or forge a signature of the owner.
        with pytest.raises(AgreementNotTheirs):
            await between.answer(who, AgreementTalk(kept=(kept,)))
        names = Parties(OWNER, _me(node), other)
        forged = msgspec.structs.replace(
            kept,
            id="urn:ngsi-ld:Agreement:groningen:forged",
            signatures=tuple(
                Signature(party=one, by="eve", at=node.clock(), digest="")
                for one in (kept.assigner, kept.assignee)
            ),
        )
        await between.answer(who, AgreementTalk(kept=(forged,)))
        known = next(one for one in versions(node) if one.id == forged.id)
        assert [one.party for one in known.signatures] == [organisation_of(other)]
        assert forged.id not in node.governance.rules.agreements
        # Nor speak of what is between others.
        others = msgspec.structs.replace(forged, assignee=organisation_of("y" * 43))
        with pytest.raises(AgreementNotTheirs):
            await between.answer(who, AgreementTalk(kept=(others,)))
        assert names.are_of(node.governance.rules.agreements[AGREEMENT])


async def test_closed_data_of_a_member_should_be_read_under_the_agreement() -> None:
    async with two_nodes() as two:
        await two.agree()
        node = two.owner.node
        token = node.tokens.create("writer", grant=Grant(roles=("writer",)), now=node.clock())
        made = await two.owner.api.post(
            "/entities",
            json={"id": "urn:ngsi-ld:Reading:1", "type": "Reading", "level": {"value": 5}},
            headers={"authorization": f"Bearer {token}"},
        )
        assert made.status_code == 201, made.text
        await node.gossip.talk()
        here = two.consumer.node
        await _keep(here, Change(here.governance.activities, an_activity()))
        grant = Grant(
            roles=("reader",), organisation=OTHER, activity=an_activity().id, purposes=(CARE,)
        )
        secret = here.tokens.create("carer", grant=grant, now=here.clock())
        own = {"authorization": f"Bearer {secret}"}
        trace = "0af7651916cd43dd8448eb211c80319c"
        headers = {**own, "traceparent": f"00-{trace}-b7ad6b7169203331-01"}

        async def ids(**more: str) -> list[str]:
            answer = await two.consumer.api.get(
                "/entities", params={"type": "Reading"}, headers=more
            )
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()]

        assert await ids(**headers) == ["urn:ngsi-ld:Reading:1"]
        assert await ids() == []
        records = [
            one.record
            for one in await node.store.log.find(LogSearch(kind="decision", trace=trace))
            if isinstance(one.record, DecisionRecord)
        ]
        assert {one.purpose for one in records} == {CARE}
        assert {one.organisation for one in records} == {two.consumer_id}
        await Agreements(node.governance).revoke(
            person(OWNER), AGREEMENT, reason="Enough", now=node.clock()
        )
        assert await ids(**headers) == []


async def test_what_its_home_does_not_confirm_should_not_count() -> None:
    async with two_nodes() as two:
        await two.agree()
        here = two.consumer.node
        # The owner's data lie at the consumer's node.
        hosted = a_dataset(types=(READING,), owner=organisation_of(_me(two.owner.node)))
        await _keep(here, Change(here.governance.datasets, hosted))
        caller = Caller("carer", OTHER, purpose=CARE)

        def allowed() -> bool:
            access = here.store.gate.access(caller, here.clock())
            return access.view(frozenset((READING,))).seen is not None

        assert allowed()
        # Its home does not talk to this node any more.
        await two.owner.node.league.ban(_me(here))
        async with asyncio.timeout(5):
            while allowed():  # noqa: ASYNC110  # the clock tells
                await asyncio.sleep(0.1)
            await here.agreements_between.talk()
            assert not allowed()


async def test_a_member_should_not_fill_the_other_with_agreements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(between, "_MOST_COPIES", 2)
    async with two_nodes() as two:
        owner, consumer = two.owner.node, two.consumer.node
        offered = await two.offer()
        outward = Parties(OWNER, _me(owner), _me(consumer)).outward(offered)
        told = tuple(
            msgspec.structs.replace(outward, id=f"urn:ngsi-ld:Agreement:x:{n}") for n in range(3)
        )
        who = Identified(_me(owner), is_confirmed=True)
        await consumer.agreements_between.answer(who, AgreementTalk(kept=told[:2]))
        await consumer.agreements_between.answer(who, AgreementTalk(kept=told[:2]))
        with pytest.raises(between.TooManyAgreements):
            await consumer.agreements_between.answer(who, AgreementTalk(kept=told[2:]))
        assert len(versions(consumer)) == 2
