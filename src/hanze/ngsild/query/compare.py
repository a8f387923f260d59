"""What the operators of q mean for one target value (CIM 009, 4.9).

Values have sorts that do not mix: numbers, strings, booleans, moments, URIs, objects, arrays.
Values of different sorts are unequal and have no order. Three refinements:

- A string that holds a DateTime, Date or Time, as a quoted operand or as a value, is also a moment:
  with a moment on the other side the comparison is temporal.
- URIs and strings are equal when they are the same URI (RFC 3986, section 6); neither URIs nor
  booleans have an order.
- Strings are ordered by ICU's root collation, where capitals stand beside their small letters.

An array equals what it contains, and has no order. The texts of a language map (`Texts`) each
count as a value of their own.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue
from hanze.ngsild.moment import parse_date, parse_datetime, parse_time
from hanze.ngsild.query.collation import root_key
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.tree import Literal, Moment, MomentKind, Operator, Range, Uri, Values

__all__ = [
    "TargetValue",
    "Texts",
    "compare",
    "match_pattern",
    "moment_of",
    "normalise_uri",
]


class Texts(tuple[str, ...]):
    """The texts of a languageMap, or of one of its languages: any of them may match."""

    __slots__ = ()


#: One target value: JSON, a moment (of a member like observedAt), a URI or several, or texts.
TargetValue = JsonValue | Moment | Uri | tuple[Uri, ...] | Texts

_PARSERS: Final = (
    (MomentKind.DATE_TIME, parse_datetime),
    (MomentKind.DATE, parse_date),
    (MomentKind.TIME, parse_time),
)


def compare(value: TargetValue, operator: Operator, operand: Literal | Range | Values) -> bool:
    """Decide `value operator operand` for one target value (one instance of an attribute)."""
    if operator is Operator.EQUAL:
        return _meets(value, operand)
    if operator is Operator.UNEQUAL:
        return not _meets(value, operand)
    if isinstance(operand, Range | Values):
        return False
    if isinstance(value, Texts):
        return any(_ordered(text, operator, operand) for text in value)
    return _ordered(value, operator, operand)


def match_pattern(value: TargetValue, pattern: str, *, negated: bool) -> bool:
    """Decide `value ~= pattern`, or `!~=`; only strings match either (4.9 patternOp)."""
    if isinstance(value, str):
        return found_in(pattern, value) is not negated
    if isinstance(value, Texts) and value:
        if len(value) > 1 and _is_of_one_line(pattern):
            # One look at all of them together costs a third of three.
            return found_in(pattern, "\n".join(value)) is not negated
        return any(found_in(pattern, text) for text in value) is not negated
    return False


@lru_cache(maxsize=128)
def _is_of_one_line(pattern: str) -> bool:
    """Tell whether a match holds no line break, and does not depend on what stands around it.

    So it is without anchors, escapes, groups with flags, and classes that may hold a line break.
    """
    return not any(sign in pattern for sign in "^$\\-:(\n")


#: Remembered texts are short, so that clients cannot fill the memory.
_LONGEST_REMEMBERED: Final = 256
_LONGEST_MOMENT: Final = len("2026-01-01T00:00:00.000000Z")


def moment_of(text: str) -> Moment | None:
    """Read a text as DateTime, Date or Time (4.6.3), if it is one."""
    if len(text) > _LONGEST_MOMENT or not text[:1].isdigit() or text[-1] not in _MOMENT_ENDS:
        return None
    return _read_moment(text)


_MOMENT_ENDS: Final = frozenset("0123456789Z")


@lru_cache(maxsize=16_384)
def _read_moment(text: str) -> Moment | None:
    for kind, parse in _PARSERS:
        try:
            return Moment(kind, parse(text))
        except InvalidInput:
            continue
    return None


def _meets(value: TargetValue, operand: Literal | Range | Values) -> bool:
    if isinstance(operand, Values):
        return any(_equals_or_contains(value, item) for item in operand.items)
    if isinstance(operand, Range):
        if isinstance(value, Texts):
            return any(_within(text, operand) for text in value)
        return _within(value, operand)
    return _equals_or_contains(value, operand)


def _equals_or_contains(value: TargetValue, literal: Literal) -> bool:
    if isinstance(value, list | tuple):
        return any(_equal(element, literal) for element in value)
    return _equal(value, literal)


def _within(value: TargetValue, interval: Range) -> bool:
    return _ordered(value, Operator.GREATER_EQUAL, interval.low) and _ordered(
        value, Operator.LESS_EQUAL, interval.high
    )


def _equal(value: TargetValue, literal: Literal) -> bool:
    if isinstance(value, str):
        return _text_equal(value, literal)
    # bool is an int in Python; in JSON it is not.
    if isinstance(value, bool) or isinstance(literal, bool):
        return value is literal
    if isinstance(value, int | float):
        return isinstance(literal, int | float) and value == literal
    if isinstance(value, Moment):
        return value == (moment_of(literal) if isinstance(literal, str) else literal)
    if isinstance(value, Uri):
        other = literal.value if isinstance(literal, Uri) else literal
        return isinstance(other, str) and _same_uri(value.value, other)
    return False


def _text_equal(value: str, literal: Literal) -> bool:
    if isinstance(literal, str):
        if value == literal:
            return True
        moment = moment_of(literal)
        return moment is not None and moment == moment_of(value)
    if isinstance(literal, Moment):
        return literal == moment_of(value)
    return isinstance(literal, Uri) and _same_uri(value, literal.value)


def _ordered(value: TargetValue, operator: Operator, literal: Literal) -> bool:
    if isinstance(value, bool) or isinstance(literal, bool):
        return False
    if isinstance(value, int | float):
        return isinstance(literal, int | float) and _holds(operator, value, literal)
    if isinstance(value, str) and isinstance(literal, str):
        wanted = moment_of(literal)
        if wanted is None or (found := moment_of(value)) is None or found.kind is not wanted.kind:
            return _holds(operator, root_key(value), root_key(literal))
        return _holds(operator, found.microseconds, wanted.microseconds)
    found, wanted = _as_moment(value), _as_moment(literal)
    if found is None or wanted is None or found.kind is not wanted.kind:
        return False
    return _holds(operator, found.microseconds, wanted.microseconds)


def _as_moment(value: TargetValue) -> Moment | None:
    if isinstance(value, Moment):
        return value
    return moment_of(value) if isinstance(value, str) else None


_Key = TypeVar("_Key", float, tuple[bytes, str])


def _holds(operator: Operator, left: _Key, right: _Key) -> bool:
    if operator is Operator.LESS:
        return left < right
    if operator is Operator.LESS_EQUAL:
        return left <= right
    if operator is Operator.GREATER:
        return left > right
    return left >= right


def _same_uri(left: str, right: str) -> bool:
    return left == right or normalise_uri(left) == normalise_uri(right)


def normalise_uri(text: str) -> str:
    """Write a URI so that equivalent ones are the same text (RFC 3986, 6.2.2 and 6.2.3).

    Scheme and host in small letters, escapes in capitals and only where needed, no dot segments, no
    default port, "/" for an empty path. What is no URI comes back as it is.
    """
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _normalised(text)


_PORTS: Final[Mapping[str, str]] = {"http": ":80", "https": ":443"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


def _normalised(text: str) -> str:
    scheme, colon, _ = text.partition(":")
    if not colon or not _SCHEME.fullmatch(scheme):
        return text
    unescaped = _ESCAPE.sub(_plain_escape, text)
    try:
        parts = urlsplit(unescaped)
    except ValueError:
        return text
    if not parts.netloc:
        # A URN's namespace is case-insensitive too (RFC 8141, 3.1).
        return _without_authority(scheme.lower(), unescaped[len(scheme) + 1 :])
    return _with_authority(parts)


_remembered = lru_cache(maxsize=65_536)(_normalised)


def _without_authority(scheme: str, rest: str) -> str:
    if scheme == "urn":
        namespace, colon, name = rest.partition(":")
        return f"{scheme}:{namespace.lower()}{colon}{name}"
    return f"{scheme}:{rest}"


def _with_authority(parts: SplitResult) -> str:
    user, at, host = parts.netloc.rpartition("@")
    host = host.lower().removesuffix(_PORTS.get(parts.scheme, "")).rstrip(":")
    path = _without_dots(parts.path.split("/")) or "/"
    return parts._replace(netloc=user + at + host, path=path).geturl()


def _plain_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dots(segments: Sequence[str]) -> str:
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
