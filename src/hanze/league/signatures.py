"""Signed requests between members: HTTP Message Signatures (RFC 9421) under Ed25519.

A closed profile of the RFC, so that there is one way to read a header: a request is signed whole
(method, whole URL, authority, tenant, digest of its body, for whom, for which purpose and in which
trace), for a minute, for one use, by a key that `keyid` names by its thumbprint. Signatures with
another `tag` are those of others and say nothing here. What is signed as URL is the one under which
the receiver is known in the league: a request to one member serves at no other.
"""

import base64
import binascii
import hashlib
import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from hanze.broker.distribution.ports import ON_BEHALF, PURPOSE, TRACEPARENT
from hanze.errors import Denied
from hanze.league.identity import KeyPair, is_signed_by

__all__ = [
    "TAG",
    "Headers",
    "Message",
    "SignatureInput",
    "SignatureRefused",
    "check_digest",
    "check_signature",
    "digest_of",
    "read_signature",
    "sign_message",
    "signature_base",
]

#: What our signatures are for (RFC 9421, 7.2.5): one made for something else must not serve here.
TAG: Final = "hanze-league"

#: Seconds that a signature holds.
_VALID_S: Final = 60
_MOST_VALID_S: Final = 300
_LONGEST: Final = 4096

_STRING: Final = r'"[ !#-\[\]-~]{0,256}"'
_PARAMETER: Final = rf";[a-z][a-z0-9_]{{0,20}}=(?:[0-9]{{1,15}}|{_STRING})"
_ITEMS: Final = rf"\((?:{_STRING}(?: {_STRING}){{0,15}})?\)"
_LABEL: Final = r"[a-z*][a-z0-9_.*-]{0,60}"
_INPUT: Final = re.compile(rf"({_LABEL})=({_ITEMS}(?:{_PARAMETER}){{0,10}})")
_SIGNATURE: Final = re.compile(rf"({_LABEL})=:([A-Za-z0-9+/]{{0,400}}={{0,2}}):")
_DIGEST: Final = re.compile(r"([a-z][a-z0-9-]{0,20})=:([A-Za-z0-9+/]{0,200}={0,2}):")
_NAMED: Final = re.compile(rf";([a-z][a-z0-9_]*)=([0-9]+|{_STRING})")
_MEMBERS: Final = re.compile(r"[ \t]*,[ \t]*")

_ALWAYS: Final = frozenset({"@method", "@target-uri", "@authority"})
_PORTS: Final = {"http": 80, "https": 443}

Headers = tuple[tuple[str, str], ...]


class SignatureRefused(Denied):
    """A signed request is not what a member signed, or is not for now (RFC 9421, 3.2).

    Attributes:
        code: "malformed", "incomplete", "algorithm", "early", "expired", "unknown-key", "wrong",
            "digest", "replayed" or "busy".
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"The signature of the request is refused: {detail}")
        self.code = code


class Message(msgspec.Struct, frozen=True):
    """What is signed of a request.

    Attributes:
        target: The whole URL, as it is sent.
        tenant: Value of NGSILD-Tenant.
        digest: Value of Content-Digest (RFC 9530); `None` without a body.
        behalf: Value of `ON_BEHALF`; `None` where the member asks for itself.
        purpose: Value of `PURPOSE`; `None` where none is said.
        trace: Value of `TRACEPARENT`; `None` where none is said.
    """

    method: str
    target: str
    tenant: str | None = None
    digest: str | None = None
    behalf: str | None = None
    purpose: str | None = None
    trace: str | None = None

    @property
    def components(self) -> dict[str, str]:
        """Values by component identifier, in the order in which they are signed."""
        found = {
            "@method": self.method,
            "@target-uri": self.target,
            "@authority": _authority(self.target),
        }
        if self.tenant is not None:
            found["ngsild-tenant"] = self.tenant.strip()
        if self.digest is not None:
            found["content-digest"] = self.digest.strip()
        if self.behalf is not None:
            found[ON_BEHALF] = self.behalf.strip()
        if self.purpose is not None:
            found[PURPOSE] = self.purpose.strip()
        if self.trace is not None:
            found[TRACEPARENT] = self.trace.strip()
        return found


class SignatureInput(msgspec.Struct, frozen=True, kw_only=True):
    """A signature and what it says of itself; nothing is verified.

    Attributes:
        text: The covered components with their parameters, as they were sent.
        covered: Identifiers of the components.
        created_s: Seconds since 1970; so for the next.
    """

    text: str
    covered: tuple[str, ...]
    key_id: str
    nonce: str
    created_s: int
    expires_s: int
    signature: bytes


def digest_of(body: bytes) -> str:
    """Return the value of Content-Digest for a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(digest: str, body: bytes) -> None:
    """Compare a body with its Content-Digest.

    Raises:
        SignatureRefused: It names no digest that is known, or is that of another body.
    """
    known = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
    found = 0
    for name, value in _members(_DIGEST, digest):
        if name in known:
            found += 1
            if known[name](body).digest() != _raw(value):
                raise SignatureRefused("digest", "the body is another one than was signed")
    if not found:
        raise SignatureRefused("digest", "Content-Digest has neither sha-256 nor sha-512")


def sign_message(message: Message, key: KeyPair, *, now_s: int, nonce: str) -> Headers:
    """Return the headers Signature-Input and Signature; Content-Digest is the sender's to add.

    Args:
        nonce: Never used before; printable, without quotation marks and backslashes.
    """
    components = message.components
    names = " ".join(f'"{name}"' for name in components)
    text = (
        f'({names});created={now_s};expires={now_s + _VALID_S};nonce="{nonce}"'
        f';keyid="{key.thumbprint}";alg="ed25519";tag="{TAG}"'
    )
    signature = base64.b64encode(key.sign(signature_base(components, text))).decode()
    return (("signature-input", f"sig={text}"), ("signature", f"sig=:{signature}:"))


def signature_base(components: dict[str, str], text: str) -> bytes:
    """Write what is signed (RFC 9421, 2.5).

    Args:
        components: Values by identifier, in their order.
        text: The value of `@signature-params`.
    """
    lines = [f'"{name}": {value}' for name, value in components.items()]
    return "\n".join([*lines, f'"@signature-params": {text}']).encode()


def read_signature(signature_input: str, signature: str) -> SignatureInput | None:
    """Read the headers of a request; `None` where no signature in them is meant for the league.

    Raises:
        SignatureRefused: They are not in the form that members write.
    """
    ours = [
        (label, text)
        for label, text in _members(_INPUT, signature_input)
        if _parameters(text).get("tag") == TAG
    ]
    if not ours:
        return None
    if len(ours) > 1:
        raise SignatureRefused("malformed", "there are several for the league")
    label, text = ours[0]
    values = [raw for name, raw in _members(_SIGNATURE, signature) if name == label]
    if len(values) != 1:
        raise SignatureRefused("malformed", f"Signature has no member {label}, or several")
    parameters = _parameters(text)
    if parameters.get("alg", "ed25519") != "ed25519":
        raise SignatureRefused("algorithm", "it must be made with ed25519")
    inner = text[1 : text.index(")")]
    try:
        return SignatureInput(
            text=text,
            covered=tuple(name.strip('"') for name in inner.split(" ")) if inner else (),
            key_id=parameters["keyid"],
            nonce=parameters["nonce"],
            created_s=int(parameters["created"]),
            expires_s=int(parameters["expires"]),
            signature=_raw(values[0]),
        )
    except (KeyError, ValueError):
        raise SignatureRefused(
            "incomplete", "it must have created, expires, nonce and keyid"
        ) from None


def check_signature(
    signed: SignatureInput, message: Message, public: str, *, now_s: int, skew_s: int
) -> None:
    """Verify a signature (RFC 9421, 3.2); the body is still to be compared with its digest.

    Args:
        message: As the receiver knows it.
        public: The key that `keyid` names.
        now_s: Seconds since 1970.
        skew_s: By how much the clocks of two nodes may differ.

    Raises:
        SignatureRefused: It does not hold, not for now, or not for all of the request.
    """
    if signed.created_s > now_s + skew_s:
        raise SignatureRefused("early", "it was made in the future, by the clock of this node")
    if signed.expires_s + skew_s < now_s or signed.expires_s < signed.created_s:
        raise SignatureRefused("expired", "it has expired, by the clock of this node")
    if signed.expires_s - signed.created_s > _MOST_VALID_S:
        raise SignatureRefused("expired", f"it holds for more than {_MOST_VALID_S} seconds")
    components = message.components
    if TRACEPARENT not in signed.covered:
        # What stands between two nodes may begin a trace of its own.
        components.pop(TRACEPARENT, None)
    if set(signed.covered) != set(components) or len(signed.covered) != len(components):
        missing = sorted({*components} ^ {*signed.covered})
        raise SignatureRefused(
            "incomplete", f"it must cover exactly {', '.join(components)}; see {missing[:3]}"
        )
    ordered = {name: components[name] for name in signed.covered}
    if not is_signed_by(public, signed.signature, signature_base(ordered, signed.text)):
        raise SignatureRefused("wrong", "it is not that of this request under this key")


def _authority(target: str) -> str:
    """Return `@authority` of a URL (RFC 9421, 2.2.3): in lower case, without the usual port."""
    parts = urlsplit(target)
    authority = parts.netloc.rpartition("@")[2].lower()
    usual = _PORTS.get(parts.scheme)
    return authority.removesuffix(f":{usual}") if usual is not None else authority


def _members(kind: re.Pattern[str], header: str) -> list[tuple[str, str]]:
    """Read a dictionary (RFC 8941, 3.2), as far as the profile knows its values."""
    if len(header) > _LONGEST:
        raise SignatureRefused("malformed", f"a header of it is longer than {_LONGEST} bytes")
    found: list[tuple[str, str]] = []
    position, text = 0, header.strip(" \t")
    while position < len(text) or found:
        matched = kind.match(text, position)
        if matched is None:
            raise SignatureRefused("malformed", "its headers are not in the form of RFC 9421")
        found.append((matched[1], matched[2]))
        position = matched.end()
        if position == len(text):
            break
        comma = _MEMBERS.match(text, position)
        if comma is None:
            raise SignatureRefused("malformed", "its headers are not in the form of RFC 9421")
        position = comma.end()
    return found


def _parameters(text: str) -> dict[str, str]:
    found = _NAMED.findall(text, text.index(")"))
    return {name: value.strip('"') for name, value in found}


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise SignatureRefused("malformed", "a part of it is no base64") from None
