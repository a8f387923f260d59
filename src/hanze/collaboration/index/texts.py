"""The texts of all rows, inverted, and what each row scores for a question.

Weights are those of BM25 (Robertson and Zaragoza, 2009). A word of a question scores by the best of
the ways in which it is found, so that what says the same twice does not count twice.
"""

import math
from collections.abc import Collection, Iterator
from heapq import nlargest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.index.asking import Asked, Way
from hanze.collaboration.index.beginnings import Beginnings
from hanze.collaboration.index.names import Names
from hanze.collaboration.index.postings import Entries, Postings
from hanze.collaboration.index.reading import Terms

__all__ = ["TextIndex"]

Floats = NDArray[np.float32]

#: Of BM25: how soon a repeated word counts no more, and how much a long text weakens each.
_K1: Final = 1.2
_B: Final = 0.6
_CONCEPT: Final = 1.5
_HALF_CONCEPT: Final = 0.5
_NAME: Final = 0.8
#: Words that an unfinished one may become.
_ENDINGS: Final = 50
#: Of three words and more, not each must be found.
_MANY_WORDS: Final = 3
_MOST_OF_THEM: Final = 0.7
#: Of a description, what scores less than this part of the best is not about the same.
_LEAST_OF_BEST: Final = 0.25


class TextIndex:
    """Lemmas, concepts and references of rows."""

    def __init__(self) -> None:
        self._lemmas = Postings()
        self._concepts = Postings()
        self._references = Postings()
        #: Words as they are written, and the lemmas themselves → lemmas.
        self._forms: dict[str, str] = {}
        self._beginnings = Beginnings()
        self._lengths = np.zeros(1_024, np.float32)
        self._rows = 0
        self._total = 0.0

    def add(self, row: int, terms: Terms) -> None:
        """Add a row that is above all that were added."""
        self._lemmas.add(row, terms.lemmas)
        self._concepts.add(row, terms.concepts)
        self._references.add(row, terms.references)
        for lemma in terms.lemmas:
            self._add_form(lemma, lemma)
        for form, lemma in terms.forms.items():
            self._add_form(form, lemma)
        while row >= len(self._lengths):
            self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
        self._lengths[row] = length = sum(terms.lemmas.values())
        self._total += length
        self._rows += 1

    def _add_form(self, form: str, lemma: str) -> None:
        if form not in self._forms:
            self._forms[form] = lemma
            self._beginnings.add(form)

    def keep(self, places: NDArray[np.int64]) -> None:
        """Renumber the rows, as `Postings.keep` does."""
        for postings in (self._lemmas, self._concepts, self._references):
            postings.keep(places)
        kept = self._lengths[: len(places)][places[: len(self._lengths)] >= 0]
        self._lengths = np.concatenate([kept, np.zeros(len(kept) + 1_024, np.float32)])
        self._rows = int(np.count_nonzero(kept))
        self._total = float(kept.sum())

    def scores(self, asked: Asked, names: Names, size: int) -> Floats:
        """Score each of so many rows; 0 is not found."""
        if not asked.words:
            return self._of_description(asked, names, size)
        by_word = np.zeros((len(asked.words), size), np.float32)
        for way in asked.ways:
            for entries, scores in self._found(way, names):
                for word in way.words:
                    scored = by_word[word]
                    scored[entries.rows] = np.maximum(scored[entries.rows], scores)
        covered = np.count_nonzero(by_word, axis=0)
        needed = len(asked.words)
        if needed >= _MANY_WORDS:
            needed = math.ceil(_MOST_OF_THEM * needed)
        # Where nothing has them all, what has most of them is better than nothing.
        needed = max(1, min(needed, int(covered.max(initial=0))))
        total: Floats = by_word.sum(axis=0) * (covered / np.float32(len(asked.words)))
        total[covered < needed] = 0
        return total.astype(np.float32)

    def may_have(self, words: Collection[frozenset[str]], size: int) -> NDArray[np.bool_]:
        """Which of so many rows may have all words, each given by the lemmas that it may have.

        A word of which no row has a lemma says nothing: it may be a stop word where it stands.
        """
        known = [[lemma for lemma in word if self._lemmas.count(lemma)] for word in words]
        found = np.full(size, any(known), np.bool_)
        for lemmas in filter(None, known):
            there = np.zeros(size, np.bool_)
            for lemma in lemmas:
                there[self._lemmas.of(lemma).rows] = True
            found &= there
        return found

    def ways_to(self, row: int, asked: Asked, names: Names) -> Iterator[tuple[Way, str, float]]:
        """Go through the ways in which a row was found: way, term or id of what is named, score."""
        for way in asked.ways:
            for term, entries, share in self._entries(way, names):
                weight = entries.weight(row)
                if weight:
                    yield way, term, weight * share * way.weight * self._rarity(len(entries.rows))

    def _of_description(self, asked: Asked, names: Names, size: int) -> Floats:
        total = np.zeros(size, np.float32)
        for way in asked.ways:
            for entries, scores in self._found(way, names):
                total[entries.rows] += scores
        total[total < _LEAST_OF_BEST * total.max(initial=0.0)] = 0
        return total

    def _found(self, way: Way, names: Names) -> Iterator[tuple[Entries, Floats]]:
        for _, entries, share in self._entries(way, names):
            if not len(entries.rows):
                continue
            weight = np.float32(self._rarity(len(entries.rows)) * way.weight * share)
            if way.kind in ("lemma", "prefix"):
                mean = max(self._total / max(self._rows, 1), 1.0)
                length = self._lengths[entries.rows] / np.float32(mean)
                often = entries.weights
                scores = often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * length))
            else:
                scores = entries.weights / (entries.weights + _HALF_CONCEPT) * _CONCEPT
            yield entries, (weight * scores).astype(np.float32)

    def _entries(self, way: Way, names: Names) -> Iterator[tuple[str, Entries, float]]:
        """The rows of a way: term, rows, and which part of its weight it has."""
        if way.kind == "lemma":
            yield way.term, self._lemmas.of(way.term), 1.0
        elif way.kind == "concept":
            yield way.term, self._concepts.of(way.term), 1.0
        elif way.kind == "prefix":
            for term in self._endings(way.term):
                yield term, self._lemmas.of(term), 1.0
        else:
            for record_id in names.by_title(way.term):
                yield record_id, self._references.of(record_id), _NAME

    def _endings(self, prefix: str) -> Iterator[str]:
        """Lemmas of the words that begin so; the most frequent where there are too many."""
        found = dict.fromkeys(self._forms[form] for form in self._beginnings.of(prefix))
        yield from nlargest(_ENDINGS, found, key=self._lemmas.count)

    def _rarity(self, count: int) -> float:
        return math.log(1 + (max(self._rows - count, 0) + 0.5) / (count + 0.5))
