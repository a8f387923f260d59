"""Bearer tokens: who may write to a node (RFC 6750).

A secret is 256 random bits, so its SHA-256 is stored as it is: there is nothing to guess that a
slow hash would protect. The records are kept in one small file apart from the entities: tokens are
made and revoked from a second process while the node runs, and work at once.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hanze.errors import ConfigurationError, Conflicting, Denied, NotFound
from hanze.identity.caller import Caller

__all__ = [
    "ALL_ROLES",
    "TokenFileDamaged",
    "TokenNotFound",
    "TokenRecord",
    "TokenRefused",
    "TokenTaken",
    "Tokens",
    "new_token",
]

#: Of a token that an operator makes.
ALL_ROLES = ("operator", "reader", "writer")

_PREFIX = "hanze_"


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


class TokenFileDamaged(ConfigurationError):
    """The file that keeps the tokens cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"Token file {path} cannot be used: {reason}")
        self.path = path


class TokenRecord(msgspec.Struct, frozen=True):
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
    name: str, *, expires_at: str | None, roles: tuple[str, ...] = ALL_ROLES, now: str
) -> tuple[str, TokenRecord]:
    """Make a token.

    Returns:
        The secret, which is shown once and not kept, and the record of it.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    record = TokenRecord(
        name=name,
        digest=_digest(secret),
        created_at=now,
        expires_at=expires_at,
        roles=roles,
    )
    return secret, record


class Tokens:
    """The tokens of one node.

    Args:
        path: The file; `None` keeps the tokens in memory, for tests.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._records: Mapping[str, TokenRecord] = {}

    def verify(self, secret: str, *, now: str, tenant: str = "") -> Caller:
        """Answer who presents a secret.

        Raises:
            TokenRefused: The secret is unknown, revoked or expired.
            TokenFileDamaged: The file cannot be read.
        """
        record = self._current().get(_digest(secret))
        if record is None:
            raise TokenRefused("unknown")
        state = record.state(now)
        if state != "active":
            raise TokenRefused(state)
        return Caller(actor=record.name, roles=frozenset(record.roles), tenant=tenant)

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
        now: str,
    ) -> str:
        """Make and keep a token.

        What is over of tokens that cannot write is forgotten: anyone may ask for those.

        Returns:
            The secret.

        Raises:
            TokenTaken: An active token has the name.
        """
        secret, record = new_token(name, expires_at=expires_at, roles=roles, now=now)
        with self._changing() as records:
            for digest, one in tuple(records.items()):
                if "writer" not in one.roles and one.state(now) != "active":
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
        with self._changing() as records:
            found = [r for r in records.values() if r.name == name and r.state(now) == "active"]
            if not found:
                raise TokenNotFound(name)
            for record in found:
                records[record.digest] = msgspec.structs.replace(record, revoked_at=now)

    def _current(self) -> Mapping[str, TokenRecord]:
        """Read the file again only where it changed: a look at it costs 2 us, and is per write."""
        if self._path is None:
            return self._records
        try:
            status = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._seen, self._records = None, {}
            return self._records
        except OSError as error:
            raise TokenFileDamaged(self._path, str(error)) from error
        seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        if seen != self._seen:
            self._records = _read(self._path)
            self._seen = seen
        return self._records

    @contextmanager
    def _changing(self) -> Iterator[dict[str, TokenRecord]]:
        """Give the records to change and keep them; two processes take turns."""
        if self._path is None:
            changed = dict(self._records)
            yield changed
            self._records = changed
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                changed = _read(self._path) if self._path.exists() else {}
                yield changed
                _write(self._path, changed)
        except OSError as error:
            raise TokenFileDamaged(self._path, str(error)) from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(path: Path) -> dict[str, TokenRecord]:
    try:
        records = msgspec.json.decode(path.read_bytes(), type=list[TokenRecord])
    except (OSError, msgspec.DecodeError) as error:
        raise TokenFileDamaged(path, str(error)) from error
    return {record.digest: record for record in records}


def _write(path: Path, records: Mapping[str, TokenRecord]) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(list(records.values()))))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
