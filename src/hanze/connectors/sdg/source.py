"""The list of goals and targets, read from disk."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.connectors import Provenance
from hanze.connectors.decoded import Decoded
from hanze.connectors.register_files import RegisterFiles
from hanze.connectors.sdg.decode import decode

__all__ = ["sustainable_goals"]


def sustainable_goals(
    path: Path, provenance: Provenance, *, as_of: date | None = None
) -> RegisterFiles:
    """Prepare a run over the list."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        return decode(contents[0] or b"", load_vocabulary(), provenance, as_of=as_of)

    return RegisterFiles((path,), read)
