"""Reads the log: on a connection and a thread of its own, so that nobody else waits."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import apsw
import msgspec

from hanze.errors import StoreFailure
from hanze.governance.logs.chain import ChainState
from hanze.governance.logs.search import AnyRecord, Logged, LogSearch, matches, needles
from hanze.ngsild.moment import parse_datetime
from hanze.store.log.verifying import verify
from hanze.store.log_entries import record_of
from hanze.store.schema import Bindings, connect_reader, select

__all__ = ["LogReader"]

#: Rows that are read at a time; most that the text has are what is looked for.
_SLICE: Final = 500

_NUMBERS: Final = "SELECT min(number), max(number) FROM log WHERE at >= ? AND at < ?"
_NEVER: Final = (1 << 63) - 1


class LogReader:
    """Reads what is committed.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: apsw.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hanze-log")

    async def find(
        self, search: LogSearch, *, before: int | None = None, limit: int = 100
    ) -> list[Logged]:
        """Find records, the latest first.

        Args:
            search: What is looked for.
            before: Only those with a lower number: the last one of the page before.
            limit: How many at most.

        Raises:
            InvalidInput: A time is none.
            StoreFailure: The log cannot be read, or a record in it is none.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._find, search, before, limit)

    async def every(self, search: LogSearch) -> AsyncIterator[list[Logged]]:
        """Go through all records that are looked for, the latest first, in slices."""
        before: int | None = None
        while found := await self.find(search, before=before, limit=_SLICE):
            yield found
            before = found[-1].number

    async def state(self) -> ChainState:
        """Verify the whole chain (`verifying.verify`)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, verify, self._path)

    def close(self) -> None:
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _find(self, search: LogSearch, before: int | None, limit: int) -> list[Logged]:
        try:
            return self._found(search, before, limit)
        except apsw.Error as error:
            raise StoreFailure(f"The log cannot be read: {error}") from error

    def _found(self, search: LogSearch, before: int | None, limit: int) -> list[Logged]:
        found: list[Logged] = []
        lowest, highest = self._numbers(search)
        upper = highest if before is None else min(highest, before - 1)
        sql, bindings = _statement(search)
        while len(found) < limit and upper >= lowest:
            rows = select(self._reader(), sql, (lowest, upper, *bindings, _SLICE))
            for number, body in rows:
                record = _read(number, body)
                if matches(search, record):
                    found.append(Logged(number, record))
                    if len(found) == limit:
                        break
            upper = rows[-1][0] - 1 if len(rows) == _SLICE else -1
        return found

    def _numbers(self, search: LogSearch) -> tuple[int, int]:
        """Return between which numbers the time is that is looked for."""
        if not (search.since or search.until):
            return 1, _NEVER
        since = parse_datetime(search.since) if search.since else -_NEVER
        until = parse_datetime(search.until) if search.until else _NEVER
        lowest, highest = select(self._reader(), _NUMBERS, (since, until))[0]
        return (1, 0) if lowest is None else (lowest, highest)

    def _reader(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = connect_reader(self._path)
        return self._connection


def _read(number: int, body: object) -> AnyRecord:
    try:
        return record_of(body if isinstance(body, bytes) else str(body).encode())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreFailure(f"Record {number} of the log is none: it was tampered with") from error


def _statement(search: LogSearch) -> tuple[str, Bindings]:
    """Write the statement: what it finds holds the texts; `matches` says whether it means them."""
    texts = needles(search)
    conditions = ["number >= ?", "number <= ?", *["instr(body, ?) > 0" for _ in texts]]
    bindings: list[int | str | bytes] = [*texts]
    if search.subject:
        conditions.append("subject = ?")
        bindings.append(search.subject)
    where = " AND ".join(conditions)
    sql = f"SELECT number, body FROM log WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608  # constants
    return sql, tuple(bindings)
