"""The names of what is in a data directory, and room there for what goes again."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hanze.errors import StoreFailure

__all__ = ["ARCHIVE", "DATABASE", "clear_scratch", "scratch"]

#: The record: what there is, and what was journaled of what there was.
DATABASE: Final = "hanze.db"
#: The archive of the history; DuckDB keeps a log beside it.
ARCHIVE: Final = "history.duckdb"

_SCRATCH: Final = "scratch"


def scratch(directory: Path) -> TemporaryDirectory[str]:
    """Make a folder for large files that go again: on the disk of the data, which has room.

    Raises:
        StoreFailure: The data directory cannot be written.
    """
    try:
        (directory / _SCRATCH).mkdir(mode=0o700, exist_ok=True)
        return TemporaryDirectory(dir=directory / _SCRATCH)
    except OSError as error:
        raise StoreFailure(f"{directory} cannot be written: {error.strerror}") from error


def clear_scratch(directory: Path) -> None:
    """Remove what a process that was killed left there; only who holds the directory may."""
    shutil.rmtree(directory / _SCRATCH, ignore_errors=True)
