"""Cells of a table as values of fields: texts, numbers, days, amounts, places (pure)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from hanze.collaboration.records.entities import why_not
from hanze.collaboration.records.fields import Field, Shape
from hanze.collaboration.records.record import Money, Quantity
from hanze.connectors.record_table.mapping import RecordMapping
from hanze.errors import InvalidInput

__all__ = ["WrongCell", "cell_value", "read_day"]

_CURRENCIES: Final = {"€": "EUR", "₩": "KRW", "$": "USD", "£": "GBP", "원": "KRW"}
_YES: Final = frozenset({"true", "yes", "ja", "1", "y", "j", "예", "네"})
_NO: Final = frozenset({"false", "no", "nee", "0", "n", "아니요"})
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[-/.년]\s*(\d{1,2})\s*[-/.월]\s*(\d{1,2})\s*[.일]?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_PACKED: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER: Final = re.compile(r"[+-]?\d[\d.,' \u00a0]*")
_POSITION: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[,; ]\s*([+-]?\d+(?:\.\d+)?)")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+|[+-]?\d{1,3}(?:,\d{3})+")


class WrongCell(InvalidInput):
    """A cell is not what its field holds."""

    def __init__(self, column: str, wanted: str, value: object) -> None:
        super().__init__(
            f'column {column} must be {wanted}, not "{str(value)[:40]}"', field=column, value=value
        )


def cell_value(field: Field, raw: object, mapping: RecordMapping, column: str) -> object:
    """Read one value of a field; references stay as they are written.

    Args:
        raw: Text of a cell, or a JSON value.
        column: For messages.

    Raises:
        WrongCell: It is not what the field holds.
    """
    if isinstance(raw, str):
        raw = raw.strip()
    read = _READERS.get(field.shape)
    if read is not None:
        return read(field, raw, mapping, column)
    return raw if isinstance(raw, str) else str(raw)


def read_day(text: str, mapping: RecordMapping, column: str) -> date:
    """Read a day: 2026-05-31, 31-05-2026, 31/5/2026, 20260531, 2026년 5월 31일."""
    text = text.strip().partition("T")[0]
    first, last, packed = (p.fullmatch(text) for p in (_YEAR_FIRST, _YEAR_LAST, _PACKED))
    try:
        if first is not None or packed is not None:
            found = first or packed
            year, month, day = map(int, found.groups())  # type: ignore[union-attr]  # one of the two
            return date(year, month, day)
        if last is not None:
            one, two, year = map(int, last.groups())
            month, day = (two, one) if mapping.dates == "day-first" else (one, two)
            return date(year, month, day)
    except ValueError as error:
        raise WrongCell(column, "a day that exists", text) from error
    raise WrongCell(column, "a day, as in 2026-05-31 or 31-05-2026", text)


def _read_number(raw: object, mapping: RecordMapping, column: str) -> Decimal:
    """Read a number; one that could be read two ways needs `decimal` in the mapping."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Decimal(str(raw))
    text = re.sub(r"[ \u00a0']", "", str(raw))
    if mapping.decimal:
        other = "," if mapping.decimal == "." else "."
        text = text.replace(other, "").replace(mapping.decimal, ".")
    elif _GROUPED.fullmatch(text):
        mark = "." if "." in text else ","
        if text.count(mark) == 1:
            wanted = 'a number whose decimal mark is clear (say "decimal" in the mapping)'
            raise WrongCell(column, wanted, raw)
        text = text.replace(mark, "")
    elif "," in text and "." in text:
        mark = max(",.", key=text.rfind)
        text = text.replace("," if mark == "." else ".", "").replace(mark, ".")
    else:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise WrongCell(column, "a number", raw) from error
    if not number.is_finite():
        raise WrongCell(column, "a number", raw)
    return number


def _code(field: Field, raw: object, mapping: RecordMapping, _: str) -> object:
    return mapping.values.get(field.term, {}).get(str(raw), raw)


def _day(_: Field, raw: object, mapping: RecordMapping, column: str) -> date:
    return read_day(str(raw), mapping, column)


def _number(field: Field, raw: object, mapping: RecordMapping, column: str) -> int | float:
    number = _read_number(raw, mapping, column)
    whole = number == number.to_integral_value()
    return int(number) if whole and field.shape is Shape.INTEGER else float(number)


def _flag(_: Field, raw: object, __: RecordMapping, column: str) -> bool:
    text = str(raw).casefold()
    if text in _YES or text in _NO:
        return text in _YES
    raise WrongCell(column, "yes or no", raw)


def _money(_: Field, raw: object, mapping: RecordMapping, column: str) -> Money:
    if isinstance(raw, Mapping):
        amount = _read_number(raw.get("amount"), mapping, column)
        return Money(amount, str(raw.get("currency") or mapping.currency))
    amount, rest = _amount(raw, mapping, column)
    currency = _CURRENCIES.get(rest, rest) or mapping.currency
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise WrongCell(column, "an amount with a currency, as in 250000 EUR", raw)
    return Money(amount, currency)


def _quantity(_: Field, raw: object, mapping: RecordMapping, column: str) -> Quantity:
    if isinstance(raw, Mapping):
        amount = _read_number(raw.get("value"), mapping, column)
        return Quantity(float(amount), str(raw.get("unit") or mapping.unit or "C62"))
    amount, rest = _amount(raw, mapping, column)
    return Quantity(float(amount), rest or mapping.unit or "C62")


def _amount(raw: object, mapping: RecordMapping, column: str) -> tuple[Decimal, str]:
    """Split a number from what stands before or after it."""
    text = str(raw)
    found = _NUMBER.search(text)
    if found is None:
        raise WrongCell(column, "a number with its unit", raw)
    rest = (text[: found.start()] + text[found.end() :]).strip()
    return _read_number(found[0].strip(), mapping, column), rest


def _geometry(_: Field, raw: object, __: RecordMapping, column: str) -> object:
    if isinstance(raw, Mapping):
        return raw
    text = str(raw)
    found = _POSITION.fullmatch(text)
    if found is not None:
        north, east = float(found[1]), float(found[2])
        if abs(north) <= 90 and abs(east) <= 180:
            return {"type": "Point", "coordinates": [east, north]}
        raise WrongCell(column, "degrees of WGS 84", raw)
    decoded = _json(text, column)
    if not isinstance(decoded, Mapping):
        raise WrongCell(column, 'GeoJSON, or "latitude, longitude"', raw)
    return decoded


def _structure(field: Field, raw: object, _: RecordMapping, column: str) -> object:
    value = _json(raw, column) if isinstance(raw, str) else raw
    try:
        return msgspec.convert(value, field.structure, strict=False)
    except (msgspec.ValidationError, ArithmeticError) as error:
        raise WrongCell(column, f"as the field's schema says ({why_not(error)})", raw) from error


def _json(text: str, column: str) -> Any:  # any JSON
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise WrongCell(column, "JSON", text) from error


_READERS: Final[Mapping[Shape, Callable[[Field, object, RecordMapping, str], object]]] = {
    Shape.CODE: _code,
    Shape.DATE: _day,
    Shape.INTEGER: _number,
    Shape.NUMBER: _number,
    Shape.FLAG: _flag,
    Shape.MONEY: _money,
    Shape.QUANTITY: _quantity,
    Shape.GEOMETRY: _geometry,
    Shape.STRUCTURE: _structure,
}
