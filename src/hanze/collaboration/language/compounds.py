"""Words written together and their parts: Dutch fietsparkeren, Korean 스마트가로등.

A word is cut where both sides are words, with Dutch linking letters between them. Words of the
vocabulary count for more than those of a dictionary, so that a cut follows the field's own words.
"""

import math
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from hanze.collaboration.language.dictionary import is_known
from hanze.collaboration.language.stems import stem

__all__ = ["DICTIONARY", "DutchCompounds", "KoreanCompounds"]

_LONGEST: Final = 36
_MOST_PARTS: Final = 4
_REMEMBERED: Final = 50_000

#: Shortest part in letters: of the vocabulary ("bus", "eco"), of the dictionary ("weg" would cut
#: too much: "be-weg-ing").
_SHORTEST_OWN: Final = 3
_SHORTEST_KNOWN: Final = 4
_LINKS: Final = ("", "s", "en", "e", "n", "-")

#: What a cut costs: each part, each linking letter, and each letter of a part that only the dictionary
#: knows, so that a cut covers as much as it can with words of the vocabulary.
_PART: Final = 0.5
_LINK: Final = 0.1
_KNOWN_LETTER: Final = 0.08

#: Endings and beginnings that dictionaries hold as words and that are no parts.
_NO_PARTS_TEXT: Final = (
    "baar heid ings ende ende eren ering eert lijk loos ling inge heden schap atie isch onge aars "
    "teit tief aten ster erin eren aard eert ende eind eten tien elen elijk ting onen open over "
    "voor door onder tegen naar baas staan der den ten ter een het"
)
_NO_PARTS: Final = frozenset(_NO_PARTS_TEXT.split())


class DutchCompounds:
    """Cuts Dutch compounds.

    Args:
        words: Words of the field, lower case; cuts prefer them.
    """

    def __init__(self, words: Collection[str] = ()) -> None:
        self._words = frozenset(word for word in words if len(word) >= _SHORTEST_OWN)
        self._stems = frozenset(stem(word, "nl") for word in self._words)
        self._cached = lru_cache(maxsize=_REMEMBERED)(self._parts)

    def parts(self, word: str) -> tuple[str, ...]:
        """The parts of a lower case word, in order; empty where it has none or is too long."""
        return self._cached(word)

    def _parts(self, word: str) -> tuple[str, ...]:
        if not 2 * _SHORTEST_OWN <= len(word) <= _LONGEST:
            return ()
        cost, found = self._cheapest(word, _MOST_PARTS, {})
        if len(found) == 1 or cost == math.inf:
            return ()
        # A word of the dictionary (parkeerplaats) is cut only into words of the vocabulary.
        whole = is_known(word, "nl") and not all(self._is_own(part) for part in found)
        return () if whole else found

    def _cheapest(
        self, rest: str, most: int, known: dict[tuple[str, int], tuple[float, tuple[str, ...]]]
    ) -> tuple[float, tuple[str, ...]]:
        """The cheapest way to cut the rest of a word into at most so many parts."""
        if (rest, most) in known:
            return known[rest, most]
        best: tuple[float, tuple[str, ...]] = (
            self._cost(rest) if most < _MOST_PARTS else math.inf,
            (rest,),
        )
        for end in range(_SHORTEST_OWN, len(rest) - _SHORTEST_OWN + 1) if most > 1 else ():
            cost = self._cost(rest[:end])
            if cost >= best[0]:
                continue
            for link in _LINKS:
                behind = rest[end + len(link) :]
                if len(behind) < _SHORTEST_OWN or not rest.startswith(link, end):
                    continue
                more, parts = self._cheapest(behind, most - 1, known)
                total = cost + more + (_LINK if link else 0.0)
                if total < best[0]:
                    best = (total, (rest[:end], *parts))
        known[rest, most] = best
        return best

    def _is_own(self, part: str) -> bool:
        if part in self._words:
            return part not in _NO_PARTS
        return len(part) > _SHORTEST_KNOWN and stem(part, "nl") in self._stems

    def _cost(self, part: str) -> float:
        if self._is_own(part):
            return _PART
        if len(part) >= _SHORTEST_KNOWN and part not in _NO_PARTS and is_known(part, "nl"):
            return _PART + _KNOWN_LETTER * len(part)
        return math.inf


class KoreanCompounds:
    """Cuts Korean words that are written together, by the longest known word from the left.

    Args:
        words: Words of the field of two syllables and more.
    """

    _SHORTEST: Final = 2
    _SHORTEST_WORD: Final = 3

    def __init__(self, words: Collection[str] = ()) -> None:
        self._words = frozenset(word for word in words if len(word) >= self._SHORTEST)
        self._cached = lru_cache(maxsize=_REMEMBERED)(self._parts)

    def parts(self, word: str) -> tuple[str, ...]:
        """The parts of a word, in order, what is not known between them too; empty without known."""
        return self._cached(word)

    def _parts(self, word: str) -> tuple[str, ...]:
        if not self._SHORTEST_WORD <= len(word) <= _LONGEST:
            return ()
        found: list[str] = []
        unknown = ""
        start = 0
        while start < len(word):
            end = len(word)
            while end - start >= self._SHORTEST and word[start:end] not in self._words:
                end -= 1
            if end - start < self._SHORTEST or end - start == len(word):
                unknown += word[start]
                start += 1
                continue
            found += [unknown] * bool(unknown) + [word[start:end]]
            unknown, start = "", end
        return (*found, *[unknown] * bool(unknown)) if found else ()


#: Cuts by the dictionary alone.
DICTIONARY: Final = DutchCompounds()
