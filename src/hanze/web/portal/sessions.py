"""Who is signed in to the portal: sessions on the server, a random id in a cookie.

The token with which somebody signed in stays in memory: it is in no cookie, address or log, and it
is verified anew at every request, so that revoking it ends the session at once.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hanze.identity.caller import Caller
from hanze.identity.tokens import TokenRefused, Tokens
from hanze.ngsild.moment import parse_datetime

__all__ = ["SESSION_COOKIE", "SESSION_S", "Sessions"]

SESSION_COOKIE: Final = "hanze-session"
#: A working day.
SESSION_S: Final = 8 * 3600
#: More at a time are not kept: the oldest ends.
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Session:
    secret: str
    ends_us: int


class Sessions:
    """The sessions of one node.

    Args:
        tokens: Verify what people sign in with.
        clock: Answers now as DateTime text.
    """

    def __init__(self, tokens: Tokens, clock: Callable[[], str]) -> None:
        self._tokens = tokens
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._kept: dict[str, _Session] = {}

    def start(self, secret: str) -> str:
        """Begin a session with a bearer token; return the session's id, for the cookie alone.

        Raises:
            TokenRefused: The token is unknown, revoked or expired.
        """
        now = self._clock()
        self._tokens.verify(secret, now=now)
        self._forget_ended(parse_datetime(now))
        while len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        session_id = secrets.token_urlsafe(32)
        ends = parse_datetime(now) + SESSION_S * 1_000_000
        self._kept[_digest(session_id)] = _Session(secret, ends)
        return session_id

    def caller(self, session_id: str) -> Caller | None:
        """Tell who is signed in; `None` when the session has ended, or its token with it."""
        session = self._kept.get(_digest(session_id))
        now = self._clock()
        if session is None or session.ends_us <= parse_datetime(now):
            return None
        try:
            return self._tokens.verify(session.secret, now=now)
        except TokenRefused:
            self.end(session_id)
            return None

    def end(self, session_id: str) -> None:
        """Sign out; an id that is unknown is none of anybody's."""
        self._kept.pop(_digest(session_id), None)

    def form_token(self, session_id: str) -> str:
        """Make what a form of this session carries, and no other site can read."""
        return hmac.new(self._key, session_id.encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, session_id: str, given: str) -> bool:
        return hmac.compare_digest(self.form_token(session_id).encode(), given.encode())

    def _forget_ended(self, now_us: int) -> None:
        for ended in [key for key, one in self._kept.items() if one.ends_us <= now_us]:
            del self._kept[ended]


def _digest(session_id: str) -> str:
    """What is kept opens no session."""
    return hashlib.sha256(session_id.encode()).hexdigest()
