"""`hanze document`: files that belong to records, by the hash of their bytes."""

import asyncio
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from hanze.cli.asking import open_node_api, send
from hanze.cli.below import ask_collective
from hanze.cli.cooperation import texts_of
from hanze.cli.options import node_options
from hanze.cli.output import print_json
from hanze.errors import ConfigurationError

__all__ = ["document"]

_PATH = "/api/v1/documents"
#: Part of an id → where the API has records of that type.
_HOLDING = {":Accord:": "accords", ":CooperationStep:": "cooperation-steps"}


@click.group()
def document() -> None:
    """Keep files of agreements, minutes and costs; records name them by their hash."""


@document.command(short_help="Keep a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--type", "media_type", help="Its media type, where its name does not tell.")
@node_options
def keep(*, file: Path, media_type: str | None, as_json: bool, **where: Any) -> None:
    """Keep FILE (at most 10 MB), and show the hash under which records name it."""
    kept = _keep(where, file, media_type)
    if as_json:
        print_json(kept)
    else:
        click.echo(kept["sha256"])


@document.command(short_help="Attach a file.")
@click.argument("record")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--title", "titles", multiple=True, metavar="TEXT", help="In English, or as nl=..., ko=..."
)
@click.option("--type", "media_type", help="Its media type, where its name does not tell.")
@node_options
def attach(
    *,
    record: str,
    file: Path,
    titles: Sequence[str],
    media_type: str | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Keep FILE and attach it to RECORD: the id of a draft accord, or of a step of a cooperation."""
    kind = next((path for mark, path in _HOLDING.items() if mark in record), None)
    if kind is None:
        raise ConfigurationError(f"{record} is no accord and no step of a cooperation")
    kept = _keep(where, file, media_type)
    body = {
        "title": texts_of(titles or (file.name,)),
        "sha256": kept["sha256"],
        "mediaType": kept["mediaType"],
        "size": kept["size"],
    }
    found = ask_collective(where, "POST", kind, record, "documents", body=body)
    print_json(found) if as_json else click.echo(kept["sha256"])


@document.command(short_help="Get a file.")
@click.argument("sha256")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@node_options
def get(*, sha256: str, target: Path, as_json: bool, **where: Any) -> None:
    """Write the file of this SHA256 to TARGET, which must not be there."""
    if target.exists():
        raise ConfigurationError(f"{target} exists already; name another one")

    async def ask() -> bytes:
        async with open_node_api(where) as client:
            return (await send(client, "GET", f"{_PATH}/{sha256}")).content

    data = asyncio.run(ask())
    target.write_bytes(data)
    if as_json:
        print_json({"sha256": sha256, "file": str(target), "size": len(data)})
    else:
        click.echo(f"{target}: {len(data)} bytes", err=True)


@document.command(short_help="Remove a file.")
@click.argument("sha256")
@node_options
def remove(*, sha256: str, as_json: bool, **where: Any) -> None:
    """Remove the file of this SHA256, which no public record may name; backups still have it."""

    async def ask() -> None:
        async with open_node_api(where) as client:
            await send(client, "DELETE", f"{_PATH}/{sha256}")

    asyncio.run(ask())
    if as_json:
        print_json({"sha256": sha256, "removed": True})
    else:
        click.echo(f"{sha256} is removed. Backups and exports made before still have it.", err=True)


def _keep(where: Mapping[str, Any], file: Path, media_type: str | None) -> Any:
    found_type = media_type or mimetypes.guess_type(file.name)[0]
    if found_type is None:
        raise ConfigurationError(f"{file.name} does not tell its type; name it with --type")
    data = file.read_bytes()

    async def ask() -> Any:
        async with open_node_api(where) as client:
            answer = await send(
                client,
                "POST",
                _PATH,
                parameters={"mediaType": found_type},
                headers={"content-type": "application/octet-stream"},
                content=data,
            )
            return orjson.loads(answer.content)

    return asyncio.run(ask())
