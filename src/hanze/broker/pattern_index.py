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


#: By how many plain signs, and by these signs: the expressions that begin with them.
_Tables = dict[int, dict[str, dict[str, None]]]

#: So many of the first plain signs are looked for in a text, before all of them are.
_HEAD: Final = 4


class PatternIndex:
    """Expressions by the plain signs that they begin with, and by how many these are."""

    def __init__(self) -> None:
        self._starting: _Tables = {}
        # Once more by the first of these signs: many expressions share them, most texts lack them.
        self._holding: dict[str, _Tables] = {}

    def add(self, pattern: str) -> None:
        plain, anchored = plain_start(pattern)
        tables = self._starting if anchored else self._holding.setdefault(plain[:_HEAD], {})
        tables.setdefault(len(plain), {}).setdefault(plain, {})[pattern] = None

    def remove(self, pattern: str) -> None:
        plain, anchored = plain_start(pattern)
        tables = self._starting if anchored else self._holding[plain[:_HEAD]]
        table = tables[len(plain)]
        del table[plain][pattern]
        if not table[plain]:
            del table[plain]
        if not table:
            del tables[len(plain)]
        if not anchored and not tables:
            del self._holding[plain[:_HEAD]]

    def hits(self, text: str) -> list[str]:
        """List the expressions that can match; some of them may not."""
        found: list[str] = []
        for length, table in self._starting.items():
            found += table.get(text[:length], ())
        for head in self._heads(text):
            tables = self._holding[head]
            for plain in _occurring(text, head, tables):
                found += tables[len(plain)][plain]
        return found

    def _heads(self, text: str) -> Iterable[str]:
        """Find the beginnings that occur in a text, from the side that is shorter."""
        heads = self._holding
        if len(heads) <= len(text) * _HEAD:
            return [head for head in heads if head in text]
        parts = {
            text[place : place + length]
            for length in range(_HEAD + 1)
            for place in range(len(text) - length + 1)
        }
        return heads.keys() & parts


def _occurring(text: str, head: str, tables: _Tables) -> Iterable[str]:
    """Find the plain signs of a table that occur in a text; all begin with the same head."""
    if not head:
        return ("",)
    found: set[str] = set()
    place = text.find(head)
    while place >= 0:
        for length, table in tables.items():
            if (part := text[place : place + length]) in table:
                found.add(part)
        place = text.find(head, place + 1)
    return found
