"""Operands of q (CIM 009, 4.9: ComparableValue, CompEqualityValue, RegExp)."""

import math
import re
from collections.abc import Callable
from typing import Final

import orjson

from hanze.errors import InvalidInput
from hanze.ngsild.moment import parse_date, parse_datetime, parse_time
from hanze.ngsild.query.patterns import check_pattern
from hanze.ngsild.query.scan import Cursor
from hanze.ngsild.query.tree import Literal, Moment, MomentKind, Range, Uri, Values

__all__ = ["parse_comparable", "parse_equality", "parse_pattern"]

_LONGEST_LIST: Final = 1000
_LONGEST_NUMBER: Final = 400

_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d+)?Z"
_MOMENTS: Final[tuple[tuple[MomentKind, re.Pattern[str], Callable[[str], int]], ...]] = (
    (
        MomentKind.DATE_TIME,
        re.compile(rf"\d{{4}}-\d\d-\d\dT{_CLOCK}", re.ASCII),
        lambda text: parse_datetime(text, field="q"),
    ),
    (
        MomentKind.DATE,
        re.compile(r"\d{4}-\d\d-\d\d(?![\dT])", re.ASCII),
        lambda text: parse_date(text, field="q"),
    ),
    (MomentKind.TIME, re.compile(_CLOCK, re.ASCII), lambda text: parse_time(text, field="q")),
)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
# The grammar has no blanks; the standard's own examples have them before a quote (C.5.13.2, 4.9).
_BLANK = re.compile(r' +(?=")')
# A value ends where the query goes on: with an operator, a list, a range or a parenthesis.
_END = re.compile(r"(?=[;|),]|\.\.|\Z)")
_BOOLEAN = re.compile(r"(true|false)(?=[;|),]|\Z)")
_BARE = re.compile(r"[^\W\d_]\w*(?=[;|),]|\Z)")
_URI_START = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?=[^;|,\s])", re.ASCII)
_URI_TEXT = re.compile(r"""[^\s<>"{}|\\^`;,()]+""")
_QUOTED_PATTERN = re.compile(r'"((?:[^"\\]|\\.)*)"(?=[;|)]|\Z)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BRACKETS = re.compile(r"\[\^?\]?(?:\[:\w+:\]|[^\]])*\]")


def parse_comparable(cursor: Cursor) -> Literal:
    """Read a number, a quoted text, or a moment.

    Raises:
        InvalidInput: None of these is here.
    """
    value = _comparable(cursor)
    if value is None:
        cursor.fail("a number, a text in quotes, a date or a time is expected")
    return value


def parse_equality(cursor: Cursor, expand: Callable[[str], str] | None) -> Literal | Range | Values:
    """Read what `==` and `!=` compare with: a value, a list, a range or URIs.

    Args:
        expand: Turns texts into IRIs, for attributes whose values are to be expanded.
    """
    first = _value(cursor, expand)
    if cursor.take(".."):
        if isinstance(first, bool | Uri):
            cursor.fail("a range has numbers, texts in quotes, dates or times as ends")
        return Range(first, parse_comparable(cursor))
    items = [first]
    while cursor.take(","):
        items.append(_value(cursor, expand))
        if len(items) > _LONGEST_LIST:
            cursor.fail(f"the list has more than {_LONGEST_LIST} values")
    return Values(tuple(items)) if len(items) > 1 else first


def parse_pattern(cursor: Cursor) -> str:
    r"""Read a regular expression, with or without quotes around it.

    Between quotes only the quote itself is escaped (`\"`). Without, the expression ends at the
    first `;`, `|` or `)` outside of its own brackets and parentheses.
    """
    start = cursor.position
    if cursor.peek() == '"':
        found = cursor.match(_QUOTED_PATTERN)
        if found is None:
            cursor.fail("the quotes around the regular expression do not close")
        pattern = found[1]
    else:
        pattern = _bare_pattern(cursor)
    if not pattern and cursor.position == start:
        cursor.fail("a regular expression is expected")
    # One way to write a quote, so that the expression can be written back.
    plain = _ESCAPED.sub(lambda escape: '"' if escape[1] == '"' else escape[0], pattern)
    return check_pattern(plain, field=cursor.field)


def _comparable(cursor: Cursor) -> int | float | str | Moment | None:
    cursor.match(_BLANK)
    if cursor.peek() == '"':
        return _quoted(cursor)
    for kind, form, parse in _MOMENTS:
        found = cursor.match(form)
        if found is not None:
            _check_end(cursor)
            return Moment(kind, parse(found[0]))
    return _number(cursor)


def _quoted(cursor: Cursor) -> str:
    found = cursor.match(_QUOTED)
    if found is None:
        cursor.fail("the text in quotes is not a JSON string")
    try:
        text: str = orjson.loads(found[0])
    except orjson.JSONDecodeError as error:
        cursor.fail("the text in quotes is not a JSON string", error)
    _check_end(cursor)
    return text


def _number(cursor: Cursor) -> int | float | None:
    found = cursor.match(_NUMBER)
    if found is None:
        return None
    _check_end(cursor)
    if len(found[0]) > _LONGEST_NUMBER:
        cursor.fail("the number has too many digits")
    if not found[1] and not found[2]:
        return int(found[0])
    number = float(found[0])
    if not math.isfinite(number):
        cursor.fail("the number is too large")
    return number


def _value(cursor: Cursor, expand: Callable[[str], str] | None) -> Literal:
    value = _comparable(cursor)
    if value is None and (found := cursor.match(_BOOLEAN)):
        return found[1] == "true"
    if value is None:
        text = _uri(cursor)
    elif isinstance(value, str):
        text = value
    else:
        return value
    if expand is not None:
        return Uri(_expanded(cursor, text, expand))
    return Uri(text) if value is None else value


def _expanded(cursor: Cursor, text: str, expand: Callable[[str], str]) -> str:
    try:
        return expand(text)
    except InvalidInput as error:
        raise InvalidInput(
            str(error), field=cursor.field, value=text, clause=error.clause or cursor.clause
        ) from error


def _uri(cursor: Cursor) -> str:
    """Read a URI, or a bare name: annex C.5.5.2 of the standard has `brandName!=Mercedes`."""
    start = cursor.position
    if cursor.match(_URI_START):
        _pass_nested(cursor, _URI_TEXT)
        return cursor.text[start : cursor.position]
    found = cursor.match(_BARE)
    if found is None:
        cursor.fail("a number, a text in quotes, a date, a time, true, false or a URI is expected")
    return found[0]


def _pass_nested(cursor: Cursor, plain: re.Pattern[str]) -> None:
    """Pass over plain text and balanced parentheses; one that closes the query stays."""
    depth = 0
    while cursor.match(plain) or cursor.peek() in ("(", ")"):
        if cursor.take("("):
            depth += 1
        elif cursor.peek() == ")":
            if not depth:
                return
            depth -= 1
            cursor.position += 1
    if depth:
        cursor.fail("a parenthesis in the URI does not close")
    if not cursor.at_end and cursor.peek() not in ";|,":
        cursor.fail("the character cannot be part of a URI")


def _bare_pattern(cursor: Cursor) -> str:
    start, depth = cursor.position, 0
    while not cursor.at_end:
        character = cursor.peek()
        if character == "\\":
            cursor.position += 2
        elif character == "[":
            if not cursor.match(_BRACKETS):
                cursor.fail("a bracket in the regular expression does not close")
        elif not depth and character in ";|)":
            break
        else:
            depth += (character == "(") - (character == ")")
            cursor.position += 1
    cursor.position = min(cursor.position, len(cursor.text))
    return cursor.text[start : cursor.position]


def _check_end(cursor: Cursor) -> None:
    if _END.match(cursor.text, cursor.position) is None:
        cursor.fail("the value does not end here")
