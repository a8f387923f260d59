"""Live values: listeners hear which entities changed, once that is durable, in this process.

Nothing waits for a listener. Each keeps only which entities it has not looked at yet, so one that
is slow misses values in between and never memory; what it then reads, it reads through the broker.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hanze.errors import TooMuch
from hanze.store.unit import Change, StagedUnit

__all__ = ["Listener", "Live", "TooManyListeners", "Wanted"]


class TooManyListeners(TooMuch):
    """As many listen to live values as may, from one address or from all together."""

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} may listen to live values at a time")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody listens to: entities with any of these ids or types (IRIs)."""

    ids: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


class Listener:
    """One who listens.

    Args:
        wanted: What it wants to hear of.
        most: So many entities it may be behind; beyond it forgets the one that waits longest.
    """

    def __init__(self, wanted: Wanted, most: int) -> None:
        self.wanted = wanted
        self.ended = False
        self._most = most
        self._changed: dict[str, None] = {}
        self._woken = asyncio.Event()

    def tell(self, entity_id: str) -> None:
        """Say that an entity has changed; once more than it has heard of makes no difference."""
        self._changed[entity_id] = None
        if len(self._changed) > self._most:
            del self._changed[next(iter(self._changed))]
        self._woken.set()

    def end(self) -> None:
        """Have `next` return at once from now on."""
        self.ended = True
        self._woken.set()

    async def next(self, *, timeout_s: float) -> Sequence[str]:
        """Wait for ids of entities that changed; none when the time is up or this has ended."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return ()
        changed, self._changed = self._changed, {}
        if not self.ended:
            self._woken.clear()
        return tuple(changed)


class Live:
    """Tells listeners of one tenant's changes; a `Follower` of the store.

    Args:
        most: So many may listen at a time.
        most_per_address: So many of them from one address.
        tenant: Whose changes are told.
    """

    #: Entities that one listener may be behind.
    BEHIND = 1_000

    def __init__(self, *, most: int, most_per_address: int, tenant: str = "") -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._tenant = tenant
        self._listeners: dict[Listener, str] = {}
        self._by_id: dict[str, set[Listener]] = {}
        self._by_type: dict[str, set[Listener]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def check_room(self, address: str) -> None:
        """See whether one more may listen.

        Raises:
            TooManyListeners: No more may, or no more from this address.
        """
        if len(self._listeners) >= self._most:
            raise TooManyListeners(self._most)
        if sum(one == address for one in self._listeners.values()) >= self._most_per_address:
            raise TooManyListeners(self._most_per_address)

    @contextmanager
    def listen(self, wanted: Wanted, address: str) -> Iterator[Listener]:
        """Listen until the block ends.

        Raises:
            TooManyListeners: No more may, or no more from this address.
        """
        self.check_room(address)
        listener = Listener(wanted, self.BEHIND)
        if self._closed:
            listener.end()
        self._listeners[listener] = address
        _enter(self._by_id, wanted.ids, listener)
        _enter(self._by_type, wanted.types, listener)
        try:
            yield listener
        finally:
            del self._listeners[listener]
            _leave(self._by_id, wanted.ids, listener)
            _leave(self._by_type, wanted.types, listener)

    def close(self) -> None:
        """End all who listen, and whoever comes after them."""
        self._closed = True
        for listener in self._listeners:
            listener.end()

    def stage(self, unit: StagedUnit) -> Sequence[Change] | None:
        """Keep what the unit changed, where anybody listens."""
        return unit.changes if self._listeners else None

    def finish(self, staged: Sequence[object]) -> None:
        """Write nothing: what is heard live is not kept."""

    def applied(self, staged: Sequence[object]) -> None:
        """Tell those who want to hear of it."""
        for changes in staged:
            # Each is what `stage` gave: the store only carries it.
            self._tell(changes)  # type: ignore[arg-type]

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            entity = change.written.entity if change.written is not None else change.before
            if entity is None or change.tenant != self._tenant:
                continue
            for listener in self._by_id.get(entity.id, ()):
                listener.tell(entity.id)
            for kind in entity.types if self._by_type else ():
                for listener in self._by_type.get(kind, ()):
                    listener.tell(entity.id)


def _enter(index: dict[str, set[Listener]], keys: Iterable[str], listener: Listener) -> None:
    for key in keys:
        index.setdefault(key, set()).add(listener)


def _leave(index: dict[str, set[Listener]], keys: Iterable[str], listener: Listener) -> None:
    for key in keys:
        index[key].discard(listener)
        if not index[key]:
            del index[key]
