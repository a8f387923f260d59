"""What operators decide: each decision is a function from a state to the next one (pure)."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from hanze.errors import Conflicting
from hanze.league.identity import KeyPair
from hanze.league.invitation import Invitation, Request, accept_request
from hanze.league.membership import (
    AlreadyMember,
    Founded,
    State,
    decided,
    founded_of,
    trust_named,
)
from hanze.league.model import Me, Place, Share, Status
from hanze.league.speaking import next_sequence
from hanze.league.statements import (
    LONGEST_CHAIN,
    Departure,
    Record,
    Statement,
    StatementRefused,
    make_rotation,
    make_statement,
)

__all__ = [
    "NothingToConfirm",
    "banned",
    "changed",
    "confirmed",
    "departure_of",
    "founded",
    "invited",
    "joined",
    "member_named",
    "offered",
    "rotated",
    "shared",
    "unbanned",
    "welcomed",
]

#: Invitations that are kept: those that expire last.
_MOST_INVITATIONS = 200


class NothingToConfirm(Conflicting):
    """A member was banned, or left: confirming it is another decision than this one."""


def founded(state: State, me: Me, *, own_url: bool) -> State:
    """Give the node a name in the league.

    Raises:
        AlreadyMember: It has one.
    """
    if state.founded is not None:
        raise AlreadyMember(
            f"This node is {state.founded.me.name} in the league already; "
            "`hanze league change` changes what it says of itself"
        )
    return replace(state, founded=Founded(me=me, own_url=own_url))


def changed(
    state: State,
    *,
    name: str | None = None,
    city: str | None = None,
    url: str | None = None,
    place: Place | None = None,
    own_url: bool | None = None,
) -> State:
    """Change what the node says of itself; `None` leaves a thing as it is."""
    known = founded_of(state)
    given = {"name": name, "city": city, "url": url, "place": place}
    me = msgspec.structs.replace(known.me, **{k: v for k, v in given.items() if v is not None})
    own = known.own_url if own_url is None else own_url
    return replace(state, founded=msgspec.structs.replace(known, me=me, own_url=own))


def invited(state: State, invitation: Invitation, name: str, *, now: str) -> State:
    """Keep an invitation that was made, and forget those that expired."""
    founded_of(state)
    open_ones = [
        (one, kept) for one, kept in state.invitations.items() if kept.expires_at > now
    ] + [(name, invitation)]
    newest = sorted(open_ones, key=lambda pair: pair[1].expires_at)[-_MOST_INVITATIONS:]
    return replace(state, invitations=dict(newest))


def welcomed(state: State, request: Request, record: Statement, *, now: str) -> State:
    """Let in who comes with an invitation: the operator is still to confirm it.

    Args:
        record: The statement of the request, read.

    Raises:
        InvitationUsedUp: The invitation does not serve.
        AlreadyMember: The node has decided about this member already.
        StatementRefused: What it says of itself is no record.
    """
    known = founded_of(state)
    invitation = state.invitations.get(request.invitation)
    accept_request(invitation, request, now=now)
    if invitation is None or not isinstance(record.said, Record):
        raise StatementRefused("Who comes must say who it is")
    member = record.said.by
    trust = state.trusts.get(member)
    if member == known.me.id or (trust is not None and trust.status is not Status.INTRODUCED):
        raise AlreadyMember("This node has decided about the member that comes already")
    used = msgspec.structs.replace(invitation, used_by=member)
    after = replace(state, invitations={**state.invitations, request.invitation: used})
    return decided(after, record, Status.INVITED, now=now)


def joined(state: State, record: Statement, *, now: str) -> State:
    """Trust the member that invited this node.

    Raises:
        AlreadyMember: It is the node itself, or it trusts this member already.
        NothingToConfirm: It was banned, or it left.
    """
    known = founded_of(state)
    member = record.said.by
    if member == known.me.id:
        raise AlreadyMember("The invitation is of this node itself")
    return _confirmed(state, record, now=now)


def confirmed(state: State, name: str, *, now: str) -> State:
    """Trust a member that came with an invitation, or that others introduced.

    Raises:
        NoSuchMember: Nobody is known so.
        MemberAmbiguous: Several are, or several keys of one.
        AlreadyMember: It is trusted already.
        NothingToConfirm: It was banned, or it left.
    """
    founded_of(state)
    return _confirmed(state, trust_named(state, name), now=now)


def _confirmed(state: State, record: Statement, *, now: str) -> State:
    trust = state.trusts.get(record.said.by)
    if trust is not None and trust.status is Status.CONFIRMED:
        raise AlreadyMember("This member is confirmed already")
    if trust is not None and trust.status in (Status.BANNED, Status.LEFT):
        how = "was banned; `hanze league unban` lifts that" if trust.reason is not None else "left"
        raise NothingToConfirm(f"This member {how}")
    return decided(state, record, Status.CONFIRMED, now=now)


def member_named(state: State, name: str) -> str:
    """Return the id of a member (`trust_named`)."""
    return trust_named(state, name).said.by


def banned(state: State, name: str, *, reason: str, now: str) -> State:
    """Refuse whatever a member signs from now on.

    Raises:
        NoSuchMember: Nobody is known so.
        MemberAmbiguous: Several are.
    """
    founded_of(state)
    return decided(state, trust_named(state, name), Status.BANNED, now=now, reason=reason)


def unbanned(state: State, name: str, *, now: str) -> State:
    """Take back a ban: the member is one that others introduce, until it is confirmed.

    Raises:
        NoSuchMember: Nobody is known so.
        NothingToConfirm: It is not banned.
    """
    record = trust_named(state, name)
    trust = state.trusts.get(record.said.by)
    if trust is None or trust.status is not Status.BANNED:
        raise NothingToConfirm("This member is not banned")
    return decided(state, record, Status.INTRODUCED, now=now)


def rotated(state: State, old: KeyPair, new: KeyPair, *, now: str) -> State:
    """Sign with a new key from now on, which the old one signed.

    Raises:
        NothingToConfirm: The chain of keys is as long as it may be.
    """
    known = founded_of(state)
    if len(known.chain) >= LONGEST_CHAIN:
        raise NothingToConfirm(
            f"The keys were rotated {LONGEST_CHAIN} times: the node leaves, and is founded again"
        )
    link = make_rotation(known.me.id, new, old, at=now)
    me = msgspec.structs.replace(known.me, key=new.thumbprint)
    return replace(state, founded=msgspec.structs.replace(known, me=me, chain=(*known.chain, link)))


def shared(state: State, member: str, shares: Sequence[Share] | None) -> State:
    """Share things with a member, or with all (`EVERYBODY`); `None` is as it was in the beginning."""
    founded_of(state)
    sharing = {one: kept for one, kept in state.sharing.items() if one != member}
    if shares is not None:
        sharing[member] = tuple(dict.fromkeys(shares))
    return replace(state, sharing=sharing)


def offered(state: State, member: str, offer: tuple[Share, ...]) -> State:
    """Keep what a member says that it shares with this node."""
    trust = state.trusts.get(member)
    if trust is None:
        return state
    heard = msgspec.structs.replace(trust, offer=offer)
    return replace(state, trusts={**state.trusts, member: heard})


def departure_of(state: State, key: KeyPair, *, now: str) -> Statement:
    """Say that this node is a member no more."""
    known = founded_of(state)
    said = Departure(by=known.me.id, chain=known.chain, at=now, sequence=next_sequence(known, now))
    return make_statement(said, key)
