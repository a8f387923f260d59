"""Rows of a table as records of one type (pure)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hanze.collaboration.language.detect import detect
from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.vocabulary.concept import THEMES, Vocabulary
from hanze.connectors import WrongInput
from hanze.connectors.decoded import Decoded, LeftOut, entity_of
from hanze.connectors.known import Known, folded, key_of
from hanze.connectors.record_table.cells import WrongCell, cell_value, read_day
from hanze.connectors.record_table.mapping import RecordMapping, columns_of
from hanze.errors import InvalidInput
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.uri import is_uri

__all__ = ["RawRow", "decode"]

_LABELLED: Final = "."


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it was read: values by column; JSON values may be anything.

    Attributes:
        line: Of the file, where it has lines.
    """

    values: Mapping[str, Any]
    record: int
    line: int | None = None


def decode(
    rows: Sequence[RawRow],
    kind: type[Record],
    mapping: RecordMapping,
    known: Known,
    vocabulary: Vocabulary,
    *,
    source: str,
    provenance: str = "imported",
) -> Decoded:
    """Make a record of each row that is as the mapping says; tell the others with their reason.

    Args:
        source: Part of the ids where the mapping names none.
        provenance: Where the records come from.

    Raises:
        WrongInput: The mapping names fields that the type does not have, or columns that no row has.
    """
    reader = _RowReader(
        kind, mapping, known, vocabulary, source=mapping.source or source, provenance=provenance
    )
    reader.check(rows)
    entities: dict[str, Entity] = {}
    left_out: list[LeftOut] = []
    besides: dict[str, None] = {}
    for row in rows:
        try:
            entity = reader.entity(row, besides)
            if entity.id in entities:
                raise InvalidInput(f"the id {entity.id} is there twice")
        except InvalidInput as error:
            left_out.append(LeftOut(_reason(error), line=row.line, record=row.record))
        else:
            entities[entity.id] = entity
    details: dict[str, JsonValue] = {
        "rows": len(rows),
        "records": {kind.__name__: len(entities)},
        "keptAsPublished": [*besides],
    }
    return Decoded([*entities.values()], left_out, details)


class _RowReader:
    """Reads rows of one table."""

    def __init__(
        self,
        kind: type[Record],
        mapping: RecordMapping,
        known: Known,
        vocabulary: Vocabulary,
        *,
        source: str,
        provenance: str,
    ) -> None:
        self._provenance = provenance
        self._kind = kind
        self._mapping = mapping
        self._known = known
        self._source = source
        self._fields = {field.term: field for field in fields_of(kind)}
        self._themes = _theme_names(vocabulary)
        columns = {column for column, _ in columns_of(kind)}
        own = {key for key in mapping.columns if key.partition(_LABELLED)[0] in self._fields}
        unknown = sorted(set(mapping.columns) - own)
        unknown += sorted(name for name in mapping.constants if name not in self._fields)
        if unknown:
            raise WrongInput(
                f"{kind.__name__} has no field {', '.join(unknown)}; "
                f"it has {', '.join(sorted(columns))}"
            )
        self._mapped = {column: field for field, column in mapping.columns.items()}

    def check(self, rows: Sequence[RawRow]) -> None:
        """Refuse a table that lacks columns of the mapping."""
        present = {column for row in rows for column in row.values}
        missing = sorted(set(self._mapped) - present)
        if rows and missing:
            raise WrongInput(
                f"The table has no column {', '.join(missing)}; it has {', '.join(sorted(present))}"
            )
        named = {column.partition(_LABELLED)[0] for column in present}
        if rows and not self._mapped and not named & self._fields.keys():
            kind = self._kind.__name__
            raise WrongInput(
                f"No column of the table is a field of {kind}; it has "
                f"{', '.join(sorted(present))[:200]}. `hanze record template {kind}` gives a table, "
                "and with --format toml a mapping"
            )

    def entity(self, row: RawRow, besides: dict[str, None]) -> Entity:
        """Make the entity of a row.

        Args:
            besides: Takes the columns that no field holds.

        Raises:
            InvalidInput: Something of the row is not as it must be.
        """
        cells: dict[str, dict[str, Any]] = {}
        kept: dict[str, JsonValue] = {}
        for column, value in row.values.items():
            if value is None or value == "" or column == self._mapping.id:
                continue
            path = self._mapped.get(column, column)
            term, _, part = path.partition(_LABELLED)
            if term in self._fields and term not in ("provenance", "mergedFrom"):
                cells.setdefault(term, {})[part] = value
            else:
                kept[column] = value
        besides.update(dict.fromkeys(kept))
        for term, value in self._mapping.constants.items():
            cells.setdefault(term, {"": value})
        values = {
            self._fields[term].name: self._field(self._fields[term], parts)
            for term, parts in cells.items()
        }
        self._add_defaults(values)
        return self._checked(values, self._id(row, values), kept)

    def _checked(
        self, values: dict[str, Any], record_id: str, kept: Mapping[str, JsonValue]
    ) -> Entity:
        """Write the record, and read it again: the type's own checks count for imports too."""
        missing = [
            field.term
            for field in fields_of(self._kind)
            if field.required and field.name not in values
        ]
        if missing:
            raise InvalidInput(f"{', '.join(missing)} is missing")
        entity = entity_of(self._kind(id=record_id, **values), kept)
        read_record(entity)
        return entity

    def _field(self, field: Field, parts: Mapping[str, Any]) -> object:
        if field.shape is Shape.LABEL:
            return self._label(field, parts)
        column = self._mapping.columns.get(field.term, field.term)
        raw: object = parts.get("", parts)
        if not field.many:
            return self._value(field, raw, column)
        several = raw if isinstance(raw, list) else str(raw).split(self._mapping.separator)
        texts = (one.strip() if isinstance(one, str) else one for one in several)
        return tuple(self._value(field, one, column) for one in texts if one != "")

    def _label(self, field: Field, parts: Mapping[str, Any]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for language, text in parts.items():
            if isinstance(text, Mapping):
                texts |= {str(tag): str(one) for tag, one in text.items()}
            elif not isinstance(text, str):
                raise WrongCell(field.term, "a text", text)
            else:
                texts[language or self._mapping.language or detect(text)] = text.strip()
        return texts

    def _value(self, field: Field, raw: object, column: str) -> object:
        value = cell_value(field, raw, self._mapping, column)
        if field.shape is Shape.REFERENCE:
            return self._reference(str(value), field.targets, column)
        return value

    def _reference(self, text: str, targets: Iterable[str], column: str) -> str:
        """Find the record that a cell names: by id, code, name or theme."""
        if text.startswith("urn:") and is_uri(text):
            return text
        kinds = tuple(targets)
        coded = self._known.coded(text, kinds)
        if coded is not None:
            return coded
        if "Theme" in kinds:
            theme = self._themes.get(folded(text))
            if theme is not None:
                return f"urn:ngsi-ld:Theme:hanze:{theme}"
        for name in kinds:
            kind = RECORD_TYPES.get(name)
            found = self._known.named(kind, text) if kind is not None else None
            if found is not None:
                return found.id
        own = _by_code(text, kinds)
        if own is None:
            wanted = f"the id, code or name of a {' or '.join(kinds)} that is known"
            raise WrongCell(column, wanted, text)
        return own

    def _add_defaults(self, values: dict[str, Any]) -> None:
        mapping = self._mapping
        values["provenance"] = self._provenance
        if mapping.source_city and "source_city" not in values:
            kinds = tuple(one.__name__ for one in (Municipality, Region, Country))
            values["source_city"] = self._reference(mapping.source_city, kinds, "source_city")
        if mapping.source_date and "source_date" not in values:
            values["source_date"] = read_day(mapping.source_date, mapping, "source_date")
        told = mapping.provenance
        for name, text in (
            ("source", told.source),
            ("data_provider", told.provider),
            ("license", told.license),
        ):
            if text:
                values.setdefault(name, text)

    def _id(self, row: RawRow, values: Mapping[str, Any]) -> str:
        given = str(row.values.get(self._mapping.id) or "").strip()
        prefix = f"urn:ngsi-ld:{self._kind.__name__}:"
        if given.startswith(prefix) and is_uri(given):
            return given
        title = values.get("title") or {}
        key = given or str(title.get("en") or next(iter(title.values()), ""))
        if not key:
            raise InvalidInput("it has neither a key nor a title")
        return f"{prefix}{key_of(self._source)}:{key_of(key)}"


def _reason(error: InvalidInput) -> str:
    """Say what is wrong, and what stood there."""
    told = str(error)
    return told if not error.value or error.value in told else f'{told}, not "{error.value}"'


def _theme_names(vocabulary: Vocabulary) -> dict[str, str]:
    """List themes by what they are called in any language."""

    def names(theme: str) -> Iterator[str]:
        yield theme
        if theme in vocabulary:
            for labels in vocabulary.concept(theme).labels.values():
                yield from labels

    return {folded(name): theme for theme in THEMES for name in names(theme)}


def _by_code(text: str, kinds: Sequence[str]) -> str | None:
    """Make the id that the registers give a code: GM0344, PV26, NL."""
    country = len(text) == len("NL") and text.isascii() and text.isupper()
    for kind, fits, key in (
        ("Municipality", text.startswith("GM") and text[2:].isdecimal(), f"NL:{text}"),
        ("Region", text.startswith("PV") and text[2:].isdecimal(), f"NL:{text}"),
        ("Country", country, text),
    ):
        if kind in kinds and fits:
            return f"urn:ngsi-ld:{kind}:{key}"
    return None
