"""What members say, signed so that anybody may pass it on: compact JWS (RFC 7515) under Ed25519.

A member keeps its id, the thumbprint of the key that it was founded with, when its keys rotate:
each statement carries the chain of rotations, in which every key is signed by the one before it.
So a statement says by itself who made it, and needs nobody to vouch for its signature.
"""

from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hanze.errors import InvalidInput
from hanze.league.identity import KeyPair, decoded, encoded, is_signed_by, thumbprint_of
from hanze.league.model import Place, Share

__all__ = [
    "LONGEST_CHAIN",
    "LONGEST_STATEMENT",
    "Departure",
    "Opinion",
    "Record",
    "Rotation",
    "Said",
    "Statement",
    "StatementRefused",
    "Verdict",
    "make_rotation",
    "make_statement",
    "read_statement",
]

#: Characters of a statement as it travels.
LONGEST_STATEMENT: Final = 32 * 1024
#: Rotations of one member; after so many it is founded again.
LONGEST_CHAIN: Final = 24
_TYPE: Final = "hanze-league+jwt"
_ALGORITHM: Final = "Ed25519"

#: Printable text: what people read on pages and terminals must not move their cursor.
_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]*$(?!\n)"
_DATETIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$(?!\n)"

Thumbprint = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)")]
Line = Annotated[str, Meta(min_length=1, max_length=100, pattern=_LINE)]
Address = Annotated[str, Meta(max_length=200, pattern=r"^https?://[A-Za-z0-9._~:\[\]-]+$(?!\n)")]
Alias = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9._~:-]+$(?!\n)")]
Moment = Annotated[str, Meta(max_length=27, pattern=_DATETIME)]
Sequence = Annotated[int, Meta(ge=0, le=2**53)]
Chain = Annotated[tuple[str, ...], Meta(max_length=LONGEST_CHAIN)]
Shares = Annotated[tuple[Share, ...], Meta(max_length=20)]


class StatementRefused(InvalidInput):
    """What a member is said to have said was not said by it, or is too long."""


class Verdict(Enum):
    """What a member thinks of another one."""

    KNOWS = "knows"
    BANNED = "banned"
    #: It says nothing any more.
    NOTHING = "nothing"


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="says"):
    """What every statement has.

    Attributes:
        by: Id of the member that makes it.
        chain: Rotations from its first key to the one that signs.
        at: DateTime text of when it was made.
        sequence: Of statements about the same the one with the highest counts.
    """

    by: Thumbprint
    chain: Chain = ()
    at: Moment
    sequence: Sequence


class Record(_Said, frozen=True, kw_only=True, omit_defaults=True, tag="record"):
    """A member says who it is (`Me`); `shares` is what it shares with every member."""

    name: Line
    city: Line
    url: Address
    alias: Alias
    place: Place | None = None
    shares: Shares = ()


class Departure(_Said, frozen=True, kw_only=True, omit_defaults=True, tag="departure"):
    """A member says that it is none any more."""


class Opinion(_Said, frozen=True, kw_only=True, omit_defaults=True, tag="opinion"):
    """A member says what it thinks of another one.

    Attributes:
        about: Id of the other.
        key: Thumbprint of the other's key.
    """

    about: Thumbprint
    key: Thumbprint
    verdict: Verdict


Said = Record | Departure | Opinion


class Rotation(msgspec.Struct, frozen=True, kw_only=True, tag_field="says", tag="rotation"):
    """A member says with its old key which one follows.

    Attributes:
        by: Id of the member.
        key: The new key, `x` of a JWK.
    """

    by: Thumbprint
    key: Thumbprint
    at: Moment


class _Jwk(msgspec.Struct, frozen=True, kw_only=True):
    kty: str = "OKP"
    crv: str = "Ed25519"
    x: str


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    alg: str = _ALGORITHM
    typ: str = _TYPE
    jwk: _Jwk


class Statement(msgspec.Struct, frozen=True):
    """A statement whose signature holds.

    Attributes:
        text: As it travels.
        said: What it says.
        holders: Public keys of the member, from its first one to the one that signed.
    """

    text: str
    said: Said
    holders: tuple[str, ...]

    @property
    def key(self) -> str:
        """Thumbprint of the key that signed."""
        return thumbprint_of(self.holders[-1])

    @property
    def slot(self) -> str:
        """Name what it is about: of the statements with the same slot one counts."""
        said = self.said
        kind = type(said).__name__.lower()
        about = f":{said.about}" if isinstance(said, Opinion) else ""
        return f"{kind}:{said.by}:{self.key}{about}"


def make_statement(said: Said, key: KeyPair) -> Statement:
    """Sign a statement.

    Raises:
        StatementRefused: It would not be read again: too long, or its chain does not end at the key.
    """
    return read_statement(_jws(msgspec.json.encode(said), key))


def make_rotation(member: str, new: KeyPair, old: KeyPair, *, at: str) -> str:
    """Sign with the old key which one follows; a part of a chain."""
    return _jws(msgspec.json.encode(Rotation(by=member, key=new.public, at=at)), old)


def read_statement(text: str) -> Statement:
    """Read a statement and verify its signature and its chain.

    Raises:
        StatementRefused: It is none, or its signatures do not hold.
    """
    if len(text) > LONGEST_STATEMENT:
        raise StatementRefused(f"A statement has at most {LONGEST_STATEMENT} characters")
    signer, payload = _verified(text)
    try:
        said = msgspec.json.decode(payload, type=Said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StatementRefused(f"A statement cannot be read: {error}") from error
    if isinstance(said, Record) and said.place is not None:
        _check_place(said.place)
    return Statement(text, said, _holders(said, signer))


def _holders(said: Said, signer: str) -> tuple[str, ...]:
    """Follow a chain from the first key to the one that signed."""
    holders: list[str] = []
    following = None
    for link in said.chain:
        old, payload = _verified(link)
        try:
            rotation = msgspec.json.decode(payload, type=Rotation)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StatementRefused(f"A rotation cannot be read: {error}") from error
        if rotation.by != said.by or following not in (None, old) or rotation.key in holders:
            raise StatementRefused("A chain of keys is broken")
        holders.append(old)
        following = rotation.key
    if following not in (None, signer) or signer in holders:
        raise StatementRefused("A chain of keys does not end at the key that signs")
    holders.append(signer)
    if thumbprint_of(holders[0]) != said.by:
        raise StatementRefused("A statement is signed by another one than who makes it")
    return tuple(holders)


def _jws(payload: bytes, key: KeyPair) -> str:
    header = msgspec.json.encode(_Header(jwk=_Jwk(x=key.public)))
    signed = f"{encoded(header)}.{encoded(payload)}"
    return f"{signed}.{encoded(key.sign(signed.encode()))}"


def _verified(text: str) -> tuple[str, bytes]:
    """Return the key that signed, and what it signed."""
    signed, _, signature = text.rpartition(".")
    header_text, _, payload = signed.partition(".")
    try:
        header = msgspec.json.decode(decoded(header_text), type=_Header)
        if (header.alg, header.typ) != (_ALGORITHM, _TYPE):
            raise StatementRefused("A statement must be signed with Ed25519")
        if not is_signed_by(header.jwk.x, decoded(signature), signed.encode()):
            raise StatementRefused("The signature of a statement does not hold")
        return header.jwk.x, decoded(payload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise StatementRefused("A statement is no signed text") from error


def _check_place(place: Place) -> None:
    longitude, latitude = place
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise StatementRefused("A place must be a longitude and a latitude in degrees")
