"""Asking sources for what is new: with limits on size, time, redirects and addresses."""

import asyncio
import contextlib
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import httpx

from hanze.errors import Unavailable
from hanze.transport.addresses import AddressRefused, resolve_public
from hanze.transport.answers import reason_of
from hanze.transport.contexts import lifetime_s

__all__ = ["FetchFailed", "Fetched", "Poller", "Validators"]

_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
#: A guess from Last-Modified is none for live data.
_LIFETIMES: Final = ("Cache-Control", "Expires", "Date", "Age")
_MOST_WAIT_S: Final = 86_400.0


class FetchFailed(Unavailable):
    """A source does not answer, or not as it should.

    Attributes:
        retry_after_s: How long the source asks to wait, where it does.
    """

    def __init__(self, url: str, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{httpx.URL(url).host or url[:100]} gives no data: {reason}")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Validators:
    """What a source said about an answer, to ask next time whether it changed (RFC 9110, 13)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.

    Attributes:
        body: `None` when nothing changed.
        url: Where it was, after redirects.
        fresh_s: For how long it stays as it is, by its headers; `None` when they do not say.
    """

    body: bytes | None
    content_type: str
    url: str
    validators: Validators
    fresh_s: float | None


class Poller:
    """Fetches from sources.

    Args:
        allow_private: Whether private and loopback addresses may be fetched from.
        max_bytes: Largest answer, unpacked.
        timeout_s: For one answer with its redirects.
        user_agent: Says who asks, as public services demand.
    """

    def __init__(
        self, *, allow_private: bool, max_bytes: int, timeout_s: float, user_agent: str
    ) -> None:
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip"}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        tls = httpx.create_ssl_context()
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        return tls

    async def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        media_types: str = "*/*",
        known: Validators | None = None,
    ) -> Fetched:
        """Fetch an address.

        Args:
            headers: Sent to the host of the address alone: a redirect elsewhere does not get them.
            known: Of the answer before; then an unchanged one has no body.

        Raises:
            FetchFailed: It cannot be had, or not within the limits.
        """
        sent = {**self._headers, "Accept": media_types}
        if known is not None and known.etag:
            sent["If-None-Match"] = known.etag
        if known is not None and known.last_modified:
            sent["If-Modified-Since"] = known.last_modified
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(url, sent, headers)
        except TimeoutError:
            raise FetchFailed(url, f"no answer in {self._timeout_s:g} seconds") from None
        except AddressRefused as error:
            reason = f"{error}; the setting sources.allow_private lets the node go there"
            raise FetchFailed(url, reason) from error
        except zlib.error as error:
            raise FetchFailed(url, f"the answer is packed wrong ({error})") from error
        except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise FetchFailed(url, reason_of(error)) from error

    async def _follow(self, url: str, sent: Mapping[str, str], own: Mapping[str, str]) -> Fetched:
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, timeout=self._timeout_s
        ) as client:
            target = first = httpx.URL(url)
            for _ in range(_MAX_REDIRECTS + 1):
                same = (target.scheme, target.host, target.port) == (
                    *(first.scheme, first.host, first.port),
                )
                response = await self._send(client, target, {**sent, **(own if same else {})})
                try:
                    if response.status_code in _REDIRECTS and "Location" in response.headers:
                        target = target.join(str(response.headers["Location"]))
                        continue
                    return await self._answer(response, target, url)
                finally:
                    await response.aclose()
        raise FetchFailed(url, f"more than {_MAX_REDIRECTS} redirects")

    async def _answer(self, response: httpx.Response, target: httpx.URL, url: str) -> Fetched:
        body: bytes | None = None
        if response.status_code != httpx.codes.NOT_MODIFIED:
            if response.status_code != httpx.codes.OK:
                raise FetchFailed(
                    url, f"status {response.status_code}", retry_after_s=_retry_after_s(response)
                )
            body = await self._read(response, url)
        headers = response.headers
        return Fetched(
            body=body,
            content_type=str(headers.get("Content-Type", "")),
            url=str(target),
            validators=Validators(
                str(headers.get("ETag", "")), str(headers.get("Last-Modified", ""))
            ),
            fresh_s=lifetime_s(
                {name: headers[name] for name in _LIFETIMES if name in headers}, now_s=time.time()
            ),
        )

    async def _read(self, response: httpx.Response, url: str) -> bytes:
        """Read within the limit, also of what a packed answer unpacks to."""
        packed = str(response.headers.get("Content-Encoding", "")).lower() in ("gzip", "x-gzip")
        unpacking = zlib.decompressobj(wbits=31) if packed else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            if unpacking is None:
                body += chunk
            else:
                body += unpacking.decompress(chunk, self._max_bytes + 1 - len(body))
            if len(body) > self._max_bytes:
                raise FetchFailed(
                    url,
                    f"the answer is larger than {self._max_bytes >> 20} MB, the setting "
                    "sources.max_message_mb",
                )
        return bytes(body)

    async def _send(
        self, client: httpx.AsyncClient, target: httpx.URL, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Ask at the addresses that were judged, under the name that was asked for."""
        if target.scheme not in ("http", "https") or not target.host:
            raise FetchFailed(str(target), "it leads to something else than http or https")
        port = target.port or (443 if target.scheme == "https" else 80)
        *others, last = await resolve_public(target.host, port, allow_private=self._allow_private)
        for address in others:
            with contextlib.suppress(httpx.ConnectError):
                return await client.send(_request(target, address, headers), stream=True)
        return await client.send(_request(target, last, headers), stream=True)


def _request(target: httpx.URL, address: str, headers: Mapping[str, str]) -> httpx.Request:
    return httpx.Request(
        "GET",
        target.copy_with(host=address, userinfo=b""),
        headers={**headers, "Host": target.netloc.decode("ascii").rpartition("@")[2]},
        extensions={"sni_hostname": target.raw_host.decode("ascii").strip("[]")},
    )


def _retry_after_s(response: httpx.Response) -> float | None:
    text = str(response.headers.get("Retry-After", ""))
    return min(float(text), _MOST_WAIT_S) if text.isascii() and text.isdigit() else None
