"""An account, and what can be wrong with one."""

import re
from typing import Final

import msgspec

from hanze.errors import Conflicting, Denied, InvalidInput, NotFound
from hanze.identity.caller import Caller
from hanze.identity.grant import Grant

__all__ = [
    "Account",
    "AccountNameUnfit",
    "AccountNotFound",
    "AccountTaken",
    "LastKey",
    "Passkey",
    "SetUpRefused",
    "SignInRefused",
    "account_name",
]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


class AccountNotFound(NotFound):
    """No account that is in use has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Account {name[:64]} does not exist; `hanze account list` shows the names"
        )


class AccountTaken(Conflicting):
    """An account that is in use has the name, or the identity elsewhere."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Account {name[:64]} already exists")


class AccountNameUnfit(InvalidInput):
    """A name cannot be that of an account."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "The name of an account must have 2 to 64 characters: small letters, digits, and "
            "after the first one '.', '_', '@' and '-'",
            field="name",
            value=name,
        )


class SetUpRefused(Denied):
    """A set-up link was used already, is too old, or never was one."""

    def __init__(self) -> None:
        super().__init__(
            "The link has been used or is too old; `hanze account link NAME` makes another"
        )


class SignInRefused(Denied):
    """Somebody is not who they say, or may not come in; which of both is not told."""

    def __init__(self) -> None:
        super().__init__("The name and what proves it do not belong together")


class Passkey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A passkey (WebAuthn credential).

    Attributes:
        id: Credential id, base64url.
        public_key: COSE key, base64url.
        sign_count: As the authenticator told last; 0 where it does not count.
        name: As its owner calls it.
        made_at: DateTime text.
    """

    id: str
    public_key: str
    sign_count: int
    name: str
    made_at: str


class Account(Grant, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of an account; times are DateTime text in UTC.

    Attributes:
        id: Random, and never another's.
        name: With which its owner signs in.
        made_at: When it was made.
        changed_at: Sessions that began before it are over: the password or the rights changed.
        password: Of `passwords.hash_password`; "" while there is none.
        passkeys: Of its owner.
        elsewhere: "<issuer> <subject>" of the owner at an OpenID provider; "" for nobody.
        set_up: SHA-256 of the secret of its set-up link, hexadecimal; "" for none.
        set_up_until: Until when the link serves.
        revoked_at: When it ended.
    """

    id: str
    name: str
    made_at: str
    changed_at: str
    password: str = ""
    passkeys: tuple[Passkey, ...] = ()
    elsewhere: str = ""
    set_up: str = ""
    set_up_until: str = ""
    revoked_at: str | None = None

    @property
    def state(self) -> str:
        """Tell whether it is "revoked", "waiting" for its owner to set it up, or "active"."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.password or self.passkeys or self.elsewhere else "waiting"

    def as_caller(self) -> Caller:
        """Make the caller that its owner is once signed in."""
        return self.caller(self.name, credential=f"account:{self.id}")


class LastKey(Conflicting):
    """What is to be removed is the only thing that opens an account."""

    def __init__(self) -> None:
        super().__init__(
            "The account would have nothing left that opens it; choose a password first"
        )


def account_name(text: str) -> str:
    """Write a name as accounts have it: in small letters.

    Raises:
        AccountNameUnfit: It cannot be that of an account.
    """
    folded = text.strip().casefold()
    if not _NAME.fullmatch(folded):
        raise AccountNameUnfit(text)
    return folded
