"""Passwords: what may be one, and how it is kept (argon2id, RFC 9106).

Made and compared in tens of milliseconds on purpose: callers in an event loop use a thread.
"""

from functools import cache
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hanze.errors import InvalidInput

__all__ = ["LONGEST", "SHORTEST", "PasswordUnfit", "check_password", "hash_password", "is_password"]

SHORTEST: Final = 12
#: Longer ones are refused, not cut.
LONGEST: Final = 256
_DIFFERENT: Final = 5

#: RFC 9106, 4, second recommendation: 64 MiB, three passes.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


class PasswordUnfit(InvalidInput):
    """A password is too easy to guess.

    Attributes:
        reason: "short", "long", "plain" or "named".
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, field="password")
        self.reason = reason


def check_password(password: str, *, names: tuple[str, ...] = ()) -> None:
    """Refuse a password that is easy to guess; which characters it has is free.

    Args:
        names: Of the account and the node: the password must not be made of them.

    Raises:
        PasswordUnfit: It is.
    """
    if len(password) < SHORTEST:
        raise PasswordUnfit("short", f"A password must have at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise PasswordUnfit("long", f"A password must have at most {LONGEST} characters")
    plain = password.casefold()
    if len(set(plain)) < _DIFFERENT or _is_run(plain) or _repeats(plain):
        raise PasswordUnfit("plain", "A password must not be a row or a repetition of characters")
    for name in names:
        rest = plain.replace(name.casefold(), "") if len(name) >= 3 else plain
        if len(rest) < SHORTEST - 6:
            raise PasswordUnfit("named", "A password must not be made of a name")


def hash_password(password: str) -> str:
    """Return what is kept of a password: the parameters, a salt and the hash."""
    return _HASHER.hash(password)


def is_password(kept: str, password: str) -> bool:
    """Compare a password with what is kept; as slow where nothing is kept.

    Args:
        kept: Of `hash_password`; "" where there is no password.
    """
    try:
        return _HASHER.verify(kept or _nobody(), password[: LONGEST + 1]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Give the hash of nothing: whoever names no account waits as long as others."""
    return _HASHER.hash("\x00")


def _is_run(text: str) -> bool:
    """Whether each character follows the one before it: 123456789012, abcdefghijkl."""
    steps = {(ord(b) - ord(a)) % 10 for a, b in pairwise(text)}
    return len(steps) == 1


def _repeats(text: str) -> bool:
    """Whether it is one part over and over: abcdabcdabcd."""
    return any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, 5))
