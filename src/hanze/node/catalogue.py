"""The node's catalogue: what it offers, from the records of governance and what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hanze.catalogue.dcat import Publisher
from hanze.catalogue.harvesting import Harvests, HarvestSource
from hanze.catalogue.offers import Offer, There, Words, offers
from hanze.collaboration.collective import Collective
from hanze.governance.service import Governance
from hanze.identity.caller import ANONYMOUS
from hanze.node.distribution import Distribution
from hanze.node.league_records import sources_of
from hanze.store.store import Store

__all__ = ["Catalogue", "open_catalogue"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the node offers, and what others do.

    Attributes:
        harvests: What others list.
    """

    store: Store
    governance: Governance
    collective: Collective
    title: str
    organisation: str
    harvests: Harvests

    def offers(self, tenant: str, words: Words, now: str) -> tuple[Offer, ...]:
        """List what a tenant offers, by id.

        Args:
            words: Names types.
            now: DateTime text.
        """
        everybody = replace(ANONYMOUS, tenant=tenant)
        access = self.store.gate.access(everybody, now)
        counted: dict[str, int] = {}
        for part in self.store.summary(tenant, access):
            for iri in part.types:
                counted[iri] = counted.get(iri, 0) + part.count
        datasets = self.governance.rules.datasets.values()
        return offers(datasets, tenant, There(counted), words)

    def publisher(self, base_url: str) -> Publisher:
        """Say who publishes it."""
        return Publisher(base_url, self.organisation, self.title, self._named)

    def _named(self, organisation: str) -> Mapping[str, str]:
        held = self.collective.find(organisation)
        return held.record.title if held is not None else {}


def open_catalogue(
    store: Store,
    governance: Governance,
    collective: Collective,
    distribution: Distribution,
    title: str,
) -> Catalogue:
    """Put the catalogue together.

    Args:
        title: Of the node.
    """

    def members() -> tuple[HarvestSource, ...]:
        return tuple(
            HarvestSource(one.peer, one.name, one.url) for one in sources_of(distribution.league)
        )

    harvests = Harvests(lambda: store, members, distribution.peers)
    harvests.load(store.registers)
    organisation = governance.rules.own
    return Catalogue(store, governance, collective, title, organisation, harvests)
