"""The field `Via`: which Context Sources a request has passed (CIM 009, 4.3.6.4, 6.3.18; RFC 9110, 7.6.3)."""

import re
from typing import Final

__all__ = ["alias_in", "passed_by", "via_of"]

#: An entry: a protocol, by whom it was received, and perhaps a comment.
_ENTRY: Final = re.compile(
    r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+/)?[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]+([^\s,()]+)"
    r"[ \t]*(?:\([^()]*\))?"
)


def alias_in(alias: str, tenant: str) -> str:
    """Name one tenant of a node among others (5.2.40): each counts as a source of its own (4.14)."""
    return f"{alias}.{tenant}" if tenant else alias


def passed_by(field: str) -> tuple[str, ...]:
    """Read the field: who received the request, in order; what is no entry is passed over."""
    return tuple(_ENTRY.findall(field))


def via_of(passed: tuple[str, ...], own: str) -> str:
    """Write the field of a request that is passed on: who had it before, and this node."""
    return ", ".join(f"1.1 {alias}" for alias in (*passed, own))
