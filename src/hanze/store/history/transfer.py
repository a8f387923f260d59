"""From the journal to the archive, and within it: each transfer is one transaction of DuckDB."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from hanze.store.history.archive import TABLES, Connection
from hanze.store.history.batch import Batch, Columns, Stroke
from hanze.store.history.form import NEVER
from hanze.store.history.tail import Segment

__all__ = [
    "DAY",
    "checkpoint",
    "closed_days",
    "cluster_day",
    "flushed",
    "insert",
    "sort_recent",
    "write_segment",
]

#: Microseconds of a day.
DAY: Final = 86_400_000_000

#: Instances that are sorted at once, so that nothing else waits long: half a second's work.
_STRETCH: Final = 1_000_000
_UNITS: Final = ((3, 60_000_000), (2, 1_000_000), (1, 1_000))
#: Microseconds since midnight, as SQL.
TIME_OF_DAY: Final = (
    "clock * CASE unit WHEN 3 THEN 60000000 WHEN 2 THEN 1000000 WHEN 1 THEN 1000 ELSE 1 END"
)

Ints = NDArray[np.int64]


def flushed(connection: Connection) -> int:
    """Return the number of the last journal row that the archive has."""
    ((number,),) = connection.execute("SELECT number FROM flushed").fetchall()
    return int(number)


def write_segment(connection: Connection, segment: Segment) -> None:
    """Write journal rows, and note that they are there; nothing happens where they are already.

    They may be: who waited for an earlier attempt was cancelled, and nobody heard that it succeeded.
    """
    if flushed(connection) >= segment.last:
        return
    connection.execute("BEGIN")
    _write(connection, segment.batch)
    connection.execute("UPDATE flushed SET number = ?", (segment.last,))
    connection.execute("COMMIT")


def insert(connection: Connection, columns: Columns) -> None:
    """Add instances, within the transaction of the caller."""
    if len(columns.series) == 0:
        return
    stored = _stored(columns)
    connection.register("arriving", stored)
    connection.execute(
        "INSERT INTO recent SELECT day, series, unit, clock, timed, delay, lag,"
        " nullif(modified, recorded), form, CASE WHEN form IN (1, 2, 3) THEN number END, shape,"
        " text, rest FROM arriving"
    )
    connection.unregister("arriving")


def sort_recent(connection: Connection, *, at_least: int = 1) -> bool:
    """Sort what arrived into a run of its own, where it is so much; tells whether it did."""
    ((count,),) = connection.execute("SELECT count(*) FROM recent").fetchall()
    if count < at_least:
        return False
    connection.execute("BEGIN")
    connection.execute(
        f"INSERT INTO runs SELECT * FROM recent ORDER BY day, series, {TIME_OF_DAY}, delay"  # noqa: S608  # constants
    )
    connection.execute("DELETE FROM recent")
    connection.execute("COMMIT")
    return True


def closed_days(connection: Connection, before: int) -> list[tuple[int, int, int]]:
    """Return the stretches of days before a day that are not clustered yet.

    Returns:
        Day, first and last series, in order: each is a little work for `cluster_day`.
    """
    rows = connection.execute(
        "SELECT day, series, count(*) FROM runs WHERE day < ? GROUP BY ALL ORDER BY ALL", (before,)
    ).fetchnumpy()
    days, series, counts = (np.asarray(column) for column in rows.values())
    return list(_stretches(days, series, counts))


def cluster_day(connection: Connection, day: int, first: int, last: int) -> None:
    """Bring a stretch of a day's series to its place among the whole days."""
    where = "WHERE day = ? AND series BETWEEN ? AND ?"
    connection.execute("BEGIN")
    connection.execute(
        f"INSERT INTO days SELECT * FROM runs {where} ORDER BY series, {TIME_OF_DAY}, delay",  # noqa: S608  # constants
        (day, first, last),
    )
    connection.execute(f"DELETE FROM runs {where}", (day, first, last))  # noqa: S608  # constants
    connection.execute("COMMIT")


def checkpoint(connection: Connection) -> None:
    """Bring what is in DuckDB's log into the file, and free what was left behind."""
    # While somebody writes there can be none: the next one does it then.
    with suppress(duckdb.TransactionException):
        connection.execute("CHECKPOINT history")


def _stretches(days: Ints, series: Ints, counts: Ints) -> Iterator[tuple[int, int, int]]:
    if len(days) == 0:
        return
    # A stretch ends with a day, and where so many instances are full.
    before = np.cumsum(counts) - counts
    starts_day = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    at = np.zeros(len(days), np.int64)
    at[starts_day] = before[starts_day]
    within = (before - np.maximum.accumulate(at)) // _STRETCH
    starts = np.flatnonzero(
        (np.diff(days, prepend=days[0] - 1) != 0) | (np.diff(within, prepend=0) != 0)
    )
    for start, end in pairwise([*starts.tolist(), len(days)]):
        yield int(days[start]), int(series[start]), int(series[end - 1])


def _write(connection: Connection, batch: Batch) -> None:
    columns = batch.columns()
    for start, end, stroke in batch.parts():
        if end > start:
            insert(connection, columns.take(slice(start, end)))
        if stroke is not None:
            _strike(connection, stroke)


def _strike(connection: Connection, stroke: Stroke) -> None:
    if stroke.sequence is None:
        for table in TABLES:
            connection.execute(
                f"DELETE FROM {table} WHERE series BETWEEN ? AND ?",  # noqa: S608  # constants
                (stroke.first, stroke.last),
            )
        return
    found = connection.execute(
        "SELECT recorded FROM instance WHERE series = ? AND sequence = ?",
        (stroke.first, stroke.sequence),
    ).fetchall()
    if not found:
        return
    for table in TABLES:
        connection.execute(
            f"DELETE FROM {table} WHERE series = ?"  # noqa: S608  # constants
            f" AND day::BIGINT * {DAY} + {TIME_OF_DAY} + delay = ?",
            (stroke.first, stroke.sequence),
        )
    if stroke.form is not None and stroke.modified is not None:
        insert(connection, _replacement(stroke, found[0][0]))


def _replacement(stroke: Stroke, recorded: int) -> Columns:
    observed, form, number, text, shape, rest = stroke.form or (NEVER, 0, None, None, 0, None)
    return Columns(
        series=np.array([stroke.first], np.int64),
        observed=np.array([observed], np.int64),
        sequence=np.array([stroke.sequence], np.int64),
        recorded=np.array([recorded], np.int64),
        modified=np.array([stroke.modified], np.int64),
        form=np.array([form], np.int8),
        number=np.array([np.nan if number is None else number], np.float64),
        shape=np.array([shape], np.int32),
        text=np.array([text], np.object_),
        rest=np.array([rest], np.object_),
    )


def _stored(columns: Columns) -> dict[str, NDArray[np.generic]]:
    """Split moments as they are kept on the disk (`archive`)."""
    timed = columns.observed != NEVER
    time = np.where(timed, columns.observed, columns.recorded)
    # Rounds down, also before 1970.
    day = time // DAY
    clock = time - day * DAY
    unit = np.zeros(len(time), np.int8)
    scale = np.ones(len(time), np.int64)
    for code, microseconds in reversed(_UNITS):
        fits = clock % microseconds == 0
        unit[fits] = code
        scale[fits] = microseconds
    return {
        "day": day.astype(np.int32),
        "series": columns.series,
        "unit": unit,
        "clock": clock // scale,
        "timed": timed,
        "delay": columns.sequence - time,
        "lag": columns.recorded - columns.sequence,
        "recorded": columns.recorded,
        "modified": columns.modified,
        "form": columns.form,
        "number": columns.number,
        "shape": columns.shape,
        "text": columns.text,
        "rest": columns.rest,
    }
