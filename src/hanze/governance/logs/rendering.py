"""Records of the log as files: JSON lines, and CSV (RFC 4180)."""

import csv
import io
from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec

from hanze.governance.logs.search import AnyRecord, Logged
from hanze.governance.records.log import AuditRecord, DecisionRecord, ProcessingRecord

__all__ = ["COLUMNS", "as_csv", "as_json_lines", "header_of_csv", "kind_of"]

_FIELDS: Final = tuple(
    dict.fromkeys(
        name
        for kind in (DecisionRecord, ProcessingRecord, AuditRecord)
        for name in kind.__struct_fields__
    )
)
#: Of the CSV file.
COLUMNS: Final = ("number", "log", *_FIELDS)
#: What spreadsheets take for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def kind_of(record: AnyRecord) -> str:
    """Say of which of the logs a record is: "decision", "processing", "audit"."""
    return str(record.__struct_config__.tag)


def as_json_lines(records: Sequence[Logged]) -> bytes:
    """Write a line for each record: its number, and what it says."""
    lines = []
    for one in records:
        said = msgspec.json.encode(one.record)
        lines.append(b'{"number":%d,%b\n' % (one.number, said[1:]))
    return b"".join(lines)


def header_of_csv() -> bytes:
    return (",".join(COLUMNS) + "\r\n").encode()


def as_csv(records: Sequence[Logged]) -> bytes:
    """Write a row for each record; several ids are separated by spaces."""
    text = io.StringIO()
    writer = csv.writer(text)
    for one in records:
        cells = [_cell(getattr(one.record, name, "")) for name in _FIELDS]
        writer.writerow([one.number, kind_of(one.record), *cells])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        text = " ".join(str(one) for one in value)
    elif isinstance(value, Enum):
        text = str(value.value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value)
    # An apostrophe keeps a name that somebody chose from being reckoned with.
    return f"'{text}" if text.startswith(_FORMULA) else text
