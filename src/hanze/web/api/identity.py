"""`/api/v1/identity`: accounts of people and API clients, for who runs the node; and who asks."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hanze.errors import InvalidInput
from hanze.identity.account import Account
from hanze.identity.clients import Client
from hanze.identity.grant import Grant, checked_grant
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken, json_of
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

_MOST_KB: Final = 64

_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Id = Annotated[str, Meta(max_length=500)]


class AccountTold(Answer, frozen=True, kw_only=True):
    """What is no secret of an account.

    Attributes:
        state: "waiting" for its owner to set it up, "active" or "revoked".
        passkeys: How many there are.
        elsewhere: Whether its owner signs in at the node's OpenID provider.
        set_up_path: Path of the link that sets it up, once; told with the answer that made it.
    """

    name: str
    state: str
    roles: tuple[str, ...]
    organisation: str | None = None
    activity: str | None = None
    purposes: tuple[str, ...] = ()
    passkeys: int = 0
    elsewhere: bool = False
    made_at: str
    revoked_at: str | None = None
    set_up_path: str | None = None


class AccountList(Answer, frozen=True, kw_only=True):
    """Accounts, revoked ones too, the oldest first."""

    accounts: tuple[AccountTold, ...]


class ClientTold(Answer, frozen=True, kw_only=True):
    """What is known of an API client.

    Attributes:
        state: "active", "expired" or "revoked".
        secret: With which it fetches tokens; told once, with the answer that made it.
    """

    name: str
    state: str
    roles: tuple[str, ...]
    organisation: str | None = None
    activity: str | None = None
    purposes: tuple[str, ...] = ()
    project: str | None = None
    made_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    secret: str | None = None


class ClientList(Answer, frozen=True, kw_only=True):
    """Clients, revoked ones too, the oldest first."""

    clients: tuple[ClientTold, ...]


class Rights(Taken, frozen=True, kw_only=True):
    """What somebody may do.

    Attributes:
        roles: Reading is always among them.
        organisation: Id of the organisation on whose behalf it asks.
        activity: Id of the processing activity that it is bound to.
        purposes: IRIs or names such as dpv:ServiceProvision, registered for the activity.
        subject: What data calls the person: they see what is about them.
    """

    roles: tuple[str, ...] = ()
    organisation: _Id | None = None
    activity: _Id | None = None
    purposes: tuple[_Id, ...] = ()
    subject: _Id | None = None


class NewAccount(Rights, frozen=True, kw_only=True):
    """An account that is to be made.

    Attributes:
        name: With which its owner signs in.
        elsewhere: Who the owner is at the node's OpenID provider (`sub`).
    """

    name: _Name
    elsewhere: _Id | None = None


class NewClient(Rights, frozen=True, kw_only=True):
    """A client that is to be made.

    Attributes:
        name: Its client id.
        project: Id of the project that it works for.
        expires_at: DateTime until which its secret serves.
    """

    name: _Name
    project: _Id | None = None
    expires_at: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")] | None = (
        None
    )


class WhoAsks(Answer, frozen=True, kw_only=True):
    """Who the node takes the request to be from.

    Attributes:
        purpose: For which the request is; `None` where none is chosen.
        purposes: Those that its credentials may state, as they are registered.
    """

    actor: str
    roles: tuple[str, ...]
    organisation: str | None = None
    activity: str | None = None
    purpose: str | None = None
    purposes: tuple[str, ...] = ()
    subject: str | None = None


async def me(ask: Ask) -> WhoAsks:
    """Say who asks: with which roles, for whom, and for which purpose."""
    caller = ask.caller
    return WhoAsks(
        actor=caller.actor,
        roles=tuple(sorted(caller.roles)),
        organisation=caller.organisation,
        activity=caller.activity,
        purpose=caller.purpose,
        purposes=tuple(sorted(caller.purposes)),
        subject=caller.subject,
    )


async def list_accounts(ask: Ask) -> AccountList:
    """List accounts, for operators and security officers."""
    require_known(ask.caller)
    found = ask.node.entrance.admitting.list_accounts(ask.caller)
    return AccountList(accounts=tuple(_account(one) for one in found))


async def new_account(ask: Ask) -> Response:
    """Make an account; the answer has the path of the link with which its owner sets it up."""
    require_known(ask.caller)
    body = await ask.body(NewAccount, most_kb=_MOST_KB)
    issuer = ask.node.settings.identity.oidc_issuer
    if body.elsewhere and not issuer:
        raise InvalidInput("The node has no OpenID provider", field="elsewhere")
    made, secret = await ask.node.entrance.admitting.new_account(
        ask.caller,
        body.name,
        _grant(body),
        hours=ask.node.settings.identity.set_up_hours,
        elsewhere=f"{issuer} {body.elsewhere}" if body.elsewhere else "",
        now=ask.now,
    )
    return _secretly(_account(made, secret))


async def change_account(ask: Ask) -> AccountTold:
    """Change what an account may do: all of it, as the body says; its sessions end."""
    require_known(ask.caller)
    body = await ask.body(Rights, most_kb=_MOST_KB)
    admitting = ask.node.entrance.admitting
    return _account(await admitting.give(ask.caller, ask.path("name"), _grant(body), now=ask.now))


async def link_account(ask: Ask) -> Response:
    """Make another set-up link, for who lost what opens the account; the one before ends."""
    require_known(ask.caller)
    admitting, name = ask.node.entrance.admitting, ask.path("name")
    hours = ask.node.settings.identity.set_up_hours
    secret = await admitting.new_link(ask.caller, name, hours=hours, now=ask.now)
    return _secretly(_account(admitting.accounts.named(name), secret))


async def revoke_account(ask: Ask) -> Response:
    """End an account, and its sessions."""
    require_known(ask.caller)
    await ask.node.entrance.admitting.revoke_account(ask.caller, ask.path("name"), now=ask.now)
    return Response(status_code=204)


async def list_clients(ask: Ask) -> ClientList:
    """List API clients, for operators and security officers."""
    require_known(ask.caller)
    found = ask.node.entrance.admitting.list_clients(ask.caller)
    return ClientList(clients=tuple(_client(one, ask.now) for one in found))


async def new_client(ask: Ask) -> Response:
    """Make an API client; the answer has its secret, once."""
    require_known(ask.caller)
    body = await ask.body(NewClient, most_kb=_MOST_KB)
    made, secret = await ask.node.entrance.admitting.new_client(
        ask.caller,
        body.name,
        _grant(body),
        expires_at=body.expires_at,
        project=body.project,
        now=ask.now,
    )
    return _secretly(_client(made, ask.now, secret))


async def revoke_client(ask: Ask) -> Response:
    """End an API client, and the tokens that it has."""
    require_known(ask.caller)
    await ask.node.entrance.admitting.revoke_client(ask.caller, ask.path("name"), now=ask.now)
    return Response(status_code=204)


def _grant(given: Rights) -> Grant:
    return checked_grant(
        roles=given.roles,
        organisation=given.organisation,
        activity=given.activity,
        purposes=given.purposes,
        subject=given.subject,
    )


def _secretly(told: msgspec.Struct) -> Response:
    """Answer what is told once: nothing on the way keeps it."""
    response = json_of(told, 201)
    response.headers["cache-control"] = "no-store"
    return response


def _account(one: Account, secret: str = "") -> AccountTold:
    return AccountTold(
        name=one.name,
        state=one.state,
        roles=one.roles,
        organisation=one.organisation,
        activity=one.activity,
        purposes=one.purposes,
        passkeys=len(one.passkeys),
        elsewhere=bool(one.elsewhere),
        made_at=one.made_at,
        revoked_at=one.revoked_at,
        set_up_path=f"/en/set-up/{secret}" if secret else None,
    )


def _client(one: Client, now: str, secret: str | None = None) -> ClientTold:
    return ClientTold(
        name=one.name,
        state=one.state(now),
        roles=one.roles,
        organisation=one.organisation,
        activity=one.activity,
        purposes=one.purposes,
        project=one.project,
        made_at=one.made_at,
        expires_at=one.expires_at,
        revoked_at=one.revoked_at,
        secret=secret,
    )


ROUTES = (
    ApiRoute("GET", "/identity/me", me, WhoAsks),
    ApiRoute("GET", "/identity/accounts", list_accounts, AccountList),
    ApiRoute("POST", "/identity/accounts", new_account, AccountTold, body=NewAccount, status=201),
    ApiRoute("PATCH", "/identity/accounts/{name}", change_account, AccountTold, body=Rights),
    ApiRoute("POST", "/identity/accounts/{name}/link", link_account, AccountTold, status=201),
    ApiRoute("DELETE", "/identity/accounts/{name}", revoke_account, status=204),
    ApiRoute("GET", "/identity/clients", list_clients, ClientList),
    ApiRoute("POST", "/identity/clients", new_client, ClientTold, body=NewClient, status=201),
    ApiRoute("DELETE", "/identity/clients/{name}", revoke_client, status=204),
)
