"""Finds which of many regular expressions can match a text, without trying each.

Most expressions for ids begin with plain signs, e.g. `^urn:ngsi-ld:Bin:` or `urn:ngsi-ld:Bin:.*`:
where these signs do not occur in the text, the expression cannot match.
"""

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["PatternIndex", "plain_start"]

#: Signs without a meaning of their own in an expression.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_:/#%~@,;=&'\"!<>-]*", re.ASCII)
_REPEATS: Final = ("*", "?", "{")


def plain_start(pattern: str) -> tuple[str, bool]:
    """Read the plain signs that a text must hold for an expression to match.

    Returns:
        The signs, maybe none, and whether the text must begin with them.
    """
    anchored = pattern.startswith("^")
    rest = pattern[anchored:]
    if "|" in rest:
        # An alternative without these signs may follow.
        return "", False
    found = _PLAIN.match(rest)
    plain = found[0] if found else ""
    if rest[len(plain) :].startswith(_REPEATS):
        plain = plain[:-1]
    return plain, anchored


#: What a text must hold → the expressions that begin with it.
_Table = dict[str, dict[str, None]]


class PatternIndex:
    """Expressions by the plain signs that they begin with, and by how many these are."""

    def __init__(self) -> None:
        self._starting: dict[int, _Table] = {}
        self._holding: dict[int, _Table] = {}

    def add(self, pattern: str) -> None:
        plain, anchored = plain_start(pattern)
        tables = self._starting if anchored else self._holding
        tables.setdefault(len(plain), {}).setdefault(plain, {})[pattern] = None

    def remove(self, pattern: str) -> None:
        plain, anchored = plain_start(pattern)
        tables = self._starting if anchored else self._holding
        table = tables[len(plain)]
        del table[plain][pattern]
        if not table[plain]:
            del table[plain]
        if not table:
            del tables[len(plain)]

    def hits(self, text: str) -> list[str]:
        """List the expressions that can match; some of them may not."""
        found: list[str] = []
        for length, table in self._starting.items():
            found += table.get(text[:length], ())
        for length, table in self._holding.items():
            for plain in _occurring(text, length, table):
                found += table[plain]
        return found


def _occurring(text: str, length: int, table: _Table) -> Iterable[str]:
    """Find the texts of one length that occur in another, from the side that is shorter."""
    places = len(text) - length + 1
    if len(table) <= places:
        return [plain for plain in table if plain in text]
    return {part for place in range(places) if (part := text[place : place + length]) in table}
