"""Two records that are one: what each knows is kept in one of them, and nothing points at the other."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec import structs

from hanze.broker.consumption import EntityNotFound
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import append_attributes, delete_entity, find_entity
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.records.entities import attributes_of
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.errors import Conflicting
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Attributes, Entity, Fragment, Instances

__all__ = ["NotTheSame", "merge_records", "merged"]

R = TypeVar("R", bound=Record)


class NotTheSame(Conflicting):
    """Two records cannot be one: they are of different types, or the same already."""

    def __init__(self, keep: str, drop: str) -> None:
        super().__init__(f"{keep} and {drop} must be two records of the same type")


def merged(keep: R, drop: Record) -> R:
    """Fill the gaps of a record with what the other knows.

    What the kept one says stays; of texts, languages that it lacks are added. The other's addresses
    and its id stay as traces.
    """
    changes: dict[str, object] = {}
    for field in fields_of(type(keep)):
        mine, theirs = getattr(keep, field.name), getattr(drop, field.name)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping) and field.name != "location":
            changes[field.name] = {**theirs, **mine}
        elif mine is None or mine in ((), ""):
            changes[field.name] = theirs
    changes["merged_from"] = tuple(dict.fromkeys((*keep.merged_from, drop.id, *drop.merged_from)))
    own = getattr(keep, "website", None)
    addresses = (*keep.see_also, *drop.see_also, getattr(drop, "website", None))
    changes["see_also"] = tuple(
        dict.fromkeys(one for one in addresses if one is not None and one != own)
    )
    return structs.replace(keep, **changes)


async def merge_records(
    store: Store,
    caller: Caller,
    collective: Collective,
    keep_id: str,
    drop_id: str,
    *,
    now: str,
) -> Record:
    """Merge a record into another, in one unit of work.

    Gaps of the kept one are filled, references of other records are turned to it, and the other is
    deleted. Each write is one of the tenant in which its record lives.

    Args:
        collective: Refreshed.
        now: DateTime text.

    Raises:
        RecordNotFound: One of them is not there.
        NotTheSame: They are of different types, or one and the same.
    """
    keep, drop = _held(collective, keep_id), _held(collective, drop_id)
    if keep_id == drop_id or type(keep.record) is not type(drop.record):
        raise NotTheSame(keep_id, drop_id)
    result = merged(keep.record, drop.record)
    sources = dict.fromkeys(
        reference.source
        for reference in collective.referring(drop_id)
        if reference.source not in (keep_id, drop_id)
    )
    holders = [(source, _held(collective, source).tenant) for source in sources]

    def unit(uow: UnitOfWork) -> None:
        dropped = find_entity(uow, caller.in_tenant(drop.tenant), drop_id, now=now)
        kept = find_entity(uow, caller.in_tenant(keep.tenant), keep_id, now=now)
        if dropped is None or kept is None:
            raise EntityNotFound(drop_id if dropped is None else keep_id)
        told = {**_besides(kept, dropped), **attributes_of(result)}
        changed = {
            name: _turned(instances, drop_id, keep_id)
            for name, instances in told.items()
            if not _is_there(kept.attributes.get(name, ()), instances)
        }
        fragment = Fragment(id=keep_id, attributes=changed)
        append_attributes(uow, caller.in_tenant(keep.tenant), keep_id, fragment, now=now)
        for source, tenant in holders:
            _redirect(uow, caller.in_tenant(tenant), source, drop_id, keep_id, now=now)
        delete_entity(uow, caller.in_tenant(drop.tenant), drop_id, now=now)

    await store.transact(unit)
    return result


def _held(collective: Collective, record_id: str) -> Held[Record]:
    held = collective.find(record_id)
    if held is None:
        raise RecordNotFound(record_id)
    return held


def _besides(kept: Entity, dropped: Entity) -> Attributes:
    """Return what the dropped entity has beside its record, and the kept one has not."""
    own = {field.iri for kind in RECORD_TYPES.values() for field in fields_of(kind)}
    return {
        name: tuple(structs.replace(one, created_at=None, modified_at=None) for one in instances)
        for name, instances in dropped.attributes.items()
        if name not in own and name not in kept.attributes
    }


def _is_there(present: Instances, told: Instances) -> bool:
    return any(
        (one.kind, one.value, one.unit_code) == (other.kind, other.value, other.unit_code)
        for one in present
        for other in told
    )


def _redirect(
    uow: UnitOfWork, caller: Caller, source: str, drop_id: str, keep_id: str, *, now: str
) -> None:
    """Turn an entity's references from one record to the other."""
    entity = find_entity(uow, caller, source, now=now)
    if entity is None:
        return
    changed = {}
    for name, instances in entity.attributes.items():
        turned = _turned(instances, drop_id, keep_id)
        if turned != instances:
            changed[name] = tuple(
                structs.replace(one, created_at=None, modified_at=None) for one in turned
            )
    if changed:
        fragment = Fragment(id=source, attributes=changed)
        append_attributes(uow, caller, source, fragment, now=now)


def _turned(instances: Instances, drop_id: str, keep_id: str) -> Instances:
    return tuple(_turned_instance(one, drop_id, keep_id) for one in instances)


def _turned_instance(instance: Attribute, drop_id: str, keep_id: str) -> Attribute:
    if instance.kind is not AttributeKind.RELATIONSHIP:
        return instance
    value = instance.value
    if value == drop_id:
        return structs.replace(instance, value=keep_id)
    if isinstance(value, list | tuple) and drop_id in value:
        turned = dict.fromkeys(keep_id if one == drop_id else str(one) for one in value)
        ids = [*turned]
        return structs.replace(instance, value=ids[0] if len(ids) == 1 else ids)
    return instance
