"""Gives records their place in the chain: just before the commit, when it is known which ones stay.

A unit that is rolled back leaves neither a gap nor a link, and where the commit fails the chain goes
on from where it was.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from hanze.governance.logs.chain import GENESIS, Head, link
from hanze.store.log.head import HeadFile
from hanze.store.log.pseudonyms import Pseudonyms
from hanze.store.log_entries import Entry
from hanze.store.schema import select
from hanze.store.unit import StagedUnit

__all__ = ["ChainWriter", "Expired"]

_INSERT: Final = "INSERT INTO log (number, at, subject, body, digest) VALUES (?, ?, ?, ?, ?)"
_LAST: Final = "SELECT number, digest FROM log ORDER BY number DESC LIMIT 1"


class Expired(NamedTuple):
    """What was removed: how many records, and the last of them."""

    records: int
    last: Head


class ChainWriter:
    """Follows the commits of a store (`store.follower.Follower`).

    Args:
        directory: The data directory.
        writer: The one connection that writes.
        reader: One that sees committed state.
    """

    def __init__(self, directory: Path, writer: apsw.Connection, reader: apsw.Connection) -> None:
        self._writer = writer
        self._cursor = writer.cursor()
        self._file = HeadFile(directory)
        self.pseudonyms = Pseudonyms(writer, reader)
        #: The last record that is durable.
        self.head = _last(writer)
        self._next = self.head

    def stage(self, unit: StagedUnit) -> list[Entry] | None:
        return unit.log.entries or None

    def finish(self, staged: Sequence[object]) -> None:
        """Write the records of all units that stay."""
        if not staged:
            return
        head = self.head
        for entry in _entries(staged):
            head = link(head, entry.body)
            self._cursor.execute(
                _INSERT, (head.number, entry.at, entry.subject, entry.body, head.digest)
            )
        self._next = head
        self.pseudonyms.write()

    def applied(self, staged: Sequence[object]) -> None:
        """Note the head in its second place, once its record is durable."""
        if not staged:
            return
        self.head = self._next
        self.pseudonyms.written()
        self._file.write(self.head)

    def difference(self) -> str:
        """Tell what the head that was noted apart says that the log does not; "" for nothing."""
        noted, head = self._file.found, self.head
        if noted is None:
            if head.number and not self._file.was_there:
                return f"The file of the log's head was gone; the log has {head.number} records"
            return "The file of the log's head could not be read" if self._file.was_there else ""
        if noted.number > head.number:
            return (
                f"The end of the log was gone: record {noted.number} was written last, "
                f"and {head.number} was there"
            )
        if _digest_of(self._writer, noted.number) not in (None, noted.digest):
            return f"Record {noted.number} of the log was another than the one that was written"
        return ""

    def expire(self, before_us: int) -> Expired:
        """Remove the records before the first one that is young enough, within a unit of work."""
        sql = "SELECT ifnull(min(number), ?) FROM log WHERE at >= ?"
        keep = int(select(self._writer, sql, (self.head.number, before_us))[0][0])
        rows = select(self._writer, "SELECT number, digest FROM log WHERE number = ?", (keep - 1,))
        if not rows:
            return Expired(0, GENESIS)
        last = Head(*rows[0])
        self._writer.execute("DELETE FROM log WHERE number <= ?", (last.number,))
        records = self._writer.changes()
        self._writer.execute("UPDATE log_start SET number = ?, digest = ?", last)
        return Expired(records, last)

    def begin(self) -> None:
        """Note the head where nothing is noted yet."""
        self._file.write(self.head)

    def close(self) -> None:
        self._file.close()


def _entries(staged: Sequence[object]) -> Iterator[Entry]:
    for made in staged:
        if isinstance(made, list):
            yield from made


def _last(connection: apsw.Connection) -> Head:
    rows = select(connection, _LAST) or select(connection, "SELECT number, digest FROM log_start")
    return Head(*rows[0]) if rows else GENESIS


def _digest_of(connection: apsw.Connection, number: int) -> bytes | None:
    """Return the digest of a record; `None` where it was removed because it was old enough."""
    rows = select(connection, "SELECT digest FROM log WHERE number = ?", (number,))
    rows = rows or select(connection, "SELECT digest FROM log_start WHERE number = ?", (number,))
    return rows[0][0] if rows else None
