"""What residents can do at a node, put together: consents, requests, own data, the registers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hanze.broker.happened import Happened
from hanze.broker.hidden import place_of
from hanze.broker.snapshot.records import stored_snapshots
from hanze.broker.subjects import entities_about, erase_about
from hanze.catalogue.sensors import SensorRegister, SourceTold
from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.connectors.manifest import manifests
from hanze.governance.algorithms import Algorithms
from hanze.governance.consenting import Consents
from hanze.governance.duties import account_of
from hanze.governance.erasing import Erased, Fate, about_people, going_of, parts_of
from hanze.governance.kept import RegistersView
from hanze.governance.records.dataset import Dataset
from hanze.governance.requesting import Guardianships, RightsRequests
from hanze.governance.service import Governance
from hanze.identity.caller import Caller
from hanze.ngsild.moment import parse_datetime
from hanze.store.store import Store

__all__ = ["Residents", "open_residents"]


@dataclass(frozen=True, slots=True)
class Residents:
    """The parts.

    Attributes:
        consents: What data subjects consented to.
        guardianships: Who decides for which child.
        requests: What residents ask for.
        algorithms: The register of algorithms.
        sensors: The register of sensors in public space.
    """

    consents: Consents
    guardianships: Guardianships
    requests: RightsRequests
    algorithms: Algorithms
    sensors: SensorRegister

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self.requests.load(registers)
        self.algorithms.kept.load(registers)


@dataclass(frozen=True, slots=True)
class _NodeEraser:
    """Erases in the store, and the key under which the log knows the data subject."""

    store: Store
    governance: Governance

    async def erase_subject(
        self, caller: Caller, subject: str, *, dataset: str | None, now: str
    ) -> Erased:
        people = about_people(self.governance.rules.datasets.values(), caller.tenant)
        chosen = [one for one in people if dataset in (None, one.id)]
        erased = await erase_about(self.store, caller.tenant, chosen, subject, now=now)
        for place in self._snapshots(caller.tenant):
            await erase_about(self.store, place, chosen, subject, now=now)
        await self._discard_letters(caller.tenant, chosen, subject, now)
        if dataset is None and not erased.shared and not await self._is_kept(caller, subject, now):
            account = account_of(caller, "pseudonym.erased", (), now=now)
            await self.store.log.erase_pseudonym(caller.tenant, subject, account)
        return erased

    def _snapshots(self, tenant: str) -> Iterator[str]:
        """Go through the places that hold what a tenant had when Snapshots were made of it."""
        for snapshot in stored_snapshots(self.store.registers):
            place = place_of(snapshot.slot)
            if snapshot.tenant == tenant and self.store.tenant_exists(place):
                yield place

    async def _discard_letters(
        self, tenant: str, datasets: Sequence[Dataset], subject: str, now: str
    ) -> None:
        """Throw away what could not be told to others and is about the data subject."""
        parts = [part for one in datasets for part in parts_of(one)]

        def about(happened: Happened) -> bool:
            both = (one for one in (happened.before, happened.after) if one is not None)
            return any(going_of(one, parts, subject).fate is not Fate.STAYS for one in both)

        await self.store.dead_letters.discard_before(tenant, parse_datetime(now) + 1, about)

    async def _is_kept(self, caller: Caller, subject: str, now: str) -> bool:
        """Tell whether something confidential stays: who looked into that must stay known, too."""
        rules = self.governance.rules
        secret = [
            one
            for one in rules.datasets.values()
            if one.confidential and one.subject and one.tenant in ("*", caller.tenant)
        ]
        left = entities_about(self.store, caller.tenant, secret, subject, now=now)
        return await anext(left, None) is not None


def open_residents(store: Store, governance: Governance) -> Residents:
    """Put the parts together, over a store that is open."""
    guardianships = Guardianships(governance)
    residents = Residents(
        consents=Consents(governance, guardianships.kept),
        guardianships=guardianships,
        requests=RightsRequests(governance, guardianships, _NodeEraser(store, governance)),
        algorithms=Algorithms(governance),
        sensors=SensorRegister(store, _sources(), RECORD_IRIS.keys()),
    )
    residents.load(store.registers)
    return residents


def _sources() -> Mapping[str, SourceTold]:
    """Tell what connectors say of their sources, by the address that their entities name."""
    return {
        one.source: SourceTold(one.owner, one.purpose, one.personal_data, one.license)
        for one in manifests()
        if one.source
    }
