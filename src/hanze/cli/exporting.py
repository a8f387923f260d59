"""`hanze export` and `hanze restore`: a whole node as one open file, and a node from it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json
from hanze.cli.progress import bar
from hanze.errors import StoreFailure

__all__ = ["export", "restore"]

_EXPORT = "/api/v1/export"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--keys",
    is_flag=True,
    help="Take the node's own keys and the secrets of sources along: whoever has the file is the node.",
)
@token_file_option
@url_option
@data_option
@json_option
def export(
    *, file: Path, keys: bool, token_file: Path | None, url: str | None, data: Path, as_json: bool
) -> None:
    """Write all of a node to FILE: data, history, decisions, logs, in formats that others read.

    Exports the data directory, also while a node runs on it; with --url a node elsewhere, for who
    runs it, without its keys.
    """
    from hanze.cli.database import existing_database  # noqa: PLC0415  # not for --help
    from hanze.node.exporting import TargetInUse, export_node  # noqa: PLC0415

    if url is not None:
        if keys:
            raise click.UsageError("Keys never go over the network: export where the data is")
        _fetch(url, token_file, file)
    else:
        existing_database(data)
        made_at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if file.exists():
            raise TargetInUse(file)
        _account_for(data, keys=keys, now=made_at)
        with bar("Exporting") as advance:
            export_node(data, file, keys=keys, made_at=made_at, progress=advance)
    size = file.stat().st_size
    _say({"file": str(file), "bytes": size}, f"Wrote {file}: {size:,} bytes.", as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@json_option
def restore(*, file: Path, data: Path, as_json: bool) -> None:
    """Make a data directory of FILE, which `hanze export` wrote.

    The directory must not be there, or be empty. `hanze serve --data` then starts the node.
    """
    from hanze.node.exporting import restore_node  # noqa: PLC0415  # not for --help

    with bar("Restoring") as advance:
        manifest = restore_node(file, data, progress=advance)
    rows = sum(part.rows for part in manifest.parts)
    told = {"data": str(data), "rows": rows, "madeAt": manifest.made_at, "keys": manifest.keys}
    _say(
        told, f"{data} is what was exported on {manifest.made_at}: {rows:,} rows.", as_json=as_json
    )


def _account_for(data: Path, *, keys: bool, now: str) -> None:
    """Write down that all of the data leaves; the node brings it into its log."""
    from hanze.cli.admitting import AT_THE_MACHINE  # noqa: PLC0415  # not for --help
    from hanze.governance.duties import account_of  # noqa: PLC0415
    from hanze.governance.ports import Unit  # noqa: PLC0415
    from hanze.node.journal import Journal  # noqa: PLC0415

    detail = "With its keys" if keys else "Without its keys"
    account = account_of(AT_THE_MACHINE, "node.exported", ["node"], detail=detail, now=now)

    def unit(uow: Unit) -> None:
        uow.log.append(account)

    asyncio.run(Journal(data).transact(unit))


def _fetch(url: str, token_file: Path | None, file: Path) -> None:
    from hanze.cli.streaming import received  # noqa: PLC0415  # not for --help
    from hanze.node.exporting import TargetInUse  # noqa: PLC0415
    from hanze.store.files import make_private  # noqa: PLC0415
    from hanze.store.moving.package import PackageReader  # noqa: PLC0415

    if file.exists():
        raise TargetInUse(file)
    part = file.with_name(file.name + ".part")
    try:
        make_private(part)
        with (
            received(url, "POST", _EXPORT, token_file=token_file, what="Exporting") as pieces,
            part.open("wb") as out,
        ):
            for piece in pieces:
                out.write(piece)
        PackageReader(part).close()
        part.replace(file)
    except OSError as error:
        raise StoreFailure(f"{file} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _say(told: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo(text)
