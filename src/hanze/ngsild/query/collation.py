"""How texts are ordered: ICU's collations (CIM 009, 4.9 and 4.23; RFC 6067).

ICU takes any language tag and passes over what it does not know. A client that asks for an order
has to get that order or a clear error, so a tag is checked here before ICU sees it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

# The wheel has no type information; `_SortKey` states what is used of it.
import icu  # type: ignore[import-untyped]  # publishes no types

from hanze.errors import InvalidInput

__all__ = ["check_collation", "collation_key", "root_key"]

_SortKey = Callable[[str], bytes]

_LONGEST: Final = 100
#: "und-x-icu" is what 4.23.1 calls the root collation, after PostgreSQL's names.
_ICU_SUFFIX: Final = "-x-icu"
_TAG = re.compile(
    r"(?P<language>und|[a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?"
    r"(-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-u(?P<keywords>(?:-[a-z0-9]{2,8})+))?"
)

_SWITCH: Final = frozenset(("true", "false", "yes", "no", ""))
#: Keywords of RFC 6067 that order texts, with their values; ICU itself checks those of `kr`.
_KEYWORDS: Final[Mapping[str, frozenset[str] | None]] = {
    "co": None,
    "kr": None,
    "ks": frozenset(("level1", "level2", "level3", "level4", "identic")),
    "ka": frozenset(("noignore", "shifted")),
    "kb": _SWITCH,
    "kc": _SWITCH,
    "kk": _SWITCH,
    "kn": _SWITCH,
    "kf": frozenset(("upper", "lower", "false", "no")),
    "kv": frozenset(("space", "punct", "symbol", "currency")),
}
#: ICU's own, longer names of collation types; others are called the same.
_TYPES: Final[Mapping[str, str]] = {
    "phonebk": "phonebook",
    "trad": "traditional",
    "dict": "dictionary",
}
#: Collations that serve searching; ICU does not offer them for sorting.
_UNSORTED: Final = frozenset(("search", "searchjl"))

_root_key: _SortKey = icu.Collator.createInstance(icu.Locale.getRoot()).getSortKey


def root_key(text: str) -> tuple[bytes, str]:
    """Key of a text in ICU's root collation; the text itself breaks ties, so the order is total."""
    return _root_key(text), text


def collation_key(tag: str | None) -> Callable[[str], bytes]:
    """Give the function that turns a text into its sort key; the root collation for `None`.

    Raises:
        InvalidInput: As for `check_collation`.
    """
    return _root_key if tag is None else _tailored_key(tag.lower())


def check_collation(tag: str) -> None:
    """Refuse a tag that is no BCP 47 tag of a collation that ICU has (5.7.2.4).

    Raises:
        InvalidInput: The tag is malformed, or asks for what would silently be passed over.
    """
    _tailored_key(tag.lower())


@lru_cache(maxsize=128)
def _tailored_key(tag: str) -> _SortKey:
    found = _TAG.fullmatch(tag.removesuffix(_ICU_SUFFIX)) if len(tag) <= _LONGEST else None
    if found is None:
        raise _refusal("collation must be a BCP 47 language tag, e.g. de-u-co-phonebk", tag)
    try:
        locale = icu.Locale.forLanguageTag(found[0])
        _check_language(found["language"], tag)
        _check_keywords(found["keywords"] or "", locale, tag)
        key: _SortKey = icu.Collator.createInstance(locale).getSortKey
    except icu.ICUError as error:
        raise _refusal("The collation has a value that ICU does not know", tag) from error
    return key


def _check_language(language: str, tag: str) -> None:
    # What has no name in ICU is no language that anybody could have meant.
    if language != "und" and icu.Locale(language).getDisplayLanguage() == language:
        raise _refusal(f"ICU does not know the language {language} of the collation", tag)


def _check_keywords(text: str, locale: icu.Locale, tag: str) -> None:
    for key, value in _split_keywords(text.split("-")[1:], tag).items():
        if key not in _KEYWORDS:
            raise _refusal(f"The collation has a keyword {key} that orders nothing", tag)
        known = _types_of(locale) if key == "co" else _KEYWORDS[key]
        if known is not None and _TYPES.get(value, value) not in known:
            raise _refusal(f"ICU has no value {value or 'empty'} of {key} for the collation", tag)


def _types_of(locale: icu.Locale) -> frozenset[str]:
    base = icu.Locale(locale.getBaseName())
    return frozenset(icu.Collator.getKeywordValuesForLocale("collation", base)) - _UNSORTED


def _split_keywords(parts: Sequence[str], tag: str) -> Mapping[str, str]:
    """Keywords have two characters, the subtags of their values three to eight."""
    keywords: dict[str, str] = {}
    key = None
    for part in parts:
        if len(part) == 2:
            if part in keywords:
                raise _refusal(f"The collation has the keyword {part} twice", tag)
            key = part
            keywords[key] = ""
        elif key is None:
            raise _refusal("The collation has a value without its keyword", tag)
        else:
            keywords[key] = f"{keywords[key]}-{part}".removeprefix("-")
    return keywords


def _refusal(detail: str, tag: str) -> InvalidInput:
    return InvalidInput(detail, field="collation", value=tag, clause="4.23.3")
