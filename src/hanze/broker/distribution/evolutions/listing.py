"""Which evolutions a query over sources concerns, and who has them (CIM 009, 4.3.6.7, 5.14.5)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from hanze.broker.distribution.evolutions.answers import TemporalHeard, ask_source
from hanze.broker.distribution.evolutions.asking import TemporalQuestion
from hanze.broker.distribution.evolutions.reach import PAGE, TemporalReach
from hanze.broker.distribution.narrowing import Portion
from hanze.broker.entity_map import LOCAL, EntityMap, EntityMaps
from hanze.broker.evolution_reading import Asked
from hanze.broker.registry import Match
from hanze.ngsild.query.named import attributes_looked_at

__all__ = ["list_evolutions"]


async def list_evolutions(
    reach: TemporalReach, maps: EntityMaps, found: EntityMap, *, entity_map: bool
) -> list[TemporalHeard]:
    """Fill a map with the ids of all evolutions that a query concerns.

    Args:
        reach: The query.
        maps: Says how many there may be.
        found: Empty.
        entity_map: Whether sources are to make maps too, for what follows.

    Returns:
        What sources answered, without evolutions.

    Raises:
        TooManyMapped: There are more than a map may hold.
    """
    listing = _Listing(reach, maps, entity_map=entity_map)
    query = replace(reach.querying.query, limit=maps.most_entities + 1, offset=0, count=False)
    own, listed = await asyncio.gather(
        reach.own(query, listing.asked),
        asyncio.gather(
            *(
                listing.source(match, portion)
                for match in reach.matches
                for portion in reach.portions(match)
            )
        ),
    )
    types: set[str] = set()
    for entity in own.entities:
        found.add(entity.id, LOCAL)
        types.update(entity.types)
    for pages in listed:
        for heard in pages:
            if heard.entity_map is not None:
                found.linked.setdefault(heard.match.registration.id, heard.entity_map)
            for entity in heard.entities:
                if reach.selects(entity.id, entity.types):
                    found.add(entity.id, heard.match.registration.id)
                    types.update(entity.types)
    found.types = frozenset(types)
    maps.check_size(found)
    return [heard for pages in listed for heard in pages]


class _Listing:
    """Goes through all pages of what every source has, up to a limit."""

    def __init__(self, reach: TemporalReach, maps: EntityMaps, *, entity_map: bool) -> None:
        self._reach = reach
        self._left = maps.most_entities
        self._entity_map = entity_map
        self.asked = _ids_alone(reach)

    async def source(self, match: Match, portion: Portion) -> Sequence[TemporalHeard]:
        """List what one source has."""
        question = TemporalQuestion(self.asked, self._reach.filters, entity_map=self._entity_map)
        pages: list[TemporalHeard] = []
        seen: set[str] = set()
        while self._left >= 0:
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
            if heard.entity_map is not None:
                question = replace(question, entity_map=False, used_map=heard.entity_map)
        return pages


def _ids_alone(reach: TemporalReach) -> Asked:
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
