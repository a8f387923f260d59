"""Which aggregation methods a value is eligible for, and as what it counts (CIM 009, 4.5.19.1).

What a value is, is said by its kind of attribute and by its JSON, or by its data type where it has
one (`valueType`, or the `@type` of a JSON-LD value): a plain string that looks like a time is a
string.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

import orjson

from hanze.errors import InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, JsonValue
from hanze.ngsild.moment import parse_date, parse_datetime, parse_time
from hanze.ngsild.temporal.model import Method

__all__ = ["ELIGIBLE", "Measure", "ValueSort", "distinct_keys", "measure_of"]


class ValueSort(Enum):
    """The columns of the tables of 4.5.19.1."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    STRING = "string"
    OBJECT = "object"
    DATE_TIME = "DateTime"
    DATE = "Date"
    TIME = "Time"
    URI = "URI"
    RELATIONSHIP = "Relationship"


class Measure(NamedTuple):
    """A value as the methods see it.

    Attributes:
        sort: Decides which methods take it.
        rank: What avg, max, min, sum and the like reckon with: the number itself, 1 or 0, the
            size of the array, the text, or microseconds. `None` where the sort has none of them.
        shown: What max and min answer.
    """

    sort: ValueSort
    rank: int | float | str | None
    shown: JsonValue


_COUNTS: Final = frozenset({Method.DISTINCT_COUNT, Method.TOTAL_COUNT})
_ENDS: Final = _COUNTS | {Method.MAX, Method.MIN}

#: The tables of 4.5.19.1, read by column.
ELIGIBLE: Final[Mapping[ValueSort, frozenset[Method]]] = {
    ValueSort.NUMBER: frozenset(Method),
    ValueSort.BOOLEAN: frozenset(Method),
    ValueSort.ARRAY: _ENDS | {Method.AVG, Method.SUM},
    ValueSort.STRING: _ENDS,
    ValueSort.OBJECT: _COUNTS,
    ValueSort.DATE_TIME: _ENDS,
    ValueSort.DATE: _ENDS,
    ValueSort.TIME: _ENDS | {Method.AVG},
    ValueSort.URI: _COUNTS,
    ValueSort.RELATIONSHIP: _COUNTS,
}


def measure_of(attribute: Attribute) -> Measure:
    """Read the value of an instance that is no deletion."""
    sort = _SORT_OF_KIND.get(attribute.kind)
    value = attribute.value
    if sort is ValueSort.ARRAY and isinstance(value, list | tuple):
        return Measure(sort, len(value), len(value))
    if sort is not None:
        return Measure(sort, None, None)
    data_type = attribute.value_type
    if isinstance(value, Mapping) and "@value" in value:
        named = value.get("@type")
        data_type, value = named if isinstance(named, str) else None, value["@value"]
    if isinstance(value, str):
        return _text(value, _sort_named(data_type))
    return _json(value)


def distinct_keys(attribute: Attribute) -> tuple[object, ...]:
    """Return what tells a value apart from others: equal values have equal keys.

    Numbers are equal as numbers. A relationship counts each of its targets.
    """
    value = attribute.value
    if attribute.kind in _TARGETING and isinstance(value, list | tuple):
        return tuple(("target", target) for target in value)
    if attribute.kind in _TARGETING:
        return (("target", value),)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (("number", value),)
    # Integers beyond 64 bits are no business of orjson: they come as their text.
    return (orjson.dumps(_even(value), option=orjson.OPT_SORT_KEYS, default=str),)


def _even(value: object) -> object:
    """Write numbers alike that are the same number, at any depth: 1 and 1.0."""
    if isinstance(value, float) and value.is_integer():
        return _even(int(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return str(value)
    if isinstance(value, Mapping):
        return {key: _even(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_even(member) for member in value]
    return value


def _json(value: object) -> Measure:
    if isinstance(value, bool):
        return Measure(ValueSort.BOOLEAN, int(value), int(value))
    if isinstance(value, int | float):
        return Measure(ValueSort.NUMBER, value, value)
    if isinstance(value, list | tuple):
        return Measure(ValueSort.ARRAY, len(value), len(value))
    return Measure(ValueSort.OBJECT, None, None)


def _text(text: str, sort: ValueSort | None) -> Measure:
    if sort is ValueSort.URI:
        return Measure(sort, None, None)
    parse = None if sort is None else _PARSERS.get(sort)
    if sort is not None and parse is not None:
        try:
            return Measure(sort, parse(text), text)
        except InvalidInput:
            pass  # it says to be a time and is none: a string, then
    return Measure(ValueSort.STRING, text, text)


def _sort_named(data_type: str | None) -> ValueSort | None:
    """Recognise a data type by its last part: those of NGSI-LD, XSD and JSON-LD keywords."""
    if data_type is None:
        return None
    name = data_type.replace("#", "/").rpartition("/")[2].lower()
    return _DATA_TYPES.get(name)


_TARGETING: Final = frozenset((AttributeKind.RELATIONSHIP, AttributeKind.LIST_RELATIONSHIP))

_SORT_OF_KIND: Final[Mapping[AttributeKind | None, ValueSort]] = {
    AttributeKind.RELATIONSHIP: ValueSort.RELATIONSHIP,
    AttributeKind.LIST_RELATIONSHIP: ValueSort.RELATIONSHIP,
    AttributeKind.VOCAB_PROPERTY: ValueSort.URI,
    AttributeKind.LANGUAGE_PROPERTY: ValueSort.OBJECT,
    AttributeKind.GEO_PROPERTY: ValueSort.OBJECT,
    AttributeKind.LIST_PROPERTY: ValueSort.ARRAY,
}

_DATA_TYPES: Final[Mapping[str, ValueSort]] = {
    "datetime": ValueSort.DATE_TIME,
    "datetimestamp": ValueSort.DATE_TIME,
    "date": ValueSort.DATE,
    "time": ValueSort.TIME,
    "uri": ValueSort.URI,
    "anyuri": ValueSort.URI,
    "@id": ValueSort.URI,
    "@vocab": ValueSort.URI,
}

_PARSERS: Final = {
    ValueSort.DATE_TIME: parse_datetime,
    ValueSort.DATE: parse_date,
    ValueSort.TIME: parse_time,
}
