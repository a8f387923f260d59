"""Tables and lists of records, and their mappings, read from disk."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hanze.collaboration.records.record import Record
from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.connectors import WrongInput
from hanze.connectors.decoded import Decoded, read_table
from hanze.connectors.known import Known
from hanze.connectors.record_table.decode import RawRow, decode
from hanze.connectors.record_table.mapping import RecordMapping
from hanze.connectors.register_files import RegisterFiles
from hanze.errors import ConfigurationError

__all__ = ["load_record_mapping", "record_table"]


def load_record_mapping(path: Path | None) -> RecordMapping:
    """Read a mapping; without one, columns are called as fields are.

    Raises:
        ConfigurationError: It is no TOML, or something in it is misspelt or wrong.
    """
    if path is None:
        return RecordMapping()
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), RecordMapping)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"The mapping {path.name} is unusable: {error}") from error


def record_table(
    path: Path, kind: type[Record], mapping: RecordMapping, known: Known
) -> RegisterFiles:
    """Prepare a run over a table (CSV) or a list (JSON) of records of one type."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        rows = _rows(contents[0] or b"", mapping.delimiter)
        return decode(rows, kind, mapping, known, load_vocabulary(), source=path.stem)

    return RegisterFiles((path,), read)


def _rows(content: bytes, delimiter: str) -> list[RawRow]:
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
        table = read_table(content, (), delimiter=delimiter)
        return [RawRow(row.cells, number, row.line) for number, row in enumerate(table, 1)]
    try:
        json = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongInput(f"The file is no JSON: {error}") from error
    listed = json.get("records") if isinstance(json, dict) else json
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise WrongInput('The file is neither a JSON array of objects nor {"records": [...]}')
    return [RawRow(one, number) for number, one in enumerate(listed, 1)]
