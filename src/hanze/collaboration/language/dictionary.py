"""Simplemma's dictionaries of Dutch and English: the lemma of a word, and whether it is one."""

from functools import lru_cache

import simplemma

__all__ = ["dictionary_lemma", "is_known"]

#: Distinct words of descriptions in a whole country's records; some 20 MB when full.
_REMEMBERED = 100_000


@lru_cache(maxsize=_REMEMBERED)
def dictionary_lemma(word: str, language: str) -> str:
    """Return the lemma of a lower case word; the word itself where the dictionary has none.

    The compact dictionaries are used: 14 MB instead of 78 for both languages, and 18 us instead of
    4 for a word that was not asked before.
    """
    return simplemma.lemmatize(word, lang=language, low_memory=True).lower()


@lru_cache(maxsize=_REMEMBERED)
def is_known(word: str, language: str) -> bool:
    """Whether the dictionary of a language has a word."""
    return simplemma.is_known(word, lang=language, low_memory=True)
