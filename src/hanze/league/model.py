"""The members of the league as values: this node, and the others as it sees them."""

from enum import Enum

import msgspec

from hanze.ngsild.query.tree import Share

__all__ = ["Contact", "Me", "Peer", "Place", "Share", "Status"]

#: Longitude and latitude in degrees (WGS 84).
Place = tuple[float, float]


class Status(Enum):
    """What a node has decided about another one."""

    #: It came with an invitation of this node, and waits for the operator's word.
    INVITED = "invited"
    #: Others say that they know it; it gets what anybody gets.
    INTRODUCED = "introduced"
    CONFIRMED = "confirmed"
    BANNED = "banned"
    LEFT = "left"


class Me(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """This node as a member.

    Attributes:
        id: Thumbprint (RFC 7638) of the key that it was founded with; stays when keys rotate.
        key: Thumbprint of the key that signs now.
        name: How people call it; unlike those of the others.
        city: Name of its city.
        url: Under which others reach it, without a slash at its end.
        alias: How it names itself in `Via` (contextSourceAlias).
        founded_at: DateTime text.
    """

    id: str
    key: str
    name: str
    city: str
    url: str
    alias: str
    founded_at: str
    place: Place | None = None


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How talking to a member went last.

    Attributes:
        at: DateTime text of the last time that it answered.
        latency_ms: How long that took.
        error: Why it did not answer, where that is what happened last.
    """

    at: str | None = None
    latency_ms: float | None = None
    error: str | None = None


class Peer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another member, as this node sees it.

    Attributes:
        id: Thumbprint of the key that it was founded with; stays when its keys rotate.
        key: Thumbprint of the key that it signs with.
        url: Under which it is reached, without a slash at its end.
        shares: What it says that it shares with this node; types as IRIs.
        since: DateTime text of the decision about it.
        introduced_by: Ids of the members that say they know it.
        advised_against_by: Ids of the members that banned it.
        is_disputed: Whether two keys claim to follow the same one: only the operators can say
            which is the right one.
        is_waiting: It trusts this node, and waits to be confirmed by it.
        reason: Why it was banned; nobody else is told.
    """

    id: str
    key: str
    name: str
    city: str
    url: str
    alias: str
    status: Status
    place: Place | None = None
    shares: tuple[Share, ...] = ()
    since: str | None = None
    contact: Contact = Contact()
    introduced_by: tuple[str, ...] = ()
    advised_against_by: tuple[str, ...] = ()
    is_disputed: bool = False
    is_waiting: bool = False
    reason: str | None = None
