"""Ordered pages without loading every match (CIM 009, 4.23).

Columns give each row a coarse place under the first term: never before a row that it must follow.
Only rows that may be on the page are loaded and put in order exactly.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from hanze.ngsild.query.geo import reference
from hanze.ngsild.query.members import CREATED_AT, MODIFIED_AT
from hanze.ngsild.query.order import Orderer, ValueRank
from hanze.ngsild.query.targets import is_member
from hanze.ngsild.query.tree import Direction, Ordering, ValuePath
from hanze.store.block import Block, Column, Rows
from hanze.store.surroundings import distances_m
from hanze.store.table import Table
from hanze.store.values import BOOLEAN, KIND_NUMBERS, MOMENT, NUMBER, POINT, TEXT, URI, TextCodes

__all__ = ["CoarseOrder", "Places", "first_of", "ordering_path"]

_Floats = NDArray[np.float64]
_Keys = NDArray[np.uint64]
_POINT: Final = KIND_NUMBERS["GeoProperty"] | POINT

#: The first and the last place that each row may have.
Places = tuple[_Keys, _Keys]

_FIRST: Final = np.uint64(0)
_LAST: Final = np.uint64((1 << 64) - 1)
_RANK_SHIFT: Final = np.uint64(60)
_VALUE_SHIFT: Final = np.uint64(4)
_SIGN: Final = np.uint64(1 << 63)

#: Of the numbers behind a rank; no DateTime is as far from 1970 in microseconds.
_MIDDLE: Final = np.int64(1 << 59)
#: Members of an entity that hold nothing but a moment.
_MOMENTS: Final = frozenset({(CREATED_AT,), (MODIFIED_AT,)})

#: numpy's trigonometry and that of `math` differ in the last bits.
_RELATIVE: Final = 1e-9
_ABSOLUTE_M: Final = 1e-3


def ordering_path(ordering: Ordering) -> ValuePath | None:
    """Return the first term's path, if it needs a column of its own."""
    path = ordering.terms[0].path
    plain = len(path.names) == 1 and not path.terms and not is_member(path.names[0])
    return None if plain else path


class CoarseOrder:
    """Places of rows under the first term of an ordering.

    Args:
        ordering: The ordering.
        orderer: Gives exact keys.
        now: Microseconds since 1970; of what expires by then nothing is known.
        alone: Whether the rows are of one table, so that the codes of strings compare.
        hides: Tells of a table and an attribute whether that is hidden from whoever asks; `None`
            where it depends on the entity.
    """

    def __init__(
        self,
        ordering: Ordering,
        orderer: Orderer,
        now: int,
        *,
        alone: bool,
        hides: Callable[[Table, str], bool | None],
    ) -> None:
        self._hides = hides
        self._now = now
        self._alone = alone
        self._text_keys: _Keys | None = None
        self._orderer = orderer
        self._term = ordering.terms[0]
        self._needs_path = ordering_path(ordering)
        #: Whether equal places mean that only the order of creation decides.
        self.is_exact = len(ordering.terms) == 1 and self._term.path.names in _MOMENTS
        self._origin = None if ordering.origin_wkb is None else reference(ordering.origin_wkb)

    def places(self, table: Table, block: Block, rows: Rows) -> Places:
        """Return the places of rows; where nothing is known, from the first to the last."""
        count = len(block.rowids[rows])
        low, high = np.full(count, _FIRST), np.full(count, _LAST)
        first = self._term.path.names[0]
        hidden = self._hides(table, first)
        if hidden is None:
            return low, high
        if hidden:
            return np.full(count, _MISSING), np.full(count, _MISSING)
        if self._needs_path is None:
            name: str | int | None = first
            column = block.columns.get(first)
            if column is None:
                return np.full(count, _MISSING), np.full(count, _MISSING)
        else:
            name = table.paths.get(self._needs_path)
            column = None if name is None else block.paths.get(int(name))
        if column is None or name is None:
            return low, high
        tags = column.tags[rows]
        low[tags == 0] = high[tags == 0] = _MISSING
        for tag in column.counts:
            mask = tags == tag
            known = self._known(tag, column, rows, mask, table.texts(name))
            if known is not None:
                low[mask], high[mask] = known
        if block.expires is not None:
            expired = block.expires[rows] <= self._now
            low[expired], high[expired] = _FIRST, _LAST
        return low, high

    def _known(
        self, tag: int, column: Column, rows: Rows, mask: NDArray[np.bool_], texts: TextCodes
    ) -> Places | None:
        by_distance = self._term.direction in (Direction.NEAREST, Direction.FARTHEST)
        form = tag & 7
        if form == POINT:
            return self._distances(column, rows, mask) if by_distance and tag == _POINT else None
        if form == NUMBER:
            keys = self._directed(ValueRank.NUMBER, column.floats[rows][mask])
        elif form == BOOLEAN:
            keys = self._directed(ValueRank.BOOLEAN, column.values[rows][mask].astype(np.float64))
        elif form == MOMENT:
            values = column.values[rows][mask]
            backwards = self._term.direction is Direction.DESCENDING
            keys = _moment_keys(-values if backwards else values)
        elif form in (TEXT, URI):
            codes = self._of_texts(texts)
            if codes is None:
                return None
            keys = codes[column.values[rows][mask]]
        else:
            return None
        return keys, keys

    def _directed(self, rank: int, values: _Floats) -> _Keys:
        backwards = self._term.direction is Direction.DESCENDING
        return _keys(rank, -values if backwards else values)

    def _of_texts(self, texts: TextCodes) -> _Keys | None:
        """Return the places of a dictionary's strings, by code."""
        if not self._alone:
            return None
        known = self._text_keys
        if known is None or len(known) < len(texts.texts):
            known = self._text_keys = self._place_texts(texts.texts)
        return known

    def _place_texts(self, texts: list[str]) -> _Keys:
        places = [self._orderer.value_key(text, self._term.direction) for text in texts]
        ranks = np.zeros(len(places), np.uint64)
        positions = np.zeros(len(places))
        position = 0
        previous = None
        for code in sorted(range(len(places)), key=places.__getitem__):
            position += places[code] != previous
            previous = places[code]
            # Dates and times are ranked with moments, of which the position here says nothing.
            positions[code] = position if previous[0] == ValueRank.STRING else 0
            ranks[code] = previous[0]
        return _keys(ranks, positions)

    def _distances(self, column: Column, rows: Rows, mask: NDArray[np.bool_]) -> Places | None:
        if column.boxes is None or not isinstance(self._origin, shapely.Point):
            return None
        boxes = column.boxes[rows][mask]
        distance = distances_m(self._origin, boxes[:, 0], boxes[:, 1])
        slack = distance * _RELATIVE + _ABSOLUTE_M
        if self._term.direction is Direction.FARTHEST:
            distance = -distance
        return (
            _keys(ValueRank.DISTANCE, distance - slack),
            _keys(ValueRank.DISTANCE, distance + slack),
        )


def _keys(rank: int | _Keys, values: _Floats) -> _Keys:
    """Return integers that are ordered as rank and value; close values may share one."""
    # Adding zero makes -0.0 the same as 0.0.
    bits = (values + 0.0).view(np.uint64)
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    keys: _Keys = (ordered >> _VALUE_SHIFT) | (np.asarray(rank, np.uint64) << _RANK_SHIFT)
    return keys


def _moment_keys(values: NDArray[np.int64]) -> _Keys:
    """Return integers that are ordered as moments, each its own; zero is where `_keys` has it."""
    shifted = (values + _MIDDLE).astype(np.uint64)
    keys: _Keys = shifted | (np.uint64(ValueRank.DATE_TIME) << _RANK_SHIFT)
    return keys


_MISSING: Final = _keys(ValueRank.MISSING, np.zeros(1))[0]


def first_of(low: _Keys, high: _Keys, wanted: int, *, is_exact: bool = False) -> NDArray[np.intp]:
    """Return which rows may be among the first so many.

    Args:
        low: First places, in the order of creation.
        high: Last places.
        wanted: How many rows are wanted.
        is_exact: Of rows with the same place, those that were created first come first.
    """
    if wanted >= len(low):
        return np.arange(len(low))
    threshold = np.partition(high, wanted - 1)[wanted - 1] if wanted else _FIRST
    keep = low <= threshold
    if is_exact:
        # Many entities are of one import, and changed at the same moment.
        ties = np.flatnonzero((low == threshold) & (high == threshold))
        keep[ties[wanted - np.count_nonzero(high < threshold) :]] = False
    return np.flatnonzero(keep)
