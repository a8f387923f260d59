"""`hanze activity`: the register of processing activities."""

from pathlib import Path
from typing import Any

import click

from hanze.cli.governing import ask_governance, said_in
from hanze.cli.options import node_options, read_json
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError
from hanze.governance.purposes import curie_of

__all__ = ["activity"]


@click.group()
def activity() -> None:
    """Keep the register of processing activities (GDPR article 30)."""


@activity.command("list")
@click.option("--project", help="Id of a project.")
@node_options
def list_activities(*, project: str | None, as_json: bool, **where: Any) -> None:
    """List processing activities with their purposes."""
    asked = {"project": project} if project is not None else None
    found = ask_governance(where, "GET", "activities", parameters=asked)["activities"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            said_in(one["title"]),
            ", ".join(map(curie_of, one["purposes"])),
            one.get("project", ""),
        )
        for one in found
    ]
    print_table(("id", "title", "purposes", "project"), rows)


@activity.command(short_help="Show a processing activity as JSON.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show a processing activity as JSON."""
    del as_json  # it is JSON anyway
    print_json(ask_governance(where, "GET", "activities", id))


@activity.command("set", short_help="Register or change an activity from a file of JSON.")
@click.argument("id")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@node_options
def set_activity(
    *,
    id: str,  # noqa: A002
    file: Path,
    as_json: bool,
    **where: Any,
) -> None:
    """Register the activity ID (urn:ngsi-ld:ProcessingActivity:<city>:<key>) as FILE says.

    What FILE leaves out is not kept; - is standard input. `hanze activity show` writes one.
    """
    document = read_json(file)
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file} must hold one JSON object")
    made = ask_governance(where, "PUT", "activities", id, body=document)
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made['id']}: {', '.join(map(curie_of, made['purposes']))}")
