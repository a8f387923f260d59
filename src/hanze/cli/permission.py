"""`hanze permission`: what missions may cost and what they did."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.exits import FAILED
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table
from hanze.collaboration.records.missions import COST_PARTS, PERMISSION_STATUSES
from hanze.ngsild.model import JsonValue

__all__ = ["permission"]

_budget_option = click.option(
    "--budget",
    "budget",
    multiple=True,
    metavar="PART=AMOUNT[:PEOPLE]",
    help=f"What may be spent on a part ({', '.join(COST_PARTS)}), and for how many people; may be "
    "given several times.",
)


@click.group()
def permission() -> None:
    """Keep what a mission may cost, what it did cost, and with which exchange rates."""


@permission.command("list", short_help="List permissions to travel with their totals.")
@click.option("--mission", help="Id of a mission.")
@click.option("--city", help="Id of the city or region whose permissions they are.")
@click.option("--status", type=click.Choice(PERMISSION_STATUSES), help="Only of this status.")
@click.option("--over", is_flag=True, help="Only those of which a part went over its budget.")
@node_options
def list_permissions(
    *,
    mission: str | None,
    city: str | None,
    status: str | None,
    over: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """List permissions to travel with their totals, and by how much they are over."""
    asked = {"mission": mission, "city": city, "status": status, "over": "true" if over else None}
    found = ask_collective(where, "GET", "permissions", parameters=asked)["permissions"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one["number"],
            one["status"],
            _money(one, "budget"),
            _money(one, "spent"),
            _over(one),
            ", ".join(one["partsOver"]),
        )
        for one in found
    ]
    columns = ("id", "number", "status", "budget", "spent", "over or left", "parts over")
    print_table(columns, rows)


@permission.command(short_help="Show a permission; exits with 1 where it is over budget.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> int:  # noqa: A002  # the record's word
    """Show the permission ID: budget and costs by part. Exits with 1 where a part is over budget."""
    found = ask_collective(where, "GET", "permissions", id)
    if as_json:
        print_json(found)
    else:
        _tell(found)
        for cost in found.get("costs", ()):
            what = said_in(cost.get("description", {})) or "-"
            when = cost.get("on", "no day")
            worth = cost.get("worth")
            told = f"{cost['amount']} {cost['currency']}"
            if cost["currency"] != found["currency"]:
                told += f" = {worth} {found['currency']}" if worth is not None else " (no rate)"
            click.echo(f"{cost['key']}  {when}  {cost['part']}  {told}  {what}")
    return FAILED if found["partsOver"] else 0


@permission.command(short_help="Ask for permission to make a mission.")
@click.argument("mission")
@click.argument("number")
@_budget_option
@click.option("--currency", default="EUR", show_default=True, help="Of the budget, ISO 4217.")
@node_options
def new(
    *,
    mission: str,
    number: str,
    budget: Sequence[str],
    currency: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Ask for permission to make MISSION (its id), under the file number NUMBER."""
    body: dict[str, JsonValue] = {
        "mission": mission,
        "number": number,
        "budget": _lines(budget),
        "currency": currency,
    }
    _answer(ask_collective(where, "POST", "permissions", body=body), as_json=as_json)


@permission.command(short_help="Record that a permission was given.")
@click.argument("id")
@click.option("--on", required=True, metavar="DAY", help="The day of the approval.")
@click.option("--by", default="", help="Which office gave it (English).")
@_budget_option
@node_options
def approve(
    *,
    id: str,  # noqa: A002
    on: str,
    by: str,
    budget: Sequence[str],
    as_json: bool,
    **where: Any,
) -> None:
    """Record that the permission ID was given; with --budget on a later day, that it changed."""
    body: dict[str, JsonValue] = {"on": on, "by": {"en": by} if by else {}}
    if budget:
        body["budget"] = _lines(budget)
    _answer(
        ask_collective(where, "POST", "permissions", id, "approval", body=body), as_json=as_json
    )


@permission.command(short_help="Enter what was spent.")
@click.argument("id")
@click.argument("part", type=click.Choice(COST_PARTS))
@click.argument("amount")
@click.option("--currency", default="EUR", show_default=True, help="In which it was paid.")
@click.option("--on", metavar="DAY", help="The day; another currency needs it.")
@click.option("--what", default="", help="What for (English); no names of people.")
@click.option("--receipt", help="Number of the receipt.")
@click.option("--receipt-document", metavar="SHA256", help="Of the file that the node keeps.")
@click.option("--rate", help="What one unit of the currency is worth, where it is not kept yet.")
@click.option("--rate-source", default="", help="Who published the rate.")
@node_options
def cost(*, id: str, part: str, amount: str, as_json: bool, **given: Any) -> None:  # noqa: A002
    """Enter that AMOUNT was spent on PART under the permission ID."""
    body: dict[str, JsonValue] = {
        "part": part,
        "amount": amount,
        "currency": given["currency"],
        "on": given["on"],
        "description": {"en": given["what"]} if given["what"] else {},
        "receipt": given["receipt"],
        "receiptDocument": given["receipt_document"],
        "rate": given["rate"],
        "rateSource": given["rate_source"],
    }
    told = {name: value for name, value in body.items() if value not in (None, "")}
    _answer(ask_collective(given, "POST", "permissions", id, "costs", body=told), as_json=as_json)


@permission.command(short_help="Take a cost out.")
@click.argument("id")
@click.argument("key")
@node_options
def uncost(*, id: str, key: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Take the cost KEY (`hanze permission show`) out of the permission ID: it was a mistake."""
    _answer(ask_collective(where, "DELETE", "permissions", id, "costs", key), as_json=as_json)


@permission.command(short_help="Keep an exchange rate.")
@click.argument("id")
@click.argument("currency")
@click.argument("rate")
@click.option("--on", required=True, metavar="DAY", help="The day of the rate.")
@click.option("--source", default="", help="Who published it.")
@node_options
def rate(
    *,
    id: str,  # noqa: A002
    currency: str,
    rate: str,
    on: str,
    source: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Keep that one unit of CURRENCY was worth RATE on a day, for the permission ID."""
    body: dict[str, JsonValue] = {"currency": currency, "rate": rate, "on": on, "source": source}
    _answer(ask_collective(where, "POST", "permissions", id, "rates", body=body), as_json=as_json)


@permission.command(short_help="Close the accounts.")
@click.argument("id")
@node_options
def close(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Close the accounts of the permission ID: nothing of them changes any more."""
    _answer(ask_collective(where, "POST", "permissions", id, "closing"), as_json=as_json)


def _lines(given: Sequence[str]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for text in given:
        part, _, rest = text.partition("=")
        amount, _, people = rest.partition(":")
        if part not in COST_PARTS or not amount or (people and not people.isdecimal()):
            raise click.BadParameter(f"{text} must be like staff=10344.00:2", param_hint="--budget")
        line: dict[str, JsonValue] = {"part": part, "amount": amount}
        if people:
            line["people"] = int(people)
        found.append(line)
    return found


def _answer(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        _tell(found)


def _tell(found: Mapping[str, Any]) -> None:
    click.echo(f"{found['id']} ({found['number']}): {found['status']}")
    rows = [
        (
            one["part"],
            str(one.get("people", "")),
            _money(one, "budget", found["currency"]),
            _money(one, "spent", found["currency"]),
            _over(one, found["currency"]),
        )
        for one in found["parts"]
    ]
    rows.append(("total", "", _money(found, "budget"), _money(found, "spent"), _over(found)))
    print_table(("part", "people", "budget", "spent", "over or left"), rows)
    if found["unconverted"]:
        click.echo(f"{found['unconverted']} costs have no rate and are in no sum.", err=True)


def _money(one: Mapping[str, Any], name: str, currency: str = "") -> str:
    return f"{one[name]:.2f} {currency or one['currency']}"


def _over(one: Mapping[str, Any], currency: str = "") -> str:
    amount, unit = one["over"], currency or one["currency"]
    return f"{amount:.2f} {unit} OVER" if amount > 0 else f"{-amount:.2f} {unit} left"
