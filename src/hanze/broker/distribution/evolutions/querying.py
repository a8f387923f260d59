"""Query evolutions over Context Sources: pages, counts, maps (CIM 009, 5.7.4, 5.5.9.3, 5.5.14)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hanze.broker.consumption import TenantNotFound
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.evolutions.answers import TemporalHeard, bounded
from hanze.broker.distribution.evolutions.first_page import first_page
from hanze.broker.distribution.evolutions.gathering import (
    Gathered,
    gather_evolutions,
    shown_page,
)
from hanze.broker.distribution.evolutions.listing import list_evolutions
from hanze.broker.distribution.evolutions.reach import (
    TemporalQuerying,
    TemporalReach,
    matching_sources,
)
from hanze.broker.distribution.warnings import error_of, warning_of
from hanze.broker.entity_map import (
    EntityMap,
    EntityMaps,
    MapKind,
    MapWish,
    fingerprint_of,
    owner_of,
)
from hanze.broker.evolution_reading import Evolutions
from hanze.broker.evolutions import check_temporal_breadth, query_evolutions
from hanze.broker.origin import Origin
from hanze.broker.ports import Store
from hanze.broker.registry import Match
from hanze.errors import InvalidInput
from hanze.ngsild.temporal.model import AggregatedEntity

__all__ = [
    "TemporalFound",
    "TemporalSources",
    "check_querying",
    "create_map",
    "query_over_sources",
    "raise_failure",
    "temporal_fingerprint",
    "told",
]

#: Candidates that are gathered at once, where their filters are looked at here.
_BLOCK: Final = 100


@dataclass(frozen=True, slots=True)
class TemporalSources:
    """What reading evolutions over sources takes."""

    store: Store
    distributor: Distributor
    maps: EntityMaps


@dataclass(frozen=True, slots=True)
class TemporalFound:
    """A page of evolutions made of what all have of them.

    Attributes:
        warnings: Values of `NGSILD-Warning`.
        entity_map: The map that was used, where one was asked for.
        created: Whether that map is new.
    """

    evolutions: Evolutions
    warnings: Sequence[str] = ()
    entity_map: EntityMap | None = None
    created: bool = False


async def query_over_sources(
    sources: TemporalSources, origin: Origin, querying: TemporalQuerying, wish: MapWish
) -> TemporalFound:
    """Return a page of the evolutions that match, here and at sources (5.7.4).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide, ordered, follows relationships, or has no range; or the
            map was made by another query.
        TooManyMapped: More evolutions match than the node keeps the ids of.
        AttributeNotEligible: A named attribute cannot be aggregated so.
        RangeTooWide: Deciding takes more instances at once than the node holds.
        BadGateway: Only one exclusive or redirect source may have any, and refuses (6.3.17).
        GatewayTimeout: It does not answer.
        LoopDetected: It leads back here.
    """
    check_querying(sources, origin, querying)
    matches, left_out = bounded(
        sources.distributor, matching_sources(sources.distributor, origin, querying)
    )
    if not matches and not wish:
        return TemporalFound(
            await query_evolutions(
                sources.store,
                origin.caller,
                querying.query,
                querying.asked,
                local=querying.local,
                now=origin.now,
            )
        )
    reach = TemporalReach(
        store=sources.store,
        distributor=sources.distributor,
        origin=origin,
        querying=querying,
        matches=matches,
    )
    return await _Answering(sources, reach, wish, left_out).answer()


async def create_map(
    sources: TemporalSources, origin: Origin, querying: TemporalQuerying, wish: MapWish
) -> tuple[EntityMap, Sequence[str]]:
    """Make a map of the evolutions that match, and return it with warnings (5.14.5).

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: The query is too wide, ordered, follows relationships, or has no range.
        TooManyMapped: More evolutions match than a map may hold.
    """
    check_querying(sources, origin, querying)
    matches, left_out = bounded(
        sources.distributor, matching_sources(sources.distributor, origin, querying)
    )
    reach = TemporalReach(
        store=sources.store,
        distributor=sources.distributor,
        origin=origin,
        querying=querying,
        matches=matches,
    )
    maps, owner = sources.maps, owner_of(origin.caller)
    found = maps.new(
        owner, MapKind.TEMPORAL, temporal_fingerprint(querying), split=reach.filtered_here
    )
    found.mark = mark_of(sources, origin)
    heard = await list_evolutions(reach, maps, found, mapped=True)
    maps.keep(found, now=origin.now, lifetime_s=wish.lifetime_s)
    return found, told([*left_out, *heard], sources.distributor.alias)


def check_querying(sources: TemporalSources, origin: Origin, querying: TemporalQuerying) -> None:
    """Refuse what 5.7.4.4 refuses, before anybody is asked.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        InvalidInput: Names the rule that is broken.
    """
    if querying.asked.temporal is None:
        raise InvalidInput("timerel and timeAt must be there", field="timerel", clause="5.7.4.4")
    check_temporal_breadth(querying.query, local=querying.local)
    if not sources.store.tenant_exists(origin.caller.tenant):
        raise TenantNotFound(origin.caller.tenant)


def mark_of(sources: TemporalSources, origin: Origin) -> int:
    """Tell what could be read when a map was made from what can be read now."""
    return sources.store.gate.access(origin.caller, origin.now).mark


def temporal_fingerprint(querying: TemporalQuerying) -> str:
    """Tell apart queries that may share a map: their range may differ (5.5.14)."""
    return fingerprint_of(querying.query, querying.csf, querying.split, querying.local)


def told(heard: Iterable[TemporalHeard], alias: str) -> list[str]:
    """Write the warnings that an answer made of these carries, each once (6.3.17)."""
    failures = (one.failure for one in heard)
    return list(dict.fromkeys(warning_of(one, alias) for one in failures if one is not None))


def raise_failure(matches: Sequence[Match], heard: Iterable[TemporalHeard]) -> None:
    """Fail with the only source that has what is asked, where that is registered so (6.3.17).

    Raises:
        HanzeError: As `error_of` has it.
    """
    if len(matches) != 1 or not matches[0].registration.mode.is_proxied:
        return
    for one in heard:
        if one.failure is not None and not one.received:
            raise error_of(one.failure)


class _Answering:
    """Answers one query."""

    def __init__(
        self,
        sources: TemporalSources,
        reach: TemporalReach,
        wish: MapWish,
        heard: Iterable[TemporalHeard],
    ) -> None:
        self._sources = sources
        self._reach = reach
        self._wish = wish
        self._heard = list(heard)

    async def answer(self) -> TemporalFound:
        used = self._used()
        found = used or self._recalled()
        if found is None and not self._wish:
            at_once = await first_page(self._reach, self._sources.maps)
            if at_once is not None:
                evolutions, heard = at_once
                self._heard += heard
                if not evolutions.entities and not evolutions.aggregated:
                    raise_failure(self._reach.matches, self._heard)
                return TemporalFound(evolutions, self._warnings())
        if found is None:
            found = await self._listed()
        evolutions = await self._page(found)
        if not found.entries:
            raise_failure(self._reach.matches, self._heard)
        asked_for = found if self._wish else None
        created = bool(self._wish) and used is None
        return TemporalFound(evolutions, self._warnings(), asked_for, created)

    def _used(self) -> EntityMap | None:
        if self._wish.location is None:
            return None
        found = self._sources.maps.used(
            owner_of(self._reach.origin.caller),
            self._wish.location,
            MapKind.TEMPORAL,
            temporal_fingerprint(self._reach.querying),
            now=self._reach.origin.now,
        )
        # One of before is of what could be read then.
        return None if found is None or found.mark != self._mark else found

    def _recalled(self) -> EntityMap | None:
        # Who begins again sees what has changed; who goes on stays with the result that was begun.
        if self._wish or not self._reach.querying.query.offset:
            return None
        origin = self._reach.origin
        return self._sources.maps.recalled(owner_of(origin.caller), self._memory, now=origin.now)

    @property
    def _memory(self) -> str:
        """Tell queries apart by all that sources may answer differently to."""
        querying, origin = self._reach.querying, self._reach.origin
        said = tuple(
            (
                one.id,
                one.modified_at,
                tuple(origin.headers.get(key.lower()) for key, _ in one.source_info),
            )
            for one in (match.registration for match in self._reach.matches)
        )
        return fingerprint_of(
            querying.query,
            (querying.query.ids, querying.csf, querying.split),
            (querying.asked.temporal, querying.asked.required),
            (replace(origin.caller, trace=None), origin.via, said, self._mark),
        )

    @property
    def _mark(self) -> int:
        return mark_of(self._sources, self._reach.origin)

    async def _listed(self) -> EntityMap:
        reach, maps, origin = self._reach, self._sources.maps, self._reach.origin
        fingerprint = temporal_fingerprint(reach.querying) if self._wish else self._memory
        found = maps.new(
            owner_of(origin.caller), MapKind.TEMPORAL, fingerprint, split=reach.filtered_here
        )
        found.mark = self._mark
        heard = await list_evolutions(reach, maps, found, mapped=bool(self._wish))
        self._heard += heard
        if self._wish:
            maps.keep(found, now=origin.now, lifetime_s=self._wish.lifetime_s)
        elif not any(one.failure for one in heard):
            maps.remember(found, now=origin.now)
        return found

    async def _page(self, found: EntityMap) -> Evolutions:
        gathered, ids, count, more = await (
            self._looked_at(found) if self._reach.filtered_here else self._as_listed(found)
        )
        asked, query = self._reach.querying.asked, self._reach.querying.query
        entities = [gathered.entities[one] for one in ids if one in gathered.entities]
        shown, cut = shown_page(entities, gathered.edges, asked)
        aggregated: list[AggregatedEntity] = [
            gathered.aggregated[one] for one in ids if one in gathered.aggregated
        ]
        return Evolutions(shown, aggregated, count if query.count else None, more, cut)

    async def _gathered(self, found: EntityMap, ids: Sequence[str]) -> Gathered:
        gathered = await gather_evolutions(self._reach, found, ids)
        self._heard += gathered.heard
        if not gathered.failed:
            # What is gone, or matches no longer, has no place on later pages (5.5.9.3).
            present = gathered.entities.keys() | gathered.aggregated.keys()
            found.remove(one for one in ids if one not in present)
        return gathered

    async def _as_listed(self, found: EntityMap) -> tuple[Gathered, Sequence[str], int, bool]:
        """Take the page from the list: all that is on it matched when it was made."""
        query = self._reach.querying.query
        listed = self._listed_ids(found)
        gathered = Gathered()
        shown: list[str] = []
        position = query.offset
        while len(shown) < query.limit and position < len(listed):
            block = listed[position : position + query.limit - len(shown)]
            position += len(block)
            some = await self._gathered(found, block)
            gathered.add(some)
            shown += (one for one in block if one in some.entities or one in some.aggregated)
        count = len(self._listed_ids(found))
        return gathered, shown, count, position < len(listed)

    async def _looked_at(self, found: EntityMap) -> tuple[Gathered, Sequence[str], int, bool]:
        """Look at candidates until the page is full; all of them where they are counted."""
        query = self._reach.querying.query
        listed = self._listed_ids(found)
        # Those before were looked at for an earlier page.
        seen = 0 if query.ids else min(query.offset, found.checked)
        position = seen
        gathered = Gathered()
        shown: list[str] = []
        while position < len(listed) and (query.count or seen <= query.offset + query.limit):
            block = listed[position : position + _BLOCK]
            position += len(block)
            some = await self._gathered(found, block)
            matching = [one for one in block if one in some.entities or one in some.aggregated]
            start = max(0, query.offset - seen)
            page = matching[start : start + query.limit - len(shown)]
            shown += page
            seen += len(matching)
            if not some.failed and not query.ids:
                found.checked = max(found.checked, seen)
            kept = frozenset(page)
            some.entities = {one: some.entities[one] for one in kept & some.entities.keys()}
            some.aggregated = {one: some.aggregated[one] for one in kept & some.aggregated.keys()}
            gathered.add(some)
        return gathered, shown, seen, seen > query.offset + query.limit

    def _listed_ids(self, found: EntityMap) -> list[str]:
        """List what a map has; of one that was made before, a request may want a few."""
        ids = self._reach.querying.query.ids
        if not ids:
            return list(found.entries)
        wanted = frozenset(ids)
        return [one for one in found.entries if one in wanted]

    def _warnings(self) -> list[str]:
        return told(self._heard, self._reach.distributor.alias)
