"""The entity type selection language, from text to tree (CIM 009, 4.17)."""

import re
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.scan import Cursor
from hanze.ngsild.query.tree import TypeSelection

__all__ = ["parse_types"]

_CLAUSE: Final = "4.17"
_LONGEST: Final = 65_536
_MOST: Final = 1000
_ANY: Final = "*"
_NAME = re.compile(r"[^\s|,;()]+")


def parse_types(text: str, context: Context) -> TypeSelection | None:
    """Read a selection such as `(Home;Vehicle),Motorhome`; `None` for "*" (5.2.33).

    Raises:
        InvalidInput: The text breaks the grammar, or a type cannot be expanded.
    """
    if text == _ANY:
        return None
    cursor = Cursor(text, field="type", clause=_CLAUSE, longest=_LONGEST)
    groups = [_group(cursor, context)]
    while cursor.take("|") or cursor.take(","):
        groups.append(_group(cursor, context))
        if len(groups) > _MOST:
            cursor.fail(f"more than {_MOST} types are selected")
    if not cursor.at_end:
        cursor.fail("| or , is expected; types that go together stand in parentheses")
    return tuple(groups)


def _group(cursor: Cursor, context: Context) -> frozenset[str]:
    if not cursor.take("("):
        return frozenset((_type(cursor, context),))
    types = {_type(cursor, context)}
    while cursor.take(";"):
        types.add(_type(cursor, context))
    cursor.expect(")")
    return frozenset(types)


def _type(cursor: Cursor, context: Context) -> str:
    found = cursor.match(_NAME)
    if found is None:
        cursor.fail("the name of a type is expected")
    try:
        return context.expand_name(found[0])
    except InvalidInput as error:
        raise InvalidInput(
            str(error), field="type", value=found[0], clause=error.clause or _CLAUSE
        ) from error
