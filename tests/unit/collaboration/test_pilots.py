"""A pilot that its host signed: anyone can check it, and nobody can change it."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.broker.provision import create_entity, delete_entity, update_attributes
from hanze.collaboration.claims import (
    COVERED,
    NOT_COVERED,
    TOKEN_TYPE,
    Reason,
    canonical,
    claims_of,
    verify,
)
from hanze.collaboration.pilots import (
    AlreadySigned,
    NotSigned,
    published_keys,
    sign_pilot,
    token_of,
    verify_pilot,
)
from hanze.collaboration.records.entities import attributes_of, write_record
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.projects import PilotRecord
from hanze.collaboration.rules.step import RuleBroken
from hanze.ngsild.model import Fragment
from hanze.ngsild.vocabulary import HANZE
from hanze.node.signing import SigningFileDamaged, SigningKeys
from tests.collectives import NOW, WRITER, Held, holding

TODAY = date(2026, 11, 22)
DEN_HAAG = "urn:ngsi-ld:Municipality:NL:GM0518"
FIRM = Organization(
    id="urn:ngsi-ld:Organization:NL:firm",
    title={"en": "Quiet Poles", "ko": "조용한 전봇대"},
    kind="company",
)
PILOT = PilotRecord(
    id="urn:ngsi-ld:PilotRecord:test:1",
    title={"en": "Smart poles", "nl": "Slimme palen"},
    tested={"en": "Twelve poles along the boulevard", "ko": "가로등 열두 개"},
    result={"en": "40 % less energy; two failed in salt air"},
    outcome="partly",
    city=DEN_HAAG,
    organization=FIRM.id,
    starts=date(2025, 1, 1),
    ends=date(2025, 12, 31),
    measured=("energy -40 %", "failures 2 of 12"),
    trl=7,
    location={"type": "Point", "coordinates": [4.28, 52.11]},
)


def _keys(issuer: str = "https://hague.example") -> SigningKeys:
    return SigningKeys(None, issuer=issuer, clock=lambda: NOW)


def _signed(keys: SigningKeys, record: PilotRecord = PILOT) -> PilotRecord:
    """Sign as a node does, outside any store."""
    ready = replace(record, signed_on=TODAY, signed_by=keys.issuer)
    return replace(ready, signature=keys.sign(canonical(claims_of(ready)), TOKEN_TYPE))


@dataclass(frozen=True, slots=True)
class _Signing:
    held: Held
    keys: SigningKeys

    async def sign(self, record_id: str = PILOT.id) -> PilotRecord:
        collective = await self.held.collective()
        return await sign_pilot(
            self.held.store, collective, WRITER, self.keys, record_id, today=TODAY, now=NOW
        )

    async def write(self, record: PilotRecord) -> None:
        entity = write_record(record)
        await self.held.store.transact(
            lambda uow: create_entity(uow, WRITER, entity, context=HANZE, now=NOW)
        )

    async def patch(self, record: PilotRecord, *names: str) -> None:
        fragment = Fragment(attributes=attributes_of(record, names))
        await self.held.store.transact(
            lambda uow: update_attributes(uow, WRITER, record.id, fragment, now=NOW)
        )


@asynccontextmanager
async def _signing() -> AsyncIterator[_Signing]:
    async with holding(PILOT, FIRM) as held:
        yield _Signing(held, _keys())


async def test_signature_should_verify_with_the_published_key_alone() -> None:
    async with _signing() as node:
        record = await node.sign()
        assert record.signed_by == "https://hague.example"
        assert record.signed_on == TODAY
        keys = published_keys(node.held.store.registers, node.keys)
        stored = node.held.record(PILOT.id)
        assert isinstance(stored, PilotRecord)
        found, whose = verify_pilot(stored, node.held.store.registers, node.keys)
        assert (found.valid, found.reasons, whose) == (True, (), "own")
    # Offline: the token and the key are all that is needed.
    offline = verify(token_of(record), keys)
    assert offline.valid
    assert offline.claims is not None
    assert offline.claims["sub"] == PILOT.id
    assert offline.claims["names"] == {"organization": dict(FIRM.title)}
    assert offline.issuer == "https://hague.example"
    assert set(offline.covered) <= set(COVERED)
    assert "result" in offline.covered


async def test_record_should_be_signed_once() -> None:
    async with _signing() as node:
        await node.sign()
        with pytest.raises(AlreadySigned):
            await node.sign()


def test_unsigned_record_should_have_no_token() -> None:
    with pytest.raises(NotSigned):
        token_of(PILOT)
    assert verify(PILOT, []).reasons == (Reason("unsigned"),)


_texts = st.dictionaries(
    st.sampled_from(("nl", "en", "ko")), st.text(min_size=1, max_size=20), min_size=1
)
_CHANGES: dict[str, st.SearchStrategy[object]] = {
    "title": _texts,
    "description": _texts,
    "tested": _texts,
    "result": _texts,
    "outcome": st.sampled_from(("worked", "failed")),
    "city": st.just("urn:ngsi-ld:Municipality:KR:21"),
    "organization": st.sampled_from((None, "urn:ngsi-ld:Organization:NL:other")),
    "solution": st.just("urn:ngsi-ld:Solution:NL:x"),
    "living_lab": st.just("urn:ngsi-ld:LivingLab:NL:x"),
    "starts": st.dates().filter(lambda day: day != PILOT.starts),
    "ends": st.one_of(st.none(), st.just(date(2025, 12, 30))),
    "measured": st.lists(st.text(min_size=1), max_size=3).map(tuple),
    "trl": st.sampled_from((None, 1, 9)),
    "location": st.just({"type": "Point", "coordinates": [4.29, 52.11]}),
    "source_city": st.just(DEN_HAAG),
    "provenance": st.just("simulated"),
    "simulated": st.booleans(),
    "signed_on": st.just(TODAY + timedelta(days=1)),
    "signed_by": st.just("https://elsewhere.example"),
    "source": st.text(min_size=1),
    "license": st.text(min_size=1),
}
_TERMS = {field.name: field.term for field in fields_of(PilotRecord)}
_KEYS = _keys()
_SIGNED = _signed(_KEYS)


@given(data=st.data(), name=st.sampled_from(sorted(_CHANGES)))
@settings(max_examples=100)
def test_any_change_of_what_is_covered_should_fail_and_be_named(
    data: st.DataObject, name: str
) -> None:
    value = data.draw(_CHANGES[name].filter(lambda one: one != getattr(PILOT, name)))
    changed = msgspec.structs.replace(_SIGNED, **{name: value})
    found = verify(changed, _KEYS.public_keys())
    assert not found.valid
    assert found.reasons == (Reason("changed", (_TERMS[name],)),)


def test_every_field_should_be_covered_or_left_out_on_purpose() -> None:
    covered = {field.name for field in fields_of(PilotRecord) if field.term in COVERED}
    every = {field.name for field in fields_of(PilotRecord)}
    assert covered | NOT_COVERED | {"signature"} == every
    assert not covered & NOT_COVERED


def test_what_is_not_covered_may_change() -> None:
    changed = replace(_SIGNED, see_also=("https://example.org/more",), concepts=("lighting",))
    assert verify(changed, _KEYS.public_keys()).valid


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(max_examples=100)
def test_token_should_not_verify_when_a_byte_differs(place: int, flip: int) -> None:
    token = token_of(_SIGNED)
    parts = [bytearray(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")]
    some = parts[place % 3]
    some[place % len(some)] ^= flip
    forged = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    assert not verify(forged, _KEYS.public_keys()).valid


@pytest.mark.parametrize("text", ["", "a.b.c", "x", "..", "é.é.é", "a" * 1000])
def test_what_is_no_token_should_be_told(text: str) -> None:
    assert verify(text, _KEYS.public_keys()).reasons == (Reason("malformed"),)


def _with_header(**header: object) -> str:
    _, payload, signature = token_of(_SIGNED).split(".")
    raw = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{raw}.{payload}.{signature}"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA", "RS256"])
def test_another_algorithm_should_be_refused(algorithm: str) -> None:
    kid = _KEYS.public_keys()[0]["kid"]
    forged = _with_header(alg=algorithm, kid=kid)
    assert verify(forged, _KEYS.public_keys()).reasons == (Reason("wrong-algorithm"),)


def test_another_nodes_key_should_be_unknown() -> None:
    found = verify(_SIGNED, _keys().public_keys())
    assert found.reasons == (Reason("unknown-key"),)
    assert found.claims is None
    assert found.issuer == "https://hague.example"


async def test_signed_record_should_not_change_by_a_patch() -> None:
    async with _signing() as node:
        record = await node.sign()
        with pytest.raises(RuleBroken, match="signed"):
            await node.patch(replace(record, outcome="worked"), "outcome")
        with pytest.raises(RuleBroken, match="signed"):
            await node.held.store.transact(
                lambda uow: delete_entity(uow, WRITER, record.id, now=NOW)
            )


async def test_signature_that_is_not_the_hosts_should_not_be_written() -> None:
    async with _signing() as node:
        await node.sign()
        other = replace(PILOT, id="urn:ngsi-ld:PilotRecord:test:2")
        with pytest.raises(RuleBroken, match="need the signature"):
            await node.write(replace(other, signed_by="https://hague.example"))
        with pytest.raises(RuleBroken, match="JSON Web Signature"):
            await node.write(replace(other, signature="made up"))
        # A signature that is genuine, of another record.
        own = node.held.record(PILOT.id)
        assert isinstance(own, PilotRecord)
        with pytest.raises(RuleBroken, match="something else"):
            await node.write(
                replace(
                    other,
                    signature=own.signature,
                    signed_by=own.signed_by,
                    signed_on=own.signed_on,
                )
            )
        # Somebody else's key under this node's name.
        with pytest.raises(RuleBroken, match="not of a key of this node"):
            await node.write(_signed(_keys("https://hague.example"), other))


async def test_forged_signature_with_the_nodes_key_id_should_not_be_written() -> None:
    async with _signing() as node:
        await node.sign()
        other = _signed(_keys("https://hague.example"), replace(PILOT, id="urn:x:forged"))
        kid = node.keys.public_keys()[0]["kid"]
        header = {"alg": "Ed25519", "kid": kid, "typ": TOKEN_TYPE}
        raw = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        _, payload, signature = token_of(other).split(".")
        forged = replace(other, signature=f"{raw}.{payload}.{signature}")
        with pytest.raises(RuleBroken, match="not made with it"):
            await node.write(forged)


async def test_another_nodes_signature_should_be_kept_as_that_nodes() -> None:
    async with _signing() as node:
        await node.sign()
        busan = _keys("https://busan.example")
        foreign = _signed(busan, replace(PILOT, id="urn:ngsi-ld:PilotRecord:busan:1"))
        await node.write(foreign)
        found, whose = verify_pilot(foreign, node.held.store.registers, node.keys)
        assert (found.valid, whose) == (False, "other")
        assert found.reasons == (Reason("unknown-key"),)
        assert verify(foreign, busan.public_keys()).valid


async def test_retired_key_should_stay_published() -> None:
    async with _signing() as node:
        record = await node.sign()
        old = node.keys.public_keys()[0]["kid"]
        new = node.keys.rotate()
        assert [jwk["kid"] for jwk in node.keys.public_keys()] == [new, old]
        assert verify_pilot(record, node.held.store.registers, node.keys)[0].valid
        # Even without the file: what signed a record is kept with the records.
        keys = published_keys(node.held.store.registers, _keys())
        assert [jwk["kid"] for jwk in keys] == [old]
        assert verify(record, keys).valid


def test_private_keys_should_be_readable_by_the_node_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "signing.json"
    keys = SigningKeys(path, issuer="node", clock=lambda: NOW)
    assert keys.public_keys() == []
    assert not path.exists()
    first = keys.sign(b"{}", TOKEN_TYPE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    again = SigningKeys(path, issuer="node", clock=lambda: NOW)
    assert again.sign(b"{}", TOKEN_TYPE) == first
    again.rotate()
    kept = json.loads(path.read_bytes())
    assert [one["d"] is None for one in kept] == [True, False]
    assert all("d" not in jwk for jwk in keys.public_keys())


def test_damaged_keys_should_be_told(tmp_path: Path) -> None:
    path = tmp_path / "signing.json"
    path.write_text("{")
    with pytest.raises(SigningFileDamaged):
        SigningKeys(path, issuer="node", clock=lambda: NOW).public_keys()
