"""Finds which of many regular expressions can match a text, without trying each.

Most expressions for ids begin with plain signs, e.g. `^urn:ngsi-ld:Bin:` or `urn:ngsi-ld:Bin:.*`:
where these signs do not occur in the text, the expression cannot match.
"""

import re
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


class PatternIndex:
    """Expressions by the plain signs that they begin with."""

    def __init__(self) -> None:
        self._starting: dict[str, dict[str, None]] = {}
        self._holding: dict[str, dict[str, None]] = {}

    def add(self, pattern: str) -> None:
        plain, anchored = plain_start(pattern)
        table = self._starting if anchored else self._holding
        table.setdefault(plain, {})[pattern] = None

    def remove(self, pattern: str) -> None:
        plain, anchored = plain_start(pattern)
        table = self._starting if anchored else self._holding
        del table[plain][pattern]
        if not table[plain]:
            del table[plain]

    def hits(self, text: str) -> list[str]:
        """List the expressions that can match; some of them may not."""
        found: list[str] = []
        if self._starting:
            for end in range(len(text) + 1):
                found += self._starting.get(text[:end], ())
        if self._holding:
            for plain, patterns in self._holding.items():
                if plain in text:
                    found += patterns
        return found
