"""`hanze lead`: one lead on each side for a theme between two countries."""

from collections.abc import Mapping
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.options import node_options
from hanze.cli.output import name_of, print_json, print_table

__all__ = ["lead"]


@click.group()
def lead() -> None:
    """Say who leads a theme between two countries."""


@lead.command("list")
@click.option("--theme", help="Only about this theme (id).")
@click.option("--country", help="Only with this country (id) on one of the two sides.")
@click.option("--state", type=click.Choice(("current", "coming", "over")), help="How it stands.")
@node_options
def list_leads(
    *, theme: str | None, country: str | None, state: str | None, as_json: bool, **where: Any
) -> None:
    """List who leads which theme between which countries."""
    given = {"theme": theme, "country": country, "state": state}
    found = ask_collective(where, "GET", "leads", parameters=given)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["record"]["id"],
            name_of(one["theme"]),
            f"{name_of(one['lead'])} ({name_of(one['country'])})",
            f"{name_of(one.get('partnerLead', {})) or '?'} ({name_of(one['partnerCountry'])})",
            one["state"],
            _noted(one),
        )
        for one in found["leads"]
    ]
    print_table(("id", "theme", "lead", "partner", "state", "note"), rows)


@lead.command(short_help="Name who leads a theme.")
@click.argument("theme")
@click.argument("country")
@click.argument("leader")
@click.argument("partner_country")
@click.option("--partner-lead", help="Who leads on the other side (id).")
@click.option("--since", help="First day.")
@click.option("--until", help="Last day.")
@click.option("--orders", help="How orders are given out afterwards (English).")
@node_options
def name(
    *, theme: str, country: str, leader: str, partner_country: str, as_json: bool, **given: Any
) -> None:
    """Name LEADER the lead of a THEME, for COUNTRY with PARTNER_COUNTRY (all ids).

    One leads at a time. A lead prepares and invites, and gives no orders: those follow by fair
    competition.
    """
    body = {
        "theme": theme,
        "country": country,
        "lead": leader,
        "partnerCountry": partner_country,
        **_optional(given),
    }
    _tell(ask_collective(given, "POST", "leads", body=body), as_json=as_json)


@lead.command(short_help="End a lead, or say more of it.")
@click.argument("id")
@click.option("--partner-lead", help="Who leads on the other side (id).")
@click.option("--until", help="Last day.")
@click.option("--orders", help="How orders are given out afterwards (English).")
@node_options
def change(*, id: str, as_json: bool, **given: Any) -> None:  # noqa: A002  # the record's word
    """Change the lead ID: who leads on the other side, its last day, how orders are given out."""
    found = ask_collective(given, "POST", "leads", id, body=_optional(given))
    _tell(found, as_json=as_json)


def _optional(given: Mapping[str, Any]) -> dict[str, Any]:
    members = {
        "partnerLead": given.get("partner_lead"),
        "since": given.get("since"),
        "until": given.get("until"),
        "orders": {"en": given["orders"]} if given.get("orders") else None,
    }
    return {member: value for member, value in members.items() if value is not None}


def _noted(one: Mapping[str, Any]) -> str:
    if one["doubles"]:
        return "two leads at once"
    if one["agrees"] is False:
        return "the other side names another lead"
    return f"missing: {', '.join(one['missing'])}" if one["missing"] else ""


def _tell(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(one)
        return
    click.echo(
        f"{one['record']['id']}: {name_of(one['lead'])} leads {name_of(one['theme'])} with "
        f"{name_of(one['partnerCountry'])} ({one['state']})"
    )
