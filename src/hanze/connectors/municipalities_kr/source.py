"""The Korean register, boundaries and translations, read from disk."""

from collections.abc import Sequence
from pathlib import Path

from hanze.connectors import Provenance
from hanze.connectors.boundaries import read_boundaries
from hanze.connectors.decoded import Decoded, read_table
from hanze.connectors.municipalities_kr.decode import COLUMNS, TRANSLATION_COLUMNS, decode
from hanze.connectors.register_files import RegisterFiles

__all__ = ["korean_municipalities"]


def korean_municipalities(
    register: Path, boundaries: Sequence[Path], translations: Path | None, provenance: Provenance
) -> RegisterFiles:
    """Prepare a run over the register, with boundaries of any levels and translations, if any."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        table, names, *areas = contents
        return decode(
            read_table(table or b"", COLUMNS),
            [one for area in areas for one in read_boundaries(area or b"")],
            read_table(names, TRANSLATION_COLUMNS) if names is not None else (),
            provenance,
        )

    return RegisterFiles((register, translations, *boundaries), read)
