"""One process at a time works on a data directory."""

import fcntl
import os
from pathlib import Path

from hanze.errors import StoreFailure

__all__ = ["DirectoryLock", "holder_of"]

_FILE = "hanze.lock"


class DirectoryLock:
    """Held from construction to `release`; the system releases it when the process dies.

    Raises:
        StoreFailure: The directory cannot be made or written, or another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / _FILE
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreFailure(
                f"{directory} cannot be written ({error.strerror}); the user that runs the node "
                "must own it"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise StoreFailure(
                f"{directory} is in use by process {holder or 'unknown'}; stop that one first, "
                "or name another directory"
            ) from error
        self._note_holder(directory)

    def release(self) -> None:
        os.close(self._descriptor)

    def _note_holder(self, directory: Path) -> None:
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
        except OSError as error:
            os.close(self._descriptor)
            raise StoreFailure(f"{directory} cannot be written: {error.strerror}") from error


def holder_of(directory: Path) -> str | None:
    """Return the process that works on a directory; `None` when none does. Touches nothing."""
    try:
        descriptor = os.open(directory / _FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None
