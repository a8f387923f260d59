"""`hanze document`: files that belong to records, by the hash of their bytes."""

import asyncio
import mimetypes
from pathlib import Path
from typing import Any

import click
import orjson

from hanze.cli.asking import open_node_api, send
from hanze.cli.options import node_options
from hanze.cli.output import print_json
from hanze.errors import ConfigurationError

__all__ = ["document"]

_PATH = "/api/v1/documents"


@click.group()
def document() -> None:
    """Keep files of agreements, minutes and costs; records name them by their hash."""


@document.command(short_help="Keep a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--type", "media_type", help="Its media type, where its name does not tell.")
@node_options
def keep(*, file: Path, media_type: str | None, as_json: bool, **where: Any) -> None:
    """Keep FILE (at most 10 MB), and show the hash under which records name it."""
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

    kept = asyncio.run(ask())
    if as_json:
        print_json(kept)
    else:
        click.echo(kept["sha256"])


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
