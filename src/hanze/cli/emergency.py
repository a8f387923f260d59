"""`hanze emergency`: declare one, end it, see whether there is one."""

from typing import Any

import click

from hanze.cli.governing import ask_governance
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["emergency"]


@click.group()
def emergency() -> None:
    """Answer what must be answered first, while the rest waits."""


@emergency.command(short_help="Declare an emergency.")
@click.option("--why", required=True, help="What happened; everybody may read it.")
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    required=True,
    help="After which it ends by itself; the setting security.emergency_hours says how many at most.",
)
@node_options
def declare(*, why: str, hours: float, as_json: bool, **where: Any) -> None:
    """Declare an emergency: what is of the lowest level is answered 503 until it ends."""
    made = ask_governance(where, "POST", "emergency", body={"why": why, "hours": hours})
    print_json(made) if as_json else click.echo(
        f"Until {made['until']}; `hanze emergency end` ends it."
    )


@emergency.command(short_help="End it before its time.")
@node_options
def end(*, as_json: bool, **where: Any) -> None:
    """End the emergency before its time."""
    made = ask_governance(where, "DELETE", "emergency")
    print_json(made) if as_json else click.echo("It has ended.")


@emergency.command(short_help="Show the emergency that there is.")
@node_options
def show(*, as_json: bool, **where: Any) -> None:
    """Show the emergency that there is; without one this fails."""
    found = ask_governance(where, "GET", "emergency")
    print_json(found) if as_json else click.echo(f"Until {found['until']}: {found['why']}")


@emergency.command("list", short_help="List those that were declared.")
@node_options
def list_emergencies(*, as_json: bool, **where: Any) -> None:
    """List the emergencies that were declared, the last first."""
    found = ask_governance(where, "GET", "emergencies")["emergencies"]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["declaredAt"], one["declaredBy"], one.get("endedAt", one["until"]), one["why"])
        for one in found
    ]
    print_table(("declared", "by", "until", "why"), rows)
