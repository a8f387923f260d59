"""What the columns of a table mean for a type of record; and templates to start from (pure)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.record import LANGUAGES, Record
from hanze.connectors import Provenance

__all__ = ["RecordMapping", "columns_of", "csv_template", "toml_template"]


class RecordMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file; everything may be left out.

    Attributes:
        source: Part of the ids: "urn:ngsi-ld:Demand:<source>:<key>".
        id: Column with the key of a row; without it the title makes one.
        language: Of texts whose column names none.
        currency: Of amounts that name none.
        unit: Of quantities that name none.
        decimal: "." or ","; without it a number that could be read two ways is refused.
        dates: In which order days and months stand where the year comes last.
        separator: Between several values in one cell.
        delimiter: Between cells.
        source_city: Id, code or name of whose records they are, where no column says it.
        source_date: The day for which the table holds, where no column says it.
        provider: Who provides the table.
        license: Address.
        address: Of the table.
        columns: Field ("title.nl", "budget") to the name of its column.
        values: Field to what the table says instead of a code, and the code.
        constants: Field to a value that all rows have.
    """

    source: str = ""
    id: str = "id"
    language: str = ""
    currency: str = ""
    unit: str = ""
    decimal: Literal[".", ",", ""] = ""
    dates: Literal["day-first", "month-first"] = "day-first"
    separator: str = ";"
    delimiter: str = ","
    source_city: str = ""
    source_date: str = ""
    provider: str = ""
    license: str = ""
    address: str = ""
    columns: Mapping[str, str] = {}
    values: Mapping[str, Mapping[str, str]] = {}
    constants: Mapping[str, Any] = {}

    @property
    def provenance(self) -> Provenance:
        return Provenance(source=self.address, provider=self.provider, license=self.license)


#: Fields that the import sets itself.
_SET: Final = frozenset({"provenance", "merged_from", "simulated"})


def columns_of(kind: type[Record]) -> Iterator[tuple[str, Field]]:
    """Give the columns that a table of a type may have, with their fields; texts in each language."""
    for field in fields_of(kind):
        if field.name in _SET:
            continue
        if field.shape is Shape.LABEL:
            for language in LANGUAGES:
                yield f"{field.term}.{language}", field
        else:
            yield field.term, field


def csv_template(kind: type[Record]) -> str:
    """Write the first line of a table that needs no mapping."""
    return ",".join(("id", *(column for column, _ in columns_of(kind)))) + "\n"


def toml_template(kind: type[Record]) -> str:
    """Write a mapping in which each column is called as its field, with what may stand in it."""
    lines = [
        f"# What the columns of a table of {kind.__name__} mean. Delete what the table does not have.",
        'source = "my-city"     # part of the ids',
        'id = "id"              # column with the key of a row',
        'language = "nl"        # of texts whose column names none',
        'source_city = "GM0344" # id, code or name of whose records they are',
        'provider = ""          # who provides the table',
        'license = ""           # address of the licence',
        'decimal = ","          # or "."',
        'separator = ";"        # between several values in one cell',
        "",
        "[columns]              # field = name of the column",
    ]
    for column, field in columns_of(kind):
        needed = ", needed" if field.required or field.term == "title" else ""
        lines.append(f'"{column}" = "{column}" # {_said(field)}{needed}')
    coded = next(
        (field for field in fields_of(kind) if field.codes and field.name not in _SET), None
    )
    if coded is not None:
        lines += [
            "",
            f"[values.{coded.term}]    # what the table says = the code",
            f'"{coded.codes[0]}" = "{coded.codes[0]}"',
        ]
    return "\n".join(lines) + "\n"


def _said(field: Field) -> str:
    several = "several: " if field.many else ""
    if field.codes:
        return several + "one of " + ", ".join(field.codes)
    if field.targets:
        return several + "id, code or name of a " + " or ".join(field.targets)
    words = {
        Shape.LABEL: "text in this language",
        Shape.MONEY: 'amount with currency, "250000 EUR"',
        Shape.QUANTITY: 'number with unit, "120 C62"',
        Shape.DATE: "day, 2026-05-31 or 31-05-2026",
        Shape.FLAG: "yes or no",
        Shape.GEOMETRY: 'GeoJSON, or "latitude, longitude"',
        Shape.STRUCTURE: "JSON",
        Shape.URL: "address",
    }
    return several + words.get(field.shape, field.shape.value)
