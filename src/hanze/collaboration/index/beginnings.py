"""Words in order, so that those that begin in one way are found at once."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["Beginnings"]

#: Words that came since the last time they were put in order.
_MOST_UNSORTED: Final = 2_000


class Beginnings:
    """Words that are added once each; sorting waits until many have come.

    Args:
        words: The first ones.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._sorted = sorted(words)
        self._unsorted: list[str] = []

    def add(self, word: str) -> None:
        """Add a word that was not added before."""
        self._unsorted.append(word)

    def of(self, prefix: str) -> Iterator[str]:
        """Go through the words that begin so and are longer."""
        if len(self._unsorted) > _MOST_UNSORTED:
            self._sorted = sorted([*self._sorted, *self._unsorted])
            self._unsorted = []
        for word in self._unsorted:
            if word.startswith(prefix) and word != prefix:
                yield word
        place = bisect_right(self._sorted, prefix)
        while place < len(self._sorted) and self._sorted[place].startswith(prefix):
            yield self._sorted[place]
            place += 1
