"""The page of a result that a query asks for."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from hanze.broker.ports import Found, StoredEntity
from hanze.ngsild.query.tree import EntityQuery

__all__ = ["Page"]


class Page:
    """Takes matches in their order, keeps those of the page, and counts.

    Attributes:
        end: How many matches there are up to the end of the page.
        matched: How many matches there were so far.
    """

    def __init__(self, query: EntityQuery) -> None:
        self._first = query.offset
        self.end = query.offset + query.limit
        self._counts = query.count
        self._entities: list[StoredEntity] = []
        self.matched = 0

    def is_done(self) -> bool:
        """Tell whether further matches change nothing."""
        return not self._counts and self.matched > self.end

    def wants_next(self) -> bool:
        """Tell whether the next match is one of the page."""
        return self._first <= self.matched < self.end

    def passes_over(self, number: int) -> bool:
        """Count so many matches at once, if none of them is one of the page."""
        if self.matched < self.end and self.matched + number > self._first:
            return False
        self.matched += number
        return True

    def add(self, stored: StoredEntity | None) -> None:
        """Take one match; `None` will do where the page does not want it."""
        if stored is not None and self.wants_next():
            self._entities.append(stored)
        self.matched += 1

    def take(
        self,
        rowids: NDArray[np.int64],
        fetch: Callable[[Sequence[int]], Sequence[StoredEntity]],
    ) -> None:
        """Take many matches; only those of the page are fetched."""
        start = max(0, self._first - self.matched)
        stop = max(0, self.end - self.matched)
        if start < min(stop, len(rowids)):
            self._entities.extend(fetch(rowids[start:stop].tolist()))
        self.matched += len(rowids)

    def add_all(self, found: Iterable[StoredEntity]) -> None:
        for stored in found:
            self.add(stored)

    def found(self) -> Found:
        count = self.matched if self._counts else None
        return Found(self._entities, count, self.matched > self.end)
