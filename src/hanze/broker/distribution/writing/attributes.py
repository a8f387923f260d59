"""Attributes written over sources (CIM 009, 5.6.2 to 5.6.5 and 5.6.19)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from hanze.broker import provision
from hanze.broker.distribution.requests import NAME, Call, segment
from hanze.broker.distribution.writing.carrying import (
    Change,
    Writing,
    carry_out,
    done_here,
    held_types,
    in_one_unit,
    type_parameter,
    with_options,
)
from hanze.broker.distribution.writing.outcome import Attempt, Outcome
from hanze.broker.distribution.writing.plan import (
    Part,
    narrowed,
    subject_of_attribute,
    subject_of_content,
)
from hanze.broker.ports import UnitOfWork
from hanze.ngsild.context import Context
from hanze.ngsild.model import Attribute, Fragment, JsonValue
from hanze.ngsild.patch import Patched
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.representation.fragments import attribute_body, entity_body

__all__ = [
    "append_attributes",
    "delete_attribute",
    "deleted_instances",
    "replace_attribute",
    "update_attribute",
    "update_attributes",
]

_Unit = Callable[[UnitOfWork], Patched | None]


@dataclass(frozen=True, slots=True)
class _Request:
    """What a request names.

    Attributes:
        types: The types that it selects (4.17).
    """

    entity_id: str
    types: TypeSelection | None
    operation: Operation
    method: str


@dataclass(frozen=True, slots=True)
class _Fragment(_Request):
    """A request with a fragment of an entity."""

    fragment: Fragment
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Instance(_Request):
    """A request with one instance of an attribute."""

    name: str
    instance: Attribute


async def append_attributes(
    writing: Writing,
    entity_id: str,
    fragment: Fragment,
    *,
    types: TypeSelection | None = None,
    overwrite: bool = True,
) -> Outcome:
    """Append attributes wherever they belong (5.6.3).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin

    def unit(kept: Fragment) -> _Unit:
        return lambda uow: provision.append_attributes(
            uow,
            origin.caller,
            entity_id,
            kept,
            types=types,
            overwrite=overwrite,
            now=origin.now,
        )

    options = () if overwrite else (("options", "noOverwrite"),)
    change = _Fragment(entity_id, types, Operation.APPEND_ATTRS, "POST", fragment, options)
    return await _fragment(writing, change, unit)


async def update_attributes(
    writing: Writing,
    entity_id: str,
    fragment: Fragment,
    *,
    types: TypeSelection | None = None,
) -> Outcome:
    """Update attributes wherever they belong (5.6.2).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin

    def unit(kept: Fragment) -> _Unit:
        return lambda uow: provision.update_attributes(
            uow, origin.caller, entity_id, kept, types=types, now=origin.now
        )

    change = _Fragment(entity_id, types, Operation.UPDATE_ENTITY, "PATCH", fragment)
    return await _fragment(writing, change, unit)


async def update_attribute(
    writing: Writing,
    entity_id: str,
    name: str,
    instance: Attribute,
    *,
    types: TypeSelection | None = None,
) -> Outcome:
    """Update members of an attribute wherever it belongs (5.6.4).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    return await _instance(
        writing,
        _Instance(entity_id, types, Operation.UPDATE_ATTRS, "PATCH", name, instance),
        lambda uow: provision.update_attribute(
            uow, origin.caller, entity_id, name, instance, types=types, now=origin.now
        ),
    )


async def replace_attribute(
    writing: Writing,
    entity_id: str,
    name: str,
    instance: Attribute,
    *,
    types: TypeSelection | None = None,
) -> Outcome:
    """Replace an attribute wherever it belongs (5.6.19).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    return await _instance(
        writing,
        _Instance(entity_id, types, Operation.REPLACE_ATTRS, "PUT", name, instance),
        lambda uow: provision.replace_attribute(
            uow, origin.caller, entity_id, name, instance, types=types, now=origin.now
        ),
    )


async def delete_attribute(
    writing: Writing,
    entity_id: str,
    name: str,
    *,
    dataset_id: str | None = None,
    delete_all: bool = False,
    types: TypeSelection | None = None,
) -> Outcome:
    """Delete an instance of an attribute, or all of them, wherever they are (5.6.5).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    subject = subject_of_attribute(
        entity_id,
        [(name, dataset_id)],
        types=held_types(writing, entity_id),
        selection=types,
        every_dataset=delete_all,
    )

    def calls(part: Part) -> Sequence[Call]:
        typed = type_parameter(part, subject, types)
        path = _attribute_path(entity_id)
        return [
            Call(method="DELETE", path=path, query=with_options(which, typed), name=name)
            for which in deleted_instances(part, dataset_id, delete_all=delete_all)
        ]

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=Operation.DELETE_ATTRS,
            subject=subject,
            calls=calls,
            local=in_one_unit(
                writing,
                lambda uow: provision.delete_attribute(
                    uow,
                    origin.caller,
                    entity_id,
                    name,
                    dataset_id=dataset_id,
                    delete_all=delete_all,
                    types=types,
                    now=origin.now,
                ),
            ),
        ),
    )


def deleted_instances(
    part: Part, dataset_id: str | None, *, delete_all: bool
) -> list[list[tuple[str, str]]]:
    """Write the parameters of one or more requests that delete instances of an attribute.

    A source that is registered for some datasets is asked for these, one by one.
    """
    if not delete_all:
        return [[] if dataset_id is None else [("datasetId", dataset_id)]]
    datasets = part.match.registration.dataset_ids if part.match is not None else None
    if datasets is None:
        return [[("deleteAll", "true")]]
    return [
        [] if one is None else [("datasetId", one)]
        for one in sorted(datasets, key=lambda one: one or "")
    ]


async def _fragment(
    writing: Writing,
    change: _Fragment,
    unit: Callable[[Fragment], _Unit],
) -> Outcome:
    """Write a fragment of an entity through `/attrs`."""
    entity_id, fragment = change.entity_id, change.fragment
    provision.check_same_id(entity_id, fragment.id or entity_id)
    subject = subject_of_content(entity_id, fragment, held_types(writing, entity_id), change.types)

    async def local(rest: Part) -> Sequence[Attempt]:
        patched = await writing.store.transact(unit(narrowed(fragment, rest)))
        return done_here(rest, patched)

    def calls(part: Part) -> Sequence[Call]:
        typed = type_parameter(part, subject, change.types)
        own = replace(narrowed(fragment, part), id=None)
        call = Call(
            method=change.method,
            path=f"entities/{segment(entity_id)}/attrs",
            query=with_options(change.options, typed),
            body=lambda context: entity_body(own, context),
        )
        return (call,)

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=change.operation,
            subject=subject,
            calls=calls,
            local=local,
        ),
    )


async def _instance(writing: Writing, change: _Instance, unit: _Unit) -> Outcome:
    """Write one instance of an attribute through its own path."""
    name, instance = change.name, change.instance
    subject = subject_of_attribute(
        change.entity_id,
        [(name, instance.dataset_id)],
        types=held_types(writing, change.entity_id),
        selection=change.types,
    )

    def body(context: Context) -> JsonValue:
        return attribute_body(instance, name, context)

    def calls(part: Part) -> Sequence[Call]:
        call = Call(
            method=change.method,
            path=_attribute_path(change.entity_id),
            query=type_parameter(part, subject, change.types),
            body=body,
            name=name,
        )
        return (call,)

    return await carry_out(
        writing,
        Change(
            entity_id=change.entity_id,
            operation=change.operation,
            subject=subject,
            calls=calls,
            local=in_one_unit(writing, unit),
        ),
    )


def _attribute_path(entity_id: str) -> str:
    return f"entities/{segment(entity_id)}/attrs/{NAME}"
