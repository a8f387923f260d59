"""Records of the log as rows."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hanze.governance.records.log import (
    AuditRecord,
    DecisionRecord,
    LogRecord,
    ProcessingRecord,
)
from hanze.ngsild.moment import parse_datetime

__all__ = ["Entry", "UnitLog", "entry_of", "record_of"]

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[DecisionRecord | ProcessingRecord | AuditRecord] = (
    msgspec.json.Decoder(DecisionRecord | ProcessingRecord | AuditRecord)
)


class Entry(NamedTuple):
    """What becomes a row, but for its place in the chain.

    Attributes:
        at: Microseconds since 1970.
        subject: Pseudonym, of what was done with somebody's data.
        body: The record as JSON.
    """

    at: int
    subject: str | None
    body: bytes


class UnitLog:
    """What a unit of work logs: written with it, and not there where it fails."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def append(self, record: LogRecord) -> None:
        self.entries.append(entry_of(record))

    def extend(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)


def entry_of(record: LogRecord) -> Entry:
    """Make a row of a record: here, so that what cannot be written fails where it comes from."""
    subject = record.subject if isinstance(record, ProcessingRecord) else None
    return Entry(parse_datetime(record.at), subject, _encode(record))


def record_of(body: bytes) -> DecisionRecord | ProcessingRecord | AuditRecord:
    """Read a record.

    Raises:
        msgspec.DecodeError: It is none.
    """
    return _decoder.decode(body)
