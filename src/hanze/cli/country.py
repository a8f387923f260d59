"""`hanze country`: what a country offers those who want to work with it."""

from typing import Any

import click

from hanze.cli.asking import ask_node, quoted
from hanze.cli.options import language_option, node_options
from hanze.cli.output import print_json, print_table
from hanze.cli.stale import tell_stale
from hanze.collaboration.records.record import text_of

__all__ = ["country"]

_ROOT = "/api/v1/countries"
_COUNTED = ("demands", "ownOffers", "ownDemands", "solutions", "projects", "subsidies", "events")
_language_option = language_option("names")


@click.group()
def country() -> None:
    """See what countries offer: challenges, projects, money, partners, events."""


@country.command("list")
@_language_option
@node_options
def list_countries(*, language: str, as_json: bool, **where: Any) -> None:
    """List countries of which there is something to tell."""
    found = ask_node(where, "GET", _ROOT)["countries"]
    if as_json:
        print_json(found)
        return
    print_table(
        ("country", "id"), [(text_of(one.get("title", {}), language), one["id"]) for one in found]
    )


@country.command(short_help="Show what a country offers, by theme.")
@click.argument("id")
@click.option("--home", help="Country from which it is seen (id); else all others are.")
@click.option("--theme", help="Only this theme (id).")
@_language_option
@node_options
def analysis(
    *,
    id: str,  # noqa: A002  # the record's word
    home: str | None,
    theme: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Show what the country ID offers, by theme; those with most chances first."""
    asked = {"home": home, "theme": theme}
    found = ask_node(where, "GET", f"{_ROOT}/{quoted(id)}/analysis", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = []
    for one in found["themes"]:
        title = text_of(one["theme"].get("title", {}), language) if "theme" in one else "-"
        counts = (str(len(one.get(name, ()))) for name in _COUNTED)
        rows.append((title, ", ".join(one["chances"]), *counts))
    columns = ("they ask", "we have", "we ask", "they have", "projects", "calls", "events")
    print_table(("theme", "chances", *columns), rows)
    late = found["followUps"].get("late", 0)
    click.echo(
        f"{len(found['cooperations'])} cooperations, {len(found['accords'])} accords, "
        f"{len(found['missions'])} earlier missions, {late} follow-ups late.",
        err=True,
    )
    tell_stale(found)
