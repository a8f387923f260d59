"""Packages of the Open Contracting Data Standard, read from disk."""

from collections.abc import Sequence
from pathlib import Path

from hanze.connectors import Provenance
from hanze.connectors.decoded import Decoded
from hanze.connectors.known import Known
from hanze.connectors.ocds.decode import decode
from hanze.connectors.ocds.package import read_package
from hanze.connectors.register_files import RegisterFiles

__all__ = ["contracting_package"]


def contracting_package(path: Path, known: Known, provenance: Provenance) -> RegisterFiles:
    """Prepare a run over a package."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        return decode(read_package(contents[0] or b""), known, provenance)

    return RegisterFiles((path,), read)
