"""Temporal evolutions as they are written (CIM 009, 5.6.11 to 5.6.16).

These operations change the history and leave the present as it is. Where an entity of the same id
is in the present, the rules of its types are asked as if it were written again unchanged: who may
not touch a record may not touch its history either.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from hanze.broker.consumption import TenantNotFound
from hanze.broker.ports import Evolution, Store, UnitOfWork, Window
from hanze.broker.rules import WriteRules
from hanze.errors import NotFound
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = [
    "MOST_AT_ONCE",
    "AttributeHistoryNotFound",
    "EvolutionNotFound",
    "InstanceNotFound",
    "add_to_evolution",
    "check_attribute",
    "delete_evolution",
    "delete_evolution_attribute",
    "delete_instance",
    "existing_evolution",
    "in_slices",
    "modify_instance",
    "upsert_evolution",
]


#: Instances that one unit of work adds: about 10 ms, after which others get their turn.
MOST_AT_ONCE: Final = 4_000


class EvolutionNotFound(NotFound):
    """No temporal evolution with this id is in the tenant, or none in the asked range."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"The temporal evolution of {entity_id} does not exist")
        self.entity_id = entity_id


class AttributeHistoryNotFound(NotFound):
    """The evolution, or this attribute in it, does not exist."""

    def __init__(self, entity_id: str, name: str) -> None:
        super().__init__(f"The temporal evolution of {entity_id} has no attribute {name}")
        self.entity_id = entity_id


class InstanceNotFound(NotFound):
    """The attribute has no instance with this id."""

    def __init__(self, entity_id: str, name: str, instance_id: str) -> None:
        super().__init__(f"The attribute {name} of {entity_id} has no instance {instance_id[:100]}")
        self.entity_id = entity_id


def in_slices(entity: TemporalEntity) -> Iterator[TemporalEntity]:
    """Divide an evolution so that no part adds more than `MOST_AT_ONCE` instances.

    The first part has the types, also where there are no instances at all.
    """
    if sum(map(len, entity.attributes.values())) <= MOST_AT_ONCE:
        yield entity
        return
    types = entity.types
    part: dict[str, tuple[Instance, ...]] = {}
    room = MOST_AT_ONCE
    for name, instances in entity.attributes.items():
        start = 0
        while start < len(instances):
            part[name] = instances[start : start + room]
            start += len(part[name])
            room -= len(part[name])
            if not room:
                yield replace(entity, types=types, attributes=part)
                types, part, room = (), {}, MOST_AT_ONCE
    if part:
        yield replace(entity, types=types, attributes=part)


def existing_evolution(store: Store, caller: Caller, entity_id: str) -> Evolution:
    """Return an evolution without its instances.

    Raises:
        TenantNotFound: The caller's tenant does not exist.
        EvolutionNotFound: There is none.
    """
    evolution = store.history.evolution(caller.tenant, entity_id)
    if evolution is None:
        if not store.tenant_exists(caller.tenant):
            raise TenantNotFound(caller.tenant)
        raise EvolutionNotFound(entity_id)
    return evolution


async def check_attribute(store: Store, caller: Caller, evolution: Evolution, name: str) -> None:
    """See that an evolution has an attribute.

    Args:
        name: IRI.

    Raises:
        AttributeHistoryNotFound: It has none of this name.
    """
    window = Window(names=frozenset({name}))
    if not await store.history.active(caller.tenant, [evolution], window):
        raise AttributeHistoryNotFound(evolution.id, name)


def upsert_evolution(uow: UnitOfWork, caller: Caller, entity: TemporalEntity, *, now: str) -> bool:
    """Create an evolution, or add instances and types to it (5.6.11).

    The tenant arises with it where it is new (5.5.10).

    Args:
        entity: Whole and validated; instance ids and system attributes are set by the store.
        now: DateTime text; becomes `createdAt` and `modifiedAt` of the instances.

    Returns:
        Whether the evolution is new.

    Raises:
        TooManyTenants: The tenant is new and the node holds as many as it may.
    """
    uow.create_tenant(caller.tenant)
    _check_rules(uow, caller, entity.id, adding=entity, now=now)
    return uow.history.add(caller.tenant, entity, now=now)


def add_to_evolution(uow: UnitOfWork, caller: Caller, entity: TemporalEntity, *, now: str) -> None:
    """Add instances to an evolution that exists, and types where it lacks them (5.6.12).

    Raises:
        EvolutionNotFound: There is none; nothing was written.
    """
    _check_tenant(uow, caller)
    _check_rules(uow, caller, entity.id, adding=entity, now=now)
    if uow.history.add(caller.tenant, entity, now=now):
        # The unit that raises leaves no trace, so neither does the evolution.
        raise EvolutionNotFound(entity.id)


def delete_evolution_attribute(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    name: str,
    *,
    dataset_id: str | None = None,
    delete_all: bool = False,
    now: str,
) -> None:
    """Remove the instances of one dataset of an attribute, or of all (5.6.13).

    Raises:
        AttributeHistoryNotFound: There are none.
    """
    _check_tenant(uow, caller)
    _check_rules(uow, caller, entity_id, now=now)
    if not uow.history.remove_attribute(
        caller.tenant, entity_id, name, dataset_id, every=delete_all
    ):
        raise AttributeHistoryNotFound(entity_id, name)


def modify_instance(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    name: str,
    new: Instance,
    *,
    now: str,
) -> None:
    """Replace an instance; its `createdAt` stays, `modifiedAt` becomes now (5.6.14).

    Args:
        new: What takes its place; its `instance_id` names the one that goes.

    Raises:
        InstanceNotFound: There is no such evolution, attribute or instance.
        InvalidInput: `new` names another dataset than the instance is in.
    """
    _check_tenant(uow, caller)
    _check_rules(uow, caller, entity_id, now=now)
    instance_id = new.instance_id or ""
    if not uow.history.replace(caller.tenant, entity_id, name, instance_id, new, now=now):
        raise InstanceNotFound(entity_id, name, instance_id)


def delete_instance(
    uow: UnitOfWork, caller: Caller, entity_id: str, name: str, instance_id: str, *, now: str
) -> None:
    """Remove one instance (5.6.15).

    Raises:
        InstanceNotFound: There is no such evolution, attribute or instance.
    """
    _check_tenant(uow, caller)
    _check_rules(uow, caller, entity_id, now=now)
    if not uow.history.remove_instance(caller.tenant, entity_id, name, instance_id):
        raise InstanceNotFound(entity_id, name, instance_id)


def delete_evolution(uow: UnitOfWork, caller: Caller, entity_id: str, *, now: str) -> None:
    """Remove an evolution whole; the entity stays in the present (5.6.16).

    Raises:
        EvolutionNotFound: There is none.
    """
    _check_tenant(uow, caller)
    _check_rules(uow, caller, entity_id, now=now)
    if not uow.history.remove(caller.tenant, entity_id):
        raise EvolutionNotFound(entity_id)


def _check_tenant(uow: UnitOfWork, caller: Caller) -> None:
    if not uow.tenant_exists(caller.tenant):
        raise TenantNotFound(caller.tenant)


def _check_rules(
    uow: UnitOfWork,
    caller: Caller,
    entity_id: str,
    *,
    adding: TemporalEntity | None = None,
    now: str,
) -> None:
    present = uow.entity(caller.tenant, entity_id)
    if present is not None:
        added = frozenset(() if adding is None else adding.types) - frozenset(present.types)
        # Its past gets them, and would be read by them.
        after = replace(present, types=(*present.types, *sorted(added))) if added else present
        uow.rules.check(uow, caller, present, after, now=now)
    elif adding is not None and isinstance(uow.rules, WriteRules):
        uow.rules.check_past(uow, caller, _told(adding), now=now)


def _told(evolution: TemporalEntity) -> Entity:
    """Write what an evolution says as an entity that says all of it at once."""
    attributes = {
        name: tuple(instance.attribute for instance in instances)
        for name, instances in evolution.attributes.items()
    }
    return Entity(id=evolution.id, types=evolution.types, attributes=attributes)
