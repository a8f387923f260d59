"""Retrieve an evolution over Context Sources (CIM 009, 5.7.3)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from hanze.broker.consumption import TenantNotFound
from hanze.broker.distribution.evolutions.answers import (
    TemporalAsk,
    TemporalHeard,
    ask_sources,
    bounded,
)
from hanze.broker.distribution.evolutions.asking import TemporalQuestion, retrieve_call
from hanze.broker.distribution.evolutions.gathering import (
    Gathered,
    aggregated_here,
    put_together,
    shown_page,
)
from hanze.broker.distribution.evolutions.querying import (
    TemporalFound,
    TemporalSources,
    raise_failure,
    told,
)
from hanze.broker.distribution.narrowing import portions
from hanze.broker.entity_map import LOCAL, EntityMap, MapKind, MapWish, owner_of
from hanze.broker.evolution_reading import Asked, Evolutions
from hanze.broker.evolutions import retrieve_evolution
from hanze.broker.origin import Origin
from hanze.broker.registry import Match
from hanze.broker.temporal import EvolutionNotFound
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.tree import EntityQuery, EntitySelector
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.operations import Operation

__all__ = ["retrieve_over_sources"]


async def retrieve_over_sources(
    sources: TemporalSources, origin: Origin, entity_id: str, asked: Asked, wish: MapWish
) -> TemporalFound:
    """Return the evolution of one entity, made of what all have of it (5.7.3).

    Args:
        sources: What it takes.
        origin: The request.
        entity_id: URI.
        asked: Which part of it.
        wish: A map that is named says who may have it; else one can be made.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        EvolutionNotFound: Nobody has it, or anything of it in the range.
        AttributeNotEligible: A named attribute cannot be aggregated so.
        BadGateway: Only one exclusive or redirect source may have it, and refuses (6.3.17).
        GatewayTimeout: It does not answer.
        LoopDetected: It leads back here.
    """
    names = (asked.required or asked.names or frozenset()) - {SCOPE}
    found = sources.distributor.registry.matching(
        origin,
        Wanted(ids=(entity_id,), names=names, datasets=asked.datasets),
        operation=Operation.RETRIEVE_TEMPORAL,
        temporal=asked.temporal,
        history=True,
    )
    matches, left_out = bounded(sources.distributor, found)
    if not matches and not wish:
        return TemporalFound(
            await retrieve_evolution(sources.store, origin.caller, entity_id, asked, now=origin.now)
        )
    retrieving = _Retrieving(sources, origin, entity_id, asked).wishing(wish)
    return await retrieving.retrieve(matches, left_out)


class _Retrieving:
    """Retrieves one evolution."""

    def __init__(
        self, sources: TemporalSources, origin: Origin, entity_id: str, asked: Asked
    ) -> None:
        self._sources = sources
        self._origin = origin
        self._id = entity_id
        self._asked = asked
        self._wish = MapWish()
        self._refused: AccessDenied | PurposeRequired | None = None

    def wishing(self, wish: MapWish) -> "_Retrieving":
        self._wish = wish
        return self

    async def retrieve(
        self, matches: Sequence[Match], left_out: Sequence[TemporalHeard]
    ) -> TemporalFound:
        used = self._used()
        if used is not None:
            known = used.entries.get(self._id, ())
            matches = [one for one in matches if one.registration.id in known]
        gathered, holders = await self._gathered(matches, used)
        if not gathered.entities and not gathered.aggregated:
            raise_failure(matches, gathered.heard)
            raise self._refused or EvolutionNotFound(self._id)
        shown, cut = shown_page(list(gathered.entities.values()), gathered.edges, self._asked)
        found = used or (self._made(holders) if self._wish else None)
        return TemporalFound(
            Evolutions(shown, list(gathered.aggregated.values()), cut=cut),
            told([*left_out, *gathered.heard], self._sources.distributor.alias),
            found,
        )

    async def _gathered(
        self, matches: Sequence[Match], used: EntityMap | None
    ) -> tuple[Gathered, Sequence[str]]:
        """Gather the evolution; tell who has any of it."""
        asked = self._asked
        own, heard = await self._asked_all(matches, asked, used)
        holders = _holders(own, heard)
        if asked.aggregation is None:
            return put_together(own, heard, matches, asked), holders
        if len(holders) > 1:
            # Nobody but this node has all values of the series that are in several places.
            asked = replace(asked, aggregation=None)
            own, heard = await self._asked_all(matches, asked, used)
            return aggregated_here(put_together(own, heard, matches, asked), self._asked), holders
        found = [*own.aggregated, *(one for some in heard for one in some.aggregated)]
        return Gathered(aggregated={one.id: one for one in found}, heard=heard), holders

    async def _asked_all(
        self, matches: Sequence[Match], asked: Asked, used: EntityMap | None
    ) -> tuple[Evolutions, list[TemporalHeard]]:
        asks = [ask for match in matches for ask in self._asks(match, asked, used)]
        distributor = self._sources.distributor
        return await asyncio.gather(self._own(asked), ask_sources(distributor, self._origin, asks))

    def _asks(self, match: Match, asked: Asked, used: EntityMap | None) -> list[TemporalAsk]:
        question = TemporalQuestion(
            asked,
            EntityQuery(),
            used_map=None if used is None else used.linked.get(match.registration.id),
        )
        return [
            TemporalAsk(
                match=match,
                portion=portion,
                asked=asked,
                call=retrieve_call(match.registration, self._id, portion, question),
            )
            for portion in portions(match.information, (EntitySelector((self._id,)),))
        ]

    async def _own(self, asked: Asked) -> Evolutions:
        try:
            return await retrieve_evolution(
                self._sources.store, self._origin.caller, self._id, asked, now=self._origin.now
            )
        except (EvolutionNotFound, TenantNotFound):
            # A tenant may have registrations alone.
            return Evolutions()
        except (AccessDenied, PurposeRequired) as refused:
            # Whether it is here is not told; what others have they decide about themselves.
            self._refused = refused
            return Evolutions()

    def _used(self) -> EntityMap | None:
        return self._sources.maps.any_used(
            owner_of(self._origin.caller),
            self._wish.location,
            MapKind.TEMPORAL,
            self._id,
            now=self._origin.now,
        )

    def _made(self, holders: Sequence[str]) -> EntityMap:
        maps = self._sources.maps
        found = maps.of_one(owner_of(self._origin.caller), MapKind.TEMPORAL, self._id, holders)
        maps.keep(found, now=self._origin.now, lifetime_s=self._wish.lifetime_s)
        return found


def _holders(own: Evolutions, heard: Sequence[TemporalHeard]) -> list[str]:
    found = [LOCAL] if own.entities or own.aggregated else []
    found += [one.match.registration.id for one in heard if one.entities or one.aggregated]
    return list(dict.fromkeys(found))
