"""Lemmas of Dutch, English and Korean texts: the words that say what a text is about.

Dutch and English by simplemma's dictionaries, Korean as `korean` says. Of each text the first 20,000
characters are looked at (`ANALYSED_CHARACTERS`): a description is shorter, and what is pasted behind
it must not cost more.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from hanze.collaboration.language.detect import ANALYSED_CHARACTERS, Language
from hanze.collaboration.language.dictionary import dictionary_lemma
from hanze.collaboration.language.korean import KoreanReader, korean_words
from hanze.collaboration.language.stop_words import LINKING_WORDS, STOP_WORDS

__all__ = ["BREAK", "Word", "lemmas", "words"]

_LONGEST_WORD: Final = 60
_SHORTEST: Final = 2
_ABBREVIATION: Final = 3
_REMEMBERED: Final = 100_000

#: Words with their inner hyphens, apostrophes and digits ("e-bike", "co2", "foto's"), Hangul, and
#: what ends a clause. Alternatives start with different characters: nothing is tried twice.
_TOKEN = re.compile(
    r"[a-z\u00df-\u00f6\u00f8-\u024f0-9]+(?:[-'\u2019][a-z\u00df-\u00f6\u00f8-\u024f0-9]+)*"
    r"|[\uac00-\ud7a3]+|[.,;:!?()\n\u00b7/]"
)
#: "city's", "foto's", "we're": what follows is no part of the word.
_APOSTROPHE = re.compile(r"['\u2019].*")
#: Between parts of two characters and more; "e-bike" stays together.
_HYPHEN = re.compile(r"(?<=[^-]{2})-(?=[^-]{2})")


class Word(NamedTuple):
    """A word of a text.

    Attributes:
        lemma: Lower case, without hyphens; "" for the end of a clause.
        surface: As it stands in the text, otherwise the same.
        stop: Whether it is a stop word or a number, which counts within a label only.
    """

    lemma: str
    surface: str
    stop: bool = False


#: Forms for which a dictionary gives a word of another meaning, and the lemma that they get here: young
#: people are not all that is young, and what is parked, trained or housed is no park, train or house.
_FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {"jongeren": "jongere"},
    "en": {"parked": "parking", "trained": "training", "housed": "housing"},
}

#: Where a clause ends: no phrase goes across.
BREAK: Final = Word("", "")


def lemmas(text: str, language: Language) -> tuple[str, ...]:
    """Content lemmas of a text, lower case, in order and with repetitions, without stop words.

    Args:
        text: Its first 20,000 characters are looked at.
        language: Of the text; `detect` tells it.
    """
    return tuple(word.lemma for word in words(text, language) if word.lemma and not word.stop)


def words(
    text: str, language: Language, *, korean: KoreanReader = korean_words
) -> tuple[Word, ...]:
    """Words of a text in order, without those that only link, with `BREAK` where a clause ends.

    Args:
        text: Its first 20,000 characters are looked at.
        language: Of the text.
        korean: What reads a Korean one.
    """
    analysed = text[:ANALYSED_CHARACTERS]
    if language == "ko":
        found = [_korean(word) for word in korean(analysed)]
    else:
        found = [_latin(token, language) for token in _TOKEN.findall(analysed.lower())]
    return tuple(chain.from_iterable(found))


@lru_cache(maxsize=_REMEMBERED)
def _korean(word: str) -> tuple[Word, ...]:
    if not word:
        return (BREAK,)
    if word.isascii():
        return _latin(word, "en")
    if word in LINKING_WORDS["ko"] or len(word) > _LONGEST_WORD:
        return ()
    return (Word(word, word, stop=word in STOP_WORDS["ko"]),)


@lru_cache(maxsize=_REMEMBERED)
def _latin(token: str, language: str) -> tuple[Word, ...]:
    """The words of a token; none for a letter and for words that only link.

    Parts with a hyphen between them are words of their own, and a single letter is of the next
    ("e-bike"); phrases are compared without blanks, so that "co2-neutraal" and "co2 neutraal" meet.
    """
    if not token[0].isalnum():
        return (BREAK,)
    surface = _APOSTROPHE.sub("", token)
    parts = [part.replace("-", "") for part in _HYPHEN.split(surface)]
    found = (_word(part, language) for part in parts if part)
    return tuple(word for word in found if word is not None)


def _word(surface: str, language: str) -> Word | None:
    if surface in LINKING_WORDS[language] or len(surface) > _LONGEST_WORD:
        return None
    if surface.isdigit():
        return Word(surface, surface, stop=True)
    if len(surface) < _SHORTEST:
        return None
    lemma, stop_words = _lemma(surface, language), STOP_WORDS[language]
    return Word(lemma, surface, stop=surface in stop_words or lemma in stop_words)


def _lemma(surface: str, language: str) -> str:
    if len(surface) <= _ABBREVIATION:
        # "ai", "ev", "bus": dictionaries make other words of abbreviations.
        return surface
    form = _FORMS[language].get(surface)
    if form is not None:
        return form
    if language == "en":
        # A dictionary makes "park" of "parking" and "build" of "building", which are other things.
        if surface.endswith("ing"):
            return surface
        if surface.endswith("ings"):
            return surface[:-1]
    lemma = dictionary_lemma(surface, language)
    if dictionary_lemma(lemma, language) == surface:
        # The Dutch one turns "fiets" into "fietsen" and "fietsen" into "fiets".
        return min(lemma, surface, key=len)
    return lemma
