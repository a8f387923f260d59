"""What Context Sources answer: read with suspicion (CIM 009, 6.3.6, 6.3.17)."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.broker.distribution.ports import PeerAnswer
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.registration.model import Registration, RegistrationInfo
from hanze.ngsild.representation.received import received_entity
from hanze.ngsild.terms import JSON_LD_REL

__all__ = ["Reply", "entities_of", "items_of", "read_json", "read_reply", "title_of"]

_JSON: Final = "application/json"
_MEDIA: Final = frozenset({_JSON, "application/ld+json", "application/problem+json"})
#: Answers that say something; others may, and need not.
_WITH_BODY: Final = frozenset({200, 207})
_LONGEST_PROBLEM: Final = 64 * 1024
_LONGEST_TITLE: Final = 200
_LONGEST_ID: Final = 100
#: Items that could not be read, and are told of one by one.
_NAMED: Final = 5
_NOT_FOUND: Final = 404
_LONGEST_LINK: Final = 8192
#: Different @contexts in one answer: each may be fetched.
_MAX_CONTEXTS: Final = 8
#: Stands for an item without an @context of its own.
_SAME: Final = ""

_LINKS: Final = re.compile(r"<([^<>]*)>([^<>]*)")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")

_decode = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
#: Items of an array that are read before others get their turn: about 3 ms of work.
_SLICE: Final = 512
#: Containers within containers; beyond it an answer is an attack, not data.
_MAX_DEPTH: Final = 64
#: Containers in one answer: each takes more memory than the two bytes that it may come in.
_MAX_CONTAINERS: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that can be used.

    Attributes:
        registration: That led to it.
        information: Those elements of the registration for which it was asked.
        status: HTTP status: 2xx, 404, or one that the call named.
        body: JSON without @context; `None` where there is none.
        context: Names in `body` are its terms.
        item_contexts: One for each item of an array, where they differ (JSON-LD).
        headers: By names in lower case.
    """

    registration: Registration
    information: tuple[RegistrationInfo, ...] = ()
    status: int
    body: JsonValue
    context: Context
    item_contexts: tuple[Context, ...] = ()
    headers: Mapping[str, str]


async def read_reply(
    answer: PeerAnswer,
    registration: Registration,
    information: tuple[RegistrationInfo, ...],
    context: Context,
    resolve: Callable[[JsonValue], Awaitable[Context]],
) -> Reply:
    """Read an answer.

    Args:
        answer: As it came.
        registration: That led to it.
        information: For which part of the registration it was asked.
        context: Of the request: that of the answer too, unless it names another.
        resolve: Gives the context that an answer names.

    Raises:
        InvalidInput: It is no NGSI-LD; the text goes on after "The answer cannot be used:".
        Unavailable: Its @context cannot be had.
    """
    body: JsonValue = None
    contexts: tuple[Context, ...] = ()
    media = answer.headers.get("content-type", _JSON).split(";")[0].strip().lower()
    if answer.status in _WITH_BODY or (answer.body and media in _MEDIA):
        if media not in _MEDIA:
            raise InvalidInput(f"it is {media[:60] or 'of no media type'}, and no JSON")
        body = await read_json(answer.body)
        body, references = _without_contexts(body)
        context = await _named_context(answer, context, resolve)
        contexts = await _resolved(references, context, resolve)
        if len(set(contexts)) == 1:
            context, contexts = contexts[0], ()
    return Reply(
        registration=registration,
        information=information,
        status=answer.status,
        body=body,
        context=context,
        item_contexts=contexts,
        headers=answer.headers,
    )


def items_of(reply: Reply) -> Iterator[tuple[JsonValue, Context]]:
    """Give what an answer holds: the items of an array, or the one object, with their @contexts.

    What is not found is nothing (6.3.17).
    """
    body = reply.body
    if reply.status == _NOT_FOUND or body is None:
        return
    if not isinstance(body, list):
        yield body, reply.context
    elif reply.item_contexts:
        yield from zip(body, reply.item_contexts, strict=True)
    else:
        yield from ((item, reply.context) for item in body)


def entities_of(reply: Reply) -> tuple[list[Entity], list[str]]:
    """Read the entities of an answer, with `createdAt` and `modifiedAt` where it has them (4.5.5).

    Returns:
        Those that could be read, and why others could not, a few of them named.
    """
    entities: list[Entity] = []
    problems: list[str] = []
    unread = 0
    for json, context in items_of(reply):
        try:
            entities.append(received_entity(json, context))
        except InvalidInput as error:
            unread += 1
            if unread <= _NAMED:
                problems.append(f"{_id_of(json)} is no NGSI-LD entity: {error}"[:_LONGEST_TITLE])
    if unread > _NAMED:
        problems.append(f"{unread - _NAMED} more are no NGSI-LD entities")
    return entities, problems


def _id_of(json: JsonValue) -> str:
    entity_id = json.get("id", json.get("@id")) if isinstance(json, Mapping) else None
    return entity_id[:_LONGEST_ID] if isinstance(entity_id, str) else "An item without an id"


def title_of(raw: bytes) -> str:
    """Give the title and detail of a problem (5.5.3), cut short; "" where it is none."""
    try:
        problem = _decode(raw) if len(raw) <= _LONGEST_PROBLEM else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(problem, dict):
        return ""
    parts = [problem.get("title"), problem.get("detail")]
    text = ", ".join(part for part in parts if isinstance(part, str) and part)
    return _CONTROLS.sub(" ", text)[:_LONGEST_TITLE]


async def _named_context(
    answer: PeerAnswer, context: Context, resolve: Callable[[JsonValue], Awaitable[Context]]
) -> Context:
    for target, parameters in _LINKS.findall(answer.headers.get("link", "")[:_LONGEST_LINK]):
        if JSON_LD_REL in parameters:
            return context if target == context.link else await resolve(target)
    return context


def _without_contexts(body: JsonValue) -> tuple[JsonValue, list[JsonValue]]:
    """Take the @contexts out of a body: of an object its own, of an array those of its items."""
    if isinstance(body, dict):
        return body, [body.pop("@context")] if "@context" in body else []
    if not isinstance(body, list) or not any(
        isinstance(item, dict) and "@context" in item for item in body
    ):
        return body, []
    return body, [item.pop("@context", _SAME) if isinstance(item, dict) else _SAME for item in body]


async def _resolved(
    references: list[JsonValue],
    context: Context,
    resolve: Callable[[JsonValue], Awaitable[Context]],
) -> tuple[Context, ...]:
    known: dict[bytes, Context] = {msgspec.json.encode(_SAME): context}
    found: list[Context] = []
    for reference in references:
        key = msgspec.json.encode(reference)
        if key not in known:
            if len(known) > _MAX_CONTEXTS:
                raise InvalidInput(f"it has more than {_MAX_CONTEXTS} different @contexts")
            known[key] = context if reference == context.reference else await resolve(reference)
        found.append(known[key])
    return tuple(found)


async def read_json(raw: bytes) -> JsonValue:
    """Read JSON; a large array in slices, so that other requests are answered meanwhile.

    Raises:
        InvalidInput: It is no JSON, is nested too deeply, or is made to fill memory.
    """
    containers = raw.count(b"{") + raw.count(b"[")
    if containers > _MAX_CONTAINERS:
        raise InvalidInput(f"it has more than {_MAX_CONTAINERS} objects and arrays")
    try:
        if containers <= _SLICE or raw.lstrip()[:1] != b"[":
            value: JsonValue = _decode(raw)
        else:
            value = await _read_array(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput("it is no JSON") from error
    if containers > _MAX_DEPTH and _is_deep(value):
        raise InvalidInput(f"it nests deeper than {_MAX_DEPTH} levels")
    return value


async def _read_array(raw: bytes) -> list[JsonValue]:
    parts = _split(raw)
    items: list[JsonValue] = []
    for start in range(0, len(parts), _SLICE):
        items += [_decode(part) for part in parts[start : start + _SLICE]]
        await asyncio.sleep(0)
    return items


def _is_deep(value: JsonValue) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        # Every value of every answer comes by here: the types that JSON has are told apart quickest.
        members = [
            member
            for container in level
            for member in (container.values() if type(container) is dict else _listed(container))
        ]
        level = [member for member in members if type(member) is dict or type(member) is list]
        if not level:
            return False
    return True


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
