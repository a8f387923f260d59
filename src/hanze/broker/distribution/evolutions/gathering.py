"""What the node and its sources have of some evolutions, put together (CIM 009, 4.5.5.3, 5.7.4.4)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from msgspec.structs import replace as replaced

from hanze.broker.distribution.evolutions.answers import TemporalHeard, ask_sources
from hanze.broker.distribution.evolutions.asking import TemporalQuestion
from hanze.broker.distribution.evolutions.reach import TemporalReach, without_proxied
from hanze.broker.entity_map import EntityMap
from hanze.broker.evolution_matching import RangeTooWide
from hanze.broker.evolution_reading import Asked, Evolutions
from hanze.broker.registry import Match
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.named import attributes_looked_at
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.temporal.aggregate import aggregate
from hanze.ngsild.temporal.filter import Filters, restrict, select
from hanze.ngsild.temporal.merging import (
    TemporalVersion,
    cut_to,
    latest,
    merge_evolutions,
    place_of,
    within,
)
from hanze.ngsild.temporal.model import (
    EARLIEST,
    AggregatedEntity,
    Instance,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
    Timerel,
)
from hanze.ngsild.temporal.moments import timeproperty_of

__all__ = ["Gathered", "aggregated_here", "gather_evolutions", "put_together", "shown_page"]

#: Evolutions that are judged before others get their turn.
_SLICE: Final = 32
#: When anything was recorded at all.
_EVER: Final = TemporalQuery(Timerel.AFTER, EARLIEST, timeproperty=TimeProperty.CREATED_AT)


@dataclass(slots=True)
class Gathered:
    """Evolutions made of what all have of them.

    Attributes:
        entities: By id.
        aggregated: The same, where aggregated values were asked for.
        edges: Up to where they are whole, or with lastN from where, in microseconds since 1970.
        heard: What sources answered.
    """

    entities: dict[str, TemporalEntity] = field(default_factory=dict)
    aggregated: dict[str, AggregatedEntity] = field(default_factory=dict)
    edges: list[int] = field(default_factory=list)
    heard: list[TemporalHeard] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether something may be missing because a source failed."""
        return any(one.failure is not None for one in self.heard)

    def add(self, other: "Gathered") -> None:
        """Take in what was gathered of other evolutions."""
        self.entities |= other.entities
        self.aggregated |= other.aggregated
        self.edges += other.edges
        self.heard += other.heard


async def gather_evolutions(reach: TemporalReach, found: EntityMap, ids: Sequence[str]) -> Gathered:
    """Gather what is asked of some evolutions.

    Args:
        reach: The query.
        found: Who has them.
        ids: Of evolutions.

    Returns:
        Those that match, when sources were asked without the filters; else those that came.

    Raises:
        RangeTooWide: Values of several sources are to be aggregated, and there are too many.
        AttributeNotEligible: A named attribute cannot be aggregated so.
    """
    asked = reach.querying.asked
    if reach.filtered_here:
        gathered = await _filtered(reach, found, ids)
        return gathered if asked.aggregation is None else aggregated_here(gathered, asked)
    if asked.aggregation is None:
        return await _instances(reach, found, ids, asked)
    # A series that is whole in one place is aggregated there; else nobody but this node has all.
    single = [one for one in ids if len(found.entries.get(one, ())) == 1]
    gathered = await _aggregates(reach, found, single, asked)
    known = frozenset(single)
    several = [one for one in ids if one not in known]
    if several:
        whole = await _instances(reach, found, several, replace(asked, aggregation=None))
        gathered.add(aggregated_here(whole, asked))
    return gathered


def aggregated_here(gathered: Gathered, asked: Asked) -> Gathered:
    """Aggregate the instances that came from several places.

    Raises:
        RangeTooWide: Not all of them came.
        AttributeNotEligible: A named attribute cannot be aggregated so.
    """
    if gathered.edges:
        raise RangeTooWide(asked.most)
    if asked.aggregation is not None:
        for one in gathered.entities.values():
            values = aggregate(one, asked.temporal, asked.aggregation, requested=asked.requested)
            gathered.aggregated[one.id] = replaced(
                values,
                created_at=one.created_at,
                modified_at=one.modified_at,
                deleted_at=one.deleted_at,
            )
    gathered.entities = {}
    return gathered


def put_together(
    own: Evolutions, heard: Iterable[TemporalHeard], matches: Sequence[Match], asked: Asked
) -> Gathered:
    """Make one evolution of what all have of it, for each; the node's own come first."""
    about = timeproperty_of(asked.temporal)
    gathered = Gathered(heard=list(heard))
    versions: dict[str, list[TemporalVersion]] = {}
    for entity in own.entities:
        left = without_proxied(entity, matches)
        if left is not None:
            versions.setdefault(left.id, []).append(TemporalVersion(left))
    if own.cut:
        gathered.edges += _edge(own.entities, about, backwards=asked.last_n is not None)
    for one in gathered.heard:
        auxiliary = one.match.registration.mode is Mode.AUXILIARY
        for entity in one.entities:
            versions.setdefault(entity.id, []).append(TemporalVersion(entity, auxiliary))
        if one.edge is not None:
            gathered.edges.append(one.edge)
    for entity_id, several in versions.items():
        gathered.entities[entity_id] = latest(merge_evolutions(several, about), asked.last_n)
    return gathered


def _edge(entities: Iterable[TemporalEntity], about: TimeProperty, *, backwards: bool) -> list[int]:
    # Instances stand in the order of their moments.
    moments = [
        place_of(own[0] if backwards else own[-1], about)
        for entity in entities
        for own in entity.attributes.values()
    ]
    if not moments:
        return []
    return [min(moments) if backwards else max(moments)]


async def _instances(
    reach: TemporalReach, found: EntityMap, ids: Sequence[str], asked: Asked
) -> Gathered:
    asks = reach.by_ids(found, ids, TemporalQuestion(asked, reach.filters))
    own, heard = await asyncio.gather(
        _own(reach, found, ids, asked), ask_sources(reach.distributor, reach.origin, asks)
    )
    return put_together(own, heard, reach.matches, asked)


async def _own(
    reach: TemporalReach, found: EntityMap, ids: Sequence[str], asked: Asked
) -> Evolutions:
    mine = reach.own_ids(found, ids)
    if not mine:
        return Evolutions()
    query = replace(reach.querying.query, ids=mine, limit=len(mine), offset=0, count=False)
    return await reach.own(query, asked)


async def _aggregates(
    reach: TemporalReach, found: EntityMap, ids: Sequence[str], asked: Asked
) -> Gathered:
    asks = reach.by_ids(found, ids, TemporalQuestion(asked, reach.filters))
    own, heard = await asyncio.gather(
        _own(reach, found, ids, asked), ask_sources(reach.distributor, reach.origin, asks)
    )
    gathered = Gathered(heard=heard)
    gathered.aggregated = {one.id: one for one in own.aggregated}
    for several in heard:
        for one in several.aggregated:
            gathered.aggregated.setdefault(one.id, one)
    return gathered


async def _filtered(reach: TemporalReach, found: EntityMap, ids: Sequence[str]) -> Gathered:
    """Gather whole evolutions, and keep those that match, with the instances that do."""
    querying = reach.querying
    asked, query = querying.asked, querying.query
    looked_at = attributes_looked_at(replace(query, attributes=()))
    names = asked.names
    if names is not None:
        names |= looked_at | (asked.required or frozenset())
    wide = replace(
        asked,
        names=names,
        required=_narrowing(reach, found),
        datasets=None,
        aggregation=None,
        # Which are the last ones is known only when the filters have taken theirs.
        last_n=asked.last_n if _filters(query) == Filters() else None,
    )
    gathered = await _instances(reach, found, ids, wide)
    before = await _before(reach, found, gathered, looked_at)
    kept = {}
    for number, (entity_id, entity) in enumerate(gathered.entities.items()):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        left = _matching(reach, entity, before.get(entity_id, {}))
        if left is not None:
            kept[entity_id] = left
    gathered.entities = kept
    return gathered


def _narrowing(reach: TemporalReach, found: EntityMap) -> frozenset[str] | None:
    """Name attributes of which there must be one, where nothing else makes a request narrow."""
    query, asked = reach.querying.query, reach.querying.asked
    if query.types is not None or query.selectors or found.types:
        return None
    return (asked.required or frozenset()) | attributes_looked_at(query)


def _filters(query: EntityQuery) -> Filters:
    return Filters(query.q, query.geo, query.scope)


async def _before(
    reach: TemporalReach, found: EntityMap, gathered: Gathered, looked_at: frozenset[str]
) -> Mapping[str, Mapping[str, tuple[Instance, ...]]]:
    """Read what decides and is not in the range: scopes from before, what never was observed."""
    query, asked = reach.querying.query, reach.querying.asked
    names = set[str]()
    if query.scope is not None:
        names.add(SCOPE)
    if timeproperty_of(asked.temporal) is TimeProperty.OBSERVED_AT:
        for one in gathered.entities.values():
            names |= looked_at - one.attributes.keys()
    if not names:
        return {}
    ever = Asked(most=asked.most, names=frozenset(names), temporal=_EVER)
    read = await _instances(reach, found, list(gathered.entities), ever)
    return {
        one.id: {
            name: own
            for name, own in one.attributes.items()
            if name == SCOPE or not any(part.attribute.observed_at for part in own)
        }
        for one in read.entities.values()
    }


def _matching(
    reach: TemporalReach, entity: TemporalEntity, before: Mapping[str, tuple[Instance, ...]]
) -> TemporalEntity | None:
    querying = reach.querying
    asked, query = querying.asked, querying.query
    if asked.temporal is None or not reach.selects(entity.id, entity.types):
        return None
    if asked.required is not None and asked.required.isdisjoint(entity.attributes):
        return None
    filters = _filters(query)
    if filters != Filters():
        decided = {name: own for name, own in entity.attributes.items() if name in filters.names}
        selected = select(
            filters,
            replaced(entity, attributes=decided),
            asked.temporal,
            untimed={
                name: own
                for name, own in before.items()
                if name != SCOPE and name not in entity.attributes
            },
            scopes=before.get(SCOPE, ()),
        )
        if selected is None:
            return None
        with_scope = asked.names is None or SCOPE in asked.names
        about = asked.temporal.timeproperty
        entity = restrict(filters, selected, entity, about, with_scope=with_scope)
    return latest(_shown(entity, asked), asked.last_n)


def _shown(entity: TemporalEntity, asked: Asked) -> TemporalEntity:
    """Leave the attributes and datasets that are shown."""
    attributes = {}
    for name, instances in entity.attributes.items():
        if asked.names is not None and name not in asked.names:
            continue
        own = tuple(
            one
            for one in instances
            if asked.datasets is None or one.attribute.dataset_id in asked.datasets
        )
        if own:
            attributes[name] = own
    return replaced(entity, attributes=attributes)


def _whole_up_to(
    entities: Iterable[TemporalEntity], edges: Sequence[int], asked: Asked
) -> list[TemporalEntity]:
    """Leave the part that everybody answered wholly (6.3.10)."""
    if not edges:
        return list(entities)
    about = timeproperty_of(asked.temporal)
    if asked.last_n is None:
        return [within(one, about, last=min(edges)) for one in entities]
    return [within(one, about, first=max(edges)) for one in entities]


def shown_page(
    entities: Sequence[TemporalEntity], edges: Sequence[int], asked: Asked
) -> tuple[list[TemporalEntity], bool]:
    """Leave the part that is whole and not too much; tell whether that is not all of it (6.3.10)."""
    whole = _whole_up_to(entities, edges, asked)
    kept, cut = cut_to(
        whole, asked.most, timeproperty_of(asked.temporal), backwards=asked.last_n is not None
    )
    return kept, cut or bool(edges)
