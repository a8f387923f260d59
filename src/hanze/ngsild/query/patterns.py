"""POSIX regular expressions of q and idPattern (CIM 009, 4.9 patternOp), matched in linear time."""

from functools import lru_cache
from typing import Final

# The wheel has no type information.
import re2  # type: ignore[import-untyped]  # publishes no types

from hanze.errors import InvalidInput

__all__ = ["check_pattern", "found_in"]

#: The longest expression; RE2's own memory limit bounds what repetition makes of it.
_LONGEST: Final = 1024
_MEMORY: Final = 1 << 20


def check_pattern(pattern: str, *, field: str, clause: str = "4.9") -> str:
    """Return the pattern when it is a usable regular expression.

    Raises:
        InvalidInput: It is too long, too large once compiled, or not an expression.
    """
    if len(pattern) > _LONGEST:
        raise InvalidInput(
            f"The regular expression is longer than {_LONGEST} characters",
            field=field,
            value=pattern,
            clause=clause,
        )
    try:
        _compiled(pattern)
    except (re2.error, UnicodeError) as error:
        raise InvalidInput(
            "The regular expression is not valid", field=field, value=pattern, clause=clause
        ) from error
    return pattern


def found_in(pattern: str, text: str) -> bool:
    """Tell whether the expression matches somewhere in the text."""
    return _compiled(pattern).search(text) is not None


# As few as bound the memory: each may take up to _MEMORY.
@lru_cache(maxsize=128)
def _compiled(pattern: str) -> "re2._Regexp[str]":
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return re2.compile(pattern, options)
