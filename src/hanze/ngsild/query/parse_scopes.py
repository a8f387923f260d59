"""The scope query language, from text to tree (CIM 009, 4.19)."""

import re
from typing import Final

from hanze.ngsild.query.scan import Cursor
from hanze.ngsild.query.tree import ScopePattern, ScopeQuery

__all__ = ["parse_scopes"]

_LONGEST: Final = 8192
_MOST: Final = 1000
_LEVEL = re.compile(r"\+|[^\W\d_]\w*")


def parse_scopes(text: str) -> ScopeQuery:
    """Read a scope query such as `(/Deventer/+/Parks;/CompanyA)|/CompanyB/#`.

    A scope may come without its leading slash, as in example 5 of the clause, and the whole query
    in quotes, as in annex C.5.15.2.

    Raises:
        InvalidInput: The text breaks the grammar.
    """
    if len(text) > 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    cursor = Cursor(text, field="scopeQ", clause="4.19", longest=_LONGEST)
    groups = [_group(cursor)]
    while cursor.take("|") or cursor.take(","):
        groups.append(_group(cursor))
        if len(groups) > _MOST:
            cursor.fail(f"more than {_MOST} scopes are asked for")
    if not cursor.at_end:
        cursor.fail("| or , is expected; scopes that go together stand in parentheses")
    return tuple(groups)


def _group(cursor: Cursor) -> tuple[ScopePattern, ...]:
    if not cursor.take("("):
        return (_pattern(cursor),)
    patterns = [_pattern(cursor)]
    while cursor.take(";"):
        patterns.append(_pattern(cursor))
    cursor.expect(")")
    return tuple(patterns)


def _pattern(cursor: Cursor) -> ScopePattern:
    if cursor.take("/#"):
        return ScopePattern((), below=True)
    cursor.take("/")
    levels = [_level(cursor)]
    while True:
        if cursor.take("/#"):
            return ScopePattern(tuple(levels), below=True)
        if not cursor.take("/"):
            return ScopePattern(tuple(levels))
        levels.append(_level(cursor))


def _level(cursor: Cursor) -> str:
    found = cursor.match(_LEVEL)
    if found is None:
        cursor.fail("the name of a scope level, or +, is expected")
    return found[0]
