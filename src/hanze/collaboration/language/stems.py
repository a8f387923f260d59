"""Stems of Dutch and English lemmas, so that words of one family meet: "lonely" and "loneliness".

Lemmas keep parts of speech apart (eenzaam, eenzaamheid; pollute, pollution), while a label has only
one of them. A stem is no word and is compared with stems only.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

__all__ = ["stem"]

#: Of a stem, in letters.
_SHORTEST: Final = 4

#: Endings of derivation and what stands instead; the first that fits is taken off.
_ENDINGS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "nl": (
        ("iseren", "is"),
        ("isering", "is"),
        ("isatie", "is"),
        ("erende", "er"),
        ("erend", "er"),
        ("teren", "t"),
        ("tering", "t"),
        ("eren", "er"),
        ("ering", "er"),
        ("atie", "er"),
        ("tie", "t"),
        ("ingen", ""),
        ("ing", ""),
        ("elijk", ""),
        ("lijk", ""),
        ("baar", ""),
        ("ende", ""),
        ("end", ""),
        ("ige", ""),
        ("ig", ""),
        ("tje", ""),
        ("en", ""),
        ("e", ""),
    ),
    "en": (
        ("ization", "is"),
        ("isation", "is"),
        ("izing", "is"),
        ("ising", "is"),
        ("ize", "is"),
        ("ise", "is"),
        ("eliness", "el"),
        ("iness", ""),
        ("ness", ""),
        ("ations", ""),
        ("ation", ""),
        ("itions", "it"),
        ("ition", "it"),
        ("tions", "t"),
        ("tion", "t"),
        ("sion", "d"),
        ("ments", ""),
        ("ment", ""),
        ("ically", "ic"),
        ("ally", ""),
        ("ily", ""),
        ("ely", "el"),
        ("ly", ""),
        ("able", ""),
        ("ility", "il"),
        ("ity", ""),
        ("ety", ""),
        ("ings", ""),
        ("ing", ""),
        ("ate", ""),
        ("ous", ""),
        ("al", ""),
        ("ed", ""),
        ("e", ""),
    ),
}

#: Words that look like one family with another word and are not: training and train, policy and police.
_ALONE: Final = frozenset(
    {
        *(
            "training",
            "including",
            "mobile",
            "parking",
            "product",
            "building",
            "learning",
            "planning",
        ),
        *("meeting", "housing", "general", "physical", "capital", "community", "authority"),
        *("career", "universal", "literal", "diverse", "authentic"),
        *("leiding", "regeling", "stelling", "vergadering", "lening", "mening", "oefening"),
    }
)

#: Open and closed syllables of Dutch (parkeren, parkeer) and doubled consonants (plan, planning).
_DOUBLED = re.compile(r"(.)\1")
_DUTCH_VOICED: Final = {"v": "f", "z": "s"}


@lru_cache(maxsize=100_000)
def stem(lemma: str, language: str) -> str:
    """Return the stem of a lower case lemma; a Korean one is its own.

    Some words that would fall together with those of another family are their own stems too.
    """
    if language not in _ENDINGS or len(lemma) <= _SHORTEST or lemma in _ALONE:
        return lemma
    if language == "nl" and len(lemma) > len("heden") + _SHORTEST:
        lemma = lemma.removesuffix("heden").removesuffix("heid")
    for ending, instead in _ENDINGS[language]:
        if lemma.endswith(ending) and len(lemma) - len(ending) + len(instead) >= _SHORTEST:
            lemma = lemma[: -len(ending)] + instead
            break
    lemma = _DOUBLED.sub(r"\1", lemma)
    if language == "nl":
        return lemma[:-1] + _DUTCH_VOICED.get(lemma[-1], lemma[-1])
    return lemma
