"""What this node tells other nodes of its own public records: a listing, changes, and records.

Only what lives here is told, never a replica: each record comes from the node that keeps it.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

import orjson

from hanze.collaboration.collective import Collective
from hanze.collaboration.held import Held
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.model import (
    MOST_AT_ONCE,
    Changes,
    Listing,
    RecordsRead,
    Replica,
    is_public,
)
from hanze.errors import InvalidInput
from hanze.ngsild.representation.render import View, normalized
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Giving", "TooManyIds"]

#: How soon somebody who waits hears of a change, in seconds; all who wait share the look.
_LOOK_S: Final = 1.0
_SLICE: Final = 50


class TooManyIds(InvalidInput):
    """More records are asked for than one request reads."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"{number} records are asked for; one request reads at most {MOST_AT_ONCE}", field="ids"
        )


class Giving:
    """Tells the node's own public records.

    Args:
        collective: Brought up to date here.
        city: Names the city that this node is the node of.
        tenants: Names the cities that are tenants of this node.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self,
        collective: Collective,
        city: Callable[[], str | None],
        tenants: Callable[[], Sequence[str]],
        clock: Callable[[], str],
    ) -> None:
        self._collective = collective
        self._city = city
        self._tenants = tenants
        self._clock = clock
        #: Another life of the node counts its changes anew.
        self._life = secrets.token_hex(8)
        #: Of all that was ever told in this life, so that its going is told to everybody.
        self._digests: dict[str, tuple[Held[Record], str]] = {}
        self._looking: asyncio.Task[int] | None = None
        self._closed = asyncio.Event()

    async def listing(self) -> Listing:
        """List all public records that live here, with their digests."""
        await self._collective.refresh(self._clock())
        cursor = self._cursor()
        records = {}
        for number, held in enumerate(self._collective.own(), 1):
            if is_public(held.record):
                records[held.record.id] = self._digest(held)
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        return Listing(
            cursor=cursor, records=records, city=self._city(), tenants=tuple(self._tenants())
        )

    async def changes(self, cursor: str, *, wait_s: float) -> Changes:
        """Tell what changed after a cursor, as soon as something did.

        Args:
            cursor: Of a listing, or of earlier changes.
            wait_s: Seconds after which it is told that nothing did.
        """
        life, _, number = cursor.partition(":")
        if life != self._life or not number.isdecimal() or len(number) > len(str(1 << 63)):
            await self._collective.refresh(self._clock())
            return Changes(cursor=self._cursor(), restart=True)
        since = int(number)
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while True:
            await self._look()
            changed = self._collective.changed_since(since)
            since = self._collective.version
            left = until - loop.time()
            if changed is None:
                return Changes(cursor=self._cursor(), restart=True)
            told = self._changes(sorted(changed))
            if told.changed or told.gone or left <= 0 or self._closed.is_set():
                return told
            try:
                async with asyncio.timeout(min(left, _LOOK_S)):
                    await self._closed.wait()
            except TimeoutError:
                continue

    async def read(self, ids: Sequence[str]) -> RecordsRead:
        """Read records; what is not here, or not public, is left out.

        Raises:
            TooManyIds: There are more than `MOST_AT_ONCE`.
        """
        if len(ids) > MOST_AT_ONCE:
            raise TooManyIds(len(ids))
        await self._collective.refresh(self._clock())
        return RecordsRead(tuple(self._replicas(dict.fromkeys(ids))))

    def close(self) -> None:
        """Have all who wait be answered at once."""
        self._closed.set()

    async def end(self) -> None:
        """The same, and wait for what is under way."""
        self.close()
        if self._looking is not None:
            await asyncio.wait({self._looking})

    async def _look(self) -> None:
        """Bring the records up to date; who asks meanwhile shares what is under way."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._refreshed())
        await asyncio.shield(self._looking)

    async def _refreshed(self) -> int:
        return (await self._collective.refresh(self._clock())).version

    def _changes(self, ids: Sequence[str]) -> Changes:
        changed, gone = {}, []
        for record_id in ids:
            held = self._collective.own_of(record_id)
            if held is not None and is_public(held.record):
                changed[record_id] = self._digest(held)
            elif record_id in self._digests:
                # Told before; what other nodes keep was not, and changes here without anybody's say.
                gone.append(record_id)
        return Changes(cursor=self._cursor(), changed=changed, gone=gone)

    def _cursor(self) -> str:
        return f"{self._life}:{self._collective.version}"

    def _digest(self, held: Held[Record]) -> str:
        known = self._digests.get(held.record.id)
        if known is None or known[0] is not held:
            known = self._digests[held.record.id] = (held, _replica(held).digest)
        return known[1]

    def _replicas(self, ids: Sequence[str] | dict[str, None]) -> Iterator[Replica]:
        for record_id in ids:
            held = self._collective.own_of(record_id)
            if held is not None and is_public(held.record):
                yield _replica(held)


def _replica(held: Held[Record]) -> Replica:
    entity = dict(normalized(write_record(held.record), HANZE, View()))
    moments = (held.created_at, held.modified_at)
    raw = orjson.dumps([entity, *moments])
    return Replica(
        entity=entity,
        created_at=held.created_at,
        modified_at=held.modified_at,
        digest=blake2b(raw, digest_size=16).hexdigest(),
    )
