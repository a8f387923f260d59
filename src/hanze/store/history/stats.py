"""How much history there is, per type: counted in the archive, one tenant at a time."""

import asyncio
import time
from functools import partial
from typing import Final

from hanze.store.history.archive import Connection
from hanze.store.history.history import HistoryArchive
from hanze.store.history.lookup import load_evolutions, typesets
from hanze.store.history.retention import removed_of
from hanze.store.history.selection import Selection
from hanze.store.history.told import HistoryStats, TypeStats
from hanze.store.schema import connect_reader

__all__ = ["HistoryCounts"]

#: Counting a billion values takes seconds: what was counted is told again for so long.
_FRESH_S: Final = 15.0
#: Tenants whose counts are remembered.
_MOST: Final = 64

_COUNT: Final = """
    WITH per_series AS (
        SELECT series, count(*) AS n, min(time) AS first, max(time) AS last,
            count(*) FILTER (form = 6) AS means,
            sum(CASE WHEN form = 6 THEN (text::DOUBLE[])[1] END) AS condensed
        FROM instance GROUP BY series
    )
    SELECT typeset, count(DISTINCT series >> 20), count(*), sum(n)::BIGINT, min(first), max(last),
        sum(means)::BIGINT, coalesce(sum(condensed), 0)::BIGINT
    FROM per_series JOIN evolution ON series >> 20 = evolution.number
    GROUP BY typeset
"""


class HistoryCounts:
    """Counts what there is, and remembers it for a moment.

    Args:
        history: It.
    """

    def __init__(self, history: HistoryArchive) -> None:
        self._history = history
        self._known: dict[str, tuple[float, HistoryStats]] = {}
        self._counting = asyncio.Lock()

    async def of(self, tenant: str) -> HistoryStats:
        """Tell how much history a tenant has.

        Raises:
            StoreFailure: The archive cannot be read.
        """
        async with self._counting:
            known = self._known.get(tenant)
            if known is None or time.monotonic() - known[0] > _FRESH_S:
                if len(self._known) >= _MOST:
                    self._known.clear()
                known = self._known[tenant] = (time.monotonic(), await self._count(tenant))
            return known[1]

    async def _count(self, tenant: str) -> HistoryStats:
        history = self._history
        waiting = history.journal.tail.instances
        if not history.archive.exists:
            return HistoryStats((), 0, 0, waiting)
        work = partial(_count, tenant=tenant, waiting=waiting, history=history)
        return await history.archive.apart(work)


def _count(
    connection: Connection, tenant: str, waiting: int, history: HistoryArchive
) -> HistoryStats:
    archive = history.archive
    size = sum(
        path.stat().st_size
        for path in archive.path.parent.glob(archive.path.name + "*")
        if path.is_file()
    )
    (values,) = connection.execute("SELECT count(*) FROM instance").fetchone() or (0,)
    load_evolutions(connection, archive.record, Selection(tenant))
    reader = connect_reader(archive.record)
    try:
        types = typesets(reader)
    finally:
        reader.close()
    removed = removed_of(connection, tenant)
    found = {row[0]: row[1:] for row in connection.execute(_COUNT).fetchall()}
    nothing = (0, 0, 0, None, None, 0, 0)
    told = [
        (types[typeset], found.get(typeset, nothing), removed.get(typeset, 0))
        for typeset in found.keys() | removed.keys()
    ]
    return HistoryStats(
        types=tuple(_told(names, row, gone, size, values) for names, row, gone in sorted(told)),
        values=values,
        size=size,
        waiting=waiting,
    )


def _told(
    types: tuple[str, ...], row: tuple[int, ...], removed: int, size: int, values: int
) -> TypeStats:
    evolutions, series, kept, first, last, means, condensed = row
    return TypeStats(
        types=types,
        evolutions=evolutions,
        series=series,
        values=kept,
        first=first,
        last=last,
        size=round(size * kept / values) if values else 0,
        means=means,
        condensed=condensed,
        removed=removed,
    )
