"""Accounts: people who sign in to a node, with a password, a passkey, or elsewhere.

An account begins with a set-up link, which serves once: no account has a password before its owner
chose one, and nobody else ever knows it.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from hanze.identity.account import (
    Account,
    AccountNotFound,
    AccountTaken,
    LastKey,
    Passkey,
    SetUpRefused,
    SignInRefused,
    account_name,
)
from hanze.identity.grant import Grant
from hanze.identity.kept_records import KeptRecords
from hanze.identity.passwords import check_password, hash_password, is_password

__all__ = ["Accounts"]

_MOST_PASSKEYS: Final = 20


class Accounts:
    """The accounts of one node.

    Args:
        path: The file; `None` keeps the accounts in memory, for tests.
        node_name: No password is made of it.
    """

    def __init__(self, path: Path | None, *, node_name: str = "hanze") -> None:
        self._kept = KeptRecords(path, Account, lambda one: one.id, "accounts")
        self._node_name = node_name

    def records(self) -> tuple[Account, ...]:
        """List every account, revoked ones too, the oldest first."""
        return tuple(sorted(self._kept.current().values(), key=lambda one: (one.made_at, one.name)))

    def get(self, account_id: str) -> Account | None:
        """Return an account that is in use."""
        found = self._kept.current().get(account_id)
        return found if found is not None and found.revoked_at is None else None

    def named(self, name: str) -> Account:
        """Return the account in use of a name.

        Raises:
            AccountNotFound: There is none.
        """
        found = self._find(lambda one: one.name == name.strip().casefold())
        if found is None:
            raise AccountNotFound(name)
        return found

    def from_elsewhere(self, issuer: str, subject: str) -> Account | None:
        """Return the account of somebody whom an OpenID provider knows."""
        return self._find(lambda one: one.elsewhere == f"{issuer} {subject}")

    def with_passkey(self, passkey_id: str) -> tuple[Account, Passkey] | None:
        """Return the account that a passkey belongs to, and the passkey."""
        for one in self._kept.current().values():
            for passkey in one.passkeys:
                if one.revoked_at is None and passkey.id == passkey_id:
                    return one, passkey
        return None

    def by_password(self, name: str, password: str) -> Account:
        """Return the account of a name and its password, in the same time whatever is wrong.

        Raises:
            SignInRefused: They do not belong together.
        """
        folded = name.strip().casefold()
        found = self._find(lambda one: one.name == folded)
        if not is_password("" if found is None else found.password, password) or found is None:
            raise SignInRefused
        return found

    def by_link(self, secret: str, *, now: str) -> Account:
        """Return the account that a set-up link is for.

        Raises:
            SetUpRefused: It serves no more, or never did.
        """
        digest = _digest(secret)
        found = self._find(lambda one: bool(one.set_up) and one.set_up == digest)
        if found is None or found.set_up_until <= now:
            raise SetUpRefused
        return found

    def create(
        self, name: str, grant: Grant, *, hours: float, elsewhere: str = "", now: str
    ) -> tuple[Account, str]:
        """Make an account.

        Args:
            hours: For which its set-up link serves.
            elsewhere: As in `Account`; the owner signs in there and needs no link.

        Returns:
            It, and the secret of its link; "" where it needs none.

        Raises:
            AccountNameUnfit: The name is none.
            AccountTaken: It is another's, or `elsewhere` is.
        """
        folded = account_name(name)
        secret = "" if elsewhere else _new_secret()
        account = Account(
            **msgspec.structs.asdict(grant),
            id=secrets.token_hex(8),
            name=folded,
            made_at=now,
            changed_at=now,
            elsewhere=elsewhere,
            set_up=_digest(secret) if secret else "",
            set_up_until=_later(now, hours) if secret else "",
        )
        with self._kept.changing() as records:
            for one in records.values():
                same = one.name == folded or (elsewhere and one.elsewhere == elsewhere)
                if one.revoked_at is None and same:
                    raise AccountTaken(folded)
            records[account.id] = account
        return account, secret

    def link(self, name: str, *, hours: float, now: str) -> str:
        """Make another set-up link, for who lost what opens the account; the old one ends.

        Returns:
            Its secret. The password and the passkeys stay until it is used.

        Raises:
            AccountNotFound: There is none.
        """
        account = self.named(name)
        secret = _new_secret()
        self._change(account.id, set_up=_digest(secret), set_up_until=_later(now, hours))
        return secret

    def set_up(self, secret: str, password: str, *, now: str) -> Account:
        """Use a set-up link: the owner chooses a password; what opened the account before ends.

        Raises:
            SetUpRefused: The link serves no more.
            PasswordUnfit: The password is easy to guess.
        """
        account = self.by_link(secret, now=now)
        kept = self._new_password(account, password)
        with self._kept.changing() as records:
            current = records.get(account.id)
            # Two who use one link at a time: the second finds it used.
            if current is None or current.set_up != account.set_up or current.revoked_at:
                raise SetUpRefused
            records[account.id] = msgspec.structs.replace(
                current, password=kept, passkeys=(), set_up="", set_up_until="", changed_at=now
            )
            return records[account.id]

    def change_password(self, account_id: str, old: str, password: str, *, now: str) -> Account:
        """Change the password of who knows the old one; every session before it is over.

        Raises:
            SignInRefused: The old one is another.
            PasswordUnfit: The new one is easy to guess.
        """
        account = self.get(account_id)
        if account is None or not is_password(account.password, old):
            raise SignInRefused
        kept = self._new_password(account, password)
        return self._change(account_id, password=kept, changed_at=now)

    def add_passkey(self, account_id: str, passkey: Passkey) -> Account:
        """Add a passkey.

        Raises:
            SignInRefused: The account is gone.
            AccountTaken: The passkey is another's, or there are too many.
        """
        with self._kept.changing() as records:
            account = records.get(account_id)
            if account is None or account.revoked_at is not None:
                raise SignInRefused
            known = {key.id for one in records.values() for key in one.passkeys}
            if passkey.id in known or len(account.passkeys) >= _MOST_PASSKEYS:
                raise AccountTaken(passkey.name)
            records[account_id] = msgspec.structs.replace(
                account, passkeys=(*account.passkeys, passkey)
            )
            return records[account_id]

    def count_passkey(self, account_id: str, passkey_id: str, sign_count: int) -> None:
        """Remember how far an authenticator has counted: one that was copied falls behind."""
        account = self.get(account_id)
        counts = {} if account is None else {one.id: one.sign_count for one in account.passkeys}
        if account is None or counts.get(passkey_id) == sign_count:
            return
        passkeys = tuple(
            msgspec.structs.replace(one, sign_count=sign_count) if one.id == passkey_id else one
            for one in account.passkeys
        )
        self._change(account_id, passkeys=passkeys)

    def remove_passkey(self, account_id: str, passkey_id: str, *, now: str) -> Account:
        """Forget a passkey; the last thing that opens an account stays.

        Raises:
            SignInRefused: The account is gone.
            AccountNotFound: It has no such passkey.
            AccountTaken: Nothing else would open the account.
        """
        account = self.get(account_id)
        if account is None:
            raise SignInRefused
        left = tuple(one for one in account.passkeys if one.id != passkey_id)
        if len(left) == len(account.passkeys):
            raise AccountNotFound(passkey_id)
        if not (left or account.password or account.elsewhere):
            raise LastKey
        return self._change(account_id, passkeys=left, changed_at=now)

    def give(self, name: str, grant: Grant, *, now: str) -> Account:
        """Change what an account may do; its sessions are over.

        Raises:
            AccountNotFound: There is none.
        """
        account = self.named(name)
        return self._change(account.id, changed_at=now, **msgspec.structs.asdict(grant))

    def end_sessions(self, account_id: str, *, now: str) -> None:
        """End every session that began before now."""
        self._change(account_id, changed_at=now)

    def revoke(self, name: str, *, now: str) -> Account:
        """End an account; what opened it is forgotten.

        Raises:
            AccountNotFound: There is none.
        """
        account = self.named(name)
        return self._change(
            account.id, revoked_at=now, changed_at=now, password="", passkeys=(), set_up=""
        )

    def _find(self, wanted: Callable[[Account], bool]) -> Account | None:
        return next(
            (one for one in self._kept.current().values() if not one.revoked_at and wanted(one)),
            None,
        )

    def _change(self, account_id: str, **members: object) -> Account:
        with self._kept.changing() as records:
            account = records.get(account_id)
            if account is None or account.revoked_at is not None:
                raise SignInRefused
            records[account_id] = msgspec.structs.replace(account, **members)
            return records[account_id]

    def _new_password(self, account: Account, password: str) -> str:
        check_password(password, names=(account.name, self._node_name))
        return hash_password(password)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _later(now: str, hours: float) -> str:
    ends = datetime.fromisoformat(now[:19]).replace(tzinfo=UTC) + timedelta(hours=hours)
    return ends.strftime("%Y-%m-%dT%H:%M:%SZ")
