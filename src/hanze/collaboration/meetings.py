"""Which records say what others need: pairs of records by the concepts that both are about."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.index.reading import concepts_about
from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.surroundings import Allowed, Several

__all__ = ["MEETING_TYPES", "Meetings", "Met", "Sides"]

Floats = NDArray[np.floating]
Numbers = NDArray[np.integer]

#: Types of records whose texts are compared.
MEETING_TYPES: Final = (Demand, Solution, Project, ResearchQuestion)

#: Likeness (cosine of rare concepts) from which two are about the same.
_LEAST: Final = 0.35
#: How many others one record meets.
_MOST: Final = 4
#: Pairs of one kind that are looked into.
_MOST_IN_ALL: Final = 2_000
_TOLD: Final = 3
#: Records of one side that are looked into where all are asked for.
_MOST_ROWS: Final = 2_000


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

    @property
    def annotator(self) -> Annotator:
        """What reads texts now."""
        return self._annotations.annotator

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

    def sides(self, ones: Several, others: Several, allowed: Allowed) -> "Sides":
        """Lay records side by side, to be compared for as long as none changes.

        Args:
            ones: The one side.
            others: The other side.
            allowed: Which pairs count.
        """
        return Sides(self, ones, others, allowed)


class Sides:
    """Two sides as concepts, each weighted by how rare it is, each record of length 1."""

    def __init__(
        self, meetings: Meetings, ones: Several, others: Several, allowed: Allowed
    ) -> None:
        self._ones, self._others = ones, others
        numbers: dict[str, int] = {}
        self._first = _entries((meetings.about(held) for held in ones), numbers)
        self._second = _entries((meetings.about(held) for held in others), numbers)
        self._names = list(numbers)
        among = sum(np.bincount(side.concepts, minlength=len(numbers)) for side in self._sides)
        rarity = np.log1p((len(ones) + len(others)) / np.maximum(among, 1))
        self._first, self._second = (_scaled(side, rarity) for side in self._sides)
        self._allowed = allowed
        self._keys = allowed.numbers(ones), allowed.numbers(others)

    @property
    def _sides(self) -> tuple["_Entries", "_Entries"]:
        return self._first, self._second

    def between(self, asked: Callable[[Held[Record]], bool] = lambda _: True) -> Iterator[Met]:
        """Go through the pairs that are about the same: of each record its best few.

        Args:
            asked: Which records are asked for: one of a pair must be.
        """
        mine = np.array([asked(one) for one in self._ones], np.bool_)
        theirs = np.array([asked(one) for one in self._others], np.bool_)
        yield from self._best(np.flatnonzero(mine), np.ones(len(self._others), np.bool_))
        if not mine.all() and theirs.any():
            yield from self._best(np.flatnonzero(~mine), theirs)

    def _best(self, rows: Numbers, columns: NDArray[np.bool_]) -> Iterator[Met]:
        """Go through the best few of some columns for each of some rows.

        Of many rows those that changed last are compared: so the work is bounded, and what is new
        gets its turn.
        """
        if len(rows) > _MOST_ROWS:
            newest = sorted(rows.tolist(), key=lambda row: self._ones[row].modified_at)
            rows = np.array(sorted(newest[-_MOST_ROWS:]), np.int64)
        having = self._having(rows, columns)
        found = [
            (score, int(row), column)
            for row in rows
            for score, column in self._best_of(int(row), having)
        ]
        found.sort(key=lambda one: (-one[0], one[1], one[2]))
        for score, row, column in found[:_MOST_IN_ALL]:
            shared = partial(self._shared, row, column)
            yield Met(self._ones[row], self._others[column], min(score, 1.0), shared)

    def _having(self, rows: Numbers, columns: NDArray[np.bool_]) -> "_Having":
        """Which columns have each of the concepts that the rows have."""
        wanted = np.zeros(len(self._names) + 1, np.bool_)
        for row in rows.tolist():
            wanted[self._first.of(row)[0]] = True
        second = self._second
        kept = np.flatnonzero(wanted[second.concepts] & columns[second.rows])
        kept = kept[np.argsort(second.concepts[kept], kind="stable")]
        starts = np.searchsorted(second.concepts[kept], np.arange(len(self._names) + 1))
        return _Having(starts, second.rows[kept], second.weights[kept])

    def _best_of(self, row: int, having: "_Having") -> Sequence[tuple[float, int]]:
        """Likeness and number of the best few columns for a row."""
        concepts, weights = self._first.of(row)
        parts = [slice(having.starts[one], having.starts[one + 1]) for one in concepts]
        if not parts:
            return ()
        columns = np.concatenate([having.rows[part] for part in parts])
        alike = np.concatenate(
            [having.weights[part] * weight for part, weight in zip(parts, weights, strict=True)]
        )
        scores = np.bincount(columns, alike)
        likely = np.flatnonzero(scores >= _LEAST)
        ours, theirs = self._keys
        likely = likely[self._allowed.fits(int(ours[row]), theirs[likely])]
        best = likely[np.argsort(-scores[likely], kind="stable")[:_MOST]]
        return [(float(scores[column]), int(column)) for column in best]

    def _shared(self, row: int, column: int) -> tuple[str, ...]:
        """What a row and a column have in common, the most telling first."""
        ours = dict(zip(*(each.tolist() for each in self._first.of(row)), strict=True))
        theirs = dict(zip(*(each.tolist() for each in self._second.of(column)), strict=True))
        both = sorted((-ours[one] * theirs[one], self._names[one]) for one in ours if one in theirs)
        return tuple(name for share, name in both[:_TOLD] if share)


class _Having(NamedTuple):
    """Rows and weights by concept; those of a concept stand from its start to that of the next."""

    starts: Numbers
    rows: Numbers
    weights: Floats


class _Entries(NamedTuple):
    """What each record of a side is about: only what is there, record after record."""

    starts: Numbers
    rows: Numbers
    concepts: Numbers
    weights: Floats

    def of(self, row: int) -> tuple[Numbers, Floats]:
        """Concepts of a record, and their weights."""
        part = slice(self.starts[row], self.starts[row + 1])
        return self.concepts[part], self.weights[part]


def _entries(abouts: Iterable[dict[str, float]], numbers: dict[str, int]) -> _Entries:
    concepts, weights, starts = array("q"), array("d"), array("q", [0])
    for about in abouts:
        for name, weight in about.items():
            concepts.append(numbers.setdefault(name, len(numbers)))
            weights.append(weight)
        starts.append(len(concepts))
    places = np.frombuffer(starts, np.int64)
    rows = np.repeat(np.arange(len(places) - 1), np.diff(places))
    return _Entries(
        places, rows.astype(np.int32), np.array(concepts, np.int32), np.array(weights, np.float32)
    )


def _scaled(side: _Entries, rarity: Floats) -> _Entries:
    weights = side.weights * rarity[side.concepts]
    lengths = np.sqrt(np.bincount(side.rows, weights * weights, minlength=len(side.starts) - 1))
    scaled = weights / np.maximum(lengths, 1e-9)[side.rows]
    return side._replace(weights=scaled.astype(np.float32))
