"""`hanze report`: reports of missions, made from the records."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hanze.cli.asking import ask_node, open_node_api, quoted, send
from hanze.cli.options import language_option, node_options
from hanze.cli.output import print_json, print_table
from hanze.cli.stale import tell_stale
from hanze.collaboration.records.missions import REPORT_SECTIONS

__all__ = ["report"]

_language_option = language_option("the report")


@click.group()
def report() -> None:
    """Read, write, print and publish the reports of missions."""


@report.command(short_help="Show the report of a mission.")
@click.argument("mission")
@_language_option
@node_options
def show(*, mission: str, language: str, as_json: bool, **where: Any) -> None:
    """Show the report of MISSION (its id): what people wrote, and what the records say today."""
    found = ask_node(where, "GET", _path(mission), parameters={"language": language})
    if as_json:
        print_json(found)
        return
    click.echo(found["title"]["text"])
    for fact in found["facts"]:
        click.echo(f"{fact['label']}: {fact['value']['text']}")
    for section in found["sections"]:
        click.echo(f"\n{section['title']}\n{'-' * len(section['title'])}")
        for block in section["blocks"]:
            _print_block(block)
    tell_stale(found)


@report.command(short_help="Print the report of a mission.")
@click.argument("mission")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file that is written.",
)
@_language_option
@node_options
def pdf(*, mission: str, output: Path, language: str, as_json: bool, **where: Any) -> None:
    """Write the report of MISSION (its id) as a tagged PDF; needs the extra `reports`."""

    async def ask() -> bytes:
        async with open_node_api(where) as client:
            path = f"{_path(mission)}.pdf"
            answer = await send(client, "GET", path, parameters={"language": language})
            return answer.content

    made = asyncio.run(ask())
    output.write_bytes(made)
    if as_json:
        print_json({"file": str(output), "bytes": len(made)})
    else:
        click.echo(f"{output}: {len(made)} bytes.")


@report.command(short_help="Write in the report of a mission.")
@click.argument("mission")
@click.argument("section", type=click.Choice(REPORT_SECTIONS))
@click.option("--text", help="What it says; empty takes it away.")
@click.option(
    "--file",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the text, where it is longer.",
)
@_language_option
@node_options
def edit(
    *,
    mission: str,
    section: str,
    text: str | None,
    source: Path | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Write the text of a SECTION in the report of MISSION (its id); an empty line parts paragraphs.

    Texts in other languages stay as they are.
    """
    if (text is None) == (source is None):
        raise click.UsageError("Give the text with --text, or a file with --file.")
    said = source.read_text(encoding="utf-8") if source is not None else text
    body: dict[str, Any] = {"key": section, "text": {language: said}}
    _tell(ask_node(where, "POST", f"{_path(mission)}/sections", body), as_json=as_json)


@report.command(short_help="Publish the report of a mission.")
@click.argument("mission")
@click.option("--author", help="Who reports (id); the organiser where nobody is named.")
@click.option("--on", help="The day, as 2025-04-01; today where it is not named.")
@node_options
def publish(
    *, mission: str, author: str | None, on: str | None, as_json: bool, **where: Any
) -> None:
    """Publish the report of MISSION (its id): from then on it stays, and can only be corrected."""
    body = {name: value for name, value in (("author", author), ("on", on)) if value is not None}
    _tell(ask_node(where, "POST", f"{_path(mission)}/publication", body), as_json=as_json)


def _path(mission: str) -> str:
    return f"/api/v1/missions/{quoted(mission)}/report"


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    since = f" since {found['publishedOn']}" if "publishedOn" in found else ""
    click.echo(f"{found['id']}: {found['status']}{since}")
    for key, text in found["sections"].items():
        click.echo(f"  {key}: {', '.join(text)}")


def _print_block(block: Mapping[str, Any]) -> None:
    if block["kind"] == "list":
        for item in block["items"]:
            click.echo(f"- {item['text']}")
    elif block["kind"] == "table":
        click.echo(block["text"]["text"])
        rows = [[cell["text"] for cell in row] for row in block["rows"]]
        print_table(block["columns"], rows)
    else:
        click.echo(block["text"]["text"])
