"""`/api/v1/league/peer`: what other nodes of the league ask this one.

Bodies are bounded, and how often one may ask is: strangers come here too.
"""

from typing import Annotated, Final

from msgspec import Meta

from hanze.governance.records.agreement import Agreement
from hanze.league.agreeing import AGREEMENTS
from hanze.league.agreements import MOST_AGREEMENTS, AgreementTalk
from hanze.league.gossip import EXCHANGE, JOIN, Exchange, ExchangeAnswer, Welcome
from hanze.league.invitation import Request
from hanze.league.model import Share
from hanze.league.signatures import SignatureRefused
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask, Taken
from hanze.web.signed import member_of_scope
from hanze.web.visitor import visitor_address

__all__ = ["ROUTES"]

_MOST_KB_JOIN: Final = 64
_MOST_KB_EXCHANGE: Final = 2_048


class Coming(Taken, frozen=True):
    """How a node comes with an invitation.

    Attributes:
        invitation: Names the invitation.
        record: Its signed statement of who it is.
        proof: The statement signed with the invitation's key.
    """

    invitation: Annotated[str, Meta(max_length=43)]
    record: Annotated[str, Meta(max_length=40_000)]
    proof: Annotated[str, Meta(max_length=100)]


class Welcomed(Answer, frozen=True):
    """What a node that comes is told.

    Attributes:
        record: The signed statement of who this node is.
    """

    record: str


class TellingShare(Taken, frozen=True):
    """Something that the other shares; types as IRIs."""

    types: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=5_000)] = ()
    scopes: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=100)] = ()


class Telling(Taken, frozen=True):
    """What a member tells.

    Attributes:
        summary: Of what it knows.
        shares: What it shares with this node.
        have: Marks of the statements that it knows.
        statements: That this node may lack, signed by those who made them.
    """

    summary: Annotated[str, Meta(max_length=64)]
    shares: Annotated[tuple[TellingShare, ...], Meta(max_length=100)] = ()
    have: Annotated[tuple[Annotated[str, Meta(max_length=16)], ...], Meta(max_length=50_000)] = ()
    statements: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()


class Told(Answer, frozen=True):
    """What the member is told in return; members as of `Telling`."""

    summary: str
    have: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


class AgreementsSaid(Taken, frozen=True):
    """What a member says of agreements; organisations are called by the keys of their nodes.

    Attributes:
        kept: That have their home at the member.
        signed: That have their home here, as its people signed or revoked them.
        asked: Ids of those with their home here that it wants to know of.
    """

    kept: Annotated[tuple[Agreement, ...], Meta(max_length=MOST_AGREEMENTS)] = ()
    signed: Annotated[tuple[Agreement, ...], Meta(max_length=MOST_AGREEMENTS)] = ()
    asked: Annotated[
        tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=MOST_AGREEMENTS)
    ] = ()


class AgreementsKept(Answer, frozen=True):
    """How those stand that have their home here, all versions of each."""

    kept: tuple[Agreement, ...] = ()


async def come(ask: Ask) -> Welcomed:
    """Come with an invitation: the operator is still to confirm it."""
    address = visitor_address(ask.node, ask.request)
    ask.node.visitors.joining.take(address, now=ask.now)
    asked = await ask.body(Coming, most_kb=_MOST_KB_JOIN)
    request = Request(invitation=asked.invitation, record=asked.record, proof=asked.proof)
    welcome: Welcome = await ask.node.gossip.welcome(request)
    return Welcomed(record=welcome.record)


async def exchange(ask: Ask) -> Told:
    """Tell each other what members said; for members, who sign their requests."""
    member = member_of_scope(ask.request.scope)
    if member is None:
        raise SignatureRefused("incomplete", "who asks this must sign it")
    ask.node.visitors.exchanges.take("", subject=member.member, now=ask.now)
    told = await ask.body(Telling, most_kb=_MOST_KB_EXCHANGE)
    answer: ExchangeAnswer = await ask.node.gossip.answer(
        member,
        Exchange(
            summary=told.summary,
            shares=tuple(Share(one.types, one.scopes) for one in told.shares),
            have=told.have,
            statements=told.statements,
        ),
    )
    return Told(summary=answer.summary, have=answer.have, statements=answer.statements)


async def agree(ask: Ask) -> AgreementsKept:
    """Tell of agreements between two nodes, and ask whether they are still in force."""
    member = member_of_scope(ask.request.scope)
    if member is None:
        raise SignatureRefused("incomplete", "who asks this must sign it")
    ask.node.visitors.exchanges.take("", subject=member.member, now=ask.now)
    said = await ask.body(AgreementsSaid, most_kb=_MOST_KB_EXCHANGE)
    talk = AgreementTalk(kept=said.kept, signed=said.signed, asked=said.asked)
    told = await ask.node.agreements_between.answer(member, talk)
    return AgreementsKept(kept=told.kept)


ROUTES = (
    ApiRoute("POST", JOIN.removeprefix(PREFIX), come, Welcomed, body=Coming, limited=True),
    ApiRoute(
        "POST",
        AGREEMENTS.removeprefix(PREFIX),
        agree,
        AgreementsKept,
        body=AgreementsSaid,
        limited=True,
    ),
    ApiRoute("POST", EXCHANGE.removeprefix(PREFIX), exchange, Told, body=Telling, limited=True),
)
