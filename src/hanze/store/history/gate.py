"""Keeps the files of the archive still while they are copied, also by another process.

DuckDB's file and its log are a whole state between two writes. So whoever writes passes the gate,
many at a time, and whoever copies closes it: a write then waits until the copy is done.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hanze.errors import StoreFailure

__all__ = ["still", "writing"]

_FILE = "history.lock"


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Write to the archive of a directory; blocks the thread while it is copied.

    Raises:
        StoreFailure: The directory cannot be written.
    """
    with _held(directory, fcntl.LOCK_SH):
        yield


@contextmanager
def still(directory: Path) -> Iterator[None]:
    """Have nothing written to the archive; blocks the thread until what is being written is done.

    Raises:
        StoreFailure: The directory cannot be written.
    """
    with _held(directory, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(directory: Path, kind: int) -> Iterator[None]:
    try:
        descriptor = os.open(directory / _FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreFailure(f"{directory} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)
