"""The names of what is in a data directory, and room there for what goes again."""

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hanze.errors import StoreFailure, TooMuch

__all__ = ["ARCHIVE", "DATABASE", "TooManyTransfers", "clear_scratch", "make_private", "scratch"]

#: The record: what there is, and what was journaled of what there was.
DATABASE: Final = "hanze.db"
#: The archive of the history; DuckDB keeps a log beside it.
ARCHIVE: Final = "history.duckdb"

_SCRATCH: Final = "scratch"


class TooManyTransfers(TooMuch):
    """As many large files are on their way as may be: more would fill the disk."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"At most {most} such files may be on their way at a time; ask again later"
        )


def scratch(
    directory: Path, *, prefix: str = "", most: int | None = None
) -> TemporaryDirectory[str]:
    """Make a folder for large files that go again: on the disk of the data, which has room.

    Args:
        directory: The data directory.
        prefix: Of the folder's name.
        most: So many folders of this prefix there may be.

    Raises:
        TooManyTransfers: There are as many.
        StoreFailure: The data directory cannot be written.
    """
    folder = directory / _SCRATCH
    if most is not None and sum(1 for _ in folder.glob(f"{prefix}*")) >= most:
        raise TooManyTransfers(most)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return TemporaryDirectory(dir=folder, prefix=prefix)
    except OSError as error:
        raise StoreFailure(f"{directory} cannot be written: {error.strerror}") from error


def make_private(path: Path) -> None:
    """Make a file that only its owner reads, if it is not there; SQLite gives its logs the same.

    Subscriptions hold what receivers ask for to let a message in.
    """
    # Whoever opens it says better why it cannot be made.
    with suppress(OSError):
        path.touch(mode=0o600)


def clear_scratch(directory: Path) -> None:
    """Remove what a process that was killed left there; only who holds the directory may."""
    shutil.rmtree(directory / _SCRATCH, ignore_errors=True)
