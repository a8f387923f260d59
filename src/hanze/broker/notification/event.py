"""One step of an entity as tables look at it: everything is worked out once, and when asked for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import Final

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
    keys_of,
)
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.query.compare import TargetValue, Texts, moment_of
from hanze.ngsild.query.members import CREATED_AT, EXPIRES_AT, ID, MODIFIED_AT, SCOPE, TYPE
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.targets import targets
from hanze.ngsild.query.tree import Moment, MomentKind, ValuePath
from hanze.ngsild.subscription.trigger import Changes

__all__ = ["Event"]


#: What a path can begin with in any entity.
_MEMBERS: Final = (ID, TYPE, SCOPE, CREATED_AT, MODIFIED_AT, EXPIRES_AT)


#: Looked up once: a member of an Enum costs 0.1 us each time.
_PROPERTY: Final = AttributeKind.PROPERTY


def _nowhere(_uri: str) -> None:
    """Paths without relationships follow nothing."""


class Event:
    """What changed, and the entity that it is asked of.

    Args:
        subject: The entity as it is; as it was, when it is deleted.
        changes: What changed in it.
    """

    __slots__ = ("_bounds", "_numbers", "_targets", "changes", "names", "subject")

    def __init__(self, subject: Entity, changes: Changes) -> None:
        self.subject = subject
        self.changes = changes
        #: What a path can begin with in this entity.
        self.names = (*subject.attributes, *_MEMBERS)
        self._targets: dict[int, tuple[TargetValue, ...]] = {}
        self._numbers: dict[tuple[int, str | None], list[float]] = {}
        self._bounds: dict[str, tuple[Bounds, ...]] = {}

    def has(self, name: str) -> bool:
        return name in self.subject.attributes

    def targets(self, path: ValuePath) -> tuple[TargetValue, ...]:
        # By identity: conditions and tables keep their paths, and to hash one costs more than this.
        known = self._targets.get(id(path))
        if known is None:
            known = self._targets[id(path)] = self._read(path)
        return known

    def _read(self, path: ValuePath) -> tuple[TargetValue, ...]:
        if len(path.names) == 1 and not path.terms:
            instances = self.subject.attributes.get(path.names[0])
            if instances is not None and len(instances) == 1:
                one = instances[0]
                # Most values are these; the general way takes three times as long.
                if one.kind is _PROPERTY and isinstance(one.value, str | int | float):
                    return (one.value,)
        return tuple(targets(path, self.subject, _nowhere))

    def keys(self, path: ValuePath) -> list[Key]:
        found: list[Key] = []
        for value in self.targets(path):
            if isinstance(value, int | float):
                found.append(value)
            else:
                found.extend(keys_of(value))
        return found

    def numbers(self, path: ValuePath, kind: MomentKind | None) -> list[float]:
        """Give the numbers of a path, or its moments of a kind."""
        asked = id(path), None if kind is None else kind.value
        known = self._numbers.get(asked)
        if known is not None:
            return known
        found = self._numbers[asked] = []
        for value in self.targets(path):
            for one in value if isinstance(value, Texts) else (value,):
                number = one if kind is None else _microseconds(one, kind)
                if isinstance(number, int | float) and not isinstance(number, bool):
                    found.append(number)
        return found

    def texts(self, path: ValuePath) -> Sequence[str]:
        found: list[str] = []
        for value in self.targets(path):
            if isinstance(value, str):
                found.append(value)
            elif isinstance(value, Texts):
                found.extend(value)
        return found

    def bounds(self, name: str) -> tuple[Bounds, ...]:
        """Give the boxes around the geometries of an attribute."""
        known = self._bounds.get(name)
        if known is None:
            known = self._bounds[name] = tuple(
                _bounds_of(instance.value["coordinates"])
                for instance in self.subject.attributes.get(name, ())
                if instance.kind is AttributeKind.GEO_PROPERTY
                and isinstance(instance.value, Mapping)
            )
        return known

    def scope_prefixes(self) -> frozenset[tuple[str, ...]]:
        """Give all beginnings of all scopes, the empty one included where there is a scope."""
        return _prefixes_of(self.subject.scope)

    def holds(self, atom: Atom) -> bool:
        """Decide one atom without a table."""
        if isinstance(atom, Equal):
            return atom.key in set(self.keys(atom.path))
        if isinstance(atom, Bound):
            return self._reaches(atom)
        if isinstance(atom, Found):
            return any(found_in(atom.pattern, text) for text in self.texts(atom.path))
        if isinstance(atom, Box):
            return any(_touch(atom, bounds) for bounds in self.bounds(atom.about))
        return self._holds_otherwise(atom)

    def _holds_otherwise(self, atom: IdFound | Present | Scoped) -> bool:
        if isinstance(atom, IdFound):
            return found_in(atom.pattern, self.subject.id)
        if isinstance(atom, Scoped):
            return atom.levels in self.scope_prefixes()
        return self.has(atom.about)

    def _reaches(self, bound: Bound) -> bool:
        numbers = self.numbers(bound.path, bound.kind)
        if bound.lower:
            return any(number >= bound.limit for number in numbers)
        return any(number <= bound.limit for number in numbers)


# Scopes are few, and entities many.
@lru_cache(maxsize=4_096)
def _prefixes_of(scope: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(
        beginning
        for one in scope
        for beginning in accumulate(
            ((level,) for level in one.removeprefix("/").split("/")), add, initial=()
        )
    )


def _microseconds(value: TargetValue, kind: MomentKind) -> int | None:
    moment = moment_of(value) if isinstance(value, str) and value else value
    return moment.microseconds if isinstance(moment, Moment) and moment.kind is kind else None


def _touch(box: Box, bounds: Bounds) -> bool:
    west, south, east, north = box.bounds
    return west <= bounds[2] and bounds[0] <= east and south <= bounds[3] and bounds[1] <= north


def _bounds_of(coordinates: object) -> Bounds:
    if isinstance(coordinates, list) and isinstance(coordinates[0], int | float):
        return coordinates[0], coordinates[1], coordinates[0], coordinates[1]
    positions = list(_positions(coordinates)) or [(0.0, 0.0)]
    longitudes = [position[0] for position in positions]
    latitudes = [position[1] for position in positions]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _positions(coordinates: object) -> Iterator[Sequence[float]]:
    if not isinstance(coordinates, list | tuple) or not coordinates:
        return
    if isinstance(coordinates[0], int | float):
        yield coordinates
        return
    for part in coordinates:
        yield from _positions(part)
