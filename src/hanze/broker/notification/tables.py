"""Tables of conditions: which of many hold for an entity, without asking each."""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final, Generic, TypeVar

from hanze.broker.notification.conditions import (
    Atom,
    Bound,
    Bounds,
    Box,
    Equal,
    Found,
    IdFound,
    Key,
    Present,
    Scoped,
)
from hanze.broker.notification.event import Event
from hanze.broker.notification.literals import longest_literal
from hanze.ngsild.query.tree import MomentKind, ValuePath

__all__ = ["Tables"]

E = TypeVar("E")
K = TypeVar("K")

#: Atoms that are about one attribute.
_Named = Equal | Bound | Found | Box | Present

#: Column and row in a grid.
_Cell = tuple[float, float]

#: A set that keeps its order, so that the same subscriptions come in the same order.
_Entries = dict[E, None]


class _Limits(Generic[E]):
    """Limits in order: those that a number reaches are a slice."""

    __slots__ = ("_entries", "_limits", "_lower")

    def __init__(self, *, lower: bool) -> None:
        self._lower = lower
        self._limits: list[float] = []
        self._entries: dict[float, _Entries[E]] = {}

    def add(self, limit: float, entry: E) -> None:
        if limit not in self._entries:
            insort(self._limits, limit)
            self._entries[limit] = {}
        self._entries[limit][entry] = None

    def remove(self, limit: float, entry: E) -> None:
        entries = self._entries[limit]
        del entries[entry]
        if not entries:
            del self._entries[limit]
            del self._limits[bisect_left(self._limits, limit)]

    def hits(self, numbers: list[float]) -> Iterator[_Entries[E]]:
        if not numbers:
            return
        if self._lower:
            reached = self._limits[: bisect_right(self._limits, max(numbers))]
        else:
            reached = self._limits[bisect_left(self._limits, min(numbers)) :]
        for limit in reached:
            yield self._entries[limit]


class _Patterns(Generic[E]):
    """Regular expressions by a piece of text that they cannot do without."""

    __slots__ = ("_loose", "_pieces")

    #: Longer pieces exclude hardly more, and each length costs a look at every place of a text.
    _LONGEST: Final = 8
    _SHORTEST: Final = 3
    #: In longer texts it is quicker to try the expressions.
    _LONGEST_TEXT: Final = 2000

    def __init__(self) -> None:
        self._pieces: dict[int, dict[str, _Entries[E]]] = {}
        self._loose: _Entries[E] = {}

    def add(self, pattern: str, entry: E) -> None:
        self._at(pattern)[entry] = None

    def remove(self, pattern: str, entry: E) -> None:
        entries = self._at(pattern)
        del entries[entry]
        piece = self._piece(pattern)
        if not entries and piece:
            del self._pieces[len(piece)][piece]

    def hits(self, texts: Sequence[str]) -> Iterator[_Entries[E]]:
        if self._loose:
            yield self._loose
        for text in texts:
            for length, pieces in self._pieces.items():
                if len(text) > self._LONGEST_TEXT:
                    yield from pieces.values()
                    continue
                starts = range(len(text) - length + 1)
                for piece in pieces.keys() & {text[start : start + length] for start in starts}:
                    yield pieces[piece]

    def _at(self, pattern: str) -> _Entries[E]:
        piece = self._piece(pattern)
        if not piece:
            return self._loose
        return self._pieces.setdefault(len(piece), {}).setdefault(piece, {})

    def _piece(self, pattern: str) -> str:
        # The end of what is literal: the beginnings of ids are alike.
        literal = longest_literal(pattern)[-self._LONGEST :]
        return literal if len(literal) >= self._SHORTEST else ""


class _Boxes(Generic[E]):
    """Boxes in grids, each in one whose cells are about as large as it."""

    __slots__ = ("_grids",)

    #: Beyond so many cells it is quicker to look at every box of a grid.
    MOST_CELLS: Final = 64

    def __init__(self) -> None:
        self._grids: dict[int, dict[_Cell, dict[Box, _Entries[E]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._grids)

    def add(self, box: Box, entry: E) -> None:
        level = _level(box.bounds)
        grid = self._grids.setdefault(level, {})
        for cell in _cells(box.bounds, level):
            grid.setdefault(cell, {}).setdefault(box, {})[entry] = None

    def remove(self, box: Box, entry: E) -> None:
        level = _level(box.bounds)
        grid = self._grids[level]
        for cell in _cells(box.bounds, level):
            boxes = grid[cell]
            del boxes[box][entry]
            if not boxes[box]:
                del boxes[box]
            if not boxes:
                del grid[cell]
        if not grid:
            del self._grids[level]

    def hits(self, bounds: Bounds) -> Iterator[_Entries[E]]:
        west, south, east, north = bounds
        for level, grid in self._grids.items():
            size = 2.0**level
            # Most geometries are points, and lie in one cell.
            column, row = west // size, south // size
            if column == east // size and row == north // size:
                boxes_there = grid.get((column, row))
                if boxes_there is None:
                    continue
                found: Sequence[dict[Box, _Entries[E]]] = (boxes_there,)
            else:
                found = self._in_cells(grid, _cells(bounds, level))
            for boxes in found:
                for box, entries in boxes.items():
                    if _touch(box.bounds, bounds):
                        yield entries

    def _in_cells(
        self, grid: dict[_Cell, dict[Box, _Entries[E]]], cells: Sequence[_Cell]
    ) -> tuple[dict[Box, _Entries[E]], ...]:
        if len(cells) > self.MOST_CELLS:
            return tuple(grid.values())
        return tuple(grid[cell] for cell in cells if cell in grid)


def _level(bounds: Bounds) -> int:
    size = max(bounds[2] - bounds[0], bounds[3] - bounds[1], 2.0**-16)
    return math.ceil(math.log2(size))


def _cells(bounds: Bounds, level: int) -> list[_Cell]:
    size = 2.0**level
    west, south, east, north = (degree // size for degree in bounds)
    columns = range(int(west), int(east) + 1)
    rows = range(int(south), int(north) + 1)
    return list(islice(product(columns, rows), _Boxes.MOST_CELLS + 1))


def _touch(one: Bounds, other: Bounds) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


class _Attribute(Generic[E]):
    """Entries by atoms about one attribute, or about one member of entities."""

    __slots__ = ("_bounds", "_boxes", "_equal", "_found", "_present")

    def __init__(self) -> None:
        self._equal: dict[ValuePath, dict[Key, _Entries[E]]] = {}
        self._bounds: dict[tuple[ValuePath, MomentKind | None, bool], _Limits[E]] = {}
        self._found: dict[ValuePath, _Patterns[E]] = {}
        self._boxes: _Boxes[E] = _Boxes()
        self._present: _Entries[E] = {}

    def add(self, atom: _Named, entry: E) -> None:
        if isinstance(atom, Equal):
            self._equal.setdefault(atom.path, {}).setdefault(atom.key, {})[entry] = None
        elif isinstance(atom, Bound):
            # One object for both directions, which a change then looks at once.
            path = next((one for one, _, _ in self._bounds if one == atom.path), atom.path)
            key = path, atom.kind, atom.lower
            if key not in self._bounds:
                self._bounds[key] = _Limits(lower=atom.lower)
            self._bounds[key].add(atom.limit, entry)
        elif isinstance(atom, Found):
            self._found.setdefault(atom.path, _Patterns()).add(atom.pattern, entry)
        elif isinstance(atom, Box):
            self._boxes.add(atom, entry)
        else:
            self._present[entry] = None

    def remove(self, atom: _Named, entry: E) -> None:
        if isinstance(atom, Equal):
            _discard(self._equal[atom.path], atom.key, entry)
            if not self._equal[atom.path]:
                del self._equal[atom.path]
        elif isinstance(atom, Bound):
            self._bounds[atom.path, atom.kind, atom.lower].remove(atom.limit, entry)
        elif isinstance(atom, Found):
            self._found[atom.path].remove(atom.pattern, entry)
        elif isinstance(atom, Box):
            self._boxes.remove(atom, entry)
        else:
            del self._present[entry]

    def crowd(self, atom: Equal) -> int:
        return len(self._equal.get(atom.path, {}).get(atom.key, ()))

    def hits(self, name: str, event: Event) -> Iterator[_Entries[E]]:
        for path, keyed in self._equal.items():
            for key in event.keys(path):
                if key in keyed:
                    yield keyed[key]
        for (path, kind, _), limits in self._bounds.items():
            yield from limits.hits(event.numbers(path, kind))
        for path, patterns in self._found.items():
            yield from patterns.hits(event.texts(path))
        if self._boxes:
            for bounds in event.bounds(name):
                yield from self._boxes.hits(bounds)
        if self._present and event.has(name):
            yield self._present


class Tables(Generic[E]):
    """Entries by the atoms that stand for them; those without any are always found."""

    __slots__ = ("_attributes", "_by_id", "_ids", "_scoped", "always")

    #: Ids of which it is remembered which patterns may find them.
    _MOST_IDS: Final = 20_000

    def __init__(self) -> None:
        self.always: _Entries[E] = {}
        self._attributes: dict[str, _Attribute[E]] = {}
        self._ids: _Patterns[E] = _Patterns()
        #: By id, what `_ids` finds: entities change again and again, and their ids do not.
        self._by_id: dict[str, tuple[_Entries[E], ...]] = {}
        self._scoped: dict[tuple[str, ...], _Entries[E]] = {}

    def add(self, atom: Atom, entry: E) -> None:
        if isinstance(atom, Scoped):
            self._scoped.setdefault(atom.levels, {})[entry] = None
        elif isinstance(atom, IdFound):
            self._ids.add(atom.pattern, entry)
            self._by_id.clear()
        else:
            self._attributes.setdefault(atom.about, _Attribute()).add(atom, entry)

    def remove(self, atom: Atom, entry: E) -> None:
        if isinstance(atom, Scoped):
            _discard(self._scoped, atom.levels, entry)
        elif isinstance(atom, IdFound):
            self._ids.remove(atom.pattern, entry)
            self._by_id.clear()
        else:
            self._attributes[atom.about].remove(atom, entry)

    def crowd(self, atom: Atom) -> int:
        """Tell how many entries stand under the same value, where that can be told at once."""
        if isinstance(atom, Equal):
            attribute = self._attributes.get(atom.about)
            return 0 if attribute is None else attribute.crowd(atom)
        if isinstance(atom, Scoped):
            return len(self._scoped.get(atom.levels, ()))
        return 0

    def hits(self, event: Event) -> Iterator[_Entries[E]]:
        """Yield entries whose atom holds; an entry may come more than once."""
        if self.always:
            yield self.always
        if self._attributes:
            for name in event.names:
                attribute = self._attributes.get(name)
                if attribute is not None:
                    yield from attribute.hits(name, event)
        yield from self._id_hits(event.subject.id)
        if self._scoped:
            for levels in event.scope_prefixes():
                if levels in self._scoped:
                    yield self._scoped[levels]

    def _id_hits(self, entity_id: str) -> tuple[_Entries[E], ...]:
        known = self._by_id.get(entity_id)
        if known is None:
            if len(self._by_id) >= self._MOST_IDS:
                self._by_id.clear()
            known = self._by_id[entity_id] = tuple(self._ids.hits((entity_id,)))
        return known


def _discard(table: dict[K, _Entries[E]], key: K, entry: E) -> None:
    entries = table[key]
    del entries[entry]
    if not entries:
        del table[key]
