"""Rows of a table as lines of JSON, exactly: what is read back is what was written, to the byte.

Numbers, texts and nulls stand as they are. A BLOB that is JSON stands as that JSON; one that is
another text has `:text` behind its column's name, any other one `:base64`.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import apsw
import msgspec

from hanze.errors import InvalidInput

__all__ = ["Columns", "ExportDamaged", "columns_of", "line_of", "row_of"]

Value = int | float | str | bytes | None

_TEXT: Final = ":text"
_BASE64: Final = ":base64"
_BLOB: Final = "BLOB"

_encode: Final = msgspec.json.Encoder().encode
_decode_line: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_raw: Final = msgspec.json.Decoder(msgspec.Raw).decode
_decode_plain: Final = msgspec.json.Decoder(int | float | str | None).decode
_decode_text: Final = msgspec.json.Decoder(str).decode


class ExportDamaged(InvalidInput):
    """What should be an export is none, was cut off, or was changed."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table.

    Attributes:
        names: In their order.
        blobs: Which of them hold bytes.
    """

    names: tuple[str, ...]
    blobs: frozenset[str]


def columns_of(connection: apsw.Connection, table: str) -> Columns:
    """Ask a database what columns a table of it has."""
    rows = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    names = tuple(str(name) for name, _ in rows)
    return Columns(names, frozenset(str(name) for name, kind in rows if kind == _BLOB))


def line_of(columns: Columns, row: Sequence[Value]) -> bytes:
    """Write a row as a line."""
    members = (_member(name, value) for name, value in zip(columns.names, row, strict=True))
    return b"{" + b",".join(members) + b"}\n"


def row_of(columns: Columns, line: bytes) -> tuple[Value, ...]:
    """Read a line; what it does not tell is null.

    Raises:
        ExportDamaged: It is no row of this table.
    """
    try:
        members = _decode_line(line)
        row = tuple(_value(name, columns, members) for name in columns.names)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise ExportDamaged(f"A line of the export cannot be read: {error}") from error
    if sum(1 for value in row if value is not None) < sum(
        1 for raw in members.values() if bytes(raw) != b"null"
    ):
        strange = {name.partition(":")[0] for name in members} - set(columns.names)
        raise ExportDamaged(f"A line of the export has other members: {sorted(strange)}")
    return row


def _member(name: str, value: Value) -> bytes:
    if not isinstance(value, bytes):
        return _encode(name) + b":" + _encode(value)
    if _is_plain_json(value):
        return _encode(name) + b":" + value
    try:
        return _encode(name + _TEXT) + b":" + _encode(value.decode())
    except UnicodeDecodeError:
        return _encode(name + _BASE64) + b":" + _encode(base64.b64encode(value).decode())


def _is_plain_json(value: bytes) -> bool:
    """Tell whether bytes are JSON that a line can hold as it is, and that is read back the same."""
    # JSON null would be no value at all when it is read back.
    if b"\n" in value or b"\r" in value or value == b"null":
        return False
    try:
        value.decode()
        return bytes(_decode_raw(value)) == value
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _value(name: str, columns: Columns, members: Mapping[str, msgspec.Raw]) -> Value:
    raw = members.get(name)
    if name not in columns.blobs:
        return None if raw is None else _decode_plain(raw)
    if raw is not None:
        return None if bytes(raw) == b"null" else bytes(raw)
    text = members.get(name + _TEXT)
    if text is not None:
        return _decode_text(text).encode()
    coded = members.get(name + _BASE64)
    return None if coded is None else base64.b64decode(_decode_text(coded), validate=True)
