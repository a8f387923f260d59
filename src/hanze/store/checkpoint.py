"""Moves what was committed from the write-ahead log into the database, beside the writer.

A passive checkpoint on a connection and a thread of its own does the work while commits go on; but
only a moment without a writer lets the log start over. So, once a passive one is done, the few
frames that came in the meantime are moved between two groups.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw

__all__ = ["Checkpoints"]

_log = logging.getLogger(__name__)

#: Pages of 4 KiB in the log that start a checkpoint: 32 MiB.
DUE_PAGES = 8_192


class Checkpoints:
    """Watches the log of a writer connection."""

    def __init__(self, path: Path, writer: apsw.Connection) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.wal_autocheckpoint(0)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hanze-checkpoint")
        self._pages = 0
        self._passive: asyncio.Future[None] | None = None
        writer.set_wal_hook(self._count)

    async def between_groups(self) -> None:
        """Start a checkpoint when one is due, or finish it; called when no commit is under way."""
        loop = asyncio.get_running_loop()
        if self._passive is None:
            if self._pages >= DUE_PAGES:
                self._passive = loop.run_in_executor(self._thread, self._run, "passive")
        elif self._passive.done():
            self._passive = None
            await loop.run_in_executor(self._thread, self._run, "restart")

    async def close(self) -> None:
        """Leave an empty log behind, where nobody reads from it any more."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._run, "truncate")
        self._thread.shutdown()
        self._connection.close()

    def _count(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def _run(self, mode: str) -> None:
        modes = {
            "passive": apsw.SQLITE_CHECKPOINT_PASSIVE,
            "restart": apsw.SQLITE_CHECKPOINT_RESTART,
            "truncate": apsw.SQLITE_CHECKPOINT_TRUNCATE,
        }
        try:
            self._connection.wal_checkpoint(mode=modes[mode])
        except apsw.Error as error:
            # Nothing is lost: what is committed stays in the log until a later one succeeds.
            _log.warning("A checkpoint (%s) failed: %s", mode, error)
        else:
            if mode != "passive":
                self._pages = 0
