"""Innovation cases, read from disk."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.connectors import Provenance
from hanze.connectors.cases.decode import COLUMNS, decode
from hanze.connectors.cases.subjects import SubjectFinder
from hanze.connectors.decoded import Decoded, read_table
from hanze.connectors.known import Known
from hanze.connectors.register_files import RegisterFiles

__all__ = ["innovation_cases"]


def innovation_cases(
    path: Path, known: Known, provenance: Provenance, *, as_of: date | None = None
) -> RegisterFiles:
    """Prepare a run over the table."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        rows = read_table(contents[0] or b"", COLUMNS)
        return decode(rows, known, SubjectFinder(load_vocabulary()), provenance, as_of=as_of)

    return RegisterFiles((path,), read)
