"""Texts that a regular expression cannot do without: most expressions name one."""

from typing import Final

__all__ = ["longest_literal"]

_SPECIAL: Final = frozenset(".^$*+?{}[]\\|()")
#: After these, what stood before may be missing altogether.
_OPTIONAL: Final = frozenset("*?{")
#: Alternatives, groups and flags: then nothing of the text need be there as it is written.
_UNREADABLE: Final = frozenset("|()")


def longest_literal(pattern: str) -> str:
    """Give the longest text that whatever the expression matches contains; the last of several.

    Empty where none is seen at a glance.
    """
    if not _UNREADABLE.isdisjoint(pattern):
        return ""
    best, run = "", ""
    position = 0
    while position < len(pattern):
        character, position = _next(pattern, position)
        following = pattern[position : position + 1]
        if character is not None and (following == "" or following not in _OPTIONAL):
            run += character
            if following != "+":
                continue
        best = run if len(run) >= len(best) else best
        run = ""
    return run if len(run) >= len(best) else best


def _next(pattern: str, position: int) -> tuple[str | None, int]:
    """Read one element: the character that it stands for, if it is one, and where the next begins."""
    character = pattern[position]
    if character == "\\":
        escaped = pattern[position + 1 : position + 2]
        is_literal = escaped != "" and not escaped.isalnum()
        if not is_literal:
            # Classes, assertions and codes: from here on the text is not read.
            return None, len(pattern)
        return escaped, position + 2
    if character == "[":
        return None, _after_class(pattern, position)
    if character == "{":
        end = pattern.find("}", position)
        return None, end + 1 if end > 0 else len(pattern)
    return (None if character in _SPECIAL else character), position + 1


def _after_class(pattern: str, position: int) -> int:
    """Find the end of a bracket expression; where it is not plain, nothing more is read."""
    end = pattern.find("]", position + 2)
    inside = pattern[position + 1 : end]
    if end < 0 or "[" in inside or "\\" in inside:
        return len(pattern)
    if inside.startswith("^]") or inside in {"", "^"}:
        return len(pattern)
    return end + 1
