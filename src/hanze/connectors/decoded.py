"""What importers of registers have in common: records out, and what was left out (pure)."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.record import Record
from hanze.connectors import DamagedInput, WrongInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonObject, JsonValue
from hanze.ngsild.vocabulary import HANZE

__all__ = ["AS_PUBLISHED", "Decoded", "LeftOut", "Row", "day_of", "entity_of", "read_table"]

#: What the source says and no field of the record holds.
AS_PUBLISHED: Final = HANZE.expand_name("asPublished")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the input that became no record, and why."""

    reason: str
    line: int | None = None
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What files hold.

    Attributes:
        entities: Records, places before what refers to them.
        left_out: What could not be used.
        details: For the report: what rows became, and what one should know.
    """

    entities: Sequence[Entity]
    left_out: Sequence[LeftOut] = ()
    details: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line on which it ends, from 1, and its cells by column, stripped."""

    line: int
    cells: Mapping[str, str]


def entity_of(record: Record, as_published: JsonObject | None = None) -> Entity:
    """Write a record as an entity, with what its source says besides."""
    entity = write_record(record)
    if not as_published:
        return entity
    besides = Attribute(kind=AttributeKind.JSON_PROPERTY, value=as_published)
    return Entity(
        id=entity.id,
        types=entity.types,
        attributes={**entity.attributes, AS_PUBLISHED: (besides,)},
    )


def read_table(content: bytes, needed: Sequence[str], *, delimiter: str = ",") -> list[Row]:
    """Read CSV with the names of its columns in the first line; UTF-8, with or without a mark.

    Raises:
        WrongInput: A column that is needed is missing.
        DamagedInput: It is not UTF-8, or quotes are wrong.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DamagedInput("The text is not UTF-8", line=line) from error
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        missing = [name for name in needed if name not in header]
        if missing:
            raise WrongInput(
                f"The table has no column {', '.join(missing)}; it has {', '.join(header)}"
            )
        return [
            Row(rows.line_num, dict(zip(header, map(str.strip, cells), strict=False)))
            for cells in rows
            if any(cells)
        ]
    except csv.Error as error:
        raise DamagedInput(f"The table is damaged: {error}", line=rows.line_num) from error


def day_of(text: str | None) -> date | None:
    """Read the day of a date or a date with time; `None` where it is neither."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
