"""Rows that match a query, or may, in the order of their creation."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.store.ordering import Places
from hanze.store.scan import Part
from hanze.store.verdict import Mask, Verdict

__all__ = ["NO_HITS", "Hits", "Judged", "hits_in", "joined", "merged"]

_Rowids = NDArray[np.int64]
_Keys = NDArray[np.uint64]

_NO_PLACES: Final = np.empty(0, np.uint64)


class Hits(NamedTuple):
    """Rows that match, or may.

    Attributes:
        rowids: Growing.
        sure: Which of them match for sure; `None` when all do.
        low: First places under the ordering; empty without one.
        high: Last places.
    """

    rowids: _Rowids
    sure: NDArray[np.bool_] | None
    low: _Keys = _NO_PLACES
    high: _Keys = _NO_PLACES

    def only(self, keep: NDArray[np.bool_] | NDArray[np.intp], *, sure: bool = False) -> "Hits":
        """Return some of the rows.

        Args:
            keep: Which.
            sure: It is known that they match.
        """
        places = keep if len(self.low) else slice(0)
        kept = None if sure or self.sure is None else self.sure[keep]
        return Hits(self.rowids[keep], kept, self.low[places], self.high[places])


NO_HITS: Final = Hits(np.empty(0, np.int64), None)


class Judged(NamedTuple):
    """Rows of a block, with what is known of them."""

    part: Part
    verdict: Verdict

    def number(self) -> int:
        """Count the rows that may match."""
        possible = self.verdict.possible
        if isinstance(possible, np.ndarray):
            return int(np.count_nonzero(possible))
        return len(self.part[1].rowids[self.part[2]]) if possible else 0


def hits_in(judged: Judged, places: Places | None) -> Hits:
    """Return the rows that match or may, with their places if there is an order."""
    _, block, rows = judged.part
    verdict = judged.verdict
    rowids = block.rowids[rows]
    if not isinstance(verdict.possible, np.ndarray) and not verdict.possible:
        return NO_HITS
    chosen = _spread(verdict.possible, len(rowids)).nonzero()[0]
    sure = None if verdict.is_exact else _spread(verdict.sure, len(rowids))[chosen]
    if places is None:
        return Hits(rowids[chosen], sure)
    return Hits(rowids[chosen], sure, places[0][chosen], places[1][chosen])


def merged(found: Sequence[Hits]) -> Hits:
    """Bring the hits of several tables into the order of creation."""
    found = [hits for hits in found if len(hits.rowids)]
    if len(found) < 2:
        return found[0] if found else NO_HITS
    together = joined(found)
    return together.only(np.argsort(together.rowids, kind="stable"))


def joined(found: Sequence[Hits]) -> Hits:
    """Put hits one behind the other."""
    if not found:
        return NO_HITS
    sure = None
    if any(hits.sure is not None for hits in found):
        sure = np.concatenate(
            [
                np.ones(len(hits.rowids), np.bool_) if hits.sure is None else hits.sure
                for hits in found
            ]
        )
    return Hits(
        np.concatenate([hits.rowids for hits in found]),
        sure,
        np.concatenate([hits.low for hits in found]),
        np.concatenate([hits.high for hits in found]),
    )


def _spread(mask: Mask, count: int) -> NDArray[np.bool_]:
    """Give one answer for all rows to each of them."""
    return mask if isinstance(mask, np.ndarray) else np.full(count, mask)
