"""The spool: what sources send is here, on the disk, before anybody is told that it arrived.

One thread owns the connection. Messages that arrive while a commit waits for the disk share the
next one, so that a busy source costs few waits.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeVar

import apsw

from hanze.connectors import spool_rows as rows
from hanze.connectors.spooled import Counters, Letter, Settled, Spooled, Waiting
from hanze.connectors.streaming import Message
from hanze.errors import StoreFailure, Unavailable
from hanze.ngsild.moment import format_datetime, parse_datetime

__all__ = ["SPOOL", "Spool", "SpoolFull"]

#: The file within a data directory.
SPOOL: Final = "spool.db"

T = TypeVar("T")

_DAY_US: Final = 86_400_000_000
#: Bytes of messages that are read at a time: those of one poll can be many MB each.
_BATCH_BYTES: Final = 16 << 20
#: What stays when room is needed, while anything else can go. One source that sends what nobody can
#: use must not end all the others.
_SPARED: Final = (("letter", "held"), ("held",), ())
#: How often what is too old is looked for.
_TIDY_US: Final = 60_000_000


class SpoolFull(Unavailable):
    """The spool holds as much that was not dealt with yet as it may.

    Attributes:
        retry_after_s: Seconds after which it may be tried again.
    """

    retry_after_s = 30

    def __init__(self, most_mb: int) -> None:
        super().__init__(
            f"The node keeps {most_mb} MB of messages and cannot take more until those that wait "
            "are dealt with; nothing is lost: send this one again later"
        )


class Spool:
    """Keeps raw messages until they are dealt with, and for some days after that.

    Args:
        path: The file; `None` keeps all in memory, for tests. It is made at the first need.
        most_mb: Size that it may have. When it is reached, messages that were dealt with go before
            their time: first those that were stored, then dead letters, at last those of unknown
            devices; what waits to be dealt with stays.
        keep_days: After which messages that were dealt with, dead letters among them, are removed.
        clock: Answers now as DateTime text.
    """

    def __init__(
        self, path: Path | None, *, most_mb: int, keep_days: float, clock: Callable[[], str]
    ) -> None:
        self._path = path
        self._most = most_mb << 20
        self._keep_us = int(keep_days * _DAY_US)
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hanze-spool")
        self._connection: apsw.Connection | None = None
        self._pending: list[tuple[int, Message, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._tidied = 0
        self._closed = False
        #: By source: set when something of it came that is to be dealt with.
        self.arrived: dict[str, asyncio.Event] = {}

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept."""
        return self._connection is not None or (self._path is not None and self._path.exists())

    async def put(self, message: Message) -> None:
        """Keep a message; when this returns it survives a power cut.

        Raises:
            SpoolFull: There is no room; nothing was kept.
            StoreFailure: It cannot be written, e.g. because the disk is full; nothing was kept.
        """
        if self._closed:
            raise StoreFailure("The spool is closed")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((parse_datetime(message.received_at), message, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await future

    async def take(self, source: str, *, limit: int) -> list[Spooled]:
        """Return the messages that come next; they stay until they are settled."""
        self.arrived.setdefault(source, asyncio.Event()).clear()
        if not self.exists:
            return []
        found = await self._do(rows.take, source, limit, _BATCH_BYTES)
        return [
            Spooled(
                number,
                Message(
                    source=source,
                    received_at=format_datetime(received),
                    body=body,
                    content_type=content_type,
                    topic=topic,
                ),
                again=again,
            )
            for number, received, topic, content_type, body, again in found
        ]

    async def settle(self, settled: Settled) -> None:
        """Note what became of messages, and tidy up now and then."""
        await self._do(rows.settle, settled)
        if settled.at - self._tidied > _TIDY_US:
            self._tidied = settled.at
            await self.tidy(settled.at)

    async def tidy(self, now_us: int) -> int:
        """Remove what is older than is kept; returns how many messages."""
        removed = 0
        while some := await self._do(partial(rows.trim, before=now_us - self._keep_us)):
            removed += some
        return removed

    async def note_error(self, source: str, error: str, at: int | None) -> None:
        """Remember what goes wrong with a source; "" when it goes well again."""
        await self._do(rows.note_error, source, error, at)

    async def counters(self) -> Mapping[str, Counters]:
        """Count for each source of which there ever was a message."""
        return await self._do(rows.counters_of) if self.exists else {}

    async def letters(
        self, source: str, *, limit: int = 50, before: int | None = None
    ) -> list[Letter]:
        """List dead letters, the newest first, those of messages below `before`."""
        if not self.exists:
            return []
        return await self._do(partial(rows.letters_of, limit=limit, before=before), source)

    async def newest(self, source: str, *, limit: int = 1) -> list[Spooled]:
        """Return the newest messages that are kept."""
        found = await self._do(partial(rows.messages_of, limit=limit), source)
        return [
            Spooled(
                number,
                Message(
                    source=source,
                    received_at=format_datetime(at),
                    body=body,
                    content_type=kind,
                    topic=topic,
                ),
            )
            for number, at, topic, kind, body in found
        ]

    async def devices(self, source: str) -> list[Waiting]:
        """List devices that wait to be let in, the newest first."""
        return await self._do(rows.devices_of, source) if self.exists else []

    async def release(self, source: str, device: str, *, again: bool) -> tuple[bool, int]:
        """Take a device out of the tray: whether it was there, how many messages waited with it.

        Args:
            again: Whether they are dealt with now.
        """
        found = await self._do(partial(rows.release, again=again), source, device)
        self._wake(source)
        return found

    async def replay(self, source: str, *, start: int, end: int, letters: bool = False) -> int:
        """Have messages that were received in a period dealt with once more; returns how many.

        Args:
            start: Microseconds since 1970.
            end: The same, excluded.
            letters: Only those of which something could not be used.
        """
        found = await self._do(partial(rows.replay, start=start, end=end, letters=letters), source)
        self._wake(source)
        return found

    async def forget(self, source: str) -> None:
        """Remove all that is kept of a source."""
        if self.exists:
            await self._do(rows.forget, source)

    async def close(self) -> None:
        """Keep what is on its way, and let go of the file."""
        self._closed = True
        if self._flushing is not None:
            await asyncio.shield(self._flushing)
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    async def _flush(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending, []
                try:
                    kept = await self._do(self._keep, [(at, message) for at, message, _ in batch])
                except StoreFailure as error:
                    _resolve(batch, error)
                    continue
                _resolve(batch[:kept], None)
                _resolve(batch[kept:], SpoolFull(self._most >> 20))
                for name in {message.source for _, message, _ in batch[:kept]}:
                    self._wake(name)
        finally:
            self._flushing = None

    def _keep(self, connection: apsw.Connection, messages: Sequence[tuple[int, Message]]) -> int:
        """Insert those for which there is room, or can be made; return how many, the first ones."""
        sizes = [len(message.body) for _, message in messages]
        sparing = iter(_SPARED)
        spared = next(sparing)
        while (room := self._most - rows.size_of(connection)) < sum(sizes):
            if not rows.trim(connection, sparing=spared):
                more = next(sparing, None)
                if more is None:
                    break
                spared = more
        fitting = [total for total in accumulate(sizes) if total <= room]
        rows.insert(connection, messages[: len(fitting)])
        return len(fitting)

    async def _do(self, step: Callable[..., T], *arguments: object) -> T:
        """Run a step in one transaction on the spool's thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._transaction, step, arguments
        )

    def _transaction(self, step: Callable[..., T], arguments: Sequence[object]) -> T:
        try:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = step(connection, *arguments)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except apsw.FullError as error:
            raise StoreFailure("The disk is full; the message was not kept") from error
        except apsw.Error as error:
            raise StoreFailure(f"The spool cannot be written: {error}") from error
        return result

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = rows.connect_spool(self._path)
        return self._connection

    def _wake(self, source: str) -> None:
        self.arrived.setdefault(source, asyncio.Event()).set()


def _resolve(
    batch: Sequence[tuple[int, Message, asyncio.Future[None]]], error: Exception | None
) -> None:
    for _, _, future in batch:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
