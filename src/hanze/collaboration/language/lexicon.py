"""The labels of a vocabulary in one language, as what texts are searched for.

A label is kept under its content lemmas written together: "fietsen stallen", "fiets-stallen" and
"fietsstallen" are one key, and Korean labels are found however the text spaces them. A match must
begin and end where a word does.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.language.compounds import DutchCompounds, KoreanCompounds
from hanze.collaboration.language.detect import Language
from hanze.collaboration.language.korean import KoreanReader
from hanze.collaboration.language.lemmas import Word, words
from hanze.collaboration.language.stems import stem

__all__ = ["MOST_WORDS", "Lexicon", "Shares"]

#: Words of a phrase; longer labels are found by their words only.
MOST_WORDS: Final = 6

#: A word in more labels than this tells too little of each to be looked up there.
_MOST_LABELS: Final = 60


class Shares(NamedTuple):
    """What a word is of labels: their numbers, and which part of the meaning of each (0..1)."""

    labels: NDArray[np.int64]
    parts: NDArray[np.float64]


class Lexicon:
    """Labels of one language.

    Args:
        language: Of the labels.
        labels: Pairs of concept id and label.
        korean: What reads Korean labels: the same that reads the texts.

    Attributes:
        phrases: Written-together lemmas, or surface forms → concept ids.
        stems: The same of stems.
        shares: Stem of a word → its shares of labels of several words.
        concept_of: Label number → concept id.
        longest: Characters of the longest key.
        compounds: Cuts what is written together by the labels' own words.
    """

    def __init__(
        self, language: Language, labels: Iterable[tuple[str, str]], *, korean: KoreanReader
    ) -> None:
        self.language: Language = language
        read = [
            (concept, _content(words(label, language, korean=korean))) for concept, label in labels
        ]
        own = {
            form
            for _, label in read
            for word in label
            if not word.stop
            for form in (word.lemma, word.surface)
        }
        self.compounds: DutchCompounds | KoreanCompounds | None = _compounds(language, own)
        phrases: defaultdict[str, dict[str, None]] = defaultdict(dict)
        stems: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for concept, label in read:
            if all(word.stop for word in label):
                continue
            phrases["".join(word.lemma for word in label)][concept] = None
            phrases["".join(word.surface for word in label)][concept] = None
            stems["".join(stem(word.lemma, language) for word in label)][concept] = None
        self.phrases: Mapping[str, tuple[str, ...]] = _frozen(phrases)
        self.stems: Mapping[str, tuple[str, ...]] = _frozen(stems)
        self.longest = max(map(len, phrases), default=0)
        self.shares, self.concept_of = self._shares(read)

    def parts(self, word: str) -> tuple[str, ...]:
        """Parts of a compound, as they stand in it."""
        return self.compounds.parts(word) if self.compounds else ()

    def _shares(
        self, read: Sequence[tuple[str, tuple[Word, ...]]]
    ) -> tuple[Mapping[str, Shares], Sequence[str]]:
        """Which part of each label of several words, or of a compound, each of its words is.

        A rare word is more of it than one that many labels have ("slimme", "systeem").
        """
        cut = [(concept, sorted(self._stems_of(label))) for concept, label in read]
        cut = [(concept, label) for concept, label in cut if len(label) > 1]
        among = Counter(word for _, label in cut for word in label)
        rarity = {word: math.log(1 + len(cut) / count) for word, count in among.items()}
        shares: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, label) in enumerate(cut):
            total = sum(rarity[word] for word in label)
            for word in label:
                if among[word] <= _MOST_LABELS:
                    shares[word].append((number, rarity[word] / total))
        arrays = {
            word: Shares(
                np.array([label for label, _ in found]), np.array([part for _, part in found])
            )
            for word, found in shares.items()
        }
        return arrays, [id_ for id_, _ in cut]

    def _stems_of(self, label: Iterable[Word]) -> set[str]:
        found: set[str] = set()
        for word in label:
            if word.stop:
                continue
            parts = self.parts(word.lemma)
            for part in parts or (word.lemma,):
                found |= {stem(inner.lemma, self.language) for inner in self.word_of(part)}
        return found

    def word_of(self, part: str) -> tuple[Word, ...]:
        """The word that a part of a compound is: a Dutch one is reduced to its lemma again."""
        return (
            _content(words(part, self.language)) if self.language == "nl" else (Word(part, part),)
        )


def _compounds(language: Language, own: set[str]) -> DutchCompounds | KoreanCompounds | None:
    if language == "nl":
        # Parts of labels are words of the field too: "parkeren" of "fietsparkeren".
        first = DutchCompounds(own)
        return DutchCompounds(own.union(*(first.parts(word) for word in own)))
    return KoreanCompounds(own) if language == "ko" else None


def _content(label: Iterable[Word]) -> tuple[Word, ...]:
    return tuple(word for word in label if word.lemma)


def _frozen(found: Mapping[str, Mapping[str, None]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(concepts) for key, concepts in found.items()}
