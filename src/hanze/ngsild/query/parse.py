"""The query language q, from text to tree (CIM 009, 4.9)."""

from collections.abc import Callable
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.query.members import OBJECT_TYPE, TYPE, VALUE_TYPE
from hanze.ngsild.query.parse_path import parse_linked_path
from hanze.ngsild.query.parse_value import parse_comparable, parse_equality, parse_pattern
from hanze.ngsild.query.scan import Cursor
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Exists,
    LinkedPath,
    Literal,
    Match,
    Operator,
    Or,
    QueryNode,
    Range,
    Uri,
    ValuePath,
    Values,
)

__all__ = ["parse_q"]

_LONGEST: Final = 8192
_DEEPEST: Final = 50

_TYPE_NAMES: Final = frozenset((TYPE, OBJECT_TYPE, VALUE_TYPE))

# The longer ones first: ">=" begins with ">".
_PATTERNS: Final = (("!~=", True), ("~=", False))
_ORDERS: Final = (
    Operator.GREATER_EQUAL,
    Operator.LESS_EQUAL,
    Operator.GREATER,
    Operator.LESS,
)


def parse_q(
    text: str,
    context: Context,
    *,
    expand_values: frozenset[str] = frozenset(),
    json_keys: frozenset[str] = frozenset(),
    field: str = "q",
) -> QueryNode:
    """Read a query (4.9).

    Args:
        text: Percent-decoded.
        context: Expands names, and the values of `expand_values`.
        expand_values: IRIs of attributes whose values are terms (`expandValues`).
        json_keys: IRIs of attributes whose trailing paths are not expanded (`jsonKeys`).
        field: What errors call the text, e.g. "csf".

    Raises:
        InvalidInput: The text breaks the grammar, or a limit on length or nesting.
    """
    cursor = Cursor(text, field=field, clause="4.9", longest=_LONGEST)
    parser = _Parser(cursor, context, expand_values, json_keys)
    query = parser.alternatives(0)
    if not cursor.at_end:
        cursor.fail("an operator, ; or | is expected")
    return query


class _Parser:
    """Recursive descent; `;` binds closer than `|`."""

    __slots__ = ("_context", "_cursor", "_expand_values", "_json_keys")

    def __init__(
        self,
        cursor: Cursor,
        context: Context,
        expand_values: frozenset[str],
        json_keys: frozenset[str],
    ) -> None:
        self._cursor = cursor
        self._context = context
        self._expand_values = expand_values
        self._json_keys = json_keys

    def alternatives(self, depth: int) -> QueryNode:
        terms = [self._conjunction(depth)]
        while self._cursor.take("|"):
            terms.append(self._conjunction(depth))
        return Or(tuple(terms)) if len(terms) > 1 else terms[0]

    def _conjunction(self, depth: int) -> QueryNode:
        terms = [self._term(depth)]
        while self._cursor.take(";"):
            terms.append(self._term(depth))
        return And(tuple(terms)) if len(terms) > 1 else terms[0]

    def _term(self, depth: int) -> QueryNode:
        cursor = self._cursor
        if not cursor.take("("):
            return self._predicate()
        if depth >= _DEEPEST:
            cursor.fail(f"parentheses are nested deeper than {_DEEPEST} levels")
        inner = self.alternatives(depth + 1)
        cursor.expect(")")
        return inner

    def _predicate(self) -> QueryNode:
        cursor = self._cursor
        path = parse_linked_path(cursor, self._context, self._json_keys)
        for symbol, negated in _PATTERNS:
            if cursor.take(symbol):
                return Match(path, parse_pattern(cursor), negated)
        for operator in (Operator.EQUAL, Operator.UNEQUAL):
            if cursor.take(operator.value):
                return Comparison(path, operator, self._equality(path))
        for operator in _ORDERS:
            if cursor.take(operator.value):
                return Comparison(path, operator, parse_comparable(cursor))
        return Exists(path)

    def _equality(self, path: ValuePath | LinkedPath) -> Literal | Range | Values:
        target = path
        while isinstance(target, LinkedPath):
            target = target.target
        expands = not self._expand_values.isdisjoint(target.names)
        operand = parse_equality(self._cursor, self._context.expand_vocab if expands else None)
        # Types are stored expanded (5.5.7), also those of the objects in a value.
        if (target.trailing or target.names)[-1] in _TYPE_NAMES:
            return _with_types(operand, self._context.expand_vocab)
        return operand


def _with_types(
    operand: Literal | Range | Values, expand: Callable[[str], str]
) -> Literal | Range | Values:
    """Let a text stand for the type that it names, too."""
    if isinstance(operand, Range):
        return operand
    items = operand.items if isinstance(operand, Values) else (operand,)
    texts = (item.value if isinstance(item, Uri) else item for item in items)
    named = (Uri(expand(text)) for text in texts if isinstance(text, str))
    added = tuple(uri for uri in dict.fromkeys(named) if uri not in items)
    return Values(items + added) if added else operand
