"""The outbox: what is to be told, in the transaction of the change that it tells of.

A change that somebody watches becomes one row of what happened and a due row for each subscription.
A due row goes when its receiver has it, or becomes a dead letter; what happened goes with the last
row that points to it. Writes run inside a unit of work, reads see what is committed.
"""

from collections import OrderedDict
from collections.abc import Sequence

import apsw

from hanze.broker.notification import Happened
from hanze.broker.ports import UnitOfWork, Watching
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity
from hanze.ngsild.moment import parse_datetime
from hanze.store.catalog import Catalog
from hanze.store.outbox.packing import pack, trimmed, unpack
from hanze.store.outbox.values import (
    Announced,
    DueRow,
    Dying,
    Key,
    OutboxListener,
    Settlement,
)
from hanze.store.schema import select
from hanze.store.unit import Change, StagedUnit, Told, Written

__all__ = ["Outbox"]

#: Memory for what happened lately, in bytes of its packed form: receivers that keep up are told
#: without a read.
_RECENT_BYTES = 32 << 20

_HAPPENED = "INSERT INTO happened (happened_id, unit_id, entity, content) VALUES (?, ?, ?, ?)"
_DUE = "INSERT INTO due (tenant, subscription, happened_id) VALUES (?, ?, ?)"
_TAKE = (
    "SELECT happened_id, unit_id, entity, tries FROM due JOIN happened USING (happened_id)"
    " WHERE tenant = ? AND subscription = ? AND happened_id > ? ORDER BY happened_id LIMIT ?"
)
_DONE = "DELETE FROM due WHERE tenant = ? AND subscription = ? AND happened_id = ?"
_TRIED = "UPDATE due SET tries = ? WHERE tenant = ? AND subscription = ? AND happened_id = ?"
_DEAD = (
    "INSERT OR IGNORE INTO dead_letter (tenant, subscription, happened_id, tries, died, reason)"
    " SELECT tenant, subscription, happened_id, ?, ?, ? FROM due"
    " WHERE tenant = ? AND subscription = ? AND happened_id = ?"
)
_FORGET = (
    "DELETE FROM happened WHERE happened_id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM due WHERE happened_id = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE happened_id = ?1)"
)
_LOST_OF = "SELECT happened_id FROM {} WHERE tenant = ? AND subscription = ? LIMIT ?"


class _Nobody:
    """Watches nothing."""

    def triggered(
        self,
        uow: UnitOfWork,  # noqa: ARG002  # the signature is that of `Watching`
        tenant: str,  # noqa: ARG002
        before: Entity | None,  # noqa: ARG002
        after: Entity | None,  # noqa: ARG002
        now: str,  # noqa: ARG002
    ) -> Sequence[str]:
        return ()


class Outbox:
    """What is due to whom; a follower of the store's commits.

    Args:
        writer: The one connection that writes.
        reader: One that sees committed state only.
        catalog: Of pinned @contexts.
        watching: Who wants to be told; `None` where the store is not the node's.
    """

    def __init__(
        self,
        writer: apsw.Connection,
        reader: apsw.Connection,
        catalog: Catalog,
        watching: Watching | None,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._catalog = catalog
        self._watching = _Nobody() if watching is None else watching
        newest = select(
            writer,
            "SELECT max(ifnull((SELECT max(happened_id) FROM happened), 0),"
            " ifnull((SELECT max(happened_id) FROM dead_letter), 0))",
        )
        self._last = int(newest[0][0])
        self._recent: OrderedDict[int, tuple[Happened, int]] = OrderedDict()
        self._room = _RECENT_BYTES
        #: Rows that were announced since the node started.
        self.announced = 0
        self.listener: OutboxListener | None = None

    def stage(self, unit: StagedUnit) -> list[Announced] | None:
        """Write what is due for the changes of a unit (`Follower`)."""
        made: list[Announced] = []
        triggered = self._watching.triggered
        for change in unit.changes:
            written = change.written
            after = None if written is None else written.entity
            names = triggered(unit, change.tenant, change.before, after, change.at)
            if names:
                made.append(self._announce_change(change, tuple(names), made))
        for told in unit.told:
            made.append(self._announce(told, None, made))
        return made or None

    def finish(self, staged: Sequence[object]) -> None:
        """Nothing is left to write."""

    def applied(self, staged: Sequence[object]) -> None:
        """Hand what is due to the listener, while it is still in memory."""
        for made in staged:
            if not isinstance(made, list):
                continue
            self.announced += sum(len(one.subscriptions) for one in made)
            if self.listener is not None:
                for one in made:
                    self._keep(one.row.happened_id, one.happened, one.size)
                self.listener.announced(made)

    def take(self, key: Key, *, after: int, limit: int) -> list[DueRow]:
        """Return the next rows that are due to a subscription, those above `after`."""
        rows = select(self._reader, _TAKE, (*key, after, limit))
        return [DueRow(*row) for row in rows]

    def happened(self, happened_id: int) -> Happened | None:
        """Return what a row tells of; `None` when no row does any more."""
        known = self._recent.get(happened_id)
        if known is not None:
            return known[0]
        sql = "SELECT entity, content FROM happened WHERE happened_id = ?"
        rows = select(self._reader, sql, (happened_id,))
        if not rows:
            return None
        found = unpack(rows[0][0], rows[0][1], self._catalog.context)
        self._keep(happened_id, found, len(rows[0][1]))
        return found

    def waiting(self) -> dict[Key, int]:
        """Count the rows of each subscription that has some."""
        sql = "SELECT tenant, subscription, count(*) FROM due GROUP BY tenant, subscription"
        return {(row[0], row[1]): row[2] for row in select(self._reader, sql)}

    def waiting_of(self, key: Key) -> int:
        sql = "SELECT count(*) FROM due WHERE tenant = ? AND subscription = ?"
        return int(select(self._reader, sql, key)[0][0])

    def settle(self, uow: UnitOfWork, settlement: Settlement, *, now_us: int) -> None:
        """Write what became of rows; states only of subscriptions that are there.

        Args:
            uow: The unit within which this runs.
            settlement: A slice of bounded size.
            now_us: Microseconds since 1970; when the dead letters died.
        """
        cursor = self._writer.cursor()
        cursor.executemany(_TRIED, [(tries, *key, row) for key, row, tries in settlement.tried])
        cursor.executemany(_DEAD, [_dying(one, now_us) for one in settlement.dead])
        gone = [(*key, row) for key, row in settlement.done]
        gone += [(*one.key, one.happened_id) for one in settlement.dead]
        cursor.executemany(_DONE, gone)
        self._forget([row for _, row in settlement.done])
        for key, state in settlement.states.items():
            name = "\x00".join(key)
            if uow.registers.get("subscription", name) is not None:
                uow.registers.put("subscription-state", name, state)

    def drop(self, key: Key, *, limit: int) -> int:
        """Remove rows and dead letters of a subscription that is gone, within a unit of work.

        Returns:
            How many were removed; more may be left when it is `limit`.
        """
        rows = set()
        for table in ("due", "dead_letter"):
            found = select(self._writer, _LOST_OF.format(table), (*key, limit))
            ids = [int(row[0]) for row in found]
            sql = f"DELETE FROM {table} WHERE tenant = ? AND subscription = ? AND happened_id = ?"  # noqa: S608  # constants
            self._writer.cursor().executemany(sql, [(*key, one) for one in ids])
            rows.update(ids)
        self._forget(rows)
        return len(rows)

    def forget(self, happened_ids: Sequence[int]) -> None:
        """Remove what happened where no row points to it any more, within a unit of work."""
        self._forget(happened_ids)

    def _announce_change(
        self, change: Change, names: tuple[str, ...], made: Sequence[Announced]
    ) -> Announced:
        written = change.written
        after = None if written is None else written.entity
        before = None if change.before is None else trimmed(change.before, after)
        entity_id = (after or change.before).id  # type: ignore[union-attr]  # a change has one
        happened = Happened(entity_id, before, after, change.at)
        return self._announce(Told(change.tenant, names, happened, change.at), written, made)

    def _announce(
        self, told: Told, written: Written | None, made: Sequence[Announced]
    ) -> Announced:
        happened, names = told.happened, told.subscriptions
        entity_id = happened.entity_id
        happened_id = self._last = max(self._last + 1, parse_datetime(told.now))
        unit_id = made[0].row.unit_id if made else happened_id
        pinned = happened.before is not None or written is None
        content = pack(happened, written, CORE, self._catalog.pin(CORE) if pinned else 0)
        cursor = self._writer.cursor()
        cursor.execute(_HAPPENED, (happened_id, unit_id, entity_id, content))
        for name in names:
            cursor.execute(_DUE, (told.tenant, name, happened_id))
        row = DueRow(happened_id, unit_id, entity_id)
        return Announced(told.tenant, names, row, happened, len(content))

    def _forget(self, happened_ids: Sequence[int] | set[int]) -> None:
        self._writer.cursor().executemany(_FORGET, [(one,) for one in happened_ids])

    def _keep(self, happened_id: int, happened: Happened, size: int) -> None:
        self._recent[happened_id] = (happened, size)
        self._room -= size
        while self._room < 0 and self._recent:
            _, (_, oldest) = self._recent.popitem(last=False)
            self._room += oldest


def _dying(one: Dying, now_us: int) -> tuple[int, int, str, str, str, int]:
    return (one.tries, now_us, one.reason, *one.key, one.happened_id)
