"""`hanze project`: what is done with data, and whether it may be done yet."""

from typing import Any

import click

from hanze.cli.governing import ask_governance, said_in, told_state
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["project"]


@click.group()
def project() -> None:
    """Register projects; their sources and credentials wait until they are assessed and checked."""


@project.command("list")
@node_options
def list_projects(*, as_json: bool, **where: Any) -> None:
    """List projects, whether each is active, and what is missing."""
    found = ask_governance(where, "GET", "projects")["projects"]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"], said_in(one["title"]), told_state(one), one.get("reviewBy", ""))
        for one in found
    ]
    print_table(("id", "title", "state", "review"), rows)


@project.command(short_help="Show a project as JSON.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show a project as JSON, with what is missing."""
    del as_json  # it is JSON anyway
    print_json(ask_governance(where, "GET", "projects", id))


@project.command("set", short_help="Make a project, or change one.")
@click.argument("id")
@click.option("--title", required=True, help="In English.")
@click.option("--title-nl", default="", help="In Dutch.")
@click.option("--title-ko", default="", help="In Korean.")
@click.option("--owner", default="", help="Id of the organisation; else the node's own.")
@click.option("--source", "sources", multiple=True, help="Name of a source; repeatable.")
@node_options
def set_project(
    *,
    id: str,  # noqa: A002
    title: str,
    title_nl: str,
    title_ko: str,
    owner: str,
    sources: tuple[str, ...],
    as_json: bool,
    **where: Any,
) -> None:
    """Make the project ID (urn:ngsi-ld:Project:<city>:<key>), or change one.

    Other sources than were checked need another security check.
    """
    texts = {"en": title, "nl": title_nl, "ko": title_ko}
    body: dict[str, Any] = {
        "title": {code: text for code, text in texts.items() if text},
        "owner": owner,
        "sources": list(sources),
    }
    _tell(ask_governance(where, "PUT", "projects", id, body=body), as_json=as_json)


@project.command(short_help="Sign that a project is secure.")
@click.argument("id")
@click.option("--notes", required=True, help="What was checked.")
@node_options
def check(*, id: str, notes: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Sign, as security officer, that the project ID with its sources is secure."""
    body = {"notes": notes}
    _tell(ask_governance(where, "POST", "projects", id, "check", body=body), as_json=as_json)


@project.command(short_help="Withdraw the security check: the project stops.")
@click.argument("id")
@node_options
def uncheck(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Withdraw the security check of the project ID: it stops at once."""
    _tell(ask_governance(where, "DELETE", "projects", id, "check"), as_json=as_json)


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['id']}: {told_state(found)}")
