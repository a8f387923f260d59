"""Notifications over HTTP and HTTPS, on connections that are kept (CIM 009, 6.3.8)."""

import asyncio
import re
import ssl
from typing import Final

import aiohttp
from yarl import URL

from hanze.broker.notification import Rendered
from hanze.transport.addresses import AddressRefused, is_public
from hanze.transport.answers import reason_of
from hanze.transport.notifier.outcome import Outcome, Verdict, verdict_of
from hanze.transport.resolver import JudgedResolver, target_of, trusting_authorities

__all__ = ["HttpNotifier"]

#: What is read of an answer: only its status counts.
_ANSWER_BYTES: Final = 64 * 1024

#: How long an address that was judged serves.
_ADDRESS_S: Final = 10
_IDLE_S: Final = 30.0

#: How long the rest of an answer may take.
_DRAIN_S: Final = 1.0

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")

#: Headers by which a message is framed, or finds its way; they are not the subscriber's.
_OURS: Final = frozenset(
    {
        *(
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "keep-alive",
            "proxy-connection",
        ),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)


class HttpNotifier:
    """Posts notifications.

    Args:
        allow_private: Whether private and loopback addresses may be sent to.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def send(self, uri: str, message: Rendered, *, timeout_s: float) -> Outcome:
        """Post a notification, and wait for the answer.

        Args:
            uri: With the scheme http or https.
            message: What is posted, with its headers.
            timeout_s: For everything, the connection too.
        """
        try:
            target = target_of(uri)
            headers = _headers(message)
        except ValueError as error:
            return Outcome(Verdict.IMPOSSIBLE, str(error))
        if target.literal is not None and not (self._allow_private or is_public(target.literal)):
            return Outcome(Verdict.AWAY, f"{target.url.host} is a private address")
        try:
            # Not aiohttp's: a scope of asyncio costs less, and covers the resolver too.
            async with asyncio.timeout(timeout_s):
                return await self._post(target.url, message.body, headers)
        except (TimeoutError, AddressRefused, aiohttp.ClientError, OSError, ValueError) as error:
            return _failure(error, timeout_s)

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, url: URL, body: bytes, headers: dict[str, str]) -> Outcome:
        session = self._session or await self._opened()
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            status = answer.status
            verdict = verdict_of(status)
            # The answer counts from its status on: what follows only frees the connection.
            if verdict in (Verdict.SENT, Verdict.TAKEN):
                await _drain(answer)
            return Outcome(verdict, "" if verdict is Verdict.SENT else f"status {status}")

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
            # Who sends bounds how much; a limit here would let those who hang delay the others.
            limit=0,
            keepalive_timeout=_IDLE_S,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            # Compressed answers could be a thousand times larger than what was counted on the way.
            auto_decompress=False,
            headers={"User-Agent": "hanze", "Accept-Encoding": "identity"},
            skip_auto_headers=("Accept",),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            trust_env=False,
        )


def _failure(error: Exception, timeout_s: float) -> Outcome:
    """Say why nothing was sent."""
    match error:
        case TimeoutError():
            reason = f"no answer in {timeout_s:g} seconds"
        case AddressRefused():
            reason = str(error)
        case aiohttp.InvalidURL():
            return Outcome(Verdict.IMPOSSIBLE, "the endpoint is no http or https URL")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            reason = "the receiver's certificate cannot be trusted, or TLS fails"
        case aiohttp.ClientConnectorError():
            reason = error.os_error.strerror or "the receiver cannot be connected to"
        case UnicodeError() | aiohttp.ClientError() | OSError():
            reason = f"the connection failed ({type(error).__name__})"
        case _:
            return Outcome(Verdict.IMPOSSIBLE, reason_of(error)[:200])
    return Outcome(Verdict.AWAY, reason)


async def _drain(answer: aiohttp.ClientResponse) -> None:
    """Read a short answer to its end, so that its connection can be used again."""
    if answer.content.at_eof():
        return
    left = _ANSWER_BYTES
    try:
        # The status says it all: a slow body must not turn success into failure.
        async with asyncio.timeout(_DRAIN_S):
            while left > 0 and (chunk := await answer.content.read(left)):
                left -= len(chunk)
    except (TimeoutError, aiohttp.ClientError, OSError):
        left = 0
    if left <= 0:
        answer.close()


def _headers(message: Rendered) -> dict[str, str]:
    """Check the headers of a message.

    Raises:
        ValueError: One would break the message, or is not for the subscriber to say.
    """
    headers = {"Content-Type": message.content_type}
    for name, value in message.headers:
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise ValueError(f"the header {name[:60]!r} cannot be sent")
        if name.lower() in _OURS:
            raise ValueError(f"the header {name} is not the subscriber's to set")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
