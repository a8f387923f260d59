"""Looking up records of other cities: a rule may be about a record that another tenant holds."""

from typing import Any, Final

from hanze.collaboration.members import members
from hanze.collaboration.records.entities import InvalidRecord, read_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES, type_of
from hanze.collaboration.rules.step import Step
from hanze.governance.closed import closed_scopes
from hanze.ngsild.model import Entity

__all__ = ["find_elsewhere", "find_readable", "owners_of", "type_named"]

_PREFIX: Final = "urn:ngsi-ld:"


def find_elsewhere(step: Step[Any], record_id: str) -> Record | None:
    """Look a record up in the caller's tenant, the default one and those of members.

    Returns:
        `None` where the node does not hold it: it may be held by another.
    """
    entity = _entity(step, record_id)
    return _record(entity) if entity is not None else None


def find_readable(step: Step[Any], record_id: str) -> Record | None:
    """Look a record up as `find_elsewhere` does, where what is said of it may be told.

    Returns:
        `None` also for a draft, or a record of a closed group, but to what is of the same group: a
        refusal would tell of it.
    """
    entity = _entity(step, record_id)
    written = step.entity or step.previous
    own = closed_scopes(written.scope) if written is not None else []
    if entity is None or not set(closed_scopes(entity.scope)) <= set(own):
        return None
    return _record(entity)


def _entity(step: Step[Any], record_id: str) -> Entity | None:
    known = (step.caller.tenant, "", *(member.tenant for member in members(step.uow.registers)))
    for tenant in dict.fromkeys(known):
        entity = step.uow.entity(tenant, record_id) if step.uow.tenant_exists(tenant) else None
        if entity is not None and type_of(entity.types) is not None:
            return entity
    return None


def _record(entity: Entity) -> Record | None:
    try:
        return read_record(entity)
    except InvalidRecord:
        return None


def type_named(record_id: str) -> type[Record] | None:
    """Read the type of a record off its id, where that is of our own form."""
    name = record_id.removeprefix(_PREFIX).partition(":")[0]
    return RECORD_TYPES.get(name) if record_id.startswith(_PREFIX) else None


def owners_of(record_id: str, record: Record | None) -> frozenset[str]:
    """Name those who speak for a record: itself, its city, and whose offer it is."""
    found = {record_id}
    if record is not None:
        for name in ("source_city", "providers", "owners", "organization", "run_by"):
            value = getattr(record, name, None)
            if isinstance(value, tuple):
                found.update(value)
            elif isinstance(value, str):
                found.add(value)
    return frozenset(found)
