"""`hanze followup`: what became of missions."""

from collections.abc import Mapping
from typing import Any

import click

from hanze.cli.asking import ask_node, quoted
from hanze.cli.options import language_option, node_options
from hanze.cli.output import name_of, print_json, print_table
from hanze.cli.stale import kept_by, tell_stale
from hanze.collaboration.missions.outcomes import STATES
from hanze.collaboration.records.missions import FOLLOW_UP_KINDS
from hanze.collaboration.records.record import text_of

__all__ = ["followup"]

_ROOT = "/api/v1/follow-ups"
_language_option = language_option("texts")


@click.group()
def followup() -> None:
    """See what became of missions, and tell it."""


@followup.command("list", short_help="List results and follow-ups.")
@click.option("--state", type=click.Choice(STATES), help="How it stands.")
@click.option("--mission", help="Where it arose (id).")
@click.option("--owner", help="Who sees to it (id).")
@click.option("--country", help="Of missions to or from which country (id).")
@click.option("--theme", help="That it is about (id).")
@_language_option
@node_options
def list_follow_ups(*, language: str, as_json: bool, **where: Any) -> None:
    """List results and follow-ups of all missions of the league, late ones first."""
    names = ("state", "mission", "owner", "country", "theme")
    asked = {name: where.pop(name) for name in names}
    found = ask_node(where, "GET", _ROOT, parameters={**asked, "limit": "1000"})
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["state"],
            one.get("due", ""),
            text_of(one["title"], language) + kept_by(one.get("home")),
            name_of(one.get("owner"), language),
            name_of(one.get("mission"), language),
            one["id"],
        )
        for one in found["followUps"]
    ]
    print_table(("state", "due", "what", "who", "mission", "id"), rows)
    tell_stale(found)


@followup.command(short_help="Add a result or follow-up.")
@click.argument("title")
@click.option("--mission", required=True, help="Where it arose (id).")
@click.option(
    "--kind",
    type=click.Choice(FOLLOW_UP_KINDS),
    default="follow-up",
    show_default=True,
    help="What it is: something reached, or something still to be done.",
)
@click.option("--owner", help="Who sees to it (id); the mission's organiser where it is not named.")
@click.option("--on", help="When it was reached or agreed, as 2025-03-08; today by default.")
@click.option("--due", help="Last day, as 2025-12-31.")
@click.option("--reached", is_flag=True, help="It is done already.")
@_language_option
@node_options
def add(*, title: str, reached: bool, language: str, as_json: bool, **where: Any) -> None:
    """Add a result or follow-up of a mission with this TITLE."""
    names = ("mission", "kind", "owner", "on", "due")
    asked = {name: where.pop(name) for name in names}
    body = {name: value for name, value in asked.items() if value is not None}
    body |= {"title": {language: title}, "status": "done" if reached else "open"}
    _tell(ask_node(where, "POST", _ROOT, body), language, as_json=as_json)


@followup.command(short_help="Tell what became of it.")
@click.argument("id")
@click.option("--text", help="In words.")
@click.option("--due", help="Its new last day, as 2026-12-31.")
@click.option("--became", multiple=True, help="A record that came of it (id); may be given again.")
@_language_option
@node_options
def update(
    *,
    id: str,  # noqa: A002  # the record's word
    text: str | None,
    due: str | None,
    became: tuple[str, ...],
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Tell what became of the follow-up ID."""
    body: dict[str, Any] = {"became": list(became), "text": {language: text} if text else {}}
    if due is not None:
        body["due"] = due
    _tell(_update(where, id, body), language, as_json=as_json)


@followup.command(short_help="Say that it is done.")
@click.argument("id")
@click.option("--text", help="In words.")
@click.option("--on", help="The day, as 2026-03-01; today where it is not named.")
@click.option("--became", multiple=True, help="A record that came of it (id); may be given again.")
@click.option("--dropped", is_flag=True, help="It will not be done.")
@_language_option
@node_options
def done(
    *,
    id: str,  # noqa: A002  # the record's word
    text: str | None,
    on: str | None,
    became: tuple[str, ...],
    dropped: bool,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Say that the follow-up ID is done, or dropped."""
    body: dict[str, Any] = {
        "status": "dropped" if dropped else "done",
        "became": list(became),
        "text": {language: text} if text else {},
    }
    if on is not None:
        body["on"] = on
    _tell(_update(where, id, body), language, as_json=as_json)


def _update(where: Mapping[str, Any], record_id: str, body: Mapping[str, Any]) -> Any:
    return ask_node(where, "POST", f"{_ROOT}/{quoted(record_id)}/updates", body)


def _tell(found: Mapping[str, Any], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    due = f", due {found['due']}" if "due" in found else ""
    click.echo(f"{found['id']}: {text_of(found['title'], language)} ({found['state']}{due})")
