"""`hanze contact` and `hanze waiting`: what waits for somebody's word."""

from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["contact", "waiting"]


@click.group()
def contact() -> None:
    """Name people as contacts by their own word."""


@contact.command(short_help="Make the link for a person.")
@click.argument("id")
@node_options
def ask(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Make the link with which the person of the contact ID says yes or no; send it to them alone."""
    asked = ask_collective(where, "POST", "contacts", id, "consent")
    print_json(asked) if as_json else click.echo(asked["link"])


@contact.command(short_help="Show what a person is asked.")
@click.argument("key")
@node_options
def show(*, key: str, as_json: bool, **where: Any) -> None:
    """Show as JSON what everybody would see of the person who has this KEY."""
    del as_json  # it is JSON anyway
    print_json(ask_collective(where, "GET", "contact-consents", key))


@contact.command(short_help="Answer for a person.")
@click.argument("key")
@click.option("--yes/--no", "agreed", required=True, help="Whether they may be named.")
@node_options
def answer(*, key: str, agreed: bool, as_json: bool, **where: Any) -> None:
    """Say as the person with this KEY whether you may be named; no erases the contact."""
    ask_collective(where, "POST", "contact-consents", key, body={"agreed": agreed})
    told = "Everybody sees the contact." if agreed else "The contact is erased."
    print_json({"agreed": agreed}) if as_json else click.echo(told)


@click.group()
def waiting() -> None:
    """Decide as a parent about what children brought in."""


@waiting.command("list")
@node_options
def list_waiting(*, as_json: bool, **where: Any) -> None:
    """List what waits for you as a parent, and your own as a child."""
    found = ask_collective(where, "GET", "contributions", "waiting")["contributions"]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"], said_in(one["title"]), "yes" if "mayDecide" in one else "") for one in found
    ]
    print_table(("id", "title", "yours to decide"), rows)


@waiting.command(short_help="Let everybody see it, or erase it.")
@click.argument("id")
@click.option("--yes/--no", "agreed", required=True, help="Whether everybody may see it.")
@node_options
def decide(*, id: str, agreed: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Say as a parent whether everybody may see the contribution ID; no erases it."""
    ask_collective(where, "POST", "contributions", "waiting", id, body={"agreed": agreed})
    told = "Everybody sees it." if agreed else "It is erased."
    print_json({"id": id, "agreed": agreed}) if as_json else click.echo(told)
