"""Cities of GeoNames, read from disk."""

from collections.abc import Sequence
from pathlib import Path

from hanze.connectors import Provenance
from hanze.connectors.cities.decode import decode, read_cities
from hanze.connectors.decoded import Decoded
from hanze.connectors.known import Known
from hanze.connectors.register_files import RegisterFiles

__all__ = ["geonames_cities"]


def geonames_cities(
    path: Path, known: Known, provenance: Provenance, *, add_others: bool = False
) -> RegisterFiles:
    """Prepare a run over the list."""

    def read(contents: Sequence[bytes | None]) -> Decoded:
        cities, left_out = read_cities(contents[0] or b"")
        return decode(cities, left_out, known, provenance, add_others=add_others)

    return RegisterFiles((path,), read)
