"""How the index writes down one value: a tag and eight bytes."""

from collections.abc import Callable, Hashable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.model import AttributeKind
from hanze.ngsild.query.compare import moment_of, normalise_uri
from hanze.ngsild.query.tree import MomentKind

__all__ = [
    "ABSENT",
    "BOOLEAN",
    "EXACT",
    "HASHED",
    "HUGE",
    "KINDS",
    "KIND_NUMBERS",
    "MOMENT",
    "NUMBER",
    "OTHER",
    "PATH_VALUE",
    "POINT",
    "TEXT",
    "UNKNOWN",
    "URI",
    "TextCodes",
    "text_hash",
]

# Forms: the low three bits of a tag. They tell what the eight bytes are.
#: Anything that the columns cannot judge: several instances, arrays, objects. `evaluate` decides.
OTHER: Final = 0
#: A float64 that is exactly the JSON number.
NUMBER: Final = 1
#: 0 or 1.
BOOLEAN: Final = 2
#: The code of a string.
TEXT: Final = 3
#: The code of a URI.
URI: Final = 4
#: Microseconds since 1970 of a DateTime, or of a string that holds one.
MOMENT: Final = 5
#: The hash of a string or URI for which the dictionary had no room.
HASHED: Final = 6
#: Nothing; the position is in the box.
POINT: Final = 7

#: The kinds of attributes; the high bits of a tag.
KINDS: Final = (None, *AttributeKind)
KIND_NUMBERS: Final = {kind.value: number << 3 for number, kind in enumerate(KINDS) if kind}

#: The tag of a row without the attribute.
ABSENT: Final = 0
#: Added to the form in columns of paths, which may lead to values of any kind.
PATH_VALUE: Final = len(KINDS) << 3
#: The tag of a row that a column of a path has not looked at yet.
UNKNOWN: Final = (len(KINDS) + 1) << 3

#: Beyond so many different strings of one attribute their hashes are kept in their place.
MOST_TEXTS: Final = 4_096

#: Conditions of which is remembered what they say of a dictionary.
MOST_VERDICTS: Final = 32

#: Integers up to here are exact as float64.
EXACT: Final = 1 << 53
#: Floats from here on may be integers that a JSON reader could not hold.
HUGE: Final = float(1 << 63)


class TextCodes:
    """The dictionary of an attribute's strings: grows to a bound, never forgets.

    Attributes:
        texts: By code.
        codes: By string.
        alike: Codes of strings that are the same URI (RFC 3986, section 6), by its normal form.
    """

    __slots__ = ("_verdicts", "alike", "codes", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.codes: dict[str, int] = {}
        self.alike: dict[str, tuple[int, ...]] = {}
        self._verdicts: dict[Hashable, NDArray[np.bool_]] = {}

    def code(self, text: str) -> int | None:
        """Return the code of a string; `None` when there is no room for another."""
        code = self.codes.get(text)
        if code is None and len(self.texts) < MOST_TEXTS:
            code = self.codes[text] = len(self.texts)
            self.texts.append(text)
            normal = normalise_uri(text)
            self.alike[normal] = (*self.alike.get(normal, ()), code)
        return code

    def verdicts(self, key: Hashable, decide: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Return for each code what is decided of its string; remembered for the next query."""
        known = self._verdicts.get(key)
        start = 0 if known is None else len(known)
        if known is None or start < len(self.texts):
            fresh = np.array([decide(text) for text in self.texts[start:]], np.bool_)
            known = fresh if known is None else np.concatenate((known, fresh))
            if len(self._verdicts) >= MOST_VERDICTS:
                del self._verdicts[next(iter(self._verdicts))]
            self._verdicts[key] = known
        return known

    def encode_text(self, text: str) -> tuple[int, int]:
        """Return form and payload of a string."""
        code = self.codes.get(text)
        if code is not None:
            return TEXT, code
        if text[:1].isdigit():
            moment = moment_of(text)
            if moment is not None and moment.kind is MomentKind.DATE_TIME:
                return MOMENT, moment.microseconds
        code = self.code(text)
        return (HASHED, text_hash(text)) if code is None else (TEXT, code)

    def encode_uri(self, uri: str) -> tuple[int, int]:
        """Return form and payload of a URI."""
        code = self.code(uri)
        return (HASHED, text_hash(uri)) if code is None else (URI, code)


def text_hash(text: str) -> int:
    """Return a hash that is the same for equivalent URIs, and seldom for anything else."""
    # Without escapes and authority, equivalent URIs differ in capitals only.
    plain = "%" not in text and "://" not in text
    return hash((text if plain else normalise_uri(text)).lower())
