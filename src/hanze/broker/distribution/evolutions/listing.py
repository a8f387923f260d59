"""Which evolutions a query over sources concerns, and who has them (CIM 009, 4.3.6.7, 5.14.5)."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from hanze.broker.distribution.evolutions.answers import TemporalHeard, ask_source, unheard
from hanze.broker.distribution.evolutions.asking import TemporalQuestion
from hanze.broker.distribution.evolutions.reach import PAGE, TemporalReach
from hanze.broker.distribution.mapping import MapAsk, ask_for_maps, map_call, note_maps
from hanze.broker.distribution.narrowing import Portion
from hanze.broker.entity_map import LOCAL, EntityMap, EntityMaps
from hanze.broker.evolution_reading import Asked
from hanze.broker.registry import Match
from hanze.ngsild.query.named import attributes_looked_at
from hanze.ngsild.registration.operations import Operation

__all__ = ["ids_alone", "list_evolutions"]

#: All pages of a source may take so many times as long as one of them.
_PATIENCE: Final = 3


async def list_evolutions(
    reach: TemporalReach, maps: EntityMaps, found: EntityMap, *, mapped: bool
) -> list[TemporalHeard]:
    """Fill a map with the ids of all evolutions that a query concerns.

    Args:
        reach: The query.
        maps: Says how many there may be.
        found: Empty.
        mapped: Whether sources that make maps are asked for one, for what follows (5.14.5).

    Returns:
        What sources answered, without evolutions.

    Raises:
        TooManyMapped: There are more than a map may hold.
    """
    listing = _Listing(reach, maps)
    query = replace(reach.querying.query, limit=maps.most_entities + 1, offset=0, count=False)
    able = [match for match in reach.matches if mapped and _makes_maps(match)]
    own, listed, made = await asyncio.gather(
        reach.own(query, listing.asked),
        asyncio.gather(
            *(
                listing.source(match, portion)
                for match in reach.matches
                if match not in able
                for portion in reach.portions(match)
            )
        ),
        ask_for_maps(
            reach.distributor,
            reach.origin,
            [ask for match in able for ask in listing.for_maps(match)],
            most=maps.most_entities,
        ),
    )
    types: set[str] = set()
    for entity in own.entities:
        found.add(entity.id, LOCAL)
        types.update(entity.types)
    heard = [one for pages in listed for one in pages]
    for one in heard:
        for entity in one.entities:
            if reach.selects(entity.id, entity.types):
                found.add(entity.id, one.match.registration.id)
                types.update(entity.types)
    note_maps(found, made)
    found.types = frozenset(types)
    maps.check_size(found)
    return [*heard, *(TemporalHeard(match=one.match, failure=one.failure) for one in made)]


def _makes_maps(match: Match) -> bool:
    return Operation.CREATE_ENTITY_MAP_QUERY_TEMPORAL in match.registration.operations


class _Listing:
    """Goes through all pages of what every source has, up to a limit."""

    def __init__(self, reach: TemporalReach, maps: EntityMaps) -> None:
        self._reach = reach
        self._left = maps.most_entities
        self.asked = ids_alone(reach)

    async def source(self, match: Match, portion: Portion) -> Sequence[TemporalHeard]:
        """List what one source has."""
        question = TemporalQuestion(self.asked, self._reach.filters)
        pages: list[TemporalHeard] = []
        seen: set[str] = set()
        clock = asyncio.get_running_loop().time
        wanted_ms = match.registration.management.timeout_ms
        limit_s = self._reach.distributor.limits.timeout_s
        until = clock() + _PATIENCE * (limit_s if wanted_ms is None else wanted_ms / 1000)
        while self._left >= 0:
            if clock() > until:
                pages.append(unheard(match, "does not list all that it has in time"))
                break
            offset = sum(one.received for one in pages)
            ask = self._reach.ask(match, portion, question, limit=PAGE, offset=offset)
            heard = await ask_source(self._reach.distributor, self._reach.origin, ask)
            pages.append(heard)
            fresh = {one.id for one in heard.entities} - seen
            self._left -= len(fresh)
            # A source that gives the same page again has no next one.
            if not heard.more or not fresh:
                break
            seen |= fresh
        return pages

    def for_maps(self, match: Match) -> Iterator[MapAsk]:
        """Ask a source for maps of what it has."""
        question = TemporalQuestion(self.asked, self._reach.filters)
        for portion in self._reach.portions(match):
            call = self._reach.ask(match, portion, question, limit=1).call
            yield MapAsk(match, portion, map_call(call, "temporal/entityMaps"))


def ids_alone(reach: TemporalReach) -> Asked:
    """Ask for evolutions without any of their instances."""
    querying = reach.querying
    asked, query = querying.asked, querying.query
    required = asked.required
    if reach.filtered_here:
        narrow = query.types is not None or bool(query.selectors)
        required = None if narrow else (required or frozenset()) | attributes_looked_at(query)
    return Asked(
        most=asked.most, names=frozenset(), required=required or None, temporal=asked.temporal
    )
