"""The history as a unit of work changes it (CIM 009, 5.6.11 to 5.6.16)."""

from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.temporal.model import Instance, TemporalEntity
from hanze.store.history.archive import Archive, Connection
from hanze.store.history.batch import EVERY_SLOT, Batch, Stroke, series_of, slot_of
from hanze.store.history.form import NO_NUMBER, form_of, to_microseconds
from hanze.store.history.instance_ids import named_by
from hanze.store.history.journal import Journal, Line
from hanze.store.unit import StagedUnit

__all__ = ["UnitJournal"]

_HOLDS: Final = "SELECT sequence FROM instance WHERE series = ?"


class UnitJournal:
    """Changes the history alone (`ports.UnitHistory`).

    Whether something is there is looked up at once, in what is staged, in the tail, and last in the
    archive: that takes milliseconds of the event loop, for operations that are rare.

    Args:
        journal: Takes what happens.
        archive: Asked for instances that are there already.
        unit: Whose changes of the present come before what is called here.
    """

    def __init__(self, journal: Journal, archive: Archive, unit: StagedUnit) -> None:
        self._journal = journal
        self._archive = archive
        self._unit = unit

    def add(self, tenant: str, entity: TemporalEntity, *, now: str) -> bool:
        """Add instances and types to an evolution, which is made where there is none."""
        journal = self._journal
        journal.follow(self._unit)
        recorded = to_microseconds(now)
        tenant_id = journal.catalog.tenant(tenant)
        line, new = journal.line(tenant_id, entity.id, entity.types, recorded)
        for name, instances in entity.attributes.items():
            for instance in instances:
                sequence = journal.next(line, recorded)
                if instance.deleted_at is None:
                    journal.record(line, name, instance.attribute, sequence, recorded)
                else:
                    deleted = to_microseconds(instance.deleted_at)
                    journal.record_deletion(line, name, instance.attribute, sequence, deleted)
        if not new:
            journal.touch(line, recorded)
        return new

    def replace(
        self, tenant: str, entity_id: str, name: str, instance_id: str, new: Instance, *, now: str
    ) -> bool:
        """Replace an instance; its `createdAt`, its id and its dataset stay.

        Raises:
            InvalidInput: The new one names another dataset.
        """
        found = self._find_instance(tenant, entity_id, name, instance_id)
        if found is None:
            return False
        line, series, sequence = found
        slots = {code: slot for slot, code in self._journal.names.slots()}
        _, dataset_id = slots[slot_of(series)]
        if new.attribute.dataset_id not in {None, dataset_id}:
            raise InvalidInput(
                "An instance stays in its dataset",
                field="datasetId",
                value=new.attribute.dataset_id,
                clause="5.6.14.4",
            )
        modified = to_microseconds(now)
        observed, form, number, text, shape, rest = form_of(new.attribute)
        kept_number = None if number is NO_NUMBER else float(number)
        kept = (observed, form, kept_number, text, self._journal.names.shape(shape), rest)
        self._journal.strike(Stroke(0, series, series, sequence, modified, kept))
        self._journal.touch(line, modified)
        return True

    def remove_instance(self, tenant: str, entity_id: str, name: str, instance_id: str) -> bool:
        found = self._find_instance(tenant, entity_id, name, instance_id)
        if found is None:
            return False
        _, series, sequence = found
        self._journal.strike(Stroke(0, series, series, sequence))
        return True

    def remove_attribute(
        self, tenant: str, entity_id: str, name: str, dataset_id: str | None, *, every: bool
    ) -> bool:
        """Remove all instances of one dataset of an attribute, or of every dataset."""
        line = self._find_line(tenant, entity_id)
        if line is None:
            return False
        if every:
            slots = [code for (own, _), code in self._journal.names.slots() if own == name]
        else:
            slot = self._journal.names.find_slot(name, dataset_id)
            slots = [] if slot is None else [slot]
        removed = False
        for slot in slots:
            series = series_of(line.number, slot)
            if self._holds(series, None):
                self._journal.strike(Stroke(0, series, series))
                removed = True
        return removed

    def remove(self, tenant: str, entity_id: str) -> bool:
        """Remove an evolution with everything in it; the present stays as it is."""
        line = self._find_line(tenant, entity_id)
        tenant_id = self._journal.catalog.tenants.find(tenant)
        if line is None or tenant_id is None:
            return False
        self._journal.strike(
            Stroke(0, series_of(line.number, 0), series_of(line.number, EVERY_SLOT))
        )
        self._journal.remove(tenant_id, entity_id, line)
        return True

    def _find_line(self, tenant: str, entity_id: str) -> Line | None:
        self._journal.follow(self._unit)
        tenant_id = self._journal.catalog.tenants.find(tenant)
        return None if tenant_id is None else self._journal.find(tenant_id, entity_id)

    def _find_instance(
        self, tenant: str, entity_id: str, name: str, instance_id: str
    ) -> tuple[Line, int, int] | None:
        line = self._find_line(tenant, entity_id)
        named = named_by(instance_id)
        if line is None or named is None:
            return None
        series, sequence = named
        slots = {code for (own, _), code in self._journal.names.slots() if own == name}
        if series != series_of(line.number, slot_of(series)) or slot_of(series) not in slots:
            return None
        return (line, series, sequence) if self._holds(series, sequence) else None

    def _holds(self, series: int, sequence: int | None) -> bool:
        """Tell whether a series has an instance: this one, or any."""
        gone: set[int] = set()
        batches = [segment.batch for segment in self._journal.tail.segments()]
        for batch in reversed([*batches, self._journal.staged()]):
            verdict = _verdict(batch, series, sequence, gone)
            if verdict is not None:
                return verdict
        if sequence in gone or not self._archive.exists:
            return False

        def look(connection: Connection) -> bool:
            if sequence is not None:
                rows = connection.execute(f"{_HOLDS} AND sequence = ?", (series, sequence))
                return bool(rows.fetchall())
            # One more than those that are gone: one of them is not.
            rows = connection.execute(f"{_HOLDS} LIMIT ?", (series, len(gone) + 1))
            return any(found not in gone for (found,) in rows.fetchall())

        return self._archive.read_now(look)


def _verdict(batch: Batch, series: int, sequence: int | None, gone: set[int]) -> bool | None:
    """Read a batch from its end: is the instance there, is it gone, or does nobody say?

    Args:
        gone: Sequences that were removed later; those that the batch removes are added.
    """
    for start, end, stroke in reversed([*batch.parts()]):
        if stroke is not None and stroke.first <= series <= stroke.last:
            if stroke.sequence is None:
                return False
            if stroke.form is None:
                gone.add(stroke.sequence)
        for place in batch.places_of(series, start, end):
            found = batch.sequence[place]
            if found not in gone and sequence in {None, found}:
                return True
    return None
