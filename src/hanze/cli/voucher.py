"""`hanze voucher`: vouchers with which cities and companies join missions."""

from collections.abc import Mapping
from typing import Any

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import name_of, print_json, print_table
from hanze.ngsild.model import JsonValue

__all__ = ["voucher"]

_STATES = ("open", "not-open-yet", "spent", "closed")


@click.group()
def voucher() -> None:
    """Ask for vouchers, give them, and see what is left of their budget."""


@voucher.command("list", short_help="List schemes of vouchers.")
@click.option("--country", help="Id of the country that a mission goes to.")
@click.option("--theme", help="Id of a theme.")
@click.option("--state", type=click.Choice(_STATES), help="Only those that stand so.")
@node_options
def list_schemes(
    *, country: str | None, theme: str | None, state: str | None, as_json: bool, **where: Any
) -> None:
    """List schemes of vouchers of all nodes: who gives them, until when, and what is left."""
    asked = {"country": country, "theme": theme, "state": state}
    found = ask_collective(where, "GET", "vouchers", parameters=asked)["schemes"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["scheme"]["id"],
            said_in(one["scheme"]["title"]),
            one["state"],
            one.get("closes", ""),
            _left(one),
        )
        for one in found
    ]
    print_table(("id", "title", "state", "closes", "left"), rows)


@voucher.command(short_help="Show a scheme and its vouchers.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the scheme ID: conditions, what is left, and each voucher."""
    found = ask_collective(where, "GET", "vouchers", id)
    if as_json:
        print_json(found)
        return
    click.echo(f"{said_in(found['scheme']['title'])}: {found['state']}, {_left(found)} left")
    click.echo(said_in(found.get("conditions", {})))
    rows = [
        (one["number"], one["status"], one["on"], str(one["amount"]), name_of(one["to"]))
        for one in found["vouchers"]
    ]
    print_table(("number", "status", "on", "amount", "for"), rows)


@voucher.command(short_help="Ask for a voucher.")
@click.argument("id")
@click.argument("to")
@click.argument("amount")
@click.option("--mission", help="Id of the mission that it is for.")
@node_options
def ask(
    *,
    id: str,  # noqa: A002
    to: str,
    amount: str,
    mission: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Ask for a voucher of the scheme ID for TO (an id), of AMOUNT in the currency of the scheme."""
    body: dict[str, JsonValue] = {"to": to, "amount": amount}
    if mission is not None:
        body["mission"] = mission
    found = ask_collective(where, "POST", "vouchers", id, "requests", body=body)
    _tell(found, as_json=as_json)


@voucher.command(short_help="Give a voucher.")
@click.argument("id")
@click.argument("number")
@click.option("--amount", help="Where it is another than was asked for.")
@node_options
def give(
    *,
    id: str,  # noqa: A002
    number: str,
    amount: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Give the voucher NUMBER of the scheme ID."""
    _move(where, id, number, "given", amount, as_json=as_json)


@voucher.command(short_help="Refuse a voucher.")
@click.argument("id")
@click.argument("number")
@node_options
def refuse(*, id: str, number: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Refuse the voucher NUMBER of the scheme ID."""
    _move(where, id, number, "refused", None, as_json=as_json)


@voucher.command(short_help="Use a voucher.")
@click.argument("id")
@click.argument("number")
@node_options
def use(*, id: str, number: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Note that the voucher NUMBER of the scheme ID was used."""
    _move(where, id, number, "used", None, as_json=as_json)


@voucher.command("return", short_help="Return a voucher.")
@click.argument("id")
@click.argument("number")
@node_options
def give_back(*, id: str, number: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Return the voucher NUMBER of the scheme ID: it can be given to others."""
    _move(where, id, number, "returned", None, as_json=as_json)


def _move(
    where: Mapping[str, Any],
    scheme: str,
    number: str,
    status: str,
    amount: str | None,
    *,
    as_json: bool,
) -> None:
    body: dict[str, JsonValue] = {"status": status}
    if amount is not None:
        body["amount"] = amount
    found = ask_collective(where, "POST", "vouchers", scheme, number, "status", body=body)
    _tell(found, as_json=as_json)


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    click.echo(
        f"{found['number']} for {name_of(found['to'])}: {found['status']}, {found['amount']}"
    )


def _left(one: Mapping[str, Any]) -> str:
    return f"{one['balance']['left']} {one['balance']['currency']}"
