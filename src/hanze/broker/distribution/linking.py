"""Linked entities that other nodes have (CIM 009, 4.5.23).

A relationship leads to other nodes where it names the types of its targets (`objectType`); one that
does not leads to entities of this node alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hanze.broker.distribution.asking import Question, in_chunks, query_call
from hanze.broker.distribution.merging import Version, merge
from hanze.broker.distribution.narrowing import portions, without_proxied
from hanze.broker.distribution.sources import Ask, Heard, Sources
from hanze.broker.gate import note_stored, readable
from hanze.broker.linked import MAX_LINKED, GraphTooLarge, Shown, Target, targets_of
from hanze.broker.origin import Origin
from hanze.broker.ports import Store
from hanze.broker.registry import Match
from hanze.ngsild.model import Entity
from hanze.ngsild.query.projection import Projection
from hanze.ngsild.query.tree import EntitySelector
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Mode
from hanze.ngsild.registration.operations import Operation

__all__ = ["LinkedOver", "linked_over_sources"]


@dataclass(slots=True)
class LinkedOver:
    """Linked entities of several nodes.

    Attributes:
        shown: By id, nearest first, with what is shown of each.
        heard: What sources answered.
    """

    shown: dict[str, Shown] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)


async def linked_over_sources(
    store: Store,
    sources: Sources,
    origin: Origin,
    entities: Sequence[Entity],
    *,
    level: int,
    projection: Projection | None = None,
    contained_by: frozenset[str] = frozenset(),
) -> LinkedOver:
    """Gather what relationships lead to, at this node and at others.

    Args:
        entities: Where to begin.
        level: How many relationships away a gathered entity may be.
        projection: What of the entities is shown; only relationships among it are followed.
        contained_by: Ids that were met before and are not gathered (6.4.3.2).

    Returns:
        Without the entities to begin with.

    Raises:
        GraphTooLarge: There are more than fit in one answer.
    """
    seen = {entity.id for entity in entities} | contained_by
    found = LinkedOver()
    frontier: list[Shown] = [(entity, projection) for entity in entities]
    for _ in range(level):
        fresh: dict[str, Target] = {}
        for target in targets_of(frontier):
            if target.uri not in seen:
                seen.add(target.uri)
                fresh[target.uri] = target
            if len(found.shown) + len(fresh) > MAX_LINKED:
                raise GraphTooLarge
        if not fresh:
            break
        there = await _fetched(store, sources, origin, fresh, found.heard)
        frontier = [(there[uri], fresh[uri].projection) for uri in fresh if uri in there]
        found.shown.update((shown[0].id, shown) for shown in frontier)
    return found


async def _fetched(
    store: Store,
    sources: Sources,
    origin: Origin,
    targets: Mapping[str, Target],
    heard: list[Heard],
) -> dict[str, Entity]:
    """Gather entities by their ids; what sources answer is added to `heard`."""
    by_types: dict[tuple[str, ...], list[str]] = {}
    for target in targets.values():
        if target.types:
            by_types.setdefault(target.types, []).append(target.uri)
    asks: list[Ask] = []
    matches: list[Match] = []
    for types, ids in by_types.items():
        for match in _matching(sources, origin, types, ids):
            matches.append(match)
            asks += _asks(match, origin, types, ids)
    answers = await sources.ask_all(origin, asks)
    heard += answers
    versions: dict[str, list[Version]] = {}
    for uri in targets:
        stored = readable(store, origin.caller, uri, now=origin.now)
        own = None if stored is None else without_proxied(store.load(stored), matches)
        if own is not None and stored is not None:
            note_stored(store, origin.caller, (stored,), now=origin.now)
            versions.setdefault(uri, []).append(Version(own))
    for answer in answers:
        auxiliary = answer.match.registration.mode is Mode.AUXILIARY
        for entity in answer.entities:
            versions.setdefault(entity.id, []).append(Version(entity, auxiliary))
    merged = {uri: merge(several, origin.now) for uri, several in versions.items()}
    return {uri: entity for uri, entity in merged.items() if entity is not None}


def _matching(
    sources: Sources, origin: Origin, types: Sequence[str], ids: Sequence[str]
) -> list[Match]:
    wanted = Wanted(ids=tuple(ids), types=tuple(frozenset((iri,)) for iri in types))
    return sources.distributor.registry.matching(origin, wanted, operation=Operation.QUERY_ENTITY)


def _asks(match: Match, origin: Origin, types: Sequence[str], ids: Sequence[str]) -> list[Ask]:
    selector = EntitySelector(tuple(ids), None, tuple(frozenset((iri,)) for iri in types))
    return [
        Ask(
            match,
            part,
            query_call(match.registration, part, Question(), origin.context, limit=len(part.ids)),
            len(part.ids),
        )
        for portion in portions(match.information, (selector,))
        for part in in_chunks(portion)
    ]
