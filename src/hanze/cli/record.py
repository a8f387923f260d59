"""`hanze record`: the records of the collective, on the command line."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from hanze.cli.asking import ask_json, open_api, send
from hanze.cli.entering import add_record, object_of, told_fields
from hanze.cli.options import (
    data_option,
    json_option,
    language_option,
    token_file_option,
    url_option,
)
from hanze.cli.output import print_json, print_table
from hanze.cli.search import FEWER
from hanze.cli.stale import kept_by, tell_stale
from hanze.collaboration.records.registry import RECORD_TYPES

__all__ = ["record"]

_ENDINGS = ("csv", "json", "jsonld", "geojson")

_type = click.Choice([*RECORD_TYPES])
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_language_option = language_option("titles")
_filters = (
    click.option("--type", "kind", type=_type, help="Only records of this type."),
    click.option("--q", default="", help="Text to look for, in any of the languages."),
    click.option("--city", default="", help="Only records of this place (id)."),
    click.option("--theme", default="", help="Only records of this theme or concept (id)."),
)


def _filter_options(function: Any) -> Any:  # click's own decorators
    for option in reversed(_filters):
        function = option(function)
    return function


@click.group()
def record() -> None:
    """List, show, add, merge and export the records of the collective."""


@record.command("list")
@_filter_options
@click.option(
    "--limit",
    type=click.IntRange(0, 1000),
    default=20,
    show_default=True,
    help="At most so many records.",
)
@click.option(
    "--offset",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="How many records to pass over.",
)
@_language_option
@url_option
@data_option
@json_option
def list_records(
    *,
    kind: str | None,
    q: str,
    city: str,
    theme: str,
    limit: int,
    offset: int,
    language: str,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """List records, a page at a time, with whose they are and of which day."""
    parameters = _chosen(kind, q, city, theme)
    parameters |= {"limit": str(limit), "offset": str(offset), "language": language}
    answer = asyncio.run(_ask(url, data, "GET", "/api/v1/records", parameters))
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            str(one["id"]),
            str(one["type"]),
            _text(one.get("title"), language),
            _place(one.get("sourceCity") or {}, language) + kept_by(one.get("home")),
            str(one.get("stage") or one.get("status") or ""),
            str(one["date"]),
        )
        for one in answer["records"]
    ]
    print_table(("id", "type", "title", "of", "stage", "date"), rows)
    if not answer["total"]:
        click.echo(f"No record is found; {FEWER}", err=True)
    elif answer["total"] > len(rows):
        click.echo(f"{len(rows)} of {answer['total']}; --offset and --limit show others.", err=True)
    tell_stale(answer)


@record.command()
@click.argument("record_id", metavar="ID")
@_language_option
@url_option
@data_option
@json_option
def show(*, record_id: str, language: str, url: str | None, data: Path, as_json: bool) -> None:
    """Show the record ID, with whose it is and which records name it."""
    answer = asyncio.run(_ask(url, data, "GET", f"/api/v1/records/{record_id}", {}))
    if as_json:
        print_json(answer)
        return
    rows = [(name, _shown(value, language)) for name, value in answer["entity"].items()]
    of = _place(answer.get("sourceCity") or {}, language)
    rows += [("tenant", answer["tenant"]), ("of", of), ("date", answer["date"])]
    rows += [("kept by", f"{one['node']}, {one['url']}") for one in (answer.get("home"),) if one]
    rows += [
        ("named by", f"{one['id']} ({one['attribute']})") for one in answer.get("referring", ())
    ]
    print_table(("what", "value"), [row for row in rows if row[1] and row[0] != "@context"])


@record.command()
@click.argument("kind", metavar="TYPE", type=_type)
@click.argument("file", type=_file, required=False)
@click.option(
    "--set",
    "fields",
    multiple=True,
    metavar="FIELD=VALUE",
    help="A field: title.nl=..., budget='250000 EUR', themes=mobility; may be given often.",
)
@click.option("--id", "key", default="", help="Key of the record, or its whole id.")
@click.option("--source", default="entered", show_default=True, help="Part of the id.")
@click.option("--tenant", default="", help="Tenant to write to.")
@token_file_option
@url_option
@data_option
@json_option
def add(
    *,
    kind: str,
    file: Path | None,
    fields: Sequence[str],
    key: str,
    source: str,
    tenant: str,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Add a record of a TYPE: the JSON of a FILE, fields with --set, or both."""
    told = object_of(file) if file is not None else {}
    told |= told_fields(RECORD_TYPES[kind], fields)
    if key:
        told["id"] = key
    asked = add_record(kind, told, source, tenant, url=url, data=data, token=token_file)
    body = asyncio.run(asked)
    if as_json:
        print_json(body)
    else:
        click.echo(f"Added {body['id']}.")


@record.command()
@click.argument("kind", metavar="TYPE", type=_type)
@click.option(
    "--format",
    "form",
    type=click.Choice(("csv", "toml")),
    default="csv",
    show_default=True,
    help="The first line of a table, or a mapping with what may stand in each column.",
)
def template(kind: str, form: str) -> None:
    """Print a table or a mapping of a TYPE to start with, for `hanze import records`."""
    from hanze.connectors.record_table.mapping import csv_template, toml_template  # noqa: PLC0415

    write = csv_template if form == "csv" else toml_template
    click.echo(write(RECORD_TYPES[kind]), nl=False)


@record.command()
@click.option("--type", "kind", type=_type, help="Only records of this type.")
@click.option(
    "--least",
    type=click.FloatRange(0.1, 1),
    default=0.7,
    show_default=True,
    help="Score from which a pair is told.",
)
@click.option(
    "--limit",
    type=click.IntRange(0, 1000),
    default=100,
    show_default=True,
    help="At most so many pairs.",
)
@_language_option
@url_option
@data_option
@json_option
def duplicates(
    *,
    kind: str | None,
    least: float,
    limit: int,
    language: str,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Tell records that may be the same, with the reasons; nothing is changed."""
    parameters = {"least": str(least), "limit": str(limit)} | ({"type": kind} if kind else {})
    answer = asyncio.run(_ask(url, data, "GET", "/api/v1/duplicates", parameters))
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            f"{pair['score']:.0%}",
            pair["one"]["id"],
            pair["other"]["id"],
            _text(pair["one"].get("title"), language),
            _text(pair["other"].get("title"), language),
            ", ".join(f"{one['kind']} {one['value']}" for one in pair["reasons"]),
        )
        for pair in answer["pairs"]
    ]
    print_table(("alike", "one", "other", "title", "other title", "why"), rows)
    if answer["total"]:
        click.echo("`hanze record merge KEEP DROP` makes one of two.", err=True)


@record.command()
@click.argument("keep")
@click.argument("drop")
@click.option("--yes", is_flag=True, help="Do not ask.")
@token_file_option
@url_option
@data_option
@json_option
def merge(
    *,
    keep: str,
    drop: str,
    yes: bool,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Merge the record DROP into KEEP: gaps are filled, references turned, and DROP is deleted."""
    if not yes:
        click.confirm(f"{drop} goes into {keep} and is deleted. Go on?", abort=True, err=True)
    body = {"keep": keep, "drop": drop}

    async def ask() -> Any:
        async with open_api(url, data, token_file=token_file, writes=True) as client:
            return await ask_json(client, "POST", "/api/v1/duplicates/merge", body=body)

    answer = asyncio.run(ask())
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{drop} is now part of {answer['id']}.")


@record.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_filter_options
@_language_option
@url_option
@data_option
def export(
    *,
    file: Path,
    kind: str | None,
    q: str,
    city: str,
    theme: str,
    language: str,
    url: str | None,
    data: Path,
) -> None:
    """Write records to FILE; its ending says how: .csv, .json, .jsonld or .geojson."""
    ending = file.suffix.lstrip(".")
    if ending not in _ENDINGS:
        raise click.BadParameter(f"must end in .{', .'.join(_ENDINGS)}", param_hint="FILE")
    parameters = _chosen(kind, q, city, theme) | {"language": language}

    async def ask() -> bytes:
        async with open_api(url, data) as client:
            path = f"/api/v1/records.{ending}"
            return (await send(client, "GET", path, parameters=parameters)).content

    content = asyncio.run(ask())
    file.write_bytes(content)
    click.echo(f"Wrote {len(content):,} bytes to {file}.", err=True)


def _chosen(kind: str | None, q: str, city: str, theme: str) -> dict[str, str]:
    given = {"type": kind or "", "q": q, "city": city, "theme": theme}
    return {name: value for name, value in given.items() if value}


async def _ask(
    url: str | None, data: Path, method: str, path: str, parameters: Mapping[str, str]
) -> Any:
    async with open_api(url, data) as client:
        return await ask_json(client, method, path, parameters=parameters)


def _text(title: object, language: str) -> str:
    if not isinstance(title, Mapping):
        return ""
    found = title.get(language) or title.get("en") or next(iter(title.values()), "")
    return str(found)


def _place(told: Mapping[str, Any], language: str) -> str:
    """Name a place; the id of one that this node has no record of."""
    return _text(told.get("title"), language) or str(told.get("id", ""))


def _shown(value: object, language: str) -> str:
    """Show an attribute of a concise entity in a line."""
    if isinstance(value, Mapping):
        if "languageMap" in value:
            return _text(value["languageMap"], language)
        for member in ("value", "object", "json"):
            if member in value:
                unit = f" {value['unitCode']}" if "unitCode" in value else ""
                return _shown(value[member], language) + unit
    if isinstance(value, list):
        return "; ".join(_shown(one, language) for one in value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()
