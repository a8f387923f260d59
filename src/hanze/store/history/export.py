"""A part of the history as a Parquet file, which any tool reads (`docs/history.md`)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from hanze.errors import StoreFailure
from hanze.store.history.archive import Archive, Connection
from hanze.store.history.history import HistoryArchive
from hanze.store.history.lookup import load_evolutions, load_hidden, load_shapes, load_slots
from hanze.store.history.selection import Selection

__all__ = ["FORMS", "Advance", "Exported", "export_parquet", "rows_of"]

#: Takes how much is done, and how much there is; the units are our own.
Advance = Callable[[int, int | None], None]

#: What a value is, by the number of its form.
FORMS: Final = ("deleted", "float", "integer", "boolean", "text", "json", "mean")

_LOOK_S: Final = 0.25
_FORM: Final = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(FORMS))
_SELECT: Final = f"""
    SELECT
        evolution.id AS "id",
        evolution.type AS "type",
        slot.attribute AS "attribute",
        slot.dataset AS "datasetId",
        shape.kind AS "kind",
        make_timestamptz(observed) AS "observedAt",
        make_timestamptz(recorded) AS "recordedAt",
        make_timestamptz(modified) AS "modifiedAt",
        CASE form {_FORM} END AS "form",
        instance.number AS "value",
        instance.text AS "text",
        shape.unit AS "unitCode",
        shape.value_type AS "valueType",
        shape.object_type AS "objectType",
        shape.lang AS "lang",
        instance.rest AS "details"
    FROM instance
    JOIN evolution ON instance.series >> 20 = evolution.number
    JOIN slot ON instance.series & 1048575 = slot.number
    JOIN shape ON instance.shape = shape.number
"""  # noqa: S608  # constants


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file holds: values, and bytes."""

    values: int
    size: int


async def export_parquet(
    history: HistoryArchive,
    selection: Selection,
    path: Path,
    advance: Advance = lambda _done, _total: None,
) -> Exported:
    """Write a part of the history to a file, beside everything else that the node does.

    The file grows from its beginning to its end, and is whole when this returns.

    Args:
        advance: Told now and then how far it is.

    Raises:
        StoreFailure: The archive cannot be read, or the file not be written.
    """
    await history.flush()
    archive = history.archive
    running = _Running(archive, selection, path)
    task = asyncio.ensure_future(archive.apart(running.write))
    try:
        while not (await asyncio.wait([task], timeout=_LOOK_S))[0]:
            advance(running.per_mille(), 1_000)
        return await task
    except asyncio.CancelledError:
        running.stop()
        await asyncio.wait([task])
        # What the interruption led to is no failure, and nobody is there to be told.
        task.exception()
        raise


class _Running:
    def __init__(self, archive: Archive, selection: Selection, path: Path) -> None:
        self._record = archive.record
        self._selection = selection
        self._path = path
        self._connection: Connection | None = None
        self._stopped = False

    def write(self, connection: Connection) -> Exported:
        """Write the file, on the thread of the connection."""
        self._connection = connection
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")
        connection.execute("SET TimeZone = 'UTC'")
        load_evolutions(connection, self._record, self._selection)
        load_slots(connection, self._record, self._selection)
        load_hidden(connection, self._record, self._selection)
        load_shapes(connection, self._record)
        if self._stopped:
            raise StoreFailure("The export was stopped")
        target = str(self._path).replace("'", "''")
        rows = connection.execute(
            f"COPY ({_SELECT} {_where(self._selection)})"
            f" TO '{target}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
        ).fetchone()
        return Exported(0 if rows is None else int(rows[0]), self._path.stat().st_size)

    def per_mille(self) -> int:
        if self._connection is None:
            return 0
        try:
            return max(0, min(1_000, int(self._connection.query_progress() * 10)))
        except duckdb.Error:
            return 1_000  # It was closed just now: all is written.

    def stop(self) -> None:
        """End the writing, as nobody waits for it any more."""
        self._stopped = True
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.interrupt()


def _where(selection: Selection) -> str:
    """Narrow by what is seen, and by time: whole row groups of other days are then passed over."""
    parts = []
    if selection.shown is not None:
        parts.append(
            "NOT EXISTS (SELECT 1 FROM hidden"
            " WHERE hidden.view = evolution.view AND hidden.slot = slot.number)"
        )
    if selection.start is not None:
        start = int(selection.start)
        parts.append(f"time >= {start} AND day >= {start // _DAY}")
    if selection.end is not None:
        end = int(selection.end)
        parts.append(f"time < {end} AND day <= {end // _DAY}")
    return f"WHERE {' AND '.join(parts)}" if parts else ""


_DAY: Final = 86_400_000_000


def rows_of(file: Path) -> int:
    """Count the values in an export.

    Raises:
        StoreFailure: The file is no Parquet.
    """
    try:
        with duckdb.connect(":memory:") as connection:
            found = connection.execute(
                "SELECT num_rows FROM parquet_file_metadata(?)", [str(file)]
            ).fetchone()
    except duckdb.Error as error:
        raise StoreFailure(f"{file} is no Parquet file: {error}") from error
    return 0 if found is None else int(found[0])
