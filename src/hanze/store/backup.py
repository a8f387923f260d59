"""Copies of a data directory's databases: of one moment, also while a node works on them."""

import os
import shutil
from pathlib import Path
from typing import Final

import apsw

from hanze.errors import StoreFailure
from hanze.store.files import ARCHIVE, DATABASE, make_private
from hanze.store.history.gate import still
from hanze.store.log.head import HEAD
from hanze.store.schema import connect_reader

__all__ = ["copy_database", "copy_store", "make_target"]

_LOG: Final = f"{ARCHIVE}.wal"
_PART: Final = ".part"
_PIECE: Final = 64 << 20


def copy_store(directory: Path, target: Path) -> int:
    """Copy the record and the archive of one moment; what is journaled is in the record.

    Nothing is written to the archive meanwhile; everything else goes on.

    Args:
        directory: A data directory; a node, this process or another one, may work on it.
        target: A directory without a database; it is made when it is not there. A node can be
            started on it.

    Returns:
        How many bytes the copies have.

    Raises:
        StoreFailure: The target has a database already, or cannot be written.
    """
    make_target(target)
    try:
        # First the head of the log: a log that is longer than its head says is whole.
        headed = _copy(directory / HEAD, target)
        with still(directory):
            # Rows that went to the archive are known by their number: in both is as good as in one.
            copy_database(directory / DATABASE, target / (DATABASE + _PART))
            copied = [name for name in (ARCHIVE, _LOG) if _copy(directory / name, target)]
        copied += [HEAD] if headed else []
        # The record is last: without it the directory holds nothing.
        for name in (*copied, DATABASE):
            (target / (name + _PART)).replace(target / name)
        _to_disk(target)
        return sum((target / name).stat().st_size for name in (*copied, DATABASE))
    except OSError as error:
        raise StoreFailure(f"The backup to {target} failed: {error}") from error


def make_target(target: Path) -> None:
    """Make the directory that a copy goes to.

    Raises:
        StoreFailure: It has a database already, or cannot be made.
    """
    if (target / DATABASE).exists():
        raise StoreFailure(
            f"{target / DATABASE} exists already; a backup needs a directory without one"
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFailure(f"{target} cannot be written: {error.strerror}") from error


def copy_database(source: Path, path: Path) -> None:
    """Copy the committed state of a database file of SQLite to another file, also while it changes.

    Raises:
        StoreFailure: It cannot be read, or the copy not be written.
    """
    try:
        path.unlink(missing_ok=True)
        reader = connect_reader(source)
        make_private(path)
        copy = apsw.Connection(str(path))
        # All pages in one step: one read transaction, which writers do not restart.
        with copy.backup("main", reader, "main") as backup:
            backup.step()
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.close()
        reader.close()
        _to_disk(path)
    except (OSError, apsw.Error) as error:
        raise StoreFailure(f"{source} cannot be copied to {path}: {error}") from error


def _copy(source: Path, target: Path) -> bool:
    """Copy a file, if it is there; file systems that can share its blocks do."""
    copy = target / (source.name + _PART)
    try:
        size = source.stat().st_size
    except FileNotFoundError:
        copy.unlink(missing_ok=True)
        return False
    with source.open("rb") as reading, copy.open("wb") as written:
        left = size
        while left and (done := _move(reading.fileno(), written.fileno(), min(left, _PIECE))):
            left -= done
        if left:
            shutil.copyfileobj(reading, written)
    _to_disk(copy)
    return True


def _move(source: int, target: int, size: int) -> int:
    try:
        return os.copy_file_range(source, target, size)
    except OSError:
        # Between some file systems the kernel copies nothing.
        return 0


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
