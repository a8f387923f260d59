"""`hanze account`: people who sign in. Works at once, also while the node runs."""

import asyncio
import os
from pathlib import Path

import click

from hanze.cli.admitting import AT_THE_MACHINE, open_admitting
from hanze.cli.granting import bound_options, roles_option, subject_option
from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json, print_table
from hanze.identity.account import Account
from hanze.identity.grant import checked_grant
from hanze.node.clock import utc_now
from hanze.settings import load_settings

__all__ = ["account"]


@click.group()
def account() -> None:
    """Make, list, change and revoke the accounts of people who sign in.

    Nobody but its owner ever knows a password: a new account has a link that serves once, and with
    it the owner chooses one.
    """


@account.command("new")
@click.argument("name")
@roles_option("What the owner may do, once for each; reading is always among them.")
@bound_options
@subject_option
@click.option(
    "--elsewhere",
    metavar="SUBJECT",
    help="Who the owner is at the node's OpenID provider (`sub`): then there is no link.",
)
@data_option
@json_option
def new(
    name: str,
    *,
    roles: tuple[str, ...],
    organisation: str | None,
    activity: str | None,
    purposes: tuple[str, ...],
    subject: str | None,
    elsewhere: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Make an account, and show the link that its owner sets it up with, once.

    NAME is what the owner signs in with.
    """
    settings = load_settings(data, flags={}, environ=os.environ)
    grant = checked_grant(
        roles=roles,
        organisation=organisation,
        activity=activity,
        purposes=purposes,
        subject=subject,
    )
    issuer = settings.identity.oidc_issuer
    if elsewhere and not issuer:
        raise click.BadParameter("the node has no provider; set identity.oidc_issuer")
    made, secret = asyncio.run(
        open_admitting(data).new_account(
            AT_THE_MACHINE,
            name,
            grant,
            hours=settings.identity.set_up_hours,
            elsewhere=f"{issuer} {elsewhere}" if elsewhere else "",
            now=utc_now(),
        )
    )
    _tell_link(made.name, secret, settings.server.base_url, as_json=as_json)


@account.command("link")
@click.argument("name")
@data_option
@json_option
def link(name: str, data: Path, as_json: bool) -> None:
    """Make another link for NAME, who lost what opens the account.

    The password and passkeys of before serve until the link is used.
    """
    settings = load_settings(data, flags={}, environ=os.environ)
    secret = asyncio.run(
        open_admitting(data).new_link(
            AT_THE_MACHINE, name, hours=settings.identity.set_up_hours, now=utc_now()
        )
    )
    _tell_link(name, secret, settings.server.base_url, as_json=as_json)


@account.command("list")
@data_option
@json_option
def list_accounts(data: Path, as_json: bool) -> None:
    """List accounts: who they are of, and what they may do."""
    accounts = open_admitting(data).list_accounts(AT_THE_MACHINE)
    if as_json:
        print_json([_described(one) for one in accounts])
        return
    rows = [
        (one.name, one.state, ", ".join(one.roles), one.organisation or "", one.made_at)
        for one in accounts
    ]
    print_table(("name", "state", "may", "organisation", "made"), rows)


@account.command("role")
@click.argument("name")
@roles_option("What the owner may do from now on, once for each; reading is always among them.")
@bound_options
@subject_option
@data_option
@json_option
def role(
    name: str,
    *,
    roles: tuple[str, ...],
    organisation: str | None,
    activity: str | None,
    purposes: tuple[str, ...],
    subject: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Change what NAME may do; what is not given stays as it is. Whoever is signed in is signed out."""
    admitting, now = open_admitting(data), utc_now()
    before = admitting.accounts.named(name)
    grant = checked_grant(
        roles=roles or before.roles,
        organisation=organisation or before.organisation,
        activity=activity or before.activity,
        purposes=purposes or before.purposes,
        subject=subject or before.subject,
    )
    changed = asyncio.run(admitting.give(AT_THE_MACHINE, name, grant, now=now))
    if as_json:
        print_json(_described(changed))
    else:
        click.echo(f"{changed.name} may: {', '.join(changed.roles)}.")


@account.command("revoke")
@click.argument("name")
@data_option
@json_option
def revoke(name: str, data: Path, as_json: bool) -> None:
    """End the account NAME, and every session of it, from now on."""
    ended = asyncio.run(open_admitting(data).revoke_account(AT_THE_MACHINE, name, now=utc_now()))
    if as_json:
        print_json(_described(ended))
    else:
        click.echo(f"Account {ended.name} is revoked.")


def _described(one: Account) -> dict[str, object]:
    """Say what is no secret of an account."""
    return {
        "name": one.name,
        "state": one.state,
        "roles": one.roles,
        "organisation": one.organisation,
        "activity": one.activity,
        "purposes": one.purposes,
        "passkeys": len(one.passkeys),
        "elsewhere": bool(one.elsewhere),
        "madeAt": one.made_at,
        "revokedAt": one.revoked_at,
    }


def _tell_link(name: str, secret: str, base_url: str, *, as_json: bool) -> None:
    path = f"/en/set-up/{secret}" if secret else None
    if as_json:
        print_json({"name": name, "path": path, "url": base_url + path if path else None})
    elif path is None:
        click.echo(f"Account {name} is there: its owner signs in with the provider.")
    else:
        click.echo((base_url or "http://localhost:1026") + path)
        click.echo("It serves once: give it to nobody but the owner of the account.", err=True)
