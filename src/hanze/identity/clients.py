"""API clients: programs of organisations, each bound to a processing activity (RFC 6749, 2).

What a client has is a secret with which it fetches access tokens that live an hour at most; the
tokens open the API, the secret does not.
"""

import hashlib
import hmac
import re
import secrets
from pathlib import Path
from typing import Final

import msgspec

from hanze.errors import Conflicting, Denied, InvalidInput, NotFound
from hanze.identity.grant import Grant
from hanze.identity.kept_records import KeptRecords

__all__ = [
    "Client",
    "ClientNameUnfit",
    "ClientNotFound",
    "ClientRefused",
    "ClientTaken",
    "Clients",
]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ClientNotFound(NotFound):
    """No client that is in use has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Client {name[:64]} does not exist; `hanze client list` shows the names")


class ClientTaken(Conflicting):
    """A client that is in use has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Client {name[:64]} already exists")


class ClientNameUnfit(InvalidInput):
    """A name cannot be that of a client."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "The name of a client must have letters, digits, '.', '_' and '-' only, at most 64",
            field="name",
            value=name,
        )


class ClientRefused(Denied):
    """A client is unknown, its secret is another, or it is in use no more (RFC 6749, 5.2)."""

    def __init__(self) -> None:
        super().__init__("The client is unknown, or its secret is another")


class Client(Grant, frozen=True, kw_only=True):
    """What is kept of a client; times are DateTime text in UTC.

    Attributes:
        name: Its client id; becomes the caller's actor.
        digest: SHA-256 of the secret, hexadecimal.
        made_at: When it was made.
        expires_at: When its secret serves no more.
        revoked_at: When it ended.
        project: Id of the project that it works for.
    """

    name: str
    digest: str
    made_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    project: str | None = None

    def state(self, now: str) -> str:
        """Tell whether the client is "active", "revoked" or "expired"."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"


class Clients:
    """The clients of one node.

    Args:
        path: The file; `None` keeps them in memory, for tests.
    """

    def __init__(self, path: Path | None) -> None:
        self._kept = KeptRecords(path, Client, lambda one: one.digest, "clients")

    def records(self) -> tuple[Client, ...]:
        """List every client, revoked ones too, the oldest first."""
        return tuple(sorted(self._kept.current().values(), key=lambda one: (one.made_at, one.name)))

    def get(self, name: str, *, now: str) -> Client | None:
        """Return the client in use of a name."""
        for one in self._kept.current().values():
            if one.name == name and one.state(now) == "active":
                return one
        return None

    def verify(self, name: str, secret: str, *, now: str) -> Client:
        """Return the client that shows its secret.

        Raises:
            ClientRefused: Name and secret do not belong together.
        """
        found = self.get(name, now=now)
        if found is None or not hmac.compare_digest(found.digest, _digest(secret)):
            raise ClientRefused
        return found

    def create(
        self,
        name: str,
        grant: Grant,
        *,
        expires_at: str | None = None,
        project: str | None = None,
        now: str,
    ) -> tuple[Client, str]:
        """Make a client.

        Returns:
            It and its secret, which is shown once and not kept.

        Raises:
            ClientNameUnfit: The name is none.
            ClientTaken: Another client in use has it.
        """
        if not _NAME.fullmatch(name):
            raise ClientNameUnfit(name)
        secret = secrets.token_urlsafe(32)
        client = Client(
            **msgspec.structs.asdict(grant),
            name=name,
            digest=_digest(secret),
            made_at=now,
            expires_at=expires_at,
            project=project,
        )
        with self._kept.changing() as records:
            if any(one.name == name and one.state(now) == "active" for one in records.values()):
                raise ClientTaken(name)
            records[client.digest] = client
        return client, secret

    def revoke(self, name: str, *, now: str) -> Client:
        """End a client: its secret and the tokens that it has serve no more.

        Raises:
            ClientNotFound: There is none.
        """
        with self._kept.changing() as records:
            for digest, one in records.items():
                if one.name == name and one.state(now) == "active":
                    records[digest] = msgspec.structs.replace(one, revoked_at=now)
                    return records[digest]
        raise ClientNotFound(name)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
