"""`hanze sensors` and `hanze algorithm`: the registers that everybody may see."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from hanze.cli.asking import ask_node, open_node_api, quoted, send
from hanze.cli.options import language_option, node_options, read_json, tenant_option
from hanze.cli.output import print_json, print_table
from hanze.errors import ConfigurationError
from hanze.ngsild.vocabulary import HANZE

__all__ = ["algorithm", "sensors"]

_SENSORS: Final = "/api/v1/governance/sensors"
_FILES: Final = "/api/v1/governance/sensor-register"
_ALGORITHMS: Final = "/api/v1/governance/algorithms"


def _where(function: Any) -> Any:  # click's own decorators
    return tenant_option(node_options(function))


@click.group()
def sensors() -> None:
    """See the register of sensors in public space, and take it along."""


@sensors.command("list")
@click.option("--dataset", help="Only those that measure for this dataset.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, help="How many at most.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="How many to pass over.")
@_where
def list_sensors(
    *, dataset: str | None, limit: int, offset: int, as_json: bool, **where: Any
) -> None:
    """List the sensors: whose, what for, about people or not."""
    asked = {"limit": str(limit), "offset": str(offset)}
    found = ask_node(
        where, "GET", _SENSORS, parameters=asked | ({"dataset": dataset} if dataset else {})
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            ", ".join(map(HANZE.compact_name, one["types"])),
            one.get("owner", "") or one.get("provider", ""),
            " ".join(one.get("purposes", ())),
            "yes" if one["personal"] else "no",
            "yes" if one["open"] else "no",
        )
        for one in found["sensors"]
    ]
    print_table(("id", "type", "owner", "purposes", "personal", "open"), rows)
    if found["total"] > offset + len(rows):
        click.echo(f"{found['total']} in all; --offset shows others.", err=True)


@sensors.command()
@click.argument("id")
@_where
def show(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002  # the record's word
    """Show the sensor ID as JSON."""
    del as_json  # it is JSON anyway
    print_json(ask_node(where, "GET", f"{_SENSORS}/{quoted(id)}"))


@sensors.command()
@click.argument("id")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@_where
def qr(*, id: str, file: Path, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Write the QR code of the sensor ID to FILE (SVG); - is standard output."""
    _write(where, f"{_SENSORS}/{quoted(id)}/qr.svg", {}, file, as_json=as_json)


@sensors.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format",
    "ending",
    type=click.Choice(["jsonld", "geojson", "csv"]),
    default="jsonld",
    show_default=True,
    help="Of the file.",
)
@click.option("--dataset", help="Only those that measure for this dataset.")
@language_option("texts")
@_where
def export(
    *,
    file: Path,
    ending: str,
    dataset: str | None,
    language: str,
    as_json: bool,
    **where: Any,
) -> None:
    """Write the whole register to FILE; - is standard output."""
    asked = {"language": language} | ({"dataset": dataset} if dataset else {})
    _write(where, f"{_FILES}.{ending}", asked, file, as_json=as_json)


@click.group()
def algorithm() -> None:
    """See and keep the register of algorithms."""


@algorithm.command("list")
@click.option("--dutch", is_flag=True, help="In the fields of the Dutch register, as JSON.")
@language_option("names")
@_where
def list_algorithms(*, dutch: bool, language: str, as_json: bool, **where: Any) -> None:
    """List the algorithms that are used."""
    asked = {"fields": "dutch", "language": language} if dutch else {}
    found = ask_node(where, "GET", _ALGORITHMS, parameters=asked)["algorithms"]
    if as_json or dutch:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one["name"].get(language) or next(iter(one["name"].values())),
            one["organization"],
            one.get("category", "other"),
            one.get("status", "in-use"),
        )
        for one in found
    ]
    print_table(("id", "name", "organisation", "category", "status"), rows)


@algorithm.command("show")
@click.argument("id")
@_where
def show_algorithm(*, id: str, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Show the algorithm ID as JSON."""
    del as_json  # it is JSON anyway
    print_json(ask_node(where, "GET", f"{_ALGORITHMS}/{quoted(id)}"))


@algorithm.command("set")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@_where
def set_algorithm(*, file: Path, as_json: bool, **where: Any) -> None:
    """Register the algorithm that FILE tells (JSON, with its `id`), or change it; - is standard input.

    The file says all of it: what it leaves out is not kept. `hanze algorithm show` writes one.
    """
    document = read_json(file)
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise ConfigurationError(f"{file} must hold one JSON object with an id")
    document.pop("modified", None)
    made = ask_node(where, "PUT", f"{_ALGORITHMS}/{quoted(str(document['id']))}", document)
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made['id']} is registered.")


@algorithm.command()
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_where
def remove(*, id: str, yes: bool, as_json: bool, **where: Any) -> None:  # noqa: A002
    """Take the algorithm ID out of the register."""
    if not yes:
        click.confirm("What was used is better kept as out of use. Go on?", abort=True, err=True)

    async def ask() -> None:
        async with open_node_api(where) as client:
            await send(client, "DELETE", f"{_ALGORITHMS}/{quoted(id)}")

    asyncio.run(ask())
    if as_json:
        print_json({"id": id, "done": True})
    else:
        click.echo(f"{id} is taken out of the register.")


def _write(
    where: dict[str, Any], path: str, asked: Mapping[str, str], file: Path, *, as_json: bool
) -> None:
    async def ask() -> bytes:
        async with open_node_api(where) as client:
            return (await send(client, "GET", path, parameters=asked)).content

    content = asyncio.run(ask())
    with click.open_file(str(file), "wb") as out:
        out.write(content)
    if as_json and str(file) != "-":
        print_json({"file": str(file), "bytes": len(content)})
