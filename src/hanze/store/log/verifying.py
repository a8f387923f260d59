"""Verifies the log of a data directory: whether every record is there as it was written.

It reads the database by itself, whether or not a node works on it, and changes nothing: what is to be
trusted is the file, not what a node that may have been tampered with says about it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
import msgspec

from hanze.errors import StoreFailure
from hanze.governance.logs.chain import GENESIS, Chained, ChainState, Fault, Head, follow
from hanze.governance.records.log import AuditRecord
from hanze.store.log.head import read_head
from hanze.store.log_entries import Entry, entry_of, record_of
from hanze.store.schema import connect_reader, select

__all__ = ["CHAIN_BROKEN", "EXPIRED", "verify"]

#: Names of audit records: that a node found the end of its log cut off, and that it removed records
#: which were old enough.
CHAIN_BROKEN: Final = "log.broken"
EXPIRED: Final = "log.expired"

_SLICE: Final = 1_000
_ROWS: Final = (
    "SELECT number, at, subject, body, digest FROM log WHERE number > ? ORDER BY number LIMIT ?"
)
_SENTENCES: Final = {
    Fault.ALTERED: "Record {} is not as it was written, or was put there later",
    Fault.MISSING: "Record {} is not there",
    Fault.MISPLACED: "Record {} is kept under another time or person than it is of",
    Fault.CUT_OFF: "Record {} and those after it are not there, or are not those that were written",
}


def verify(path: Path, noted: Head | None = None) -> ChainState:
    """Go along the whole chain.

    Args:
        path: The database file; the head that was noted apart lies beside it.
        noted: A head that was noted elsewhere, at any time: it must be in the chain.

    Raises:
        StoreFailure: The file cannot be read.
    """
    # First what was noted, then the log: what is written meanwhile is only more than that.
    heads = [head for head in (read_head(path.parent), noted) if head is not None]
    try:
        reader = connect_reader(path)
        try:
            return _Verification(reader, heads).run()
        finally:
            reader.close()
    except apsw.Error as error:
        raise StoreFailure(f"The log in {path} cannot be read: {error}") from error


class _Verification:
    """One walk along the chain."""

    def __init__(self, reader: apsw.Connection, heads: list[Head]) -> None:
        self._reader = reader
        self._heads = heads
        self._wrong: tuple[int, Fault] | None = None
        self._removed: set[str] = set()
        self._seen: dict[int, bytes] = {}
        self._count = 0

    def run(self) -> ChainState:
        rows = select(self._reader, "SELECT number, digest FROM log_start")
        start = Head(int(rows[0][0]), _bytes(rows[0][1])) if rows else GENESIS
        head, fault = follow(start, self._records(start))
        found = self._worst(start, head, fault)
        bad, why = found if found is not None else (None, None)
        return ChainState(
            whole=why is None,
            records=self._count,
            first=start.number + 1,
            last=head.number,
            head=head.digest.hex(),
            bad=bad,
            fault=why,
            detail="" if why is None else _SENTENCES[why].format(bad),
        )

    def _worst(self, start: Head, head: Head, fault: Fault | None) -> tuple[int, Fault] | None:
        """Return the first record that is wrong, in whichever way."""
        found: list[tuple[int, Fault]] = []
        if fault is not None:
            found.append((head.number + 1, fault))
        else:
            if start.number and f"{start.number}:{start.digest.hex()}" not in self._removed:
                # Older records went, and no record says that they were removed.
                found.append((1, Fault.MISSING))
            found += [wrong for one in self._heads if (wrong := self._against(one, start, head))]
        if self._wrong is not None:
            found.append(self._wrong)
        return min(found, key=lambda one: one[0], default=None)

    def _against(self, noted: Head, start: Head, head: Head) -> tuple[int, Fault] | None:
        """Compare with a head that was noted at some time."""
        if noted.number > head.number:
            return head.number + 1, Fault.CUT_OFF
        if noted.number == start.number:
            return None if noted.digest == start.digest else (noted.number + 1, Fault.CUT_OFF)
        digest = self._seen.get(noted.number)
        return None if digest in (None, noted.digest) else (noted.number, Fault.CUT_OFF)

    def _records(self, start: Head) -> Iterator[Chained]:
        after = start.number
        wanted = {head.number for head in self._heads}
        # Whatever lies below the start does not belong there either.
        first = select(self._reader, "SELECT ifnull(min(number), 0) FROM log")[0][0]
        if first and first <= start.number:
            self._note(first, Fault.MISPLACED)
        while rows := select(self._reader, _ROWS, (after, _SLICE)):
            for number, at, subject, written, digest in rows:
                body = _bytes(written)
                self._look(number, Entry(at, subject, body))
                if number in wanted:
                    self._seen[number] = digest
                self._count += 1
                yield Chained(number, body, digest)
            after = rows[-1][0]

    def _look(self, number: int, entry: Entry) -> None:
        """Look at one record by itself."""
        try:
            record = record_of(entry.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._note(number, Fault.ALTERED)
            return
        expected = entry_of(record)
        if (entry.at, entry.subject) != (expected.at, expected.subject):
            self._note(number, Fault.MISPLACED)
        if isinstance(record, AuditRecord):
            if record.name == CHAIN_BROKEN:
                self._note(number, Fault.CUT_OFF)
            elif record.name == EXPIRED:
                self._removed.update(record.about)

    def _note(self, number: int, fault: Fault) -> None:
        if self._wrong is None or number < self._wrong[0]:
            self._wrong = number, fault


def _bytes(found: object) -> bytes:
    """Take what is kept as bytes: who changes a row may leave anything there."""
    return found if isinstance(found, bytes) else str(found).encode()
