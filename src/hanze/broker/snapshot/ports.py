"""What Snapshots ask of the store besides what every operation does, and what bounds them."""

from dataclasses import dataclass
from typing import Protocol

from hanze.broker.ports import Store
from hanze.errors import TooMuch

__all__ = ["SnapshotLimits", "SnapshotStore", "SnapshotTooLarge"]


class SnapshotStore(Store, Protocol):
    """A store with places that no client can name."""

    def hidden_tenants(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class SnapshotLimits:
    """What settings allow.

    Attributes:
        max_snapshots: In all tenants together.
        max_entities: In one Snapshot.
        max_mb: Size of its entities.
        max_instances: Of attributes, in its histories.
        lifetime_s: How long one lives where nobody suggests anything.
        max_lifetime_s: The most that may be suggested.
    """

    max_snapshots: int
    max_entities: int
    max_mb: int
    max_instances: int
    lifetime_s: float
    max_lifetime_s: float


class SnapshotTooLarge(TooMuch):
    """What a query found does not fit into the Snapshot."""

    def __init__(self, most: int, what: str) -> None:
        super().__init__(f"A Snapshot holds at most {most} {what}: its queries must be narrower")
