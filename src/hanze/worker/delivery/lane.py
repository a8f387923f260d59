"""What waits for one subscription, as far as it is in memory.

A lane holds a bounded part of the outbox's rows, in the order of the commits. It hands out what may
be sent now: never two messages about one entity at a time, never a later one before an earlier one.
"""

import asyncio
from bisect import insort
from collections.abc import Iterable, Sequence
from typing import Final

from hanze.store.outbox.values import DueRow, Key

__all__ = ["MOST_AT_ONCE", "MOST_TOGETHER", "PAGE", "Lane"]

#: Rows of a subscription in memory; the others wait in the outbox.
PAGE: Final = 256
_LOW: Final = 64

#: Entities that one notification is about at most.
MOST_TOGETHER: Final = 100

#: The same of a subscription that is told rarely, and its rows in memory.
MOST_AT_ONCE: Final = 1_000


class Lane:
    """The rows of one subscription that wait, and those that are under way.

    Attributes:
        key: Whose they are.
        room: How many rows may wait in memory.
        more: Whether the outbox may hold rows that are not in memory.
        read_to: The newest row that was in memory; the outbox is read above it.
        flights: Messages under way.
        last_sent: When the last one was sent, in microseconds since 1970.
        task: What sends from this lane, if anything does.
        changed: Set when something arrives, or a message has landed.
    """

    def __init__(self, key: Key, *, more: bool) -> None:
        self.key = key
        self.more = more
        self.room = PAGE
        self.read_to = 0
        self.flights = 0
        self.last_sent: int | None = None
        self.task: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()
        self._waiting: list[DueRow] = []
        #: Rows that wait, are under way, or landed and are not settled yet.
        self._known: set[int] = set()
        self._flying: set[str] = set()
        #: Refused rows, and when each may be tried again.
        self._held: dict[int, int] = {}
        #: Rows that were refused together with others: one of them may have been the reason.
        self._alone: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it needs to stay in memory."""
        return not (self._known or self.more or self.task)

    @property
    def under_way(self) -> set[int]:
        """Rows that were handed out, and are not settled yet."""
        return self._known - {row.happened_id for row in self._waiting}

    @property
    def wants_rows(self) -> bool:
        """Whether the outbox should be read."""
        return self.more and len(self._waiting) <= self.room - PAGE + _LOW

    def arrive(self, row: DueRow) -> bool:
        """Take a row that was just committed; tells whether it is kept in memory."""
        if row.happened_id <= self.read_to or row.happened_id in self._known:
            return False
        if self.more or len(self._waiting) >= self.room:
            self.more = True
            return False
        self._add(row)
        return True

    def read(self, rows: Sequence[DueRow], asked: int) -> None:
        """Take rows of the outbox, the next ones above `read_to`.

        Args:
            rows: In their order.
            asked: How many were asked for; fewer are the last ones.
        """
        self.more = len(rows) == asked
        for row in rows:
            self.read_to = row.happened_id
            if row.happened_id not in self._known:
                self._add(row)

    def reread(self) -> None:
        """Have the outbox read from its beginning: old rows are back in it."""
        self.read_to = 0
        self.more = True
        self._held.clear()
        self.changed.set()

    def next(self, now: int) -> tuple[DueRow, ...]:
        """Take the next message: rows of one unit of work about different entities.

        Args:
            now: Microseconds since 1970.

        Returns:
            Nothing where all that waits is about entities that are under way or held back.
        """
        passed: set[str] = set()
        for place, row in enumerate(self._waiting):
            if self._is_free(row, passed, now):
                return self._depart(self._together(place, passed, now))
            passed.add(row.entity)
        return ()

    def collapse(self) -> tuple[DueRow, ...]:
        """Keep the newest row of every entity, for a subscription that is told rarely (5.2.12).

        Returns:
            The rows that newer ones have made superfluous.
        """
        newest = {row.entity: row for row in self._waiting}
        if len(newest) == len(self._waiting):
            return ()
        passed = tuple(row for row in self._waiting if newest[row.entity] is not row)
        self._waiting = sorted(newest.values())
        for row in passed:
            self._held.pop(row.happened_id, None)
        return passed

    def next_of_all(self, now: int) -> tuple[DueRow, ...]:
        """Take everything that waits as one message, once it was collapsed."""
        chosen = [row for row in self._waiting if self._is_free(row, set(), now)][:MOST_AT_ONCE]
        gone = set(chosen)
        self._waiting = [row for row in self._waiting if row not in gone]
        return self._depart(chosen)

    def wait_us(self, now: int) -> int | None:
        """Return how long until something that is held back may be tried; `None` for no time."""
        moments = [self._held[row.happened_id] for row in self._waiting if self._is_held(row)]
        return max(0, min(moments) - now) if moments else None

    def land(self, message: Iterable[DueRow]) -> None:
        """Let the next message about these entities go."""
        self._flying.difference_update(row.entity for row in message)
        self.changed.set()

    def return_(
        self, message: Iterable[DueRow], *, hold_until: int | None = None, alone: bool = False
    ) -> None:
        """Put a message back in its place; it was not taken.

        Args:
            hold_until: When just this may be tried again, where the others need not wait.
            alone: Whether each row is to be a message of its own then.
        """
        for row in message:
            insort(self._waiting, row)
            if alone:
                self._alone.add(row.happened_id)
            if hold_until is not None:
                self._held[row.happened_id] = hold_until
        self.land(message)

    def doomed(self, until: int) -> tuple[DueRow, ...]:
        """Take the rows of what happened up to a moment, not to be sent."""
        count = next((n for n, row in enumerate(self._waiting) if row.happened_id > until), None)
        doomed = tuple(self._waiting[:count])
        self.abandon(doomed)
        return doomed

    def abandon(self, rows: Iterable[DueRow]) -> None:
        """Take rows out that are not to be sent."""
        gone = {row.happened_id for row in rows}
        if gone:
            self._waiting = [row for row in self._waiting if row.happened_id not in gone]
            self._known |= gone

    def forget(self, row: DueRow) -> DueRow:
        """Take a row out that has just arrived, and is not to be sent."""
        self._waiting.remove(row)
        return row

    def settled(self, happened_ids: Iterable[int]) -> None:
        """Forget rows that are no longer in the outbox."""
        gone = set(happened_ids)
        self._known -= gone
        self._alone -= gone

    def clear(self) -> tuple[DueRow, ...]:
        """Take all rows that wait, not to be sent."""
        rows, self._waiting = tuple(self._waiting), []
        self._held.clear()
        return rows

    def _add(self, row: DueRow) -> None:
        insort(self._waiting, row)
        self._known.add(row.happened_id)
        self.read_to = max(self.read_to, row.happened_id)
        self.changed.set()

    def _is_held(self, row: DueRow) -> bool:
        return row.happened_id in self._held

    def _is_free(self, row: DueRow, passed: set[str], now: int) -> bool:
        if row.entity in self._flying or row.entity in passed:
            return False
        return self._held.get(row.happened_id, 0) <= now

    def _together(self, place: int, passed: set[str], now: int) -> list[DueRow]:
        """Find the rows of the same unit that may go along, each entity once."""
        unit = self._waiting[place].unit_id
        chosen: list[DueRow] = []
        taken = set(passed)
        for row in self._waiting[place:]:
            if row.unit_id != unit or len(chosen) == MOST_TOGETHER:
                break
            alone = row.happened_id in self._alone
            if self._is_free(row, taken, now) and not (chosen and alone):
                chosen.append(row)
                if alone:
                    break
            taken.add(row.entity)
        if self._waiting[place : place + len(chosen)] == chosen:
            del self._waiting[place : place + len(chosen)]
        else:
            self._waiting = [row for row in self._waiting if row not in set(chosen)]
        return chosen

    def _depart(self, message: Sequence[DueRow]) -> tuple[DueRow, ...]:
        self._flying.update(row.entity for row in message)
        for row in message:
            self._held.pop(row.happened_id, None)
        return tuple(message)
