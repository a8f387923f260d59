"""A packed tree of boxes over a table's geometries, for tables of more than one block.

The tree never changes; what is written later is in a delta, until a new tree is made in a thread.
Answers are supersets: an entry may be out of date, and the columns have the present box. The tree
is arrays only, so that a million points cost 40 MB and making it does not hold up the event loop,
which shapely's STRtree does (geometry objects, and the interpreter's lock while building).
"""

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from hanze.store.block import Box

__all__ = ["BoxTree", "SpatialIndex"]

_Floats = NDArray[np.float64]
_Rowids = NDArray[np.int64]
_Number = TypeVar("_Number", np.int64, np.float64)

_FAN_OUT: Final = 64
_CHILDREN: Final = np.arange(_FAN_OUT)
#: So many boxes at the top are compared in less time than one more level takes.
_WIDEST_TOP: Final = 2_048
#: A tree is made anew when so many changes came since, and a 64th of its size.
_LARGE_DELTA: Final = 4_096


class BoxTree:
    """Boxes packed by sort-tile-recursive order; every 64 have a parent box.

    A level is an array by side, parent and child, padded with boxes of NaN that touch nothing: what
    is below some parents is one look-up.
    """

    def __init__(self, rowids: _Rowids, boxes: _Floats) -> None:
        order = _tiles(boxes)
        self.size = len(rowids)
        self._rowids = _in_groups(rowids[order], 0)
        level = boxes[order]
        self._levels: list[_Floats] = []
        while not self._levels or len(level) > _WIDEST_TOP:
            groups = _in_groups(level, np.nan)
            self._levels.append(np.ascontiguousarray(groups.transpose(2, 0, 1)))
            level = _parents(level)
        self._top = np.ascontiguousarray(level.T)

    def query(self, box: Box) -> _Rowids:
        """Return the rowids whose box touches this one, in no order."""
        nodes = touching(self._top, box).nonzero()[0]
        for level in self._levels[:0:-1]:
            children = nodes[:, None] * _FAN_OUT + _CHILDREN
            nodes = children[touching(level[:, nodes], box)]
        found: _Rowids = self._rowids[nodes][touching(self._levels[0][:, nodes], box)]
        return found


class _Delta:
    """Boxes in the order in which they were written; a rowid may be there several times."""

    def __init__(self) -> None:
        self.size = 0
        self._rowids: _Rowids = np.empty(64, np.int64)
        self._boxes: _Floats = np.empty((64, 4))

    def add(self, rowid: int, box: Box) -> None:
        if self.size == len(self._rowids):
            self._rowids = np.concatenate((self._rowids, np.empty_like(self._rowids)))
            self._boxes = np.concatenate((self._boxes, np.empty_like(self._boxes)))
        self._rowids[self.size] = rowid
        self._boxes[self.size] = box
        self.size += 1

    def query(self, box: Box) -> _Rowids:
        return self._rowids[: self.size][touching(self._boxes[: self.size].T, box)]


class SpatialIndex:
    """The tree of one attribute in one table, and what changed since it was made."""

    def __init__(self) -> None:
        self._tree: BoxTree | None = None
        self._delta = _Delta()
        #: While a tree is being made: what changes in the meantime.
        self._later: _Delta | None = None

    @property
    def is_ready(self) -> bool:
        return self._tree is not None

    def note(self, rowid: int, box: Box) -> None:
        """Take note of a box that was written."""
        self._delta.add(rowid, box)
        if self._later is not None:
            self._later.add(rowid, box)

    def is_due(self) -> bool:
        """Tell whether a tree should be made now."""
        if self._later is not None:
            return False
        if self._tree is None:
            return True
        return self._delta.size > max(_LARGE_DELTA, self._tree.size // 64)

    def begin(self) -> None:
        """A tree is made from now on, of what the columns hold."""
        self._later = _Delta()

    def finish(self, tree: BoxTree | None) -> None:
        """The tree is there, or could not be made."""
        if tree is not None and self._later is not None:
            self._tree, self._delta = tree, self._later
        self._later = None

    def query(self, box: Box) -> _Rowids:
        """Return the rowids whose box may touch this one, growing."""
        found = None if self._tree is None else self._tree.query(box)
        changed = self._delta.query(box) if self._delta.size else _NONE
        if found is None:
            return np.unique(changed)
        if len(changed):
            return np.unique(np.concatenate((found, changed)))
        found.sort()
        return found


_NONE: Final = np.empty(0, np.int64)


def touching(sides: _Floats, box: Box) -> NDArray[np.bool_]:
    """Tell of each box whether it touches this one; a box of NaN touches nothing.

    Args:
        sides: West, south, east and north of all boxes.
        box: This one.
    """
    west, south, east, north = box
    touches: NDArray[np.bool_] = sides[0] <= east
    touches &= sides[2] >= west
    touches &= sides[1] <= north
    touches &= sides[3] >= south
    return touches


def make_tree(parts: Sequence[tuple[_Rowids, _Floats]]) -> BoxTree:
    """Make a tree of the rows of blocks; runs in a thread, while the loop may write into them."""
    rowids = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int64)
    boxes = np.concatenate([part[1] for part in parts]) if parts else np.empty((0, 4))
    somewhere = ~np.isnan(boxes[:, 0])
    return BoxTree(rowids[somewhere], boxes[somewhere])


def _tiles(boxes: _Floats) -> NDArray[np.intp]:
    x = boxes[:, 0] + boxes[:, 2]
    y = boxes[:, 1] + boxes[:, 3]
    by_x = np.argsort(x, kind="stable")
    strips = max(1, round((len(boxes) / _FAN_OUT) ** 0.5))
    strip = np.empty(len(boxes), np.int64)
    strip[by_x] = np.arange(len(boxes)) * strips // max(1, len(boxes))
    return np.lexsort((y, strip))


def _in_groups(rows: NDArray[_Number], blank: float) -> NDArray[_Number]:
    """Cut rows into groups of siblings; the last one is filled up."""
    groups = -(-len(rows) // _FAN_OUT)
    grouped = np.full((groups * _FAN_OUT, *rows.shape[1:]), blank, rows.dtype)
    grouped[: len(rows)] = rows
    return grouped.reshape(groups, _FAN_OUT, *rows.shape[1:])


def _parents(boxes: _Floats) -> _Floats:
    starts = np.arange(0, len(boxes), _FAN_OUT)
    return np.column_stack(
        (
            np.minimum.reduceat(boxes[:, :2], starts, axis=0),
            np.maximum.reduceat(boxes[:, 2:], starts, axis=0),
        )
    )
