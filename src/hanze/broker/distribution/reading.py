"""Reads entities over this node and others: what operations of consumption need, put together."""

from collections.abc import Callable, Sequence

from hanze.broker.distribution.distributor import Distributor
from hanze.broker.distribution.linking import LinkedOver, linked_over_sources
from hanze.broker.distribution.querying import Page, query_over_sources
from hanze.broker.distribution.reach import Querying
from hanze.broker.distribution.retrieving import Retrieved, Retrieving, retrieve_over_sources
from hanze.broker.distribution.sources import Heard, Sources, warnings_of
from hanze.broker.distribution.surveying import Surveys
from hanze.broker.entity_map import EntityMap
from hanze.broker.origin import Origin
from hanze.broker.ports import Store
from hanze.ngsild.model import Entity
from hanze.ngsild.query.projection import Projection

__all__ = ["Reading"]


class Reading:
    """Retrieves and queries entities, wherever they are (5.7.1, 5.7.2).

    Args:
        store: What the node has itself.
        distributor: The way to sources.
        clock: Answers seconds that only grow, by which what is kept grows old.
    """

    def __init__(self, store: Store, distributor: Distributor, clock: Callable[[], float]) -> None:
        self.sources = Sources(distributor, clock)
        self.surveys = Surveys(clock, most=2 * distributor.limits.max_map_entities)
        self._store = store

    def is_local(self, tenant: str) -> bool:
        """Whether a tenant has no sources: then the store alone has the answer."""
        return self.sources.distributor.registry.is_empty(tenant)

    @property
    def splits(self) -> bool:
        """Whether entities may be split, where a query does not say so (4.3.6.7)."""
        return self.sources.distributor.limits.split_entities

    async def retrieve(
        self, origin: Origin, wanted: Retrieving, used: EntityMap | None = None
    ) -> Retrieved:
        """Retrieve an entity; raises what `retrieve_over_sources` raises."""
        return await retrieve_over_sources(self._store, self.sources, origin, wanted, used)

    async def query(self, origin: Origin, asked: Querying) -> Page:
        """Return a page of a query; raises what `query_over_sources` raises."""
        return await query_over_sources(self._store, self.sources, self.surveys, origin, asked)

    async def linked(
        self,
        origin: Origin,
        entities: Sequence[Entity],
        *,
        level: int,
        projection: Projection | None = None,
        contained_by: frozenset[str] = frozenset(),
    ) -> LinkedOver:
        """Gather linked entities; raises what `linked_over_sources` raises."""
        return await linked_over_sources(
            self._store,
            self.sources,
            origin,
            entities,
            level=level,
            projection=projection,
            contained_by=contained_by,
        )

    def warnings(self, heard: Sequence[Heard]) -> list[str]:
        """Write what answers give reason to warn of."""
        return warnings_of(heard, self.sources.distributor.alias)
