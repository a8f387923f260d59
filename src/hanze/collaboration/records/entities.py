"""Records as NGSI-LD entities: reading checks, writing gives the attributes in their kinds."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.record import LARGEST, Money, Quantity, Record
from hanze.collaboration.records.registry import type_iri, type_of
from hanze.errors import InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.uri import is_uri

__all__ = [
    "InvalidRecord",
    "NotARecord",
    "attributes_of",
    "read_as",
    "read_record",
    "why_not",
    "write_record",
]

R = TypeVar("R", bound=Record)

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*|@none")
#: Texts are of people for people; longer ones are documents, to be linked to.
_LONGEST: Final = 20_000
#: Of an exact number, before or behind the point: more than any amount or rate has.
_DIGITS: Final = 40

#: What a text must be like, by a piece of its pattern; all others are addresses.
_FORMS: Final = (
    ("[0-9a-f]", "a hash must have 64 hexadecimal digits (SHA-256), in lower case"),
    ("T[0-9]", "a time must be a day and what the clock shows, as in 2026-05-31T09:30"),
    ("", "an address must start with http:// or https://, without spaces"),
)

_KINDS: Final[Mapping[Shape, AttributeKind]] = {
    Shape.LABEL: AttributeKind.LANGUAGE_PROPERTY,
    Shape.REFERENCE: AttributeKind.RELATIONSHIP,
    Shape.GEOMETRY: AttributeKind.GEO_PROPERTY,
    Shape.STRUCTURE: AttributeKind.JSON_PROPERTY,
}


class InvalidRecord(InvalidInput):
    """An entity of a record type is not as the type's JSON Schema says."""

    def __init__(
        self, kind: type[Record], reason: str, *, field: str, value: object = None
    ) -> None:
        super().__init__(f"{kind.__name__}: {field} {reason}", field=field, value=value)
        self.kind = kind


class NotARecord(InvalidInput):
    """An entity is of no type of the collective, or of another one than was asked for."""

    def __init__(self, entity_id: str, expected: str) -> None:
        super().__init__(f"Entity {entity_id} is no {expected}", field="type", value=entity_id)


def read_record(entity: Entity) -> Record:
    """Read the record that an entity is; attributes that its type does not know are passed over.

    Raises:
        NotARecord: It is of no record type.
        InvalidRecord: A field is missing or wrong; `field` and `value` name it.
    """
    kind = type_of(entity.types)
    if kind is None:
        raise NotARecord(entity.id, "record of the collective")
    return _read(entity, kind)


def read_as(entity: Entity, kind: type[R]) -> R:
    """Read an entity as a record of one type.

    Raises:
        NotARecord: It is of another type.
        InvalidRecord: A field is missing or wrong.
    """
    if type_iri(kind) not in entity.types:
        raise NotARecord(entity.id, kind.__name__)
    return _read(entity, kind)


def why_not(error: Exception) -> str:
    """Say what is wrong with a structure that `msgspec` refused, and where in it."""
    reason, _, place = str(error).partition(" - at ")
    if "regex" in reason:
        reason = next(text for piece, text in _FORMS if piece in reason)
    return reason + (place and f" ({place})")


def write_record(record: Record) -> Entity:
    """Write a record as an entity; fields that hold nothing are left out."""
    kind = type(record)
    return Entity(id=record.id, types=(type_iri(kind),), attributes=attributes_of(record))


def attributes_of(
    record: Record, names: Sequence[str] | None = None
) -> dict[str, tuple[Attribute, ...]]:
    """Write the attributes of a record, all of them or those of some fields, by IRI."""
    found: dict[str, tuple[Attribute, ...]] = {}
    for field in fields_of(type(record)):
        if names is not None and field.name not in names:
            continue
        value = getattr(record, field.name)
        # False and 0 are facts; nothing, no text and none of several are not.
        if value is None or (isinstance(value, str | tuple | Mapping) and not value):
            continue
        found[field.iri] = (_write(field, value),)
    return found


def _write(field: Field, value: object) -> Attribute:
    kind = _KINDS.get(field.shape, AttributeKind.PROPERTY)
    if isinstance(value, Money):
        return Attribute(kind=kind, value=_number(value.amount), unit_code=value.currency)
    if isinstance(value, Quantity):
        return Attribute(kind=kind, value=_number(value.value), unit_code=value.unit)
    plain = _plain(msgspec.to_builtins(value, builtin_types=(Decimal,)))
    if field.many and isinstance(plain, list) and len(plain) == 1:
        plain = plain[0]
    return Attribute(kind=kind, value=plain)


def _plain(value: object) -> JsonValue:
    """Make JSON of what msgspec leaves: exact numbers become numbers, several a list."""
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return cast("JsonValue", value)


def _number(value: Decimal | float) -> int | float:
    # Text makes a Decimal of "NaN", and of powers of ten that no memory holds.
    finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    if not finite or not -LARGEST <= value <= LARGEST:
        raise InvalidInput(
            f"An amount must be a number between -{LARGEST} and {LARGEST}", field="amount"
        )
    return int(value) if value == int(value) else float(value)


def _read(entity: Entity, kind: type[R]) -> R:
    values: dict[str, object] = {"id": entity.id}
    for field in fields_of(kind):
        instances = entity.attributes.get(field.iri)
        if not instances:
            if field.required:
                raise InvalidRecord(kind, "is missing", field=field.term)
            continue
        instance = next((one for one in instances if one.dataset_id is None), instances[0])
        values[field.name] = _Value(kind, field).read(instance)
    return kind(**values)  # type: ignore[arg-type]  # each was read as its annotation says


class _Value:
    """Reads one attribute as one field's value."""

    def __init__(self, kind: type[Record], field: Field) -> None:
        self._kind = kind
        self._field = field

    def read(self, attribute: Attribute) -> object:
        expected = _KINDS.get(self._field.shape, AttributeKind.PROPERTY)
        if attribute.kind is not expected:
            got = attribute.kind.value if attribute.kind else "unknown"
            self._refuse(f"must be a {expected.value}, not a {got}", None)
        value = cast("JsonValue", attribute.value)
        shape = self._field.shape
        if shape in (Shape.MONEY, Shape.QUANTITY):
            return self._amount(value, attribute.unit_code)
        if shape is Shape.LABEL:
            return self._label(value)
        if shape is Shape.STRUCTURE:
            return self._structure(value)
        read = self._READERS[shape]
        if self._field.many:
            several = value if isinstance(value, list | tuple) else [value]
            return tuple(read(self, one) for one in several)
        return read(self, value)

    def _refuse(self, reason: str, value: object) -> NoReturn:
        raise InvalidRecord(self._kind, reason, field=self._field.term, value=value)

    def _text(self, value: JsonValue) -> str:
        if not isinstance(value, str) or not value.strip():
            self._refuse("must be a text that is not empty", value)
        longest = self._field.longest or _LONGEST
        if len(value) > longest:
            self._refuse(f"must have at most {longest} characters", value)
        if self._field.pattern and not re.fullmatch(self._field.pattern.strip("^$"), value):
            self._refuse(f"must have the form {self._field.pattern}", value)
        return value

    def _code(self, value: JsonValue) -> str:
        if not isinstance(value, str) or value not in self._field.codes:
            self._refuse(f"must be one of {', '.join(self._field.codes)}", value)
        return value

    def _url(self, value: JsonValue) -> str:
        try:
            fits = isinstance(value, str) and re.fullmatch(self._field.pattern or "", value)
            # Brackets that are no address, for one.
            urlsplit(value if isinstance(value, str) else "")
        except ValueError:
            fits = False
        if not fits:
            self._refuse("must be an address that starts with http:// or https://", value)
        return self._text(value)

    def _whole(self, value: JsonValue) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            self._refuse("must be a whole number", value)
        return int(self._bounded(value))

    def _any_number(self, value: JsonValue) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._refuse("must be a number", value)
        return self._bounded(value)

    def _bounded(self, value: float) -> float:
        least, most = self._field.least, self._field.most
        if least is not None and value < least:
            self._refuse(f"must be at least {least:g}", value)
        if most is not None and value > most:
            self._refuse(f"must be at most {most:g}", value)
        return value

    def _flag(self, value: JsonValue) -> bool:
        if not isinstance(value, bool):
            self._refuse("must be true or false", value)
        return value

    def _date(self, value: JsonValue) -> date:
        plain = value.get("@value") if isinstance(value, Mapping) else value
        try:
            found = date.fromisoformat(cast("str", plain))
        except (TypeError, ValueError):
            found = None
        # Weeks and dates without dashes are ISO 8601 too; queries compare texts.
        if found is None or found.isoformat() != plain:
            self._refuse("must be a date, as in 2026-05-31", value)
        return found

    def _reference(self, value: JsonValue) -> str:
        if not isinstance(value, str) or not is_uri(value):
            self._refuse("must be the id of an entity", value)
        return value

    def _geometry(self, value: JsonValue) -> Mapping[str, JsonValue]:
        if not isinstance(value, Mapping):
            self._refuse("must be a GeoJSON geometry", value)
        return value

    def _label(self, value: JsonValue) -> dict[str, str]:
        if not isinstance(value, Mapping) or not value:
            self._refuse("must have text in at least one language", value)
        texts = {}
        for language, text in value.items():
            if not _LANGUAGE.fullmatch(language):
                self._refuse(f"has {language}, which is no language tag", language)
            several = text if isinstance(text, list | tuple) else [text]
            texts[language] = " ".join(self._text(one) for one in several)
        return texts

    def _amount(self, value: JsonValue, unit: str | None) -> Money | Quantity:
        number = self._any_number(value)
        if self._field.shape is Shape.QUANTITY:
            return Quantity(number, unit or "C62")
        if unit is None or not _CURRENCY.fullmatch(unit):
            self._refuse("must have a currency as unitCode, as in EUR", unit)
        try:
            return Money(Decimal(repr(number)), unit)
        except InvalidOperation:
            self._refuse("must be a number", value)

    def _structure(self, value: JsonValue) -> object:
        # One of several may stand alone, as in all of NGSI-LD.
        if isinstance(value, Mapping) and _is_tuple(self._field):
            value = [value]
        try:
            found: object = msgspec.convert(value, self._field.structure, strict=False)
        except (msgspec.ValidationError, ArithmeticError) as error:
            self._refuse(f"is not as it must be: {why_not(error)}", value)
        if not _is_finite(found):
            self._refuse("is not as it must be: an amount must be a number", value)
        return found

    _READERS: Final[Mapping[Shape, Callable[["_Value", JsonValue], object]]] = {
        Shape.TEXT: _text,
        Shape.TIME: _text,
        Shape.CODE: _code,
        Shape.URL: _url,
        Shape.INTEGER: _whole,
        Shape.NUMBER: _any_number,
        Shape.FLAG: _flag,
        Shape.DATE: _date,
        Shape.REFERENCE: _reference,
        Shape.GEOMETRY: _geometry,
    }


def _is_finite(value: object) -> bool:
    """Whether exact numbers are numbers that can be written out.

    The text "NaN" makes a Decimal, too, and that of "1e-999999999999" one that no memory holds.
    """
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        fits = isinstance(exponent, int) and -_DIGITS <= exponent <= _DIGITS
        return fits and len(digits) <= _DIGITS
    if isinstance(value, msgspec.Struct):
        return all(_is_finite(getattr(value, name)) for name in value.__struct_fields__)
    return not isinstance(value, tuple) or all(map(_is_finite, value))


def _is_tuple(field: Field) -> bool:
    return getattr(field.structure, "__origin__", None) is tuple
