"""Other nodes as a page shows them: who they are, whether they answer, what they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from hanze.league.identity import fingerprint_of
from hanze.league.membership import EVERYBODY
from hanze.league.model import Me, Peer, Place, Share, Status
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.site import Visit

__all__ = ["Answers", "Shared", "Standing", "shared_with", "sharing_apart", "standings", "things"]

#: Types that are named one by one; a list of hundreds says as little as their number.
_NAMED = 8


class Answers(Enum):
    """How talking to a member went last; the value names a CSS class."""

    YES = "good"
    NO = "bad"
    UNKNOWN = "waiting"


@dataclass(frozen=True, slots=True)
class Shared:
    """Something that is shared, in words.

    Attributes:
        types: Names of types; empty for all.
        more: So many types are not named.
        scopes: Empty for all.
    """

    types: tuple[str, ...]
    more: int
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Another node.

    Attributes:
        heard: When it answered last.
        error: Why it did not answer; only operators see it.
        portal: Address of its pages.
        introduced_by: Names of members that know it.
        warned_by: Names of members that banned it.
    """

    peer: Peer
    fingerprint: str
    place: Place | None
    answers: Answers
    heard: datetime | None
    latency_ms: float | None
    error: str
    shares: tuple[Shared, ...]
    portal: str
    introduced_by: tuple[str, ...]
    warned_by: tuple[str, ...]

    @property
    def status(self) -> str:
        return self.peer.status.value

    @property
    def waits(self) -> bool:
        """Whether the operator of this node has something to decide."""
        waiting = self.peer.is_waiting and self.peer.status is Status.INTRODUCED
        return self.peer.status is Status.INVITED or waiting


def standings(visit: Visit) -> list[Standing]:
    """List the other nodes: those that are trusted first, then by name."""
    node = visit.site.node
    peers = node.league.peers()
    me = node.league.me()
    names = {one.id: one.name for one in peers} | ({} if me is None else {me.id: me.name})
    told = "operator" in visit.caller.roles
    found = [_standing(visit, one, names, told=told) for one in peers]
    return sorted(found, key=lambda one: _ORDER.index(one.peer.status))


def shared_with(visit: Visit, me: Me | None) -> tuple[Shared, ...]:
    """Say what this node shares with all members."""
    state = visit.site.node.league.state
    return () if me is None else things(visit, state.shares_with(EVERYBODY))


def sharing_apart(visit: Visit, rows: Sequence[Standing]) -> list[tuple[str, tuple[Shared, ...]]]:
    """Say what single members get besides, by their names."""
    sharing = visit.site.node.league.state.sharing
    return [
        (one.peer.name, things(visit, sharing[one.peer.id]))
        for one in rows
        if one.peer.id in sharing
    ]


def things(visit: Visit, shares: Sequence[Share]) -> tuple[Shared, ...]:
    """Put what is shared into words."""
    return tuple(
        Shared(
            types=tuple(visit.language.words("type", iri) for iri in one.types[:_NAMED]),
            more=max(0, len(one.types) - _NAMED),
            scopes=one.scopes,
        )
        for one in shares
    )


_ORDER = (Status.INVITED, Status.CONFIRMED, Status.INTRODUCED, Status.BANNED, Status.LEFT)


def _standing(visit: Visit, peer: Peer, names: dict[str, str], *, told: bool) -> Standing:
    contact = peer.contact
    trusted = peer.status is Status.CONFIRMED
    return Standing(
        peer=peer,
        fingerprint=fingerprint_of(peer.key),
        place=peer.place,
        answers=_answers(peer) if trusted else Answers.UNKNOWN,
        heard=parse_moment(contact.at),
        latency_ms=contact.latency_ms if trusted else None,
        error=(contact.error or "") if told else "",
        shares=things(visit, peer.shares) if trusted else (),
        portal=f"{peer.url}/{visit.language.code}/",
        introduced_by=tuple(names[one] for one in peer.introduced_by if one in names),
        warned_by=tuple(names[one] for one in peer.advised_against_by if one in names),
    )


def _answers(peer: Peer) -> Answers:
    if peer.contact.error is not None:
        return Answers.NO
    return Answers.UNKNOWN if peer.contact.at is None else Answers.YES
