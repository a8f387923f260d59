"""Batches over sources (CIM 009, 5.6.7 to 5.6.10 and 5.6.20).

Each entity is planned by itself; what of all of them goes to one source goes there together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from hanze.broker import batch
from hanze.broker.batch import BatchResult
from hanze.broker.distribution.writing.carrying import Writing, held_types, planned
from hanze.broker.distribution.writing.entities import merge_options
from hanze.broker.distribution.writing.errands import Batch, Errand, run
from hanze.broker.distribution.writing.outcome import Attempt, settled
from hanze.broker.distribution.writing.plan import (
    Part,
    Subject,
    narrowed,
    subject_of_content,
    subject_of_entity,
)
from hanze.broker.distribution.writing.routes import BatchKind, route_of
from hanze.broker.registry import Match
from hanze.errors import HanzeError
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, Fragment
from hanze.ngsild.registration.operations import Operation

__all__ = [
    "BatchOutcome",
    "create_entities",
    "delete_entities",
    "merge_entities",
    "update_entities",
    "upsert_entities",
    "upsert_fragments",
]

Item = TypeVar("Item")

#: Sources that are asked at the same time.
_ERRANDS_AT_A_TIME: Final = 32
#: Entities planned before others get their turn: about 3 ms of work.
_SLICE: Final = 64


@dataclass(slots=True)
class BatchOutcome:
    """What became of the entities of a batch (5.2.16).

    Attributes:
        created: Ids of entities that did not exist before, in order.
        updated: Ids of entities that did, in order.
        failures: Id (or `None`), the reason, and the registration that led there, if one did.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    failures: list[tuple[str | None, HanzeError, str | None]] = field(default_factory=list)


async def create_entities(
    writing: Writing, entities: Sequence[tuple[Entity, Context]]
) -> BatchOutcome:
    """Create entities wherever they belong (5.6.7)."""
    origin = writing.origin
    return await _carried_out(
        writing,
        _entities_batch(
            writing,
            BatchKind(batch=Operation.CREATE_BATCH),
            entities,
            lambda kept: batch.create_entities(writing.store, origin.caller, kept, now=origin.now),
        ),
    )


async def upsert_entities(
    writing: Writing, entities: Sequence[tuple[Entity, Context]]
) -> BatchOutcome:
    """Create entities or replace them, wherever they belong (5.6.8, mode replace)."""
    origin = writing.origin
    return await _carried_out(
        writing,
        _entities_batch(
            writing,
            BatchKind(batch=Operation.UPSERT_BATCH),
            entities,
            lambda kept: batch.upsert_entities(writing.store, origin.caller, kept, now=origin.now),
        ),
    )


async def upsert_fragments(
    writing: Writing, fragments: Sequence[tuple[Fragment, Context]]
) -> BatchOutcome:
    """Create entities or update them, wherever they belong (5.6.8, mode update)."""
    origin = writing.origin
    return await _carried_out(
        writing,
        Batch(
            kind=BatchKind(batch=Operation.UPSERT_BATCH, update=True),
            items=fragments,
            id_of=lambda item: item[0].id,
            subject_of=lambda item: _fragment_subject(writing, item[0]),
            sent=lambda item, part: narrowed(item[0], part),
            stays=lambda item, part: (narrowed(item[0], part), item[1]),
            local=lambda kept: batch.upsert_fragments(
                writing.store, origin.caller, kept, now=origin.now
            ),
        ),
    )


async def update_entities(
    writing: Writing, fragments: Sequence[Fragment], *, overwrite: bool = True
) -> BatchOutcome:
    """Append attributes to entities wherever they belong (5.6.9)."""
    origin = writing.origin
    return await _carried_out(
        writing,
        _fragments_batch(
            writing,
            BatchKind(batch=Operation.UPDATE_BATCH, overwrite=overwrite),
            fragments,
            lambda kept: batch.update_entities(
                writing.store, origin.caller, kept, overwrite=overwrite, now=origin.now
            ),
        ),
    )


async def merge_entities(
    writing: Writing,
    fragments: Sequence[Fragment],
    *,
    observed_at: str | None = None,
    lang: str | None = None,
    simplified: bool = False,
) -> BatchOutcome:
    """Merge fragments into entities wherever they belong (5.6.20).

    Args:
        writing: The request.
        fragments: Each with an id.
        observed_at: As in `batch.merge_entities`, and so the next.
        lang: Language of plain strings.
        simplified: The fragments came in simplified form.
    """
    options = merge_options(observed_at=observed_at, lang=lang, simplified=simplified)
    origin = writing.origin
    return await _carried_out(
        writing,
        _fragments_batch(
            writing,
            BatchKind(batch=Operation.MERGE_BATCH, simplified=simplified, options=tuple(options)),
            fragments,
            lambda kept: batch.merge_entities(
                writing.store,
                origin.caller,
                kept,
                observed_at=observed_at,
                lang=lang,
                simplified=simplified,
                now=origin.now,
            ),
        ),
    )


async def delete_entities(writing: Writing, ids: Sequence[str]) -> BatchOutcome:
    """Delete entities here and wherever some of them may be (5.6.10)."""
    origin = writing.origin
    return await _carried_out(
        writing,
        Batch(
            kind=BatchKind(batch=Operation.DELETE_BATCH),
            items=ids,
            id_of=lambda entity_id: entity_id,
            subject_of=lambda entity_id: subject_of_entity(
                entity_id, held_types(writing, entity_id)
            ),
            sent=lambda entity_id, _part: entity_id,
            stays=lambda entity_id, _part: entity_id,
            local=lambda kept: batch.delete_entities(
                writing.store, origin.caller, kept, now=origin.now
            ),
        ),
    )


def _entities_batch(
    writing: Writing,
    kind: BatchKind,
    entities: Sequence[tuple[Entity, Context]],
    local: Callable[[Sequence[tuple[Entity, Context]]], Awaitable[BatchResult]],
) -> Batch[tuple[Entity, Context]]:
    replaces = kind.batch is Operation.UPSERT_BATCH
    return Batch(
        kind=kind,
        items=entities,
        id_of=lambda item: item[0].id,
        subject_of=lambda item: _entity_subject(writing, item[0], replaces=replaces),
        sent=lambda item, part: narrowed(item[0], part),
        stays=lambda item, part: (narrowed(item[0], part), item[1]),
        local=local,
    )


def _fragments_batch(
    writing: Writing,
    kind: BatchKind,
    fragments: Sequence[Fragment],
    local: Callable[[Sequence[Fragment]], Awaitable[BatchResult]],
) -> Batch[Fragment]:
    return Batch(
        kind=kind,
        items=fragments,
        id_of=lambda fragment: fragment.id,
        subject_of=lambda fragment: _fragment_subject(writing, fragment),
        sent=narrowed,
        stays=narrowed,
        local=local,
    )


def _entity_subject(writing: Writing, entity: Entity, *, replaces: bool) -> Subject:
    # What is not here needs no replacing here, so nothing is made of an id and types alone.
    held = held_types(writing, entity.id) if replaces else ()
    return subject_of_content(entity.id, entity, held, replaces=bool(held))


def _fragment_subject(writing: Writing, fragment: Fragment) -> Subject:
    entity_id = fragment.id or ""
    return subject_of_content(entity_id, fragment, held_types(writing, entity_id))


async def _carried_out(writing: Writing, items: Batch[Item]) -> BatchOutcome:
    """Write each entity wherever it belongs; each succeeds or fails by itself."""
    errands, here = await _planned(writing, items)
    attempts: list[list[Attempt]] = [[] for _ in items.items]
    await _write_here(items, here, attempts)
    turns = asyncio.Semaphore(_ERRANDS_AT_A_TIME)

    async def errand(one: Errand) -> list[tuple[int, Attempt]]:
        async with turns:
            return await run(writing, items, one)

    numbered = await asyncio.gather(*map(errand, errands))
    for number, attempt in (pair for pairs in numbered for pair in pairs):
        attempts[number].append(attempt)
    return _outcome(items, attempts)


async def _planned(
    writing: Writing, items: Batch[Item]
) -> tuple[list[Errand], list[tuple[int, Part | None]]]:
    errands: dict[str, Errand] = {}
    here: list[tuple[int, Part | None]] = []
    for number, item in enumerate(items.items):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        if items.id_of(item) is None:
            here.append((number, None))
            continue
        subject = items.subject_of(item)
        plan = planned(writing, subject, lambda match: _takes(items.kind, match))
        for part in plan.parts:
            if part.match is not None:
                errand = errands.setdefault(part.match.registration.id, Errand(part.match))
                errand.parts.append((number, part, subject))
        if plan.rest:
            here.append((number, plan.rest))
    return list(errands.values()), here


def _takes(kind: BatchKind, match: Match) -> bool:
    return route_of(kind, match.registration.operations) is not None


async def _write_here(
    items: Batch[Item],
    here: Sequence[tuple[int, Part | None]],
    attempts: list[list[Attempt]],
) -> None:
    kept = [
        items.items[number] if rest is None else items.stays(items.items[number], rest)
        for number, rest in here
    ]
    if not kept:
        return
    result = await items.local(kept)
    for (number, rest), outcome in zip(here, result.outcomes, strict=True):
        names = () if rest is None else rest.names
        failed = isinstance(outcome, HanzeError)
        attempts[number].append(
            Attempt(
                names=names,
                error=outcome if isinstance(outcome, HanzeError) else None,
                created=not failed and bool(outcome),
            )
        )


def _outcome(items: Batch[Item], attempts: Sequence[Sequence[Attempt]]) -> BatchOutcome:
    found = BatchOutcome()
    for item, tried in zip(items.items, attempts, strict=True):
        entity_id = items.id_of(item)
        outcome = settled(tried)
        found.failures += [
            (entity_id, one.error, one.registration_id)
            for one in outcome.failures
            if one.error is not None
        ]
        if entity_id is not None and any(not one.failed for one in tried):
            (found.created if outcome.created else found.updated).append(entity_id)
    return found
