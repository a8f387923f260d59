"""Who is signed in to the portal: sessions on the server, a random id in a cookie.

What somebody signed in with is looked at again at every request: a token that is revoked, or an
account that changed, ends the session at once. Nothing of it is in a cookie, address or log.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hanze.identity.account import Account
from hanze.identity.accounts import Accounts
from hanze.identity.caller import Caller
from hanze.identity.tokens import TokenRefused, Tokens
from hanze.ngsild.moment import parse_datetime

__all__ = ["Session", "Sessions", "cookie_name"]

_COOKIE: Final = "hanze-session"
#: More at a time are not kept: the oldest ends.
_MOST: Final = 10_000
_SECOND_US: Final = 1_000_000


def cookie_name(*, encrypted: bool) -> str:
    """Name the cookie; over HTTPS so that browsers let no other host set it (`__Host-`)."""
    return f"__Host-{_COOKIE}" if encrypted else _COOKIE


@dataclass(frozen=True, slots=True)
class Session:
    """One session.

    Attributes:
        token: With which somebody signed in; "" for another way.
        account: Id of the account; "" for another way.
        person: Whom an OpenID provider knows, without an account here.
        began_us: When they signed in, or showed anew who they are.
        used_us: When the last page was asked for.
        purpose: IRI of the purpose that was chosen.
    """

    token: str = ""
    account: str = ""
    person: Caller | None = None
    began_us: int = 0
    used_us: int = 0
    purpose: str | None = None


class Sessions:
    """The sessions of one node.

    Args:
        tokens: Verify what people sign in with.
        accounts: Of people.
        clock: Answers now as DateTime text.
        hours: After which a session ends.
        idle_minutes: Without a page, after which it does.
    """

    def __init__(
        self,
        tokens: Tokens,
        accounts: Accounts,
        clock: Callable[[], str],
        *,
        hours: float,
        idle_minutes: float,
    ) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._clock = clock
        self._longest_us = int(hours * 3600 * _SECOND_US)
        self._idle_us = int(idle_minutes * 60 * _SECOND_US)
        self._key = secrets.token_bytes(32)
        self._kept: dict[str, Session] = {}

    @property
    def longest_s(self) -> int:
        """Seconds after which a session ends, whatever happens in it."""
        return self._longest_us // _SECOND_US

    def start(self, secret: str) -> str:
        """Begin a session with a bearer token; return the session's id, for the cookie alone.

        Raises:
            TokenRefused: The token is unknown, revoked or expired.
        """
        self._tokens.verify(secret, now=self._clock())
        return self._keep(Session(token=secret))

    def start_account(self, account: Account) -> str:
        """Begin a session of the owner of an account."""
        return self._keep(Session(account=account.id))

    def start_person(self, person: Caller) -> str:
        """Begin a session of somebody whom an OpenID provider knows."""
        return self._keep(Session(person=person))

    def caller(self, session_id: str) -> Caller | None:
        """Tell who is signed in; `None` when the session has ended, or what it rests on."""
        session = self._current(session_id)
        return None if session is None else self._caller(session_id, session)

    def purpose(self, session_id: str) -> str | None:
        """Tell which purpose was chosen in a session."""
        session = self._current(session_id)
        return None if session is None else session.purpose

    def choose(self, session_id: str, purpose: str | None) -> None:
        """Choose the purpose of what follows in a session."""
        session = self._current(session_id)
        if session is not None:
            self._kept[_digest(session_id)] = replace(session, purpose=purpose)

    def account(self, session_id: str) -> Account | None:
        """Return the account of who is signed in with one."""
        session = self._current(session_id)
        if session is None or self._caller(session_id, session) is None:
            return None
        return self._accounts.get(session.account) if session.account else None

    def renew(self, session_id: str) -> str:
        """Give another id to who is signed in: what they may do, or what opens it, has changed."""
        session = self._kept.pop(_digest(session_id), None) or Session()
        return self._keep(session)

    def end(self, session_id: str) -> None:
        """Sign out; an id that is unknown is none of anybody's."""
        self._kept.pop(_digest(session_id), None)

    def form_token(self, session_id: str) -> str:
        """Make what a form of this session carries, and no other site can read."""
        return hmac.new(self._key, session_id.encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, session_id: str, given: str) -> bool:
        return hmac.compare_digest(self.form_token(session_id).encode(), given.encode())

    def _keep(self, session: Session) -> str:
        now_us = parse_datetime(self._clock())
        for ended in [key for key, one in self._kept.items() if self._is_over(one, now_us)]:
            del self._kept[ended]
        while len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        session_id = secrets.token_urlsafe(32)
        self._kept[_digest(session_id)] = replace(session, began_us=now_us, used_us=now_us)
        return session_id

    def _current(self, session_id: str) -> Session | None:
        """Return a session that goes on, and count that it is used."""
        key = _digest(session_id)
        session = self._kept.get(key)
        if session is None:
            return None
        now_us = parse_datetime(self._clock())
        if self._is_over(session, now_us):
            del self._kept[key]
            return None
        if now_us - session.used_us > _SECOND_US:
            session = replace(session, used_us=now_us)
            self._kept[key] = session
        return session

    def _is_over(self, session: Session, now_us: int) -> bool:
        too_long = session.began_us + self._longest_us <= now_us
        return too_long or session.used_us + self._idle_us <= now_us

    def _caller(self, session_id: str, session: Session) -> Caller | None:
        if session.person is not None:
            return session.person
        if session.account:
            account = self._accounts.get(session.account)
            if account is None or parse_datetime(account.changed_at) > session.began_us:
                self.end(session_id)
                return None
            return account.as_caller()
        try:
            return self._tokens.verify(session.token, now=self._clock())
        except TokenRefused:
            self.end(session_id)
            return None


def _digest(session_id: str) -> str:
    """What is kept opens no session."""
    return hashlib.sha256(session_id.encode()).hexdigest()
