"""Keys that residents give themselves: they may less than a writer, and are limited in number."""

import json
from pathlib import Path

import pytest

from hanze.identity.caller import ANONYMOUS
from hanze.identity.resident_keys import NotAResidentKey, TooManyKeys, give_key, key_id_of
from hanze.identity.tokens import ALL_ROLES, TokenRefused, Tokens

NOW = "2026-11-22T10:00:00.000000Z"
AFTER = "2027-11-23T10:00:00.000000Z"


def test_key_should_contribute_and_not_write() -> None:
    tokens = Tokens(None)
    key = give_key(tokens, most=10, days=365, now=NOW)
    caller = tokens.verify(key.secret, now=NOW)
    assert caller.roles == {"reader", "contributor"}
    assert key_id_of(caller) == key.id
    assert key.expires_at == "2027-11-22T10:00:00Z"
    # A node with residents' keys alone has nobody who may write.
    assert not tokens.any_active(now=NOW)
    with pytest.raises(TokenRefused, match="expired"):
        tokens.verify(key.secret, now=AFTER)


def test_others_should_have_no_key() -> None:
    tokens = Tokens(None)
    operator = tokens.verify(tokens.create("resident-fake", now=NOW), now=NOW)
    for caller in (operator, ANONYMOUS):
        with pytest.raises(NotAResidentKey):
            key_id_of(caller)


def test_keys_should_be_limited_and_forgotten_when_they_are_over() -> None:
    tokens = Tokens(None)
    first = give_key(tokens, most=2, days=365, now=NOW)
    give_key(tokens, most=2, days=365, now=NOW)
    with pytest.raises(TooManyKeys):
        give_key(tokens, most=2, days=365, now=NOW)
    tokens.revoke(f"resident-{first.id}", now=NOW)
    give_key(tokens, most=2, days=365, now=NOW)
    assert len(tokens.records()) == 2
    with pytest.raises(TooManyKeys):
        give_key(tokens, most=0, days=365, now=NOW)


def test_tokens_of_before_there_were_roles_should_keep_theirs(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    secret = Tokens(path).create("officer", now=NOW)
    kept = json.loads(path.read_bytes())
    for one in kept:
        del one["roles"]
    path.write_text(json.dumps(kept))
    tokens = Tokens(path)
    assert tokens.verify(secret, now=NOW).roles == set(ALL_ROLES)
    tokens.revoke("officer", now=NOW)
    give_key(tokens, most=1, days=1, now=NOW)
    assert {record.name for record in tokens.records()} > {"officer"}
