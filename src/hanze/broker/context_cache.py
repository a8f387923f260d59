"""The node's copies of remote @contexts: fetched once, kept until they expire (5.13.1, 6.3.16)."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from hanze.broker.context_loading import Loaded, context_member
from hanze.broker.context_records import (
    ContextKind,
    StoredContext,
    cached_id,
    content_of,
    find_context,
    write_context,
)
from hanze.broker.ports import Store, UnitOfWork
from hanze.errors import InvalidInput, Unavailable
from hanze.ngsild.model import JsonValue
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.terms import API_PATH
from hanze.ngsild.vocabulary import BUILT_IN_CONTEXTS

__all__ = ["CONTEXTS_PATH", "ContextCache", "FetchedDocument", "LdContextNotAvailable", "Usage"]

CONTEXTS_PATH: Final = f"{API_PATH}/jsonldContexts/"
_OWN_URL = re.compile(r"https?://[^/]+" + CONTEXTS_PATH + r"([^/?#]+)/?")

#: How long an @context is kept whose server says nothing about it (6.3.16): one hour.
_HEURISTIC_US: Final = 3600 * 1_000_000
#: A context that must not be kept still serves the request that it was fetched for, and its items.
_SHORTEST_US: Final = 1_000_000


class LdContextNotAvailable(Unavailable):
    """A remote @context cannot be retrieved (CIM 009, 5.5.2)."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"The @context {url[:200]} is not available: {reason}")
        self.url = url
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A remote document.

    Attributes:
        url: Where it was found, after redirects.
        document: Its JSON.
        lifetime_s: For how long its server lets it be kept; `None` when it does not say.
    """

    url: str
    document: JsonValue
    lifetime_s: float | None


@dataclass(slots=True)
class Usage:
    """How often a stored @context was used since the node started, and when last."""

    hits: int = 0
    last_us: int = 0


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Unavailable | InvalidInput
    until_s: float


class ContextCache:
    """Says what the URL of an @context holds.

    Args:
        store: Keeps the copies.
        fetch: Downloads; raises `LdContextNotAvailable`, or `InvalidInput` for what is no JSON.
        clock_us: Says what time it is, in microseconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        fetch: Callable[[str], Awaitable[FetchedDocument]],
        clock_us: Callable[[], int],
    ) -> None:
        self._store = store
        self._fetch = fetch
        self._clock_us = clock_us
        self._running: dict[str, asyncio.Task[Loaded]] = {}
        self._failures: dict[str, _Failure] = {}
        self.usage: dict[str, Usage] = {}

    async def load(self, url: str) -> Loaded:
        """Say what a URL holds: built in, of this node, cached, or fetched now."""
        if url in BUILT_IN_CONTEXTS:
            return Loaded(url, BUILT_IN_CONTEXTS[url])
        own = _OWN_URL.fullmatch(url)
        stored = self._stored(unquote(own.group(1)) if own else cached_id(url), url)
        if stored is not None:
            return stored
        failure = self._failures.get(url)
        if failure is not None and failure.until_s > time.monotonic():
            raise failure.error.with_traceback(None)
        task = self._running.get(url)
        if task is None:
            task = self._running[url] = asyncio.create_task(self._download(url))
            task.add_done_callback(lambda done: self._finish(url, done))
        # Several requests wait for one download; one that is cancelled does not stop it.
        return await asyncio.shield(task)

    def _stored(self, context_id: str, url: str) -> Loaded | None:
        record = find_context(self._store.registers, context_id)
        if record is None or self.is_stale(record.expires_at_us):
            return None
        self.note_use((record.id,))
        content = content_of(self._store.registers, record.id)
        return Loaded(record.base or url, content, record.id, record.expires_at_us)

    def _finish(self, url: str, task: asyncio.Task[Loaded]) -> None:
        self._running.pop(url, None)
        if not task.cancelled():
            # Looked at even when every waiter was cancelled, or asyncio complains of it.
            task.exception()

    async def fetch(self, url: str) -> tuple[FetchedDocument, JsonValue]:
        """Download a document with an `@context`, and take that out of it."""
        fetched = await self._fetch(url)
        return fetched, context_member(fetched.document)

    async def _download(self, url: str) -> Loaded:
        started_s = time.monotonic()
        try:
            fetched, content = await self.fetch(url)
        except (Unavailable, InvalidInput) as error:
            # Remembered for as long as it took: a batch does not wait again for every item.
            now_s = time.monotonic()
            self._failures = {
                other: failure
                for other, failure in self._failures.items()
                if failure.until_s > now_s
            }
            self._failures[url] = _Failure(error, now_s + (now_s - started_s))
            raise
        return await self.keep(url, fetched, content)

    async def keep(self, url: str, fetched: FetchedDocument, content: JsonValue) -> Loaded:
        """Store what was downloaded as the copy for this URL."""
        now_us = self._clock_us()
        lifetime_us = (
            _HEURISTIC_US if fetched.lifetime_s is None else int(fetched.lifetime_s * 1_000_000)
        )
        record = StoredContext(
            id=cached_id(url),
            kind=ContextKind.CACHED,
            created_at=format_datetime(now_us),
            url=url,
            base=fetched.url,
            expires_at_us=now_us + max(lifetime_us, _SHORTEST_US),
        )
        await self.write(record, content)
        return Loaded(fetched.url, content, record.id, record.expires_at_us)

    async def write(self, record: StoredContext, content: JsonValue) -> None:
        """Store a record with its content."""

        def unit(uow: UnitOfWork) -> None:
            write_context(uow.registers, record, content)

        await self._store.transact(unit)

    def note_use(self, records: tuple[str, ...]) -> None:
        """Count a use of stored contexts."""
        for record in records:
            usage = self.usage.get(record)
            if usage is None:
                usage = self.usage[record] = Usage()
            usage.hits += 1
            usage.last_us = self._clock_us()

    def is_stale(self, until_us: int | None) -> bool:
        """Tell whether a moment until which something was fresh has come."""
        return until_us is not None and until_us <= self._clock_us()

    def forget_failures(self) -> None:
        """Try again at once what failed a moment ago."""
        self._failures.clear()
