"""Signed requests: the RFC's own vector, another implementation, and what is refused."""

import base64
import datetime as dt
import itertools
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from hypothesis import given
from hypothesis import strategies as st

from hanze.broker.distribution.ports import ANYBODY
from hanze.identity.trace import new_trace
from hanze.league.identity import KeyPair, decoded, encoded, is_signed_by
from hanze.league.replay import Nonces
from hanze.league.signatures import (
    TAG,
    Message,
    SignatureInput,
    SignatureRefused,
    check_digest,
    check_signature,
    digest_of,
    read_signature,
    sign_message,
    signature_base,
)

NOW_S = 1_800_000_000
KEY = KeyPair.of_seed(encoded(bytes(range(32))))
GET = Message("GET", "https://breda.example/ngsi-ld/v1/entities?type=Bin")
POST = Message("POST", "https://breda.example:8443/x", "t1", digest_of(b"{}"))


def _signed(message: Message, **changed: Any) -> dict[str, str]:
    given = {"now_s": NOW_S, "nonce": "n1", **changed}
    return dict(sign_message(message, KEY, **given))


def _read(headers: dict[str, str]) -> SignatureInput:
    found = read_signature(headers["signature-input"], headers["signature"])
    assert found is not None
    return found


def _check(headers: dict[str, str], message: Message, *, now_s: int = NOW_S) -> None:
    check_signature(_read(headers), message, KEY.public, now_s=now_s, skew_s=60)


def test_signature_should_be_that_of_the_rfc() -> None:
    # RFC 9421, B.2.6, with the key of B.1.4.
    key = KeyPair.of_seed("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU")
    assert key.public == "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
    components = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "@method": "POST",
        "@path": "/foo",
        "@authority": "example.com",
        "content-type": "application/json",
        "content-length": "18",
    }
    text = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    signature = base64.b64decode(
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )
    assert key.sign(signature_base(components, text)) == signature
    assert is_signed_by(key.public, signature, signature_base(components, text))


def test_digest_should_be_that_of_the_rfc() -> None:
    # RFC 9530, appendix D; RFC 9421, B.2.
    body = b'{"hello": "world"}'
    assert digest_of(body) == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    sha_512 = (
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm"
        "+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    )
    check_digest(sha_512, body)
    with pytest.raises(SignatureRefused):
        check_digest(sha_512, body + b" ")


class _Keys(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> Any:
        return Ed25519PrivateKey.from_private_bytes(decoded(KEY.seed)).public_key()

    def resolve_private_key(self, key_id: str) -> Any:
        return Ed25519PrivateKey.from_private_bytes(decoded(KEY.seed))


def test_others_should_verify_what_a_member_signs() -> None:
    message = Message("POST", "https://breda.example:8443/x?a=1", None, digest_of(b"{}"))
    headers = {**_signed(message, now_s=int(time.time())), "content-digest": message.digest or ""}
    request = httpx.Request("POST", message.target, headers=headers, content=b"{}")
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys())
    found = verifier.verify(request)
    assert found


def test_what_others_sign_should_be_verified() -> None:
    request = httpx.Request("GET", GET.target)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Keys())
    signer.sign(
        request,
        key_id=KEY.thumbprint,
        created=dt.datetime.fromtimestamp(NOW_S, dt.UTC),
        expires=dt.datetime.fromtimestamp(NOW_S + 60, dt.UTC),
        nonce="abc",
        tag=TAG,
        covered_component_ids=("@authority", "@method", "@target-uri"),
    )
    _check({name.lower(): value for name, value in request.headers.items()}, GET)


@pytest.mark.parametrize("message", [GET, POST], ids=["GET", "POST"])
def test_own_signature_should_hold(message: Message) -> None:
    _check(_signed(message), message)


CARE = "https://w3id.org/dpv/sector/health#CareManagement"

CHANGED = [
    Message("POST", GET.target),
    Message("GET", GET.target + "&limit=1"),
    Message("GET", GET.target.replace("breda", "gouda")),
    Message("GET", GET.target.replace("https", "http")),
    Message("GET", GET.target, "t2"),
    Message("GET", GET.target, None, digest_of(b"")),
    Message("GET", GET.target, behalf=ANYBODY),
    Message("GET", GET.target, purpose=CARE),
]


@pytest.mark.parametrize("other", CHANGED)
def test_signature_should_hold_for_nothing_else(other: Message) -> None:
    with pytest.raises(SignatureRefused):
        _check(_signed(GET), other)


@pytest.mark.parametrize("other", [GET, Message("GET", GET.target, purpose=CARE + "s")])
def test_purpose_should_be_the_one_that_was_signed(other: Message) -> None:
    asked = Message("GET", GET.target, purpose=CARE)
    _check(_signed(asked), asked)
    with pytest.raises(SignatureRefused):
        _check(_signed(asked), other)


def test_trace_should_be_the_one_that_was_signed_where_it_was() -> None:
    traced = Message("GET", GET.target, trace=new_trace().header)
    _check(_signed(traced), traced)
    with pytest.raises(SignatureRefused):
        _check(_signed(traced), Message("GET", GET.target, trace=new_trace().header))
    # What stands between two nodes may begin one.
    _check(_signed(GET), traced)


@pytest.mark.parametrize(
    "covered",
    [Message("POST", POST.target, None, POST.digest), Message("POST", POST.target, POST.tenant)],
    ids=["no tenant", "no digest"],
)
def test_signature_should_cover_what_is_there(covered: Message) -> None:
    with pytest.raises(SignatureRefused) as refused:
        _check(_signed(covered), POST)
    assert refused.value.code == "incomplete"


@pytest.mark.parametrize(
    ("made_s", "code"),
    [(NOW_S - 200, "expired"), (NOW_S + 61, "early"), (NOW_S - 119, None), (NOW_S + 60, None)],
)
def test_signature_should_hold_for_its_time(made_s: int, code: str | None) -> None:
    headers = _signed(GET, now_s=made_s)
    if code is None:
        _check(headers, GET)
        return
    with pytest.raises(SignatureRefused) as refused:
        _check(headers, GET)
    assert refused.value.code == code


def test_signature_should_not_hold_for_long() -> None:
    headers = _signed(GET)
    longer = headers["signature-input"].replace(str(NOW_S + 60), str(NOW_S + 301))
    with pytest.raises(SignatureRefused) as refused:
        _check({**headers, "signature-input": longer}, GET)
    assert refused.value.code == "expired"


def test_signature_of_another_key_should_be_refused() -> None:
    with pytest.raises(SignatureRefused) as refused:
        check_signature(_read(_signed(GET)), GET, KeyPair.made().public, now_s=NOW_S, skew_s=60)
    assert refused.value.code == "wrong"


@pytest.mark.parametrize(
    "old_new",
    [
        ('alg="ed25519"', 'alg="hmac-sha256"'),
        (";created=", ";made="),
        (";nonce=", ";once="),
        (";keyid=", ";key="),
        ("sig=", "sig= "),
        ("(", "(("),
        ('"@method" ', '"@method"  '),
        ('"@method"', '"@method";req'),
    ],
)
def test_other_forms_should_be_refused(old_new: tuple[str, str]) -> None:
    headers = _signed(GET)
    with pytest.raises(SignatureRefused):
        read_signature(headers["signature-input"].replace(*old_new), headers["signature"])


@pytest.mark.parametrize(
    "signature", ["", "sig=:AAAA:", "sig=AAAA", "other=:AAAA:", "sig=:A:", "sig=:AAAA:, sig=:AAAA:"]
)
def test_wrong_signatures_should_be_refused(signature: str) -> None:
    with pytest.raises(SignatureRefused):
        _check({**_signed(GET), "signature": signature}, GET)


def test_signatures_of_others_should_say_nothing() -> None:
    headers = _signed(GET)
    theirs = headers["signature-input"].replace(TAG, "web-bot-auth")
    assert read_signature(theirs, headers["signature"]) is None
    both = f"{theirs.replace('sig=', 'bot=')}, {headers['signature-input']}"
    assert read_signature(both, f"bot=:AAAA:, {headers['signature']}") is not None
    with pytest.raises(SignatureRefused, match="several"):
        again = headers["signature-input"].replace("sig=", "two=")
        read_signature(f"{headers['signature-input']}, {again}", headers["signature"])


@given(st.text(max_size=200), st.text(max_size=200))
def test_reading_should_refuse_or_ignore_anything(given_input: str, signature: str) -> None:
    try:
        read_signature(given_input, signature)
    except SignatureRefused:
        return


_PIECES = st.sampled_from(
    ["sig", "=", "(", ")", '"@method"', " ", ";", "created=1", 'tag="hanze-league"', ":", ","]
)


@given(st.lists(_PIECES, max_size=20))
def test_reading_should_refuse_or_ignore_what_is_nearly_right(pieces: list[str]) -> None:
    try:
        read_signature("".join(pieces), "sig=:AAAA:")
    except SignatureRefused:
        return


@pytest.mark.parametrize("digest", ["", "md5=:AAAA:", "sha-256=AAAA", "sha-256=:AAAA:", "x" * 5000])
def test_wrong_digests_should_be_refused(digest: str) -> None:
    with pytest.raises(SignatureRefused):
        check_digest(digest, b"{}")


def _taken(nonce: str, *, made_s: int = NOW_S) -> SignatureInput:
    return _read(_signed(GET, nonce=nonce, now_s=made_s))


def test_nonce_should_serve_once_for_as_long_as_its_signature_holds() -> None:
    nonces = Nonces(since_s=NOW_S, skew_s=60)
    first = _taken("first")
    nonces.take(first, now_s=NOW_S)
    # The last moment at which the signature itself would still hold.
    for now_s in (NOW_S, NOW_S + 60, NOW_S + 120):
        with pytest.raises(SignatureRefused, match="came before"):
            nonces.take(first, now_s=now_s)
    nonces.take(_taken("second"), now_s=NOW_S + 122)
    assert len(nonces) == 1


def test_what_was_signed_before_the_start_should_be_refused() -> None:
    with pytest.raises(SignatureRefused, match="start"):
        Nonces(since_s=NOW_S, skew_s=60).take(_taken("n", made_s=NOW_S - 1), now_s=NOW_S)


def test_one_member_should_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hanze.league.replay._MOST_OF_ONE", 3)
    nonces = Nonces(since_s=NOW_S, skew_s=0)
    for number in range(3):
        nonces.take(_taken(f"n{number}"), now_s=NOW_S)
    with pytest.raises(SignatureRefused, match="too many"):
        nonces.take(_taken("more"), now_s=NOW_S)
    with pytest.raises(SignatureRefused, match="too long"):
        nonces.take(_taken("x" * 65), now_s=NOW_S + 100)


def test_permuted_components_should_hold_as_they_were_signed() -> None:
    for names in itertools.permutations(GET.components):
        text = (
            "(" + " ".join(f'"{name}"' for name in names) + ")"
            f';created={NOW_S};expires={NOW_S + 9};nonce="n";keyid="{KEY.thumbprint}";tag="{TAG}"'
        )
        ordered = {name: GET.components[name] for name in names}
        signature = base64.b64encode(KEY.sign(signature_base(ordered, text))).decode()
        _check({"signature-input": f"a={text}", "signature": f"a=:{signature}:"}, GET)
