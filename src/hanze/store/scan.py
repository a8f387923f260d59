"""Walks the rows that a query may find, in the order of rowids, a window at a time.

A walk remembers the last rowid that it has seen and nothing about slots: between two windows others
may write, and blocks may split, shrink or go.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hanze.store.block import Block, Rows
from hanze.store.table import Table

__all__ = ["Candidates", "Part", "Source", "TableRows", "window"]

#: Greater than any rowid.
END: Final = (1 << 63) - 1

#: Rows of one block of one table.
Part = tuple[Table, Block, Rows]


class Source(Protocol):
    """Rows of one table."""

    def bound(self, after: int, size: int) -> int:
        """Return a rowid up to which there are at most `size` rows after `after`."""
        ...

    def parts(self, after: int, bound: int) -> Iterator[Part]:
        """Return the rows after `after`, up to and with `bound`."""
        ...


class TableRows:
    """All rows of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bound(self, after: int, size: int) -> int:
        for block in self._table.blocks_from(after):
            rowids = block.rowids[: block.n]
            start = int(rowids.searchsorted(after, "right"))
            if start < block.n:
                last = start + size - 1
                if last < block.n:
                    return int(rowids[last])
                is_last_block = block is self._table.blocks[-1]
                return END if is_last_block else block.last
        return END

    def parts(self, after: int, bound: int) -> Iterator[Part]:
        for block in self._table.blocks_from(after):
            if block.first > bound:
                return
            rowids = block.rowids[: block.n]
            start = int(rowids.searchsorted(after, "right"))
            stop = block.n if bound == END else int(rowids.searchsorted(bound, "right"))
            if start < stop:
                yield self._table, block, slice(start, stop)


class Candidates:
    """Rows of a table that the spatial index names.

    Args:
        table: The table.
        rowids: Growing; some may have been deleted.
    """

    def __init__(self, table: Table, rowids: NDArray[np.int64]) -> None:
        self._table = table
        self._rowids = rowids

    def bound(self, after: int, size: int) -> int:
        last = int(self._rowids.searchsorted(after, "right")) + size - 1
        return int(self._rowids[last]) if last < len(self._rowids) else END

    def parts(self, after: int, bound: int) -> Iterator[Part]:
        start = int(self._rowids.searchsorted(after, "right"))
        stop = int(self._rowids.searchsorted(bound, "right"))
        wanted = self._rowids[start:stop]
        while len(wanted):
            block = self._table.blocks_from(int(wanted[0]))[:1]
            if not block:
                return
            inside = int(wanted.searchsorted(block[0].last, "right"))
            if inside:
                yield from self._in_block(block[0], wanted[:inside])
                wanted = wanted[inside:]
            else:
                # Behind the last row of its block: it is gone.
                wanted = wanted[1:]

    def _in_block(self, block: Block, wanted: NDArray[np.int64]) -> Iterator[Part]:
        rowids = block.rowids[: block.n]
        slots = rowids.searchsorted(wanted)
        slots = slots[rowids[slots] == wanted]
        if len(slots):
            yield self._table, block, slots


def window(sources: Sequence[Source], after: int, size: int) -> tuple[list[Part], int]:
    """Return the next rows of several tables, and the last rowid that they cover.

    Args:
        sources: One for each table.
        after: The last rowid that was seen.
        size: About how many rows to look at, of each table.
    """
    bound = min((source.bound(after, size) for source in sources), default=END)
    return [part for source in sources for part in source.parts(after, bound)], bound
