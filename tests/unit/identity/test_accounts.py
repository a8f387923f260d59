"""Accounts: links that serve once, passwords, passkeys, and a file that two processes change."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.identity.account import (
    AccountNameUnfit,
    AccountNotFound,
    AccountTaken,
    LastKey,
    Passkey,
    SetUpRefused,
    SignInRefused,
)
from hanze.identity.accounts import Accounts
from hanze.identity.grant import checked_grant
from hanze.identity.passwords import PasswordUnfit, check_password, hash_password, is_password

NOON = "2026-11-22T12:00:00Z"
ONE = "2026-11-22T13:00:00Z"
SOON = "2026-11-22T12:30:00Z"
GRANT = checked_grant(roles=("steward",))
PASSWORD = "kastanje fiets regenton"  # noqa: S105  # of a test


def _passkey(number: int = 1) -> Passkey:
    return Passkey(id=f"key-{number}", public_key="x", sign_count=0, name="phone", made_at=NOON)


def _ready(accounts: Accounts) -> str:
    account, secret = accounts.create("ans", GRANT, hours=1, now=NOON)
    accounts.set_up(secret, PASSWORD, now=NOON)
    return account.id


def test_link_should_serve_once_and_for_its_time() -> None:
    accounts = Accounts(None)
    account, secret = accounts.create(" Ans ", GRANT, hours=1, now=NOON)
    assert account.name == "ans"
    assert account.state == "waiting"
    assert secret not in repr(accounts.records())
    with pytest.raises(SetUpRefused):
        accounts.by_link(secret, now=ONE)
    with pytest.raises(SetUpRefused):
        accounts.by_link("guess", now=NOON)
    with pytest.raises(SetUpRefused):
        accounts.by_link("", now=NOON)
    assert accounts.set_up(secret, PASSWORD, now=NOON).state == "active"
    with pytest.raises(SetUpRefused):
        accounts.set_up(secret, PASSWORD, now=NOON)


def test_second_link_should_end_the_first_and_what_opened_the_account() -> None:
    accounts = Accounts(None)
    account, first = accounts.create("ans", GRANT, hours=1, now=NOON)
    second = accounts.link("ans", hours=1, now=NOON)
    with pytest.raises(SetUpRefused):
        accounts.by_link(first, now=NOON)
    accounts.set_up(second, PASSWORD, now=NOON)
    accounts.add_passkey(account.id, _passkey())
    third = accounts.link("ans", hours=1, now=NOON)
    assert accounts.by_password("ans", PASSWORD).passkeys
    changed = accounts.set_up(third, "a way in of its own", now=SOON)
    assert changed.passkeys == ()
    assert changed.changed_at == SOON
    with pytest.raises(SignInRefused):
        accounts.by_password("ans", PASSWORD)


def test_password_should_be_asked_for_alike_whoever_is_named() -> None:
    accounts = Accounts(None)
    _ready(accounts)
    assert accounts.by_password("ANS", PASSWORD).name == "ans"
    accounts.create("bo", GRANT, hours=1, now=NOON)
    for name, password in (("ans", "no"), ("bo", ""), ("bo", PASSWORD), ("nobody", PASSWORD)):
        with pytest.raises(SignInRefused) as refused:
            accounts.by_password(name, password)
        assert "name" in str(refused.value)


def test_account_that_is_revoked_should_open_nothing_and_free_its_name() -> None:
    accounts = Accounts(None)
    account_id = _ready(accounts)
    accounts.add_passkey(account_id, _passkey())
    accounts.revoke("ans", now=ONE)
    assert accounts.get(account_id) is None
    assert accounts.with_passkey("key-1") is None
    with pytest.raises(SignInRefused):
        accounts.by_password("ans", PASSWORD)
    with pytest.raises(AccountNotFound):
        accounts.revoke("ans", now=ONE)
    with pytest.raises(SignInRefused):
        accounts.add_passkey(account_id, _passkey(2))
    assert accounts.create("ans", GRANT, hours=1, now=ONE)[0].id != account_id
    kept = accounts.records()[0]
    assert (kept.password, kept.passkeys, kept.state) == ("", (), "revoked")


@pytest.mark.parametrize("name", ["", "a", "a b", "-ans", "x" * 65, "ané", "../ans"])
def test_account_should_have_a_name_that_can_be_typed(name: str) -> None:
    with pytest.raises(AccountNameUnfit):
        Accounts(None).create(name, GRANT, hours=1, now=NOON)


def test_name_and_identity_elsewhere_should_be_of_one_account() -> None:
    accounts = Accounts(None)
    known, secret = accounts.create("ans", GRANT, hours=1, elsewhere="https://x 1", now=NOON)
    assert secret == ""
    assert known.state == "active"
    found = accounts.from_elsewhere("https://x", "1")
    assert found is not None
    assert found.id == known.id
    assert accounts.from_elsewhere("https://x", "2") is None
    for name, elsewhere in (("Ans", ""), ("bo", "https://x 1")):
        with pytest.raises(AccountTaken):
            accounts.create(name, GRANT, hours=1, elsewhere=elsewhere, now=NOON)


def test_passkey_should_be_of_one_account_and_the_last_way_in_should_stay() -> None:
    accounts = Accounts(None)
    account_id = _ready(accounts)
    other, _ = accounts.create("bo", GRANT, hours=1, now=NOON)
    accounts.add_passkey(account_id, _passkey())
    with pytest.raises(AccountTaken):
        accounts.add_passkey(other.id, _passkey())
    accounts.count_passkey(account_id, "key-1", 7)
    found = accounts.with_passkey("key-1")
    assert found is not None
    assert found[1].sign_count == 7
    accounts.add_passkey(other.id, _passkey(2))
    with pytest.raises(LastKey):
        accounts.remove_passkey(other.id, "key-2", now=ONE)
    with pytest.raises(AccountNotFound):
        accounts.remove_passkey(account_id, "key-2", now=ONE)
    assert accounts.remove_passkey(account_id, "key-1", now=ONE).changed_at == ONE


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("elevenchars", "short"),
        ("x" * 257, "long"),
        ("aaaaaaaaaaaaaaaa", "plain"),
        ("123456789012", "plain"),
        ("abcdefghijklmn", "plain"),
        ("nmlkjihgfedcba", "plain"),
        ("abcdabcdabcdabcd", "plain"),
        ("hanzehanze123", "named"),
        ("zwolle-ans-zwolle", None),
        ("correct horse battery", None),
        ("비밀번호를 길게 정합니다", None),
    ],
)
def test_password_should_be_hard_to_guess(password: str, reason: str | None) -> None:
    if reason is None:
        check_password(password, names=("ans", "hanze"))
        return
    with pytest.raises(PasswordUnfit) as refused:
        check_password(password, names=("ans", "hanze"))
    assert refused.value.reason == reason
    assert password not in str(refused.value)


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=80))
def test_check_password_should_answer_or_refuse(password: str, name: str) -> None:
    try:
        check_password(password, names=(name,))
    except PasswordUnfit as error:
        assert error.reason in {"short", "long", "plain", "named"}
    else:
        assert len(password) >= 12


def test_password_should_be_kept_as_argon2id_of_64_mib(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanze.identity.passwords._HASHER", hasher)
    kept = hash_password(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_password(kept, PASSWORD)
    assert not is_password(kept, PASSWORD + " ")
    assert not is_password("", "")
    assert not is_password("no hash", PASSWORD)


def test_accounts_should_see_what_another_process_changed(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "accounts.json"
    here, there = Accounts(path), Accounts(path)
    account, _ = there.create("ans", GRANT, hours=1, now=NOON)
    assert here.get(account.id) is not None
    there.revoke("ans", now=NOON)
    assert here.get(account.id) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


_CHANGING = """
import sys
from pathlib import Path
from hanze.identity.accounts import Accounts
from hanze.identity.grant import checked_grant
accounts = Accounts(Path(sys.argv[1]))
for number in range(10_000):
    accounts.create(f"account-{number}", checked_grant(), hours=1, now="2026-11-22T12:00:00Z")
    print(number, flush=True)
"""


def test_accounts_should_survive_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "accounts.json"
    process = subprocess.Popen(
        [sys.executable, "-c", _CHANGING, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = 19 + len(process.stdout.read().splitlines())
    process.wait()
    process.stdout.close()
    names = {one.name for one in Accounts(path).records()}
    assert names >= {f"account-{number}" for number in range(acknowledged + 1)}
    Accounts(path).create("afterwards", GRANT, hours=1, now=NOON)
