"""Following another node's public records: all of them once, then each change as it comes.

A standing request is the subscription: the peer answers it as soon as something changes, or after
`WAIT_S`. Nothing has to reach this node, and nothing is missed: what was not heard while either was
away is found by comparing digests with the peer's listing, at the start and again now and then.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from hanze.broker.ports import Store
from hanze.collaboration.replicas.keeping import Replicas, within
from hanze.collaboration.replicas.model import (
    MOST_AT_ONCE,
    MOST_RECORDS,
    Asking,
    Changes,
    Listing,
    RecordsRead,
    Source,
    SourceUnreachable,
    Wanted,
)

__all__ = ["CHANGES", "LISTING", "READ", "WAIT_S", "Following"]

_log = logging.getLogger(__name__)

LISTING: Final = "/api/v1/league/records"
CHANGES: Final = "/api/v1/league/records/changes"
READ: Final = "/api/v1/league/records/read"

#: How long a peer may wait for something to tell.
WAIT_S: Final = 25.0
#: Every so often all is compared, whatever was heard.
RECONCILE_S: Final = 600.0
_TIMEOUT_S: Final = 20.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0

T = TypeVar("T", bound=msgspec.Struct)


class Following:
    """Keeps replicas as their nodes have them.

    Args:
        store: Where replicas are durable.
        replicas: Kept up to date.
        asking: Reaches peers.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self, store: Store, replicas: Replicas, asking: Asking, clock: Callable[[], str]
    ) -> None:
        self._store = store
        self._replicas = replicas
        self._asking = asking
        self._clock = clock

    async def follow(self, source: Source) -> None:
        """Follow a peer until it is cancelled; one that does not answer is asked again, later."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                cursor = await self.compare(source)
                pause_s = _FIRST_PAUSE_S
                await self._follow_changes(source, cursor)
            except SourceUnreachable as error:
                self._replicas.failed(source.peer, self._clock())
                if pause_s == _FIRST_PAUSE_S:
                    _log.info("%s", error)
                # Not all at once, where many nodes wait for one that comes back.
                await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))  # noqa: S311  # no secret
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def compare(self, source: Source) -> str:
        """Compare with the peer's listing, and read what differs; return the cursor after it.

        Raises:
            SourceUnreachable: The peer gives no answer that can be used.
        """
        listing = await self._ask(source, "GET", LISTING, Listing)
        if len(listing.records) > MOST_RECORDS:
            _log.warning(
                "%s tells %d records; %d are kept", source.name, len(listing.records), MOST_RECORDS
            )
        known = self._replicas.digests(source.peer)
        gone = known.keys() - listing.records.keys()
        await self._replicas.drop(self._store, source.peer, gone)
        other = [one for one, digest in listing.records.items() if known.get(one) != digest]
        await self._read(source, other[:MOST_RECORDS])
        await self._replicas.heard(self._store, source.peer, self._clock(), listing=listing)
        return listing.cursor

    async def step(self, source: Source, cursor: str, *, wait_s: float = WAIT_S) -> str | None:
        """Wait for changes after a cursor and take them in; return the cursor after them.

        Returns:
            `None` where only the listing can tell what changed.

        Raises:
            SourceUnreachable: The peer gives no answer that can be used.
        """
        path = f"{CHANGES}?cursor={quote(cursor, safe='')}&wait={wait_s:g}"
        told = await self._ask(source, "GET", path, Changes, wait_s=wait_s)
        if told.restart:
            return None
        await self._replicas.drop(self._store, source.peer, told.gone)
        known = self._replicas.digests(source.peer)
        await self._read(
            source, [one for one, new in told.changed.items() if known.get(one) != new]
        )
        await self._replicas.heard(self._store, source.peer, self._clock())
        return told.cursor

    async def _follow_changes(self, source: Source, cursor: str) -> None:
        """Take changes in until all is to be compared again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + RECONCILE_S * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
        after: str | None = cursor
        while after is not None and loop.time() < until:
            asked_at = loop.time()
            present = after
            after = await self.step(source, present)
            if loop.time() - asked_at < _FIRST_PAUSE_S:
                # Many changes in a row, or a peer that does not wait: neither is asked all the time.
                await asyncio.sleep(_FIRST_PAUSE_S if after == present else _FIRST_PAUSE_S / 10)

    async def _read(self, source: Source, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), MOST_AT_ONCE):
            some = ids[start : start + MOST_AT_ONCE]
            body = msgspec.json.encode(Wanted(tuple(some)))
            told = await self._ask(source, "POST", READ, RecordsRead, body=body)
            records = tuple(within(told.records, some))
            await self._replicas.put(self._store, source.peer, records)
            await self._drop_missing(source, some, (one.entity["id"] for one in records))

    async def _drop_missing(
        self, source: Source, wanted: Iterable[str], told: Iterable[object]
    ) -> None:
        """Let go of what went between the listing and the reading."""
        await self._replicas.drop(self._store, source.peer, set(wanted) - set(told))

    async def _ask(
        self,
        source: Source,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: bytes | None = None,
        wait_s: float = 0.0,
    ) -> T:
        timeout_s = _TIMEOUT_S + wait_s
        raw = await self._asking.ask(source, method, path, body, timeout_s=timeout_s)
        try:
            return await asyncio.to_thread(msgspec.json.decode, raw, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise SourceUnreachable(source.name, f"its answer cannot be read: {error}") from error
