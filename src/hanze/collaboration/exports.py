"""A selection of records as a file: CSV, JSON, JSON-LD or GeoJSON, piece by piece.

Each line says whose record it is, of which day, from which source and under which licence.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from msgspec.structs import replace

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.entities import attributes_of, write_record
from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity, Record, text_of
from hanze.errors import NotFound
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.render import View, concise
from hanze.ngsild.vocabulary import HANZE

__all__ = [
    "ENDINGS",
    "MEDIA_TYPES",
    "FileFormatNotFound",
    "columns_of",
    "flat",
    "harmless",
    "pieces",
]

_SLICE: Final = 200
#: Before the fields of the type.
_FIRST: Final = (
    "id",
    "type",
    *(f"title.{language}" for language in LANGUAGES),
    "sourceCity",
    "sourceCityName",
    "date",
    "modifiedAt",
    "source",
    "dataProvider",
    "license",
    "provenance",
    "simulated",
    "latitude",
    "longitude",
)
_TOLD: Final = frozenset(
    {
        *("title", "source_city", "source_date", "source", "data_provider", "license"),
        *("provenance", "simulated", "location"),
    }
)
#: What records of several types share and people look for.
_SHARED: Final = ("stage", "status", "themes", "concepts")
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


class FileFormatNotFound(NotFound):
    """There is no download with this ending."""

    def __init__(self, ending: str) -> None:
        super().__init__(f"The format {ending[:20]} does not exist; {', '.join(ENDINGS)} do")


@dataclass(frozen=True, slots=True)
class _Format:
    """How a file begins, continues and ends.

    Attributes:
        media_type: Of the file.
        head: Before the first record; given the columns.
        between: Between records.
        tail: After the last.
        write: One record.
    """

    media_type: str
    head: Callable[[Sequence[str]], str]
    between: str
    tail: str
    write: Callable[[Held[Record], Collective, Sequence[str]], str]


def pieces(ending: str, records: Sequence[Held[Record]], collective: Collective) -> Iterator[str]:
    """Write a file, some hundred records at a time, so that others have their turn in between.

    Args:
        ending: One of `ENDINGS`.
        records: In the order of the file.
        collective: Knows whose they are.

    Raises:
        FileFormatNotFound: There is no such format; raised before the first piece.
    """
    if ending not in _FORMATS:
        raise FileFormatNotFound(ending)
    return _pieces(_FORMATS[ending], records, collective)


def _pieces(
    chosen: _Format, records: Sequence[Held[Record]], collective: Collective
) -> Iterator[str]:
    columns = columns_of({type(held.record) for held in records})
    yield chosen.head(columns)
    for start in range(0, len(records), _SLICE):
        texts = [
            chosen.write(held, collective, columns) for held in records[start : start + _SLICE]
        ]
        yield (chosen.between if start else "") + chosen.between.join(texts)
    yield chosen.tail


def columns_of(kinds: set[type[Record]]) -> tuple[str, ...]:
    """Name the columns of a table: all fields where it is of one type, else what types share."""
    if len(kinds) == 1:
        (kind,) = kinds
        more = [column for field in fields_of(kind) for column in _columns(field)]
    else:
        more = list(_SHARED)
    return (*_FIRST, *more, "tenant")


def flat(held: Held[Record], collective: Collective) -> dict[str, JsonValue]:
    """Write a record as one level of names and plain values; several are joined by " | "."""
    record = held.record
    city = collective.find(held.city) if held.city is not None else None
    longitude, latitude = _point(record)
    found: dict[str, JsonValue] = {
        "id": record.id,
        "type": type(record).__name__,
        **{f"title.{language}": record.title.get(language, "") for language in LANGUAGES},
        "sourceCity": held.city or "",
        "sourceCityName": text_of(city.record.title, "en") if city is not None else "",
        "date": held.date,
        "modifiedAt": held.modified_at,
        "source": record.source or "",
        "dataProvider": record.data_provider or "",
        "license": record.license or "",
        "provenance": record.provenance or "",
        "simulated": record.simulated,
        "latitude": latitude,
        "longitude": longitude,
        "tenant": held.kept_in,
    }
    for field in fields_of(type(record)):
        if field.name not in _TOLD:
            values = _values(field, record)
            found.update(zip(_columns(field), values, strict=True))
    return found


def _columns(field: Field) -> tuple[str, ...]:
    if field.name in _TOLD:
        return ()
    if field.shape is Shape.LABEL:
        return tuple(f"{field.term}.{language}" for language in LANGUAGES)
    if field.shape in (Shape.MONEY, Shape.QUANTITY):
        return (field.term, f"{field.term}.unit")
    return (field.term,)


def _values(field: Field, record: Record) -> tuple[JsonValue, ...]:
    value = getattr(record, field.name)
    if field.shape is Shape.LABEL:
        return tuple(value.get(language, "") for language in LANGUAGES)
    if isinstance(value, Money):
        return (float(value.amount), value.currency)
    if isinstance(value, Quantity):
        return (value.value, value.unit)
    if field.shape in (Shape.MONEY, Shape.QUANTITY):
        return (None, "")
    return (_plain(field, record),)


def _plain(field: Field, record: Record) -> JsonValue:
    value = getattr(record, field.name)
    if value is None or value in ((), {}):
        return ""
    if field.shape in (Shape.STRUCTURE, Shape.GEOMETRY):
        (attribute,) = attributes_of(record, (field.name,))[field.iri]
        return json.dumps(attribute.value, ensure_ascii=False)
    if isinstance(value, tuple):
        return " | ".join(map(str, value))
    return value if isinstance(value, bool | int | float) else str(value)


def _point(record: Record) -> tuple[float | None, float | None]:
    """Longitude and latitude of a point of it."""
    if record.location is None:
        return None, None
    shape = to_shape(cast("Mapping[str, JsonValue]", record.location))
    point = shape.representative_point()
    return (None, None) if point.is_empty else (round(point.x, 6), round(point.y, 6))


def _csv_head(columns: Sequence[str]) -> str:
    # The mark tells spreadsheets that the file is UTF-8.
    return "\ufeff" + _csv_line(columns)


def _csv(held: Held[Record], collective: Collective, columns: Sequence[str]) -> str:
    values = flat(held, collective)
    return _csv_line([_cell(values.get(column, "")) for column in columns])


def _cell(value: JsonValue) -> str:
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else json.dumps(value)


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _csv_line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _json(held: Held[Record], collective: Collective, _: Sequence[str]) -> str:
    city = collective.find(held.city) if held.city is not None else None
    whole = {
        "entity": concise(write_record(held.record), HANZE),
        "sourceCity": held.city,
        "sourceCityName": dict(city.record.title) if city is not None else None,
        "date": held.date,
        "modifiedAt": held.modified_at,
        "tenant": held.kept_in,
    }
    return json.dumps(whole, ensure_ascii=False)


def _json_ld(held: Held[Record], _: Collective, __: Sequence[str]) -> str:
    entity = write_record(held.record)
    dated = replace(entity, created_at=held.created_at, modified_at=held.modified_at)
    rendered = concise(dated, HANZE, View(sys_attrs=True))
    return json.dumps({"@context": HANZE.reference, **rendered}, ensure_ascii=False)


def _geojson(held: Held[Record], collective: Collective, _: Sequence[str]) -> str:
    values = flat(held, collective)
    location = held.record.location
    told = {
        name: value
        for name, value in values.items()
        if value not in ("", None) and name not in ("id", "latitude", "longitude")
    }
    whole = {
        "type": "Feature",
        "id": held.record.id,
        "geometry": None if location is None else dict(location),
        "properties": told,
    }
    return json.dumps(whole, ensure_ascii=False)


def _nothing(text: str, _: Sequence[str]) -> str:
    return text


_FORMATS: Final = {
    "csv": _Format("text/csv; charset=utf-8", _csv_head, "", "", _csv),
    "json": _Format(
        "application/json", partial(_nothing, '{"records":[\n'), ",\n", "\n]}\n", _json
    ),
    "jsonld": _Format("application/ld+json", partial(_nothing, "[\n"), ",\n", "\n]\n", _json_ld),
    "geojson": _Format(
        "application/geo+json",
        partial(_nothing, '{"type":"FeatureCollection","features":[\n'),
        ",\n",
        "\n]}\n",
        _geojson,
    ),
}
#: Of files, without the dot.
ENDINGS: Final = tuple(_FORMATS)
MEDIA_TYPES: Final = {ending: chosen.media_type for ending, chosen in _FORMATS.items()}
