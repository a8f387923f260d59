"""Which evolutions, and which of their instances, meet a query (CIM 009, 5.7.4.4).

An entity is selected when its instances within the range meet the query, the geoquery and the scope
query. What is then shown are the instances that meet them too: of an attribute that the query
names, those that meet the query when they stand for the attribute alone; of any attribute, those
from a time at which the scope was as wanted (annex C.5.16).

An attribute that never had the time property that the query is about has no evolution by it. What
it is now counts in the query all the same, as annex C.5.5 shows; it is only not among the answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from hanze.ngsild.model import NULL, Entity, Instances
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.evaluate import evaluate
from hanze.ngsild.query.geo import matches_geo
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.scopes import matches_scopes
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Exists,
    GeoQuery,
    LinkedPath,
    Match,
    Or,
    QueryNode,
    ScopeQuery,
    ValuePath,
)
from hanze.ngsild.temporal.model import (
    EARLIEST,
    LATEST,
    Instance,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
)
from hanze.ngsild.temporal.moments import moment_of
from hanze.ngsild.temporal.periods import end_of_range, start_of_range

__all__ = ["Filters", "Selected", "attributes_of", "restrict", "select"]

#: Spans of time, in order, without overlap: start included, end excluded.
Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What instances have to meet; nothing at all lets everything pass."""

    q: QueryNode | None = None
    geo: GeoQuery | None = None
    scope: ScopeQuery | None = None

    @property
    def names(self) -> frozenset[str]:
        """IRIs of the attributes that decide, without the scope."""
        named = frozenset() if self.q is None else attributes_of(self.q)
        return named if self.geo is None else named | {self.geo.attribute}


@dataclass(frozen=True, slots=True)
class Selected:
    """What was found out about a selected entity, to restrict its instances by.

    Attributes:
        others: The instances by which terms of the query about other attributes are decided.
        spans: When its scope was as wanted; `None` where the scope is not asked about.
        scopes: The instances of the scope that were so, also where they were set before the range.
    """

    others: Entity
    spans: Spans | None = None
    scopes: tuple[Instance, ...] = ()


def attributes_of(node: QueryNode) -> frozenset[str]:
    """Return the names that a query begins its paths with: IRIs of attributes and members."""
    return frozenset(_leaves(node))


def select(
    filters: Filters,
    within: TemporalEntity,
    temporal: TemporalQuery,
    *,
    untimed: Mapping[str, tuple[Instance, ...]],
    scopes: Sequence[Instance],
) -> Selected | None:
    """Decide whether an entity is selected.

    Args:
        filters: What it has to meet.
        within: Its instances of `filters.names` that are in the range.
        temporal: The range.
        untimed: Instances that lack the time property, of attributes that never had it.
        scopes: All instances of its scope up to the end of the range, in order.

    Returns:
        `None` when it is not.
    """
    entity = _as_entity(within, untimed)
    if filters.q is not None and not _is_met(filters.q, filters, within, entity):
        return None
    if filters.geo is not None and not matches_geo(filters.geo, entity):
        return None
    if filters.scope is None:
        return Selected(entity)
    held = _held(filters.scope, scopes, temporal)
    spans = tuple(span for _, span in held)
    return Selected(entity, spans, tuple(one for one, _ in held)) if held else None


def restrict(
    filters: Filters,
    selected: Selected,
    entity: TemporalEntity,
    timeproperty: TimeProperty,
    *,
    with_scope: bool,
) -> TemporalEntity:
    """Keep the instances that meet the filters; attributes without any left are gone.

    Args:
        selected: What `select` found.
        entity: The instances that are to be shown.
        timeproperty: By which the scope's time is held against theirs.
        with_scope: Whether a scope that was asked about is to be shown.
    """
    attributes = {}
    for name, instances in entity.attributes.items():
        if name == SCOPE and selected.spans is not None:
            continue
        kept = _meeting(filters, selected, name, instances)
        if selected.spans is not None:
            kept = _spanned(kept, selected.spans, timeproperty)
        if kept:
            attributes[name] = kept
    if with_scope and selected.scopes:
        attributes[SCOPE] = selected.scopes
    return replace(entity, attributes=attributes)


def _is_met(node: QueryNode, filters: Filters, within: TemporalEntity, entity: Entity) -> bool:
    """Tell whether instances meet a query; two terms about one attribute, by the same instance."""
    if not evaluate(node, entity, _nobody):
        return False
    names = list(_leaves(node))
    if len(names) == len(set(names)):
        return True
    selected = Selected(entity)
    named = [(name, within.attributes[name]) for name in set(names) & within.attributes.keys()]
    return not named or any(_meeting(filters, selected, name, own) for name, own in named)


def _leaves(node: QueryNode) -> Iterator[str]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _leaves(term)
    else:
        yield _first(node.path)


def _first(path: ValuePath | LinkedPath) -> str:
    return path.relationship if isinstance(path, LinkedPath) else path.names[0]


def _nobody(_entity_id: str) -> None:
    """No linked entity is followed in queries of evolutions (5.7.4.4)."""


def _as_entity(within: TemporalEntity, untimed: Mapping[str, tuple[Instance, ...]]) -> Entity:
    """Make an entity that has all instances at once: any of them may meet a term."""
    attributes = {
        name: _values(instances) for name, instances in {**untimed, **within.attributes}.items()
    }
    return Entity(
        id=within.id,
        types=within.types,
        attributes={name: values for name, values in attributes.items() if values},
        scope=_scopes_of(within.attributes.get(SCOPE, ())),
        created_at=within.created_at,
        modified_at=within.modified_at,
    )


def _values(instances: Sequence[Instance]) -> Instances:
    return tuple(one.attribute for one in instances if one.deleted_at is None)


def _scopes_of(instances: Sequence[Instance]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scope for one in instances for scope in _scopes(one)))


def _scopes(one: Instance) -> tuple[str, ...]:
    """Read an instance of the scope (4.5.6); a removed scope is none."""
    value = one.attribute.value
    if one.deleted_at is not None or value == NULL:
        return ()
    if isinstance(value, str):
        return (value,)
    return (
        tuple(part for part in value if isinstance(part, str))
        if isinstance(value, list | tuple)
        else ()
    )


def _held(
    query: ScopeQuery, scopes: Sequence[Instance], temporal: TemporalQuery
) -> list[tuple[Instance, tuple[int, int]]]:
    """Find when the scope was as wanted: each scope holds until the next one is set (4.18)."""
    start, end = start_of_range(temporal), end_of_range(temporal)
    first, last = EARLIEST if start is None else start, LATEST + 1 if end is None else end
    moments = [_set_at(one, temporal.timeproperty) for one in scopes]
    found = []
    following = [*moments, LATEST + 1][1:]
    for one, since, until in zip(scopes, moments, following, strict=True):
        begins, ends = max(since, first), min(until, last)
        if begins < ends and matches_scopes(query, _scopes(one)):
            found.append((one, (begins, ends)))
    return found


def _set_at(one: Instance, timeproperty: TimeProperty) -> int:
    """Tell when a scope was set, also where it does not say so by the time property."""
    moment = moment_of(one, timeproperty)
    if moment is None:
        recorded = one.attribute.created_at
        return EARLIEST if recorded is None else parse_datetime(recorded)
    return moment


def _spanned(
    instances: Sequence[Instance], spans: Spans, timeproperty: TimeProperty
) -> tuple[Instance, ...]:
    return tuple(
        one
        for one in instances
        if (moment := moment_of(one, timeproperty)) is not None
        and any(start <= moment < end for start, end in spans)
    )


def _meeting(
    filters: Filters, selected: Selected, name: str, instances: tuple[Instance, ...]
) -> tuple[Instance, ...]:
    others = selected.others
    if filters.q is not None and name in attributes_of(filters.q):
        term = _about(filters.q, name, others)
        if isinstance(term, bool):
            instances = instances if term else ()
        else:
            instances = tuple(
                one for one in instances if evaluate(term, _alone(one, name, others), _nobody)
            )
    if filters.geo is not None and name == filters.geo.attribute:
        geo = filters.geo
        instances = tuple(one for one in instances if matches_geo(geo, _alone(one, name, others)))
    return instances


def _alone(one: Instance, name: str, others: Entity) -> Entity:
    values = _values((one,))
    return Entity(
        id=others.id,
        types=others.types,
        attributes={name: values} if values else {},
        scope=_scopes(one) if name == SCOPE else (),
        created_at=others.created_at,
        modified_at=others.modified_at,
    )


def _about(node: QueryNode, name: str, others: Entity) -> QueryNode | bool:
    """Decide what a query says of other attributes, and leave what it says of this one."""
    if not isinstance(node, And | Or):
        return node if _first(node.path) == name else evaluate(node, others, _nobody)
    decides = isinstance(node, Or)
    left: list[Exists | Comparison | Match | And | Or] = []
    for term in node.terms:
        reduced = _about(term, name, others)
        if reduced is decides:
            return decides
        if not isinstance(reduced, bool):
            left.append(reduced)
    if not left:
        return not decides
    return Or(tuple(left)) if decides else And(tuple(left))
