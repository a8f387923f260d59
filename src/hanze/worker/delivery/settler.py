"""Writes what became of notifications: many outcomes in one transaction, none of them lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from hanze.errors import StoreFailure
from hanze.store.outbox.outbox import Outbox
from hanze.store.outbox.values import Key, Settlement
from hanze.store.unit import StagedUnit

__all__ = ["Settler"]

_log = logging.getLogger(__name__)

#: Outcomes are gathered for so long: a transaction each would wait for the disk each.
_GATHER_S = 0.02
_AGAIN_S = 1.0

#: Rows that one transaction settles: about 5 ms of work.
_SLICE = 500

_Transact = Callable[[Callable[[StagedUnit], None]], Awaitable[None]]


class Settler:
    """Gathers outcomes.

    Args:
        outbox: Writes them.
        transact: Runs a unit of work.
        clock: Microseconds since 1970.
        settled: Called with what is durable.
    """

    def __init__(
        self,
        outbox: Outbox,
        transact: _Transact,
        clock: Callable[[], int],
        settled: Callable[[Settlement], None],
    ) -> None:
        self._outbox = outbox
        self._transact = transact
        self._clock = clock
        self._settled = settled
        self._next = Settlement()
        self._writing: Iterable[Key] = ()
        self._some = asyncio.Event()

    @property
    def next(self) -> Settlement:
        """What is written next; whoever adds to it calls `notice`."""
        return self._next

    @property
    def states(self) -> set[Key]:
        """The subscriptions whose state is not durable yet."""
        return {*self._next.states, *self._writing}

    def notice(self) -> None:
        self._some.set()

    async def run(self) -> None:
        """Write what comes, until cancelled; what has come by then is written too."""
        try:
            while True:
                await self._some.wait()
                await asyncio.sleep(_GATHER_S)
                if not await self.flush():
                    await asyncio.sleep(_AGAIN_S)
        finally:
            await self.flush()

    async def flush(self) -> bool:
        """Write what has come; tells whether that is durable."""
        self._some.clear()
        while self._next:
            taken, self._next = _slice(self._next)
            self._writing = taken.states
            unit = partial(self._outbox.settle, settlement=taken, now_us=self._clock())
            try:
                await self._transact(unit)
            except StoreFailure as error:
                # What was sent is sent again after a restart, which is what at least once means.
                _log.error("What became of notifications cannot be written: %s", error)
                self._next = _joined(taken, self._next)
                self._some.set()
                return False
            finally:
                self._writing = ()
            self._settled(taken)
        return True


def _slice(whole: Settlement) -> tuple[Settlement, Settlement]:
    """Cut off as much as one transaction takes; states go with the first slice."""
    first = Settlement(whole.done[:_SLICE], whole.tried[:_SLICE], whole.dead[:_SLICE], whole.states)
    rest = Settlement(whole.done[_SLICE:], whole.tried[_SLICE:], whole.dead[_SLICE:])
    return first, rest


def _joined(one: Settlement, other: Settlement) -> Settlement:
    states: dict[Key, bytes] = {**one.states, **other.states}
    return Settlement(one.done + other.done, one.tried + other.tried, one.dead + other.dead, states)
