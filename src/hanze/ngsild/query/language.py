"""The language filter (CIM 009, 4.15): which language of a languageMap a reader wants."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonValue

__all__ = ["LanguageRange", "Languages", "choose", "parse_languages"]

_CLAUSE: Final = "4.15"
_LONGEST: Final = 1000
_ANY: Final = "*"
_DEFAULT: Final = "@none"
_RANGE = re.compile(
    r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


@dataclass(frozen=True, slots=True)
class LanguageRange:
    """One wish: a language range in small letters, or "*", and its quality from 0 to 1."""

    tag: str
    quality: float = 1.0


#: Best first; wishes of the same quality in the order in which they came.
Languages = tuple[LanguageRange, ...]


def parse_languages(text: str) -> Languages:
    """Read a language filter such as `fr-CH,fr;q=0.9,*;q=0.5` (RFC 3282).

    Raises:
        InvalidInput: A part is no language range, or its quality is no number from 0 to 1.
    """
    if len(text) > 2 and text[0] == text[-1] == '"':
        # The examples of the clause have quotes around the filter.
        text = text[1:-1]
    ranges = [_range(part.strip(" \t"), text) for part in text[: _LONGEST + 1].split(",")]
    if len(text) > _LONGEST:
        raise _refusal(f"lang is longer than {_LONGEST} characters", text)
    return tuple(sorted(ranges, key=lambda wish: -wish.quality))


def choose(
    language_map: Mapping[str, JsonValue], languages: Languages
) -> tuple[str, JsonValue] | None:
    """Choose the language that is served, with its value; `None` for an empty map.

    A range matches its own tag and longer ones ("fr" matches "fr-CH"); when no range does, shorter
    ones serve ("fr" for "fr-BE"); after that, any language (4.15).
    """
    language = next(_candidates(language_map, languages), None)
    return None if language is None else (language, language_map[language])


def _candidates(language_map: Mapping[str, JsonValue], languages: Languages) -> Iterator[str]:
    refused = {wish.tag for wish in languages if not wish.quality}
    wanted = [wish.tag for wish in languages if wish.quality]
    for tag in wanted:
        if tag == _ANY:
            named = {*wanted, *refused}
            yield from _others(language_map, named)
        else:
            yield from _matching(language_map, tag)
    for tag in wanted:
        parts = tag.split("-")
        for length in range(len(parts) - 1, 0, -1):
            shorter = "-".join(parts[:length])
            yield from (name for name in language_map if name.lower() == shorter)
    yield from _others(language_map, refused)
    yield from language_map


def _matching(language_map: Mapping[str, JsonValue], tag: str) -> Iterator[str]:
    yield from (name for name in language_map if name.lower() == tag)
    yield from (name for name in language_map if name.lower().startswith(tag + "-"))


def _others(language_map: Mapping[str, JsonValue], named: set[str]) -> Iterator[str]:
    """What is in no particular language comes before what is in a language not asked for."""
    if _DEFAULT in language_map:
        yield _DEFAULT
    for name in language_map:
        if not any(name.lower() == tag or name.lower().startswith(tag + "-") for tag in named):
            yield name


def _range(part: str, text: str) -> LanguageRange:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise _refusal(
            "lang must list language tags, each with a quality from 0 to 1 at most", text
        )
    return LanguageRange(found[1].lower(), 1.0 if found[2] is None else float(found[2]))


def _refusal(detail: str, text: str) -> InvalidInput:
    return InvalidInput(detail, field="lang", value=text, clause=_CLAUSE)
