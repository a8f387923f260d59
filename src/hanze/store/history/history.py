"""The history as the broker sees it: what was journaled and what is in the archive, as one."""

from collections.abc import Sequence

from hanze.broker.ports import Evolution, Window
from hanze.errors import StoreFailure
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.temporal.model import AggregatedEntity, Aggregation, Instance, TemporalEntity
from hanze.store.unit import StagedUnit

__all__ = ["HistoryArchive"]


class UnitJournal:
    """The history as a unit of work changes it (`ports.UnitHistory`)."""

    def __init__(self, unit: StagedUnit) -> None:
        self._unit = unit

    def add(self, tenant: str, entity: TemporalEntity, *, now: str) -> bool:
        raise StoreFailure("The history cannot be changed yet")

    def replace(
        self, tenant: str, entity_id: str, name: str, instance_id: str, new: Instance, *, now: str
    ) -> bool:
        raise StoreFailure("The history cannot be changed yet")

    def remove_instance(self, tenant: str, entity_id: str, name: str, instance_id: str) -> bool:
        raise StoreFailure("The history cannot be changed yet")

    def remove_attribute(
        self, tenant: str, entity_id: str, name: str, dataset_id: str | None, *, every: bool
    ) -> bool:
        raise StoreFailure("The history cannot be changed yet")

    def remove(self, tenant: str, entity_id: str) -> bool:
        raise StoreFailure("The history cannot be changed yet")


class HistoryArchive:
    """The committed history (`ports.History`)."""

    def evolution(self, tenant: str, entity_id: str) -> Evolution | None:
        return None

    def evolutions(
        self,
        tenant: str,
        *,
        ids: Sequence[str] = (),
        id_pattern: str | None = None,
        types: TypeSelection | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[Evolution]:
        return []

    async def active(
        self, tenant: str, evolutions: Sequence[Evolution], window: Window
    ) -> list[Evolution]:
        return []

    async def read(
        self, tenant: str, evolutions: Sequence[Evolution], window: Window
    ) -> tuple[list[TemporalEntity], bool]:
        return [], False

    async def aggregate(
        self,
        tenant: str,
        evolutions: Sequence[Evolution],
        window: Window,
        aggregation: Aggregation,
    ) -> list[AggregatedEntity]:
        return []

    async def flush(self) -> None:
        """Bring what is in the journal to the archive."""
