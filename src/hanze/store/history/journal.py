"""The journal: what steps do to attributes becomes history, in the transaction of the step.

An instance of an attribute is recorded when the step made it a new object, also with the same value:
it was measured anew. An instance that the step removed leaves one that says so (CIM 009, 4.5.7), and
so does the scope (4.5.6). The deletion of an entity is a moment of its evolution (`deletedAt`); its
attributes are not deleted one by one, as no clause asks for it. One packed row is written for each
group of units that commit together.
"""

import time
from collections.abc import Sequence
from typing import Final

import apsw
import orjson

from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.members import SCOPE
from hanze.store.catalog import Catalog
from hanze.store.history.batch import SLOT_BITS, Batch, Row, Stroke, series_of
from hanze.store.history.form import (
    DELETED,
    NEVER,
    NO_NUMBER,
    Shape,
    deletion_of,
    form_of,
    to_microseconds,
)
from hanze.store.history.names import HistoryNames
from hanze.store.history.step import arrived, gone, is_next
from hanze.store.history.tail import Tail
from hanze.store.schema import select
from hanze.store.unit import Change, StagedUnit

__all__ = ["Journal", "Line"]

_FIND: Final = (
    "SELECT evolution_id, typeset_id, types FROM evolution JOIN typeset USING (typeset_id)"
    " WHERE tenant_id = ? AND id = ?"
)
_INSERT: Final = (
    "INSERT INTO evolution (evolution_id, tenant_id, id, typeset_id, created, modified)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
#: An evolution that is older than its entity: the entity is back again.
_RETURN: Final = (
    "UPDATE evolution SET deleted = NULL WHERE evolution_id = ? AND deleted IS NOT NULL"
)
_SCOPE_SHAPE: Final = Shape(AttributeKind.PROPERTY, None, None, (), None, 0)
#: Evolutions that are remembered; forgetting all now and then costs less than keeping them in order.
_MOST_LINES: Final = 200_000


class Line:
    """An evolution as the journal knows it.

    Attributes:
        number: Its number.
        typeset_id: Its types, which only become more.
        types: The same.
        last: The sequence that was used last; of an evolution that was looked up, one that is
            certainly not below it.
    """

    __slots__ = ("last", "number", "types", "typeset_id")

    def __init__(self, number: int, typeset_id: int, types: frozenset[str], last: int) -> None:
        self.number = number
        self.typeset_id = typeset_id
        self.types = types
        self.last = last


class Journal:
    """Follows changes (`follower.Follower`), and takes those of the history itself.

    Args:
        writer: The connection that writes.
        catalog: For tenants and types.
        names: For slots and shapes.
    """

    def __init__(self, writer: apsw.Connection, catalog: Catalog, names: HistoryNames) -> None:
        self.catalog = catalog
        self.names = names
        self._slot_codes = names.slot_codes
        self._shape_codes = names.shape_codes
        self._writer = writer
        self._cursor = writer.cursor()
        ((flushed, sequence, removed),) = select(writer, "SELECT * FROM archived")
        self.tail = Tail(flushed)
        self._last = flushed
        self._highest = sequence
        for number, reached, body in select(
            writer, "SELECT number, sequence, body FROM journal ORDER BY number"
        ):
            self.tail.replay(number, Batch.unpack(body))
            self._last, self._highest = number, max(self._highest, reached)
        highest = writer.execute("SELECT ifnull(max(evolution_id), 0) FROM evolution").get
        self._evolutions = max(int(highest), removed)
        self._cleared = flushed
        self._floor = self._highest
        self._lines: dict[tuple[int, str], Line] = {}
        #: Lines that the group made or changed: they go where it fails.
        self._touched: list[tuple[int, str]] = []
        #: What the group recorded so far.
        self._rows: list[Row] = []
        self._strokes: list[Stroke] = []
        self._mark = (0, 0)
        self._touched_before = 0
        self._seen = 0
        self._written: Batch | None = None

    def begin(self) -> None:
        """A unit begins."""
        self._mark = (len(self._rows), len(self._strokes))
        self._touched_before = len(self._touched)
        self._seen = 0

    def undo(self) -> None:
        """The unit failed: nothing of it is there."""
        rows, strokes = self._mark
        del self._rows[rows:]
        del self._strokes[strokes:]
        self._forget(self._touched_before)

    def abandon(self) -> None:
        """The group failed."""
        self._begin_group()
        self._forget(0)

    def stage(self, unit: StagedUnit) -> object | None:
        """Record what the unit changed since `follow` was called last."""
        self.follow(unit)
        return None

    def follow(self, unit: StagedUnit) -> None:
        """Record what the unit has changed so far, so that what comes next stands after it."""
        changes = unit.changes
        for change in changes[self._seen :] if self._seen else changes:
            self._record(change)
        self._seen = len(changes)

    def finish(self, staged: Sequence[object]) -> None:  # noqa: ARG002  # the batch has it
        """Write the group's row, and clear away those that the archive has."""
        if self._rows or self._strokes:
            self._written = self.staged()
            row = (self._last + 1, self._highest, self._written.pack())
            self._cursor.execute("INSERT INTO journal VALUES (?, ?, ?)", row)
        flushed = self.tail.flushed
        if flushed > self._cleared:
            self._cursor.execute("DELETE FROM journal WHERE number <= ?", (flushed,))
            self._cursor.execute(
                "UPDATE archived SET number = ?, sequence = ?", (flushed, self._highest)
            )
            self._cleared = flushed

    def applied(self, staged: Sequence[object]) -> None:  # noqa: ARG002  # the batch has it
        """Let readers see what is durable now."""
        self._touched.clear()
        if self._written is not None:
            self._last += 1
            self.tail.add(self._last, self._written)
        self._begin_group()
        if len(self._lines) > _MOST_LINES:
            self._lines.clear()
            self._floor = self._highest

    def staged(self) -> Batch:
        """Return what the group recorded so far."""
        return Batch.of(self._rows, self._strokes)

    def find(self, tenant_id: int, entity_id: str) -> Line | None:
        """Return an evolution that is there, staged or committed."""
        key = (tenant_id, entity_id)
        line = self._lines.get(key)
        if line is None:
            rows = select(self._cursor, _FIND, key)
            if not rows:
                return None
            number, typeset_id, types = rows[0]
            line = Line(number, typeset_id, frozenset(orjson.loads(types)), self._floor)
            self._lines[key] = line
            self._touched.append(key)
        return line

    def line(
        self, tenant_id: int, entity_id: str, types: tuple[str, ...], recorded: int
    ) -> tuple[Line, bool]:
        """Return an evolution with these types among its own, and whether it is new."""
        line = self.find(tenant_id, entity_id)
        if line is None:
            self._insert((tenant_id, entity_id), types, recorded)
            return self._remember((tenant_id, entity_id), types), True
        if not line.types.issuperset(types):
            self._widen(tenant_id, entity_id, line, types)
        return line, False

    def record(
        self, line: Line, name: str, attribute: Attribute, sequence: int, recorded: int
    ) -> None:
        """Record an instance."""
        observed, form, number, text, shape, rest = form_of(attribute)
        slot = self._slot_codes.get((name, attribute.dataset_id))
        if slot is None:
            slot = self.names.slot(name, attribute.dataset_id)
        code = self._shape_codes.get(shape)
        if code is None:
            code = self.names.shape(shape)
        series = line.number << SLOT_BITS | slot
        self._rows.append((series, observed, sequence, recorded, form, number, code, text, rest))

    def record_deletion(
        self, line: Line, name: str, attribute: Attribute, sequence: int, deleted: int
    ) -> None:
        """Record that an attribute was deleted, at a moment that whoever tells it knows (4.5.7)."""
        series = series_of(line.number, self.names.slot(name, attribute.dataset_id))
        observed = (
            NEVER if attribute.observed_at is None else to_microseconds(attribute.observed_at)
        )
        shape = self.names.shape(deletion_of(attribute))
        self._rows.append(
            (series, observed, sequence, deleted, DELETED, NO_NUMBER, shape, None, None)
        )

    def next(self, line: Line, recorded: int) -> int:
        """Return the sequence of the next instance of an evolution.

        It is the moment, in microseconds, made larger where the evolution has had that one.
        """
        sequence = line.last = recorded if recorded > line.last else line.last + 1
        self._highest = max(self._highest, sequence)
        return sequence

    def strike(self, stroke: Stroke) -> None:
        """Change what was recorded before."""
        self._strokes.append(stroke._replace(place=len(self._rows)))

    def remove(self, tenant_id: int, entity_id: str, line: Line) -> None:
        """Remove an evolution; its number is not used again."""
        self._cursor.execute("DELETE FROM evolution WHERE evolution_id = ?", (line.number,))
        self._cursor.execute(
            "UPDATE archived SET evolution_id = max(evolution_id, ?)", (line.number,)
        )
        self._touched.append((tenant_id, entity_id))
        del self._lines[tenant_id, entity_id]

    def touch(self, line: Line, modified: int) -> None:
        """Note when an evolution was changed apart from its entity."""
        self._cursor.execute(
            "UPDATE evolution SET modified = max(modified, ?) WHERE evolution_id = ?",
            (modified, line.number),
        )

    def _record(self, change: Change) -> None:
        if not change.recorded:
            return
        recorded = to_microseconds(change.at) if change.at else time.time_ns() // 1000
        before, written = change.before, change.written
        if written is None:
            self._end(change, recorded)
            return
        entity = written.entity
        if before is None:
            line = self._arrive(change.tenant_id, entity, recorded)
            self._record_all(line, entity, recorded)
            return
        known = self._lines.get((change.tenant_id, entity.id))
        if known is None or known.typeset_id != written.typeset_id:
            known, _ = self.line(change.tenant_id, entity.id, entity.types, recorded)
        self._compare(known, before, entity, recorded)

    def _arrive(self, tenant_id: int, entity: Entity, recorded: int) -> Line:
        """Return the evolution of an entity that was not there a moment ago."""
        key = (tenant_id, entity.id)
        # Mostly it never was: to look for it first takes as long as to begin it.
        if key not in self._lines and self._insert(key, entity.types, recorded):
            return self._remember(key, entity.types)
        line, _ = self.line(tenant_id, entity.id, entity.types, recorded)
        self._cursor.execute(_RETURN, (line.number,))
        return line

    def _record_all(self, line: Line, entity: Entity, recorded: int) -> None:
        sequence = self.next(line, recorded)
        for name, instances in entity.attributes.items():
            for instance in instances:
                self.record(line, name, instance, sequence, recorded)
        if entity.scope:
            self._record_scope(line, entity.scope, sequence, recorded)

    def _compare(self, line: Line, before: Entity, after: Entity, recorded: int) -> None:
        sequence = self.next(line, recorded)
        old, new = before.attributes, after.attributes
        record = self.record
        for name, instances in new.items():
            known = old.get(name)
            if known is instances:
                continue
            # Most attributes have one instance, and it stands where another one stood.
            if known is None or is_next(known, instances):
                for instance in instances:
                    record(line, name, instance, sequence, recorded)
                continue
            for instance in arrived(known, instances):
                record(line, name, instance, sequence, recorded)
            for instance in gone(known, instances):
                self._record_gone(line, name, instance, sequence, recorded)
        for name in () if old.keys() <= new.keys() else old.keys() - new.keys():
            for instance in old[name]:
                self._record_gone(line, name, instance, sequence, recorded)
        if before.scope != after.scope:
            self._record_scope(line, after.scope, sequence, recorded)

    def _record_gone(
        self, line: Line, name: str, instance: Attribute, sequence: int, recorded: int
    ) -> None:
        series = series_of(line.number, self.names.slot(name, instance.dataset_id))
        shape = self.names.shape(deletion_of(instance))
        self._rows.append(
            (series, NEVER, sequence, recorded, DELETED, NO_NUMBER, shape, None, None)
        )

    def _record_scope(
        self, line: Line, scope: tuple[str, ...], sequence: int, recorded: int
    ) -> None:
        """Record the scope as a Property that is observed when it is changed (4.5.6)."""
        series = series_of(line.number, self.names.slot(SCOPE, None))
        form, text = DELETED, None
        if scope:
            value = scope[0] if len(scope) == 1 else list(scope)
            _, form, _, text, _, _ = form_of(Attribute(kind=AttributeKind.PROPERTY, value=value))
        shape = self.names.shape(_SCOPE_SHAPE)
        self._rows.append(
            (series, recorded, sequence, recorded, form, NO_NUMBER, shape, text, None)
        )

    def _end(self, change: Change, recorded: int) -> None:
        if change.before is None:
            return
        line = self.find(change.tenant_id, change.before.id)
        if line is not None:
            self._cursor.execute(
                "UPDATE evolution SET deleted = ?1, modified = max(modified, ?1)"
                " WHERE evolution_id = ?2",
                (recorded, line.number),
            )

    def _insert(self, key: tuple[int, str], types: tuple[str, ...], recorded: int) -> bool:
        """Begin an evolution; tells whether there was none."""
        typeset_id = self.catalog.typeset(types)
        values = (self._evolutions + 1, *key, typeset_id, recorded, recorded)
        self._cursor.execute(_INSERT, values)
        if not self._writer.changes():
            return False
        self._evolutions += 1
        return True

    def _remember(self, key: tuple[int, str], types: tuple[str, ...]) -> Line:
        """Return the evolution that began last."""
        typeset_id = self.catalog.typeset(types)
        line = self._lines[key] = Line(self._evolutions, typeset_id, frozenset(types), NEVER)
        self._touched.append(key)
        return line

    def _widen(self, tenant_id: int, entity_id: str, line: Line, types: tuple[str, ...]) -> None:
        line.types = line.types.union(types)
        line.typeset_id = self.catalog.typeset(tuple(sorted(line.types)))
        self._cursor.execute(
            "UPDATE evolution SET typeset_id = ? WHERE evolution_id = ?",
            (line.typeset_id, line.number),
        )
        self._touched.append((tenant_id, entity_id))

    def _begin_group(self) -> None:
        self._rows = []
        self._strokes = []
        self._written = None

    def _forget(self, count: int) -> None:
        """Forget lines that were touched after so many others: what they say was rolled back."""
        for key in self._touched[count:]:
            self._lines.pop(key, None)
        del self._touched[count:]
        self._floor = self._highest
