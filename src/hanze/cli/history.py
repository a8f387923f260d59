"""`hanze history`: what is kept of the past, and taking it elsewhere or bringing it in."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
import orjson

from hanze.cli.asking import open_api, send
from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json, print_table
from hanze.cli.progress import bar
from hanze.errors import ConfigurationError
from hanze.identity.caller import ANONYMOUS

if TYPE_CHECKING:
    from hanze.node.node import Node

__all__ = ["history"]

_HISTORY: Final = "/api/v1/history"
_MEDIA: Final = {".parquet": "application/vnd.apache.parquet", ".csv": "text/csv"}
_KEPT: Final = "everything is kept"

T = TypeVar("T")


@click.group()
def history() -> None:
    """Show what is kept of the past, take it elsewhere, bring it in."""


@history.command(short_help="Show what is kept, per type, and by which rule.")
@click.option("--tenant", default="", help="Tenant to ask about.")
@url_option
@data_option
@json_option
def stats(*, tenant: str, url: str | None, data: Path, as_json: bool) -> None:
    """Show what is kept, per type: how much, from when, by which rule, and what went.

    Means stand for values that were condensed. Bytes are those of the archive, shared out by values.
    """

    async def ask() -> Any:
        headers = {"NGSILD-Tenant": tenant} if tenant else {}
        async with open_api(url, data) as client:
            return orjson.loads((await send(client, "GET", _HISTORY, headers=headers)).content)

    told = asyncio.run(ask())
    if as_json:
        print_json(told)
        return
    rows = [
        (
            ", ".join(one["types"]),
            f"{one['entities']:,}",
            f"{one['series']:,}",
            f"{one['values']:,}",
            one.get("first", "")[:10],
            one.get("last", "")[:10],
            f"{one['bytes'] / 1e6:,.1f}",
            f"{one['condensed']:,} to {one['means']:,}" if one["condensed"] else "",
            f"{one['removed']:,}" if one["removed"] else "",
            _rule(one["rule"]),
        )
        for one in told["types"]
    ]
    _print_stats(rows)
    click.echo(
        f"The archive of the node has {told['values']:,} values in {told['bytes'] / 1e6:,.1f} MB; "
        f"{told['waiting']:,} more wait in the journal.",
        err=True,
    )


def _print_stats(rows: Sequence[tuple[str, ...]]) -> None:
    columns = ("type", "entities", "series", "values", "first", "last", "MB")
    columns_of_few = ("condensed", "removed", "rule")
    if not sys.stdout.isatty():
        print_table((*columns, *columns_of_few), rows)
        return
    # What few types have would make the table too wide for a terminal: there it stands below it.
    print_table(columns, [row[: len(columns)] for row in rows])
    for row in rows:
        few = row[len(columns) :]
        if any(few[:-1]) or few[-1] != _KEPT:
            told = zip(columns_of_few, few, strict=True)
            click.echo(f"{row[0]}: {'; '.join(f'{a} {b}' for a, b in told if b)}", err=True)


def _rule(rule: dict[str, Any]) -> str:
    parts = []
    if "meansAfterDays" in rule:
        parts.append(f"means of {rule['meansPeriod']} after {rule['meansAfterDays']} days")
    if "keepDays" in rule:
        parts.append(f"removed after {rule['keepDays']} days")
    return ", ".join(parts) or _KEPT


@history.command(short_help="Write history to a Parquet file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--type", "types", multiple=True, help="Type of entities; may be given again.")
@click.option("--id", "ids", multiple=True, help="Id of an entity; may be given again.")
@click.option("--attribute", "attributes", multiple=True, help="Attribute; may be given again.")
@click.option("--from", "start", help="First day or moment, in UTC.")
@click.option("--to", "end", help="Day or moment before which it ends, in UTC.")
@click.option("--tenant", default="", help="Tenant whose history it is.")
@token_file_option
@url_option
@data_option
@json_option
def export(
    *,
    file: Path,
    types: Sequence[str],
    ids: Sequence[str],
    attributes: Sequence[str],
    start: str | None,
    end: str | None,
    tenant: str,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Write history to FILE in Parquet, which DuckDB, pandas and Spark read by themselves.

    Names are those of Hanze's vocabulary, or IRIs. Asks the node at --url; without it, opens the
    data directory, which no node may be using.
    """
    part = file.with_name(file.name + ".part")
    _begin(part, file)
    named = {"type": list(types), "id": list(ids), "attribute": list(attributes)}
    times = {name: value for name, value in (("from", start), ("to", end)) if value is not None}
    try:
        if url is not None:
            from hanze.cli.streaming import received  # noqa: PLC0415  # not for --help

            with (
                received(
                    url,
                    "GET",
                    f"{_HISTORY}/export.parquet",
                    parameters={**{k: v for k, v in named.items() if v}, **times},
                    tenant=tenant,
                    token_file=token_file,
                    what="Exporting",
                ) as pieces,
                part.open("wb") as out,
            ):
                out.writelines(pieces)
        else:
            _export_here(data, part, named, times, tenant)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    values = _rows_of(file)
    if as_json:
        print_json({"file": str(file), "values": values, "bytes": file.stat().st_size})
    else:
        click.echo(f"Wrote {values:,} values to {file}: {file.stat().st_size:,} bytes.")


def _begin(part: Path, file: Path) -> None:
    """See that the file can be written before a node is asked for much."""
    try:
        part.touch()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error


def _export_here(
    data: Path, part: Path, named: dict[str, list[str]], times: dict[str, str], tenant: str
) -> None:
    from hanze.broker.seen_history import SeenHistory  # noqa: PLC0415  # not for --help
    from hanze.node.selecting import selection_of  # noqa: PLC0415
    from hanze.store.history.export import export_parquet  # noqa: PLC0415

    selection = selection_of(
        tenant,
        types=named["type"],
        ids=named["id"],
        attributes=named["attribute"],
        start=times.get("from"),
        end=times.get("to"),
    )
    with bar("Exporting") as advance:

        async def run(node: "Node") -> None:
            # Nobody signs in here: what goes into the file is what everybody may read.
            past = SeenHistory(node.store, ANONYMOUS.in_tenant(tenant), node.clock())
            shown = await past.shown(selection.types, ids=selection.ids, name="export")
            narrowed = replace(selection, shown=shown)
            await export_parquet(node.store.history, narrowed, part, advance)

        _with_node(data, run)


@history.command("import", short_help="Bring values of the past in from a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", default="", help="Tenant to bring it to.")
@token_file_option
@url_option
@data_option
@json_option
def import_(
    *,
    file: Path,
    tenant: str,
    token_file: Path | None,
    url: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Bring values of the past in from FILE, .parquet or .csv: all of it, or nothing.

    Columns are those of `hanze history export`, of which id, type, attribute, observedAt and value
    suffice. What is there already stays as it is, and so does the present.

    Asks the node at --url; without it, opens the data directory, which no node may be using.
    """
    if file.suffix not in _MEDIA:
        raise ConfigurationError(f"{file.name} must end in {' or '.join(_MEDIA)}")
    if url is not None:
        from hanze.cli.streaming import sent  # noqa: PLC0415  # not for --help

        media = _MEDIA[file.suffix]
        path = f"{_HISTORY}/import"
        told = orjson.loads(
            sent(
                url,
                path,
                file,
                token_file=token_file,
                what="Sending",
                content_type=media,
                tenant=tenant,
            )
        )
    else:
        told = _import_here(data, file, tenant)
    if as_json:
        print_json(told)
    else:
        click.echo(
            "{read:,} values read: {added:,} added, {unchanged:,} unchanged; "
            "{entities:,} entities had no history before.".format(**told)
        )


def _import_here(data: Path, file: Path, tenant: str) -> dict[str, int]:
    from hanze.store.history.bulk import import_file  # noqa: PLC0415  # not for --help

    with bar("Importing") as advance:

        async def run(node: "Node") -> dict[str, int]:
            done = await import_file(
                node.store.history,
                node.store.transact,
                file,
                tenant=tenant,
                now=node.clock(),
                advance=advance,
            )
            return {
                "read": done.read,
                "added": done.added,
                "unchanged": done.unchanged,
                "entities": done.entities,
            }

        return _with_node(data, run)


def _with_node(data: Path, run: Callable[["Node"], Awaitable[T]]) -> T:
    """Open a data directory that no node is using, for what would be too large for a request."""
    from hanze.cli.database import idle_database  # noqa: PLC0415  # not when a node is asked
    from hanze.node.node import close_node, open_node  # noqa: PLC0415
    from hanze.settings import load_settings  # noqa: PLC0415

    idle_database(data)

    async def whole() -> T:
        node = await open_node(load_settings(data, flags={}, environ=os.environ))
        try:
            return await run(node)
        finally:
            await close_node(node)

    return asyncio.run(whole())


def _rows_of(file: Path) -> int:
    from hanze.store.history.export import rows_of  # noqa: PLC0415  # not for --help

    return rows_of(file)
