"""Dutch, English and Korean: texts of the pages and words for the terms of the data.

Catalogues as text in `locale/`, by language: those in `pages/` hold what the pages say (English is
the text in the templates itself), those in `terms/` what types, attributes, units and vocabulary
values are called. They are compiled in memory at start, so no `.mo` file can be out of date.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

__all__ = [
    "LANGUAGES",
    "Language",
    "language",
    "local_name",
    "preferred",
    "read_catalogue",
    "type_words",
]

#: In the order in which the switch shows them; the first is served when nothing else fits.
LANGUAGES = ("en", "nl", "ko")

#: How numbers and dates are written; English as in Europe, with the day first and 24 hours.
_LOCALES = {"en": "en_GB", "nl": "nl", "ko": "ko"}
_NAMES = {"en": "English", "nl": "Nederlands", "ko": "한국어"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")


@dataclass(frozen=True)
class Language:
    """One language of the portal."""

    code: str
    name: str
    locale: Locale
    texts: NullTranslations
    terms: Catalog

    def term(self, kind: str, name: str) -> str | None:
        """Say what a term is called in this language.

        Args:
            kind: "type", "attribute", "unit", "unit words" or "value".
            name: The term as in the data, without its vocabulary ("AirQualityObserved").
        """
        message = self.terms.get(name, kind)
        return str(message.string) if message is not None and message.string else None

    def words(self, kind: str, iri: str) -> str:
        """Name a type or an attribute; one that the catalogue lacks is split into words."""
        local = local_name(iri)
        return self.term(kind, local) or _humanise(local)


@lru_cache(maxsize=8_192)
def local_name(iri: str) -> str:
    """Cut the vocabulary off: what stands after the last `#`, `/` or `:`."""
    return re.split(r"[#/:]", iri.rstrip("#/:"))[-1]


def read_catalogue(code: str, domain: str) -> Catalog:
    """Read every file in `locale/<code>/<domain>/` into one catalogue.

    Raises:
        ValueError: Two files translate a text differently.
    """
    folder = resources.files("hanze.web.portal") / "locale" / code / domain
    whole = Catalog(locale=code, domain=domain)
    for source in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for message in read_po(BytesIO(source.read_bytes()), locale=code, domain=domain):
            known = whole.get(message.id, message.context) if message.id else None
            if known is not None and known.string != message.string:
                raise ValueError(f"{source.name} translates {message.id!r} in its own way")
            if message.id:
                whole[message.id] = message
    return whole


@cache
def language(code: str) -> Language:
    """Compile the catalogues of one of `LANGUAGES`."""
    return Language(
        code=code,
        name=_NAMES[code],
        locale=Locale.parse(_LOCALES[code]),
        texts=_texts(code),
        terms=read_catalogue(code, "terms"),
    )


def type_words(iri: str) -> dict[str, str]:
    """Name a type in every language that has a word for it."""
    local = local_name(iri)
    named = ((code, language(code).term("type", local)) for code in LANGUAGES)
    return {code: name for code, name in named if name}


def preferred(accept_language: str) -> str:
    """Choose the language that a browser asks for (RFC 9110, 12.5.4)."""
    best, best_quality = LANGUAGES[0], 0.0
    for part in accept_language[:500].split(","):
        tag, _, parameter = part.partition(";")
        code = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if code in LANGUAGES and quality > best_quality:
            best, best_quality = code, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    return float(value) if re.fullmatch(r"\s*[01](\.\d{0,3})?\s*", value) else 0.0


def _texts(code: str) -> NullTranslations:
    if code == "en":
        return NullTranslations()
    buffer = BytesIO()
    write_mo(buffer, read_catalogue(code, "pages"))
    buffer.seek(0)
    return Translations(buffer)


def _humanise(name: str) -> str:
    words = [word for word in _CAMEL.split(name) if word]
    spaced = " ".join(
        word if word[:2].isupper() and len(word) > 1 else word.lower() for word in words
    )
    return spaced[:1].upper() + spaced[1:]
