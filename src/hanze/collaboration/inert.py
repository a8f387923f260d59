"""Text from people without a name: plain, short, and with nothing in it to click (pure)."""

import re
import unicodedata
from typing import Final

from hanze.errors import InvalidInput

__all__ = ["TextRefused", "inert"]

#: What makes an address out of words. Pages show text as text; this keeps also those that make
#: links of addresses by themselves (mail programs, spreadsheets) from doing so.
_SCHEME: Final = re.compile(
    r"[a-z][a-z0-9+.\-]{0,20}:/{1,}|(?:javascript|data|vbscript|mailto|tel|file):(?=\S)",
    re.IGNORECASE,
)
_BLANK_LINES: Final = re.compile(r"\n{3,}")


class TextRefused(InvalidInput):
    """A text is empty or too long."""


def inert(text: str, *, field: str, most: int, lines: bool = False) -> str:
    """Make plain text of what somebody typed.

    Control and direction characters go, and so does what makes a link of an address: the words of
    it stay.

    Args:
        field: For the message.
        most: Characters that it may have.
        lines: Whether it may have more than one line.

    Raises:
        TextRefused: It is empty or too long.
    """
    # Before anything is worked through: what is far too long must not cost time.
    if len(text) > 2 * most + 1000:
        raise TextRefused(f"{field} must have at most {most} characters", field=field)
    kept = "".join(
        one
        for one in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
        if one == "\n" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    before = None
    while before != kept:
        before, kept = kept, _SCHEME.sub("", kept)
    plain = _BLANK_LINES.sub("\n\n", kept) if lines else " ".join(kept.split())
    plain = plain.strip()
    if not plain:
        raise TextRefused(f"{field} must have text", field=field)
    if len(plain) > most:
        raise TextRefused(f"{field} must have at most {most} characters", field=field)
    return plain
