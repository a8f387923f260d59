"""What follows the changes of entities, in the same transaction: history, and the outbox."""

from collections.abc import Sequence
from typing import Protocol

from hanze.store.unit import StagedUnit

__all__ = ["Follower"]


class Follower(Protocol):
    """Makes more of what a unit of work changed; nothing of it is there where the unit fails."""

    def stage(self, unit: StagedUnit) -> object | None:
        """Follow one unit, within its savepoint; rows that it writes go when the unit fails.

        Returns:
            What `finish` and `applied` are to get of this unit; `None` for nothing.

        Raises:
            HanzeError: The unit is refused, and all of it rolled back.
        """
        ...

    def finish(self, staged: Sequence[object]) -> None:
        """Write what is written once per commit; called just before it."""
        ...

    def applied(self, staged: Sequence[object]) -> None:
        """Take notice that what was staged is durable."""
        ...
