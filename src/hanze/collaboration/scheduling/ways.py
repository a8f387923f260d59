"""Where and when the same person cannot be, because of the way in between."""

from collections.abc import Iterator, Mapping

import msgspec

from hanze.collaboration.scheduling.possible import Possible

__all__ = ["Cell", "Ways", "ways_of"]

#: A slot and a place.
Cell = tuple[str, str]

#: More groups than this are not listed: the places are many and far apart.
_MOST_GROUPS = 400


class Ways(msgspec.Struct, frozen=True):
    """What the ways between places forbid.

    Attributes:
        exclusive: Groups of cells of which a person can be in one only. Every two cells that exclude
            each other are together in one of them.
        complete: Whether every group of cells that exclude each other is within one of these, and
            who can get from one cell to a second and from there to a third can get to the third.
            Then so many people as no group exceeds are enough for any use of the cells (Dilworth,
            1950), and people who are alike need not be told apart.
    """

    exclusive: tuple[frozenset[Cell], ...]
    complete: bool


def ways_of(day: Possible) -> Ways:
    """List the groups of cells that exclude each other."""
    places = sorted(set(day.places.values()))
    cells = [(slot, place) for slot in day.slots for place in places]
    excluded: dict[Cell, set[Cell]] = {
        (slot, place): {(slot, other) for other in places if other != place}
        for slot, place in cells
    }
    for earlier, start, later, end in day.clashes:
        excluded[earlier, start].add((later, end))
        excluded[later, end].add((earlier, start))
    groups: list[frozenset[Cell]] = []
    for group in _largest_groups(excluded, frozenset(), set(cells), set()):
        groups.append(group)
        if len(groups) > _MOST_GROUPS:
            pairs = {frozenset((one, other)) for one in cells for other in excluded[one]}
            return Ways(tuple(sorted(pairs, key=sorted)), complete=False)
    return Ways(tuple(sorted(groups, key=sorted)), complete=_is_order(day, cells))


def _largest_groups(
    excluded: Mapping[Cell, set[Cell]], group: frozenset[Cell], open_: set[Cell], done: set[Cell]
) -> Iterator[frozenset[Cell]]:
    """Find the groups that no cell can be added to (Bron and Kerbosch, 1973, with a pivot)."""
    if not open_:
        if not done:
            yield group
        return
    pivot = max(sorted(open_ | done), key=lambda cell: len(excluded[cell] & open_))
    for cell in sorted(open_ - excluded[pivot]):
        yield from _largest_groups(
            excluded, group | {cell}, open_ & excluded[cell], done & excluded[cell]
        )
        open_ = open_ - {cell}
        done = done | {cell}


def _is_order(day: Possible, cells: list[Cell]) -> bool:
    """Tell whether no way by a third place is quicker than the way that is stated."""
    times = {key: number for number, key in enumerate(day.slots)}
    return all(
        not times[earlier] < times[slot] < times[later]
        or (earlier, start, slot, place) in day.clashes
        or (slot, place, later, end) in day.clashes
        for earlier, start, later, end in day.clashes
        for slot, place in cells
    )
