"""The head of the log's chain, kept apart from the log: shows that its end was cut off.

The file is written after each commit that logs something, and is never ahead of the database: a
commit is on the disk before. A power cut may leave it some seconds behind, which hides nothing that
was there before. It protects against who changes the database alone: an older copy that is put back,
rows that are deleted. Who can write every file of the data directory can write this one, too; against
that helps only a head that was noted elsewhere (`hanze log verify --head`).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from hanze.errors import StoreFailure
from hanze.governance.logs.chain import Head

__all__ = ["HEAD", "HeadFile", "read_head"]

#: In the data directory.
HEAD: Final = "log.head"

_DIGITS: Final = 20


class HeadFile:
    """The file, open for writing.

    Raises:
        StoreFailure: It cannot be opened.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / HEAD
        self.found = read_head(directory)
        self.was_there = path.exists()
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreFailure(f"{path} cannot be written: {error.strerror}") from error

    def write(self, head: Head) -> None:
        """Note a head; it fits in one sector, which is written whole or not at all."""
        line = f"{head.number:0{_DIGITS}d} {head.digest.hex()}\n".encode()
        try:
            os.pwrite(self._descriptor, line, 0)
        except OSError as error:
            raise StoreFailure(f"{HEAD} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        with suppress(OSError):
            os.fsync(self._descriptor)
        os.close(self._descriptor)


def read_head(directory: Path) -> Head | None:
    """Return the head that was noted last; `None` where there is none, or nothing that is one."""
    try:
        number, digest = (directory / HEAD).read_text("ascii").split()
        return Head(int(number), bytes.fromhex(digest))
    except (OSError, ValueError):
        return None
