"""Dead letters: what could not be told, kept until a person sends it again or throws it away."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Protocol, TypeVar

import apsw

from hanze.broker.notification import Happened
from hanze.errors import NotFound
from hanze.store.outbox.outbox import Outbox
from hanze.store.outbox.values import DeadLetter, Key
from hanze.store.schema import select
from hanze.store.unit import StagedUnit

__all__ = ["DeadLetterNotFound", "DeadLetters", "Transact"]

T = TypeVar("T")

#: Letters that one transaction moves or removes.
_SLICE = 500

_COLUMNS = (
    "SELECT letter_id, tenant, subscription, entity, happened_id, tries, died, reason"
    " FROM dead_letter JOIN happened USING (happened_id)"
)
_LIST = _COLUMNS + " WHERE tenant = ? AND letter_id > ? ORDER BY letter_id LIMIT ?"
_LIST_OF = (
    _COLUMNS + " WHERE tenant = ? AND subscription = ? AND letter_id > ? ORDER BY letter_id LIMIT ?"
)
#: Apart: of a pair that must be greater SQLite uses the index for its first half only.
_NEXT_OF_TENANT = (
    "SELECT tenant, subscription FROM dead_letter WHERE tenant = ? AND subscription > ?"
    " ORDER BY subscription LIMIT 1"
)
_NEXT_TENANT = (
    "SELECT tenant, subscription FROM dead_letter WHERE tenant > ?"
    " ORDER BY tenant, subscription LIMIT 1"
)
_BACK = (
    "INSERT OR IGNORE INTO due (tenant, subscription, happened_id)"
    " SELECT tenant, subscription, happened_id FROM dead_letter WHERE letter_id = ?"
)
_REMOVE = "DELETE FROM dead_letter WHERE letter_id = ?"


class DeadLetterNotFound(NotFound):
    """The tenant has no dead letter of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Dead letter {number} does not exist")
        self.number = number


class Transact(Protocol):
    """Runs a unit of work (`Store.transact`)."""

    def __call__(self, unit: Callable[[StagedUnit], T]) -> Awaitable[T]: ...


class DeadLetters:
    """The dead letters of every tenant.

    Args:
        outbox: Where letters come from, and go back to.
        writer: The one connection that writes.
        reader: One that sees committed state only.
        transact: Runs a unit of work.
    """

    def __init__(
        self,
        outbox: Outbox,
        writer: apsw.Connection,
        reader: apsw.Connection,
        transact: Transact,
    ) -> None:
        self._outbox = outbox
        self._writer = writer
        self._reader = reader
        self._transact = transact

    def listed(
        self, tenant: str, *, subscription: str | None = None, after: int = 0, limit: int = 100
    ) -> list[DeadLetter]:
        """List letters in the order in which they died, those with a number above `after`."""
        if subscription is None:
            rows = select(self._reader, _LIST, (tenant, after, limit))
        else:
            rows = select(self._reader, _LIST_OF, (tenant, subscription, after, limit))
        return [_letter(row) for row in rows]

    def count(self) -> int:
        """Count the letters of all tenants."""
        return int(select(self._reader, "SELECT count(*) FROM dead_letter")[0][0])

    def count_of(self, key: Key) -> int:
        """Count the letters of one subscription."""
        sql = "SELECT count(*) FROM dead_letter WHERE tenant = ? AND subscription = ?"
        return int(select(self._reader, sql, key)[0][0])

    def subscriptions(self) -> Iterator[Key]:
        """Yield the subscriptions that have letters; each takes two steps in the index."""
        key = ("", "")
        while rows := select(self._reader, _NEXT_OF_TENANT, key) or select(
            self._reader, _NEXT_TENANT, key[:1]
        ):
            key = (rows[0][0], rows[0][1])
            yield key

    def get(self, tenant: str, number: int) -> tuple[DeadLetter, Happened | None]:
        """Return a letter, and the change that it tells of.

        Raises:
            DeadLetterNotFound: The tenant has none of this number.
        """
        sql = _COLUMNS + " WHERE letter_id = ? AND tenant = ?"
        rows = select(self._reader, sql, (number, tenant))
        if not rows:
            raise DeadLetterNotFound(number)
        letter = _letter(rows[0])
        return letter, self._outbox.happened(letter.happened_id)

    async def replay(self, tenant: str, number: int) -> None:
        """Have a letter sent again.

        Raises:
            DeadLetterNotFound: The tenant has none of this number.
        """
        letter, _ = self.get(tenant, number)
        await self._transact(partial(self._move, [letter], back=True))
        self._returned(letter)

    async def discard(self, tenant: str, number: int) -> None:
        """Throw a letter away.

        Raises:
            DeadLetterNotFound: The tenant has none of this number.
        """
        letter, _ = self.get(tenant, number)
        await self._transact(partial(self._move, [letter], back=False))

    async def replay_all(self, tenant: str, subscription: str | None = None) -> int:
        """Have all letters sent again that there are now, of one subscription or the tenant's.

        Returns:
            How many.
        """
        return await self._move_all(tenant, subscription, back=True)

    async def discard_all(self, tenant: str, subscription: str | None = None) -> int:
        """Throw all letters away that there are now; tells how many."""
        return await self._move_all(tenant, subscription, back=False)

    async def discard_before(
        self, tenant: str, moment: int, about: Callable[[Happened], bool]
    ) -> int:
        """Throw letters away that tell of what is older and of something chosen; tells how many.

        Args:
            moment: Microseconds since 1970.
            about: Chooses by what happened.
        """
        removed = after = 0
        while page := self.listed(tenant, after=after, limit=_SLICE):
            after = page[-1].number
            old = [one for one in page if one.happened_id < moment]
            told = [(one, self._outbox.happened(one.happened_id)) for one in old]
            letters = [one for one, happened in told if happened is not None and about(happened)]
            if letters:
                await self._transact(partial(self._move, letters, back=False))
                removed += len(letters)
        return removed

    async def trim(self, most: int) -> int:
        """Remove the oldest letters beyond a number; tells how many."""
        removed = 0
        while (excess := self.count() - most) > 0:
            limit = min(excess, _SLICE)
            rows = select(self._reader, _COLUMNS + " ORDER BY letter_id LIMIT ?", (limit,))
            letters = [_letter(row) for row in rows]
            await self._transact(partial(self._move, letters, back=False))
            removed += len(letters)
        return removed

    async def _move_all(self, tenant: str, subscription: str | None, *, back: bool) -> int:
        newest = int(
            select(self._reader, "SELECT ifnull(max(letter_id), 0) FROM dead_letter")[0][0]
        )
        moved = after = 0
        while True:
            page = self.listed(tenant, subscription=subscription, after=after, limit=_SLICE)
            # A letter that dies again meanwhile has a higher number, and is left alone.
            letters = [letter for letter in page if letter.number <= newest]
            if not letters:
                return moved
            await self._transact(partial(self._move, letters, back=back))
            moved += len(letters)
            after = letters[-1].number
            if back:
                for letter in {(one.tenant, one.subscription): one for one in letters}.values():
                    self._returned(letter)

    def _move(self, letters: list[DeadLetter], _unit: StagedUnit, *, back: bool) -> None:
        cursor = self._writer.cursor()
        numbers = [(letter.number,) for letter in letters]
        if back:
            cursor.executemany(_BACK, numbers)
        cursor.executemany(_REMOVE, numbers)
        self._outbox.forget([letter.happened_id for letter in letters])

    def _returned(self, letter: DeadLetter) -> None:
        if self._outbox.listener is not None:
            self._outbox.listener.returned((letter.tenant, letter.subscription))


def _letter(row: tuple[object, ...]) -> DeadLetter:
    return DeadLetter(*row)  # type: ignore[arg-type]  # the columns are those of `_COLUMNS`
