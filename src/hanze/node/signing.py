"""The keys with which a node signs for its city: apart from the store, readable by the node alone.

Only the newest key signs. When another one takes its place, its private part is thrown away and its
public part is published on, so that what it signed can still be checked.
"""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from joserfc import jws
from joserfc.jwk import OKPKey

from hanze.collaboration.claims import ALGORITHM, Jwk
from hanze.errors import ConfigurationError
from hanze.node.secret_file import replace_secret

__all__ = ["SIGNING_FILE", "SigningFileDamaged", "SigningKeys"]

#: In the data directory.
SIGNING_FILE = Path("secrets") / "signing.json"


class SigningFileDamaged(ConfigurationError):
    """The file that keeps the signing keys cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"Signing keys in {path} cannot be used: {reason}")
        self.path = path


class _Kept(msgspec.Struct, frozen=True):
    """A key as the file has it; `d` (private) is gone once another took its place."""

    kid: str
    x: str
    made_at: str
    d: str | None = None
    retired_at: str | None = None


class SigningKeys:
    """The keys of one node (`collaboration.pilots.Signer`).

    Args:
        path: The file; `None` keeps the keys in memory, for tests.
        issuer: Under which name the node signs.
        clock: Answers now as DateTime text.
    """

    def __init__(self, path: Path | None, *, issuer: str, clock: Callable[[], str]) -> None:
        self._path = path
        self._memory: tuple[_Kept, ...] = ()
        self._seen: tuple[int, int, int] | None = None
        self._issuer = issuer
        self._clock = clock

    @property
    def issuer(self) -> str:
        """Who signs: the address of the node, or its name."""
        return self._issuer

    def sign(self, payload: bytes, token_type: str) -> str:
        """Return a compact JWS with the newest key, making one at first need.

        Raises:
            SigningFileDamaged: The file cannot be read or written.
        """
        keys = self._read()
        if not keys:
            self.rotate(only_first=True)
            keys = self._read()
        newest = keys[-1]
        key = OKPKey.import_key(
            {"kty": "OKP", "crv": "Ed25519", "x": newest.x, "d": newest.d or ""}
        )
        header = {"alg": ALGORITHM, "kid": newest.kid, "typ": token_type}
        return jws.serialize_compact(header, payload, key, algorithms=[ALGORITHM])

    def public_keys(self) -> Sequence[Jwk]:
        """List the public keys (RFC 7517), the one that signs first.

        Raises:
            SigningFileDamaged: The file cannot be read.
        """
        return [_public(one) for one in reversed(self._read())]

    def rotate(self, *, only_first: bool = False) -> str:
        """Make a key that signs from now on; the private part of the one before it is thrown away.

        Args:
            only_first: Leave everything as it is where there is a key.

        Returns:
            The id of the key that signs.

        Raises:
            SigningFileDamaged: The file cannot be read or written.
        """
        now = self._clock()
        with self._changing() as keys:
            if not (only_first and keys):
                keys[:] = [
                    msgspec.structs.replace(one, d=None, retired_at=one.retired_at or now)
                    for one in keys
                ]
                keys.append(_made(now))
            return keys[-1].kid

    def _read(self) -> tuple[_Kept, ...]:
        if self._path is None:
            return self._memory
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            # Each access token that is shown asks for the keys: the file is read where it changed.
            if seen != self._seen:
                self._memory = msgspec.json.decode(self._path.read_bytes(), type=tuple[_Kept, ...])
                self._seen = seen
            return self._memory
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, msgspec.DecodeError) as error:
            raise SigningFileDamaged(self._path, str(error)) from error

    @contextmanager
    def _changing(self) -> Iterator[list[_Kept]]:
        """Give the keys to change and keep them; two processes take turns."""
        if self._path is None:
            changed = list(self._memory)
            yield changed
            self._memory = tuple(changed)
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                changed = list(self._read())
                yield changed
                replace_secret(self._path, msgspec.json.format(msgspec.json.encode(changed)))
        except OSError as error:
            raise SigningFileDamaged(self._path, str(error)) from error


def _made(now: str) -> _Kept:
    key = OKPKey.generate_key("Ed25519", private=True)
    parts = key.as_dict(private=True)
    return _Kept(kid=key.thumbprint(), x=str(parts["x"]), d=str(parts["d"]), made_at=now)


def _public(key: _Kept) -> dict[str, str]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": key.x,
        "kid": key.kid,
        "use": "sig",
        "alg": ALGORITHM,
    }
