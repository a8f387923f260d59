"""The entity ordering language, from parameters to tree (CIM 009, 4.23.3)."""

from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.query.collation import check_collation
from hanze.ngsild.query.parse_geo import parse_geometry
from hanze.ngsild.query.parse_path import parse_value_path
from hanze.ngsild.query.scan import Cursor
from hanze.ngsild.query.tree import Direction, Ordering, OrderTerm

__all__ = ["parse_ordering"]

_CLAUSE: Final = "4.23.3"
_LONGEST: Final = 8192
_MOST: Final = 32
_DISTANCES: Final = frozenset((Direction.NEAREST, Direction.FARTHEST))


def parse_ordering(
    *,
    order_by: str | None,
    collation: str | None,
    order_from: JsonValue,
    order_geometry: str | None,
    context: Context,
) -> Ordering | None:
    """Read how results are to be ordered; `None` when nothing is to be ordered by.

    Args:
        order_from: Coordinates of the geometry that distances are measured from, as a JSON array or
            its text.
        order_geometry: Its GeoJSON type; Point when absent.

    Raises:
        InvalidInput: A part breaks the grammar, the collation cannot be honoured, or distances are
            asked for without a place to measure from (5.7.2.4).
    """
    if collation is not None:
        check_collation(collation)
    origin = None
    if order_from is not None or order_geometry is not None:
        fields = ("orderGeometry", "orderFrom")
        origin = parse_geometry(order_geometry or "Point", order_from, fields)
    if order_by is None:
        return None
    terms = _terms(order_by, context)
    if origin is None and any(term.direction in _DISTANCES for term in terms):
        raise InvalidInput(
            "orderFrom is missing: orderBy asks for distances",
            field="orderFrom",
            clause="5.7.2.4",
        )
    return Ordering(terms, collation, origin)


def _terms(text: str, context: Context) -> tuple[OrderTerm, ...]:
    cursor = Cursor(text, field="orderBy", clause=_CLAUSE, longest=_LONGEST)
    terms = [_term(cursor, context)]
    while cursor.take(","):
        terms.append(_term(cursor, context))
        if len(terms) > _MOST:
            cursor.fail(f"there are more than {_MOST} terms")
    if not cursor.at_end:
        cursor.fail(", is expected")
    return tuple(terms)


def _term(cursor: Cursor, context: Context) -> OrderTerm:
    path = parse_value_path(cursor, context)
    if not cursor.take(";"):
        return OrderTerm(path)
    direction = next((known for known in Direction if cursor.take(known.value)), None)
    if direction is None:
        cursor.fail("asc, desc, dist-asc or dist-desc is expected")
    return OrderTerm(path, direction)
