"""`hanze client`: programs of organisations. Works at once, also while the node runs."""

import asyncio
from pathlib import Path

import click

from hanze.cli.admitting import AT_THE_MACHINE, in_days, open_admitting
from hanze.cli.granting import bound_options, roles_option
from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json, print_table
from hanze.identity.clients import Client
from hanze.identity.grant import checked_grant
from hanze.node.clock import utc_now

__all__ = ["client"]


@click.group()
def client() -> None:
    """Make, list and revoke API clients: programs that ask on behalf of an organisation.

    A client fetches access tokens at /oauth2/token (client credentials, RFC 6749); they live an
    hour at most.
    """


@client.command("new")
@click.argument("name")
@roles_option("What it may do, once for each; reading is always among them.")
@bound_options
@click.option("--project", metavar="ID", help="Id of the project that it works for.")
@click.option("--days", type=click.IntRange(min=1), help="Its secret serves for so many days.")
@data_option
@json_option
def new(
    name: str,
    *,
    roles: tuple[str, ...],
    organisation: str | None,
    activity: str | None,
    purposes: tuple[str, ...],
    project: str | None,
    days: int | None,
    data: Path,
    as_json: bool,
) -> None:
    """Make a client and show its secret, once: only its hash is kept.

    NAME is its client id.
    """
    grant = checked_grant(
        roles=roles, organisation=organisation, activity=activity, purposes=purposes
    )
    made, secret = asyncio.run(
        open_admitting(data).new_client(
            AT_THE_MACHINE, name, grant, expires_at=in_days(days), project=project, now=utc_now()
        )
    )
    if as_json:
        print_json({**_described(made), "secret": secret})
    else:
        click.echo(secret)
        click.echo("Keep it: it is not shown again. It fetches access tokens:", err=True)
        click.echo(
            f"  curl -u {name}:SECRET -d grant_type=client_credentials URL/oauth2/token", err=True
        )


@client.command("list")
@data_option
@json_option
def list_clients(data: Path, as_json: bool) -> None:
    """List clients: what they may do, never the secrets."""
    clients = open_admitting(data).list_clients(AT_THE_MACHINE)
    if as_json:
        print_json([_described(one) for one in clients])
        return
    now = utc_now()
    rows = [
        (one.name, one.state(now), ", ".join(one.roles), one.organisation or "", one.activity or "")
        for one in clients
    ]
    print_table(("name", "state", "may", "organisation", "activity"), rows)


@client.command("revoke")
@click.argument("name")
@data_option
@json_option
def revoke(name: str, data: Path, as_json: bool) -> None:
    """End the client NAME, and every token that it has, from now on."""
    ended = asyncio.run(open_admitting(data).revoke_client(AT_THE_MACHINE, name, now=utc_now()))
    if as_json:
        print_json(_described(ended))
    else:
        click.echo(f"Client {ended.name} is revoked.")


def _described(one: Client) -> dict[str, object]:
    """Say what is no secret of a client."""
    return {
        "name": one.name,
        "state": one.state(utc_now()),
        "roles": one.roles,
        "organisation": one.organisation,
        "activity": one.activity,
        "purposes": one.purposes,
        "project": one.project,
        "madeAt": one.made_at,
        "expiresAt": one.expires_at,
        "revokedAt": one.revoked_at,
    }
