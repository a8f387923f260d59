"""Past values in bulk: from a file into the archive, past the journal, whole or not at all.

A row is there already when its series, its moment and its value are; it then stays as it is, so that
a file that comes again changes nothing. An instance that says no `recordedAt` counts as recorded when
it was observed: the archive keeps the two moments as a distance, and 0 costs nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from hanze.ngsild.model import AttributeKind
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.vocabulary import HANZE
from hanze.store.files import scratch
from hanze.store.history import transfer
from hanze.store.history.bulk_rows import Found, Numbers, look, write
from hanze.store.history.export import Advance
from hanze.store.history.form import Shape
from hanze.store.history.history import HistoryArchive
from hanze.store.history.told import Imported
from hanze.store.unit import StagedUnit

__all__ = ["import_file"]

Transact = Callable[[Callable[[StagedUnit], int]], Awaitable[int]]

#: Evolutions that are made in one unit of work.
_UNIT: Final = 500
#: Slots and shapes, likewise: some 10 ms, after which others get their turn.
_NAMES: Final = 2_000


async def import_file(
    history: HistoryArchive,
    transact: Transact,
    path: Path,
    *,
    tenant: str,
    now: str,
    advance: Advance = lambda _done, _total: None,
) -> Imported:
    """Bring the values of a file into the archive; the present stays as it is.

    Args:
        transact: Runs units of work of the store that the history is of.
        path: .parquet or .csv, with the columns of an export (`docs/history.md`).
        tenant: It arises where it is new.
        now: DateTime text; when evolutions are made.
        advance: Told now and then how many rows are done.

    Raises:
        MalformedBody: The file cannot be read; nothing was stored.
        InvalidInput: A column or a value is wrong; nothing was stored.
        StoreFailure: The archive cannot be written; no value was stored.
    """
    await history.flush()
    archive = history.archive
    loop = asyncio.get_running_loop()
    with scratch(archive.path.parent) as folder:
        rows = Path(folder) / "rows.parquet"
        found = await archive.apart(partial(look, path=path, scratch=rows))
        naming = _Naming(history, tenant, parse_datetime(now))
        numbers, made = await naming.name(transact, found)

        def told(done: int) -> None:
            loop.call_soon_threadsafe(advance, done, found.rows)

        source = rows if path.suffix == ".csv" else path
        work = partial(write, source=source, found=found, numbers=numbers, told=told)
        added = await archive.apart(work, writes=True)
        history.forget()
    if added:
        await archive.run(transfer.checkpoint)
    return Imported(found.rows, added, found.rows - added, made)


class _Naming:
    """Gives numbers to what a file is about; in units of work, as those that writing gives."""

    def __init__(self, history: HistoryArchive, tenant: str, now: int) -> None:
        self._journal = history.journal
        self._tenant = tenant
        self._now = now
        self._numbers = Numbers([], [], [])

    async def name(self, transact: Transact, found: Found) -> tuple[Numbers, int]:
        """Return the numbers, and how many evolutions are new."""
        made = 0
        for start in range(0, len(found.entities), _UNIT):
            some = found.entities[start : start + _UNIT]
            made += await transact(partial(self._enrol, some))
        for start in range(0, len(found.slots), _NAMES):
            await transact(partial(self._slots, found.slots[start : start + _NAMES]))
        for start in range(0, len(found.shapes), _NAMES):
            await transact(partial(self._shapes, found.shapes[start : start + _NAMES]))
        return self._numbers, made

    def _enrol(self, entities: Sequence[tuple[str, str]], unit: StagedUnit) -> int:
        unit.create_tenant(self._tenant)
        tenant_id = self._journal.catalog.tenant(self._tenant)
        numbers, made = [], 0
        for entity_id, types in entities:
            iris = tuple(sorted({HANZE.expand_name(name) for name in types.split()}))
            line, new = self._journal.line(tenant_id, entity_id, iris, self._now)
            numbers.append((entity_id, line.number))
            made += new
        self._numbers.entities += numbers
        return made

    def _slots(self, slots: Sequence[tuple[str, str | None]], unit: StagedUnit) -> int:  # noqa: ARG002  # names are staged with it
        self._numbers.slots += [
            (name, dataset, self._journal.names.slot(HANZE.expand_name(name), dataset))
            for name, dataset in slots
        ]
        return len(slots)

    def _shapes(self, shapes: Sequence[tuple[str | None, ...]], unit: StagedUnit) -> int:  # noqa: ARG002  # likewise
        self._numbers.shapes += [
            (*shape, self._journal.names.shape(_shape_of(shape))) for shape in shapes
        ]
        return len(shapes)


def _shape_of(row: tuple[str | None, ...]) -> Shape:
    kind, unit_code, value_type, object_type, lang, decimals = row
    return Shape(
        None if kind is None else AttributeKind(kind),
        unit_code,
        value_type,
        tuple((object_type or "").split()),
        lang,
        int(decimals or 0),
    )
