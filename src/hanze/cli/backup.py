"""`hanze backup`: a copy of a node, on which another one can be started."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from hanze.cli.options import data_option, json_option, token_file_option, url_option
from hanze.cli.output import print_json
from hanze.errors import StoreFailure

__all__ = ["backup"]

_BACKUP: Final = "/api/v1/backup"


@click.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@token_file_option
@url_option
@data_option
@json_option
def backup(
    target: Path, token_file: Path | None, url: str | None, data: Path, *, as_json: bool
) -> None:
    """Copy a node to TARGET: what it holds now, with its whole history.

    Copies the data directory, also while a node runs on it; with --url, that of a node elsewhere,
    without its tokens and signing keys: these never leave it.

    The copy is what was committed at one moment. It is a data directory itself: `hanze serve --data
    TARGET` starts a node on it.
    """
    from hanze.cli.database import existing_database  # noqa: PLC0415  # not for --help
    from hanze.node.backup import copy_node  # noqa: PLC0415

    if url is not None:
        size, whence = _fetch(url, token_file, target), url
    else:
        existing_database(data)
        size, whence = copy_node(data, target, secrets=True), str(data)
    if as_json:
        print_json({"target": str(target), "bytes": size})
    else:
        click.echo(f"Copied {whence} to {target}: {size:,} bytes.")


def _fetch(url: str, token_file: Path | None, target: Path) -> int:
    """Unpack what a node sends as it comes; the target is a data directory once all is there."""
    from hanze.cli.streaming import received  # noqa: PLC0415  # not for --help
    from hanze.store.backup import make_target  # noqa: PLC0415
    from hanze.store.files import DATABASE  # noqa: PLC0415

    make_target(target)
    try:
        with TemporaryDirectory(prefix="backup-", dir=target) as made:
            folder = Path(made)
            with received(url, "POST", _BACKUP, token_file=token_file, what="Copying") as pieces:
                _unpack(pieces, folder)
            # The record is last: without it the directory holds nothing.
            for path in sorted(folder.iterdir(), key=lambda path: path.name == DATABASE):
                path.replace(target / path.name)
    except (OSError, tarfile.TarError) as error:
        raise StoreFailure(f"The backup to {target} failed: {error}") from error
    return sum(path.stat().st_size for path in target.iterdir() if path.is_file())


def _unpack(pieces: Iterator[bytes], folder: Path) -> None:
    with tarfile.open(fileobj=io.BufferedReader(_Arriving(pieces)), mode="r|") as archive:
        archive.extractall(folder, filter="data")
    # What follows the end of the archive belongs to the answer, which must end well too.
    for _ in pieces:
        pass


class _Arriving(io.RawIOBase):
    """Pieces as a file that is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # all that asks
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
