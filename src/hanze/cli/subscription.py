"""`hanze subscription`: who is told of changes, and how that goes."""

import asyncio
from typing import Any, Final

import click

from hanze.cli.asking import ask_json, ask_node, open_node_api, quoted, send
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table
from hanze.ngsild.model import JsonValue
from hanze.ngsild.terms import API_PATH

__all__ = ["subscription"]

_ROOT: Final = f"{API_PATH}/subscriptions"
_PAGE: Final = 1_000


@click.group()
def subscription() -> None:
    """See who is told of changes, pause and resume that."""


@subscription.command("list")
@node_options
def list_subscriptions(*, as_json: bool, **where: Any) -> None:
    """List subscriptions with what became of their notifications."""

    async def ask() -> list[Any]:
        found: list[Any] = []
        async with open_node_api(where) as client:
            while True:
                path = f"{_ROOT}?limit={_PAGE}&offset={len(found)}"
                page: Any = await ask_json(client, "GET", path)
                found += page
                if len(page) < _PAGE:
                    return found

    found = asyncio.run(ask())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one.get("subscriptionName", ""),
            one.get("status", ""),
            _place(one["notification"]["endpoint"]["uri"]),
            str(one["notification"].get("timesSent", 0)),
            str(one["notification"].get("timesFailed", 0)),
            one["notification"].get("status", ""),
        )
        for one in found
    ]
    print_table(("id", "name", "status", "endpoint", "sent", "failed", "last"), rows)


@subscription.command(short_help="Show a subscription as JSON.")
@click.argument("id")
@node_options
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the standard's word
    """Show a subscription as JSON, with what became of its notifications."""
    del as_json  # it is JSON anyway
    print_json(ask_node(where, "GET", f"{_ROOT}/{quoted(id)}"))


@subscription.command()
@click.argument("id")
@node_options
def pause(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Notify no longer; what happened before waits until it is resumed."""
    _change(where, "PATCH", id, {"isActive": False})
    _tell(id, "is paused", as_json=as_json)


@subscription.command()
@click.argument("id")
@node_options
def resume(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Notify again; what happened during the pause is not told."""
    _change(where, "PATCH", id, {"isActive": True})
    _tell(id, "is active", as_json=as_json)


@subscription.command(short_help="Delete a subscription, with what waits for it.")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@node_options
def delete(*, id: str, yes: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Delete a subscription, with what waits for it and its dead letters."""
    if not yes:
        click.confirm(f"{id} and what waits for it go. Go on?", abort=True, err=True)
    _change(where, "DELETE", id, None)
    _tell(id, "is deleted", as_json=as_json)


def _change(where: dict[str, Any], method: str, name: str, body: JsonValue) -> None:
    async def ask() -> None:
        async with open_node_api(where) as client:
            await send(client, method, f"{_ROOT}/{quoted(name)}", body=body)

    asyncio.run(ask())


def _tell(name: str, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": name, "done": True})
    else:
        click.echo(f"{name} {what}.")


def _place(uri: str) -> str:
    """Leave out what stands before the host: a password may."""
    scheme, _, rest = uri.partition("://")
    head, slash, path = rest.partition("/")
    return f"{scheme}://{head.rpartition('@')[2]}{slash}{path}"
