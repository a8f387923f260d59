"""`hanze notification`: what waits to be told, and dead letters."""

import asyncio
from typing import Any, Final
from urllib.parse import urlencode

import click

from hanze.cli.asking import ask_json, ask_node, open_node_api, send
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError

__all__ = ["notification"]

_ROOT: Final = "/api/v1/notifications"
_LETTERS: Final = f"{_ROOT}/dead-letters"


@click.group()
def notification() -> None:
    """See what waits to be told, and send dead letters again or throw them away."""


def _selecting(function: Any) -> Any:  # click's own decorators
    function = click.option("--subscription", help="All dead letters of this subscription.")(
        function
    )
    function = click.option("--all", "everything", is_flag=True, help="All dead letters.")(function)
    return click.argument("numbers", nargs=-1, type=click.IntRange(min=1))(function)


@notification.command()
@node_options
def waiting(*, as_json: bool, **where: Any) -> None:
    """Count what waits and what is dead, per subscription."""
    told = ask_node(where, "GET", _ROOT)
    if as_json:
        print_json(told)
        return
    rows = [
        (one["subscription"], str(one["waiting"]), str(one["deadLetters"]))
        for one in told["subscriptions"]
    ]
    print_table(("subscription", "waiting", "dead letters"), rows)


@notification.command("list")
@click.option("--subscription", help="Only those of this subscription.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Only with a higher number.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000),
    default=100,
    show_default=True,
    help="At most so many.",
)
@node_options
def list_letters(
    *, subscription: str | None, after: int, limit: int, as_json: bool, **where: Any
) -> None:
    """List dead letters: what could not be told, and why."""
    asked = {"after": str(after), "limit": str(limit)}
    if subscription is not None:
        asked["subscription"] = subscription
    told = ask_node(where, "GET", f"{_LETTERS}?{urlencode(asked)}")
    if as_json:
        print_json(told)
        return
    rows = [
        (
            str(one["number"]),
            one["diedAt"],
            one["subscription"],
            one["entity"],
            str(one["tries"]),
            one["reason"],
        )
        for one in told["deadLetters"]
    ]
    print_table(("number", "died", "subscription", "entity", "tries", "reason"), rows)
    if "next" in told:
        click.echo(f"There are more: --after {told['next']}", err=True)


@notification.command()
@click.argument("number", type=click.IntRange(min=1))
@node_options
def show(*, number: int, as_json: bool, **where: Any) -> None:
    """Show a dead letter with the notification that replaying it sends."""
    told = ask_node(where, "GET", f"{_LETTERS}/{number}")
    if as_json:
        print_json(told)
        return
    body = told.pop("notification", None)
    print_table(("member", "value"), [(name, str(value)) for name, value in told.items()])
    if body is not None:
        print_json(body)


@notification.command(short_help="Send dead letters again.")
@_selecting
@node_options
def replay(
    *,
    numbers: tuple[int, ...],
    everything: bool,
    subscription: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Send dead letters again: those with these NUMBERS, of a subscription, or all."""
    path = _all_of(numbers, subscription, everything=everything)
    moved = _do(where, "POST", numbers, path, "/replay")
    _tell(moved, "replayed", as_json=as_json)


@notification.command(short_help="Throw dead letters away.")
@_selecting
@click.option("--yes", is_flag=True, help="Do not ask.")
@node_options
def discard(
    *,
    numbers: tuple[int, ...],
    everything: bool,
    subscription: str | None,
    yes: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Throw dead letters away: those with these NUMBERS, of a subscription, or all."""
    path = _all_of(numbers, subscription, everything=everything)
    if not yes:
        click.confirm("What these letters tell is never sent. Go on?", abort=True, err=True)
    moved = _do(where, "DELETE", numbers, path, "")
    _tell(moved, "discarded", as_json=as_json)


def _all_of(numbers: tuple[int, ...], subscription: str | None, *, everything: bool) -> str:
    """Return the parameters that select letters; says so when none are selected."""
    if sum((bool(numbers), subscription is not None, everything)) != 1:
        raise ConfigurationError("Name numbers of dead letters, or --subscription, or --all")
    return "" if subscription is None else "?" + urlencode({"subscription": subscription})


def _do(
    where: dict[str, Any], method: str, numbers: tuple[int, ...], selected: str, action: str
) -> int:
    async def ask() -> int:
        async with open_node_api(where) as client:
            for number in numbers:
                await send(client, method, f"{_LETTERS}/{number}{action}")
            if numbers:
                return len(numbers)
            told: Any = await ask_json(client, method, f"{_LETTERS}{action}{selected}")
            return int(told["deadLetters"])

    return asyncio.run(ask())


def _tell(count: int, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"deadLetters": count})
        return
    click.echo(f"{count} dead {'letter' if count == 1 else 'letters'} {what}.")
    if what == "replayed":
        click.echo("A running node sends them; `hanze notification waiting` counts what is left.")
