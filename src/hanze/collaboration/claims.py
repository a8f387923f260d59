"""What a host signs of a pilot, and whether a signature holds (pure).

A signed pilot is a JWT (RFC 7519) in a JWS (RFC 7515) under Ed25519 (RFC 8032, RFC 9864). Its
claims are the fields of the record as canonical JSON: sorted members, no spaces, UTF-8, in the
manner of RFC 8785. A company takes the token abroad: it says everything by itself, and whoever has
the host's public key can check it without asking anybody.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.projects import PilotRecord
from hanze.ngsild.model import JsonValue

__all__ = [
    "ALGORITHM",
    "COVERED",
    "NOT_COVERED",
    "TOKEN_TYPE",
    "Jwk",
    "Reason",
    "Token",
    "Verification",
    "canonical",
    "changed_fields",
    "claims_of",
    "read_token",
    "verify",
]

ALGORITHM: Final = "Ed25519"
TOKEN_TYPE: Final = "hanze-pilot+jwt"  # noqa: S105  # a media type, no secret

#: Fields that help to find a record: the host does not sign them, and they may change later.
NOT_COVERED: Final = frozenset({"concepts", "contacts", "see_also", "themes"})
#: Terms of what the host signs; the record's id goes as the claim "sub".
COVERED: Final = tuple(
    field.term
    for field in fields_of(PilotRecord)
    if field.name not in NOT_COVERED and field.name != "signature"
)

Jwk = Mapping[str, str]

#: Beyond what joserfc takes by itself: texts in three languages are long.
_REGISTRY: Final = jws.JWSRegistry(algorithms=[ALGORITHM])
_REGISTRY.max_payload_length = 200_000


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a signature does not hold.

    Attributes:
        code: "unsigned", "malformed", "wrong-algorithm", "unknown-key", "wrong-signature",
            "other-record", "other-signer" or "changed".
        fields: Terms that it is about, in code "changed".
    """

    code: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it says of itself, before anything is verified."""

    algorithm: str
    key_id: str
    claims: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a pilot is what its host signed.

    Attributes:
        valid: No reason speaks against it.
        key_id: Of the key that signed, as the token says.
        issuer: Who signed, as the token says.
        covered: Terms of the fields that the signature covers.
        claims: What was signed; nothing where the signature does not verify.
    """

    valid: bool
    reasons: tuple[Reason, ...]
    key_id: str | None = None
    issuer: str | None = None
    covered: tuple[str, ...] = ()
    claims: Mapping[str, JsonValue] | None = None


def claims_of(
    record: PilotRecord,
    *,
    issued_at_s: int = 0,
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, JsonValue]:
    """Write the claims of a record.

    Args:
        record: With `signed_by` and `signed_on`.
        issued_at_s: Seconds since 1970.
        names: Of what it refers to, by term and language, for readers who do not have the records.
    """
    pilot: dict[str, JsonValue] = {}
    for field in fields_of(PilotRecord):
        value = getattr(record, field.name)
        if field.term in COVERED and value is not None and value not in ((), {}, ""):
            pilot[field.term] = _plain(msgspec.to_builtins(value))
    claims: dict[str, JsonValue] = {
        "iss": record.signed_by or "",
        "sub": record.id,
        "iat": issued_at_s,
        "pilot": pilot,
    }
    if names:
        claims["names"] = {term: dict(texts) for term, texts in names.items()}
    return claims


def canonical(claims: Mapping[str, JsonValue]) -> bytes:
    """Write claims as bytes, the same ones for the same claims."""
    text = json.dumps(
        claims, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text.encode()


def read_token(text: str) -> Token | None:
    """Read what a token says of itself; `None` when it is none. Nothing is verified."""
    try:
        found = jws.extract_compact(text.encode(), registry=_REGISTRY)
        claims = json.loads(found.payload)
        protected = found.protected
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    algorithm, key_id = protected.get("alg"), protected.get("kid")
    if not isinstance(claims, dict) or not isinstance(algorithm, str):
        return None
    return Token(algorithm, key_id if isinstance(key_id, str) else "", claims)


def changed_fields(record: PilotRecord, claims: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Name the fields (terms) of a record that are not as the claims say."""
    signed = claims.get("pilot")
    there = signed if isinstance(signed, Mapping) else {}
    here = cast("Mapping[str, JsonValue]", claims_of(record)["pilot"])
    return tuple(sorted(term for term in {*there, *here} if there.get(term) != here.get(term)))


def verify(signed: PilotRecord | str, keys: Sequence[Jwk]) -> Verification:
    """Check a signed record, or the token alone, with public keys.

    Args:
        signed: A record is compared with what was signed, field by field.
        keys: Public keys (RFC 7517), as `/.well-known/jwks.json` of the host lists them.
    """
    text = signed if isinstance(signed, str) else signed.signature
    if text is None:
        return Verification(False, (Reason("unsigned"),))
    token = read_token(text.strip())
    if token is None:
        return Verification(False, (Reason("malformed"),))
    reasons = _against(text.strip(), token, keys)
    verified = not reasons
    if not isinstance(signed, str):
        reasons += _against_record(signed, token.claims)
    issuer = token.claims.get("iss")
    pilot = token.claims.get("pilot")
    return Verification(
        valid=not reasons,
        reasons=tuple(reasons),
        key_id=token.key_id or None,
        issuer=issuer if isinstance(issuer, str) else None,
        covered=tuple(sorted(pilot)) if isinstance(pilot, Mapping) else (),
        claims=token.claims if verified else None,
    )


def _against(text: str, token: Token, keys: Sequence[Jwk]) -> list[Reason]:
    """List what speaks against a token by itself."""
    # One algorithm only: who may choose the algorithm may choose none (RFC 8725, 3.1).
    if token.algorithm != ALGORITHM:
        return [Reason("wrong-algorithm")]
    jwk = next((one for one in keys if one.get("kid") == token.key_id), None)
    if jwk is None:
        return [Reason("unknown-key")]
    try:
        key = OKPKey.import_key({"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"]})
        jws.deserialize_compact(text, key, registry=_REGISTRY)
    except (JoseError, ValueError, KeyError, TypeError):
        return [Reason("wrong-signature")]
    pilot = token.claims.get("pilot")
    if not isinstance(pilot, Mapping) or pilot.get("signedBy") != token.claims.get("iss"):
        return [Reason("other-signer")]
    return []


def _against_record(record: PilotRecord, claims: Mapping[str, JsonValue]) -> list[Reason]:
    reasons = []
    if claims.get("sub") != record.id:
        reasons.append(Reason("other-record"))
    changed = changed_fields(record, claims)
    if changed:
        reasons.append(Reason("changed", changed))
    return reasons


def _plain(value: object) -> JsonValue:
    """Write numbers in one way: 5.0 is 5, wherever it came from."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return cast("JsonValue", value)
