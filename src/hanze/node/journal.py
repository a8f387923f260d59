"""What commands did beside a running node, until the node has it in its log.

The store has one process at a time. A command that changes accounts or clients writes down what it
does in a file of its own, before it does it; the node takes it from there into the log.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from hanze.governance.ports import Transacting, Unit
from hanze.governance.records.log import AuditRecord, LogRecord
from hanze.identity.kept_records import KeptRecords

__all__ = ["JOURNAL_FILE", "Journal"]

T = TypeVar("T")

#: In the data directory.
JOURNAL_FILE = Path("secrets") / "told.json"


class _Waiting(msgspec.Struct, frozen=True):
    id: str
    record: AuditRecord


class _Gathered:
    """A unit of work that takes records for the log and nothing else."""

    def __init__(self) -> None:
        self.records: list[AuditRecord] = []

    @property
    def log(self) -> "_Gathered":
        return self

    @property
    def registers(self) -> NoReturn:
        raise AssertionError("A journal has no registers")

    def append(self, record: LogRecord) -> None:
        if isinstance(record, AuditRecord):
            self.records.append(record)


class Journal:
    """The file; a command uses it where a node uses its store (`governance.ports.Transacting`).

    Args:
        data: The data directory; `None` for a node in memory, beside which no command works.
    """

    def __init__(self, data: Path | None) -> None:
        path = None if data is None else data / JOURNAL_FILE
        self._kept = KeptRecords(path, _Waiting, lambda one: one.id, "what commands did")

    async def transact(self, unit: Callable[[Any], T]) -> T:
        """Write down what a unit of work accounts for.

        Raises:
            RecordFileDamaged: It cannot be written: what was to be done must not be.
        """
        gathered = _Gathered()
        done = unit(gathered)
        with self._kept.changing() as records:
            for record in gathered.records:
                waiting = _Waiting(secrets.token_hex(8), record)
                records[waiting.id] = waiting
        return done

    async def hand_over(self, store: Transacting) -> int:
        """Bring what waits into the log of a node; twice rather than never.

        Returns:
            How many records.

        Raises:
            StoreFailure: The log cannot be written.
        """
        waiting = self._kept.current()
        if not waiting:
            return 0

        def unit(uow: Unit) -> None:
            for one in waiting.values():
                uow.log.append(one.record)

        await store.transact(unit)
        with self._kept.changing() as records:
            for key in waiting:
                records.pop(key, None)
        return len(waiting)
