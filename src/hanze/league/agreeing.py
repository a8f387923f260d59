"""Keeps agreements alike on the nodes of both parties; whether they still hold, their home says.

What is decided on this node is told to the other's soon, and again until it was heard. Nothing that
another says is believed beyond `agreements`: it speaks of what is between it and this node.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from hanze.broker.distribution.ports import PeerRequest, Peers
from hanze.errors import Conflicting, HanzeError, InvalidInput, TooMuch, Unavailable
from hanze.governance.agreeing import is_signed
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.log import AuditRecord
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.offering import check_targets
from hanze.league.agreements import (
    MOST_AGREEMENTS,
    AgreementNotTheirs,
    AgreementTalk,
    AgreementTold,
    Parties,
    copied,
    counts,
    mark_of,
    merged,
    other_member,
    pending,
)
from hanze.league.gossip import NotConfirmed
from hanze.league.model import Peer
from hanze.league.requests import Identified, SignedRequests
from hanze.league.service import League

__all__ = ["AGREEMENTS", "AgreementsBetween", "AgreementsUnheard", "TooManyAgreements"]

_log = logging.getLogger(__name__)

#: Where members are asked, below their address.
AGREEMENTS: Final = "/api/v1/league/peer/agreements"

#: A confirmation is renewed so many times in the time for which it counts.
_RENEWALS: Final = 3
_LONGEST_S: Final = 60.0

#: Versions of agreements of which one member may have this node keep copies.
_MOST_COPIES: Final = 5_000

_Version = tuple[str, int]


class AgreementsUnheard(Unavailable):
    """A member does not answer about agreements as members do."""


class TooManyAgreements(TooMuch):
    """A member tells of more agreements than this node keeps of one."""

    def __init__(self) -> None:
        super().__init__(f"At most {_MOST_COPIES} versions of agreements of one member are kept")


class AgreementsBetween:
    """The agreements of this node with the organisations of other members.

    Args:
        governance: Keeps them, and what follows from them.
        league: Knows the members.
        requests: Signs.
        peers: Reaches other nodes.
    """

    def __init__(
        self, governance: Governance, league: League, requests: SignedRequests, peers: Peers
    ) -> None:
        self._governance = governance
        self._league = league
        self._requests = requests
        self._peers = peers
        self._changed = asyncio.Event()
        self._changed.set()
        # What each home is known to know of a copy, and each member of what has its home here.
        self._told: dict[_Version, str] = {}
        self._sent: dict[str, dict[_Version, str]] = {}
        governance.followers.append(self._changed.set)

    async def step(self) -> None:
        """Wait until something changed or is to be confirmed, and talk with those it is about."""
        renewal_s = min(self._governance.rules.confirm_s / _RENEWALS, _LONGEST_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(renewal_s):
                await self._changed.wait()
        self._changed.clear()
        await self.talk()

    async def talk(self) -> None:
        """Tell members what they lack, and ask homes whether copies still hold."""
        if self._league.me() is None or not self._governance.rules.own:
            return
        members = {one.id: one for one in self._league.confirmed()}
        asked = [(members[one], talk) for one, talk in self._talks() if one in members]
        await asyncio.gather(*(self._talk_to(member, talk) for member, talk in asked))

    async def answer(self, who: Identified, talk: AgreementTalk) -> AgreementTold:
        """Take in what a member tells, and tell it what it asks.

        Raises:
            NotConfirmed: The operator has not confirmed it.
            AgreementNotTheirs: It speaks of what is not between it and this node.
            PolicyNotSupported: It offers terms that this node cannot keep to.
            PolicyInvalid: They are not complete.
            TooManyAgreements: It tells of more than is kept of one member.
        """
        if not who.is_confirmed or who.for_anybody:
            raise NotConfirmed
        parties = self._parties(who.member)
        async with self._governance.turn:
            await self._take(parties, talk.kept, taken=False)
            await self._merge(parties, talk.signed)
        wanted = {*talk.asked, *(one.id for one in talk.signed)}
        return AgreementTold(kept=self._kept_for(parties, wanted))

    def _talks(self) -> list[tuple[str, AgreementTalk]]:
        """Say what is to be told to which member."""
        own = self._governance.rules.own
        kept: dict[str, list[Agreement]] = {}
        copies: dict[str, list[Agreement]] = {}
        for one in self._governance.agreements.all().values():
            member = one.home or other_member(one, own)
            if member is not None:
                (copies if one.home else kept).setdefault(member, []).append(one)
        found: list[tuple[str, AgreementTalk]] = []
        for member in sorted(kept.keys() | copies.keys()):
            parties = self._parties(member)
            sent = self._sent.get(member, {})
            unsent = pending(kept.get(member, ()), sent)
            theirs = copies.get(member, [])
            talk = AgreementTalk(
                kept=tuple(parties.outward(one) for one in unsent[:MOST_AGREEMENTS]),
                signed=tuple(
                    parties.outward(one) for one in pending(theirs, self._told)[:MOST_AGREEMENTS]
                ),
                asked=tuple(sorted({one.id for one in theirs}))[:MOST_AGREEMENTS],
            )
            if talk != AgreementTalk():
                found.append((member, talk))
        return found

    async def _talk_to(self, member: Peer, talk: AgreementTalk) -> None:
        try:
            told = await self._ask(member, talk)
        except HanzeError as error:
            _log.warning("Agreements with %s are not confirmed: %s", member.name, error)
            return
        parties = self._parties(member.id)
        sent = self._sent.setdefault(member.id, {})
        for one in talk.kept:
            sent[one.id, one.version] = mark_of(parties.inward(one))
        try:
            async with self._governance.turn:
                await self._take(parties, told.kept, taken=True)
                self._confirm(talk.asked, told.kept)
        except HanzeError as error:
            _log.warning("What %s tells of agreements is refused: %s", member.name, error)

    async def _ask(self, member: Peer, talk: AgreementTalk) -> AgreementTold:
        url = member.url + AGREEMENTS
        body = msgspec.json.encode(talk)
        headers = self._requests.signed("POST", url, {}, body)
        answer = await self._peers.send(
            PeerRequest(
                registration_id=member.url,
                method="POST",
                url=url,
                headers=(("content-type", "application/json"), *headers.items()),
                body=body,
                timeout_s=self._league.limits.timeout_s,
            )
        )
        if answer.status != 200:
            raise AgreementsUnheard(f"it answers {answer.status}")
        try:
            return msgspec.json.decode(answer.body, type=AgreementTold)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise AgreementsUnheard("its answer cannot be read") from None

    async def _take(self, parties: Parties, told: Sequence[Agreement], *, taken: bool) -> None:
        """Keep copies of what a home tells, and drop versions that it does not know."""
        kept = self._governance.agreements
        present = kept.all()
        changes: list[Change[Agreement]] = []
        named: set[_Version] = set()
        for one in told:
            known = [other for other in present.values() if other.id == one.id]
            if any(other.home != parties.member for other in known):
                raise AgreementNotTheirs(one.id)
            version = next((other for other in known if other.version == one.version), None)
            copy = copied(one, version, parties, taken=taken)
            named.add((copy.id, copy.version))
            if taken:
                self._told[copy.id, copy.version] = mark_of(copy)
            if copy != version:
                changes.append(Change(kept, copy))
        copies = {kept.key_of(one) for one in present.values() if one.home == parties.member}
        if len(copies | {kept.key_of(one.record) for one in changes}) > _MOST_COPIES:
            raise TooManyAgreements
        if taken:
            ids = {one.id for one in told}
            changes += [
                Change(kept, one, gone=True)
                for one in present.values()
                if one.id in ids and (one.id, one.version) not in named
            ]
        if changes:
            await self._keep(parties, "agreement.told", changes)

    async def _merge(self, parties: Parties, said: Sequence[Agreement]) -> None:
        """Add what the other party's people did to the agreements that have their home here."""
        kept = self._governance.agreements
        now = self._league.clock()
        changes: list[Change[Agreement]] = []
        for one in said:
            own = kept.get(kept.key_of(one))
            if own is None or own.home:
                continue
            try:
                made = merged(own, one, parties, now=now)
                if is_signed(made) and not is_signed(own):
                    # What is shared with members lies in the default tenant.
                    check_targets(made, self._governance.rules, "", now=now)
            except (Conflicting, InvalidInput) as error:
                # The answer tells the other how it stands.
                _log.warning("What a member did to %s does not hold: %s", own.id, error)
                continue
            if made != own:
                changes.append(Change(kept, made))
        if changes:
            await self._keep(parties, "agreement.heard", changes)

    def _confirm(self, asked: Iterable[str], told: Sequence[Agreement]) -> None:
        """Note which copies their home confirmed: the same version counts there, and holds."""
        versions = self._governance.agreements.all().values()
        confirmed = [
            agreement_id
            for agreement_id in asked
            if counts(
                [one for one in versions if one.id == agreement_id],
                [one for one in told if one.id == agreement_id],
            )
        ]
        self._governance.confirm(confirmed, self._league.clock())

    def _kept_for(self, parties: Parties, ids: set[str]) -> tuple[Agreement, ...]:
        return tuple(
            parties.outward(one)
            for one in self._governance.agreements.all().values()
            if one.id in ids and not one.home and parties.are_of(one)
        )[:MOST_AGREEMENTS]

    async def _keep(
        self, parties: Parties, name: str, changes: Sequence[Change[Agreement]]
    ) -> None:
        kept = self._governance.agreements
        account = AuditRecord(
            at=self._league.clock(),
            actor=f"peer:{parties.member}",
            name=name,
            about=tuple(kept.key_of(one.record) for one in changes),
        )
        await self._governance.change(*changes, account=account)

    def _parties(self, member: str) -> Parties:
        me = self._league.me()
        return Parties(self._governance.rules.own, "" if me is None else me.id, member)
