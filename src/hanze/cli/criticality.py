"""`hanze criticality`: how much hangs on credentials, organisations, sources and services."""

from typing import Any, Final

import click

from hanze.cli.governing import ask_governance
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["criticality"]

_KINDS: Final = ("credential", "organisation", "source", "service")
_KIND = click.argument("kind", type=click.Choice(_KINDS))


@click.group()
def criticality() -> None:
    """Say what comes first in an emergency, and what waits."""


@criticality.command("list", short_help="List what was decided, and what is usual.")
@node_options
def list_levels(*, as_json: bool, **where: Any) -> None:
    """List what was decided, and what counts for services otherwise."""
    found = ask_governance(where, "GET", "criticality")
    if as_json:
        print_json(found)
        return
    decided = {one["id"] for one in found["levels"]}
    rows = [(one["kind"], one["key"], one["level"], one["by"]) for one in found["levels"]]
    rows += [
        ("service", one["service"], one["level"], "")
        for one in found["usual"]
        if f"service:{one['service']}" not in decided
    ]
    print_table(("kind", "key", "level", "by"), rows)


@criticality.command("set", short_help="Say how much hangs on something.")
@_KIND
@click.argument("key")
@click.argument("level", type=click.Choice(("vital", "normal", "low")))
@node_options
def set_level(*, kind: str, key: str, level: str, as_json: bool, **where: Any) -> None:
    """Say how much hangs on KEY.

    A KEY is client:<name>, token:<name>, account:<id>, the id of an organisation, or the name of a
    source or a service.
    """
    made = ask_governance(where, "PUT", "criticality", kind, key, body={"level": level})
    print_json(made) if as_json else click.echo(f"{kind} {key}: {made['level']}")


@criticality.command(short_help="Let the usual level count again.")
@_KIND
@click.argument("key")
@node_options
def remove(*, kind: str, key: str, as_json: bool, **where: Any) -> None:
    """Let the usual level of KEY count again."""
    gone = ask_governance(where, "DELETE", "criticality", kind, key)
    print_json(gone) if as_json else click.echo(f"{kind} {key} has the usual level again.")
