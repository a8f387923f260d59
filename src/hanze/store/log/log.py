"""The log of a store: what is staged for it, and who waits until that is durable.

Records of units of work are written with these. Records of reads are staged, and written by the next
unit; whoever answers waits for that (`settled`). Where they cannot be written they stay staged: nobody
may take them for written, and they are tried again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from hanze.errors import StoreFailure
from hanze.governance.logs.chain import Head
from hanze.governance.records.log import AuditRecord, LogRecord
from hanze.ngsild.moment import parse_datetime
from hanze.store.log.reading import LogReader
from hanze.store.log.verifying import CHAIN_BROKEN, EXPIRED
from hanze.store.log.writing import ChainWriter
from hanze.store.log_entries import Entry, entry_of
from hanze.store.unit import StagedUnit

__all__ = ["StoreLog"]

#: Records that wait while nothing can be written; beyond it nothing more is read.
_MOST_WAITING: Final = 100_000

_logger = logging.getLogger(__name__)


class _Batch:
    """Records that are written together, and the task that does."""

    __slots__ = ("entries", "task")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.task: asyncio.Task[None] | None = None


class StoreLog:
    """The log (`governance.ports.Log`).

    Args:
        writer: Writes what units of work log.
        reader: Reads what is committed.
        transact: Runs units of work.
    """

    def __init__(
        self,
        writer: ChainWriter,
        reader: LogReader,
        transact: Callable[[Callable[[StagedUnit], None]], Awaitable[None]],
    ) -> None:
        self._writer = writer
        self._transact = transact
        self.find = reader.find
        self.every = reader.every
        self.state = reader.state
        self._reader = reader
        self._batches: list[_Batch] = []
        #: Takes what is staged now, until its unit runs.
        self._open: _Batch | None = None
        self._waiting = 0
        #: How many records were staged so far: who finds it unchanged has staged none.
        self.staged = 0

    @property
    def head(self) -> Head:
        """The last record that is durable."""
        return self._writer.head

    @property
    def pending(self) -> bool:
        """Whether something that was staged is not durable yet."""
        return bool(self._batches)

    def stage(self, records: Sequence[LogRecord]) -> None:
        """Take records to be written; whoever answers waits for `settled` first.

        Raises:
            StoreFailure: Too many wait already, because none can be written.
        """
        if not records:
            return
        if self._waiting >= _MOST_WAITING:
            raise StoreFailure("The log cannot be written: nothing that it must tell of is done")
        entries = [entry_of(record) for record in records]
        batch = self._open
        if batch is None:
            batch = self._open = _Batch()
            self._batches.append(batch)
        batch.entries += entries
        self._waiting += len(entries)
        self.staged += len(entries)
        self._begin(batch)

    async def settled(self) -> None:
        """Wait until everything that was staged is durable.

        Raises:
            StoreFailure: It cannot be written: nothing may be answered.
        """
        for batch in tuple(self._batches):
            # Who stops waiting must not stop the writing.
            await asyncio.shield(self._begin(batch))

    def pseudonym(self, tenant: str, subject: str) -> str:
        """Return what the log calls a data subject; durable with the records that are staged."""
        return self._writer.pseudonyms.of(tenant, subject)

    def known_pseudonym(self, tenant: str, subject: str) -> str | None:
        """Return it where the log spoke of the data subject before."""
        return self._writer.pseudonyms.known(tenant, subject)

    async def erase_pseudonym(self, tenant: str, subject: str, account: AuditRecord) -> bool:
        """Destroy the key of a data subject: nobody can tell its records from others' any more.

        Args:
            account: For the log, in the same transaction; it must not name the data subject.

        Returns:
            Whether there was one.

        Raises:
            StoreFailure: It cannot be written; nothing changed.
        """
        pseudonyms = self._writer.pseudonyms
        found: list[bool] = []

        def unit(uow: StagedUnit) -> None:
            found.append(pseudonyms.erase(tenant, subject))
            uow.log.append(account)

        await self._transact(unit)
        pseudonyms.forget(tenant, subject)
        return found[0]

    async def begin(self) -> None:
        """Compare the log with its head as it was noted apart, before anything is added.

        What was cut off can be told only now: the next record takes its place. That it was is
        logged, for ever.
        """
        difference = self._writer.difference()
        if not difference:
            self._writer.begin()
            return
        _logger.error("%s", difference)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        account = AuditRecord(at=now, actor="node", name=CHAIN_BROKEN, detail=difference)
        await self._transact(lambda unit: unit.log.append(account))

    async def expire(self, before: str, *, now: str) -> int:
        """Remove records that are older than a time, as a whole beginning of the chain.

        What was removed, and where the chain goes on, is logged in the same transaction: else
        verification would miss them.

        Args:
            before: DateTime text.
            now: DateTime text.

        Returns:
            How many were removed; the last record stays, whatever its age.
        """
        removed: list[int] = []

        def unit(uow: StagedUnit) -> None:
            found = self._writer.expire(parse_datetime(before))
            removed.append(found.records)
            if found.records:
                about = (f"{found.last.number}:{found.last.digest.hex()}",)
                detail = f"{found.records} records of before {before}"
                uow.log.append(
                    AuditRecord(at=now, actor="node", name=EXPIRED, about=about, detail=detail)
                )

        await self._transact(unit)
        return removed[0]

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _begin(self, batch: _Batch) -> asyncio.Task[None]:
        if batch.task is None:
            batch.task = asyncio.get_running_loop().create_task(self._write(batch))
            batch.task.add_done_callback(_heard)
        return batch.task

    async def _write(self, batch: _Batch) -> None:
        def unit(uow: StagedUnit) -> None:
            if self._open is batch:
                # What is staged from now on waits for the next commit.
                self._open = None
            uow.log.extend(batch.entries)

        try:
            await self._transact(unit)
        except StoreFailure as error:
            batch.task = None
            raise StoreFailure(
                f"The log cannot be written, so nothing is answered: {error}"
            ) from error
        except BaseException:
            batch.task = None
            raise
        self._batches.remove(batch)
        self._waiting -= len(batch.entries)


def _heard(task: asyncio.Task[None]) -> None:
    """Say what failed where nobody waited for it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _logger.error("%s", error)
