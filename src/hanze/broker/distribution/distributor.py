"""Asks Context Sources: the way from an operation to other nodes and back (CIM 009, 4.3.6, 6.3.17)."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from hanze.broker.contexts import Contexts
from hanze.broker.distribution.answers import Reply, read_reply, title_of
from hanze.broker.distribution.limits import Limits
from hanze.broker.distribution.ports import (
    FailureKind,
    PeerAnswer,
    PeerRequest,
    Peers,
    SourceFailed,
)
from hanze.broker.distribution.requests import (
    JSON,
    LD_JSON,
    Call,
    SourceInfo,
    asking_of,
    body_of,
    embeds,
    headers_of,
    source_info_of,
    url_of,
)
from hanze.broker.distribution.via import alias_in, via_of
from hanze.broker.origin import Origin
from hanze.broker.registry import Match, Registry
from hanze.errors import InvalidInput, Unavailable
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.registration.model import Registration, RegistrationInfo

__all__ = ["Distributor"]

#: The longest that a registration may have a request wait.
_LONGEST_S: Final = 120.0
#: Each node on the way waits a little less than the one before: when a source further on does not
#: answer, what the others gave must still be in time for who asked first.
_SHARE: Final = 0.8
#: Bytes of an answer, and how many as large as that are read at a time.
_LARGE: Final = 1 << 20
_LARGE_AT_ONCE: Final = 2
#: What waits to be read may take so many times what one answer may.
_MOST_WAITING: Final = 8
_LINK: Final = re.compile(r"[^\s<>\"]{1,2048}")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A request, and the @context of its names."""

    request: PeerRequest
    context: Context


class Distributor:
    """Asks Context Sources on behalf of requests.

    Args:
        registry: Which sources there are; it counts how asking them goes.
        peers: Reaches them.
        contexts: Resolves the @contexts that they use.
        alias: Of this node (5.2.40).
        own: Id of the organisation that runs it: the node vouches for nobody else.
        limits: How far it goes.
    """

    def __init__(
        self,
        registry: Registry,
        peers: Peers,
        contexts: Contexts,
        *,
        alias: str,
        limits: Limits,
        own: str = "",
    ) -> None:
        self.registry = registry
        self.peers = peers
        self.alias = alias
        self.own = own
        self.limits = limits
        self._contexts = contexts
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._waiting = 0

    async def ask(
        self,
        origin: Origin,
        registration: Registration,
        call: Call,
        *,
        information: Sequence[RegistrationInfo] = (),
    ) -> Reply:
        """Have a source carry out an operation.

        Args:
            origin: The request on whose account it is.
            registration: The source.
            call: What is asked.
            information: For which part of the registration; it comes back with the answer.

        Raises:
            SourceFailed: There is no answer that can be used; `kind` says why.
            InvalidInput: The call has a body that cannot be written as JSON.
        """
        self._refuse_loop(origin, registration)
        try:
            reply = await self._ask(origin, registration, call, tuple(information))
        except SourceFailed as failure:
            if failure.attempted:
                self._note(registration, origin, failed=True)
            raise
        self._note(registration, origin, failed=False)
        return reply

    async def ask_all(
        self, origin: Origin, calls: Sequence[tuple[Match, Call]]
    ) -> list[Reply | SourceFailed]:
        """Ask several sources at the same time; none waits for another, or fails with it.

        Returns:
            One answer or failure for each call, in their order.

        Raises:
            InvalidInput: As for `ask`.
        """
        most = self.limits.max_sources
        asked = [self._tried(origin, match, call) for match, call in calls[:most]]
        if len(calls) == 1:
            return [await asked[0]]
        found: list[Reply | SourceFailed] = []
        # All of them end before an error goes on its way: none is left behind.
        for one in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(one, BaseException) and not isinstance(one, SourceFailed):
                raise one
            found.append(one)
        return found + [
            _failed(
                match.registration,
                FailureKind.TIMEOUT,
                f"is left out: one operation asks at most {most} sources",
                attempted=False,
            )
            for match, _ in calls[most:]
        ]

    async def _tried(self, origin: Origin, match: Match, call: Call) -> Reply | SourceFailed:
        try:
            return await self.ask(origin, match.registration, call, information=match.information)
        except SourceFailed as failure:
            return failure

    def _note(self, registration: Registration, origin: Origin, *, failed: bool) -> None:
        tenant = registration.registered_in
        self.registry.note(registration.id, failed=failed, at=origin.now, tenant=tenant)

    def _refuse_loop(self, origin: Origin, registration: Registration) -> None:
        """See that a request does not go round in circles (4.3.6.4)."""
        own = alias_in(self.alias, origin.caller.tenant)
        if own in origin.via or registration.alias in (own, *origin.via):
            detail = "would be asked in a loop"
        elif len(origin.via) >= self.limits.max_hops:
            detail = f"is too far: the request has passed {len(origin.via)} nodes"
        else:
            return
        raise _failed(registration, FailureKind.LOOP, detail, attempted=False)

    async def _ask(
        self,
        origin: Origin,
        registration: Registration,
        call: Call,
        information: tuple[RegistrationInfo, ...],
    ) -> Reply:
        prepared = await self._prepared(origin, registration, call)
        until = asyncio.get_running_loop().time() + prepared.request.timeout_s
        answer = await self.peers.send(prepared.request)
        _refuse_status(registration, call, answer)
        try:
            async with asyncio.timeout_at(until), self._turn(answer):
                return await read_reply(
                    answer, registration, information, prepared.context, self._contexts.resolve
                )
        except TimeoutError:
            detail = "answers with what cannot be read in time"
            raise _failed(registration, FailureKind.TIMEOUT, detail) from None
        except (InvalidInput, Unavailable) as error:
            detail = f"answers with what cannot be used: {error}"
            raise _failed(registration, FailureKind.INVALID, detail, answer.status) from error

    @asynccontextmanager
    async def _turn(self, answer: PeerAnswer) -> AsyncIterator[None]:
        """Wait for a turn to read a large answer: read, it takes ten times its bytes.

        Raises:
            InvalidInput: Too much waits already.
        """
        size = len(answer.body)
        if size <= _LARGE:
            yield
            return
        if self._waiting + size > _MOST_WAITING * (self.limits.max_answer_mb << 20):
            raise InvalidInput("it comes while too much else is being read")
        self._waiting += size
        try:
            async with self._large:
                yield
        finally:
            self._waiting -= size

    async def _prepared(self, origin: Origin, registration: Registration, call: Call) -> _Prepared:
        info = source_info_of(registration, origin.headers)
        context = await self._context_of(origin, registration, info)
        embedded = call.body is not None and embeds(info, context)
        link = None
        if call.uses_context and not embedded:
            link = info.context or (
                None if context == CORE else await self._contexts.link_of(context)
            )
        content = body_of(call, context, info, embedded=embedded)
        headers = headers_of(
            registration,
            info,
            call,
            via=via_of(origin.via, alias_in(self.alias, origin.caller.tenant)),
            link=link,
            content_type=None if content is None else LD_JSON if embedded else JSON,
            asking=asking_of(origin.caller, self.own),
        )
        request = PeerRequest(
            registration_id=registration.id,
            method=call.method,
            url=url_of(registration, call, context),
            headers=headers,
            body=content,
            timeout_s=self._timeout_s(origin, registration),
            cooldown_s=self._cooldown_s(registration),
            cools_errors=registration.management.cooldown_ms is not None,
        )
        return _Prepared(request, context)

    async def _context_of(
        self, origin: Origin, registration: Registration, info: SourceInfo
    ) -> Context:
        if info.context is None:
            return origin.context
        try:
            if _LINK.fullmatch(info.context) is None:
                raise InvalidInput("its jsonldContext is no URL")
            return await self._contexts.resolve(info.context)
        except (InvalidInput, Unavailable) as error:
            detail = f"wants an @context that cannot be used: {error}"
            raise _failed(registration, FailureKind.TIMEOUT, detail, attempted=False) from error

    def _timeout_s(self, origin: Origin, registration: Registration) -> float:
        wanted = registration.management.timeout_ms
        if wanted is not None:
            return min(wanted / 1000, _LONGEST_S)
        return self.limits.timeout_s * _SHARE ** len(origin.via)

    def _cooldown_s(self, registration: Registration) -> float:
        wanted = registration.management.cooldown_ms
        return self.limits.cooldown_s if wanted is None else wanted / 1000


def _refuse_status(registration: Registration, call: Call, answer: PeerAnswer) -> None:
    status = answer.status
    if 200 <= status < 300 or status == 404 or status in call.statuses:
        return
    if status == 508:
        raise _failed(registration, FailureKind.LOOP, "answers that it is in a loop", status)
    title = title_of(answer.body)
    detail = f"answers with status {status}" + (f": {title}" if title else "")
    raise _failed(registration, FailureKind.REFUSED, detail, status)


def _failed(
    registration: Registration,
    kind: FailureKind,
    detail: str,
    status: int | None = None,
    *,
    attempted: bool = True,
) -> SourceFailed:
    return SourceFailed(
        f"The source of {registration.id} {detail}",
        registration_id=registration.id,
        kind=kind,
        status=status,
        attempted=attempted,
    )
