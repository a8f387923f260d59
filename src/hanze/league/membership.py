"""What a node has decided about the league, and how that changes (pure).

Each change is a function from a state to the next one; the service keeps what differs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from hanze.errors import Conflicting, NotFound
from hanze.league.identity import fingerprint_of, thumbprint_of
from hanze.league.invitation import Invitation
from hanze.league.ledger import Ledger, LedgerLimits, merge, newest_records, pruned
from hanze.league.model import Me, Share, Status
from hanze.league.statements import Departure, Opinion, Record, Statement

__all__ = [
    "EVERYBODY",
    "AlreadyMember",
    "Founded",
    "MemberAmbiguous",
    "NoSuchMember",
    "NotFounded",
    "State",
    "Trust",
    "absorbed",
    "decided",
    "founded_of",
    "record_of",
    "trust_named",
]

#: In `State.sharing`: what is shared with every member.
EVERYBODY: Final = ""
_EVERYTHING: Final = (Share(),)
#: Digits of a fingerprint that name a member; fewer could be those of several.
_FEWEST_DIGITS: Final = 10


class NotFounded(Conflicting):
    """The node takes part in no league yet."""

    def __init__(self) -> None:
        super().__init__("This node has no name in the league: `hanze league found` gives it one")


class AlreadyMember(Conflicting):
    """The node has a name in the league already, or the other is known to it."""


class NoSuchMember(NotFound):
    """No member is known by this name or fingerprint."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No member of the league is known as {name[:100]}; `hanze league peers` lists all"
        )
        self.field = "member"


class MemberAmbiguous(Conflicting):
    """Several members have this name; fingerprints tell them apart."""

    def __init__(self, name: str, fingerprints: list[str]) -> None:
        super().__init__(
            f"Several keys are known as {name[:100]}: {'; '.join(fingerprints[:5])}; "
            "the whole fingerprint says which is meant"
        )
        self.field = "member"


class Founded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """This node as a member, and what its statements need.

    Attributes:
        chain: Rotations of its keys (`Statement`).
        sequence: Of its last statement.
        own_url: Whether the operator named the URL; else it follows the address of the node.
    """

    me: Me
    chain: tuple[str, ...] = ()
    sequence: int = 0
    own_url: bool = False


class Trust(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What this node has decided about another one.

    Attributes:
        record: The newest statement of it under the key that is trusted.
        since: DateTime text of the decision.
        followed: The public key before, while requests that it signed are still let in.
        followed_until: DateTime text.
        offer: What it says that it shares with this node.
    """

    record: str
    status: Status
    since: str
    followed: str | None = None
    followed_until: str | None = None
    offer: tuple[Share, ...] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a node knows of the league.

    Attributes:
        trusts: Decisions by id of the member.
        records: The statements that `trusts` name, read.
        ledger: What members said, of those who are not trusted too.
        invitations: Those that are open or were used, by their names.
        sharing: What this node shares, by id of the member; `EVERYBODY`: with all.
    """

    founded: Founded | None = None
    trusts: Mapping[str, Trust] = field(default_factory=dict)
    records: Mapping[str, Statement] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=dict)
    invitations: Mapping[str, Invitation] = field(default_factory=dict)
    sharing: Mapping[str, tuple[Share, ...]] = field(default_factory=dict)

    def shares_with(self, member: str) -> tuple[Share, ...]:
        """List what the node shares with a member: what all get, and what it gets besides."""
        general = self.sharing.get(EVERYBODY, _EVERYTHING)
        own = () if member == EVERYBODY else self.sharing.get(member, ())
        return tuple(dict.fromkeys((*general, *own)))

    def roots(self) -> dict[str, str | None]:
        """Say from whom ways of introductions begin, for `pruned`."""
        found: dict[str, str | None] = {}
        if self.founded is not None:
            found[self.founded.me.id] = self.founded.me.key
        for member, trust in self.trusts.items():
            confirmed = trust.status is Status.CONFIRMED
            found[member] = self.records[member].key if confirmed else None
        return found


def founded_of(state: State) -> Founded:
    """Return this node as a member.

    Raises:
        NotFounded: It is none.
    """
    if state.founded is None:
        raise NotFounded
    return state.founded


def record_of(state: State, founded: Founded, *, now: str) -> Record:
    """Say who this node is."""
    me = founded.me
    return Record(
        by=me.id,
        chain=founded.chain,
        at=now,
        sequence=founded.sequence,
        name=me.name,
        city=me.city,
        url=me.url,
        alias=me.alias,
        place=me.place,
        shares=state.shares_with(EVERYBODY)[:20],
    )


def trust_named(state: State, name: str) -> Statement:
    """Find the record of a member by its name, id, fingerprint, or the first digits of that.

    Raises:
        NoSuchMember: Nobody is known so.
        MemberAmbiguous: Several are.
    """
    own = None if state.founded is None else state.founded.me.id
    known: dict[tuple[str, str], Statement] = {}
    for member, records in newest_records(state.ledger).items():
        if member != own and member not in state.records:
            known |= {(member, one.key): one for one in records}
    known |= {(member, one.key): one for member, one in state.records.items()}
    wanted = name.strip()
    # Anybody may call itself as another's fingerprint reads: whole keys go before names.
    found = [one for one in known.values() if _is_named(one, wanted)] or [
        one for one in known.values() if _is_called(one, wanted)
    ]
    if not found:
        raise NoSuchMember(name)
    if len(found) > 1:
        raise MemberAmbiguous(name, [fingerprint_of(one.key) for one in found])
    return found[0]


def _is_named(record: Statement, name: str) -> bool:
    whole = fingerprint_of(record.key).replace(" ", "")
    return name in (record.said.by, record.key) or _digits(name) == whole


def _is_called(record: Statement, name: str) -> bool:
    said = record.said
    if not isinstance(said, Record):
        return False
    digits = _digits(name)
    by_digits = digits.isdecimal() and len(digits) >= _FEWEST_DIGITS
    return name.casefold() == said.name.casefold() or (
        by_digits and fingerprint_of(record.key).replace(" ", "").startswith(digits)
    )


def _digits(name: str) -> str:
    return name.replace(" ", "").replace("-", "")


def decided(
    state: State, record: Statement, status: Status, *, now: str, reason: str | None = None
) -> State:
    """Keep a decision about a member."""
    member = record.said.by
    known = state.trusts.get(member)
    trust = Trust(
        record=record.text,
        status=status,
        since=now,
        offer=known.offer if known is not None else None,
        reason=reason,
    )
    return replace(
        state,
        trusts={**state.trusts, member: trust},
        records={**state.records, member: record},
    )


def absorbed(
    state: State, heard: Ledger, limits: LedgerLimits, *, now: str, followed_until: str
) -> State:
    """Take in what members said: new records and keys of those who are trusted, and departures.

    Args:
        heard: Statements whose signatures hold.
        now: DateTime text.
        followed_until: DateTime text until which the key before a new one serves.
    """
    merged = merge(state.ledger, heard)
    trusts, records = dict(state.trusts), dict(state.records)
    said = _by_member(merged)
    for member, known in state.records.items():
        trust = trusts[member]
        if trust.status is Status.LEFT:
            continue
        theirs = [one for one in said.get(member, ()) if _continues(known, one)]
        if any(isinstance(one.said, Departure) for one in theirs):
            trusts[member] = msgspec.structs.replace(trust, status=Status.LEFT, since=now)
            continue
        newest = _newest_of(theirs, known)
        if newest is not known:
            records[member] = newest
            trusts[member] = _following(trust, known, newest, followed_until)
    after = replace(state, trusts=trusts, records=records)
    return replace(after, ledger=pruned(merged, after.roots(), limits))


def _following(trust: Trust, before: Statement, after: Statement, until: str) -> Trust:
    if before.key == after.key:
        return msgspec.structs.replace(trust, record=after.text)
    return msgspec.structs.replace(
        trust, record=after.text, followed=before.holders[-1], followed_until=until
    )


def _continues(known: Statement, other: Statement) -> bool:
    """Tell whether a statement is of the key of a record, or of one that follows it."""
    return other.said.by == known.said.by and known.key in map(thumbprint_of, other.holders)


def _by_member(ledger: Ledger) -> dict[str, list[Statement]]:
    found: dict[str, list[Statement]] = {}
    for one in ledger.values():
        if not isinstance(one.said, Opinion):
            found.setdefault(one.said.by, []).append(one)
    return found


def _newest_of(statements: Sequence[Statement], known: Statement) -> Statement:
    """Return the newest record that continues a known one; the first key that came is followed."""
    newer = [
        one
        for one in statements
        if isinstance(one.said, Record) and one.said.sequence > known.said.sequence
    ]
    return max(
        newer, key=lambda one: (len(one.holders), one.said.sequence, one.text), default=known
    )
