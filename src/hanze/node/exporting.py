"""All of a node as one open file, and a new node from it (`docs/export.md`)."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from hanze import __version__
from hanze.connectors.spool import SPOOL
from hanze.connectors.spool_rows import connect_spool
from hanze.errors import Conflicting, StoreFailure
from hanze.node.backup import copy_node
from hanze.node.identity import ACCOUNT_FILE, CLIENT_FILE
from hanze.node.journal import JOURNAL_FILE
from hanze.node.tokens import TOKEN_FILE
from hanze.settings import FILE_NAME
from hanze.store.files import DATABASE, make_private, scratch
from hanze.store.log.head import HEAD
from hanze.store.moving.archive import read_archive, write_archive
from hanze.store.moving.lines import ExportDamaged
from hanze.store.moving.package import Manifest, PackageReader, PackageWriter
from hanze.store.moving.tables import (
    new_database,
    read_tables,
    rows_in,
    version_of,
    write_tables,
)

__all__ = ["Progress", "TargetInUse", "export_node", "restore_node"]

#: Takes how many rows are done, and how many there are.
Progress = Callable[[int, int | None], None]

_STATE: Final = "state"
_SPOOL: Final = "spool"
_FILES: Final = "files"
_SECRETS: Final = "secrets"
#: In them stand digests, and what passkeys are checked with: nobody comes in with these.
_CREDENTIALS: Final = (TOKEN_FILE, ACCOUNT_FILE, CLIENT_FILE, JOURNAL_FILE)
#: What people put into a data directory themselves.
_FOLDERS: Final = ("decoders", "vocabulary")
_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700


class TargetInUse(Conflicting):
    """Something is there already: an export makes a new file, and a restored node a new directory."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already and is not empty; name another one")
        self.path = path


def export_node(
    data: Path, target: Path, *, keys: bool, made_at: str, progress: Progress
) -> Manifest:
    """Write a data directory to one file, also while a node works on it.

    It is of one moment, and there once it is whole. A copy of the databases stands in the data
    directory meanwhile; memory stays small. For a thread without an event loop.

    Args:
        data: The data directory.
        target: The file; it must not be there.
        keys: Whether the keys go with it with which the node signs, and secrets of sources.
        made_at: DateTime text.

    Raises:
        TargetInUse: The file is there.
        StoreFailure: Something cannot be read or written.
    """
    if target.exists():
        raise TargetInUse(target)
    part = target.with_name(target.name + ".part")
    try:
        with scratch(data, prefix="export-") as made:
            folder = Path(made)
            copy = folder / "copy"
            copy_node(data, copy, secrets=False)
            make_private(part)
            package = PackageWriter(part)
            asyncio.run(write_archive(copy, package, folder))
            _write_rows(copy, package, progress)
            for name, path in _files(data, copy, keys=keys):
                package.file(f"{_FILES}/{name}", path)
            version = version_of(copy / DATABASE)
            manifest = package.close(
                hanze=__version__, made_at=made_at, schema_version=version, keys=keys
            )
        part.replace(target)
    except OSError as error:
        raise StoreFailure(f"The export to {target} failed: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def restore_node(file: Path, data: Path, *, progress: Progress) -> Manifest:
    """Make a data directory of an export.

    It is made beside its place, and moved there once every digest was compared: a restore that is
    interrupted leaves no data directory. For a thread without an event loop.

    Args:
        data: Must not be there, or be empty.

    Raises:
        TargetInUse: There is something in it.
        ExportDamaged: The file is no whole export; nothing was made.
        StoreFailure: Something cannot be written.
    """
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise TargetInUse(data)
    package = PackageReader(file)
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{data.name}-", dir=data.parent) as made:
            fresh, folder = Path(made) / "data", Path(made)
            fresh.mkdir(mode=_PRIVATE_FOLDER)
            _read_rows(fresh, package, progress)
            asyncio.run(read_archive(fresh, package, folder))
            _unpack_files(fresh, package)
            _to_disk(fresh)
            # In place of an empty directory, or of none.
            fresh.rename(data)
    except OSError as error:
        raise StoreFailure(f"{data} cannot be made: {error}") from error
    finally:
        package.close()
    return package.manifest


def _write_rows(copy: Path, package: PackageWriter, progress: Progress) -> None:
    databases = [(copy / DATABASE, _STATE), (copy / SPOOL, _SPOOL)]
    there = [(path, folder) for path, folder in databases if path.is_file()]
    advance = _counting(progress, sum(rows_in(path) for path, _ in there))
    for path, folder in there:
        write_tables(path, package, folder, advance)


def _read_rows(fresh: Path, package: PackageReader, progress: Progress) -> None:
    manifest = package.manifest
    advance = _counting(progress, sum(part.rows for part in manifest.parts))
    connection = new_database(fresh / DATABASE, manifest.schema_version)
    try:
        read_tables(connection, package, _STATE, advance)
    finally:
        connection.close()
    if any(name.startswith(f"{_SPOOL}/") for name in package.parts):
        connection = connect_spool(fresh / SPOOL)
        try:
            read_tables(connection, package, _SPOOL, advance)
        finally:
            connection.close()


def _counting(progress: Progress, total: int) -> Callable[[int], None]:
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done, max(total, done))

    return advance


def _files(data: Path, copy: Path, *, keys: bool) -> Iterator[tuple[str, Path]]:
    """Give the files beside the databases, by their names in a data directory."""
    yield from ((HEAD, copy / HEAD) for _ in range((copy / HEAD).is_file()))
    wanted = [data / FILE_NAME, *(data / name for name in _CREDENTIALS)]
    folders = (*_FOLDERS, _SECRETS) if keys else _FOLDERS
    wanted += [path for name in folders for path in sorted((data / name).rglob("*"))]
    for path in dict.fromkeys(wanted):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(data).as_posix(), path


def _unpack_files(fresh: Path, package: PackageReader) -> None:
    for name, part in package.parts.items():
        if not name.startswith(f"{_FILES}/"):
            continue
        inside = PurePosixPath(name.removeprefix(f"{_FILES}/"))
        allowed = (HEAD, FILE_NAME, *_FOLDERS, _SECRETS)
        if inside.is_absolute() or ".." in inside.parts or inside.parts[0] not in allowed:
            raise ExportDamaged(f"The part {name[:100]} has no place in a data directory")
        path = fresh / inside
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        package.extract(part, path)
        path.chmod(_PRIVATE)


def _to_disk(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
