"""In which order entities come (CIM 009, 4.23).

For every term an entity has a place: the data type of its value in the order of 4.23.2, then the
value. The order of the data types, with null and missing attributes last, is the same in both
directions; within a data type `desc` turns the order around. Where an attribute has several
instances, the one that comes first counts. By distance, GeoProperties come before everything else,
which is ordered by value.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, Self

from hanze.ngsild.model import Entity
from hanze.ngsild.query.collation import collation_key
from hanze.ngsild.query.compare import TargetValue, Texts, moment_of
from hanze.ngsild.query.geo import distance_m, reference, shapes
from hanze.ngsild.query.targets import instances_of, targets
from hanze.ngsild.query.tree import Direction, Moment, MomentKind, Ordering, OrderTerm, Uri

__all__ = ["Orderer", "SortKey", "ValueRank"]


class _Ordered(Protocol):
    def __lt__(self, other: Self, /) -> bool: ...


class ValueRank:
    """The order of data types (4.23.2); a distance precedes them all."""

    DISTANCE: Final = 0
    NUMBER: Final = 1
    STRING: Final = 2
    OBJECT: Final = 3
    ARRAY: Final = 4
    BOOLEAN: Final = 5
    TIME: Final = 6
    DATE: Final = 7
    DATE_TIME: Final = 8
    NULL: Final = 9
    MISSING: Final = 10


_MOMENT_RANKS: Final[Mapping[MomentKind, int]] = {
    MomentKind.TIME: ValueRank.TIME,
    MomentKind.DATE: ValueRank.DATE,
    MomentKind.DATE_TIME: ValueRank.DATE_TIME,
}

#: Rank and value. Values of one rank are of one Python type, so they compare.
_Place = tuple[int, object]
#: Compares with the keys that the same `Orderer` gives.
SortKey = tuple[object, ...]


class _Backwards:
    """Turns the order of a place's value around."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __lt__(self, other: "_Backwards") -> bool:
        less: bool = other.value < self.value  # type: ignore[operator]  # same rank, same type
        return less

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


class Orderer:
    """Gives sort keys for one ordering; smaller ones come first, equal ones keep their order.

    Raises:
        InvalidInput: The collation cannot be honoured.
    """

    __slots__ = ("_ordering", "_text_key")

    def __init__(self, ordering: Ordering) -> None:
        self._ordering = ordering
        self._text_key: Callable[[str], bytes] = collation_key(ordering.collation)

    def key(self, entity: Entity) -> SortKey:
        """Give an entity's place among others."""
        return tuple(self._place(term, entity) for term in self._ordering.terms)

    def value_key(self, value: TargetValue, direction: Direction) -> _Place:
        """Give the place of one target value under one term, as `key` uses it."""
        rank, inner = self._ranked(value)
        return (rank, _Backwards(inner)) if direction is Direction.DESCENDING else (rank, inner)

    def _place(self, term: OrderTerm, entity: Entity) -> _Place:
        direction = term.direction
        if direction in (Direction.NEAREST, Direction.FARTHEST):
            distances = self._distances(term, entity)
            if distances:
                return ValueRank.DISTANCE, min(distances)
        values = _single_values(targets(term.path, entity, _nothing))
        places = [self.value_key(value, direction) for value in values]
        return min(places, default=(ValueRank.MISSING, 0))

    def _distances(self, term: OrderTerm, entity: Entity) -> list[float]:
        origin_wkb = self._ordering.origin_wkb
        if origin_wkb is None or term.path.trailing:
            return []
        origin = reference(origin_wkb)
        sign = 1 if term.direction is Direction.NEAREST else -1
        instances = tuple(instances_of(term.path.names, entity))
        return [sign * distance_m(shape, origin) for shape in shapes(instances)]

    def _ranked(self, value: TargetValue) -> _Place:
        if isinstance(value, str | Uri):
            return self._ranked_text(value if isinstance(value, str) else value.value)
        if isinstance(value, int | float):
            return ValueRank.BOOLEAN if isinstance(value, bool) else ValueRank.NUMBER, value
        if isinstance(value, Moment):
            return _MOMENT_RANKS[value.kind], value.microseconds
        if isinstance(value, Mapping):
            # Not orjson: it refuses integers beyond 64 bits, which values may hold.
            return ValueRank.OBJECT, json.dumps(value, sort_keys=True)
        if isinstance(value, Sequence):
            return ValueRank.ARRAY, tuple(self._ranked(element) for element in value)
        return ValueRank.NULL, 0

    def _ranked_text(self, text: str) -> _Place:
        moment = moment_of(text)
        if moment is not None:
            return _MOMENT_RANKS[moment.kind], moment.microseconds
        return ValueRank.STRING, self._text_key(text)


def _single_values(values: Iterable[TargetValue]) -> Iterator[TargetValue]:
    """Take the texts of a language map, and a single type, each for itself."""
    for value in values:
        if isinstance(value, Texts):
            yield from value
        elif isinstance(value, tuple) and len(value) == 1:
            yield value[0]
        else:
            yield value


def _nothing(_: str) -> None:
    """Ordering never follows relationships (4.23.3)."""
