"""A block of rows: arrays in the order of rowids, one pair for each attribute that occurs in it."""

from collections.abc import Iterator
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEVER", "NO_SCOPE", "UNLISTED_SCOPE", "Block", "Box", "Column", "Rows"]

#: Rows of a block: a stretch of them, or some.
Rows = slice | NDArray[np.intp]

#: West, south, east, north.
Box = tuple[float, float, float, float]

#: The expiry of what does not expire.
NEVER: Final = (1 << 63) - 1

NO_SCOPE: Final = 0
UNLISTED_SCOPE: Final = -1

_Array = TypeVar("_Array", NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_])

_SMALLEST: Final = 64
_LARGEST: Final = 65_536
_NOWHERE: Final = (np.nan, np.nan, np.nan, np.nan)


class Column:
    """The values of one attribute, or of one path, in a block.

    Attributes:
        tags: uint8; kind and form (`values`).
        values: int64; codes, hashes, microseconds.
        floats: The same bytes as float64.
        boxes: float64, four for each row; only where the attribute has geometries.
        counts: How many rows have each tag, without absent ones.
    """

    __slots__ = ("boxes", "counts", "floats", "tags", "values")

    def __init__(self, capacity: int) -> None:
        self.tags: NDArray[np.uint8] = np.zeros(capacity, np.uint8)
        self.values: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self.floats: NDArray[np.float64] = self.values.view(np.float64)
        self.boxes: NDArray[np.float64] | None = None
        self.counts: dict[int, int] = {}

    def write(self, slot: int, tag: int, payload: float) -> None:
        """Write one value; a float payload as float64, any other as it is."""
        old = self.tags.item(slot)
        if old != tag:
            if old:
                self._discount(old)
            self.counts[tag] = self.counts.get(tag, 0) + 1
            self.tags[slot] = tag
        if type(payload) is float:
            self.floats[slot] = payload
        else:
            self.values[slot] = payload

    def write_box(self, slot: int, box: Box) -> None:
        if self.boxes is None:
            self.boxes = np.full((len(self.tags), 4), np.nan)
        self.boxes[slot] = box

    def erase(self, slot: int) -> None:
        """Make the attribute absent."""
        old = self.tags.item(slot)
        if old:
            self._discount(old)
            self.tags[slot] = 0
            if self.boxes is not None:
                self.boxes[slot] = _NOWHERE

    def rearranged(self, order: NDArray[np.intp], capacity: int) -> "Column":
        """Return a column with these rows, in this order."""
        column = Column(capacity)
        n = len(order)
        column.tags[:n] = self.tags[order]
        column.values[:n] = self.values[order]
        if self.boxes is not None:
            column.boxes = np.full((capacity, 4), np.nan)
            column.boxes[:n] = self.boxes[order]
        tags, counts = np.unique(column.tags[:n], return_counts=True)
        column.counts = {
            int(tag): int(count) for tag, count in zip(tags, counts, strict=True) if tag
        }
        return column

    def _discount(self, tag: int) -> None:
        left = self.counts[tag] - 1
        if left:
            self.counts[tag] = left
        else:
            del self.counts[tag]


class Block:
    """Up to 65,536 rows of one table, by rowid.

    A deleted row stays as a dead slot until half of the block is dead.

    Attributes:
        rowids: int64, growing.
        alive: bool.
        n: How many slots are used, dead ones included.
        live: How many are alive.
        columns: By IRI.
        paths: By number of the path; filled when a query first needs them.
        expires: int64 microseconds; `None` while nothing in the block expires.
        scopes: int32 codes of lists of scopes; `None` while no row has a scope.
    """

    __slots__ = (
        "alive",
        "columns",
        "expires",
        "live",
        "n",
        "paths",
        "rowids",
        "scopes",
    )

    def __init__(self, capacity: int = _SMALLEST) -> None:
        self.rowids: NDArray[np.int64] = np.zeros(capacity, np.int64)
        self.alive: NDArray[np.bool_] = np.zeros(capacity, np.bool_)
        self.n = 0
        self.live = 0
        self.columns: dict[str, Column] = {}
        self.paths: dict[int, Column] = {}
        self.expires: NDArray[np.int64] | None = None
        self.scopes: NDArray[np.int32] | None = None

    @property
    def first(self) -> int:
        return int(self.rowids[0])

    @property
    def last(self) -> int:
        return int(self.rowids[self.n - 1])

    def is_full(self) -> bool:
        return self.n >= _LARGEST

    def append(self, rowid: int) -> int:
        """Add a row behind all others, and return its slot."""
        if self.n == len(self.rowids):
            self._take(self, np.arange(self.n), min(self.n * 2, _LARGEST))
        slot = self.n
        self.n += 1
        self._occupy(slot, rowid)
        return slot

    def insert(self, rowid: int) -> int:
        """Add a row where its rowid belongs, and return its slot; there must be room."""
        slot = int(np.searchsorted(self.rowids[: self.n], rowid))
        if slot < self.n and self.rowids[slot] == rowid:
            self._occupy(slot, rowid)
            return slot
        if slot == self.n:
            return self.append(rowid)
        order = np.insert(np.arange(self.n), slot, slot)
        self._take(self, order, min(max(len(order), self.n * 2, _SMALLEST), _LARGEST))
        self.kill(slot)
        self._occupy(slot, rowid)
        return slot

    def find(self, rowid: int) -> int | None:
        """Return the slot of a living row."""
        slot = int(self.rowids[: self.n].searchsorted(rowid))
        if slot < self.n and self.alive[slot] and self.rowids[slot] == rowid:
            return slot
        return None

    def clear(self, slot: int) -> None:
        """Empty all columns of a row."""
        for column in self.all_columns():
            column.erase(slot)
        if self.expires is not None:
            self.expires[slot] = NEVER
        if self.scopes is not None:
            self.scopes[slot] = NO_SCOPE

    def kill(self, slot: int) -> None:
        """Delete a row."""
        self.clear(slot)
        if self.alive[slot]:
            self.alive[slot] = False
            self.live -= 1

    def set_expiry(self, slot: int, expires: int) -> None:
        if self.expires is None:
            self.expires = np.full(len(self.rowids), NEVER, np.int64)
        self.expires[slot] = expires

    def set_scope(self, slot: int, code: int) -> None:
        if self.scopes is None:
            self.scopes = np.zeros(len(self.rowids), np.int32)
        self.scopes[slot] = code

    def column(self, name: str) -> Column:
        """Return the column of an attribute, which arises when it is not there."""
        column = self.columns.get(name)
        if column is None:
            column = self.columns[name] = Column(len(self.rowids))
        return column

    def compact(self) -> bool:
        """Drop dead slots once they are half of the block; tells whether slots moved."""
        if self.n <= _SMALLEST or self.live * 2 >= self.n:
            return False
        order = np.flatnonzero(self.alive[: self.n])
        self._take(self, order, max(_SMALLEST, len(order)))
        return True

    def split(self) -> "Block":
        """Move the upper half of the rows to a new block."""
        upper = Block()
        middle = self.n // 2
        upper._take(self, np.arange(middle, self.n), _LARGEST)
        self._take(self, np.arange(middle), _LARGEST)
        return upper

    def all_columns(self) -> Iterator[Column]:
        yield from self.columns.values()
        yield from self.paths.values()

    def _occupy(self, slot: int, rowid: int) -> None:
        self.rowids[slot] = rowid
        self.alive[slot] = True
        self.live += 1

    def _take(self, source: "Block", order: NDArray[np.intp], capacity: int) -> None:
        n = len(order)
        self.rowids = _moved(source.rowids, order, capacity, 0)
        self.alive = _moved(source.alive, order, capacity, 0)
        if source.expires is not None:
            self.expires = _moved(source.expires, order, capacity, NEVER)
        if source.scopes is not None:
            self.scopes = _moved(source.scopes, order, capacity, NO_SCOPE)
        columns = {k: c.rearranged(order, capacity) for k, c in source.columns.items()}
        paths = {k: c.rearranged(order, capacity) for k, c in source.paths.items()}
        self.columns = {name: column for name, column in columns.items() if column.counts}
        self.paths = paths
        self.n = n
        self.live = int(np.count_nonzero(self.alive[:n]))


def _moved(array: _Array, order: NDArray[np.intp], capacity: int, blank: int) -> _Array:
    moved = np.full(capacity, blank, array.dtype)
    moved[: len(order)] = array[order]
    return moved
