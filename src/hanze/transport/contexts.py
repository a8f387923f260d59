"""Fetching remote @contexts, with limits on size, time, redirects and addresses (6.3.5, 6.3.16)."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Final

import httpx
import orjson

from hanze.broker.contexts import FetchedDocument, LdContextNotAvailable
from hanze.errors import InvalidInput
from hanze.transport.addresses import AddressRefused, resolve_public
from hanze.transport.answers import reason_of

__all__ = ["ContextFetcher", "lifetime_s"]

_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))

#: Servers of plain files, code hosting sites among them, send contexts as text.
_UNTOLD: Final = frozenset(("", "text/plain", "application/octet-stream"))

#: Longest time for which a document is kept on the guess of RFC 7234, 4.2.2.
_LONGEST_GUESS_S: Final = 86_400.0

_HEADERS: Final = {
    "Accept": "application/ld+json, application/json;q=0.9, */*;q=0.1",
    # Compressed answers could be a thousand times larger than what was counted on the way.
    "Accept-Encoding": "identity",
    "User-Agent": "hanze",
}


class ContextFetcher:
    """Downloads @contexts.

    Args:
        allow_private: Whether private and loopback addresses may be fetched from.
        max_bytes: Largest document.
        timeout_s: For one document with its redirects.
    """

    def __init__(self, *, allow_private: bool, max_bytes: int, timeout_s: float) -> None:
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        tls = httpx.create_ssl_context()
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        return tls

    async def fetch(self, url: str) -> FetchedDocument:
        """Download a document.

        Raises:
            LdContextNotAvailable: It cannot be had, or not within the limits.
            InvalidInput: What is there is no JSON (5.5.6).
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(url)
        except TimeoutError:
            raise LdContextNotAvailable(url, f"no answer in {self._timeout_s:g} seconds") from None
        except AddressRefused as error:
            raise LdContextNotAvailable(url, str(error)) from error
        except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise LdContextNotAvailable(url, reason_of(error)) from error

    async def _follow(self, url: str) -> FetchedDocument:
        # One client per document: connections to one address may be for different hosts.
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, timeout=self._timeout_s
        ) as client:
            target = httpx.URL(url)
            for _ in range(_MAX_REDIRECTS + 1):
                found = await self._get(client, target, url)
                if isinstance(found, FetchedDocument):
                    return found
                target = target.join(found)
        raise LdContextNotAvailable(url, f"more than {_MAX_REDIRECTS} redirects")

    async def _get(
        self, client: httpx.AsyncClient, target: httpx.URL, url: str
    ) -> FetchedDocument | str:
        """Ask for one URL: the document, or where to look instead."""
        response = await self._send(client, target, url)
        try:
            if response.status_code in _REDIRECTS and "Location" in response.headers:
                return str(response.headers["Location"])
            if response.status_code != 200:
                raise LdContextNotAvailable(url, f"status {response.status_code}")
            elsewhere = _alternate(response)
            if elsewhere is not None:
                return elsewhere
            _check_media_type(response, url)
            body = await self._read(response, url)
        finally:
            await response.aclose()
        lifetime = lifetime_s(response.headers, now_s=time.time())
        try:
            return FetchedDocument(str(target), orjson.loads(body), lifetime)
        except orjson.JSONDecodeError as error:
            raise _not_json(url) from error

    async def _read(self, response: httpx.Response, url: str) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_bytes:
                raise LdContextNotAvailable(url, f"larger than {self._max_bytes} bytes")
        return bytes(body)

    async def _send(self, client: httpx.AsyncClient, target: httpx.URL, url: str) -> httpx.Response:
        """Ask at the addresses that were judged, under the name that was asked for."""
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise LdContextNotAvailable(url, "it leads to something else than http or https")
        port = target.port or (443 if target.scheme == "https" else 80)
        *others, last = await resolve_public(target.host, port, allow_private=self._allow_private)
        for address in others:
            # A name can stand for addresses that do not all answer, like localhost.
            with contextlib.suppress(httpx.ConnectError):
                return await client.send(_request(target, address), stream=True)
        return await client.send(_request(target, last), stream=True)


def _request(target: httpx.URL, address: str) -> httpx.Request:
    return httpx.Request(
        "GET",
        target.copy_with(host=address),
        headers={**_HEADERS, "Host": target.netloc.decode("ascii")},
        extensions={"sni_hostname": target.raw_host.decode("ascii").strip("[]")},
    )


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _alternate(response: httpx.Response) -> str | None:
    """Find the context that a page points to (JSON-LD 1.1 API, 9.4.2)."""
    link = response.links.get("alternate")
    if link is None or _is_json(_media_type(response)):
        return None
    return link.get("url") if link.get("type") == "application/ld+json" else None


def _check_media_type(response: httpx.Response, url: str) -> None:
    media_type = _media_type(response)
    if not _is_json(media_type) and media_type not in _UNTOLD:
        raise _not_json(url)


def _not_json(url: str) -> InvalidInput:
    return InvalidInput(
        f"The @context {url[:200]} is not JSON", field="@context", value=url, clause="5.5.6"
    )


def lifetime_s(headers: Mapping[str, str], *, now_s: float) -> float | None:
    """Say for how long an answer may be kept (6.3.16; RFC 7234, 4.2.1 and 4.2.2).

    Args:
        headers: Of the answer; names in any case that the mapping itself allows.
        now_s: Seconds since 1970, for answers without a Date.

    Returns:
        Seconds, 0 for "not at all", `None` when the server says nothing of it.
    """
    directives = _directives(headers.get("Cache-Control", ""))
    age_s = _seconds(headers.get("Age")) or 0.0
    if "no-store" in directives or "no-cache" in directives:
        return 0.0
    for name in ("s-maxage", "max-age"):
        if name in directives:
            return max(0.0, (_seconds(directives[name]) or 0.0) - age_s)
    date_s = _moment(headers.get("Date")) or now_s
    if "Expires" in headers:
        # An invalid date, "0" above all, means that it has expired.
        return max(0.0, (_moment(headers["Expires"]) or 0.0) - date_s)
    modified_s = _moment(headers.get("Last-Modified"))
    if modified_s is None:
        return None
    return min(max(0.0, (date_s - modified_s) / 10), _LONGEST_GUESS_S)


def _directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
