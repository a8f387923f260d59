"""Requests that came before: each nonce of a member serves once."""

from collections import deque
from typing import Final

from hanze.league.signatures import SignatureInput, SignatureRefused

__all__ = ["Nonces"]

#: Requests of one member within the life of a signature; it is the member's own to keep below it.
_MOST_OF_ONE: Final = 50_000
_LONGEST_NONCE: Final = 64


class Nonces:
    """Remembers the nonces of requests for as long as their signatures could serve again.

    Args:
        since_s: When the node began to remember, in seconds since 1970: what was signed before
            that may have been used already.
        skew_s: By how much the clocks of two nodes may differ.
    """

    def __init__(self, *, since_s: int, skew_s: int) -> None:
        self._since_s = since_s
        self._skew_s = skew_s
        self._known: dict[str, dict[str, int]] = {}
        self._ending: deque[tuple[int, str, str]] = deque()

    def take(self, signed: SignatureInput, *, now_s: int) -> None:
        """Let a request through whose signature holds, once.

        Raises:
            SignatureRefused: It came before, or may have come before the node started.
        """
        self._forget(now_s)
        if signed.created_s < self._since_s:
            raise SignatureRefused("replayed", "it is older than the start of this node")
        if len(signed.nonce) > _LONGEST_NONCE:
            raise SignatureRefused("malformed", "its nonce is too long")
        known = self._known.setdefault(signed.key_id, {})
        if signed.nonce in known:
            raise SignatureRefused("replayed", "its nonce came before")
        if len(known) >= _MOST_OF_ONE:
            raise SignatureRefused("busy", "this member sends too many requests a minute")
        # From now on, and not from its own time: what is kept then ends in the order it came in.
        until_s = max(signed.expires_s + self._skew_s, now_s) + 1
        known[signed.nonce] = until_s
        self._ending.append((until_s, signed.key_id, signed.nonce))

    def __len__(self) -> int:
        return sum(len(known) for known in self._known.values())

    def _forget(self, now_s: int) -> None:
        while self._ending and self._ending[0][0] < now_s:
            _, key_id, nonce = self._ending.popleft()
            known = self._known[key_id]
            del known[nonce]
            if not known:
                del self._known[key_id]
