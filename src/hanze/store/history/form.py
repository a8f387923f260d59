"""How an instance of an attribute is kept: a number or a text, and what it shares with others.

A value comes back exactly as it was sent: 1 is not 1.0, and an integer that a double cannot hold is
kept as text. What most instances of a series share is a *shape*, which is stored once; what is
unusual (sub-attributes, `expiresAt`, seals) is kept beside the value as JSON. Sub-attributes lose
their own `createdAt` and `modifiedAt`: those of the instance say when it was recorded.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from hanze.ngsild.model import NULL, Attribute, AttributeKind, Attributes, JsonValue
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.store.history.means import made_of

__all__ = [
    "BOOLEAN",
    "DELETED",
    "FLOAT",
    "INTEGER",
    "JSON",
    "MEAN",
    "NEVER",
    "NO_NUMBER",
    "TEXT",
    "Form",
    "Shape",
    "ShapeKey",
    "attribute_of",
    "deletion_of",
    "form_of",
    "null_of",
    "observed_text",
    "shape_key",
    "shape_of_key",
    "to_microseconds",
]

#: What a row holds: the instance says that the attribute was deleted, ...
DELETED: Final = 0
#: ... its value is the number, as a float, as an integer or as a truth value, ...
FLOAT: Final = 1
INTEGER: Final = 2
BOOLEAN: Final = 3
#: ... or the text, as it is or as JSON.
TEXT: Final = 4
JSON: Final = 5
#: The number is the mean of several that were condensed; the text says what it was made of: a JSON
#: array of their count, the least, the greatest, the sum of their squared distances from the mean,
#: the count of distinct ones, and the seconds of the period.
MEAN: Final = 6

#: Stands for "no moment" where there can be no NULL.
NEVER: Final = -(1 << 63)
#: Stands for "no number" in the same places; JSON knows none like it.
NO_NUMBER: Final = float("nan")

#: Integers up to here are doubles without loss.
_EXACT: Final = 1 << 53

#: JSON that this module wrote: its shape is known.
_Trusted = Any

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_DAY_S: Final = 86_400


class Shape(NamedTuple):
    """What instances share; a field less is a field that is not there.

    Attributes:
        decimals: Of the seconds in `observedAt`, so that it comes back as it was sent.
    """

    kind: AttributeKind | None
    unit_code: str | None
    value_type: str | None
    object_type: tuple[str, ...]
    lang: str | None
    decimals: int


#: A shape as a bare tuple, which is equal to it.
ShapeKey = tuple[AttributeKind | None, str | None, str | None, tuple[str, ...], str | None, int]

#: An instance in the form in which it is kept: when it was observed (microseconds since 1970, or
#: `NEVER`), one of the constants above, the number (or `NO_NUMBER`), the text, the shape, and JSON of
#: what is unusual.
Form = tuple[int, int, float, str | None, ShapeKey, str | None]


def form_of(attribute: Attribute) -> Form:
    """Return the form of an instance."""
    text = attribute.observed_at
    if text is None:
        observed, decimals = NEVER, 0
    else:
        observed, decimals = to_microseconds(text), max(len(text) - 21, 0)
    value = attribute.value
    number, kept = NO_NUMBER, None
    # Exact types: a bool is an int to isinstance, and this runs for every value that is written.
    if type(value) is float:
        form, number = FLOAT, value
    elif type(value) is int and -_EXACT <= value <= _EXACT:
        form, number = INTEGER, value
    elif type(value) is str:
        form, kept = TEXT, value
    elif type(value) is bool:
        form, number = BOOLEAN, value
    else:
        form, kept = JSON, _encode(value).decode()
    # A bare tuple: this runs for every value that is written, and a named one takes 0.3 us.
    shape = (
        attribute.kind,
        attribute.unit_code,
        attribute.value_type,
        attribute.object_type,
        attribute.lang,
        decimals,
    )
    rest = _dump_rest(attribute) if _is_unusual(attribute) else None
    return observed, form, number, kept, shape, rest


def deletion_of(attribute: Attribute) -> Shape:
    """Return the shape of the instance that says that another one was deleted."""
    return Shape(attribute.kind, None, None, (), None, 0)


#: Form, number, text and rest of a row.
Kept = tuple[int, float, str | None, str | None]


def attribute_of(
    kept: Kept,
    shape: Shape,
    *,
    dataset_id: str | None,
    observed_at: str | None,
    created_at: str,
    modified_at: str,
) -> Attribute:
    """Return the instance that a row holds."""
    form, number, text, rest = kept
    value: JsonValue
    if form in (FLOAT, MEAN):
        value = number
    elif form == INTEGER:
        value = int(number)
    elif form == TEXT:
        value = text
    elif form == BOOLEAN:
        value = bool(number)
    elif form == DELETED:
        value = null_of(shape.kind)
    else:
        value = _decode(text or "null")
    unusual = {} if rest is None else _load_rest(_decode(rest))
    if form == MEAN:
        made = made_of(text or "", shape.unit_code)
        unusual["attributes"] = {**unusual.get("attributes", {}), **made}
    return Attribute(
        kind=shape.kind,
        value=value,
        dataset_id=dataset_id,
        observed_at=observed_at,
        unit_code=shape.unit_code,
        value_type=shape.value_type,
        object_type=shape.object_type,
        lang=shape.lang,
        created_at=created_at,
        modified_at=modified_at,
        **unusual,
    )


def null_of(kind: AttributeKind | None) -> JsonValue:
    """Return the NGSI-LD Null of a kind of attribute (4.5.0)."""
    if kind is AttributeKind.LANGUAGE_PROPERTY:
        return {"@none": NULL}
    if kind in {AttributeKind.LIST_PROPERTY, AttributeKind.LIST_RELATIONSHIP}:
        return [NULL]
    return NULL


def shape_key(shape: Shape) -> str:
    """Write a shape as the text under which it is stored."""
    return _encode(shape).decode()


def shape_of_key(key: str) -> Shape:
    """Read what `shape_key` wrote."""
    kind, unit_code, value_type, object_type, lang, decimals = _decode(key)
    named = None if kind is None else AttributeKind(kind)
    return Shape(named, unit_code, value_type, tuple(object_type), lang, decimals)


def observed_text(microseconds: int, decimals: int) -> str:
    """Write `observedAt` with as many decimals as it was sent with."""
    text = format_datetime(microseconds)
    if decimals == 0:
        return text
    whole, _, fraction = text[:-1].partition(".")
    return f"{whole}.{fraction.ljust(decimals, '0')}Z"


# The attributes of one entity, and the entities of one message, tend to share their moments.
@lru_cache(maxsize=8_192)
def to_microseconds(text: str) -> int:
    """Return a DateTime that the model holds in microseconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return parse_datetime(text)
    apart = moment - _EPOCH
    return (apart.days * _DAY_S + apart.seconds) * _SECOND + apart.microseconds


def _is_unusual(attribute: Attribute) -> bool:
    return bool(
        attribute.attributes
        or attribute.expires_at is not None
        or attribute.entity_id_sealed is not None
        or attribute.entity_type_sealed is not None
    )


#: Members of an instance as JSON: by field of `Attribute`, those that are there.
_FIELDS: Final = (
    "dataset_id",
    "observed_at",
    "unit_code",
    "value_type",
    "object_type",
    "lang",
    "expires_at",
    "entity_id_sealed",
    "entity_type_sealed",
)
_UNUSUAL: Final = ("expires_at", "entity_id_sealed", "entity_type_sealed")


def _dump_rest(attribute: Attribute) -> str:
    return _encode(_dump_members(attribute, _UNUSUAL)).decode()


def _dump_members(attribute: Attribute, fields: tuple[str, ...]) -> dict[str, _Trusted]:
    members = {field: member for field in fields if (member := getattr(attribute, field))}
    if attribute.attributes:
        members["attributes"] = {
            name: [_dump_instance(instance) for instance in instances]
            for name, instances in attribute.attributes.items()
        }
    return members


def _dump_instance(attribute: Attribute) -> dict[str, _Trusted]:
    members = _dump_members(attribute, _FIELDS)
    members["kind"] = None if attribute.kind is None else attribute.kind.value
    if attribute.value is not UNSET:
        members["value"] = attribute.value
    return members


def _load_rest(members: Mapping[str, _Trusted]) -> dict[str, _Trusted]:
    loaded = dict(members)
    if "attributes" in loaded:
        loaded["attributes"] = _load_attributes(loaded["attributes"])
    return loaded


def _load_attributes(tree: Mapping[str, _Trusted]) -> Attributes:
    return {name: tuple(_load_instance(part) for part in parts) for name, parts in tree.items()}


def _load_instance(members: Mapping[str, _Trusted]) -> Attribute:
    loaded = _load_rest(members)
    kind = loaded["kind"]
    loaded["kind"] = None if kind is None else AttributeKind(kind)
    loaded["object_type"] = tuple(loaded.get("object_type", ()))
    return Attribute(**loaded)
