"""Records of pilots that their host signs: a reference that a company can show abroad."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from hanze.broker.ports import RegistersView, Store, UnitOfWork
from hanze.collaboration.claims import (
    TOKEN_TYPE,
    Jwk,
    Verification,
    canonical,
    claims_of,
    verify,
)
from hanze.collaboration.collective import Collective
from hanze.collaboration.records.projects import PilotRecord
from hanze.collaboration.writing import change_in
from hanze.errors import Conflicting
from hanze.identity.caller import Caller
from hanze.ngsild.moment import parse_datetime

__all__ = [
    "SIGNING_KEYS",
    "AlreadySigned",
    "NotSigned",
    "Signer",
    "SigningKey",
    "published_keys",
    "sign_pilot",
    "signing_keys",
    "token_of",
    "verify_pilot",
]

#: The register of keys that this node signed with: key id → `SigningKey`.
SIGNING_KEYS: Final = "signing-key"


class AlreadySigned(Conflicting):
    """A record carries a signature, and a second one would say nothing."""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"{record_id} is signed already; a new record can correct it")
        self.record_id = record_id


class NotSigned(Conflicting):
    """A record has no signature that somebody could take along."""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"{record_id} is not signed by its host yet")
        self.record_id = record_id


class SigningKey(msgspec.Struct, frozen=True):
    """A public key of this node, and under which names it signed."""

    jwk: dict[str, str]
    issuers: tuple[str, ...]


class Signer(Protocol):
    """Signs for the host; its private key stays where it is."""

    @property
    def issuer(self) -> str:
        """Who signs: the address of the node, or its name."""
        ...

    def sign(self, payload: bytes, token_type: str) -> str:
        """Return a compact JWS with the current key, making one at first need."""
        ...

    def public_keys(self) -> Sequence[Jwk]:
        """List the public keys, the current one first, retired ones too."""
        ...


def signing_keys(registers: RegistersView) -> Mapping[str, SigningKey]:
    """Read the keys that this node signed with, by their ids."""
    return {
        key_id: msgspec.json.decode(value, type=SigningKey)
        for key_id, value in registers.items(SIGNING_KEYS)
    }


def published_keys(registers: RegistersView, signer: Signer) -> tuple[Jwk, ...]:
    """List the public keys of this node: present ones, and all that it ever signed with."""
    found = {jwk["kid"]: jwk for jwk in signer.public_keys()}
    used = {key_id: key.jwk for key_id, key in signing_keys(registers).items()}
    return tuple(
        {**found, **{key_id: jwk for key_id, jwk in used.items() if key_id not in found}}.values()
    )


async def sign_pilot(
    store: Store,
    collective: Collective,
    caller: Caller,
    signer: Signer,
    pilot_id: str,
    *,
    today: date,
    now: str,
) -> PilotRecord:
    """Sign a record of the caller's tenant for its host; what is signed cannot change after.

    Args:
        collective: Knows the names of what the record refers to.

    Raises:
        RecordNotFound: The tenant has no such record.
        AlreadySigned: It is signed.
    """

    def sign(record: PilotRecord) -> PilotRecord:
        if record.signature is not None:
            raise AlreadySigned(record.id)
        ready = replace(record, signed_on=today, signed_by=signer.issuer)
        claims = claims_of(
            ready,
            issued_at_s=parse_datetime(now) // 1_000_000,
            names=_names(collective, record),
        )
        return replace(ready, signature=signer.sign(canonical(claims), TOKEN_TYPE))

    def unit(uow: UnitOfWork) -> PilotRecord:
        _remember(uow, signer)
        return change_in(uow, caller, pilot_id, PilotRecord, sign, now=now)

    if not signer.public_keys():
        signer.sign(b"{}", TOKEN_TYPE)
    return await store.transact(unit)


def token_of(record: PilotRecord) -> str:
    """Return the token that a company takes along.

    Raises:
        NotSigned: There is none.
    """
    if record.signature is None:
        raise NotSigned(record.id)
    return record.signature


def verify_pilot(
    record: PilotRecord, registers: RegistersView, signer: Signer
) -> tuple[Verification, str]:
    """Check a record with the keys of this node.

    Returns:
        The verification, and whose key it is: "own", "other" (signed by another node, whose key
        this one does not know) or "none".
    """
    keys = published_keys(registers, signer)
    found = verify(record, keys)
    if found.key_id is None:
        return found, "none"
    return found, "own" if any(jwk["kid"] == found.key_id for jwk in keys) else "other"


def _remember(uow: UnitOfWork, signer: Signer) -> None:
    """Keep the public key with the records, so that what it signed can always be checked."""
    jwk = dict(signer.public_keys()[0])
    known = signing_keys(uow.registers).get(jwk["kid"])
    issuers = known.issuers if known is not None else ()
    if signer.issuer not in issuers:
        key = SigningKey(jwk, (*issuers, signer.issuer))
        uow.registers.put(SIGNING_KEYS, jwk["kid"], msgspec.json.encode(key))


def _names(collective: Collective, record: PilotRecord) -> dict[str, Mapping[str, str]]:
    referred = {
        "city": record.city,
        "organization": record.organization,
        "solution": record.solution,
        "livingLab": record.living_lab,
    }
    held = {
        term: collective.find(record_id)
        for term, record_id in referred.items()
        if record_id is not None
    }
    return {term: one.record.title for term, one in held.items() if one is not None}
