"""Keys, their thumbprints, and what people read to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from hanze.league.identity import (
    KeyPair,
    decoded,
    encoded,
    fingerprint_of,
    is_signed_by,
    thumbprint_of,
)


def test_thumbprint_should_be_that_of_the_rfc() -> None:
    # RFC 8037, appendix A.3.
    public = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert thumbprint_of(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_thumbprint_should_be_what_others_make_of_the_key() -> None:
    key = KeyPair.made()
    other = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": key.public})
    assert other.thumbprint() == key.thumbprint


@given(st.binary(max_size=64))
def test_base64url_should_return_what_was_written(raw: bytes) -> None:
    assert decoded(encoded(raw)) == raw


@pytest.mark.parametrize("text", ["a", "AB", "AA==", "A A", "A+8", "é", "AAB"])
def test_base64url_should_have_one_way_to_say_a_thing(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        decoded(text)


def test_fingerprint_should_be_groups_that_are_read_aloud() -> None:
    groups = fingerprint_of(KeyPair.made().thumbprint).split(" ")
    assert len(groups) == 8
    assert all(len(group) == 5 and group.isdecimal() for group in groups)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.binary(max_size=100))
def test_signature_should_hold_for_its_message_alone(
    seed: bytes, told: bytes, other: bytes
) -> None:
    key = KeyPair.of_seed(encoded(seed))
    signature = key.sign(told)
    assert is_signed_by(key.public, signature, told)
    assert is_signed_by(key.public, signature, other) is (told == other)
    assert KeyPair.of_seed(key.seed).thumbprint == key.thumbprint


@pytest.mark.parametrize("public", ["", "AAAA", "é", "A" * 43, "!" * 43])
def test_what_is_no_key_should_have_signed_nothing(public: str) -> None:
    assert not is_signed_by(public, b"\0" * 64, b"message")


def test_seed_should_have_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyPair.of_seed(encoded(b"short"))
