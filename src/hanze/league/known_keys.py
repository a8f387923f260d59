"""Whose key signs a request, and what that says now (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

from hanze.errors import Denied
from hanze.league.identity import thumbprint_of
from hanze.league.ledger import newest_records
from hanze.league.membership import State, Trust
from hanze.league.model import Status
from hanze.league.statements import Statement

__all__ = ["KnownKey", "MemberRefused", "known_keys"]

_REFUSED = frozenset({Status.BANNED, Status.LEFT})


class MemberRefused(Denied):
    """A member that was banned, or that left, asks for something."""

    def __init__(self) -> None:
        super().__init__("This node refuses the member that signed the request")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key under which requests may come.

    Attributes:
        member: Id of its member.
        public: As base64url.
        until: DateTime text after which another key has followed for good.
    """

    member: str
    public: str
    status: Status
    until: str | None = None


def known_keys(state: State) -> Mapping[str, KnownKey]:
    """List the keys that are known, by their thumbprints; those that are refused among them."""
    found: dict[str, KnownKey] = {}
    for member, records in newest_records(state.ledger).items():
        if member not in state.trusts:
            for one in records:
                found[one.key] = KnownKey(member, one.holders[-1], Status.INTRODUCED)
    for member, trust in state.trusts.items():
        for key in _keys(member, trust, state.records[member]):
            found[thumbprint_of(key.public)] = key
    return found


def _keys(member: str, trust: Trust, record: Statement) -> list[KnownKey]:
    if trust.status in _REFUSED:
        # Whoever finds an old key of it is refused as well.
        return [KnownKey(member, public, trust.status) for public in record.holders]
    found = [KnownKey(member, record.holders[-1], trust.status)]
    if trust.followed is not None:
        found.append(KnownKey(member, trust.followed, trust.status, until=trust.followed_until))
    return found
