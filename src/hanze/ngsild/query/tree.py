"""What a query means, as values: the one tree that every interpreter reads.

`parse` makes it from text, `evaluate` decides it for one entity and thereby defines its meaning,
`hanze.store.columns` answers it from the index. All names are IRIs.
"""

from dataclasses import dataclass
from enum import Enum

from hanze.ngsild.query.access import Access
from hanze.ngsild.query.scope_terms import ScopePattern, ScopeQuery, Share

__all__ = [
    "And",
    "Comparison",
    "Direction",
    "EntityQuery",
    "EntitySelector",
    "Exists",
    "GeoQuery",
    "GeoRelation",
    "LinkedPath",
    "Literal",
    "Match",
    "Moment",
    "MomentKind",
    "Operator",
    "Or",
    "OrderTerm",
    "Ordering",
    "QueryNode",
    "Range",
    "ScopePattern",
    "ScopeQuery",
    "Share",
    "TypeSelection",
    "Uri",
    "ValuePath",
    "Values",
]


class Operator(Enum):
    """The operators of 4.9 that compare with a value."""

    EQUAL = "=="
    UNEQUAL = "!="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="


@dataclass(frozen=True, slots=True)
class ValuePath:
    """An attribute path with an optional trailing path (4.9 ValuePath).

    Attributes:
        names: IRIs: the attribute, its sub-attribute, and so on. Members that are not reified
            (`observedAt`, `unitCode`, `createdAt`, ...) are the last name, as their core IRIs.
        trailing: Names between the square brackets, expanded: they address members of the value.
        terms: The same names as they were written: they address members of a JsonProperty, and
            languages of a LanguageProperty ("*" for any).
    """

    names: tuple[str, ...]
    trailing: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedPath:
    """A path that follows a relationship into the entities it targets (4.9 LinkedEntityRelation).

    Attributes:
        relationship: IRI of the (List)Relationship.
        types: IRIs of the hinted target types; empty for any.
        target: What is looked for in the target.
    """

    relationship: str
    types: tuple[str, ...]
    target: "ValuePath | LinkedPath"


class MomentKind(Enum):
    """The three kinds of time that 4.6.3 knows."""

    DATE_TIME = "DateTime"
    DATE = "Date"
    TIME = "Time"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time or both, unquoted in q.

    Attributes:
        kind: Moments compare with moments of the same kind only.
        microseconds: Since 1970-01-01T00:00:00Z, or since midnight for a time.
    """

    kind: MomentKind
    microseconds: int


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI, unquoted in q; compares with relationships, vocab values and strings that are URIs."""

    value: str


Literal = int | float | bool | str | Moment | Uri


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends are included (4.9)."""

    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True)
class Values:
    """A list of at least two values, of which one has to match (4.9 ValueList)."""

    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    path: ValuePath | LinkedPath


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operand` is a `Range` or `Values` only with EQUAL and UNEQUAL."""

    path: ValuePath | LinkedPath
    operator: Operator
    operand: Literal | Range | Values


@dataclass(frozen=True, slots=True)
class Match:
    """A POSIX extended regular expression, searched for in a string (4.9 patternOp)."""

    path: ValuePath | LinkedPath
    pattern: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple["QueryNode", ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple["QueryNode", ...]


QueryNode = And | Or | Exists | Comparison | Match

#: Any of these sets of type IRIs, each of which an entity must have whole (4.17).
TypeSelection = tuple[frozenset[str], ...]


class GeoRelation(Enum):
    NEAR = "near"
    WITHIN = "within"
    CONTAINS = "contains"
    INTERSECTS = "intersects"
    EQUALS = "equals"
    DISJOINT = "disjoint"
    OVERLAPS = "overlaps"


@dataclass(frozen=True, slots=True)
class GeoQuery:
    """A geoquery (4.10).

    Attributes:
        relation: `NEAR` carries one of the distances, the others none.
        wkb: The reference geometry, WGS 84 lon/lat, as WKB: hashable, exact, quick to load.
        attribute: IRI of the GeoProperty.
        max_distance_m: Metres.
        min_distance_m: Metres.
    """

    relation: GeoRelation
    wkb: bytes
    attribute: str
    max_distance_m: float | None = None
    min_distance_m: float | None = None


class Direction(Enum):
    ASCENDING = "asc"
    DESCENDING = "desc"
    NEAREST = "dist-asc"
    FARTHEST = "dist-desc"


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One term of orderBy (4.23.3); `@id` and `@type` are names too."""

    path: ValuePath
    direction: Direction = Direction.ASCENDING


@dataclass(frozen=True, slots=True)
class Ordering:
    """How results are ordered (4.23).

    Attributes:
        terms: At least one.
        collation: BCP 47 tag of an ICU collation; the root collation when `None`.
        origin_wkb: Where distances are measured from.
    """

    terms: tuple[OrderTerm, ...]
    collation: str | None = None
    origin_wkb: bytes | None = None


@dataclass(frozen=True, slots=True)
class EntitySelector:
    """One of several groups of entities that a Query body names (5.2.33).

    Attributes:
        ids: Any of these; empty for no restriction.
        id_pattern: Where there are no ids: a pattern as in `EntityQuery`.
        types: `None` for any type.
    """

    ids: tuple[str, ...] = ()
    id_pattern: str | None = None
    types: TypeSelection | None = None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class EntityQuery:
    """Which entities (5.7.2.3), in which order, and which part of them.

    Attributes:
        ids: Any of these; empty for no restriction.
        id_pattern: POSIX extended regular expression, searched for in the id.
        types: `None` for any type.
        selectors: Where there are any, one of them must select the entity, besides all the rest.
        attributes: At least one of these IRIs must be present; empty for no restriction.
        limit: At most so many entities; 0 for a count alone.
        offset: How many matching entities to pass over.
        count: Whether the number of all matching entities is wanted.
        access: Only what may be read by this is there, whatever else is asked; `None` for all.
    """

    ids: tuple[str, ...] = ()
    id_pattern: str | None = None
    types: TypeSelection | None = None
    selectors: tuple[EntitySelector, ...] = ()
    attributes: tuple[str, ...] = ()
    q: QueryNode | None = None
    geo: GeoQuery | None = None
    scope: ScopeQuery | None = None
    ordering: Ordering | None = None
    limit: int = 20
    offset: int = 0
    count: bool = False
    access: Access | None = None
