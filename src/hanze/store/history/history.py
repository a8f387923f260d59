"""The history as the broker sees it: what was journaled and what is in the archive, as one.

A reader takes what the tail holds first, and then reads the archive together with the number of the
last journal row that it has: batches above that number are not in the archive, the others are. So
nothing is missed and nothing comes twice, however the two overlap in time.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.broker.ports import Evolution, Window
from hanze.errors import StoreFailure
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.temporal.model import AggregatedEntity, Aggregation, TemporalEntity
from hanze.store.history import reading, transfer
from hanze.store.history.activity import (
    Activity,
    find_all_active,
    moved_in,
    numbers_of_types,
)
from hanze.store.history.aggregation import aggregate_archive
from hanze.store.history.archive import Archive
from hanze.store.history.batch import SLOT_BITS, Columns
from hanze.store.history.evolutions import Evolutions
from hanze.store.history.journal import Journal
from hanze.store.history.tail import Segment
from hanze.store.history.unit_journal import UnitJournal
from hanze.store.history.window import Part, part_of
from hanze.store.schema import connect_reader
from hanze.store.unit import StagedUnit

__all__ = ["HistoryArchive"]

_log = logging.getLogger(__name__)

#: So many arrivals are sorted into a run; until then every reader looks through them all.
_RUN: Final = 500_000
#: Fewer rows are made into entities at once; more of them on another thread.
_FEW: Final = 2_000


class HistoryArchive:
    """The committed history (`ports.History`), and what keeps it in order.

    Args:
        directory: The data directory.
        memory_mb: How much memory the archive may use.
        journal: Holds the tail.
        evolutions: Reads their table.
    """

    def __init__(
        self, directory: Path, memory_mb: int, journal: Journal, evolutions: Evolutions
    ) -> None:
        self.journal = journal
        self.names = journal.names
        self.archive = Archive(directory, memory_mb)
        self._tail = journal.tail
        self._evolutions = evolutions
        self._activity = Activity()
        self._flushing = asyncio.Lock()
        self._settled = False
        self._prepared = False
        self._task: asyncio.Task[None] | None = None
        if self._tail.flushed and not self.archive.exists:
            raise StoreFailure(
                f"{self.archive.path} is missing, and {directory} has a history in it: put it "
                "back from the same backup as the database"
            )

    def open_unit(self, unit: StagedUnit) -> UnitJournal:
        """Open the history for a unit of work that changes it by itself."""
        return UnitJournal(self.journal, self.archive, unit)

    def evolution(self, tenant: str, entity_id: str) -> Evolution | None:
        """Return the evolution of an entity, if it has one."""
        return self._evolutions.one(tenant, entity_id)

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
        """List evolutions in the order of their number, those above `after`."""
        return self._evolutions.some(
            tenant, ids=ids, id_pattern=id_pattern, types=types, after=after, limit=limit
        )

    def typesets(self, types: TypeSelection | None) -> list[frozenset[str]]:
        """List the sets of types that any evolutions have, of those that are selected."""
        return self._evolutions.typesets(types)

    async def active_numbers(
        self, tenant: str, types: TypeSelection | None, window: Window
    ) -> list[int]:
        """List the numbers of all evolutions of some types that have an instance in the window."""
        kinds = self._evolutions.kinds(tenant, types)
        part = part_of((), window, self.names.slots())
        if kinds is None or part.slots == ():
            return []
        typed = asyncio.to_thread(self._typed, *kinds)
        active, numbers = await asyncio.gather(self._active_everywhere(part), typed)
        found: list[int] = np.intersect1d(active, numbers, assume_unique=True).tolist()
        return found

    def numbered(
        self, tenant: str, numbers: Sequence[int], *, dated: bool = True
    ) -> list[Evolution]:
        """Return those evolutions of a tenant that have these numbers, in their order."""
        return self._evolutions.numbered(tenant, numbers, dated=dated)

    async def active(
        self,
        tenant: str,  # noqa: ARG002  # numbers of evolutions are unique among all tenants
        evolutions: Sequence[Evolution],
        window: Window,
    ) -> list[Evolution]:
        """Keep those that have an instance in the window, in their order."""
        part = part_of(evolutions, window, self.names.slots())
        if part.is_empty:
            return []
        tail = await self._look(part)
        number, numbers = self._tail.flushed, np.empty(0, np.int64)
        if self.archive.exists:
            number, numbers = await self.archive.read(partial(reading.find_active, part=part))
        found = set(numbers.tolist())
        for last, columns in tail:
            if last > number:
                found.update((columns.series >> SLOT_BITS).tolist())
        return [evolution for evolution in evolutions if evolution.number in found]

    async def read(
        self,
        tenant: str,  # noqa: ARG002  # as above
        evolutions: Sequence[Evolution],
        window: Window,
    ) -> tuple[list[TemporalEntity], bool]:
        """Read instances, in the order of the time property, ties in that of their recording.

        Without a temporal query that is `observedAt`, or when an instance was recorded where it
        has none. Where more than `most` instances have one and the same moment, all of these come.
        """
        part = part_of(evolutions, window, self.names.slots())
        if part.is_empty:
            return [], False
        tail = await self._look(part)
        number, parts, more = self._tail.flushed, list[Columns](), False
        if self.archive.exists:
            number, columns, more = await self.archive.read(partial(reading.fetch, part=part))
            parts.append(columns)
        parts += [columns for last, columns in tail if last > number]
        rows = sum(len(columns.series) for columns in parts)
        if not rows:
            return [], False
        few = rows < _FEW
        arranging = partial(reading.arrange, parts, part, self._attributes())
        arranged = arranging() if few else await asyncio.to_thread(arranging)
        meanings = reading.meanings_of(arranged, self.names)
        work = partial(reading.assemble, evolutions, arranged, meanings)
        return work() if few else await asyncio.to_thread(work), arranged.cut or more

    async def aggregate(
        self,
        tenant: str,
        evolutions: Sequence[Evolution],
        window: Window,
        aggregation: Aggregation,
    ) -> list[AggregatedEntity]:
        """Aggregate values (4.5.19); `ngsild.temporal.aggregate` defines what that means.

        Raises:
            AttributeNotEligible: An attribute that was named is not eligible for a method.
            TooManyInstances: What is no number is more than can be looked at.
        """
        part = part_of(evolutions, window, self.names.slots())
        if part.is_empty:
            return []
        if any(len(columns.series) for _, columns in await self._look(part)):
            await self.flush()
        if not self.archive.exists:
            return []
        return await aggregate_archive(self, tenant, evolutions, window, aggregation)

    def forget(self) -> None:
        """Forget what was found out of the archive: it was changed otherwise than by a flush."""
        self._activity.forget()

    async def prepare(self) -> None:
        """Open the archive where there is one: the first reader would wait for it."""
        await self._settle()
        if not self._prepared and self.archive.exists:
            self._prepared = True
            await self.archive.read(reading.look_around)

    async def flush(self) -> None:
        """Bring what is in the journal to the archive.

        Raises:
            StoreFailure: It cannot be written; the journal still has everything.
        """
        async with self._flushing:
            await self._settle()
            sealed = list(self._tail.seal())
            for segment in sealed:
                await self.archive.run(partial(transfer.write_segment, segment=segment))
                await self._activity.follow(segment, self._tail.flushed)
                self._tail.drop(segment)
            if sealed:
                await self.archive.run(partial(transfer.sort_recent, at_least=_RUN))

    async def compact(self, now: int) -> int:
        """Bring the days that are over to their place, a second's work at a time.

        Args:
            now: Microseconds since 1970; the day before is left alone for an hour.

        Returns:
            How many stretches of days were moved.
        """
        await self.flush()
        if not self.archive.exists:
            return 0
        before = (now - _GRACE) // transfer.DAY
        async with self._flushing:
            await self.archive.run(transfer.sort_recent)
        stretches = await self.archive.run(partial(transfer.closed_days, before=before))
        for day, first, last in stretches:
            async with self._flushing:
                await self.archive.run(
                    partial(transfer.cluster_day, day=day, first=first, last=last)
                )
        if stretches:
            await self.archive.run(transfer.checkpoint)
        return len(stretches)

    @property
    def is_full(self) -> bool:
        """Whether writers are to wait."""
        return self._tail.is_full

    async def make_room(self) -> None:
        """Wait until the tail takes more: for writers, before they write.

        Raises:
            StoreFailure: The archive takes nothing, and the memory is full.
        """
        while self._tail.is_full:
            await self.flush()

    def applied(self) -> None:
        """Have the archive take what there is where that is much; called after each commit."""
        if self._tail.is_due and self._task is None:
            self._task = asyncio.create_task(self.flush())
            self._task.add_done_callback(self._flushed)

    async def close(self) -> None:
        """Let go of the archive; what it lacks stays in the journal."""
        if self._task is not None:
            await asyncio.wait([self._task])
        await self.archive.close()

    def _flushed(self, task: "asyncio.Task[None]") -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("The history stays in the journal for now: %s", error)

    async def _settle(self) -> None:
        """Find out what of the replayed journal the archive has; once."""
        if self._settled or not self.archive.exists:
            return
        known = await self.archive.run(transfer.flushed)
        if known < self._tail.flushed:
            raise StoreFailure(
                f"{self.archive.path} is older than the database: put it back from the same backup"
            )
        self._tail.settle(known)
        self._settled = True

    async def _look(self, part: Part) -> list[tuple[int, Columns]]:
        """Return what the tail has of a part, by the number of the last journal row."""
        await self._settle()
        if any(_concerns(segment, part.evolutions) for segment in self._tail.segments()):
            # Removals and replacements are rare: the archive carries them out.
            await self.flush()
        return [
            (segment.last, part.pick(segment.batch.find(part.evolutions)))
            for segment in self._tail.segments()
        ]

    async def _active_everywhere(self, part: Part) -> NDArray[np.int64]:
        await self._settle()
        if any(segment.batch.strokes for segment in self._tail.segments()):
            await self.flush()
        tail = [(segment.last, moved_in(segment.batch, part)) for segment in self._tail.segments()]
        number = self._tail.flushed
        active = self._activity.get(part, number)
        if active is None and self.archive.exists:
            version = self._activity.version
            number, found = await self.archive.read(partial(find_all_active, part=part))
            active = found
            if number == self._tail.flushed:
                self._activity.put(part, number, found, version)
        known = np.empty(0, np.int64) if active is None else active
        arrived = [numbers for last, numbers in tail if last > number]
        return np.union1d(known, np.concatenate(arrived)) if arrived else known

    def _typed(self, tenant_id: int, typesets: list[int] | None) -> NDArray[np.int64]:
        reader = connect_reader(self.archive.record)
        try:
            return numbers_of_types(reader, tenant_id, typesets)
        finally:
            reader.close()

    def _attributes(self) -> NDArray[np.int64]:
        """Return by slot a number that the datasets of one attribute share."""
        slots = self.names.slots()
        numbers = np.zeros(max((code for _, code in slots), default=0) + 1, np.int64)
        known: dict[str, int] = {}
        for (name, _), code in slots:
            numbers[code] = known.setdefault(name, code)
        return numbers


_GRACE: Final = 3_600_000_000


def _concerns(segment: Segment, evolutions: NDArray[np.int64]) -> bool:
    """Tell whether a segment removes or replaces instances of some evolutions."""
    return any(
        bool(np.any(evolutions == stroke.first >> SLOT_BITS)) for stroke in segment.batch.strokes
    )
