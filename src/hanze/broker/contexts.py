"""Resolving, storing, managing and serving @contexts (CIM 009, 5.13, 5.5.5, 6.3.5, 6.3.16).

The Core @contexts and Hanze's own vocabulary are built in and never fetched. What a URL of this node
itself names is read from the store. Everything else is fetched once and kept until it expires.

Stored contexts belong to the node, not to a tenant: a URL means the same to all of them.
"""

import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from hanze.broker.context_cache import (
    CONTEXTS_PATH,
    ContextCache,
    FetchedDocument,
    LdContextNotAvailable,
)
from hanze.broker.context_loading import Flattening, context_bytes, context_member
from hanze.broker.context_records import (
    ContextKind,
    StoredContext,
    cached_id,
    content_of,
    delete_context,
    find_context,
    hosted_id,
    implicit_id,
    stored_contexts,
)
from hanze.broker.ports import Store
from hanze.errors import InvalidInput, NotFound, NotSupported, Unavailable
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE, Context, build_context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.moment import format_datetime

__all__ = [
    "ContextNotFound",
    "ContextNotServed",
    "Contexts",
    "FetchedDocument",
    "LdContextNotAvailable",
]

#: Built contexts that are remembered; a city's clients use a few dozen.
_REMEMBERED: Final = 512
#: Bytes of an inline @context beyond which it is built anew each time.
_LONGEST_KEY: Final = 65_536


class ContextNotFound(NotFound):
    """No stored @context has the identifier."""

    def __init__(self, context_id: str) -> None:
        super().__init__(f"The @context {context_id[:200]} does not exist")
        self.context_id = context_id


class ContextNotServed(NotSupported):
    """A stored @context is a cached copy, which 5.13.4 does not serve."""

    def __init__(self, context_id: str) -> None:
        super().__init__(f"The @context {context_id[:200]} is a cached copy and is not served")
        self.context_id = context_id


@dataclass(frozen=True, slots=True)
class _Resolved:
    context: Context
    records: tuple[str, ...]
    fresh_until_us: int | None


class Contexts:
    """The @contexts of a node.

    Args:
        store: Keeps them.
        fetch: Downloads; raises `LdContextNotAvailable`, or `InvalidInput` for what is no JSON.
        base_url: Says under which URL others reach the node.
        clock_us: Says what time it is, in microseconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        fetch: Callable[[str], Awaitable[FetchedDocument]],
        base_url: Callable[[], str],
        *,
        clock_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._store = store
        self._base_url = base_url
        self._clock_us = clock_us
        self._cache = ContextCache(store, fetch, clock_us)
        self._resolved: OrderedDict[str | bytes, _Resolved] = OrderedDict()

    async def resolve(self, reference: JsonValue) -> Context:
        """Give the context that a request refers to, fetching what is not there.

        Args:
            reference: URL, object or array as in JSON-LD; `None` is the default @context (5.5.5).

        Raises:
            InvalidInput: It is not a valid @context, or has scoped contexts (5.5.7).
            LdContextNotAvailable: A URL in it cannot be retrieved.
        """
        if reference is None:
            return CORE
        key = reference if isinstance(reference, str) else context_bytes(reference)
        known = self._resolved.get(key)
        if known is not None and not self._cache.is_stale(known.fresh_until_us):
            self._resolved.move_to_end(key)
            self._cache.note_use(known.records)
            return known.context
        flat = Flattening(self._cache.load)
        await flat.include(reference)
        context = build_context(reference, flat.documents)
        if len(key) <= _LONGEST_KEY:
            self._resolved[key] = _Resolved(context, tuple(flat.records), flat.fresh_until_us)
            if len(self._resolved) > _REMEMBERED:
                self._resolved.popitem(last=False)
        return context

    async def link_of(self, context: Context) -> str:
        """Give a URL for a Link header (6.3.6); a context without one is hosted from now on."""
        if context.link is not None:
            return context.link
        context_id = implicit_id(context.reference)
        if find_context(self._store.registers, context_id) is None:
            record = StoredContext(
                id=context_id,
                kind=ContextKind.IMPLICITLY_CREATED,
                created_at=format_datetime(self._clock_us()),
            )
            await self._cache.write(record, context.reference)
        return self._url_of(context_id)

    async def add_context(self, caller: Caller, body: JsonValue, now: str) -> str:
        """Store an @context for others to use (5.13.2).

        Args:
            body: An object with the member `@context`.
            now: DateTime text.

        Returns:
            The local identifier.

        Raises:
            InvalidInput: The body is no object with a valid `@context`.
        """
        del caller  # Who may is decided at the gate.
        content = context_member(body)
        # 5.13.2.4 asks for validation; that a reference cannot be followed shows at its use.
        with contextlib.suppress(Unavailable):
            await self._check(content, base=None)
        context_id = hosted_id(uuid4().hex)
        await self._cache.write(
            StoredContext(id=context_id, kind=ContextKind.HOSTED, created_at=now), content
        )
        return context_id

    def list_contexts(
        self, caller: Caller, *, details: bool = False, kind: str | None = None
    ) -> list[JsonValue]:
        """List the stored @contexts, as URLs or with what is known of them (5.13.3).

        Raises:
            InvalidInput: The kind is none of the three.
        """
        del caller  # Who may is decided at the gate.
        wanted = _kind_of(kind)
        found = [
            record
            for record in stored_contexts(self._store.registers)
            if wanted in (None, record.kind) and not self._cache.is_stale(record.expires_at_us)
        ]
        if details:
            return [self._details(record) for record in found]
        return [record.url or self._url_of(record.id) for record in found]

    def serve_context(
        self, caller: Caller, context_id: str, *, details: bool = False
    ) -> JsonObject:
        """Give the content of a stored @context, or what is known of it (5.13.4).

        Args:
            context_id: Local identifier, or the original URL of a cached one.

        Raises:
            ContextNotFound: There is none.
            ContextNotServed: It is a cached copy; these give details only.
        """
        del caller  # Who may is decided at the gate.
        record = self._record(context_id)
        if details:
            return self._details(record)
        if record.kind is ContextKind.CACHED:
            raise ContextNotServed(context_id)
        return {"@context": content_of(self._store.registers, record.id)}

    async def delete_context(
        self, caller: Caller, context_id: str, *, reload: bool = False
    ) -> None:
        """Remove a stored @context, or download a cached one again (5.13.5).

        Args:
            context_id: Local identifier, or the original URL of a cached one.

        Raises:
            InvalidInput: The identifier is empty, or a reload is asked of one that is not cached.
            ContextNotFound: There is none.
            LdContextNotAvailable: The reload failed; the present copy stays.
        """
        del caller  # Who may is decided at the gate.
        if not context_id:
            raise InvalidInput("The identifier of the @context is missing", clause="5.13.5")
        record = self._record(context_id)
        if not reload:
            await self._store.transact(lambda uow: delete_context(uow.registers, record.id))
            self._cache.usage.pop(record.id, None)
        elif record.url is None:
            raise InvalidInput(
                f"Only cached @contexts can be reloaded, {context_id[:200]} is {record.kind.value}",
                field="reload",
                clause="5.13.5",
            )
        else:
            await self._reload(record.url)
        self._forget()

    async def _reload(self, url: str) -> None:
        try:
            fetched, content = await self._cache.fetch(url)
            await self._check(content, base=fetched.url, trail=(url,))
        except InvalidInput as error:
            raise LdContextNotAvailable(url, str(error)) from error
        await self._cache.keep(url, fetched, content)

    async def _check(
        self, content: JsonValue, *, base: str | None, trail: tuple[str, ...] = ()
    ) -> None:
        flat = Flattening(self._cache.load)
        await flat.include(content, base, trail)
        build_context(None, flat.documents)

    def _record(self, context_id: str) -> StoredContext:
        registers = self._store.registers
        record = find_context(registers, context_id) or find_context(
            registers, cached_id(context_id)
        )
        if record is None or self._cache.is_stale(record.expires_at_us):
            raise ContextNotFound(context_id)
        return record

    def _details(self, record: StoredContext) -> JsonObject:
        details: dict[str, JsonValue] = {
            "URL": record.url or self._url_of(record.id),
            "localId": record.id,
            "kind": record.kind.value,
            "createdAt": record.created_at,
        }
        if record.expires_at_us is not None:
            details["expiresAt"] = format_datetime(record.expires_at_us)
        usage = self._cache.usage.get(record.id)
        if usage is not None:
            details["lastUsage"] = format_datetime(usage.last_us)
        details["numberOfHits"] = usage.hits if usage else 0
        return details

    def _url_of(self, context_id: str) -> str:
        return self._base_url().rstrip("/") + CONTEXTS_PATH + quote(context_id, safe=":")

    def _forget(self) -> None:
        """Drop what was built, since a stored context is gone or different."""
        self._resolved.clear()
        self._cache.forget_failures()


def _kind_of(name: str | None) -> ContextKind | None:
    if name is None:
        return None
    try:
        return ContextKind(name)
    except ValueError:
        raise InvalidInput(
            "The kind of an @context must be Cached, Hosted or ImplicitlyCreated",
            field="kind",
            value=name,
            clause="5.13.3",
        ) from None
