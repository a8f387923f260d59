"""Make entities of the rows of a table, as a mapping says (docs/connectors/csv.md).

Nothing is guessed: a text that is not what the mapping says refuses its row, with the column.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

import msgspec

from hanze.connectors import Expand, Provenance, WrongInput
from hanze.errors import InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances, JsonValue
from hanze.ngsild.uri import is_uri

__all__ = ["Column", "CsvMapping", "FileFormat", "Place", "RowReader", "Time"]

_FIELD = re.compile(r"\{([^{}]+)\}")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

#: Texts that mean "no value" where the mapping does not say otherwise.
_NOTHING = ("",)


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the parts of a mapping: a misspelt member is an error."""


class FileFormat(_Strict, frozen=True):
    """How the table is written.

    Attributes:
        delimiter: One character between the columns.
        encoding: Name of the character encoding.
        decimal: Character before the decimals.
        skip: Lines before the line with the names of the columns.
        comment: Lines that begin with this are left out; "" for none.
        no_value: Texts that mean that there is no value.
        time_zone: IANA name of the zone of times that carry none; without it they are refused.
    """

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    decimal: Literal[".", ","] = "."
    skip: int = 0
    comment: str = ""
    no_value: tuple[str, ...] = _NOTHING
    time_zone: str | None = None


class Time(_Strict, frozen=True):
    """When a row was observed.

    Attributes:
        columns: Columns that make the time together, joined with a blank.
        format: As `strptime`; without it the time is ISO 8601.
    """

    columns: tuple[str, ...]
    format: str | None = None


class Place(_Strict, frozen=True):
    """Columns with the position, in degrees of WGS 84."""

    latitude: str
    longitude: str


class Column(_Strict, frozen=True):
    """One column that becomes an attribute.

    Attributes:
        column: Its name.
        kind: What the text is.
        unit: Code of UN/CEFACT Recommendation 20.
        factor: What numbers are multiplied with, as text, so that it is exact: "0.1".
        prefix: Written before the text: makes the URI of a relationship.
        no_value: Texts that mean no value in this column, beside those of the file.
        dataset_id: URI, where several columns are instances of one attribute.
        attribute: Name of the attribute, where it is not the key in the mapping.
        timeless: Whether the value does not depend on the time of the row (a name, a height).
    """

    column: str
    kind: Literal["number", "integer", "text", "boolean", "datetime", "relationship"] = "text"
    unit: str | None = None
    factor: str | None = None
    prefix: str = ""
    no_value: tuple[str, ...] = ()
    dataset_id: str | None = None
    attribute: str | None = None
    timeless: bool = False


class CsvMapping(_Strict, frozen=True):
    """What the columns of a table mean.

    Attributes:
        source: The source's part in the ids: `urn:ngsi-ld:<Type>:<source>:<id>`.
        id: Template of the key: names of columns in braces, e.g. "{station}".
        attributes: Columns by attribute name.
        provider: Who provides the data.
        license: Address of the licence.
        address: Address of the source.
    """

    source: str
    id: str
    attributes: dict[str, Column]
    provider: str = ""
    license: str = ""
    address: str = ""
    file: FileFormat = FileFormat()
    time: Time | None = None
    location: Place | None = None

    @property
    def provenance(self) -> Provenance:
        return Provenance(source=self.address, provider=self.provider, license=self.license)

    def __post_init__(self) -> None:
        """Refuse what would make ids and instances that no broker takes.

        Raises:
            ValueError: Says which member, and what it must be.
        """
        if not re.fullmatch(r"[A-Za-z0-9._~-]+", self.source):
            raise ValueError("source must be letters, digits, dots, hyphens")
        if not _FIELD.search(self.id):
            raise ValueError('id must name a column in braces, for example "{station}"')
        if len(self.file.delimiter) != 1:
            raise ValueError("delimiter must be one character")
        named: set[tuple[str, str | None]] = set()
        for name, column in self.attributes.items():
            if column.dataset_id is not None and not is_uri(column.dataset_id):
                raise ValueError(f"dataset_id of {name} must be a URI")
            if column.factor is not None and not _NUMBER.fullmatch(column.factor):
                raise ValueError(f"factor of {name} must be a number, not {column.factor}")
            instance = column.attribute or name, column.dataset_id
            if instance in named:
                raise ValueError(f"{name} must have a dataset_id of its own")
            named.add(instance)

    def columns(self) -> list[str]:
        """Every column that the mapping names."""
        named = _FIELD.findall(self.id) + [column.column for column in self.attributes.values()]
        named += self.time.columns if self.time else ()
        return named + ([self.location.latitude, self.location.longitude] if self.location else [])


class RowReader:
    """Makes entities of rows.

    Args:
        mapping: What the columns mean.
        header: Names of the columns.
        entity_type: Term or IRI.
        zone: The mapping's time zone.
        expand: Makes IRIs of the terms.

    Raises:
        WrongInput: The table lacks columns of the mapping, or has one of them twice.
    """

    def __init__(
        self,
        mapping: CsvMapping,
        header: Sequence[str],
        *,
        entity_type: str,
        zone: tzinfo | None,
        expand: Expand,
    ) -> None:
        names = [name.strip() for name in header]
        missing = sorted({name for name in mapping.columns() if name not in names})
        if missing:
            raise WrongInput(
                f"The table has no column {', '.join(missing)}; it has {', '.join(names)}"
            )
        twice = sorted({name for name in mapping.columns() if names.count(name) > 1})
        if twice:
            raise WrongInput(f"The table has several columns {', '.join(twice)}")
        self._mapping = mapping
        self._names = names
        self._zone = zone
        self._expand = expand
        # Names are expanded once: one that is no name is an error of the mapping, not of each row.
        self._types = (expand(entity_type),)
        local_type = quote(re.split(r"[/#:]", entity_type)[-1], safe="-._~")
        self._prefix = f"urn:ngsi-ld:{local_type}:{mapping.source}:"
        self._columns = [
            (expand(column.attribute or name), column)
            for name, column in mapping.attributes.items()
        ]
        self._provenance = mapping.provenance.attributes(expand)
        self._nothing = frozenset(mapping.file.no_value)

    def entity(self, row: Sequence[str]) -> tuple[Entity, str | None]:
        """Make the entity of a row.

        Returns:
            The entity, and the DateTime text at which it was observed, if the mapping has one.

        Raises:
            InvalidInput: A text is not what the mapping says; `field` is the column.
        """
        if len(row) != len(self._names):
            raise InvalidInput(f"the row has {len(row)} columns instead of {len(self._names)}")
        cells = dict(zip(self._names, (text.strip() for text in row), strict=True))
        observed_at = self._observed_at(cells)
        attributes: dict[str, Instances] = {}
        for term, column in self._columns:
            text = cells[column.column]
            if text in self._nothing or text in column.no_value:
                continue
            instance = self._instance(column, text, observed_at)
            attributes[term] = (*attributes.get(term, ()), instance)
        location = self._location(cells)
        if location is not None:
            attributes[self._expand("location")] = (
                Attribute(kind=AttributeKind.GEO_PROPERTY, value=location),
            )
        entity = Entity(
            id=self._prefix + self._key(cells),
            types=self._types,
            attributes=attributes | self._provenance,
        )
        return entity, observed_at

    def _key(self, cells: Mapping[str, str]) -> str:
        def cell(match: re.Match[str]) -> str:
            text = cells[match[1]]
            if text in self._nothing:
                raise InvalidInput(f"column {match[1]} is empty, and the id needs it")
            return quote(text, safe="-._~")

        return _FIELD.sub(cell, self._mapping.id)

    def _observed_at(self, cells: Mapping[str, str]) -> str | None:
        time = self._mapping.time
        if time is None:
            return None
        text = " ".join(cells[column] for column in time.columns)
        return _utc(text, time.format, self._zone, "+".join(time.columns))

    def _instance(self, column: Column, text: str, observed_at: str | None) -> Attribute:
        relationship = column.kind == "relationship"
        return Attribute(
            kind=AttributeKind.RELATIONSHIP if relationship else AttributeKind.PROPERTY,
            value=self._value(column, text),
            unit_code=column.unit,
            dataset_id=column.dataset_id,
            observed_at=None if column.timeless else observed_at,
        )

    def _value(self, column: Column, text: str) -> JsonValue:
        if column.kind in {"number", "integer"}:
            return self._number(column, text)
        if column.kind == "boolean":
            if text.lower() not in _BOOLEANS:
                raise _refusal(column.column, "true, false, 1 or 0", text)
            return _BOOLEANS[text.lower()]
        if column.kind == "datetime":
            moment = _utc(text, None, self._zone, column.column)
            return {"@type": "DateTime", "@value": moment}
        if column.kind == "relationship" and not is_uri(column.prefix + text):
            raise _refusal(column.column, "a URI", column.prefix + text)
        return column.prefix + text

    def _number(self, column: Column, text: str) -> int | float:
        number = _decimal(text, self._mapping.file.decimal)
        if number is None:
            raise _refusal(column.column, "a number", text)
        if column.factor is not None:
            number *= Decimal(column.factor)
        whole = number == number.to_integral_value()
        if column.kind == "integer" and not whole:
            raise _refusal(column.column, "a whole number", text)
        return (
            int(number) if whole and (column.kind == "integer" or text.isdigit()) else float(number)
        )

    def _location(self, cells: Mapping[str, str]) -> JsonValue:
        place = self._mapping.location
        if place is None:
            return None
        texts = cells[place.latitude], cells[place.longitude]
        if self._nothing.issuperset(texts):
            return None
        north, east = (_decimal(text, self._mapping.file.decimal) for text in texts)
        if north is None or east is None or abs(north) > 90 or abs(east) > 180:
            raise InvalidInput(
                f"columns {place.latitude} and {place.longitude} must be degrees of WGS 84",
                field=place.latitude,
                value=" ".join(texts),
            )
        return {"type": "Point", "coordinates": [float(east), float(north)]}


def _refusal(column: str, wanted: str, text: str) -> InvalidInput:
    return InvalidInput(
        f'column {column} must be {wanted}, not "{text[:40]}"', field=column, value=text
    )


def _decimal(text: str, mark: str) -> Decimal | None:
    """The exact number; a text with the other decimal mark, or with thousands marked, is none."""
    if mark == ",":
        text = "" if "." in text else text.replace(",", ".")
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _utc(text: str, pattern: str | None, zone: tzinfo | None, column: str) -> str:
    """A DateTime in UTC of a time in the mapping's zone."""
    try:
        moment = (
            datetime.fromisoformat(text) if pattern is None else datetime.strptime(text, pattern)  # noqa: DTZ007  # the zone comes next
        )
    except ValueError as error:
        wanted = "a time of ISO 8601" if pattern is None else f"a time like {pattern}"
        raise _refusal(column, wanted, text) from error
    if moment.tzinfo is None:
        if zone is None:
            raise InvalidInput(
                f"column {column} has a time without zone; say its time_zone in the mapping",
                field=column,
                value=text,
            )
        moment = moment.replace(tzinfo=zone)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise InvalidInput(
                f"column {column} has a time that the change to or from summer time makes unclear",
                field=column,
                value=text,
            )
    try:
        plain = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    except OverflowError as error:
        raise _refusal(column, "a time from the year 1 to 9999", text) from error
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) + "Z"
