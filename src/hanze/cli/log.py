"""`hanze log`: what is accounted for, and whether it is as it was written."""

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from hanze.cli.asking import ask_json, open_node_api, send
from hanze.cli.options import data_option, json_option, node_options
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError

__all__ = ["log"]

_ROOT: Final = "/api/v1/governance/log"
_HEAD: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_FILTERS: Final = (
    ("since", "At this DateTime or later."),
    ("until", "Before this DateTime."),
    ("actor", "Who asked, or did something."),
    ("organisation", "For whom."),
    ("dataset", "Id of a dataset."),
    ("agreement", "Id of an agreement."),
    ("reason", "Code: why something was refused."),
    ("purpose", "IRI of a purpose."),
    ("activity", "Id of a processing activity."),
    ("trace", "Trace id."),
    ("subject", "Pseudonym of a data subject, or what the data calls it."),
    ("name", "What was done: read, agreement.signed, ..."),
    ("about", "Id of what it was done to, or what was asked for."),
)


@click.group()
def log() -> None:
    """Look into the log, and verify it. Every look into it is in it."""


def _filters(function: Callable[..., None]) -> Callable[..., None]:
    for name, about in reversed(_FILTERS):
        function = click.option(f"--{name}", default="", help=about)(function)
    kinds = click.Choice(("decision", "processing", "audit"))
    function = click.option("--kind", type=kinds, help="Which of the logs.")(function)
    return click.option("--denied", is_flag=True, help="Only what was refused.")(function)


@log.command(short_help="Find records, the latest first.")
@_filters
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Records at most.",
)
@click.option(
    "--before", type=click.IntRange(1), help="Records with a lower number: the next page."
)
@node_options
def search(*, limit: int, before: int | None, as_json: bool, **where: Any) -> None:
    """Find records, the latest first: who read what, why, and what was refused.

    Needs a token of an auditor, or the data directory itself.
    """
    asked = _asked(where) | {"limit": str(limit)} | ({"before": str(before)} if before else {})

    async def ask() -> Any:
        async with open_node_api(where) as client:
            return await ask_json(client, "GET", _ROOT, parameters=asked)

    found = asyncio.run(ask())
    if as_json:
        print_json(found)
        return
    rows = [_row(one["number"], one["record"]) for one in found["records"]]
    print_table(("number", "at", "log", "who", "for", "did", "about", "result"), rows)
    if "before" in found:
        click.echo(f"More: --before {found['before']}", err=True)


@log.command(short_help="Write all records that say something, one JSON object a line.")
@_filters
@click.option(
    "--format",
    "form",
    type=click.Choice(("jsonl", "csv")),
    default="jsonl",
    show_default=True,
    help="JSON lines, or CSV.",
)
@node_options
def show(*, form: str, as_json: bool, **where: Any) -> None:
    """Write all records that say something, as JSON lines or CSV, the latest first."""
    asked = _asked(where) | {"format": "jsonl" if as_json else form}

    async def ask() -> bytes:
        async with open_node_api(where) as client:
            answer = await send(client, "GET", f"{_ROOT}/download", parameters=asked)
            return answer.content

    sys.stdout.buffer.write(asyncio.run(ask()))
    sys.stdout.buffer.flush()


@log.command(short_help="Verify that every record is there as it was written.")
@click.option(
    "--head", help="NUMBER:DIGEST that was noted elsewhere earlier: it must be in the log."
)
@data_option
@json_option
def verify(*, head: str | None, data: Path, as_json: bool) -> None:
    """Verify the log of a data directory: that every record is there, as it was written.

    Reads the files themselves, also while a node works on them, and names the first record that is
    wrong. Who can write all files of the directory can make another log: note the head that this
    prints somewhere else, and give it back with --head.
    """
    from hanze.cli.database import existing_database  # noqa: PLC0415  # not for --help
    from hanze.governance.logs.chain import Head  # noqa: PLC0415
    from hanze.store.log.verifying import verify as verify_log  # noqa: PLC0415

    noted = None
    if head is not None:
        found = _HEAD.fullmatch(head.strip().lower())
        if found is None:
            raise ConfigurationError("--head must be NUMBER:DIGEST, as this command prints it")
        noted = Head(int(found[1]), bytes.fromhex(found[2]))
    state = verify_log(existing_database(data), noted)
    if as_json:
        import msgspec  # noqa: PLC0415

        print_json(msgspec.to_builtins(state))
    elif state.whole:
        click.echo(f"The log is whole: {state.records:,} records, {state.first} to {state.last}.")
        click.echo(f"Head: {state.last}:{state.head}")
    else:
        click.echo(f"The log is broken. {state.detail}. In order up to record {state.last}.")
    if not state.whole:
        sys.exit(1)


def _asked(where: dict[str, Any]) -> dict[str, str]:
    """Take the filters out of what click gave."""
    asked = {name: where.pop(name) for name, _ in _FILTERS}
    asked["kind"] = where.pop("kind") or ""
    if where.pop("denied"):
        asked["allowed"] = "false"
    return {name: value for name, value in asked.items() if value}


def _row(number: int, record: dict[str, Any]) -> tuple[str, ...]:
    kind = record["log"]
    did = record["action"] if kind == "decision" else record["name"]
    if kind == "decision":
        result = "allowed" if record["decision"] else f"denied: {record.get('reason', '')}"
        about = record.get("datasets") or record.get("asked", ())
    else:
        result = record.get("status", "") or record.get("detail", "")
        about = record.get("datasets") or record.get("about", ())
    who = record.get("actor") or record.get("subject", "")
    whom = record.get("organisation", "")
    return (str(number), record["at"], kind, who, whom, did, " ".join(about), result)
