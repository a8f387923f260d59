"""Small records about who may come in, kept in a file apart from the entities.

Such records are made and taken back from a second process while the node runs (`hanze token`,
`hanze account`, `hanze client`), and count at once: the store has one process at a time, a file of a
few kilobytes has not. It is replaced in one step, so that `kill -9` leaves the old or the new one.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from hanze.errors import ConfigurationError

__all__ = ["KeptRecords", "RecordFileDamaged"]

R = TypeVar("R", bound=msgspec.Struct)


class RecordFileDamaged(ConfigurationError):
    """A file that keeps tokens, clients or accounts cannot be used."""

    def __init__(self, path: Path, what: str, reason: str) -> None:
        super().__init__(f"The file of {what} {path} cannot be used: {reason}")
        self.path = path


class KeptRecords(Generic[R]):
    """The records of one kind.

    Args:
        path: The file; `None` keeps them in memory, for tests.
        of: The records' class.
        key: Names a record among the others.
        what: They are, in the plural, for messages.
    """

    def __init__(self, path: Path | None, of: type[R], key: Callable[[R], str], what: str) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(list[of])  # type: ignore[valid-type]  # a class that is given
        self._key = key
        self._what = what
        self._seen: tuple[int, int, int] | None = None
        self._records: Mapping[str, R] = {}

    def current(self) -> Mapping[str, R]:
        """Give the records as they are now; the mapping does not change any more.

        The file is read again only where it changed: a look at it costs 2 us, and is per request.

        Raises:
            RecordFileDamaged: It cannot be read.
        """
        if self._path is None:
            return self._records
        try:
            status = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._seen, self._records = None, {}
            return self._records
        except OSError as error:
            raise self._damaged(error) from error
        seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        if seen != self._seen:
            self._records = self._read(self._path)
            self._seen = seen
        return self._records

    @contextmanager
    def changing(self) -> Iterator[dict[str, R]]:
        """Give the records to change and keep them; two processes take turns.

        Raises:
            RecordFileDamaged: The file cannot be read or written.
        """
        if self._path is None:
            changed = dict(self._records)
            yield changed
            self._records = changed
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                changed = self._read(self._path) if self._path.exists() else {}
                yield changed
                _write(self._path, list(changed.values()))
        except OSError as error:
            raise self._damaged(error) from error

    def _read(self, path: Path) -> dict[str, R]:
        try:
            records: list[R] = self._decoder.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            raise self._damaged(error) from error
        return {self._key(record): record for record in records}

    def _damaged(self, error: Exception) -> RecordFileDamaged:
        return RecordFileDamaged(self._path or Path(), self._what, str(error))


def _write(path: Path, records: list[R]) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(records)))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    # The name is durable only with its folder.
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
