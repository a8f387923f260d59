"""Goes through all that the node and sources have of a query, page by page (CIM 009, 4.3.6.7)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hanze.broker.distribution.asking import Question
from hanze.broker.distribution.narrowing import Portion
from hanze.broker.distribution.reach import Own, Reach
from hanze.broker.distribution.sources import Heard
from hanze.broker.ports import StoredEntity
from hanze.broker.registry import Match
from hanze.errors import TooMuch
from hanze.ngsild.query.tree import EntityQuery

__all__ = ["PAGE", "Listing", "TooManyEntities"]

#: Entities of one page: no node need give more.
PAGE: Final = 1000
#: All pages of a source may take so many times as long as one of them.
_PATIENCE: Final = 3


class TooManyEntities(TooMuch):
    """A query over sources has more entities to look at than the node keeps the ids of."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"Over all sources the query concerns more than {most} entities: "
            "it must be narrower, or leave out count and offset"
        )


class Listing:
    """Goes through all pages of what everybody has, up to a limit."""

    def __init__(self, reach: Reach, question: Question) -> None:
        self._reach = reach
        self._question = question
        self._most = reach.sources.distributor.limits.max_map_entities
        self._left = self._most

    async def sources(self) -> list[Heard]:
        """List what the sources have, in their order.

        Raises:
            TooManyEntities: It is more than the limit.
        """
        sources = self._reach.sources
        most = sources.distributor.limits.max_sources
        listed = await asyncio.gather(
            *(
                self._source(match, portion)
                for match in self._reach.matches[:most]
                for portion in self._reach.portions(match)
            )
        )
        self._check()
        heard = [one for pages in listed for one in pages]
        return heard + [await sources.left_out(match) for match in self._reach.matches[most:]]

    async def own(self, query: EntityQuery) -> dict[str, Own]:
        """List what the node has.

        Raises:
            TooManyEntities: It is more than the limit.
        """
        stored: list[StoredEntity] = []
        more = True
        while more:
            found = await self._reach.local(replace(query, offset=len(stored), count=False))
            stored += found.entities
            more = found.more and bool(found.entities)
            self._left -= len(found.entities)
            self._check()
        return await self._reach.own(stored)

    async def _source(self, match: Match, portion: Portion) -> Sequence[Heard]:
        pages: list[Heard] = []
        sources = self._reach.sources
        try:
            async with asyncio.timeout(_PATIENCE * sources.timeout_s(match.registration)):
                await self._listed(match, portion, pages)
        except TimeoutError:
            pages.append(sources.too_slow(match))
        return pages

    async def _listed(self, match: Match, portion: Portion, pages: list[Heard]) -> None:
        seen: set[str] = set()
        offset = 0
        while self._left >= 0:
            ask = self._reach.ask(match, portion, self._question, limit=PAGE, offset=offset)
            heard = await self._reach.sources.ask(self._reach.origin, ask)
            pages.append(heard)
            fresh = {entity.id for entity in heard.entities} - seen
            self._left -= len(fresh)
            # A source that gives the same page again has no next one.
            if not heard.more or not fresh:
                break
            seen |= fresh
            offset += heard.received

    def _check(self) -> None:
        if self._left < 0:
            raise TooManyEntities(self._most)
