"""Who may come in: tokens, accounts, API clients, and people whom another provider knows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hanze.governance.admitting import Admitting
from hanze.governance.ports import Transacting
from hanze.identity.access_tokens import AccessTokens, Signer
from hanze.identity.accounts import Accounts
from hanze.identity.clients import Clients
from hanze.identity.elsewhere import ClaimRules, read_roles
from hanze.identity.guard import Guard
from hanze.node.journal import Journal
from hanze.settings import Identity, Settings
from hanze.transport.oidc import OpenIdProvider, ProviderFailed

__all__ = [
    "ACCOUNT_FILE",
    "CLIENT_FILE",
    "Entrance",
    "open_accounts",
    "open_clients",
    "open_entrance",
]

#: In the data directory.
ACCOUNT_FILE = Path("secrets") / "accounts.json"
CLIENT_FILE = Path("secrets") / "clients.json"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What people and programs come in with, besides the node's own tokens.

    Attributes:
        accounts: Of people.
        clients: Of organisations' programs.
        access_tokens: What these programs fetch.
        guard: Slows down who guesses.
        admitting: Makes and ends accounts and clients, and accounts for it.
        journal: What commands did beside the node.
        provider: With which people sign in elsewhere; `None`: there is none.
        claim_rules: What its claims make of them here.
        settings: How long what holds.
    """

    accounts: Accounts
    clients: Clients
    access_tokens: AccessTokens
    guard: Guard
    admitting: Admitting
    journal: Journal
    provider: OpenIdProvider | None
    claim_rules: ClaimRules
    settings: Identity

    def project_of(self, credential: str, *, now: str) -> str | None:
        """Give the id of the project that a credential serves, where it says so itself.

        Args:
            credential: Of `Caller`; clients alone are made for a project.
            now: DateTime text.
        """
        kind, _, name = credential.partition(":")
        client = self.clients.get(name, now=now) if kind == "client" else None
        return None if client is None else client.project


def open_accounts(data: Path | None) -> Accounts:
    """Open the accounts of a data directory, which need not exist."""
    return Accounts(None if data is None else data / ACCOUNT_FILE)


def open_clients(data: Path | None) -> Clients:
    """Open the API clients of a data directory, which need not exist."""
    return Clients(None if data is None else data / CLIENT_FILE)


def open_entrance(
    settings: Settings,
    signer: Signer,
    store: Callable[[], Transacting],
    base_url: Callable[[], str],
) -> Entrance:
    """Put together what a node lets in.

    Args:
        signer: Signs access tokens.
        store: Keeps the log.
        base_url: Gives the URL under which others reach the node.

    Raises:
        RecordFileDamaged: A file cannot be read: it is told now, not with the first request.
        ClaimRulesWrong: The setting of the provider's roles cannot be read.
    """
    accounts, clients = open_accounts(settings.data), open_clients(settings.data)
    accounts.records()
    clients.records()
    limits = settings.identity
    guard = Guard(
        per_address=limits.failures_per_hour,
        per_account=limits.failures_per_account,
        refusals=limits.refusals_per_hour,
    )
    return Entrance(
        accounts,
        clients,
        AccessTokens(clients, signer, base_url),
        guard,
        Admitting(accounts, clients, store),
        Journal(settings.data),
        _provider(settings),
        _claim_rules(limits),
        settings.identity,
    )


def _provider(settings: Settings) -> OpenIdProvider | None:
    given, data = settings.identity, settings.data
    if not given.oidc_issuer:
        return None

    def secret() -> str:
        if not given.oidc_secret or data is None:
            return ""
        try:
            return (data / "secrets" / given.oidc_secret).read_text("utf-8").strip()
        except OSError as error:
            raise ProviderFailed(f"the file of its secret cannot be read ({error})") from error

    return OpenIdProvider(
        given.oidc_issuer,
        client_id=given.oidc_client_id,
        secret=secret,
        scopes=given.oidc_scopes,
    )


def _claim_rules(given: Identity) -> ClaimRules:
    return ClaimRules(
        subject_claim=given.oidc_subject_claim,
        residents=given.oidc_residents,
        roles_claim=given.oidc_roles_claim,
        roles=read_roles(given.oidc_roles),
        organisation=given.oidc_organisation,
    )
