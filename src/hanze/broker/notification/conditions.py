"""What an entity must at least be like to be notified: conditions that can be looked up.

A condition is necessary, not sufficient: where it does not hold, the subscription is out of the
question, and a table finds without looking at each subscription for which it holds. What holds
indeed is decided by `ngsild.subscription.trigger`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shapely.geometry.base import BaseGeometry

from hanze.ngsild.query.compare import moment_of, normalise_uri
from hanze.ngsild.query.geo import reference
from hanze.ngsild.query.targets import is_member
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    EntitySelector,
    Exists,
    GeoQuery,
    GeoRelation,
    LinkedPath,
    Literal,
    Match,
    Moment,
    MomentKind,
    Operator,
    Or,
    QueryNode,
    Range,
    ScopePattern,
    ScopeQuery,
    Uri,
    ValuePath,
    Values,
)
from hanze.ngsild.subscription.model import Subscription

__all__ = [
    "Atom",
    "Bound",
    "Bounds",
    "Box",
    "Condition",
    "Equal",
    "Found",
    "IdFound",
    "Key",
    "Present",
    "Scoped",
    "conditions_of",
    "keys_of",
]

#: West, south, east, north in degrees.
Bounds = tuple[float, float, float, float]

#: What equal values have in common.
Key = str | float | Moment


@dataclass(frozen=True, slots=True)
class Equal:
    """Some value of the path has this key (`keys_of`)."""

    path: ValuePath
    key: Key

    @property
    def about(self) -> str:
        return self.path.names[0]


@dataclass(frozen=True, slots=True)
class Bound:
    """Some number of the path, or moment of a kind, is not below (or not above) a limit."""

    path: ValuePath
    kind: MomentKind | None
    lower: bool
    limit: float

    @property
    def about(self) -> str:
        return self.path.names[0]


@dataclass(frozen=True, slots=True)
class Found:
    """The pattern is found in some text of the path."""

    path: ValuePath
    pattern: str

    @property
    def about(self) -> str:
        return self.path.names[0]


@dataclass(frozen=True, slots=True)
class IdFound:
    """The pattern is found in the id."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Present:
    """The entity has the attribute."""

    about: str


@dataclass(frozen=True, slots=True)
class Box:
    """Some geometry of the attribute touches the box."""

    about: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Scoped:
    """Some scope of the entity begins with these levels."""

    levels: tuple[str, ...]


Atom = Equal | Bound | Found | IdFound | Present | Box | Scoped

#: At least one of these holds.
Condition = tuple[Atom, ...]

#: A query with more alternatives is decided without its help.
_MOST_ATOMS: Final = 64

#: Metres in a degree of latitude: fewer than anywhere on the sphere that distances are measured on.
_DEGREE_M: Final = 111_000.0
_HIGHEST_LATITUDE: Final = 85.0


def conditions_of(subscription: Subscription, selector: EntitySelector | None) -> list[Condition]:
    """Say what an entity must be like, beside its id and types; those that exclude most first.

    Args:
        subscription: Whose `q`, `geo` and `scope` are asked for.
        selector: The one of its selectors that the entity meets.
    """
    found: list[Condition] = []
    if subscription.q is not None:
        found += _of_query(subscription.q)
    if subscription.geo is not None:
        found.append((_of_geo(subscription.geo),))
    if subscription.scope is not None:
        found.append(_of_scope(subscription.scope))
    if selector is not None and selector.id_pattern is not None and not selector.ids:
        found.append((IdFound(selector.id_pattern),))
    few = [condition for condition in found if len(condition) <= _MOST_ATOMS]
    return sorted(few, key=lambda condition: max(_RANKS[type(atom)] for atom in condition))


#: How little an atom excludes, before anything is known of the entities.
_RANKS: Final[dict[type, int]] = {
    Equal: 0,
    Box: 1,
    Scoped: 2,
    Bound: 3,
    Found: 4,
    IdFound: 4,
    Present: 5,
}


def keys_of(value: object) -> Iterator[Key]:
    """Give the keys of a value or an operand: two that are equal (4.9) share one."""
    if isinstance(value, Uri):
        value = value.value
    if isinstance(value, str):
        yield normalise_uri(value)
        moment = moment_of(value) if value else None
        if moment is not None:
            yield moment
    elif isinstance(value, int | float | Moment):
        yield value
    elif isinstance(value, list | tuple):
        for element in value:
            if not isinstance(element, list | tuple):
                yield from keys_of(element)


def _of_query(node: QueryNode) -> list[Condition]:
    if isinstance(node, And):
        return [condition for term in node.terms for condition in _of_query(term)]
    if isinstance(node, Or):
        return _of_alternatives(node)
    if isinstance(node.path, LinkedPath):
        return [(Present(node.path.relationship),)]
    if isinstance(node, Exists):
        return _presence(node.path)
    if isinstance(node, Match):
        return _presence(node.path) if node.negated else [(Found(node.path, node.pattern),)]
    return _of_comparison(node, node.path)


def _of_alternatives(node: Or) -> list[Condition]:
    """Take one condition of each alternative: one of these holds where the whole does."""
    atoms: list[Atom] = []
    for term in node.terms:
        conditions = _of_query(term)
        if not conditions:
            return []
        best = min(conditions, key=lambda one: (max(_RANKS[type(atom)] for atom in one), len(one)))
        atoms += best
    return [tuple(dict.fromkeys(atoms))]


def _presence(path: ValuePath) -> list[Condition]:
    return [] if is_member(path.names[0]) else [(Present(path.names[0]),)]


def _of_comparison(node: Comparison, path: ValuePath) -> list[Condition]:
    operand = node.operand
    if node.operator is Operator.EQUAL:
        if isinstance(operand, Range):
            return [
                *_bounded(path, operand.low, lower=True),
                *_bounded(path, operand.high, lower=False),
            ]
        items = operand.items if isinstance(operand, Values) else (operand,)
        keys = dict.fromkeys(key for item in items for key in keys_of(item))
        return [tuple(Equal(path, key) for key in keys)]
    if node.operator is Operator.UNEQUAL or isinstance(operand, Range | Values):
        return _presence(path)
    lower = node.operator in {Operator.GREATER, Operator.GREATER_EQUAL}
    return _bounded(path, operand, lower=lower)


def _bounded(path: ValuePath, limit: Literal, *, lower: bool) -> list[Condition]:
    if isinstance(limit, Moment):
        return [(Bound(path, limit.kind, lower, limit.microseconds),)]
    if isinstance(limit, bool) or not isinstance(limit, int | float) or math.isnan(limit):
        return _presence(path)
    return [(Bound(path, None, lower, limit),)]


def _of_scope(query: ScopeQuery) -> Condition:
    return tuple(dict.fromkeys(Scoped(max(map(_beginning, group), key=len)) for group in query))


def _beginning(pattern: ScopePattern) -> tuple[str, ...]:
    levels = pattern.levels
    return levels[: levels.index("+")] if "+" in levels else levels


def _of_geo(query: GeoQuery) -> Atom:
    if query.relation is GeoRelation.DISJOINT:
        return Present(query.attribute)
    if query.relation is GeoRelation.NEAR and query.max_distance_m is None:
        return Present(query.attribute)
    shape = reference(query.wkb)
    if shape.is_empty:
        return Present(query.attribute)
    return Box(query.attribute, _bounds(shape, query.max_distance_m or 0.0))


def _bounds(shape: BaseGeometry, margin_m: float) -> Bounds:
    west, south, east, north = shape.bounds
    if not margin_m:
        return west, south, east, north
    height = margin_m / _DEGREE_M
    south, north = south - height, north + height
    farthest = max(abs(south), abs(north))
    if farthest > _HIGHEST_LATITUDE:
        return -180.0, south, 180.0, north
    width = height / math.cos(math.radians(farthest))
    if west - width < -180 or east + width > 180:
        return -180.0, south, 180.0, north
    return west - width, south, east + width, north
