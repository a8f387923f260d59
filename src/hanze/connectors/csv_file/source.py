"""CSV files and their mappings, read from disk."""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hanze.connectors import DamagedInput, Expand, Refusals, WrongInput
from hanze.connectors.csv_file.decode import CsvMapping, RowReader
from hanze.errors import ConfigurationError, InvalidInput
from hanze.ngsild.model import Entity, JsonValue

__all__ = ["CsvFile", "load_mapping"]


def load_mapping(path: Path) -> CsvMapping:
    """Read a mapping.

    Raises:
        ConfigurationError: It is no TOML, or something in it is missing, misspelt or wrong.
    """
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text("utf-8")), CsvMapping)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"The mapping {path.name} is unusable: {error}") from error
    _zone(mapping, path)
    return mapping


def _zone(mapping: CsvMapping, path: Path) -> tzinfo | None:
    name = mapping.file.time_zone
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"The mapping {path.name} names the time zone {name}, which does not exist"
        ) from error


class CsvFile:
    """A run over one file.

    Where an entity has several rows, the row with the newest time is its present state (the last
    row, without times). The file is read twice for that, so that it need not fit into memory.

    Args:
        path: The file.
        mapping: What its columns mean.
        entity_type: Term or IRI of the entities' type.
        expand: Makes IRIs of the terms.
    """

    def __init__(
        self, path: Path, mapping: CsvMapping, *, entity_type: str, expand: Expand
    ) -> None:
        self.refusals = Refusals()
        self.size = 2 * path.stat().st_size
        self.position = 0
        self._path = path
        self._mapping = mapping
        self._zone = _zone(mapping, path)
        self._type = entity_type
        self._expand = expand
        self._rows = 0
        self._older = 0

    def entities(self) -> Iterator[Entity]:
        newest: dict[str, tuple[str, int]] = {}
        with suppress(DamagedInput):  # the second pass meets it again, and tells
            for line, entity, observed_at in self._read(Refusals(keep=0)):
                known = newest.get(entity.id)
                # Without the Z, a text with decimals comes after the same without.
                moment = (observed_at or "").removesuffix("Z")
                if known is None or known[0] <= moment:
                    newest[entity.id] = moment, line
        self._rows = 0
        for line, entity, _ in self._read(self.refusals):
            if newest[entity.id][1] == line:
                yield entity
            else:
                self._older += 1

    def _read(self, refusals: Refusals) -> Iterator[tuple[int, Entity, str | None]]:
        """Yield the entity of each row that is as the mapping says, with its line."""
        reader: RowReader | None = None
        for line, row in self._lines():
            if reader is None:
                reader = RowReader(
                    self._mapping,
                    row,
                    entity_type=self._type,
                    zone=self._zone,
                    expand=self._expand,
                )
                continue
            self._rows += 1
            try:
                entity, observed_at = reader.entity(row)
            except InvalidInput as error:
                refusals.add(str(error), line=line, record=self._rows)
            else:
                yield line, entity, observed_at
        if reader is None:
            raise WrongInput(f"{self._path.name} has no line with the names of the columns")

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        form = self._mapping.file
        with self._path.open("rb") as binary:
            rows = csv.reader(self._text(binary), delimiter=form.delimiter, strict=True)
            while True:
                line = form.skip + rows.line_num + 1
                try:
                    row = next(rows)
                except StopIteration:
                    return
                except csv.Error as error:
                    detail = f"The table is damaged: {error}"
                    raise DamagedInput(detail, line=line, record=self._rows + 1) from error
                commented = form.comment and row and row[0].lstrip().startswith(form.comment)
                if any(row) and not commented:
                    yield line, row

    def _text(self, lines: Iterator[bytes]) -> Iterator[str]:
        """Decode line by line, so that a wrong byte has a line number."""
        encoding = self._mapping.file.encoding
        for number, line in enumerate(lines, 1):
            self.position += len(line)
            if number <= self._mapping.file.skip:
                continue
            try:
                yield line.decode(encoding if number == 1 else encoding.removesuffix("-sig"))
            except UnicodeDecodeError as error:
                detail = f"The text is not {encoding} at character {error.start + 1}"
                raise DamagedInput(detail, line=number, record=self._rows + 1) from error
            except LookupError as error:
                raise ConfigurationError(f"The encoding {encoding} does not exist") from error

    def details(self) -> Mapping[str, JsonValue]:
        return {"rows": self._rows, "olderRows": self._older}
