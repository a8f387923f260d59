"""`hanze relation`: partners abroad, what happened with them, and what they are interested in."""

from collections.abc import Mapping
from typing import Any, Final

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["relation"]

#: How days are told of which only the month or year is known.
_LENGTHS: Final = {"day": 10, "month": 7, "year": 4}


@click.group()
def relation() -> None:
    """See what happened with partners abroad, and what they are interested in."""


@relation.command("list", short_help="List who has relations abroad.")
@click.option("--country", help="Only partners of this country (id).")
@click.option("--with", "of", help="Only relations with this city, region or country (id).")
@node_options
def list_relations(*, country: str | None, of: str | None, as_json: bool, **where: Any) -> None:
    """List who has relations abroad, those of whom something happened last first."""
    asked = {"country": country, "of": of}
    found = ask_collective(where, "GET", "relations", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["partner"]["id"],
            said_in(one["partner"].get("title", {})),
            str(len(one["others"])),
            str(one["inForce"]),
            str(one["late"]),
            one.get("last", ""),
            one.get("following", ""),
        )
        for one in found["relations"]
    ]
    print_table(("id", "partner", "with", "accords", "late", "last", "next"), rows)


@relation.command(short_help="Show what happened with a partner.")
@click.argument("partner")
@click.option("--with", "of", help="Only what this party (id) took part in as well.")
@click.option("--kind", help="Only of this kind, for instance visit.")
@node_options
def show(*, partner: str, of: str | None, kind: str | None, as_json: bool, **where: Any) -> None:
    """Show what happened with PARTNER (id): by day, how long trust took, and its interests."""
    asked = {"of": of, "kind": kind}
    found = ask_collective(where, "GET", "relations", partner, parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        (_day(one), one["kind"], one["state"], said_in(one["title"]), one["record"]["id"])
        for one in found["timeline"]
    ]
    print_table(("on", "kind", "state", "what", "record"), rows)
    for one in found["trust"]:
        click.echo(_trust(one))
    for one in found["interests"]:
        shown = ", ".join(dict.fromkeys(each["how"] for each in one["shown"]))
        click.echo(f"Interested in {said_in(one['theme'].get('title', {}))}: {shown}")


def _day(one: Mapping[str, Any]) -> str:
    return str(one["on"])[: _LENGTHS[one["precision"]]]


def _trust(one: Mapping[str, Any]) -> str:
    parties = " and ".join(said_in(party.get("title", {})) for party in one["parties"])
    if "accord" not in one:
        return f"{parties} met {one['visits']} times and have no accord in force yet."
    if one.get("days") is None:
        return f"{parties} have an accord; no meeting before it is recorded."
    about = "" if one["exact"] else "about "
    if one["days"] < 0:
        return f"{parties}: the accord came {about}{-one['days']} days before any meeting recorded."
    return f"{parties}: {about}{one['days']} days from first meeting to accord."
