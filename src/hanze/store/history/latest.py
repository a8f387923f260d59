"""The last instances of one series: the days that hold them are found first.

A series of a year is in hundreds of row groups, its last hundred values in one or two. How many it
has on which day is told by columns that hardly take any reading; then only these days are read, as
they are on the disk: planning a query over the view alone takes longer than all of this.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.temporal.model import TimeProperty
from hanze.store.history.archive import TABLES, Connection
from hanze.store.history.batch import Columns, empty_columns, series_of
from hanze.store.history.form import NEVER
from hanze.store.history.transfer import DAY
from hanze.store.history.window import Part

__all__ = ["is_of_days", "read_latest", "texts_of"]

_STORED: Final = (
    "day, series, unit, clock, timed, delay, lag,"
    f" coalesce(modified, {NEVER}) AS modified, form,"
    " coalesce(number, 'nan'::DOUBLE) AS number, shape, text, rest"
)
#: Microseconds of a unit, by its code (`archive`).
_SCALES: Final = np.array([1, 1_000, 1_000_000, 60_000_000], np.int64)


def is_of_days(part: Part) -> bool:
    """Tell whether a part is the last instances of one series, by when they were observed."""
    observed = part.temporal is None or part.temporal.timeproperty is TimeProperty.OBSERVED_AT
    return (
        observed
        and part.one_series
        and part.last_n is not None
        and (part.most is None or part.last_n <= part.most)
    )


def read_latest(connection: Connection, part: Part) -> Columns:
    """Read the last instances of one series, and others of the same days."""
    series = series_of(int(part.evolutions[0]), (part.slots or (0,))[0])
    terms = [f"series = {series}"]
    start, end = part.range
    if part.temporal is not None:
        terms.append("timed")
    if start is not None:
        terms.append(f"day >= {start // DAY}")
    if end is not None:
        terms.append(f"day <= {(end - 1) // DAY}")
    condition = " AND ".join(terms)
    counts = connection.execute(
        f"{_of_tables('day, count(*) AS n', TABLES, condition, by='day')} ORDER BY day DESC"
    ).fetchall()
    # A day that the range only has a part of may have less to offer than it holds.
    parts = {moment // DAY for moment in (start, end) if moment is not None}
    left = part.last_n or 0
    tables: dict[int, None] = {}
    first = None
    for place, day, count in counts:
        if left <= 0 and day != first:
            break
        first = day
        tables[place] = None
        left -= 0 if day in parts else count
    if first is None:
        return empty_columns()
    # Each table that a statement names takes it a millisecond to plan.
    chosen = [TABLES[place] for place in tables]
    found = connection.execute(
        _of_tables(_STORED, chosen, f"{condition} AND day >= {first}")
    ).fetchnumpy()
    return part.pick(_columns(found))


def texts_of(column: NDArray[np.generic]) -> NDArray[np.object_]:
    """Return texts as a column of Python's, `None` for NULL."""
    if isinstance(column, np.ma.MaskedArray):
        texts = np.array(column.data, np.object_)
        texts[np.ma.getmaskarray(column)] = None
        return texts
    return np.asarray(column, np.object_)


def _of_tables(columns: str, tables: Sequence[str], condition: str, *, by: str = "") -> str:
    """Return a SELECT of rows in tables, or of their groups, each with the table's number."""
    grouped = f" GROUP BY {by}" if by else ""
    return " UNION ALL ".join(
        f"SELECT {TABLES.index(table)} AS place, {columns} FROM {table} WHERE {condition}{grouped}"  # noqa: S608  # constants and numbers
        for table in tables
    )


def _columns(found: dict[str, NDArray[np.generic]]) -> Columns:
    """Put moments together again (`transfer`)."""
    ints = {
        name: np.asarray(found[name], np.int64)
        for name in ("day", "series", "clock", "delay", "lag", "modified")
    }
    time = ints["day"] * DAY + ints["clock"] * _SCALES[np.asarray(found["unit"], np.int8)]
    sequence = time + ints["delay"]
    recorded = sequence + ints["lag"]
    return Columns(
        series=ints["series"],
        observed=np.where(np.asarray(found["timed"], np.bool_), time, NEVER),
        sequence=sequence,
        recorded=recorded,
        modified=np.where(ints["modified"] == NEVER, recorded, ints["modified"]),
        form=np.asarray(found["form"], np.int8),
        number=np.asarray(found["number"], np.float64),
        shape=np.asarray(found["shape"], np.int32),
        text=texts_of(found["text"]),
        rest=texts_of(found["rest"]),
    )
