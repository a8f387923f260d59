"""The field `Via`: which Context Sources a request has passed (CIM 009, 4.3.6.4, 6.3.18; RFC 9110, 7.6.3)."""

import re
from typing import Final

__all__ = ["alias_in", "passed_by", "via_of"]

#: An entry has a protocol, and who received the request by it.
_WORDS: Final = 2
_COMMENT: Final = re.compile(r"\([^()]*\)")
#: A pseudonym, or a host with a port: what can be written back as it came.
_ALIAS: Final = re.compile(r"[!-'*+./0-9:-~-]+")


def alias_in(alias: str, tenant: str) -> str:
    """Name one tenant of a node among others (5.2.40): each counts as a source of its own (4.14)."""
    return f"{alias}.{tenant}" if tenant else alias


def passed_by(field: str) -> tuple[str, ...]:
    """Read the field: who received the request, in order; what is no entry is passed over."""
    # Not one expression for it all: the field is a stranger's, and may be long.
    entries = (part.split() for part in _COMMENT.sub(" ", field).split(","))
    return tuple(
        words[1] for words in entries if len(words) == _WORDS and _ALIAS.fullmatch(words[1])
    )


def via_of(passed: tuple[str, ...], own: str) -> str:
    """Write the field of a request that is passed on: who had it before, and this node."""
    return ", ".join(f"1.1 {alias}" for alias in (*passed, own))
