"""`hanze token`: who may write to a node. Works at once, also while the node runs."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from hanze.cli.granting import bound_options, roles_option, subject_option
from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json, print_table
from hanze.identity.grant import checked_grant
from hanze.identity.roles import CONTRIBUTOR
from hanze.identity.tokens import ALL_ROLES, TokenRecord
from hanze.node.clock import utc_now
from hanze.node.tokens import open_tokens

__all__ = ["token"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that writing needs."""


@token.command("new")
@click.argument("name")
@click.option("--days", type=click.IntRange(min=1), help="Expires after so many days.")
@roles_option("Role, once for each; without it reader, writer and operator.")
@bound_options
@subject_option
@data_option
@json_option
def new(
    name: str,
    *,
    days: int | None,
    roles: tuple[str, ...],
    organisation: str | None,
    activity: str | None,
    purposes: tuple[str, ...],
    subject: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Make a token and show it, once: only its hash is kept.

    NAME says who uses it.
    """
    if not _NAME.match(name):
        raise click.BadParameter(
            "letters, digits, '.', '_' and '-' only, at most 64", param_hint="NAME"
        )
    expires_at = None if days is None else _in_days(days)
    grant = checked_grant(
        roles=roles or ALL_ROLES,
        organisation=organisation,
        activity=activity,
        purposes=purposes,
        subject=subject,
    )
    secret = open_tokens(data).create(name, expires_at=expires_at, grant=grant, now=utc_now())
    if as_json:
        print_json({"name": name, "token": secret, "expiresAt": expires_at})
    else:
        click.echo(secret)
        click.echo("Keep it: it is not shown again. Requests carry it as", err=True)
        click.echo("  Authorization: Bearer <token>", err=True)


@token.command("list")
@data_option
@json_option
def list_tokens(data: Path, as_json: bool) -> None:
    """List tokens: their names and states, never the secrets."""
    now = utc_now()
    records = open_tokens(data).records()
    if as_json:
        print_json(
            [
                {
                    "name": r.name,
                    "state": r.state(now),
                    "roles": r.roles,
                    "organisation": r.organisation,
                    "activity": r.activity,
                    "purposes": r.purposes,
                    "createdAt": r.created_at,
                    "expiresAt": r.expires_at,
                    "revokedAt": r.revoked_at,
                }
                for r in records
            ]
        )
    else:
        rows = [(r.name, r.state(now), _may(r), r.created_at, r.expires_at or "") for r in records]
        print_table(("name", "state", "may", "created", "expires"), rows)


@token.command("revoke")
@click.argument("name")
@data_option
@json_option
def revoke(name: str, data: Path, as_json: bool) -> None:
    """Make the token NAME useless from now on."""
    open_tokens(data).revoke(name, now=utc_now())
    if as_json:
        print_json({"name": name, "state": "revoked"})
    else:
        click.echo(f"Token {name} is revoked.")


def _may(record: TokenRecord) -> str:
    if "writer" in record.roles:
        return "write"
    return "add own sensors" if CONTRIBUTOR in record.roles else ", ".join(record.roles)


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
