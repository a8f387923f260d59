"""The texts of all rows, inverted, and what each row scores for a question.

Weights are those of BM25 (Robertson and Zaragoza, 2009). A word of a question scores by the best of
the ways in which it is found, so that what says the same twice does not count twice. What a row
scores depends on the rows that are there, not on the order in which they came or on what has gone.
"""

import math
from bisect import insort
from collections.abc import Collection, Iterator
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
#: Lengths are added up in such parts: a sum of floats depends on their order.
_PARTS: Final = 1 << 20


class TextIndex:
    """Lemmas, concepts and references of rows."""

    def __init__(self) -> None:
        self._lemmas = Postings()
        self._concepts = Postings()
        self._references = Postings()
        #: Words as they are written, and the lemmas themselves → lemmas.
        self._forms: dict[str, tuple[str, ...]] = {}
        self._beginnings = Beginnings()
        self._lengths = np.zeros(1_024, np.float32)
        self._alive = np.zeros(1_024, np.bool_)
        self._rows = 0
        self._dead = 0
        self._total = 0

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
            self._alive = np.concatenate([self._alive, np.zeros_like(self._alive)])
        self._lengths[row] = math.fsum(terms.lemmas.values())
        self._alive[row] = True
        self._total += self._length(row)
        self._rows += 1

    def drop(self, row: int | None) -> None:
        """Have a row found no more; nothing happens where it was never added."""
        if row is None or row >= len(self._alive) or not self._alive[row]:
            return
        self._alive[row] = False
        self._total -= self._length(row)
        self._rows -= 1
        self._dead += 1

    def _length(self, row: int) -> int:
        return round(float(self._lengths[row]) * _PARTS)

    def _add_form(self, form: str, lemma: str) -> None:
        known = self._forms.get(form)
        if known is None:
            self._forms[form] = (lemma,)
            self._beginnings.add(form)
        elif lemma not in known:
            self._forms[form] = (*known, lemma)

    def keep(self, places: NDArray[np.int64]) -> None:
        """Renumber the rows, as `Postings.keep` does."""
        for postings in (self._lemmas, self._concepts, self._references):
            postings.keep(places)
        stay = places[: len(self._lengths)] >= 0
        lengths, alive = self._lengths[: len(places)][stay], self._alive[: len(places)][stay]
        self._lengths = np.concatenate([lengths, np.zeros(len(lengths) + 1_024, np.float32)])
        self._alive = np.concatenate([alive, np.zeros(len(alive) + 1_024, np.bool_)])
        self._dead = 0

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
        known = [[lemma for lemma in word if self._count(lemma)] for word in words]
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
                mean = max(self._total / _PARTS / max(self._rows, 1), 1.0)
                length = self._lengths[entries.rows] / np.float32(mean)
                often = entries.weights
                scores = often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * length))
            else:
                scores = entries.weights / (entries.weights + _HALF_CONCEPT) * _CONCEPT
            yield entries, (weight * scores).astype(np.float32)

    def _entries(self, way: Way, names: Names) -> Iterator[tuple[str, Entries, float]]:
        """The rows of a way: term, rows, and which part of its weight it has."""
        if way.kind == "lemma":
            yield way.term, self._of(self._lemmas, way.term), 1.0
        elif way.kind == "concept":
            yield way.term, self._of(self._concepts, way.term), 1.0
        elif way.kind == "prefix":
            for term in self._endings(way.term):
                yield term, self._of(self._lemmas, term), 1.0
        else:
            for record_id in sorted(names.by_title(way.term)):
                yield record_id, self._of(self._references, record_id), _NAME

    def _of(self, postings: Postings, term: str) -> Entries:
        """The rows of a term that are there."""
        entries = postings.of(term)
        if not self._dead:
            return entries
        there = self._alive[entries.rows]
        return Entries(entries.rows[there], entries.weights[there])

    def _count(self, lemma: str) -> int:
        return len(self._of(self._lemmas, lemma).rows)

    def _endings(self, prefix: str) -> list[str]:
        """Lemmas of the words that begin so; the most frequent where there are too many."""
        lemmas = {lemma for form in self._beginnings.of(prefix) for lemma in self._forms[form]}
        best: list[tuple[int, str]] = []
        # By how many rows they ever had: the rest has no more than that, and need not be counted.
        for lemma in sorted(lemmas, key=lambda one: (-self._lemmas.count(one), one)):
            if len(best) >= _ENDINGS and self._lemmas.count(lemma) < -best[_ENDINGS - 1][0]:
                break
            count = self._count(lemma)
            if count:
                insort(best, (-count, lemma))
        return [lemma for _, lemma in best[:_ENDINGS]]

    def _rarity(self, count: int) -> float:
        return math.log(1 + (max(self._rows - count, 0) + 0.5) / (count + 0.5))
