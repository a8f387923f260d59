"""Temporal evolutions written over sources (CIM 009, 5.6.11 to 5.6.16).

Registrations of the present do not concern histories, nor the other way about (5.9.1).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from hanze.broker import temporal
from hanze.broker.distribution.requests import NAME, Call, no_query, segment
from hanze.broker.distribution.writing.attributes import deleted_instances
from hanze.broker.distribution.writing.carrying import (
    Change,
    Writing,
    carry_out,
    done_here,
    in_one_unit,
    with_options,
)
from hanze.broker.distribution.writing.outcome import Attempt, Outcome
from hanze.broker.distribution.writing.plan import (
    Part,
    kept,
    subject_of_attribute,
    subject_of_entity,
    subject_of_evolution,
)
from hanze.broker.ports import UnitOfWork
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.representation.fragments import temporal_body
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = [
    "add_to_evolution",
    "delete_evolution",
    "delete_evolution_attribute",
    "delete_instance",
    "modify_instance",
    "upsert_evolution",
]

_Unit = Callable[[UnitOfWork], object]


async def upsert_evolution(writing: Writing, entity: TemporalEntity) -> Outcome:
    """Create an evolution, or add to it, wherever its attributes belong (5.6.11).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin

    async def local(rest: Part) -> Sequence[Attempt]:
        created = False
        for part in temporal.in_slices(_narrowed(entity, rest)):

            def unit(uow: UnitOfWork, part: TemporalEntity = part) -> bool:
                return temporal.upsert_evolution(uow, origin.caller, part, now=origin.now)

            created |= await writing.store.transact(unit)
        return (Attempt(names=rest.names, created=created),)

    def calls(part: Part) -> Sequence[Call]:
        return (_call("POST", "temporal/entities", _narrowed(entity, part), whole=True),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity.id,
            operation=Operation.UPSERT_TEMPORAL,
            subject=subject_of_evolution(entity, held=entity.types),
            calls=calls,
            local=local,
            history=True,
        ),
    )


async def add_to_evolution(writing: Writing, entity: TemporalEntity) -> Outcome:
    """Add instances to an evolution, wherever they belong (5.6.12).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin

    async def local(rest: Part) -> Sequence[Attempt]:
        temporal.existing_evolution(writing.store, origin.caller, entity.id)
        for part in temporal.in_slices(_narrowed(entity, rest)):

            def unit(uow: UnitOfWork, part: TemporalEntity = part) -> None:
                temporal.add_to_evolution(uow, origin.caller, part, now=origin.now)

            await writing.store.transact(unit)
        return done_here(rest)

    def calls(part: Part) -> Sequence[Call]:
        path = f"temporal/entities/{segment(entity.id)}/attrs"
        return (_call("POST", path, _narrowed(entity, part), whole=False),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity.id,
            operation=Operation.APPEND_ATTRS_TEMPORAL,
            subject=subject_of_evolution(entity, held=_types_here(writing, entity.id)),
            calls=calls,
            local=local,
            history=True,
        ),
    )


async def delete_evolution(writing: Writing, entity_id: str) -> Outcome:
    """Delete an evolution, here and at every source that may have some of it (5.6.16).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin

    def calls(_part: Part) -> Sequence[Call]:
        path = f"temporal/entities/{segment(entity_id)}"
        return (Call(method="DELETE", path=path, uses_context=False),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=Operation.DELETE_TEMPORAL,
            subject=subject_of_entity(entity_id, _types_here(writing, entity_id)),
            calls=calls,
            local=in_one_unit(
                writing,
                lambda uow: temporal.delete_evolution(
                    uow, origin.caller, entity_id, now=origin.now
                ),
            ),
            history=True,
        ),
    )


async def delete_evolution_attribute(
    writing: Writing,
    entity_id: str,
    name: str,
    *,
    dataset_id: str | None = None,
    delete_all: bool = False,
) -> Outcome:
    """Delete instances of an attribute from an evolution, wherever they are (5.6.13).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    subject = subject_of_attribute(
        entity_id,
        [(name, dataset_id)],
        types=_types_here(writing, entity_id),
        every_dataset=delete_all,
    )

    def calls(part: Part) -> Sequence[Call]:
        path = _path(entity_id)
        return [
            Call(method="DELETE", path=path, query=with_options(which, no_query), name=name)
            for which in deleted_instances(part, dataset_id, delete_all=delete_all)
        ]

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=Operation.DELETE_ATTRS_TEMPORAL,
            subject=subject,
            calls=calls,
            local=in_one_unit(
                writing,
                lambda uow: temporal.delete_evolution_attribute(
                    uow,
                    origin.caller,
                    entity_id,
                    name,
                    dataset_id=dataset_id,
                    delete_all=delete_all,
                    now=origin.now,
                ),
            ),
            history=True,
        ),
    )


async def modify_instance(writing: Writing, entity_id: str, name: str, new: Instance) -> Outcome:
    """Replace an instance in an evolution, wherever it is (5.6.14).

    Args:
        writing: The request.
        entity_id: Of the evolution.
        name: IRI of the attribute.
        new: What takes the place of the instance with its id.

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    body = TemporalEntity(entity_id, (), {name: (replace(new, instance_id=None),)})

    def render(context: Context) -> JsonValue:
        return temporal_body(body, context, whole=False)

    where = _Where(entity_id, name, new.instance_id or "")
    return await _instance(
        writing,
        where,
        Operation.UPDATE_ATTR_INSTANCE_TEMPORAL,
        lambda path: Call(method="PATCH", path=path, body=render, name=name),
        lambda uow: temporal.modify_instance(
            uow, origin.caller, entity_id, name, new, now=origin.now
        ),
    )


async def delete_instance(writing: Writing, entity_id: str, name: str, instance_id: str) -> Outcome:
    """Delete an instance from an evolution, wherever it is (5.6.15).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    return await _instance(
        writing,
        _Where(entity_id, name, instance_id),
        Operation.DELETE_ATTR_INSTANCE_TEMPORAL,
        lambda path: Call(method="DELETE", path=path, name=name),
        lambda uow: temporal.delete_instance(
            uow, origin.caller, entity_id, name, instance_id, now=origin.now
        ),
    )


@dataclass(frozen=True, slots=True)
class _Where:
    """Which instance is meant."""

    entity_id: str
    name: str
    instance_id: str


async def _instance(
    writing: Writing,
    where: _Where,
    operation: Operation,
    call: Callable[[str], Call],
    unit: _Unit,
) -> Outcome:
    """Write one instance. Nobody but who has it knows of which dataset it is."""
    subject = subject_of_attribute(
        where.entity_id,
        [(where.name, None)],
        types=_types_here(writing, where.entity_id),
        every_dataset=True,
    )

    def calls(_part: Part) -> Sequence[Call]:
        return (call(f"{_path(where.entity_id)}/{segment(where.instance_id)}"),)

    return await carry_out(
        writing,
        Change(
            entity_id=where.entity_id,
            operation=operation,
            subject=subject,
            calls=calls,
            local=in_one_unit(writing, unit),
            history=True,
        ),
    )


def _narrowed(entity: TemporalEntity, part: Part) -> TemporalEntity:
    types = part.registered_types
    return replace(
        entity,
        types=tuple(iri for iri in entity.types if types is None or iri in types),
        attributes=kept(entity.attributes, part, lambda one: one.attribute.dataset_id),
    )


def _types_here(writing: Writing, entity_id: str) -> Sequence[str]:
    evolution = writing.store.history.evolution(writing.origin.caller.tenant, entity_id)
    return () if evolution is None else evolution.types


def _call(method: str, path: str, entity: TemporalEntity, *, whole: bool) -> Call:
    return Call(
        method=method, path=path, body=lambda context: temporal_body(entity, context, whole=whole)
    )


def _path(entity_id: str) -> str:
    return f"temporal/entities/{segment(entity_id)}/attrs/{NAME}"
