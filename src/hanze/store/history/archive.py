"""The archive: DuckDB in the file `history.duckdb`, opened when it is first needed.

Three tables of the same columns hold instances: `recent` as they arrive; `runs`, stretches of those
sorted by day, series and time; `days`, whole days sorted by series and time. `instance` is a view of
them all, with moments in microseconds since 1970:

    day        number of the day since 1970 in UTC: of `observed`, else of `recorded`
    series     number of the evolution, shifted by `batch.SLOT_BITS`, and of the slot
    time       `observed`, else `recorded`
    timed      whether it is `observed`
    observed   NULL where the instance has no `observedAt`
    sequence   with the series the name of the instance: grows in the order of recording
    recorded   when it was recorded
    modified   when it was last changed: `recorded`, unless it was replaced
    form       what the value is (`form.py`): 0 deletion, 1 float, 2 integer, 3 boolean, 4 text, 5 JSON, 6 mean
    number     the value of forms 1 to 3 and 6
    shape      number of what it shares with others, in the table `shape` of the record
    text       the value of forms 4 and 5; what a mean was made of
    rest       JSON of unusual members

What the numbers of series and shapes stand for is in the record (SQLite: `evolution`, `slot`,
`shape`). `gone` counts instances that were removed as they were too old, by tenant and set of types.
`means` has a row where any instance is a mean: readers then weigh values.
`flushed` holds the number of the last journal row that is in here: it is written in the
transaction that writes the row's instances, so each is here once, whenever the process ends.

On the disk a moment is split: `day`; `clock` within the day, in units (`unit`: 0 microseconds, 1
milliseconds, 2 seconds, 3 minutes) that fit; `delay`, from there to the sequence; `lag`, from the
sequence to `recorded`, which is mostly 0. DuckDB packs integers as distances to the least of 2,048:
so split, they are a few bits long, where whole moments take seven bytes.

Traps of DuckDB that were met:

- Blocks smaller than 64 KiB make it leave columns uncompressed without a word.
- `//` rounds towards zero; days before 1970 are therefore made in numpy.
- An array that is scanned must not be changed until the statement is done.
- `stddev_pop` raises where the variance is beyond a double; the caller reckons without DuckDB then.
- A result that was not read to its end (`fetchone`) refuses the connection to the next statement, now
  and then also where it had one row; so all rows are fetched, and an error aborts what is left.
- A cursor starts in the database that was connected to, whatever its parent uses.
- Closing any descriptor of the file drops the process's lock on it (POSIX); the lock that counts is
  that of the data directory.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from hanze.errors import StoreFailure
from hanze.store.files import ARCHIVE, DATABASE
from hanze.store.history.gate import writing

__all__ = ["TABLES", "Archive", "Connection", "has_means", "instances_of", "note_means"]

T = TypeVar("T")

Connection = duckdb.DuckDBPyConnection

TABLES: Final = ("recent", "runs", "days")

#: Where large sorts go that do not fit into memory.
_SPILL: Final = "history.tmp"
#: Rows that are pruned or read together: so many that a series of a day is in one or two of them.
_ROW_GROUP: Final = 61_440
_BLOCK: Final = 65_536
_READERS: Final = 3

_COLUMNS: Final = (
    "day INTEGER, series BIGINT, unit TINYINT, clock BIGINT, timed BOOLEAN, delay BIGINT,"
    " lag BIGINT, modified BIGINT, form TINYINT, number DOUBLE, shape INTEGER, text VARCHAR,"
    " rest VARCHAR"
)
_TIME: Final = (
    "day::BIGINT * 86400000000"
    " + clock * CASE unit WHEN 3 THEN 60000000 WHEN 2 THEN 1000000 WHEN 1 THEN 1000 ELSE 1 END"
)


def instances_of(tables: Iterable[str]) -> str:
    """Return what `instance` is, of some of the tables."""
    return " UNION ALL ".join(
        f"SELECT day, series, {_TIME} AS time, timed, CASE WHEN timed THEN time END AS observed,"  # noqa: S608  # constants
        " time + delay AS sequence, sequence + lag AS recorded,"
        " coalesce(modified, recorded) AS modified, form, number, shape, text, rest"
        f" FROM {table}"
        for table in tables
    )


class Archive:
    """The connections to the file, each with a thread of its own.

    Args:
        directory: The data directory.
        memory_mb: How much memory DuckDB may take.
    """

    def __init__(self, directory: Path, memory_mb: int) -> None:
        self._directory = directory
        self._memory_mb = memory_mb
        self.path = directory / ARCHIVE
        #: The database that says what the numbers in the archive stand for.
        self.record = directory / DATABASE
        self.exists = self.path.exists()
        self._connection: Connection | None = None
        self._opening = threading.Lock()
        self._cursors: dict[int, Connection] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="hanze-history")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="hanze-history-read")
        self._apart = ThreadPoolExecutor(1, thread_name_prefix="hanze-history-apart")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do something on the connection that writes, one after the other; makes the archive.

        Raises:
            StoreFailure: DuckDB refuses it; a transaction that was under way is rolled back.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._write, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Read in one transaction, beside the others.

        Raises:
            StoreFailure: DuckDB refuses it.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, work)

    async def apart(self, work: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Do something that takes long, one at a time, beside everything else.

        Args:
            work: Gets a cursor of its own, in no transaction.
            writes: Whether it changes the archive, which then is not copied meanwhile.

        Raises:
            StoreFailure: DuckDB refuses it; a transaction that was under way is rolled back.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._apart, self._work_apart, work, writes)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Read in one transaction on the thread that asks: for what takes milliseconds at most.

        Raises:
            StoreFailure: DuckDB refuses it.
        """
        try:
            cursor = self._cursors.get(threading.get_ident()) or self._cursor()
            cursor.execute("BEGIN")
            try:
                return work(cursor)
            finally:
                cursor.abort()
                cursor.execute("ROLLBACK")
        except duckdb.Error as error:
            raise _failure(self.path, error) from error

    async def close(self) -> None:
        """Write what DuckDB still holds in its log, and let go of the file."""
        self._readers.shutdown()
        self._apart.shutdown()
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._writer, self._close)
        self._writer.shutdown()

    def _write(self, work: Callable[[Connection], T]) -> T:
        try:
            connection = self._open()
            with writing(self._directory):
                try:
                    return work(connection)
                except BaseException:
                    _roll_back(connection)
                    raise
        except duckdb.Error as error:
            raise _failure(self.path, error) from error

    def _cursor(self) -> Connection:
        cursor = self._cursors[threading.get_ident()] = self._open().cursor()
        cursor.execute("USE history")
        return cursor

    def _work_apart(self, work: Callable[[Connection], T], writes: bool) -> T:
        gate = writing(self._directory) if writes else nullcontext()
        try:
            with gate, self._open().cursor() as cursor:
                cursor.execute("USE history")
                return work(cursor)
        except duckdb.Error as error:
            raise _failure(self.path, error) from error

    def _open(self) -> Connection:
        with self._opening:
            if self._connection is None:
                with writing(self._directory):
                    self._connection = self._connect()
                self.exists = True
            return self._connection

    def _connect(self) -> Connection:
        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": 1,
                "memory_limit": f"{self._memory_mb}MB",
                "temp_directory": str(self._directory / _SPILL),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        path = str(self.path).replace("'", "''")
        connection.execute(
            f"ATTACH '{path}' AS history (ROW_GROUP_SIZE {_ROW_GROUP}, BLOCK_SIZE {_BLOCK})"
        )
        connection.execute("USE history")
        connection.execute("BEGIN")
        for table in TABLES:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({_COLUMNS})")
        connection.execute(f"CREATE VIEW IF NOT EXISTS instance AS {instances_of(TABLES)}")
        connection.execute("CREATE TABLE IF NOT EXISTS flushed (number BIGINT)")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS gone (tenant VARCHAR, typeset BIGINT, removed BIGINT)"
        )
        connection.execute("CREATE TABLE IF NOT EXISTS means (form TINYINT)")
        connection.execute("INSERT INTO flushed SELECT 0 WHERE NOT EXISTS (SELECT * FROM flushed)")
        connection.execute("COMMIT")
        return connection

    def _close(self) -> None:
        with writing(self._directory):
            # All of them: the last one that goes lets go of the file.
            for cursor in self._cursors.values():
                cursor.close()
            self._cursors.clear()
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def has_means(connection: Connection) -> bool:
    """Tell whether any instance is a mean of several that were condensed."""
    return connection.execute("SELECT 1 FROM means LIMIT 1").fetchone() is not None


def note_means(connection: Connection) -> None:
    """Note that some instance is a mean, within the transaction of the caller."""
    if not has_means(connection):
        connection.execute("INSERT INTO means VALUES (6)")


def _roll_back(connection: Connection) -> None:
    connection.abort()
    # Where none is under way there is nothing to roll back.
    with suppress(duckdb.TransactionException):
        connection.execute("ROLLBACK")


def _failure(path: Path, error: duckdb.Error) -> StoreFailure:
    # What follows the first line is advice on settings of DuckDB, which are not ours to offer.
    reason = str(error).partition("\n")[0]
    return StoreFailure(f"The history in {path} cannot be read or written: {reason}")
