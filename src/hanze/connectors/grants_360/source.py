"""Grants of the 360Giving Data Standard, read from disk."""

from collections.abc import Sequence
from pathlib import Path

from hanze.connectors import Provenance
from hanze.connectors.decoded import Decoded, read_table
from hanze.connectors.grants_360.decode import decode
from hanze.connectors.grants_360.grants import COLUMNS, of_json, of_table
from hanze.connectors.known import Known
from hanze.connectors.register_files import RegisterFiles

__all__ = ["grants_package"]


def grants_package(path: Path, known: Known, provenance: Provenance) -> RegisterFiles:
    """Prepare a run over a package, or over a table."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        content = contents[0] or b""
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return decode(of_json(content), known, provenance)
        return decode(of_table(read_table(content, COLUMNS)), known, provenance)

    return RegisterFiles((path,), read)
