"""Entities written over sources: create, replace, merge, delete (CIM 009, 5.6.1, 5.6.6, 5.6.17 f.)."""

from collections.abc import Sequence

from hanze.broker import provision
from hanze.broker.distribution.requests import Call, no_query, segment
from hanze.broker.distribution.writing.answers import CONFLICT
from hanze.broker.distribution.writing.carrying import (
    Change,
    Query,
    Writing,
    carry_out,
    done_here,
    held_types,
    type_parameter,
    with_options,
)
from hanze.broker.distribution.writing.outcome import Attempt, Outcome
from hanze.broker.distribution.writing.plan import (
    Part,
    narrowed,
    subject_of_content,
    subject_of_entity,
)
from hanze.ngsild.model import Entity, Fragment
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.representation.fragments import entity_body

__all__ = [
    "create_entity",
    "delete_entity",
    "merge_entity",
    "merge_options",
    "replace_entity",
]


async def create_entity(writing: Writing, entity: Entity) -> Outcome:
    """Create an entity wherever its attributes belong (5.6.1).

    Raises:
        EntityAlreadyExists: It is here, or at the only source concerned, and nothing was created.
        HanzeError: As `carry_out`.
    """
    origin = writing.origin

    async def local(rest: Part) -> Sequence[Attempt]:
        kept = narrowed(entity, rest)
        await writing.store.transact(
            lambda uow: provision.create_entity(
                uow, origin.caller, kept, context=origin.context, now=origin.now
            )
        )
        return (Attempt(names=rest.names, created=True),)

    def calls(part: Part) -> Sequence[Call]:
        return (_call("POST", "entities", entity, part),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity.id,
            operation=Operation.CREATE_ENTITY,
            subject=subject_of_content(entity.id, entity),
            calls=calls,
            local=local,
        ),
    )


async def replace_entity(
    writing: Writing, entity_id: str, entity: Entity, *, types: TypeSelection | None = None
) -> Outcome:
    """Replace an entity wherever its attributes belong (5.6.18).

    Raises:
        InvalidInput: The new content carries another id.
        HanzeError: As `carry_out`.
    """
    provision.check_same_id(entity_id, entity.id)
    origin = writing.origin
    held = held_types(writing, entity_id)
    subject = subject_of_content(entity_id, entity, held, types, replaces=True)

    async def local(rest: Part) -> Sequence[Attempt]:
        kept = narrowed(entity, rest)
        await writing.store.transact(
            lambda uow: provision.replace_entity(
                uow,
                origin.caller,
                entity_id,
                kept,
                context=origin.context,
                types=types,
                now=origin.now,
            )
        )
        return done_here(rest)

    def calls(part: Part) -> Sequence[Call]:
        query = type_parameter(part, subject, types)
        return (_call("PUT", f"entities/{segment(entity_id)}", entity, part, query),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=Operation.REPLACE_ENTITY,
            subject=subject,
            calls=calls,
            local=local,
        ),
    )


async def merge_entity(
    writing: Writing,
    entity_id: str,
    fragment: Fragment,
    *,
    types: TypeSelection | None = None,
    observed_at: str | None = None,
    lang: str | None = None,
    simplified: bool = False,
) -> Outcome:
    """Merge a fragment into an entity wherever its attributes belong (5.6.17).

    Raises:
        InvalidInput: The fragment carries another id, or breaks a rule of the entity held here.
        HanzeError: As `carry_out`.
    """
    provision.check_same_id(entity_id, fragment.id or entity_id)
    origin = writing.origin
    subject = subject_of_content(entity_id, fragment, held_types(writing, entity_id), types)
    options = merge_options(observed_at=observed_at, lang=lang, simplified=simplified)

    async def local(rest: Part) -> Sequence[Attempt]:
        kept = narrowed(fragment, rest)
        patched = await writing.store.transact(
            lambda uow: provision.merge_entity(
                uow,
                origin.caller,
                entity_id,
                kept,
                types=types,
                observed_at=observed_at,
                lang=lang,
                simplified=simplified,
                now=origin.now,
            )
        )
        return done_here(rest, patched)

    def calls(part: Part) -> Sequence[Call]:
        query = with_options(options, type_parameter(part, subject, types))
        path = f"entities/{segment(entity_id)}"
        return (_call("PATCH", path, fragment, part, query, simplified=simplified),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=Operation.MERGE_ENTITY,
            subject=subject,
            calls=calls,
            local=local,
        ),
    )


async def delete_entity(
    writing: Writing, entity_id: str, *, types: TypeSelection | None = None
) -> Outcome:
    """Delete an entity here and at every source that may have some of it (5.6.6).

    Raises:
        HanzeError: As `carry_out`.
    """
    origin = writing.origin
    subject = subject_of_entity(entity_id, held_types(writing, entity_id), types)

    async def local(rest: Part) -> Sequence[Attempt]:
        await writing.store.transact(
            lambda uow: provision.delete_entity(
                uow, origin.caller, entity_id, types=types, now=origin.now
            )
        )
        return done_here(rest)

    def calls(part: Part) -> Sequence[Call]:
        query = type_parameter(part, subject, types)
        return (Call(method="DELETE", path=f"entities/{segment(entity_id)}", query=query),)

    return await carry_out(
        writing,
        Change(
            entity_id=entity_id,
            operation=Operation.DELETE_ENTITY,
            subject=subject,
            calls=calls,
            local=local,
        ),
    )


def merge_options(
    *, observed_at: str | None, lang: str | None, simplified: bool
) -> list[tuple[str, str]]:
    """Write what a merge is told beside its body (6.5.3.4)."""
    found = [
        ("format", "simplified" if simplified else None),
        ("observedAt", observed_at),
        ("lang", lang),
    ]
    return [(name, value) for name, value in found if value is not None]


def _call(
    method: str,
    path: str,
    content: Entity | Fragment,
    part: Part,
    query: Query = no_query,
    *,
    simplified: bool = False,
) -> Call:
    own: Entity | Fragment = narrowed(content, part)
    return Call(
        method=method,
        path=path,
        query=query,
        body=lambda context: entity_body(own, context, simplified=simplified),
        # Only who creates can find the entity there already (6.4.3.1); else it is as any error.
        statuses=CONFLICT if method == "POST" else frozenset(),
    )
