"""`hanze backup`: a copy of a data directory, on which a node can be started."""

import shutil
from pathlib import Path

import click

from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json
from hanze.errors import StoreFailure
from hanze.node.signing import SIGNING_FILE
from hanze.node.tokens import TOKEN_FILE
from hanze.settings import FILE_NAME

__all__ = ["backup"]


@click.command()
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@data_option
@json_option
def backup(target: Path, data: Path, as_json: bool) -> None:
    """Copy the data directory to TARGET, also while a node runs on it.

    The copy is what was committed at one moment. It is a data directory itself: `hanze serve --data
    TARGET` starts a node on it.
    """
    from hanze.cli.database import existing_database  # noqa: PLC0415  # not for --help
    from hanze.collaboration.language.wordnet_files import wordnets_folder  # noqa: PLC0415
    from hanze.store.store import DATABASE, copy_database  # noqa: PLC0415

    copy_database(existing_database(data), target)
    for name in (Path(FILE_NAME), TOKEN_FILE, SIGNING_FILE):
        _copy(data / name, target / name)
    for wordnet in wordnets_folder(data).glob("*.tab"):
        _copy(wordnet, wordnets_folder(target) / wordnet.name)
    size = (target / DATABASE).stat().st_size
    if as_json:
        print_json({"target": str(target), "bytes": size})
    else:
        click.echo(f"Copied {data} to {target}: {size:,} bytes.")


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its permissions, if it is there."""
    if not source.is_file():
        return
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(source, target)
    except OSError as error:
        raise StoreFailure(f"{target} cannot be written: {error.strerror}") from error
