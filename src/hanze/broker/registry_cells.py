"""Where a request has to look for registrations: a superset of those that it concerns.

What a registration says of entities opens cells. One that has an id or a pattern stands under that
id, or under that pattern, for requests that name ids; every one stands under its types, for
requests that do not. Within a cell registrations stand under the attributes they are about, or
under `None` for all attributes.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from hanze.broker.pattern_index import PatternIndex
from hanze.ngsild.query.tree import EntitySelector
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import EntityInfo, Registration

__all__ = ["Cells"]

_T = TypeVar("_T")


class _Cell(Generic[_T]):
    """Entries by the names of attributes; each as often as it was added."""

    __slots__ = ("_by_name",)

    def __init__(self) -> None:
        self._by_name: dict[str | None, dict[_T, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def add(self, names: Iterable[str | None], entry: _T) -> None:
        for name in names:
            entries = self._by_name.setdefault(name, {})
            entries[entry] = entries.get(entry, 0) + 1

    def remove(self, names: Iterable[str | None], entry: _T) -> None:
        for name in names:
            entries = self._by_name[name]
            entries[entry] -= 1
            if not entries[entry]:
                del entries[entry]
            if not entries:
                del self._by_name[name]

    def of(self, names: frozenset[str]) -> Iterator[_T]:
        """Yield the entries that are about any of some attributes; none stand for all."""
        wanted = (None, *names) if names else tuple(self._by_name)
        for name in wanted:
            yield from self._by_name.get(name, ())


#: What an entry stands under besides the names of attributes: a kind of cell, and which of them.
_CellKey = tuple[str, str]

_ID = "id"
_PATTERN = "pattern"
#: Any id of a type.
_OPEN = "open"
#: Whatever is registered of a type, ids and patterns too.
_TYPE = "type"
#: The same two for all types.
_OPEN_ANY: _CellKey = ("open", "")
_TYPE_ANY: _CellKey = ("type", "")
#: Information without entities.
_ANY: _CellKey = ("any", "")


class Cells(Generic[_T]):
    """Entries under what their registrations say."""

    def __init__(self) -> None:
        self._cells: dict[_CellKey, _Cell[_T]] = {}
        self._patterns = PatternIndex()

    def add(self, entry: _T, registration: Registration) -> None:
        for key, names in _places(registration):
            if key not in self._cells:
                self._cells[key] = _Cell()
                if key[0] == _PATTERN:
                    self._patterns.add(key[1])
            self._cells[key].add(names, entry)

    def remove(self, entry: _T, registration: Registration) -> None:
        for key, names in _places(registration):
            cell = self._cells[key]
            cell.remove(names, entry)
            if not cell:
                del self._cells[key]
                if key[0] == _PATTERN:
                    self._patterns.remove(key[1])

    def candidates(self, wanted: Wanted) -> dict[_T, None]:
        """Find the entries that a request can concern, and maybe others."""
        # Most requests find no cell at all, and every one comes by here.
        keys = [_ANY]
        if wanted.ids or wanted.types is not None or not wanted.selectors:
            self._add_keys(keys, wanted)
        else:
            for selector in wanted.selectors:
                self._add_keys(keys, selector)
        cells = self._cells
        found: dict[_T, None] = {}
        for key in keys:
            cell = cells.get(key)
            if cell is not None:
                found.update(dict.fromkeys(cell.of(wanted.names)))
        return found

    def _add_keys(self, keys: list[_CellKey], wanted: Wanted | EntitySelector) -> None:
        kind = _OPEN if wanted.ids else _TYPE
        for one in wanted.ids:
            keys.append((_ID, one))
            keys += [(_PATTERN, pattern) for pattern in self._patterns.hits(one)]
        if wanted.types is None:
            keys.append(_OPEN_ANY if wanted.ids else _TYPE_ANY)
            return
        # What matches has all types of a group, so any one of them will do.
        keys += [(kind, min(group)) for group in wanted.types]


def _places(registration: Registration) -> Iterator[tuple[_CellKey, tuple[str | None, ...]]]:
    for info in registration.information:
        names: tuple[str | None, ...] = tuple(info.names) or (None,)
        if not info.entities:
            yield _ANY, names
        for one in info.entities:
            for key in _cells_of(one):
                yield key, names


def _cells_of(info: EntityInfo) -> Iterator[_CellKey]:
    yield _TYPE_ANY
    for iri in dict.fromkeys(info.types):
        yield _TYPE, iri
    if info.id is not None:
        yield _ID, info.id
    elif info.id_pattern is not None:
        yield _PATTERN, info.id_pattern
    else:
        yield _OPEN_ANY
        for iri in dict.fromkeys(info.types):
            yield _OPEN, iri
