"""An inverted index: which rows have a term, and with what weight."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from heapq import nlargest
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Entries", "Postings"]

Rows = NDArray[np.uint32]
Floats = NDArray[np.float32]

_NO_ROWS: Final = np.empty(0, np.uint32)
_NO_WEIGHTS: Final = np.empty(0, np.float32)
#: Terms that came since the last time they were put in order.
_MOST_UNSORTED: Final = 2_000


class Entries(NamedTuple):
    """The rows of a term, ascending, and the weight in each."""

    rows: Rows
    weights: Floats

    def weight(self, row: int) -> float:
        """The weight in one row; 0 where it does not have the term."""
        place = int(np.searchsorted(self.rows, row))
        there = place < len(self.rows) and int(self.rows[place]) == row
        return float(self.weights[place]) if there else 0.0


class Postings:
    """Rows by term. Rows are added in ascending order, each once, and stay until `keep`."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[array[int], array[float]]] = {}
        self._sorted: list[str] = []
        self._unsorted: list[str] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def add(self, row: int, weights: Mapping[str, float]) -> None:
        """Add a row that is above all that were added, with the weight of each of its terms."""
        entries = self._entries
        for term, weight in weights.items():
            found = entries.get(term)
            if found is None:
                found = entries[term] = (array("I"), array("f"))
                self._unsorted.append(term)
            found[0].append(row)
            found[1].append(weight)

    def of(self, term: str) -> Entries:
        """The rows of a term, as they are now: a view that must not be kept."""
        found = self._entries.get(term)
        if found is None:
            return Entries(_NO_ROWS, _NO_WEIGHTS)
        return Entries(np.frombuffer(found[0], np.uint32), np.frombuffer(found[1], np.float32))

    def count(self, term: str) -> int:
        """How many rows have a term."""
        found = self._entries.get(term)
        return len(found[0]) if found is not None else 0

    def beginning(self, prefix: str, most: int) -> list[str]:
        """Terms that begin so and are longer; those of the most rows where there are too many."""
        if len(self._unsorted) > _MOST_UNSORTED:
            self._sorted = sorted([*self._sorted, *self._unsorted])
            self._unsorted = []
        found = [term for term in self._unsorted if term.startswith(prefix) and term != prefix]
        place = bisect_right(self._sorted, prefix)
        while place < len(self._sorted) and self._sorted[place].startswith(prefix):
            found.append(self._sorted[place])
            place += 1
        return nlargest(most, found, key=self.count) if len(found) > most else found

    def keep(self, places: NDArray[np.int64]) -> None:
        """Renumber the rows.

        Args:
            places: The new number of each row, ascending; below 0 for those to be dropped.
        """
        kept: dict[str, tuple[array[int], array[float]]] = {}
        for term in self._entries:
            rows, weights = self.of(term)
            moved = places[rows]
            stay = moved >= 0
            if stay.any():
                one, other = array("I"), array("f")
                one.frombytes(moved[stay].astype(np.uint32).tobytes())
                other.frombytes(weights[stay].tobytes())
                kept[term] = (one, other)
        self._entries = kept
        self._sorted = sorted(kept)
        self._unsorted = []
