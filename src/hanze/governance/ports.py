"""What governance asks of the store, which stands above it."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from hanze.governance.kept import Registers
from hanze.governance.records.log import LogRecord

__all__ = ["Log", "LogOfUnit", "Transacting", "Unit"]

T = TypeVar("T")


class LogOfUnit(Protocol):
    """The logs as a unit of work writes them: durable with it, and gone with it."""

    def append(self, record: LogRecord) -> None: ...


class Log(Protocol):
    """The logs, for what is not part of a unit of work: reading, above all."""

    def stage(self, records: Sequence[LogRecord]) -> None:
        """Take records to be written; whoever answers waits for `settled` first."""
        ...

    @property
    def staged(self) -> int:
        """How many records were staged so far: who finds it unchanged has staged none."""
        ...

    @property
    def pending(self) -> bool:
        """Whether something that was staged is not durable yet."""
        ...

    async def settled(self) -> None:
        """Wait until everything that was staged is durable.

        Raises:
            StoreFailure: It cannot be written: nothing may be answered.
        """
        ...

    def pseudonym(self, tenant: str, subject: str) -> str:
        """Return what the log calls a data subject, for a record that is staged or appended next.

        The first time a key is made for it; it becomes durable with the record.
        """
        ...

    def known_pseudonym(self, tenant: str, subject: str) -> str | None:
        """Return it where the log spoke of the data subject before, and its key is still there."""
        ...


class Unit(Protocol):
    """A unit of work, as much of it as governance uses."""

    @property
    def registers(self) -> Registers: ...
    @property
    def log(self) -> LogOfUnit: ...


class Transacting(Protocol):
    """Commits units of work."""

    async def transact(self, unit: Callable[[Unit], T]) -> T: ...
