"""An inverted index: which rows have a term, and with what weight."""

from array import array
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Entries", "Postings"]

Rows = NDArray[np.uint32]
Floats = NDArray[np.float32]

_NO_ROWS: Final = np.empty(0, np.uint32)
_NO_WEIGHTS: Final = np.empty(0, np.float32)


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
