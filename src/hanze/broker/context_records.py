"""Stored @contexts: the records behind 5.13, in the registers of the store.

What is known of a context and its content are two values, so that listing a thousand contexts does
not read a thousand contents.
"""

import hashlib
from collections.abc import Iterator
from enum import Enum

import msgspec
import orjson

from hanze.broker.ports import Registers, RegistersView
from hanze.ngsild.model import JsonValue

__all__ = [
    "ContextKind",
    "StoredContext",
    "cached_id",
    "content_of",
    "delete_context",
    "find_context",
    "hosted_id",
    "implicit_id",
    "stored_contexts",
    "write_context",
]

_ABOUT = "context"
_CONTENT = "context-content"
_ID = "urn:hanze:context:"

#: The most records of each kind that the node makes by itself; the oldest go first.
_MOST = 2000


class ContextKind(Enum):
    """How a stored @context came about (5.13.1)."""

    CACHED = "Cached"
    HOSTED = "Hosted"
    IMPLICITLY_CREATED = "ImplicitlyCreated"


class StoredContext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an @context that the node keeps.

    Attributes:
        id: The local identifier, a URI.
        created_at: DateTime text.
        url: From where a cached one was downloaded.
        base: Where that download ended: the base of relative references.
        expires_at_us: Microseconds since 1970 after which a cached one is no longer valid.
    """

    id: str
    kind: ContextKind
    created_at: str
    url: str | None = None
    base: str | None = None
    expires_at_us: int | None = None


_decoder = msgspec.json.Decoder(StoredContext)


def cached_id(url: str) -> str:
    """Name the record of a downloaded @context."""
    return f"{_ID}cached:{hashlib.sha256(url.encode()).hexdigest()[:32]}"


def implicit_id(content: JsonValue) -> str:
    """Name the record of an @context that answers need a URL for: by its content."""
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return f"{_ID}implicit:{hashlib.sha256(canonical).hexdigest()[:32]}"


def hosted_id(unique: str) -> str:
    """Name the record of an @context that a client added."""
    return f"{_ID}{unique}"


def find_context(registers: RegistersView, context_id: str) -> StoredContext | None:
    """Read a record; `None` when there is none of the identifier."""
    value = registers.get(_ABOUT, context_id)
    return None if value is None else _decoder.decode(value)


def content_of(registers: RegistersView, context_id: str) -> JsonValue:
    """Read the value of a stored `@context` member."""
    value = registers.get(_CONTENT, context_id)
    content: JsonValue = None if value is None else orjson.loads(value)
    return content


def stored_contexts(registers: RegistersView) -> Iterator[StoredContext]:
    """Read every record, in no order that means something."""
    return (_decoder.decode(value) for _, value in registers.items(_ABOUT))


def write_context(registers: Registers, record: StoredContext, content: JsonValue) -> None:
    """Write a record; one that makes its kind too many pushes out the oldest of that kind.

    What clients added is theirs and is never pushed out.
    """
    if record.kind is not ContextKind.HOSTED and find_context(registers, record.id) is None:
        alike = [other for other in stored_contexts(registers) if other.kind is record.kind]
        alike.sort(key=lambda other: other.created_at)
        for surplus in alike[: max(0, len(alike) - _MOST + 1)]:
            delete_context(registers, surplus.id)
    registers.put(_ABOUT, record.id, msgspec.json.encode(record))
    registers.put(_CONTENT, record.id, orjson.dumps(content))


def delete_context(registers: Registers, context_id: str) -> bool:
    """Delete a record with its content; tell whether it was there."""
    registers.delete(_CONTENT, context_id)
    return registers.delete(_ABOUT, context_id)
