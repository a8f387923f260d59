"""A query of evolutions with those who may answer it: the node itself, and sources (CIM 009, 5.7.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec.structs import replace as replaced

from hanze.broker.consumption import TenantNotFound
from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.evolutions.answers import TemporalAsk
from hanze.broker.distribution.evolutions.asking import TemporalQuestion, query_call
from hanze.broker.distribution.narrowing import Portion, portions, registered_names, selectors_of
from hanze.broker.entity_map import LOCAL, EntityMap
from hanze.broker.evolution_reading import Asked, Evolutions
from hanze.broker.evolutions import query_evolutions
from hanze.broker.origin import Origin
from hanze.broker.ports import Store
from hanze.broker.registry import Match
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.named import attributes_looked_at
from hanze.ngsild.query.tree import EntityQuery, QueryNode
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.temporal.model import TemporalEntity

__all__ = ["PAGE", "TemporalQuerying", "TemporalReach", "matching_sources", "without_proxied"]

#: Entities of one page of a source: no node need give more.
PAGE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporalQuerying:
    """What is asked.

    Attributes:
        query: Expanded, with its page.
        asked: Which part of the evolutions.
        csf: Only sources whose registrations meet it are asked.
        split: Whether parts of one entity may be at several places: then what is filtered by is
            looked at here, in the whole evolution.
        local: The operation is limited to this node (5.5.13).
    """

    query: EntityQuery
    asked: Asked
    csf: QueryNode | None = None
    split: bool = False
    local: bool = False

    @property
    def wanted(self) -> Wanted:
        """What 5.12 looks at: attributes of filters count as those that are listed (5.10.2.4)."""
        query, named = self.query, self.asked.required or self.asked.names
        looked_at = attributes_looked_at(query)
        names = (named or frozenset()) | looked_at
        if self.split and not named:
            names = frozenset()
        return Wanted(
            ids=query.ids,
            id_pattern=query.id_pattern,
            types=query.types,
            selectors=query.selectors,
            names=names - {SCOPE},
            datasets=self.asked.datasets,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporalReach:
    """A query, and who may answer it."""

    store: Store
    distributor: Distributor
    origin: Origin
    querying: TemporalQuerying
    matches: Sequence[Match]

    @property
    def filtered_here(self) -> bool:
        """Whether sources are asked without filters.

        So it is for split entities, and where a filter is about attributes that a source is not
        registered for: it may not be asked about these (4.3.6.1).
        """
        if not self.matches:
            return False
        looked_at = attributes_looked_at(replace(self.querying.query, attributes=()))
        return self.querying.split or any(
            info.names and not looked_at <= info.names
            for match in self.matches
            for info in match.information
        )

    @property
    def filters(self) -> EntityQuery:
        """What sources are to filter by."""
        return EntityQuery() if self.filtered_here else self.querying.query

    def selects(self, entity_id: str, types: tuple[str, ...]) -> bool:
        """Tell whether an entity is selected: of two patterns a source is asked for one."""
        query = self.querying.query
        chosen = EntityQuery(
            ids=query.ids,
            id_pattern=query.id_pattern,
            types=query.types,
            selectors=query.selectors,
        )
        return matches(chosen, Entity(id=entity_id, types=types, attributes={}), _nobody)

    def portions(self, match: Match) -> tuple[Portion, ...]:
        """Say what a source may be asked for."""
        return self._narrowed(match, self.querying.query)

    def _narrowed(self, match: Match, query: EntityQuery) -> tuple[Portion, ...]:
        found = portions(match.information, selectors_of(query))
        required = self.querying.asked.required
        if required is None or self.filtered_here:
            return found
        return tuple(one for one in found if not one.names or not one.names.isdisjoint(required))

    def ask(
        self,
        match: Match,
        portion: Portion,
        question: TemporalQuestion,
        *,
        limit: int,
        offset: int = 0,
    ) -> TemporalAsk:
        """Make a request for a page of what a source has."""
        call = query_call(
            match.registration, portion, question, self.origin.context, limit=limit, offset=offset
        )
        return TemporalAsk(
            match=match, portion=portion, asked=question.asked, call=call, most=limit
        )

    async def own(self, query: EntityQuery, asked: Asked) -> Evolutions:
        """Query the node itself; a tenant may have registrations and no entities."""
        if self.filtered_here:
            query = replace(query, attributes=(), q=None, geo=None, scope=None)
        try:
            return await query_evolutions(
                self.store, self.origin.caller, query, asked, local=True, now=self.origin.now
            )
        except (AccessDenied, PurposeRequired):
            # What others have they decide about themselves.
            if not self.matches:
                raise
            return Evolutions(count=0 if query.count else None)
        except TenantNotFound:
            return Evolutions(count=0 if query.count else None)

    def by_ids(
        self, found: EntityMap, ids: Iterable[str], question: TemporalQuestion
    ) -> list[TemporalAsk]:
        """Make requests for evolutions whose ids are known, to those who have them."""
        query = self.querying.query
        types = query.types
        if types is None and self.filtered_here and found.types:
            # Without filters nothing else would make the request narrow enough (5.7.4.4).
            types = tuple(frozenset((one,)) for one in sorted(found.types))
        listed = list(ids)
        asks: list[TemporalAsk] = []
        for match in self.matches:
            own = tuple(
                one for one in listed if match.registration.id in found.entries.get(one, ())
            )
            if not own:
                continue
            linked = found.linked.get(match.registration.id)
            for portion in self._narrowed(match, replace(query, ids=own, types=types)):
                asks += self._in_chunks(match, portion, replace(question, used_map=linked))
        return asks

    def _in_chunks(
        self, match: Match, portion: Portion, question: TemporalQuestion
    ) -> list[TemporalAsk]:
        asks = []
        for start in range(0, len(portion.ids), PAGE):
            part = replace(portion, ids=portion.ids[start : start + PAGE])
            asks.append(self.ask(match, part, question, limit=len(part.ids)))
        return asks

    def own_ids(self, found: EntityMap, ids: Iterable[str]) -> tuple[str, ...]:
        """Choose those that the node itself has."""
        return tuple(one for one in ids if LOCAL in found.entries.get(one, ()))


def matching_sources(
    distributor: Distributor, origin: Origin, querying: TemporalQuerying
) -> list[Match]:
    """Find the sources that a query of evolutions concerns (5.10.2.4, 5.12)."""
    if querying.local:
        return []
    return distributor.registry.matching(
        origin,
        querying.wanted,
        operation=Operation.QUERY_TEMPORAL,
        temporal=querying.asked.temporal,
        history=True,
        geo=None if querying.split else querying.query.geo,
        scope=None if querying.split else querying.query.scope,
        csf=querying.csf,
    )


def without_proxied(entity: TemporalEntity, sources: Iterable[Match]) -> TemporalEntity | None:
    """Leave of the node's own evolution what no exclusive or redirect source has (4.3.6.3).

    Returns:
        `None` when the whole entity is registered so.
    """
    attributes: Mapping[str, object] = entity.attributes
    bare = Entity(id=entity.id, types=entity.types, attributes={})
    for source in sources:
        if not source.registration.mode.is_proxied:
            continue
        names = registered_names(source.information, bare)
        if names is None:
            continue
        if not names:
            return None
        attributes = {name: own for name, own in attributes.items() if name not in names}
    if attributes is entity.attributes:
        return entity
    left = {name: own for name, own in entity.attributes.items() if name in attributes}
    return replaced(entity, attributes=left)


def _nobody(_entity_id: str) -> None:
    """Follow no relationship: nothing that is looked at here needs it."""
