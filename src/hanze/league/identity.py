"""Keys of members: Ed25519 (RFC 8032), named by their thumbprint (RFC 7638)."""

import base64
import binascii
import hashlib
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["KeyPair", "decoded", "encoded", "fingerprint_of", "is_signed_by", "thumbprint_of"]

_KEY_BYTES: Final = 32
_GROUPS: Final = 8


def encoded(raw: bytes) -> str:
    """Write bytes as base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Read base64url without padding.

    Raises:
        ValueError: It is none, or says the same in another way than `encoded` does.
    """
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("it is no base64url") from error
    if encoded(raw) != text:
        raise ValueError("it is no canonical base64url")
    return raw


# Whatever goes through a ledger asks it of the same keys again and again.
@lru_cache(maxsize=8_192)
def thumbprint_of(public: str) -> str:
    """Return the thumbprint of a public key (RFC 7638; members of RFC 8037).

    Args:
        public: The 32 bytes of the key as base64url, `x` of a JWK.
    """
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}'
    return encoded(hashlib.sha256(text.encode()).digest())


def fingerprint_of(thumbprint: str) -> str:
    """Write a thumbprint for people, who read it to each other: eight groups of five digits."""
    raw = decoded(thumbprint)
    groups = (raw[start : start + 4] for start in range(0, _GROUPS * 4, 4))
    return " ".join(f"{int.from_bytes(group, 'big') % 100_000:05d}" for group in groups)


def is_signed_by(public: str, signature: bytes, message: bytes) -> bool:
    """Tell whether a message was signed with the private part of a key; no key signs nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(decoded(public)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class KeyPair:
    """A key of this node.

    Attributes:
        public: Its public part as base64url.
        thumbprint: Names it.
    """

    __slots__ = ("_private", "public", "thumbprint")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = encoded(private.public_key().public_bytes_raw())
        self.thumbprint = thumbprint_of(self.public)

    @classmethod
    def made(cls) -> "KeyPair":
        """Make a new one."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def of_seed(cls, seed: str) -> "KeyPair":
        """Return the key of a seed (base64url of 32 bytes).

        Raises:
            ValueError: It is none.
        """
        raw = decoded(seed)
        if len(raw) != _KEY_BYTES:
            raise ValueError("a key has 32 bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    @property
    def seed(self) -> str:
        """The private part, to keep in a file that nobody else reads."""
        return encoded(self._private.private_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return a signature of 64 bytes."""
        return self._private.sign(message)
