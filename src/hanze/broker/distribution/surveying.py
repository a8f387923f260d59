"""Which entities match a query over Context Sources, and who has them (CIM 009, 4.3.6.7, 5.5.9).

Counts, and pages beyond the first, need the ids of all that match: an entity that several sources
have is one. The ids are kept for some seconds, so that the next page is of the same result, and
costs no more than its own entities.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

import msgspec

from hanze.broker.distribution.asking import Question
from hanze.broker.distribution.linking import linked_over_sources
from hanze.broker.distribution.listing import PAGE, Listing
from hanze.broker.distribution.merging import Version, merge
from hanze.broker.distribution.reach import Own, Reach
from hanze.broker.distribution.sources import Heard
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import linked_depth, matches
from hanze.ngsild.query.named import attributes_looked_at
from hanze.ngsild.registration.model import Mode

__all__ = ["Survey", "Surveys", "survey"]

_SLICE: Final = 64
#: For so long the next page is one of the same result.
_KEPT_S: Final = 10.0
_OWN: Final = 1


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The entities that match.

    Attributes:
        block: So many of the node's own come first, in the order of its store.
        ids: Those that come after them.
        holders: Who has an entity, by id: bit 0 stands for the node itself where it is among `ids`,
            bit n for the n-th source, counted from 1.
        troubles: Answers that give reason to warn, without their entities.
    """

    block: int
    ids: tuple[str, ...]
    holders: Mapping[str, int]
    troubles: tuple[Heard, ...] = ()

    @property
    def count(self) -> int:
        """How many match."""
        return self.block + len(self.ids)

    def held_by(self, number: int, ids: Iterable[str]) -> list[str]:
        """Choose those that a source has, or with 0 the node itself."""
        bit = _OWN << number
        return [one for one in ids if self.holders.get(one, 0) & bit]


class Surveys:
    """Surveys that are kept for a moment.

    Args:
        clock: Answers seconds that only grow.
        most: Ids that all surveys together may hold.
    """

    def __init__(self, clock: Callable[[], float], *, most: int) -> None:
        self._clock = clock
        self._most = most
        self._held = 0
        self._kept: OrderedDict[object, tuple[float, Survey]] = OrderedDict()

    async def of(self, reach: Reach, *, again: bool) -> Survey:
        """Give the survey of a query, made now or a moment ago.

        Args:
            reach: The query.
            again: It is to be made now.

        Raises:
            TooManyEntities: There are more than the node keeps the ids of.
        """
        key = _key(reach)
        now = self._clock()
        self._forget(now)
        known = self._kept.get(key)
        if known is not None and not again:
            return known[1]
        made = await survey(reach)
        # Whoever asked the same meanwhile has put one there.
        self._drop(key)
        if _weight(made) <= self._most and not made.troubles:
            self._kept[key] = (self._clock() + _KEPT_S, made)
            self._held += _weight(made)
        return made

    def _drop(self, key: object) -> None:
        dropped = self._kept.pop(key, None)
        self._held -= 0 if dropped is None else _weight(dropped[1])

    def _forget(self, now: float) -> None:
        """Let go of what is old, and of the oldest where there is too much."""
        while self._kept:
            key, (until, _) = next(iter(self._kept.items()))
            if until > now and self._held <= self._most:
                return
            self._drop(key)


def _weight(survey_: Survey) -> int:
    # An empty one takes room too.
    return len(survey_.holders) + 1


def _key(reach: Reach) -> object:
    asked, origin = reach.asked, reach.origin
    unpaged = replace(asked.query, limit=0, offset=0, count=False)
    told = tuple(
        (
            match.registration.id,
            match.registration.modified_at,
            *(origin.headers.get(key.lower()) for key, _ in match.registration.source_info),
        )
        for match in reach.matches
    )
    # What is decided anew is looked for anew.
    mark = reach.store.gate.access(origin.caller, origin.now).mark
    caller = replace(origin.caller, trace=None)
    return replace(asked, query=unpaged), mark, caller, origin.context, origin.via, told


async def survey(reach: Reach) -> Survey:
    """Ask all sources which of their entities match.

    Raises:
        TooManyEntities: There are more than the node keeps the ids of.
    """
    if reach.asked.filtered_here:
        return await _looked_at(reach)
    listing = Listing(reach, Question(reach.asked.query, frozenset()))
    if reach.has_proxied or reach.listed:
        heard = await listing.sources()
        own = await listing.own(replace(reach.asked.query, limit=PAGE, offset=0))
        holders = dict.fromkeys(own, _OWN)
        _note_holders(holders, reach, heard)
        return Survey(block=0, ids=tuple(holders), holders=holders, troubles=_troubles(heard))
    counting = replace(reach.asked.query, limit=0, offset=0, count=True)
    found, heard = await asyncio.gather(reach.local(counting), listing.sources())
    holders = {}
    _note_holders(holders, reach, heard)
    in_block = await _in_block(reach, holders)
    return Survey(
        block=found.count or 0,
        ids=tuple(one for one in holders if one not in in_block),
        holders=holders,
        troubles=_troubles(heard),
    )


async def _in_block(reach: Reach, ids: Iterable[str]) -> set[str]:
    """Find those that the node has too, and counted already."""
    present = [one for one in ids if reach.own_of((one,))]
    matching: set[str] = set()
    for start in range(0, len(present), PAGE):
        some = tuple(present[start : start + PAGE])
        found = await reach.local(
            replace(reach.asked.query, ids=some, limit=PAGE, offset=0, count=False)
        )
        matching.update(await reach.own(found.entities))
    return matching


async def _looked_at(reach: Reach) -> Survey:
    """Gather all that may match, put each together, and look at it (5.7.2.4)."""
    query = reach.asked.query
    names = attributes_looked_at(query)
    listing = Listing(reach, Question(names=names))
    heard = await listing.sources()
    own = await listing.own(replace(reach.unfiltered(), limit=PAGE, offset=0))
    holders = dict.fromkeys(own, _OWN)
    _note_holders(holders, reach, heard)
    entities = await _merged(reach, own, heard, holders)
    known: Mapping[str, Entity] = {}
    if query.q is not None and (depth := linked_depth(query.q)):
        linked = await linked_over_sources(
            reach.store, reach.sources, reach.origin, list(entities.values()), level=depth
        )
        heard += linked.heard
        known = {**{uri: entity for uri, (entity, _) in linked.shown.items()}, **entities}
    unpaged = replace(query, ids=(), id_pattern=None, types=None, selectors=())
    ids = []
    for number, (entity_id, entity) in enumerate(entities.items()):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        if matches(unpaged, entity, known.get):
            ids.append(entity_id)
    left = {one: holders[one] for one in ids}
    return Survey(block=0, ids=tuple(ids), holders=left, troubles=_troubles(heard))


async def _merged(
    reach: Reach, own: Mapping[str, Own], heard: Iterable[Heard], ids: Iterable[str]
) -> dict[str, Entity]:
    versions: dict[str, list[Version]] = {one: [] for one in ids}
    for entity_id, mine in own.items():
        versions[entity_id].append(Version(reach.whole(mine)))
    for one in heard:
        auxiliary = one.match.registration.mode is Mode.AUXILIARY
        for entity in one.entities:
            if entity.id in versions:
                versions[entity.id].append(Version(entity, auxiliary))
    merged: dict[str, Entity] = {}
    for number, (entity_id, several) in enumerate(versions.items()):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        made = merge(several, reach.origin.now)
        if made is not None:
            merged[entity_id] = made
    return merged


def _note_holders(holders: dict[str, int], reach: Reach, heard: Iterable[Heard]) -> None:
    bits = {match.registration.id: _OWN << n for n, match in enumerate(reach.matches, 1)}
    for one in heard:
        bit = bits[one.match.registration.id]
        for entity in one.entities:
            if reach.selects(entity):
                holders[entity.id] = holders.get(entity.id, 0) | bit


def _troubles(heard: Iterable[Heard]) -> tuple[Heard, ...]:
    return tuple(
        msgspec.structs.replace(one, entities=())
        for one in heard
        if one.failure is not None or one.stale or one.warned
    )
