"""The register of Dutch municipalities and their boundaries, read from disk."""

from collections.abc import Sequence
from pathlib import Path

from hanze.connectors import Provenance
from hanze.connectors.boundaries import read_boundaries
from hanze.connectors.decoded import Decoded, read_table
from hanze.connectors.municipalities_nl.decode import COLUMNS, decode
from hanze.connectors.register_files import RegisterFiles

__all__ = ["dutch_municipalities"]


def dutch_municipalities(
    register: Path, boundaries: Path | None, provenance: Provenance, *, year: int
) -> RegisterFiles:
    """Prepare a run over the register and, where they are given, the boundaries."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        table, areas = contents
        return decode(
            read_table(table or b"", COLUMNS),
            read_boundaries(areas) if areas is not None else (),
            provenance,
            year=year,
        )

    return RegisterFiles((register, boundaries), read)
