"""What one source gets of a batch, and how it is asked for it (CIM 009, 5.5.11, 5.6.7 to 5.6.10).

An id that comes twice is kept in order: no request names it twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from hanze.broker.batch import BatchResult
from hanze.broker.distribution.answers import Reply
from hanze.broker.distribution.ports import SourceFailed
from hanze.broker.distribution.requests import Call
from hanze.broker.distribution.writing.answers import attempts_of, batch_attempts
from hanze.broker.distribution.writing.carrying import Writing, unsupported
from hanze.broker.distribution.writing.outcome import Attempt
from hanze.broker.distribution.writing.plan import Part, Subject
from hanze.broker.distribution.writing.routes import BatchKind, Route, Sent, route_of
from hanze.broker.registry import Match
from hanze.errors import InvalidInput, NotSupported

__all__ = ["Batch", "Errand", "NotReplaced", "run"]

Item = TypeVar("Item")

#: Entities in one request to a source.
_MOST_AT_ONCE: Final = 500
#: Requests about single entities that are under way at one source.
_AT_A_TIME: Final = 8
_ALREADY_EXISTS: Final = 409


class NotReplaced(NotSupported):
    """A source has the entity already, and does not offer what would change it (5.6.8.4)."""

    def __init__(self, registration_id: str, entity_id: str) -> None:
        super().__init__(
            f"The source of {registration_id} has {entity_id} and offers nothing that changes it"
        )


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """A batch of one kind.

    Attributes:
        subject_of: Says what an item is about; raises where it has no id.
        sent: Narrows an item to what one source gets.
        stays: Narrows an item to what is written here.
        local: Writes items here.
    """

    kind: BatchKind
    items: Sequence[Item]
    id_of: Callable[[Item], str | None]
    subject_of: Callable[[Item], Subject]
    sent: Callable[[Item, Part], Sent]
    stays: Callable[[Item, Part], Item]
    local: Callable[[Sequence[Item]], Awaitable[BatchResult]]


@dataclass(slots=True)
class Errand:
    """What one source gets of a batch: numbers of items with their parts."""

    match: Match
    parts: list[tuple[int, Part, Subject]] = field(default_factory=list)


async def run(writing: Writing, items: Batch[Item], errand: Errand) -> list[tuple[int, Attempt]]:
    """Have one source do its part of a batch."""
    registration = errand.match.registration
    route = route_of(items.kind, registration.operations)
    if route is None:
        return [
            (number, unsupported(part, subject, items.kind.batch))
            for number, part, subject in errand.parts
        ]
    found: list[tuple[int, Attempt]] = []
    for wave in _waves(items, errand):
        for start in range(0, len(wave), _MOST_AT_ONCE):
            some = wave[start : start + _MOST_AT_ONCE]
            found += await _sent(writing, items, errand.match, route, some)
    return found


def _waves(items: Batch[Item], errand: Errand) -> Iterator[list[tuple[int, Part]]]:
    """Divide a part of a batch so that no id comes twice in a wave, and each in its order."""
    waves: list[list[tuple[int, Part]]] = []
    seen: dict[str | None, int] = {}
    for number, part, _ in errand.parts:
        entity_id = items.id_of(items.items[number])
        turn = seen.get(entity_id, 0)
        seen[entity_id] = turn + 1
        if turn == len(waves):
            waves.append([])
        waves[turn].append((number, part))
    yield from waves


async def _sent(
    writing: Writing,
    items: Batch[Item],
    match: Match,
    route: Route,
    some: Sequence[tuple[int, Part]],
) -> list[tuple[int, Attempt]]:
    contents = [items.sent(items.items[number], part) for number, part in some]
    if route.many is not None:
        labels = [
            (_id_of(content), part.names) for content, (_, part) in zip(contents, some, strict=True)
        ]
        answer = await _asked(writing, match, route.many(contents))
        if isinstance(answer, InvalidInput):
            made = [_wrong(match, answer, names) for _, names in labels]
        else:
            made = batch_attempts(answer, labels)
    else:
        turns = asyncio.Semaphore(_AT_A_TIME)

        async def one(content: Sent, part: Part) -> tuple[Attempt, ...]:
            async with turns:
                return await _sent_alone(writing, match, route, content, part)

        made = await asyncio.gather(
            *(one(content, part) for content, (_, part) in zip(contents, some, strict=True))
        )
    return [
        (number, attempt)
        for (number, _), attempts in zip(some, made, strict=True)
        for attempt in attempts
    ]


async def _sent_alone(
    writing: Writing, match: Match, route: Route, content: Sent, part: Part
) -> tuple[Attempt, ...]:
    if route.one is None:
        return ()
    answer = await _asked(writing, match, route.one(content))
    if route.replaces_present and isinstance(answer, Reply) and answer.status == _ALREADY_EXISTS:
        if route.instead is None:
            error = NotReplaced(match.registration.id, _id_of(content))
            names = part.names
            return (Attempt(names=names, registration_id=match.registration.id, error=error),)
        answer = await _asked(writing, match, route.instead(content))
    if isinstance(answer, InvalidInput):
        return _wrong(match, answer, part.names)
    return attempts_of(answer, _id_of(content), part.names)


async def _asked(writing: Writing, match: Match, call: Call) -> Reply | SourceFailed | InvalidInput:
    """Ask one source; what cannot be written as JSON fails alone."""
    try:
        (answer,) = await writing.distributor.ask_all(writing.origin, [(match, call)])
    except InvalidInput as error:
        return error
    return answer


def _wrong(match: Match, error: InvalidInput, names: tuple[str, ...]) -> tuple[Attempt, ...]:
    return (Attempt(names=names, registration_id=match.registration.id, error=error),)


def _id_of(content: Sent) -> str:
    return content if isinstance(content, str) else content.id or ""
