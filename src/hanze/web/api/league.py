"""`/api/v1/league`: who this node is among others, whom it trusts, and what it shares.

Who the members are is for everybody to read; what is decided about them is for operators.
"""

from typing import Annotated, Final

from msgspec import Meta
from starlette.responses import Response

from hanze.league.identity import fingerprint_of
from hanze.league.membership import EVERYBODY
from hanze.league.model import Contact, Me, Peer, Share
from hanze.league.statements import Line
from hanze.ngsild.context import CORE
from hanze.ngsild.vocabulary import HANZE, HANZE_VOCABULARY
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_operator

__all__ = ["ROUTES"]

Place = Annotated[
    tuple[float, ...],
    Meta(description="Longitude and latitude in degrees.", min_length=2, max_length=2),
]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Url = Annotated[str, Meta(min_length=1, max_length=200)]


class ThisMember(Answer, frozen=True):
    """This node as a member.

    Attributes:
        id: Names it for good.
        fingerprint: Of its key; operators read it to each other.
        name: How people call it.
        city: Name of its city.
        url: Under which others reach it.
        alias: How it names itself in `Via`.
        place: Longitude and latitude.
        founded_at: When it got its name.
    """

    id: str
    fingerprint: str
    name: str
    city: str
    url: str
    alias: str
    founded_at: str
    place: Place | None = None


class MaybeMember(Answer, frozen=True):
    """This node in the league.

    Attributes:
        member: Who it is, once it was founded.
    """

    member: ThisMember | None = None


class Founding(Taken, frozen=True):
    """What a node is called.

    Attributes:
        name: How people call it; unlike those of the others.
        city: Name of its city.
        url: Under which others reach it; else the address that it listens on.
        place: Longitude and latitude.
    """

    name: Line
    city: Line
    url: Url | None = None
    place: Place | None = None


class Renaming(Taken, frozen=True):
    """What changes; the rest stays as it is. Members as of founding."""

    name: Line | None = None
    city: Line | None = None
    url: Url | None = None
    place: Place | None = None


class InvitationMade(Answer, frozen=True):
    """An invitation to give away.

    Attributes:
        token: Its text: whoever has it can ask to be let in, once.
        expires_at: When it serves no more.
        fingerprint: Of this node, to read to who is invited.
    """

    token: str
    expires_at: str
    fingerprint: str


class Joining(Taken, frozen=True):
    """An invitation that another node gave.

    Attributes:
        token: Its text.
    """

    token: Annotated[str, Meta(max_length=2_000)]


class Named(Taken, frozen=True):
    """Which member.

    Attributes:
        member: Its name, id or fingerprint, or the first ten digits of that.
    """

    member: Name


class Banning(Named, frozen=True):
    """Which member is banned, and why.

    Attributes:
        reason: For the operators of this node.
    """

    reason: Annotated[str, Meta(max_length=500)] = ""


class SharedThing(Taken, frozen=True):
    """Something that is shared.

    Attributes:
        types: Types of entities, as IRIs or as terms of Hanze's @context and of the standard's;
            empty for all.
        scopes: Scopes of entities, with those below them; empty for all.
    """

    types: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=200)] = ()
    scopes: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=50)] = ()


class Sharing(Taken, frozen=True):
    """What is shared, and with whom.

    Attributes:
        member: With this one besides; without it: with every member.
        shares: What; `null` for what it was in the beginning, nothing for nothing.
    """

    member: Name | None = None
    shares: Annotated[tuple[SharedThing, ...], Meta(max_length=20)] | None = None


class SharedWith(Answer, frozen=True):
    """What is shared with one member, or with all.

    Attributes:
        member: Id of the member; with every member where it is not there.
        shares: What.
    """

    shares: tuple[SharedThing, ...]
    member: str | None = None


class SharingNow(Answer, frozen=True):
    """Everything that is shared."""

    sharing: tuple[SharedWith, ...]


class Member(Answer, frozen=True):
    """Another member.

    Attributes:
        id: Names it for good.
        fingerprint: Of its key.
        status: "invited", "introduced", "confirmed", "banned" or "left".
        since: When that was decided.
        shares: What it says that it shares with this node.
        latency_ms: How long its last answer took.
        last_contact: When it was last heard of.
        error: Why it did not answer, where that happened last; for operators.
        introduced_by: Ids of members that say they know it.
        advised_against_by: Ids of members that banned it.
        is_disputed: Two keys claim to follow the same one.
        is_waiting: It trusts this node, and waits to be confirmed.
        reason: Why it was banned; for operators.
    """

    id: str
    fingerprint: str
    name: str
    city: str
    url: str
    alias: str
    status: str
    place: Place | None = None
    since: str | None = None
    shares: tuple[SharedThing, ...] = ()
    latency_ms: float | None = None
    last_contact: str | None = None
    error: str | None = None
    introduced_by: tuple[str, ...] = ()
    advised_against_by: tuple[str, ...] = ()
    is_disputed: bool = False
    is_waiting: bool = False
    reason: str | None = None


class Members(Answer, frozen=True):
    """All other members that are known, by name."""

    peers: tuple[Member, ...]


async def show_me(ask: Ask) -> MaybeMember:
    """Tell who this node is in the league."""
    me = ask.node.league.me()
    return MaybeMember(member=None if me is None else _me(me))


async def found(ask: Ask) -> ThisMember:
    """Give this node a name and a key."""
    require_operator(ask.caller)
    asked = await ask.body(Founding)
    return _me(
        await ask.node.league.found(
            name=asked.name, city=asked.city, url=asked.url, place=_place(asked.place)
        )
    )


async def rename(ask: Ask) -> ThisMember:
    """Change what this node says of itself; every member is told."""
    require_operator(ask.caller)
    asked = await ask.body(Renaming)
    me = await ask.node.league.move(
        name=asked.name, city=asked.city, url=asked.url, place=_place(asked.place)
    )
    ask.node.gossip.hurry()
    return _me(me)


async def invite(ask: Ask) -> InvitationMade:
    """Make an invitation: it serves once, for some days."""
    require_operator(ask.caller)
    token, expires_at = await ask.node.league.invite()
    key = ask.node.league.key().thumbprint
    return InvitationMade(token=token, expires_at=expires_at, fingerprint=fingerprint_of(key))


async def join(ask: Ask) -> Member:
    """Join with an invitation, and trust who gave it: it was compared by its fingerprint."""
    require_operator(ask.caller)
    asked = await ask.body(Joining)
    return _member(await ask.node.gossip.join(asked.token), told=True)


async def list_peers(ask: Ask) -> Members:
    """List the other members."""
    told = "operator" in ask.caller.roles
    return Members(peers=tuple(_member(one, told=told) for one in ask.node.league.peers()))


async def confirm(ask: Ask) -> Member:
    """Trust a member: its signature counts, and it is asked what it shares."""
    require_operator(ask.caller)
    peer = await ask.node.league.confirm((await ask.body(Named)).member)
    ask.node.gossip.hurry()
    return _member(peer, told=True)


async def ban(ask: Ask) -> Member:
    """Refuse a member from now on; others are told as advice."""
    require_operator(ask.caller)
    asked = await ask.body(Banning)
    peer = await ask.node.league.ban(asked.member, reason=asked.reason)
    ask.node.gossip.hurry()
    return _member(peer, told=True)


async def unban(ask: Ask) -> Member:
    """Take back a ban: the member can be confirmed again."""
    require_operator(ask.caller)
    peer = await ask.node.league.unban((await ask.body(Named)).member)
    ask.node.gossip.hurry()
    return _member(peer, told=True)


async def rotate(ask: Ask) -> ThisMember:
    """Sign with a new key from now on; every member is told."""
    require_operator(ask.caller)
    return _me(await ask.node.gossip.rotate())


async def leave(ask: Ask) -> Response:
    """Leave the league: every member is told, and the key is forgotten."""
    require_operator(ask.caller)
    await ask.node.gossip.leave()
    return Response(status_code=204)


async def show_sharing(ask: Ask) -> SharingNow:
    """List what is shared with whom."""
    require_operator(ask.caller)
    state = ask.node.league.state
    others = sorted(member for member in state.sharing if member != EVERYBODY)
    general = SharedWith(shares=_things(state.shares_with(EVERYBODY)))
    return SharingNow(
        sharing=(
            general,
            *(SharedWith(member=one, shares=_things(state.sharing[one])) for one in others),
        )
    )


async def share(ask: Ask) -> SharingNow:
    """Share things with a member, or with all."""
    require_operator(ask.caller)
    asked = await ask.body(Sharing)
    league = ask.node.league
    member = EVERYBODY if asked.member is None else league.named(asked.member)
    await league.share(member, None if asked.shares is None else _shares(asked.shares))
    ask.node.gossip.hurry()
    return await show_sharing(ask)


def _place(given: Place | None) -> tuple[float, float] | None:
    if given is None:
        return None
    longitude, latitude = given
    return longitude, latitude


def _me(me: Me) -> ThisMember:
    return ThisMember(
        id=me.id,
        fingerprint=fingerprint_of(me.key),
        name=me.name,
        city=me.city,
        url=me.url,
        alias=me.alias,
        founded_at=me.founded_at,
        place=me.place,
    )


def _member(peer: Peer, *, told: bool) -> Member:
    """Describe a member.

    Args:
        told: Whether who asks runs the node.
    """
    contact: Contact = peer.contact
    return Member(
        id=peer.id,
        fingerprint=fingerprint_of(peer.key),
        name=peer.name,
        city=peer.city,
        url=peer.url,
        alias=peer.alias,
        status=peer.status.value,
        place=peer.place,
        since=peer.since,
        shares=_things(peer.shares),
        latency_ms=None if contact.latency_ms is None else round(contact.latency_ms, 1),
        last_contact=contact.at,
        error=contact.error if told else None,
        introduced_by=peer.introduced_by,
        advised_against_by=peer.advised_against_by,
        is_disputed=peer.is_disputed,
        is_waiting=peer.is_waiting,
        reason=peer.reason if told else None,
    )


def _things(shares: tuple[Share, ...]) -> tuple[SharedThing, ...]:
    return tuple(
        SharedThing(types=tuple(map(HANZE.compact_name, one.types)), scopes=one.scopes)
        for one in shares
    )


def _shares(things: tuple[SharedThing, ...]) -> tuple[Share, ...]:
    return tuple(Share(tuple(map(_iri, one.types)), one.scopes) for one in things)


def _iri(name: str) -> str:
    """Expand the name of a type: a term of Hanze's own, or else as the standard's @context does."""
    return (HANZE if name in HANZE_VOCABULARY else CORE).expand_name(name)


_LEAGUE: Final = "/league"

ROUTES = (
    ApiRoute("GET", _LEAGUE, show_me, MaybeMember),
    ApiRoute("POST", _LEAGUE, found, ThisMember, body=Founding),
    ApiRoute("PATCH", _LEAGUE, rename, ThisMember, body=Renaming),
    ApiRoute("DELETE", _LEAGUE, leave, status=204),
    ApiRoute("POST", _LEAGUE + "/invitations", invite, InvitationMade),
    ApiRoute("POST", _LEAGUE + "/join", join, Member, body=Joining),
    ApiRoute("GET", _LEAGUE + "/peers", list_peers, Members),
    ApiRoute("POST", _LEAGUE + "/confirm", confirm, Member, body=Named),
    ApiRoute("POST", _LEAGUE + "/ban", ban, Member, body=Banning),
    ApiRoute("POST", _LEAGUE + "/unban", unban, Member, body=Named),
    ApiRoute("POST", _LEAGUE + "/rotate", rotate, ThisMember),
    ApiRoute("GET", _LEAGUE + "/sharing", show_sharing, SharingNow),
    ApiRoute("PUT", _LEAGUE + "/sharing", share, SharingNow, body=Sharing),
)
