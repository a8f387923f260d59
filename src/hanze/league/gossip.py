"""Talks with other members: joining, and telling each other what members said.

Any two members tell each other everything, so that what one said reaches all, whoever is away; each
node talks to a few others at a time. Nothing that is heard counts by itself: statements are signed
by those who made them, and `membership` decides what follows.
"""

import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from hanze.broker.distribution.ports import PeerAnswer, PeerRequest, Peers, SourceFailed
from hanze.errors import Denied, HanzeError, Unavailable
from hanze.league.deciding import departure_of
from hanze.league.identity import KeyPair
from hanze.league.invitation import InvitationWrong, Invited, Request, read_token, request_with
from hanze.league.ledger import Ledger, ledger_of, mark_of, read_all, summary_of
from hanze.league.membership import AlreadyMember
from hanze.league.model import Contact, Me, Peer, Share
from hanze.league.requests import Identified, SignedRequests
from hanze.league.service import KeyMissing, League
from hanze.league.statements import Record, Statement, StatementRefused, read_statement

__all__ = [
    "EXCHANGE",
    "JOIN",
    "Exchange",
    "ExchangeAnswer",
    "Gossip",
    "JoinRefused",
    "NotConfirmed",
    "Welcome",
]

#: Where other members are asked, below their address.
JOIN: Final = "/api/v1/league/peer/join"
EXCHANGE: Final = "/api/v1/league/peer/exchange"

#: Members that are talked to at a time.
_FEW: Final = 3
#: And when something is urgent.
_MANY: Final = 64
_AT_ONCE: Final = 16
#: Characters of statements in one message; the rest goes with the next one.
_MESSAGE: Final = 512 * 1024
_MOST_STATEMENTS: Final = 1_000
_MOST_MARKS: Final = 50_000

Mark = Annotated[str, Meta(max_length=16)]
A = TypeVar("A", bound=msgspec.Struct)

# Who talks to whom is no secret; that everybody is talked to now and then is what matters.
_chance = random.Random()  # noqa: S311


class NotConfirmed(Denied):
    """A member asks that this node's operator has not confirmed."""

    def __init__(self) -> None:
        super().__init__("The operator of this node has not confirmed the member yet")


class JoinRefused(Unavailable):
    """The node that invited does not let this one in, or cannot be reached."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one member tells another.

    Attributes:
        summary: Of its ledger.
        shares: What it shares with the other.
        have: Marks of all statements that it knows, where the ledgers differ.
        statements: Those that the other lacks.
    """

    summary: Annotated[str, Meta(max_length=64)]
    shares: Annotated[tuple[Share, ...], Meta(max_length=100)] = ()
    have: Annotated[tuple[Mark, ...], Meta(max_length=_MOST_MARKS)] = ()
    statements: Annotated[tuple[str, ...], Meta(max_length=_MOST_STATEMENTS)] = ()


class ExchangeAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the other answers; members as of `Exchange`."""

    summary: Annotated[str, Meta(max_length=64)]
    have: Annotated[tuple[Mark, ...], Meta(max_length=_MOST_MARKS)] = ()
    statements: Annotated[tuple[str, ...], Meta(max_length=_MOST_STATEMENTS)] = ()


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a node that invited answers to one that joins: the statement of who it is."""

    record: str


class Gossip:
    """The conversation of this node with others.

    Args:
        league: What it knows and decided.
        requests: Signs.
        peers: Reaches other nodes.
    """

    def __init__(self, league: League, requests: SignedRequests, peers: Peers) -> None:
        self._league = league
        self._requests = requests
        self._peers = peers
        self._urgent = asyncio.Event()
        # What each member was last told that it may ask for.
        self._told: dict[str, tuple[Share, ...]] = {}

    def hurry(self) -> None:
        """Have everybody told soon."""
        self._urgent.set()

    async def pause(self, every_s: float) -> None:
        """Wait until it is time to talk again, or until something is urgent."""
        try:
            # Nodes that were started together must not all talk at the same moments.
            async with asyncio.timeout(every_s * _chance.uniform(0.7, 1.3)):
                await self._urgent.wait()
        except TimeoutError:
            return

    async def step(self) -> None:
        """Say what is due, and talk to some of the confirmed members."""
        urgent = self._urgent.is_set()
        self._urgent.clear()
        # The node may have ended between a decision and what follows from it.
        await self._league.register()
        if self._league.me() is None:
            return
        await self._league.follow_address()
        await self._league.change(lambda state: state)
        await self.talk(_MANY if urgent else _FEW)

    async def talk(self, most: int = _MANY) -> None:
        """Talk to some of the confirmed members, at the same time."""
        known, present = self._league.confirmed(), self._league.present_types()
        # First those to whom there is something new to offer.
        new = [
            one for one in known if self._told.get(one.id) != self._league.offer_to(one.id, present)
        ]
        others = [one for one in known if one not in new]
        chosen = [*new[:_MANY], *_chance.sample(others, min(most, len(others)))]
        await self._each(chosen)

    async def join(self, token: str) -> Peer:
        """Come with an invitation, and trust who gave it.

        Raises:
            InvitationWrong: The text is none.
            JoinRefused: The other node says no, cannot be reached, or is another one.
            NotFounded: This node has no name yet.
            AlreadyMember: It trusts the other one already, or is the one that invited.
        """
        invited = read_token(token)
        me = self._league.me()
        if me is not None and invited.url == me.url:
            raise AlreadyMember(
                "The invitation is of this node itself: the operator of the other node joins with it"
            )
        request = request_with(invited, self._league.record().text)
        try:
            answer = await self._send(invited.url + JOIN, msgspec.json.encode(request), {})
            welcome = _read(answer, Welcome)
            record = read_statement(welcome.record)
        except (SourceFailed, StatementRefused, JoinRefused) as error:
            raise JoinRefused(f"{invited.url} cannot be joined: {error}") from error
        _check_welcome(invited, record)
        joined = await self._league.trust(record)
        self.hurry()
        return joined

    async def welcome(self, request: Request) -> Welcome:
        """Let in who comes with an invitation; the operator is still to confirm it.

        Raises:
            StatementRefused: What it says of itself does not hold.
            InvitationUsedUp: The invitation does not serve.
            AlreadyMember: The node has decided about this member already.
        """
        record = read_statement(request.record)
        if not isinstance(record.said, Record):
            raise InvitationWrong("Who comes must say who it is", field="record")
        return Welcome(record=(await self._league.welcome(request, record)).text)

    async def answer(self, who: Identified, told: Exchange) -> ExchangeAnswer:
        """Take in what a member tells, and tell it what it lacks.

        Raises:
            NotConfirmed: The operator has not confirmed it.
        """
        if not who.is_confirmed:
            self._league.waiting.add(who.member)
            raise NotConfirmed
        self._met(who.member)
        await self._league.take_offer(who.member, told.shares)
        await self._hear(told.statements)
        ledger = self._league.state.ledger
        summary = summary_of(ledger)
        if summary == told.summary:
            return ExchangeAnswer(summary=summary)
        # Who names nothing only asks whether there is something to tell.
        lacking = _lacking(ledger, told.have) if told.have else ()
        return ExchangeAnswer(summary=summary, have=_marks(ledger), statements=lacking)

    async def rotate(self) -> Me:
        """Sign with a new key from now on, and tell everybody with the old one.

        Raises:
            NotFounded: The node is no member.
        """
        old, me = await self._league.rotate()
        statements = (self._league.record().text,)
        await self._each(self._league.confirmed(), statements=statements, key=old)
        return me

    async def leave(self) -> None:
        """Tell everybody that this node is a member no more, and forget the league.

        Raises:
            NotFounded: The node is no member.
        """
        try:
            key = self._league.key()
        except KeyMissing:
            # Who has lost its key can tell nobody that it goes.
            await self._league.leave()
            return
        said = departure_of(self._league.state, key, now=self._league.clock())
        members = self._league.confirmed()
        # First the decision: what comes back meanwhile must not find a member.
        await self._league.leave()
        await self._each(members, statements=(said.text,), key=key)

    async def _each(
        self,
        members: Sequence[Peer],
        *,
        statements: tuple[str, ...] = (),
        key: KeyPair | None = None,
    ) -> None:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(member: Peer) -> None:
            async with places:
                await self._talk_to(member, statements, key)

        await asyncio.gather(*(one(member) for member in members))

    async def _talk_to(
        self, member: Peer, statements: tuple[str, ...], key: KeyPair | None
    ) -> None:
        """Tell one member what it lacks; how that went is kept as contact."""
        started = time.monotonic()
        try:
            answer = await self._exchange(member, (), statements, key)
            latency_ms = (time.monotonic() - started) * 1000
            if not statements and answer.summary != summary_of(self._league.state.ledger):
                ledger = self._league.state.ledger
                lacking = _lacking(ledger, answer.have)
                answer = await self._exchange(member, _marks(ledger), lacking, key)
            if self._league.me() is not None:
                await self._hear(answer.statements)
        except HanzeError as error:
            known = self._league.contacts.get(member.id, Contact())
            failed = msgspec.structs.replace(known, error=str(error)[:200])
            self._league.contacts[member.id] = failed
        else:
            self._met(member.id, latency_ms)

    async def _exchange(
        self,
        member: Peer,
        have: tuple[str, ...],
        statements: tuple[str, ...],
        key: KeyPair | None,
    ) -> ExchangeAnswer:
        offer = self._league.offer_to(member.id, self._league.present_types())
        told = Exchange(
            summary=summary_of(self._league.state.ledger),
            shares=offer,
            have=have,
            statements=statements,
        )
        body = msgspec.json.encode(told)
        url = member.url + EXCHANGE
        headers = self._requests.signed("POST", url, {}, body, key=key)
        answer = _read(await self._send(url, body, headers), ExchangeAnswer)
        self._told[member.id] = offer
        return answer

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> PeerAnswer:
        answer = await self._peers.send(
            PeerRequest(
                # What failures are told of.
                registration_id=url.removesuffix(EXCHANGE).removesuffix(JOIN),
                method="POST",
                url=url,
                headers=(("content-type", "application/json"), *headers.items()),
                body=body,
                timeout_s=self._league.limits.timeout_s,
            )
        )
        if answer.status != 200:
            raise JoinRefused(f"it answers {answer.status} ({_title(answer)})")
        return answer

    async def _hear(self, texts: Sequence[str]) -> None:
        state = self._league.state
        known = {one.text for one in state.ledger.values()}
        # Signatures of a thousand statements take a tenth of a second.
        heard = await asyncio.to_thread(read_all, texts, known)
        if heard:
            await self._league.hear(ledger_of(heard))

    def _met(self, member: str, latency_ms: float | None = None) -> None:
        known = self._league.contacts.get(member, Contact())
        self._league.contacts[member] = Contact(
            at=self._league.clock(),
            latency_ms=known.latency_ms if latency_ms is None else latency_ms,
        )


def _check_welcome(invited: Invited, record: Statement) -> None:
    """Compare who answers with who was to answer.

    Raises:
        JoinRefused: It is another one.
    """
    if record.key != invited.key or not isinstance(record.said, Record):
        raise JoinRefused(
            f"Another node answers at {invited.url} than the one that invited: "
            "its key is not that of the invitation"
        )


def _marks(ledger: Ledger) -> tuple[str, ...]:
    return tuple(mark_of(one.text) for one in ledger.values())[:_MOST_MARKS]


def _lacking(ledger: Ledger, have: Iterable[str]) -> tuple[str, ...]:
    """Choose what to tell, up to the length of a message."""
    known = set(have)
    chosen: list[str] = []
    left = _MESSAGE
    for one in ledger.values():
        if mark_of(one.text) in known:
            continue
        left -= len(one.text)
        if left < 0 or len(chosen) == _MOST_STATEMENTS:
            break
        chosen.append(one.text)
    return tuple(chosen)


def _read(answer: PeerAnswer, kind: type[A]) -> A:
    """Read what another node answers.

    Raises:
        JoinRefused: It is something else.
    """
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise JoinRefused("its answer cannot be read") from None


def _title(answer: PeerAnswer) -> str:
    """Return what a problem says, as printable text of bounded length."""
    try:
        problem = msgspec.json.decode(answer.body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "no reason given"
    text = str(problem.get("detail") or problem.get("title") or "no reason given")
    return "".join(character for character in text if character.isprintable())[:200]
