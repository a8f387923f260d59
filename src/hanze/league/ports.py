"""What the league asks of the node that it is part of."""

from dataclasses import dataclass
from typing import Protocol

from hanze.league.identity import KeyPair

__all__ = ["Keys", "LeagueLimits"]


class Keys(Protocol):
    """Keeps the private keys of this node, where nobody else reads them."""

    def find(self, thumbprint: str) -> KeyPair | None:
        """Return a key; `None` where it is not there."""
        ...

    def keep(self, key: KeyPair) -> None:
        """Keep a key beside those there are."""
        ...

    def forget_others(self, thumbprint: str | None) -> None:
        """Forget all keys but one, or all."""
        ...


@dataclass(frozen=True, slots=True)
class LeagueLimits:
    """How far the league goes.

    Attributes:
        invitation_hours: How long an invitation serves.
        max_members: Members that are known at most, besides those that are trusted.
        clock_skew_s: By how much the clocks of two nodes may differ.
        overlap_hours: How long the key before a new one is still let in.
        forget_days: What nobody said again for so long is forgotten.
        timeout_s: For one request to a member.
    """

    invitation_hours: float = 48.0
    max_members: int = 1_000
    clock_skew_s: int = 60
    overlap_hours: float = 1.0
    forget_days: int = 90
    timeout_s: float = 10.0
