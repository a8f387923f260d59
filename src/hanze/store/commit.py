"""Group commit: units that wait run in one stretch and share one durable commit.

Rows are staged on the thread of the event loop, since every sqlite step takes the interpreter's
lock anyway; only the COMMIT, which waits for the disk, goes to a thread. Units that arrive in the
meantime form the next group.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

import apsw

from hanze.broker.ports import TypeRules, UnitHistory
from hanze.errors import StoreFailure
from hanze.store.catalog import Catalog
from hanze.store.checkpoint import Checkpoints
from hanze.store.follower import Follower
from hanze.store.history.journal import Journal
from hanze.store.unit import Group, Rowids, StagedUnit

__all__ = ["Companions", "GroupCommit"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

#: A stretch of staging ends after so long, so that readers get their turn.
STRETCH_S = 0.008


class _Waiting(Generic[T]):
    """A unit in the queue, its outcome, and who waits for it."""

    __slots__ = ("error", "future", "result", "unit")

    def __init__(self, unit: Callable[[StagedUnit], T]) -> None:
        self.unit = unit
        self.future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.result: T | None = None
        self.error: Exception | None = None

    def resolve(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)  # type: ignore[arg-type]  # the unit has returned


@dataclass(frozen=True, slots=True)
class Companions:
    """What goes along with every commit.

    Attributes:
        rules: What entities of some types may become; units hand them to operations.
        history: Opens the history for a unit that changes it by itself.
        journal: Records what units change; told where they begin and where they fail.
        followers: Write more rows in the transactions of what units change, after the journal.
        applied: Called after each commit with what it changed, before the units' callers go on.
    """

    rules: TypeRules
    history: Callable[[StagedUnit], UnitHistory]
    journal: Journal
    followers: Sequence[Follower]
    applied: Callable[[Group], None]


class GroupCommit:
    """The queue of units, and the task that commits them.

    Args:
        writer: The one connection that writes; nothing else uses it while a commit is under way.
        catalog: Names that units may stage.
        checkpoints: Told between groups that it may work.
        companions: What goes along with every commit.
    """

    def __init__(
        self,
        writer: apsw.Connection,
        catalog: Catalog,
        checkpoints: Checkpoints,
        companions: Companions,
    ) -> None:
        self._rules = companions.rules
        self._history = companions.history
        self._journal = companions.journal
        self._followers = (companions.journal, *companions.followers)
        self._writer = writer
        self._cursor = writer.cursor()
        self._catalog = catalog
        self._rowids = Rowids(writer)
        self._checkpoints = checkpoints
        self._applied = companions.applied
        self._queue: deque[_Waiting[object]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hanze-commit")
        #: What is staged and not yet applied: readers look here first.
        self.pending = self._new_group()

    async def transact(self, unit: Callable[[StagedUnit], T]) -> T:
        """Run a unit and return what it returns, once that is durable.

        A unit whose caller is cancelled before it runs is dropped; later it is committed all the
        same, and nobody hears of it.

        Raises:
            StoreFailure: The store is closed, or the commit failed: nothing of the unit is there.
        """
        if self._closed:
            raise StoreFailure("The store is closed")
        waiting = _Waiting(unit)
        self._queue.append(waiting)  # type: ignore[arg-type]  # the queue never looks at results
        if self._task is None:
            self._task = asyncio.create_task(self._work())
            self._task.add_done_callback(_report)
        return await waiting.future

    async def close(self) -> None:
        """Commit what waits, and accept nothing more."""
        self._closed = True
        if self._task is not None:
            await asyncio.shield(self._task)
        self._thread.shutdown()

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._commit_group()
                await self._checkpoints.between_groups()
        finally:
            self._task = None

    async def _commit_group(self) -> None:
        group = self.pending = self._new_group()
        done: list[_Waiting[object]] = []
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
            self._stage(group, done)
            for follower, staged in zip(self._followers, group.followed, strict=True):
                follower.finish(staged)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._commit)
        except apsw.Error as error:
            self._abandon(error, done)
            return
        self._catalog.settle(committed=True)
        try:
            self._applied(group)
            for follower, staged in zip(self._followers, group.followed, strict=True):
                follower.applied(staged)
        finally:
            # Whatever happens to the index: what is durable is answered as such.
            self.pending = self._new_group()
            for waiting in done:
                waiting.resolve()

    def _new_group(self) -> Group:
        return Group(followed=tuple([] for _ in self._followers))

    def _commit(self) -> None:
        self._writer.execute("COMMIT")

    def _stage(self, group: Group, done: list[_Waiting[object]]) -> None:
        ends = perf_counter() + STRETCH_S
        while self._queue and perf_counter() < ends:
            waiting = self._queue.popleft()
            if waiting.future.cancelled():
                continue
            done.append(waiting)
            self._run(waiting, group)

    def _run(self, waiting: _Waiting[object], group: Group) -> None:
        mark = self._catalog.mark()
        self._journal.begin()
        unit = StagedUnit(
            self._cursor,
            self._catalog,
            self._rowids,
            group,
            self._rules,
            history=self._history,
        )
        self._cursor.execute("SAVEPOINT unit")
        try:
            waiting.result = waiting.unit(unit)
            followed = [follower.stage(unit) for follower in self._followers]
        except apsw.Error:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a unit raises is its caller's
            waiting.error = error
            self._cursor.execute("ROLLBACK TO unit")
            self._catalog.back_to(mark)
            self._journal.undo()
        else:
            group.changes.extend(unit.changes)
            for staged, made in zip(group.followed, followed, strict=True):
                if made is not None:
                    staged.append(made)
        self._cursor.execute("RELEASE unit")

    def _abandon(self, error: apsw.Error, done: list[_Waiting[object]]) -> None:
        _log.error("A commit failed: %s", error)
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        self._catalog.settle(committed=False)
        self._journal.abandon()
        self.pending = self._new_group()
        if not done and self._queue:
            done.append(self._queue.popleft())
        for waiting in done:
            waiting.error = waiting.error or _failure(error)
            waiting.resolve()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("The index does not follow what is committed: restart", exc_info=error)


def _failure(error: apsw.Error) -> StoreFailure:
    if isinstance(error, apsw.FullError):
        return StoreFailure("The disk is full; nothing was stored. Free some space and try again")
    return StoreFailure(f"The change cannot be written to the disk, nothing was stored: {error}")
