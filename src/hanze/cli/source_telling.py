"""What `hanze source` says to people."""

from collections.abc import Iterable, Mapping
from typing import Any

import click
import orjson

from hanze.cli.output import print_table

__all__ = ["tell_added", "tell_source", "tell_tried"]

_COUNTERS = {
    "received": "messages received",
    "decoded": "readings decoded",
    "stored": "values stored",
    "late": "of them late",
    "duplicate": "values that were there already",
    "rejected": "rejected",
    "waiting": "messages waiting",
    "held": "messages of unknown devices",
    "deadLetters": "dead letters",
}


def tell_added(answer: Mapping[str, Any]) -> None:
    """Say what was added, and show the secret that is not shown again."""
    source = answer["source"]
    click.echo(f"Added {source['name']}; the node follows it by {source['how']}.")
    if source.get("problem"):
        click.echo(f"It does not run yet: {source['problem']}", err=True)
    if source["how"] == "push":
        click.echo(f"Messages go to POST /api/v1/sources/{source['name']}/messages", err=True)
    for name, secret in answer.get("secrets", {}).items():
        click.echo(f"Hanze-Source-{name.capitalize()}: {secret}")
        click.echo("Keep it: it is not shown again.", err=True)


def tell_source(found: Mapping[str, Any]) -> None:
    """Show one source."""
    click.echo(f"{found['name']}: {found['connector']} by {found['how']}, {found['state']}")
    for name in ("connection", "problem", "lastError"):
        if found.get(name):
            click.echo(f"  {found[name]}")
    for name, told in _COUNTERS.items():
        click.echo(f"  {found['counters'][name]:>10}  {told}")
    for name, told in (("lastMessageAt", "last message"), ("lastObservedAt", "newest value of")):
        if found.get(name):
            click.echo(f"  {told} {found[name]}")
    _options(found["options"].items())
    if found["devices"]:
        click.echo("Devices that wait to be let in (`hanze source approve`):")
        rows = [(one["device"], str(one["messages"]), one["firstAt"]) for one in found["devices"]]
        print_table(("device", "messages", "since"), rows)
    if found["deadLetters"]:
        click.echo("What could not be used, the newest first:")
        for one in found["deadLetters"]:
            click.echo(f"  {one['receivedAt']} {one.get('topic', '')}: {one['reason']}")
            if one.get("part"):
                click.echo(f"    {_short(one['part'])}")


def _options(options: Iterable[tuple[str, Any]]) -> None:
    for name, value in options:
        click.echo(f"  {name} = {_short(str(value))}")


def tell_tried(answer: Mapping[str, Any]) -> None:
    """Show a message as it came, decoded, and as entities."""
    click.echo(f"Raw ({answer['bytes']} bytes):")
    click.echo(f"  {_short(answer['raw'], 500)}")
    click.echo("Decoded:")
    for one in answer["readings"]:
        names = ", ".join(one["attributes"]) or "no values"
        moment = f" at {one['observedAt']}" if one.get("observedAt") else ""
        click.echo(f"  {one['entityId']}{moment}: {names}")
    if answer["entities"]:
        click.echo("Entities:")
        for entity in answer["entities"]:
            click.echo(orjson.dumps(entity, option=orjson.OPT_INDENT_2).decode())
    for one in answer["rejected"]:
        part = f" ({_short(one['part'])})" if one.get("part") else ""
        click.echo(f"Rejected: {one['reason']}{part}", err=True)
    for one in answer["personal"]:
        click.echo(f"Looks personal: {one}; the source would be stopped", err=True)
    if not answer["readings"] and not answer["rejected"]:
        click.echo("The message holds nothing that this source reads.", err=True)
    click.echo("Nothing was stored.", err=True)


def _short(text: str, most: int = 160) -> str:
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= most else line[: most - 1] + "…"
