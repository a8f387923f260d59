"""Bearer tokens: who may write to a node (RFC 6750).

A secret is 256 random bits, so its SHA-256 is stored as it is: there is nothing to guess that a
slow hash would protect.
"""

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hanze.errors import Conflicting, Denied, NotFound
from hanze.identity.caller import Caller
from hanze.identity.grant import Grant
from hanze.identity.kept_records import KeptRecords
from hanze.identity.roles import CONTRIBUTOR

__all__ = [
    "ALL_ROLES",
    "TOKEN_PREFIX",
    "TokenNotFound",
    "TokenRecord",
    "TokenRefused",
    "TokenTaken",
    "Tokens",
    "new_token",
]

#: Of a token that an operator makes.
ALL_ROLES = ("operator", "reader", "writer")

#: With which each begins: access tokens of clients begin otherwise.
TOKEN_PREFIX = "hanze_"  # noqa: S105  # how secrets begin, and none


class TokenRefused(Denied):
    """A bearer token is unknown, revoked or expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The bearer token is {reason}")
        self.reason = reason


class TokenNotFound(NotFound):
    """No token has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Token {name} does not exist; `hanze token list` shows the names")
        self.name = name


class TokenTaken(Conflicting):
    """A token that is neither revoked nor expired has the name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Token {name} already exists; another name is needed, or revoke it first")
        self.name = name


class TokenRecord(Grant, frozen=True, kw_only=True):
    """What is kept of a token; the times are DateTime text in UTC.

    Attributes:
        name: Becomes the caller's actor.
        digest: SHA-256 of the secret, hexadecimal.
        roles: Of the caller; what a record of before there were roles does not say is all of them.
    """

    name: str
    digest: str
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    roles: tuple[str, ...] = ALL_ROLES

    def state(self, now: str) -> str:
        """Tell whether the token is "active", "revoked" or "expired".

        Times compare as text, both being UTC with "Z": right to the second.
        """
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"


def new_token(
    name: str, *, expires_at: str | None, grant: Grant | None = None, now: str
) -> tuple[str, TokenRecord]:
    """Make a token.

    Args:
        grant: What it gives; `None`: every role of `ALL_ROLES`, for no organisation.

    Returns:
        The secret, which is shown once and not kept, and the record of it.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    given = grant or Grant(roles=ALL_ROLES)
    record = TokenRecord(
        name=name,
        digest=_digest(secret),
        created_at=now,
        expires_at=expires_at,
        **msgspec.structs.asdict(given),
    )
    return secret, record


class Tokens:
    """The tokens of one node.

    Args:
        path: The file; `None` keeps the tokens in memory, for tests.
    """

    def __init__(self, path: Path | None) -> None:
        self._kept = KeptRecords(path, TokenRecord, lambda record: record.digest, "tokens")

    def verify(self, secret: str, *, now: str, tenant: str = "") -> Caller:
        """Answer who presents a secret.

        Raises:
            TokenRefused: The secret is unknown, revoked or expired.
            RecordFileDamaged: The file cannot be read.
        """
        record = self._current().get(_digest(secret))
        if record is None:
            raise TokenRefused("unknown")
        state = record.state(now)
        if state != "active":
            raise TokenRefused(state)
        return record.caller(record.name, credential=f"token:{record.name}", tenant=tenant)

    def records(self) -> tuple[TokenRecord, ...]:
        """List every token, revoked ones too, the oldest first."""
        return tuple(sorted(self._current().values(), key=lambda r: (r.created_at, r.name)))

    def any_active(self, *, now: str) -> bool:
        """Tell whether somebody may write; residents' keys do not count."""
        return any(
            record.state(now) == "active" and "writer" in record.roles
            for record in self._current().values()
        )

    def create(
        self,
        name: str,
        *,
        expires_at: str | None = None,
        roles: tuple[str, ...] = ALL_ROLES,
        grant: Grant | None = None,
        now: str,
    ) -> str:
        """Make and keep a token.

        What is over of residents' keys is forgotten: anyone may ask for those.

        Args:
            grant: What it gives; `None`: the roles alone.

        Returns:
            The secret.

        Raises:
            TokenTaken: An active token has the name.
        """
        secret, record = new_token(
            name, expires_at=expires_at, grant=grant or Grant(roles=roles), now=now
        )
        with self._kept.changing() as records:
            for digest, one in tuple(records.items()):
                if CONTRIBUTOR in one.roles and one.state(now) != "active":
                    del records[digest]
            if any(r.name == name and r.state(now) == "active" for r in records.values()):
                raise TokenTaken(name)
            records[record.digest] = record
        return secret

    def revoke(self, name: str, *, now: str) -> None:
        """Make the active token of a name useless from now on.

        Raises:
            TokenNotFound: No active token has the name.
        """
        with self._kept.changing() as records:
            found = [r for r in records.values() if r.name == name and r.state(now) == "active"]
            if not found:
                raise TokenNotFound(name)
            for record in found:
                records[record.digest] = msgspec.structs.replace(record, revoked_at=now)

    def _current(self) -> Mapping[str, TokenRecord]:
        return self._kept.current()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
