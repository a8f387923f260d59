"""Request bodies with the @context that belongs to them (CIM 009, 6.3.5)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from hanze.errors import HanzeError, InvalidInput
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import JsonValue
from hanze.web.http import Request
from hanze.web.negotiation import Media, content_media, context_link

__all__ = [
    "Rejected",
    "context_of",
    "parse_each",
    "read_array",
    "read_fragment",
    "read_object",
    "read_plain_object",
    "read_values",
]

T = TypeVar("T")

#: An item of a batch that could not be read: its id, where it had one, and why.
Rejected = tuple[str | None, HanzeError]

_MAX_BATCH = 100_000
#: Items read before others get their turn: about 3 ms of work.
_SLICE = 64

JsonObject = dict[str, JsonValue]


async def context_of(request: Request) -> Context:
    """Return the @context of a request without a body: by Link header, or the default one."""
    link = request.header(b"link")
    if link is None:
        return CORE
    return await request.node.contexts.resolve(context_link(link))


async def read_object(request: Request, *, limit: int | None = None) -> tuple[JsonObject, Context]:
    """Read a body that is one JSON object, without its @context member, and that @context.

    Args:
        request: What is asked.
        limit: Most bytes, where that is less than the node takes otherwise.

    Raises:
        InvalidInput: The body is no object, or the @context comes the wrong way.
    """
    media = _media(request)
    most = _largest(request)
    body = await request.json(most if limit is None else min(limit, most))
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object", clause="5.5.4")
    if media is Media.JSON:
        _refuse_embedded(body)
        return body, await context_of(request)
    return body, await request.node.contexts.resolve(_take_context(body))


async def read_fragment(
    request: Request, *, limit: int | None = None
) -> tuple[JsonObject, Context]:
    """Read a body that is a fragment (5.4): an object that says something.

    Args:
        request: What is asked.
        limit: As for `read_object`.

    Raises:
        InvalidInput: As for `read_object`; or the fragment is empty, which changes nothing and is
            more likely a mistake than a wish.
    """
    body, context = await read_object(request, limit=limit)
    if not body:
        raise InvalidInput("The fragment must not be empty", clause="5.4")
    return body, context


async def read_plain_object(request: Request) -> JsonObject:
    """Read a body that is one JSON object to which no @context applies (5.13.2.3)."""
    content_media(request.header(b"content-type"), request.method)
    body = await request.json(_largest(request))
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object", clause="5.13.2.4")
    return body


async def read_array(request: Request) -> list[tuple[JsonValue, Context | HanzeError]]:
    """Read a body that is an array; each object in a JSON-LD array has its own @context.

    Raises:
        InvalidInput: The body is no array, is empty or too long, or holds a null (5.6.7.4); or
            none of its objects has an @context.
    """
    media = _media(request)
    body = await _array(request)
    if media is Media.JSON:
        for item in body:
            _refuse_embedded(item)
        context = await context_of(request)
        return [(item, context) for item in body]
    if not any(isinstance(item, dict) and "@context" in item for item in body):
        raise _missing_context()
    items: list[tuple[JsonValue, Context | HanzeError]] = []
    for number, item in enumerate(body):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        items.append((item, await _own_context(request, item)))
    return items


async def read_values(request: Request) -> list[JsonValue]:
    """Read a body that is an array of values to which no @context applies (5.6.10.3)."""
    _media(request)
    return await _array(request)


async def parse_each(
    items: Sequence[tuple[JsonValue, Context | HanzeError]],
    parse: Callable[[JsonValue, Context], T],
) -> tuple[list[T], list[Rejected]]:
    """Parse the items of a batch; those that cannot be read do not stop the others."""
    parsed: list[T] = []
    rejected: list[Rejected] = []
    for number, (item, context) in enumerate(items):
        if number % _SLICE == _SLICE - 1:
            await asyncio.sleep(0)
        try:
            if isinstance(context, HanzeError):
                raise context
            parsed.append(parse(item, context))
        except HanzeError as error:
            rejected.append((_id_of(item), error))
    return parsed, rejected


async def _array(request: Request) -> list[JsonValue]:
    body = await request.items(_largest(request))
    if not body:
        raise InvalidInput("The body must be a JSON array that is not empty", clause="5.6.7.4")
    if len(body) > _MAX_BATCH:
        raise InvalidInput(f"The array has {len(body)} items, the most is {_MAX_BATCH}")
    if any(item is None for item in body):
        raise InvalidInput("The array must not hold null", clause="5.6.7.4")
    return body


def _largest(request: Request) -> int:
    return request.node.settings.server.max_body_mb << 20


def _media(request: Request) -> Media:
    media = content_media(request.header(b"content-type"), request.method)
    if media is Media.LD_JSON and context_link(request.header(b"link")) is not None:
        raise InvalidInput(
            "An application/ld+json body carries its @context itself: the Link header must go",
            field="Link",
            clause="6.3.5",
        )
    return media


def _refuse_embedded(item: JsonValue) -> None:
    if isinstance(item, dict) and "@context" in item:
        raise InvalidInput(
            "An application/json body takes its @context from the Link header only",
            field="@context",
            clause="6.3.5",
        )


def _take_context(body: JsonObject) -> JsonValue:
    if "@context" not in body:
        raise _missing_context()
    return body.pop("@context")


def _missing_context() -> InvalidInput:
    return InvalidInput(
        "An application/ld+json body must have an @context", field="@context", clause="6.3.5"
    )


async def _own_context(request: Request, item: JsonValue) -> Context | HanzeError:
    if not isinstance(item, dict):
        return InvalidInput("An item of the array must be a JSON object", clause="5.5.4")
    try:
        return await request.node.contexts.resolve(_take_context(item))
    except HanzeError as error:
        return error


def _id_of(item: JsonValue) -> str | None:
    if not isinstance(item, dict):
        return None
    entity_id = item.get("id", item.get("@id"))
    return entity_id if isinstance(entity_id, str) else None
