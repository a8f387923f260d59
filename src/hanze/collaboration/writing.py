"""Writing records through the broker, so that the rules of their types and access apply.

A change is made within one unit of work: what it is made from is what is there at that moment, and
two changes of one record at the same time follow each other.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import create_entity, find_entity, update_attributes
from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.records.entities import attributes_of, read_as, write_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_iri
from hanze.identity.caller import Caller
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Fragment
from hanze.ngsild.vocabulary import HANZE

__all__ = ["change_in", "change_record", "create_in", "create_record", "record_in"]

R = TypeVar("R", bound=Record)

_GONE: Final = (Attribute(kind=AttributeKind.PROPERTY, value=NULL),)


async def create_record(store: Store, caller: Caller, record: R, *, now: str) -> R:
    """Create a record in the caller's tenant.

    Raises:
        EntityAlreadyExists: The id is taken.
        HanzeError: A rule of its type is broken; nothing was written.
    """
    return await store.transact(lambda uow: create_in(uow, caller, record, now=now))


async def change_record(
    store: Store,
    caller: Caller,
    record_id: str,
    kind: type[R],
    change: Callable[[R], R],
    *,
    now: str,
) -> R:
    """Change a record of the caller's tenant; return it as it is then.

    Args:
        change: From the record as it is to what it shall be; may raise.

    Raises:
        RecordNotFound: The tenant has no such record.
        HanzeError: What `change` raises, or a rule of the type; nothing was written.
    """
    return await store.transact(
        lambda uow: change_in(uow, caller, record_id, kind, change, now=now)
    )


def create_in(uow: UnitOfWork, caller: Caller, record: R, *, now: str) -> R:
    """Create a record within a unit of work (`create_record`)."""
    create_entity(uow, caller, write_record(record), context=HANZE, now=now)
    return record


def change_in(
    uow: UnitOfWork,
    caller: Caller,
    record_id: str,
    kind: type[R],
    change: Callable[[R], R],
    *,
    now: str,
) -> R:
    """Change a record within a unit of work (`change_record`)."""
    before = record_in(uow, caller, record_id, kind, now=now)
    after = change(before)
    fragment = _difference(before, after)
    if fragment.attributes:
        update_attributes(uow, caller, record_id, fragment, now=now)
    return after


def record_in(uow: UnitOfWork, caller: Caller, record_id: str, kind: type[R], *, now: str) -> R:
    """Read a record of the caller's tenant as a unit of work sees it.

    Raises:
        RecordNotFound: There is none of this type.
    """
    entity = find_entity(uow, caller, record_id, now=now)
    if entity is None or type_iri(kind) not in entity.types:
        raise RecordNotFound(record_id, kind.__name__)
    return read_as(entity, kind)


def _difference(before: Record, after: Record) -> Fragment:
    """Write only what differs: the rest keeps the time at which it was written."""
    old, new = attributes_of(before), attributes_of(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    return Fragment(attributes=changed | dict.fromkeys(old.keys() - new.keys(), _GONE))
