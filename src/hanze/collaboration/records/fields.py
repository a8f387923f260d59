"""The fields of a record type, read off its annotations."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from hanze.collaboration.records.record import (
    Code,
    Label,
    Marks,
    Money,
    Quantity,
    Record,
    Refers,
    Structure,
)
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Field", "Shape", "camel", "fields_of", "members_of", "structure_of"]


class Shape(Enum):
    """What a field holds, and so which kind of attribute it is."""

    LABEL = "label"
    TEXT = "text"
    CODE = "code"
    URL = "url"
    TIME = "time"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    MONEY = "money"
    QUANTITY = "quantity"
    REFERENCE = "reference"
    GEOMETRY = "geometry"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record type.

    Attributes:
        name: In Python.
        of: Name of the type, or structure, whose field it is.
        term: In JSON; camelCase.
        iri: Of the attribute.
        shape: What it holds.
        many: Whether it holds several.
        required: Whether a record cannot be without it.
        codes: Values of a CODE.
        targets: Compact names of the types that a REFERENCE may point at.
        least: Bound of a number.
        most: Bound of a number.
        longest: Of a text.
        pattern: Of a text.
        structure: The Python type of a STRUCTURE, several included.
    """

    name: str
    of: str
    term: str
    iri: str
    shape: Shape
    many: bool
    required: bool
    codes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    pattern: str | None = None
    structure: Any = None  # a type; typing has no name for "any type form"


_SHAPES: Final[Mapping[object, Shape]] = {
    str: Shape.TEXT,
    int: Shape.INTEGER,
    float: Shape.NUMBER,
    Decimal: Shape.NUMBER,
    bool: Shape.FLAG,
    date: Shape.DATE,
    Money: Shape.MONEY,
    Quantity: Shape.QUANTITY,
    Label: Shape.LABEL,
}


@cache
def fields_of(kind: type[Record]) -> tuple[Field, ...]:
    """List the fields of a record type without its id, in the order of the definition."""
    return _fields(kind)


@cache
def members_of(kind: type[Structure]) -> tuple[Field, ...]:
    """List the members of a structure, likewise; their IRIs say nothing, as JSON has none."""
    return _fields(kind)


def structure_of(field: Field) -> tuple[type[Structure], bool] | None:
    """Tell what a field is made of, and whether it holds several.

    Returns:
        `None` where it holds no `Structure`.
    """
    many = get_origin(field.structure) is tuple
    kind = get_args(field.structure)[0] if many else field.structure
    fits = isinstance(kind, type) and issubclass(kind, Structure)
    return (kind, many) if fits else None


def _fields(kind: type[Record] | type[Structure]) -> tuple[Field, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        _field(one.name, hints[one.name], of=kind.__name__, required=one.required)
        for one in msgspec.structs.fields(kind)
        if one.name != "id"
    )


def camel(name: str) -> str:
    """Write a Python name as a term: source_city → sourceCity."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _field(name: str, hint: Any, *, of: str, required: bool) -> Field:  # a type form
    plain, marks = _unwrap(hint)
    many = get_origin(plain) is tuple
    whole = plain
    if many:
        plain, more = _unwrap(get_args(plain)[0])
        marks += more
    codes = tuple(value for mark in marks if isinstance(mark, Code) for value in mark.values)
    targets = tuple(kind for mark in marks if isinstance(mark, Refers) for kind in mark.types)
    forms = [mark.form for mark in marks if isinstance(mark, Marks)]
    bounds = next((mark for mark in marks if isinstance(mark, Meta)), Meta())
    shape = _shape(plain, codes=codes, targets=targets, forms=forms)
    term = camel(name)
    return Field(
        name=name,
        of=of,
        term=term,
        iri=HANZE.expand_name(term),
        shape=shape,
        many=many and shape is not Shape.STRUCTURE,
        required=required,
        codes=codes,
        targets=targets,
        least=bounds.ge,
        most=bounds.le,
        longest=bounds.max_length,
        pattern=bounds.pattern,
        structure=whole if shape is Shape.STRUCTURE else None,
    )


def _shape(
    plain: object, *, codes: tuple[str, ...], targets: tuple[str, ...], forms: list[str]
) -> Shape:
    if targets:
        return Shape.REFERENCE
    if codes:
        return Shape.CODE
    if forms:
        return Shape(forms[0])
    return _SHAPES.get(plain, Shape.STRUCTURE)


def _unwrap(hint: Any) -> tuple[Any, list[object]]:  # type forms
    """Take `| None` and `Annotated` off a hint; return what is left, and the annotations."""
    marks: list[object] = []
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *more = get_args(hint)
            marks += more
        elif origin in (Union, types.UnionType):
            (hint,) = (part for part in get_args(hint) if part is not type(None))
        else:
            return hint, marks
