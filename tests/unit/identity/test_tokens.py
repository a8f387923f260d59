"""Tokens: what is kept, who is let in, and what a second process sees."""

import hashlib
import stat
from pathlib import Path

import pytest

from hanze.identity.kept_records import RecordFileDamaged
from hanze.identity.tokens import (
    TokenNotFound,
    TokenRefused,
    Tokens,
    TokenTaken,
    new_token,
)

NOW = "2026-03-01T12:00:00Z"
LATER = "2026-03-02T12:00:00Z"


@pytest.fixture(params=["file", "memory"])
def tokens(request: pytest.FixtureRequest, tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "secrets" / "tokens.json" if request.param == "file" else None)


def test_new_token_should_keep_a_hash_and_no_secret() -> None:
    secret, record = new_token("import", expires_at=None, now=NOW)
    assert record.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in repr(record)
    assert len(secret) > 40


def test_verify_should_answer_the_caller_of_a_secret(tokens: Tokens) -> None:
    secret = tokens.create("import", now=NOW)
    caller = tokens.verify(secret, now=NOW, tenant="quiet")
    assert (caller.actor, caller.tenant) == ("import", "quiet")
    assert "writer" in caller.roles


def test_verify_should_refuse_when_unknown_expired_or_revoked(tokens: Tokens) -> None:
    short = tokens.create("short", expires_at=LATER, now=NOW)
    gone = tokens.create("gone", now=NOW)
    tokens.revoke("gone", now=NOW)
    assert tokens.verify(short, now=NOW)
    for secret, reason in ((short, "expired"), (gone, "revoked"), ("guess", "unknown")):
        with pytest.raises(TokenRefused) as caught:
            tokens.verify(secret, now=LATER)
        assert caught.value.reason == reason
        assert secret not in str(caught.value)
    assert not tokens.any_active(now=LATER)


def test_create_should_refuse_a_name_in_use_and_allow_it_again(tokens: Tokens) -> None:
    tokens.create("sensor", now=NOW)
    with pytest.raises(TokenTaken, match="sensor"):
        tokens.create("sensor", now=NOW)
    tokens.revoke("sensor", now=NOW)
    tokens.create("sensor", now=LATER)
    assert [record.state(LATER) for record in tokens.records()] == ["revoked", "active"]


def test_revoke_should_refuse_an_unknown_name(tokens: Tokens) -> None:
    with pytest.raises(TokenNotFound, match="nobody"):
        tokens.revoke("nobody", now=NOW)


def test_tokens_should_see_what_another_process_changed(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "tokens.json"
    here, there = Tokens(path), Tokens(path)
    secret = there.create("late", now=NOW)
    assert here.verify(secret, now=NOW).actor == "late"
    there.revoke("late", now=NOW)
    with pytest.raises(TokenRefused):
        here.verify(secret, now=NOW)


def test_file_should_be_for_its_owner_only_and_hold_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "tokens.json"
    secret = Tokens(path).create("import", now=NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert secret not in path.read_text()


@pytest.mark.parametrize("content", ["{", '[{"name": 1}]', "\x00"])
def test_tokens_should_tell_when_the_file_is_damaged(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content)
    with pytest.raises(RecordFileDamaged, match=r"tokens\.json"):
        Tokens(path).records()
