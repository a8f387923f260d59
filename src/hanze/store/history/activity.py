"""Which evolutions have an instance in a window: found in one scan, and kept while it holds.

A page far into a long answer begins where all those before it end, so it takes to know them. One
scan of a day's series takes DuckDB 10 ms for a million instances; looking at the evolutions block by
block takes as long for each thousand of them. What was found is followed: instances that go to the
archive are added to it, and what removes any makes it be forgotten.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, NamedTuple

import apsw
import numpy as np
import orjson
from numpy.typing import NDArray

from hanze.ngsild.temporal.model import TemporalQuery
from hanze.store.history.archive import Connection
from hanze.store.history.batch import SLOT_BITS, Batch, Columns
from hanze.store.history.tail import Segment
from hanze.store.history.transfer import flushed
from hanze.store.history.window import Part
from hanze.store.schema import select

__all__ = ["Activity", "find_all_active", "moved_in", "numbers_of_types"]

#: Windows that are remembered: eight bytes for each evolution in them.
_MOST: Final = 8
#: Evolutions that are listed by one statement.
_SLICE: Final = 50_000
_NUMBERS: Final = (
    "SELECT json_group_array(evolution_id) FROM (SELECT evolution_id FROM evolution"
    " WHERE tenant_id = ? AND typeset_id = ? AND evolution_id > ? ORDER BY evolution_id LIMIT ?)"
)
_EVERY: Final = (
    "SELECT json_group_array(evolution_id) FROM (SELECT evolution_id FROM evolution"
    " WHERE tenant_id = ? AND evolution_id > ? ORDER BY evolution_id LIMIT ?)"
)

Numbers = NDArray[np.int64]


class _Key(NamedTuple):
    slots: tuple[int, ...] | None
    temporal: TemporalQuery | None


@dataclass(slots=True)
class _Known:
    """What the archive had, up to a row of the journal."""

    number: int
    part: Part
    active: Numbers


class Activity:
    """What was found out of some windows, for all tenants at once."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self.version = 0

    def get(self, part: Part, number: int) -> Numbers | None:
        """Return the sorted numbers of evolutions, where they are known.

        Args:
            part: Its evolutions do not matter.
            number: The last row of the journal that the archive has.
        """
        known = self._known.get(_key(part))
        if known is None or known.number != number:
            return None
        self._known.move_to_end(_key(part))
        return known.active

    def put(self, part: Part, number: int, active: Numbers, version: int) -> None:
        """Remember what was found, unless something was removed since it was asked."""
        if version != self.version:
            return
        self._known[_key(part)] = _Known(number, part, active)
        self._known.move_to_end(_key(part))
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Forget everything: instances were removed, or came in another way."""
        self.version += 1
        self._known.clear()

    async def follow(self, segment: Segment, before: int) -> None:
        """Add what goes to the archive, before anybody is told that it is there.

        Args:
            before: The number of the last row that was there already.
        """
        if segment.batch.strokes:
            self.forget()
        current = [known for known in self._known.values() if known.number == before]
        if not current:
            return
        parts = [known.part for known in current]
        columns = bare_columns(segment.batch)
        gained = await asyncio.to_thread(_gained, columns, parts)
        for known, numbers in zip(current, gained, strict=True):
            known.active = np.union1d(known.active, numbers)
            known.number = segment.last


def find_all_active(connection: Connection, part: Part) -> tuple[int, Numbers]:
    """Return the sorted numbers of all evolutions that have an instance in a window."""
    number = flushed(connection)
    found = connection.execute(
        f"SELECT DISTINCT series FROM instance WHERE {part.everywhere}"  # noqa: S608  # constants and numbers
    ).fetchnumpy()
    return number, np.unique(np.asarray(found["series"], np.int64) >> SLOT_BITS)


def moved_in(batch: Batch, part: Part) -> Numbers:
    """Return the numbers of all evolutions that have an instance of a window in a batch."""
    return np.unique(part.pick(bare_columns(batch)).series >> SLOT_BITS)


def numbers_of_types(
    reader: apsw.Connection, tenant_id: int, typesets: list[int] | None
) -> Numbers:
    """List evolutions of some sets of types, or all of a tenant; in a thread.

    As one JSON text of many: SQLite then works without the interpreter's lock.
    """
    parts = [np.empty(0, np.int64)]
    kinds: list[tuple[int, ...]] = (
        [(tenant_id,)] if typesets is None else [(tenant_id, one) for one in typesets]
    )
    for kind in kinds:
        after = 0
        while True:
            sql = _EVERY if typesets is None else _NUMBERS
            ((text,),) = select(reader, sql, (*kind, after, _SLICE))
            some = orjson.loads(text)
            parts.append(np.array(some, np.int64))
            if len(some) < _SLICE:
                break
            after = max(some)
    return np.sort(np.concatenate(parts))


def bare_columns(batch: Batch) -> Columns:
    """Return the instances of a batch without their values: copies, as the batch may grow."""
    recorded = np.array(batch.recorded, np.int64)
    nothing = np.empty(len(recorded), np.object_)
    return Columns(
        series=np.array(batch.series, np.int64),
        observed=np.array(batch.observed, np.int64),
        sequence=recorded,
        recorded=recorded,
        modified=recorded,
        form=np.array(batch.forms, np.int8),
        number=np.empty(len(recorded), np.float64),
        shape=np.empty(len(recorded), np.int32),
        text=nothing,
        rest=nothing,
    )


def _gained(columns: Columns, parts: list[Part]) -> list[Numbers]:
    return [np.unique(part.pick(columns).series >> SLOT_BITS) for part in parts]


def _key(part: Part) -> _Key:
    return _Key(part.slots, part.temporal)
