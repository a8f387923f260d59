"""`hanze group`: drafts and closed groups."""

from collections.abc import Mapping
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["group"]


@click.group()
def group() -> None:
    """Work on records that a group alone sees, and publish them."""


@group.command("list")
@node_options
def list_groups(*, as_json: bool, **where: Any) -> None:
    """List the groups that you are in."""
    found = ask_collective(where, "GET", "groups")["groups"]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["id"], said_in(one["title"]), one["scope"], str(len(one["members"]))) for one in found
    ]
    print_table(("id", "title", "scope", "members"), rows)


@group.command(short_help="Show a group and its records.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the group ID: who is in it, and which records it alone sees."""
    found = ask_collective(where, "GET", "groups", id)
    if as_json:
        print_json(found)
        return
    click.echo(f"{said_in(found['group']['title'])}: {', '.join(found['group']['members'])}")
    _print_records(found["records"])


@group.command(short_help="Make a group.")
@click.argument("title")
@node_options
def new(*, title: str, as_json: bool, **where: Any) -> None:
    """Make a group with this TITLE (English); you are its first member and manage it."""
    _tell(ask_collective(where, "POST", "groups", body={"title": {"en": title}}), as_json=as_json)


@group.command(short_help="Show where your drafts go.")
@node_options
def drafts(*, as_json: bool, **where: Any) -> None:
    """Give the group of the drafts of your organisation; it is made where it is not there yet.

    A new entity of a record type with its scope is a draft.
    """
    _tell(ask_collective(where, "POST", "groups", body={"drafts": True}), as_json=as_json)


@group.command(short_help="Let somebody in.")
@click.argument("id")
@click.argument("member")
@node_options
def add(*, id: str, member: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Let MEMBER into the group ID: an organisation (id), or an account (name)."""
    made = ask_collective(where, "POST", "groups", id, "members", body={"member": member})
    _tell(made, as_json=as_json)


@group.command(short_help="Remove somebody.")
@click.argument("id")
@click.argument("member")
@node_options
def remove(*, id: str, member: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Remove MEMBER from the group ID, from the next request on."""
    _tell(ask_collective(where, "DELETE", "groups", id, "members", member), as_json=as_json)


@group.command(short_help="Let a group alone see a record.")
@click.argument("id")
@click.argument("record")
@node_options
def close(*, id: str, record: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Let the group ID alone see a RECORD that everybody saw until now."""
    ask_collective(where, "POST", "groups", id, "records", body={"record": record})
    print_json({"id": record, "group": id}) if as_json else click.echo(f"{record} is closed.")


@group.command(short_help="List closed records.")
@click.option("--q", default="", help="Words that they say.")
@node_options
def records(*, q: str, as_json: bool, **where: Any) -> None:
    """List the records that only your groups see."""
    found = ask_collective(where, "GET", "closed-records", parameters={"q": q} if q else None)[
        "records"
    ]
    print_json(found) if as_json else _print_records(found)


@group.command(short_help="Show a record to everybody.")
@click.argument("record")
@node_options
def publish(*, record: str, as_json: bool, **where: Any) -> None:
    """Show a closed RECORD to everybody from now on; its past as a draft is erased."""
    ask_collective(where, "POST", "closed-records", record, "publication")
    print_json({"id": record}) if as_json else click.echo(f"{record} is public.")


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['id']} ({found['scope']}): {', '.join(found['members'])}")


def _print_records(found: list[dict[str, Any]]) -> None:
    rows = [(one["id"], one["type"], said_in(one["title"]), one["group"]) for one in found]
    print_table(("id", "type", "title", "group"), rows)
