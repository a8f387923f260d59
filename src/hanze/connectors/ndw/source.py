"""Files of NDW: opened, unpacked and read as one run."""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from hanze.connectors import Expand, Provenance, Refusals, WrongInput
from hanze.connectors.ndw.datex import Header
from hanze.connectors.ndw.decode import read_measurements
from hanze.connectors.ndw.entities import SiteEntities, Tally
from hanze.connectors.ndw.site_table import read_site_table
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["NdwFiles", "XmlFile"]

#: Unpacked size of the largest file that is read: ten national minutes. Guards against zip bombs.
MAX_UNPACKED = 4 << 30


class XmlFile:
    """A file, unpacked where it is gzip; wherever it breaks off, reading raises EOFError.

    Args:
        path: XML, packed or not.
        limit: Most bytes it may unpack to.

    Attributes:
        position: Bytes of the file, as it is on disk, that were read.
    """

    def __init__(self, path: Path, *, limit: int = MAX_UNPACKED) -> None:
        self._packed = path.open("rb")
        self._left = limit
        self.position = 0
        zipped = self._packed.read(2) == b"\x1f\x8b"
        self._packed.seek(0)
        self._stream = gzip.GzipFile(fileobj=self._packed) if zipped else self._packed

    def read(self, size: int = -1, /) -> bytes:
        try:
            chunk = self._stream.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise EOFError(f"the compressed data is incomplete or damaged ({error})") from error
        self.position = self._packed.tell()
        self._left -= len(chunk)
        if self._left < 0:
            raise EOFError("it unpacks to more than this connector reads")
        return chunk

    def close(self) -> None:
        self._packed.close()


class NdwFiles:
    """A run over a site table and a file of measurements; they may be the same file.

    Args:
        site_table: DATEX II MeasurementSiteTablePublication.
        measurements: DATEX II MeasuredDataPublication.
        provenance: From the manifest.
        expand: Makes IRIs of the terms.
    """

    def __init__(
        self, site_table: Path, measurements: Path, provenance: Provenance, expand: Expand
    ) -> None:
        self.refusals = Refusals()
        self.size = site_table.stat().st_size + measurements.stat().st_size
        self._paths = site_table, measurements
        self._provenance = provenance
        self._expand = expand
        self._done = 0
        self._file: XmlFile | None = None
        self._sites = 0
        self._table = Header()
        self._header = Header()
        self._tally = Tally()

    @property
    def position(self) -> int:
        return self._done + (self._file.position if self._file is not None else 0)

    def entities(self) -> Iterator[Entity]:
        """Read the table, then yield the entities of each site in the order of the measurements."""
        table_path, measurements_path = self._paths
        with closing(XmlFile(table_path)) as self._file:
            try:
                table = read_site_table(self._file, self.refusals)
            except WrongInput as error:
                raise WrongInput(f"{table_path.name}: {error}", field="SITE_TABLE") from error
        self._finish(table_path)
        self._sites, self._table = len(table.sites), table.header
        making = SiteEntities(table, self._provenance, self._expand)
        self._tally = making.tally
        with closing(XmlFile(measurements_path)) as self._file:
            try:
                for measurement in read_measurements(self._file, self._header, self.refusals):
                    yield from making.of(measurement)
            except WrongInput as error:
                raise WrongInput(
                    f"{measurements_path.name}: {error}", field="MEASUREMENTS"
                ) from error
        self._finish(measurements_path)

    def _finish(self, path: Path) -> None:
        self._done += path.stat().st_size
        self._file = None

    def details(self) -> Mapping[str, JsonValue]:
        tally = self._tally
        return {
            "siteTable": {
                "id": self._table.table_id,
                "version": self._table.table_version,
                "published": self._table.published,
                "sites": self._sites,
            },
            "measurements": {
                "siteTableVersion": self._header.table_version,
                "published": self._header.published,
            },
            "warnings": self._warnings(),
            "sites": {
                "joined": tally.joined,
                "keptApart": tally.apart,
                "withoutLocation": tally.without_location,
            },
            "values": {
                "total": tally.values,
                "stored": dict(tally.stored),
                "noValue": dict(tally.no_value),
                "unmatched": dict(tally.unmatched),
                "notSupported": dict(tally.not_supported),
            },
        }

    def _warnings(self) -> list[JsonValue]:
        """What whoever runs the import must know; files of version 3 may not name their table."""
        found: list[JsonValue] = []
        loaded, measured = self._table.table_version, self._header.table_version
        if None not in (loaded, measured) and loaded != measured:
            found.append(
                f"The measurements refer to version {measured} of the site table, and the table "
                f"that was given is version {loaded}"
            )
        if self._tally.apart:
            found.append(
                f"The site table does not explain {self._tally.unmatched.total()} values of "
                f"{self._tally.apart} sites; they are kept apart as UnmatchedMeasurements"
            )
        return found
