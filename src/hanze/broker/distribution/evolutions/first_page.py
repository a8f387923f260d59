"""First pages of evolutions over sources, without listing all there are (CIM 009, 5.7.4, 5.5.9)."""

from collections.abc import Iterable
from dataclasses import replace

from hanze.broker.distribution.evolutions.answers import TemporalHeard, ask_sources
from hanze.broker.distribution.evolutions.asking import TemporalQuestion
from hanze.broker.distribution.evolutions.gathering import (
    gather_evolutions,
    put_together,
    shown_page,
)
from hanze.broker.distribution.evolutions.listing import ids_alone
from hanze.broker.distribution.evolutions.reach import TemporalReach
from hanze.broker.entity_map import LOCAL, EntityMap, EntityMaps, MapKind, owner_of
from hanze.broker.evolution_reading import Asked, Evolutions
from hanze.broker.registry import Match

__all__ = ["first_page"]


async def first_page(
    reach: TemporalReach, maps: EntityMaps
) -> tuple[Evolutions, list[TemporalHeard]] | None:
    """Answer a first page of what everybody gives first, where that tells it.

    A second round asks those who have more for what they may have of the page; where the node's own
    fill it, there is no other round.

    Returns:
        The page with what sources answered; `None` where all has to be listed: for later pages,
        counts, and filters that are looked at here.

    Raises:
        RangeTooWide: Values of several sources are to be aggregated, and there are too many.
        AttributeNotEligible: A named attribute cannot be aggregated so.
    """
    asked, query = reach.querying.asked, reach.querying.query
    if query.offset or not query.limit or reach.filtered_here:
        return None
    first = asked if asked.aggregation is None else ids_alone(reach)
    own = await reach.own(replace(query, count=False), first)
    if own.more and query.count:
        return None
    # The node's own stand first: where they fill the page, sources can only add to them.
    heard = [] if own.more else await _first(reach, first)
    more = own.more or any(one.more for one in heard)
    ids = _ids(reach, own, heard)
    if ids is None or (query.count and more):
        return None
    page = ids[: query.limit]
    unsure = _empty(reach, maps)
    if own.more:
        for match in reach.matches:
            _may_have(unsure, match, page)
    for one in heard:
        if one.more:
            given = frozenset(each.id for each in one.entities)
            _may_have(unsure, one.match, [each for each in page if each not in given])
    if unsure.entries:
        asks = reach.by_ids(unsure, page, TemporalQuestion(first, reach.filters))
        heard += await ask_sources(reach.distributor, reach.origin, asks)
    gathered = put_together(own, heard, reach.matches, first)
    if asked.aggregation is not None:
        gathered = await gather_evolutions(reach, _held(_empty(reach, maps), own, heard), page)
        heard += gathered.heard
    entities = [gathered.entities[one] for one in page if one in gathered.entities]
    aggregated = [gathered.aggregated[one] for one in page if one in gathered.aggregated]
    shown, cut = shown_page(entities, gathered.edges, asked)
    count = len(ids) if query.count else None
    return Evolutions(shown, aggregated, count, more or len(ids) > query.limit, cut), heard


async def _first(reach: TemporalReach, asked: Asked) -> list[TemporalHeard]:
    question = TemporalQuestion(asked, reach.filters)
    asks = [
        reach.ask(match, portion, question, limit=reach.querying.query.limit)
        for match in reach.matches
        for portion in reach.portions(match)
    ]
    return await ask_sources(reach.distributor, reach.origin, asks)


def _ids(reach: TemporalReach, own: Evolutions, heard: Iterable[TemporalHeard]) -> list[str] | None:
    """List what comes first; `None` where what was left out makes room for what did not come."""
    ids = dict.fromkeys(one.id for one in own.entities)
    for one in heard:
        selected = [each.id for each in one.entities if reach.selects(each.id, each.types)]
        if one.more and len(selected) < one.received:
            return None
        ids.update(dict.fromkeys(selected))
    return list(ids)


def _may_have(unsure: EntityMap, match: Match, ids: Iterable[str]) -> None:
    """Say that a source may have some of entities of which it did not say so."""
    for entity_id in ids:
        unsure.add(entity_id, match.registration.id)


def _held(held: EntityMap, own: Evolutions, heard: Iterable[TemporalHeard]) -> EntityMap:
    for entity in own.entities:
        held.add(entity.id, LOCAL)
    for one in heard:
        for each in one.entities:
            held.add(each.id, one.match.registration.id)
    return held


def _empty(reach: TemporalReach, maps: EntityMaps) -> EntityMap:
    return maps.new(owner_of(reach.origin.caller), MapKind.TEMPORAL, "")
