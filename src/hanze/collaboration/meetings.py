"""Which records say what others need: pairs of records by the concepts that both are about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.index.reading import concepts_about
from hanze.collaboration.language.annotate import Annotation
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.surroundings import Allowed, Several

__all__ = ["MEETING_TYPES", "Meetings", "Met"]

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

#: Types of records whose texts are compared.
MEETING_TYPES: Final = (Demand, Solution, Project, ResearchQuestion)

#: Likeness (cosine of rare concepts) from which two are about the same.
_LEAST: Final = 0.35
#: How many others one record meets.
_MOST: Final = 4
#: Pairs of one kind that are looked into.
_MOST_IN_ALL: Final = 2_000
_TOLD: Final = 3
_BLOCK: Final = 512


@dataclass(frozen=True, slots=True)
class Met:
    """Two records that are about the same.

    Attributes:
        one: Of the one side.
        other: Of the other.
        alike: Over 0, to 1.
        shared: Gives the concepts that both are about, the most telling first.
    """

    one: Held[Record]
    other: Held[Record]
    alike: float
    shared: Callable[[], tuple[str, ...]]


class Meetings:
    """Compares records by what they are about.

    Args:
        annotations: What each record is about.
    """

    def __init__(self, annotations: Annotations) -> None:
        self._annotations = annotations
        self._about: dict[str, tuple[Annotation, dict[str, float]]] = {}

    async def prepare(self, collective: Collective, kinds: Sequence[type[Record]]) -> None:
        """Have the records of types read; others have their turn meanwhile."""
        for kind in kinds:
            await self._annotations.prepare(collective.of(kind))

    def about(self, held: Held[Record]) -> dict[str, float]:
        """The concepts that a record is about; top concepts say too little to count."""
        annotation = self._annotations.of(held)
        kept = self._about.get(held.record.id)
        if kept is not None and kept[0] is annotation:
            return kept[1]
        vocabulary = self._annotations.annotator.vocabulary
        found = concepts_about(annotation, vocabulary)
        about = {id_: w for id_, w in found.items() if vocabulary.concept(id_).broader is not None}
        self._about[held.record.id] = annotation, about
        return about

    def of_text(self, text: dict[str, str]) -> set[str]:
        """The concepts that a text is about."""
        annotator = self._annotations.annotator
        return set(concepts_about(annotator.annotate(text), annotator.vocabulary))

    def between(
        self,
        ones: Several,
        others: Several,
        *,
        asked: Callable[[Held[Record]], bool] = lambda _: True,
        allowed: Allowed,
    ) -> Iterator[Met]:
        """Go through the pairs that are about the same: of each record its best few.

        Args:
            ones: The one side.
            others: The other side.
            asked: Which records are asked for: one of a pair must be.
            allowed: Which pairs count, as a mask of ones by others.
        """
        sides = _Sides(self, ones, others)
        mine = np.array([asked(one) for one in ones], np.bool_)
        theirs = np.array([asked(one) for one in others], np.bool_)
        yield from sides.best(np.flatnonzero(mine), np.arange(len(others)), allowed)
        if not mine.all():
            yield from sides.best(np.flatnonzero(~mine), np.flatnonzero(theirs), allowed)


class _Sides:
    """Two sides as rows of concepts: each weighted by how rare it is, each row of length 1."""

    def __init__(self, meetings: Meetings, ones: Several, others: Several) -> None:
        self._ones, self._others = ones, others
        here, there = ([meetings.about(held) for held in side] for side in (ones, others))
        self._names = sorted({name for about in (*here, *there) for name in about})
        number = {name: place for place, name in enumerate(self._names)}
        first, second = _matrix(here, number), _matrix(there, number)
        among = np.count_nonzero(first, axis=0) + np.count_nonzero(second, axis=0)
        rarity = np.log1p((len(ones) + len(others)) / np.maximum(among, 1)).astype(np.float32)
        self._first, self._second = _scaled(first * rarity), _scaled(second * rarity)

    def best(self, rows: Numbers, columns: Numbers, allowed: Allowed) -> Iterator[Met]:
        """Go through the best few of some columns for each of some rows."""
        there = [self._others[column] for column in columns]
        if not there or not len(rows):
            return
        found = [
            self._best_of_block(rows[start : start + _BLOCK], columns, allowed, there)
            for start in range(0, len(rows), _BLOCK)
        ]
        scores, ours, theirs = (np.concatenate(part) for part in zip(*found, strict=True))
        for place in np.argsort(-scores, kind="stable")[:_MOST_IN_ALL]:
            row, column = int(ours[place]), int(theirs[place])
            shared = partial(self._shared, row, column)
            score = min(float(scores[place]), 1.0)
            yield Met(self._ones[row], self._others[column], score, shared)

    def _best_of_block(
        self, block: Numbers, columns: Numbers, allowed: Allowed, there: Several
    ) -> tuple[Floats, Numbers, Numbers]:
        """Scores, rows and columns of the best few of each row of a block."""
        alike = self._first[block] @ self._second[columns].T
        alike[~allowed([self._ones[row] for row in block], there)] = 0
        most = min(_MOST, len(there))
        best = np.argpartition(-alike, most - 1, axis=1)[:, :most]
        scores = np.take_along_axis(alike, best, axis=1)
        places, which = np.nonzero(scores >= _LEAST)
        return scores[places, which], block[places], columns[best[places, which]]

    def _shared(self, row: int, column: int) -> tuple[str, ...]:
        """What a row and a column have in common, the most telling first."""
        both = self._first[row] * self._second[column]
        best = np.argsort(-both, kind="stable")[:_TOLD]
        return tuple(self._names[place] for place in best if both[place] > 0)


def _matrix(abouts: Sequence[dict[str, float]], number: dict[str, int]) -> Floats:
    matrix = np.zeros((len(abouts), len(number)), np.float32)
    for row, about in enumerate(abouts):
        for name, weight in about.items():
            matrix[row, number[name]] = weight
    return matrix


def _scaled(matrix: Floats) -> Floats:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    scaled: Floats = matrix / np.maximum(lengths, 1e-9)
    return scaled
