"""What must not be kept any longer goes from the archive, evolution by evolution.

`retention` follows the node's settings, type by type; this follows what was promised about data
(`governance.retaining`): of some entities, of some attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson

from hanze.store.history import transfer
from hanze.store.history.archive import TABLES, Connection
from hanze.store.history.batch import EVERY_SLOT, SLOT_BITS
from hanze.store.history.history import HistoryArchive
from hanze.store.history.lookup import fill
from hanze.store.schema import connect_reader, select

__all__ = ["Erasing", "erase_before"]

#: Evolutions that one transaction deals with.
_TOGETHER: Final = 1_000
_EVERY: Final = -1
_ERASE: Final = (
    "CREATE OR REPLACE TEMP TABLE erase"
    " (evolution BIGINT, slot BIGINT, before INTEGER, living BOOLEAN)"
)
#: Of what lives, what is not observed goes once something newer has taken its place.
_LATEST: Final = "CREATE OR REPLACE TEMP TABLE latest AS SELECT series, max(day) AS day FROM ({}) GROUP BY series"


@dataclass(frozen=True, slots=True)
class Erasing:
    """What of one evolution goes.

    Attributes:
        evolution: Its number.
        names: IRIs of attributes; empty for all.
        before: Microseconds since 1970: instances of the days before go.
        living: Whether what is there now stays, however old, where it is not observed.
    """

    evolution: int
    names: tuple[str, ...]
    before: int
    living: bool


async def erase_before(history: HistoryArchive, erasing: Sequence[Erasing]) -> int:
    """Erase instances that are too old; tells how many.

    Raises:
        StoreFailure: The archive cannot be written; what was done so far is done.
    """
    # What was told late lies in the journal still, however old it is.
    await history.flush()
    if not erasing or not history.archive.exists:
        return 0
    newest = max(one.before for one in erasing) // transfer.DAY
    # Mostly nothing is so old: one look at all tells, before each is looked at.
    old = await history.archive.apart(partial(_older, day=newest))
    erasing = [one for one in erasing if one.evolution in old]
    slots = _slots(history)
    erased = 0
    for start in range(0, len(erasing), _TOGETHER):
        rows = [row for one in erasing[start : start + _TOGETHER] for row in _rows(one, slots)]
        if rows:
            erased += await history.archive.run(partial(_erase, rows=rows))
    if erased:
        history.forget()
        await history.archive.run(transfer.checkpoint)
    return erased


def _older(connection: Connection, day: int) -> set[int]:
    """Return the numbers of evolutions with instances of days before one."""
    found: set[int] = set()
    for table in TABLES:
        rows = connection.execute(
            f"SELECT DISTINCT series >> {SLOT_BITS} FROM {table} WHERE day < ?",  # noqa: S608  # constants
            [day],
        ).fetchall()
        found.update(int(row[0]) for row in rows)
    return found


def _slots(history: HistoryArchive) -> dict[str, list[int]]:
    """Return the numbers of the slots of each attribute."""
    reader = connect_reader(history.archive.record)
    found: dict[str, list[int]] = {}
    try:
        for number, key in select(reader, "SELECT slot_id, key FROM slot"):
            found.setdefault(orjson.loads(key)[0], []).append(int(number))
    finally:
        reader.close()
    return found


def _rows(one: Erasing, slots: dict[str, list[int]]) -> list[tuple[int, int, int, bool]]:
    numbers = [number for name in one.names for number in slots.get(name, ())]
    chosen = numbers if one.names else [_EVERY]
    return [(one.evolution, slot, one.before // transfer.DAY, one.living) for slot in chosen]


def _erase(connection: Connection, rows: list[tuple[int, int, int, bool]]) -> int:
    connection.execute(_ERASE)
    fill(connection, "erase", rows)
    untimed = " UNION ALL ".join(
        f"SELECT series, day FROM {table} WHERE NOT timed AND series >> {SLOT_BITS} IN"  # noqa: S608  # constants
        " (SELECT evolution FROM erase WHERE living)"
        for table in TABLES
    )
    connection.execute(_LATEST.format(untimed))
    erased = 0
    connection.execute("BEGIN")
    for table in TABLES:
        counted = connection.execute(
            f"DELETE FROM {table} USING erase"  # noqa: S608  # constants
            f" WHERE {table}.series >> {SLOT_BITS} = erase.evolution"
            f" AND (erase.slot = {_EVERY} OR {table}.series & {EVERY_SLOT} = erase.slot)"
            f" AND {table}.day < erase.before AND ({table}.timed OR NOT erase.living OR EXISTS"
            f" (SELECT 1 FROM latest WHERE latest.series = {table}.series"
            f" AND latest.day > {table}.day))"
        ).fetchall()
        erased += sum(int(row[0]) for row in counted)
    connection.execute("COMMIT")
    return erased
