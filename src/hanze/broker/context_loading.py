"""Flattening an @context: its references followed until only definitions are left (5.5.7, 6.3.5).

Nothing here fetches; whoever loads says what a URL holds, from a cache or from elsewhere.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import orjson

from hanze.errors import InvalidInput
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.terms import core_url_of
from hanze.ngsild.uri import is_uri

__all__ = ["Flattening", "Loaded", "context_bytes", "context_member"]

#: Contexts that refer to contexts; published ones need two or three steps.
_MAX_DEPTH = 8
#: References in one @context, all levels together.
_MAX_REFERENCES = 64


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands behind a URL.

    Attributes:
        url: Where it was found at last: the base of its relative references.
        content: The value of its `@context` member.
        record: Id of the stored @context; `None` for a built-in one.
        fresh_until_us: Microseconds since 1970 until when it may be used; `None` for always.
    """

    url: str
    content: JsonValue
    record: str | None = None
    fresh_until_us: int | None = None


def context_member(document: JsonValue) -> JsonValue:
    """Take the `@context` out of a document; all else in it is of no account (5.13.2.3).

    Raises:
        InvalidInput: The document is no object or has no `@context`.
    """
    if not isinstance(document, Mapping) or "@context" not in document:
        raise InvalidInput(
            "A JSON-LD @context must be an object with the member @context",
            field="@context",
            clause="5.13.2",
        )
    content = document["@context"]
    if not isinstance(content, str | Mapping | list | None):
        raise _not_a_context(content)
    context_bytes(content)
    return content


def context_bytes(content: JsonValue) -> bytes:
    """Write an @context as JSON.

    Raises:
        InvalidInput: It is nested too deeply to be stored, or has numbers of more than 64 bits.
    """
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError as error:
        raise InvalidInput(
            f"An @context must be plain JSON: {error}", field="@context", clause="5.5.4"
        ) from error


def _not_a_context(entry: JsonValue) -> InvalidInput:
    return InvalidInput(
        "An @context must be a URL, an object, null or an array of these",
        field="@context",
        value=entry,
        clause="5.5.4",
    )


@dataclass(slots=True)
class Flattening:
    """One @context on its way to definitions only.

    Attributes:
        load: Says what a URL holds.
        documents: The definitions found so far, in order.
        records: Ids of the stored contexts that were used.
        fresh_until_us: Until when all of them may be used.
    """

    load: Callable[[str], Awaitable[Loaded]]
    documents: list[JsonObject] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    fresh_until_us: int | None = None
    _references: int = 0

    async def include(
        self, content: JsonValue, base: str | None = None, trail: tuple[str, ...] = ()
    ) -> None:
        """Add what an @context says.

        Args:
            base: URL of the document that it stands in.
            trail: The references that led here.

        Raises:
            InvalidInput: It is no @context, refers to itself, or is too large a web of references.
            LdContextNotAvailable: A reference cannot be followed.
        """
        entries = content if isinstance(content, list | tuple) else [content]
        for entry in entries:
            if entry is None:
                # null empties the context (JSON-LD 1.1, 4.1); the core is there whatever comes.
                self.documents.clear()
            elif isinstance(entry, str):
                await self._follow(entry, base, trail)
            elif isinstance(entry, Mapping):
                await self._add(entry, base, trail)
            else:
                raise _not_a_context(entry)

    async def _follow(self, reference: str, base: str | None, trail: tuple[str, ...]) -> None:
        if core_url_of(reference) is not None:
            return
        loaded = await self._loaded(reference, base, trail)
        await self.include(loaded.content, loaded.url, (*trail, loaded.url))

    async def _loaded(self, reference: str, base: str | None, trail: tuple[str, ...]) -> Loaded:
        url = _absolute(reference, base)
        if url in trail:
            raise InvalidInput(f"The @context {url[:100]} refers to itself", field="@context")
        self._references += 1
        if len(trail) >= _MAX_DEPTH or self._references > _MAX_REFERENCES:
            raise InvalidInput(
                f"The @context refers to more than {_MAX_REFERENCES} others, or through more than "
                f"{_MAX_DEPTH} of them",
                field="@context",
            )
        loaded = await self.load(url)
        if loaded.record is not None:
            self.records.append(loaded.record)
        if loaded.fresh_until_us is not None:
            known = self.fresh_until_us
            self.fresh_until_us = min(loaded.fresh_until_us, known or loaded.fresh_until_us)
        return loaded

    async def _add(self, entry: JsonObject, base: str | None, trail: tuple[str, ...]) -> None:
        if "@import" not in entry:
            self.documents.append(entry)
            return
        # The definitions around an @import win over the imported ones (JSON-LD 1.1, 4.1.10).
        reference = entry["@import"]
        if not isinstance(reference, str):
            raise InvalidInput("The @import of an @context must be a URL", field="@context")
        imported = (await self._loaded(reference, base, trail)).content
        if not isinstance(imported, Mapping) or "@import" in imported:
            raise InvalidInput(
                "An @import must name an @context that is one object without @import",
                field="@context",
                value=reference,
            )
        own = {name: value for name, value in entry.items() if name != "@import"}
        self.documents.append({**imported, **own})


def _absolute(reference: str, base: str | None) -> str:
    try:
        url = urljoin(base, reference) if base else reference
        parts = urlsplit(url)
        # A port that is none is an error of its own, and is not looked at before.
        valid = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and not parts.username
            and parts.port != 0
            and is_uri(url)
        )
    except ValueError:
        valid = False
    if not valid:
        raise InvalidInput(
            "A reference to an @context must be an absolute http or https URL without credentials",
            field="@context",
            value=reference,
            clause="6.3.5",
        )
    return url.partition("#")[0]
