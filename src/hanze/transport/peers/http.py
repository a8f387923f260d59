"""Requests to other nodes over HTTP and HTTPS, on connections that are kept (CIM 009, 4.3.6, 6.3.17).

Nothing that they answer is trusted: bytes are counted while they are read, in one answer and in all
that are being read; nothing is decompressed, no redirect followed, no cookie kept; and a time-out
covers all of it.
"""

import asyncio
import inspect
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from hanze.broker.distribution.ports import FailureKind, PeerAnswer, PeerRequest, SourceFailed
from hanze.ngsild.terms import API_PATH
from hanze.transport.addresses import AddressRefused, is_public
from hanze.transport.peers.signer import Signer
from hanze.transport.peers.standing import Endpoint, EndpointStatistics, Standings
from hanze.transport.resolver import JudgedResolver, Target, target_of, trusting_authorities

__all__ = ["HttpPeers"]

#: How long an address that was judged serves.
_ADDRESS_S: Final = 10
_IDLE_S: Final = 30.0
#: Requests at a time: to one endpoint, and to all.
_AT_ONE: Final = 16
_AT_ALL: Final = 512
#: All answers that are being read may take so many times what one may.
_ANSWERS: Final = 8
#: Below the address of a node of the league, what all its own resources stand under.
_OWN_PATH: Final = "/api/v1"
_NOT_FOUND: Final = 404
#: By these a server says that it is in trouble, whatever it was asked.
_TROUBLE: Final = frozenset({429, 500, 502, 503, 504})
_CHUNK: Final = 64 * 1024


class _Unusable(Exception):
    """An answer is not what it may be."""


class HttpPeers:
    """Reaches other nodes; implements `Peers`.

    Args:
        allow_private: Whether private and loopback addresses may be reached.
        max_bytes: Largest answer.
        clock: Answers now as DateTime text.
        signer: Signs requests to those that know this node.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        max_bytes: int,
        clock: Callable[[], str],
        signer: Signer | None = None,
    ) -> None:
        self.signer = signer
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._standings = Standings(clock)
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._all = asyncio.Semaphore(_AT_ALL)
        self._places: dict[Endpoint, asyncio.Semaphore] = {}
        self._waiting: dict[Endpoint, int] = {}
        self._reading = 0

    def statistics(self) -> tuple[EndpointStatistics, ...]:
        """Tell how each endpoint did since the node started, those asked last at the end."""
        return self._standings.statistics()

    def forgive(self, endpoint: Endpoint) -> None:
        """Have an endpoint asked again at once, whatever it did before."""
        self._standings.forgive(endpoint)

    async def send(self, request: PeerRequest) -> PeerAnswer:
        """Send a request and read its answer whole.

        Raises:
            SourceFailed: No connection, no answer in time, an answer that is too large or broken,
                or the endpoint is left alone after a failure.
        """
        endpoint = _endpoint(request)
        left_s = self._standings.enter(endpoint)
        if left_s > 0:
            detail = f"is left alone for {left_s:.1f} seconds, since it failed"
            raise _failed(request, FailureKind.TIMEOUT, detail, attempted=False)
        try:
            # Not aiohttp's: a scope of asyncio covers the resolver and the waiting too.
            async with asyncio.timeout(request.timeout_s), self._place(endpoint):
                started = time.monotonic()
                answer = await self._exchange(request)
        except _Unusable as error:
            self._standings.failed(endpoint, str(error), request.cooldown_s)
            raise _failed(request, FailureKind.INVALID, str(error)) from None
        except (TimeoutError, AddressRefused, aiohttp.ClientError, OSError, ValueError) as error:
            reason = _reason(error, request.timeout_s)
            self._standings.failed(endpoint, reason, request.cooldown_s)
            raise _failed(request, FailureKind.TIMEOUT, reason) from error
        except BaseException:
            # Cancelled, or a fault of our own: it must not look tried for ever.
            self._standings.leave(endpoint)
            raise
        refused = answer.status >= 300 and answer.status != _NOT_FOUND
        complaint = f"answers with status {answer.status}" if refused else ""
        if request.cools_errors and answer.status in _TROUBLE:
            self._standings.failed(endpoint, complaint, request.cooldown_s)
        else:
            self._standings.succeeded(endpoint, time.monotonic() - started, complaint)
        return answer

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def _place(self, endpoint: Endpoint) -> AsyncIterator[None]:
        """Wait for a place among the requests to an endpoint, then among all.

        In this order: those who wait for one that hangs keep nobody else from going out.
        """
        place = self._places.setdefault(endpoint, asyncio.Semaphore(_AT_ONE))
        self._waiting[endpoint] = self._waiting.get(endpoint, 0) + 1
        try:
            async with place, self._all:
                yield
        finally:
            self._waiting[endpoint] -= 1
            if not self._waiting[endpoint]:
                del self._waiting[endpoint], self._places[endpoint]

    async def _exchange(self, request: PeerRequest) -> PeerAnswer:
        target = self._judged(request.url)
        headers = dict(request.headers)
        if self.signer is not None:
            signed = self.signer(request.method, request.url, headers, request.body)
            headers.update(await signed if inspect.isawaitable(signed) else signed)
        session = self._session or await self._opened()
        async with session.request(
            request.method, target.url, data=request.body, headers=headers, allow_redirects=False
        ) as answer:
            return PeerAnswer(
                status=answer.status,
                headers=_headers(answer),
                body=await self._body(answer),
            )

    def _judged(self, url: str) -> Target:
        target = target_of(url, encoded=True)
        if target.literal is not None and not (self._allow_private or is_public(target.literal)):
            raise AddressRefused(f"{target.url.host} is a private address")
        return target

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        """Read a body, counting.

        Raises:
            _Unusable: It is compressed, or larger than it may be.
        """
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            answer.close()
            raise _Unusable("answers with a compressed body, which was not asked for")
        if (answer.content_length or 0) > self._max_bytes:
            answer.close()
            raise _Unusable(f"answers with more than {self._max_bytes} bytes")
        held = 0
        chunks = []
        try:
            while chunk := await answer.content.read(_CHUNK):
                held += len(chunk)
                self._reading += len(chunk)
                if held > self._max_bytes:
                    raise _Unusable(f"answers with more than {self._max_bytes} bytes")
                if self._reading > self._max_bytes * _ANSWERS:
                    raise _Unusable("answers while too much else is being read")
                chunks.append(chunk)
        except _Unusable:
            answer.close()
            raise
        finally:
            self._reading -= held
        return b"".join(chunks)

    async def _opened(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                # In a thread: certificates of all authorities take a tenth of a second to read.
                self._session = self._open(await asyncio.to_thread(trusting_authorities))
        return self._session

    def _open(self, tls: ssl.SSLContext) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=JudgedResolver(allow_private=self._allow_private),
            ttl_dns_cache=_ADDRESS_S,
            ssl=tls,
            # The places above bound how many there are.
            limit=0,
            keepalive_timeout=_IDLE_S,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            # Compressed answers could be a thousand times larger than what was counted on the way.
            auto_decompress=False,
            headers={"User-Agent": "hanze", "Accept-Encoding": "identity"},
            skip_auto_headers=("Accept", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            trust_env=False,
        )


def _endpoint(request: PeerRequest) -> Endpoint:
    tenant = next((value for name, value in request.headers if name == "ngsild-tenant"), "")
    # Without its query: each endpoint is remembered, and what is asked of it is endless.
    address = request.url.partition("?")[0]
    return Endpoint(address.partition(API_PATH)[0], tenant)


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


#: Why there is no answer, by the nearest class of the error.
_REASONS: Final[Mapping[type[BaseException], str]] = {
    AddressRefused: "is at a private address, which distribution.allow_private does not allow",
    aiohttp.ClientConnectorCertificateError: "has a certificate that cannot be trusted",
    aiohttp.ClientConnectorSSLError: "cannot be reached: TLS fails",
    aiohttp.ClientPayloadError: "breaks off in the middle of its answer",
    ValueError: "has an endpoint that is no http or https URL",
}


def _reason(error: Exception, timeout_s: float) -> str:
    """Say why there is no answer, with nothing in it that others chose or that is secret."""
    if isinstance(error, TimeoutError):
        return f"gives no answer in {timeout_s:g} seconds"
    for kind in type(error).__mro__:
        if kind in _REASONS:
            return _REASONS[kind]
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot be connected to: {error.os_error.strerror or 'no reason is known'}"
    return f"has no connection that holds ({type(error).__name__})"


def _failed(
    request: PeerRequest, kind: FailureKind, detail: str, *, attempted: bool = True
) -> SourceFailed:
    return SourceFailed(
        f"The source of {request.registration_id} {detail}",
        registration_id=request.registration_id,
        kind=kind,
        attempted=attempted,
    )
