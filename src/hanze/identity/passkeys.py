"""Passkeys (W3C Web Authentication 2): options for the browser, and what it answers.

A passkey is bound to the host under which the node is reached, asks its owner for a fingerprint or a
code, and cannot be typed into a page of somebody else: it counts as two factors.
"""

from typing import Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hanze.identity.account import Account, Passkey, SignInRefused
from hanze.identity.accounts import Accounts
from hanze.identity.once import Once

__all__ = ["CHALLENGE_S", "Passkeys"]

CHALLENGE_S: Final = 300
_LONGEST: Final = 20_000
_LONGEST_NAME: Final = 60


class Passkeys:
    """Makes passkeys and lets people in with them.

    Args:
        accounts: Whose they are.
        title: Of the node, as the browser shows it.
    """

    def __init__(self, accounts: Accounts, title: str) -> None:
        self._accounts = accounts
        self._title = title
        #: Challenges, with the id of the account that adds a passkey; "" for signing in.
        self._challenges: Once[str] = Once(CHALLENGE_S)

    def options_to_add(self, account: Account, *, site: str, now_s: int) -> str:
        """Give the options with which a browser makes a passkey, as JSON."""
        challenge = self._challenges.keep(account.id, now_s=now_s)
        options = generate_registration_options(
            rp_id=site,
            rp_name=self._title,
            user_name=account.name,
            user_id=account.id.encode(),
            challenge=base64url_to_bytes(challenge),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id))
                for one in account.passkeys
            ],
        )
        return options_to_json(options)

    def add(
        self,
        account: Account,
        credential: str,
        name: str,
        *,
        site: str,
        origin: str,
        now: str,
        now_s: int,
    ) -> Account:
        """Add the passkey that a browser made.

        Args:
            credential: What the browser answers, as JSON.
            name: What its owner calls it.
            origin: Of the page: scheme, host and port.

        Raises:
            SignInRefused: It does not answer this account's challenge, from this site.
            AccountTaken: It is there already.
        """
        try:
            parsed = parse_registration_credential_json(_bounded(credential))
            challenge = self._taken(parsed.response.client_data_json, account.id, now_s)
            verified = verify_registration_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=site,
                expected_origin=origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            raise SignInRefused from error
        passkey = Passkey(
            id=bytes_to_base64url(verified.credential_id),
            public_key=bytes_to_base64url(verified.credential_public_key),
            sign_count=verified.sign_count,
            name=name.strip()[:_LONGEST_NAME],
            made_at=now,
        )
        return self._accounts.add_passkey(account.id, passkey)

    def options_to_sign_in(self, *, site: str, now_s: int) -> str:
        """Give the options with which a browser lets somebody choose a passkey, as JSON."""
        challenge = self._challenges.keep("", now_s=now_s)
        options = generate_authentication_options(
            rp_id=site,
            challenge=base64url_to_bytes(challenge),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def sign_in(self, credential: str, *, site: str, origin: str, now_s: int) -> Account:
        """Return the account of who answers a challenge.

        Args:
            credential: What the browser answers, as JSON.

        Raises:
            SignInRefused: No passkey that is known answers it, from this site.
        """
        try:
            parsed = parse_authentication_credential_json(_bounded(credential))
            challenge = self._taken(parsed.response.client_data_json, "", now_s)
            found = self._accounts.with_passkey(bytes_to_base64url(parsed.raw_id))
            if found is None:
                raise SignInRefused
            account, passkey = found
            verified = verify_authentication_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=site,
                expected_origin=origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            raise SignInRefused from error
        self._accounts.count_passkey(account.id, passkey.id, verified.new_sign_count)
        return account

    def _taken(self, client_data: bytes, account_id: str, now_s: int) -> bytes:
        """Take the challenge that is answered: each is answered once, and for what it was made."""
        challenge = parse_client_data_json(client_data).challenge
        if self._challenges.take(bytes_to_base64url(challenge), now_s=now_s) != account_id:
            raise SignInRefused
        return challenge


def _bounded(credential: str) -> str:
    if len(credential) > _LONGEST:
        raise SignInRefused
    return credential
