"""Fetching from a real server on the loopback interface."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hanze.broker.contexts import LdContextNotAvailable
from hanze.errors import InvalidInput
from hanze.transport.addresses import AddressRefused, is_public, resolve_public
from hanze.transport.contexts import ContextFetcher, lifetime_s

_JSON = "Content-Type: application/ld+json\r\n"


def _fetcher(*, allow_private: bool = True, timeout_s: float = 30) -> ContextFetcher:
    return ContextFetcher(allow_private=allow_private, max_bytes=1000, timeout_s=timeout_s)


@asynccontextmanager
async def _serving(answers: dict[str, str]) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve raw answers by path on 127.0.0.1; `BASE` in them is the server's own URL."""
    requests: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        requests.append(request)
        text = answers.get(request.split()[1], "404 Not Found\r\n\r\n").replace("BASE", base)
        writer.write(f"HTTP/1.1 {text}".replace("\r\n", "\r\nConnection: close\r\n", 1).encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        base = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        yield base, requests


@pytest.mark.clause("6.3.5")
@pytest.mark.clause("6.3.16")
async def test_fetch_should_give_the_document_and_its_lifetime() -> None:
    answer = f"200 OK\r\n{_JSON}Cache-Control: max-age=60\r\n\r\n" + '{"@context": {}}'
    async with _serving({"/c": answer}) as (base, requests):
        fetched = await _fetcher().fetch(base + "/c")
    assert (fetched.url, fetched.document, fetched.lifetime_s) == (
        base + "/c",
        {"@context": {}},
        60.0,
    )
    assert f"Host: {base.removeprefix('http://')}\r\n" in requests[0]
    assert "Accept: application/ld+json" in requests[0]


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "text/plain", "x/y+json", ""])
async def test_fetch_should_take_json_under_the_names_it_goes_by(media: str) -> None:
    header = f"Content-Type: {media}\r\n" if media else ""
    async with _serving({"/c": f"200 OK\r\n{header}\r\n1"}) as (base, _):
        assert (await _fetcher().fetch(base + "/c")).document == 1


@pytest.mark.clause("5.5.6")
@pytest.mark.parametrize(
    "answer",
    ["200 OK\r\nContent-Type: text/html\r\n\r\n{}", f"200 OK\r\n{_JSON}\r\n<html>"],
)
async def test_fetch_should_refuse_what_is_no_json(answer: str) -> None:
    async with _serving({"/c": answer}) as (base, _):
        with pytest.raises(InvalidInput, match="not JSON"):
            await _fetcher().fetch(base + "/c")


async def test_fetch_should_follow_redirects_and_alternates() -> None:
    link = '<BASE/real>; rel="alternate"; type="application/ld+json"'
    answers = {
        "/old": "302 Found\r\nLocation: /page\r\n\r\n",
        "/page": f"200 OK\r\nContent-Type: text/html\r\nLink: {link}\r\n\r\n<html>",
        "/real": f"200 OK\r\n{_JSON}\r\n[]",
    }
    async with _serving(answers) as (base, _):
        fetched = await _fetcher().fetch(base + "/old")
    assert (fetched.url, fetched.document) == (base + "/real", [])


@pytest.mark.clause("5.5.6")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("404 Not Found\r\n\r\n", "404"),
        (f"200 OK\r\n{_JSON}\r\n" + " " * 2000, "larger"),
        ("302 Found\r\nLocation: /c\r\n\r\n", "redirects"),
        ("302 Found\r\nLocation: ftp://x/\r\n\r\n", "http"),
        ("302 Found\r\nLocation: http://a:b@localhost/\r\n\r\n", "http"),
        ("nonsense\r\n\r\n", "not available"),
        (f"200 OK\r\n{_JSON}Content-Length: 100\r\n\r\n[]", "not available"),
    ],
)
async def test_fetch_should_say_why_a_document_cannot_be_had(answer: str, reason: str) -> None:
    async with _serving({"/c": answer}) as (base, _):
        with pytest.raises(LdContextNotAvailable, match=reason):
            await _fetcher().fetch(base + "/c")


async def test_fetch_should_give_up_in_time() -> None:
    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(LdContextNotAvailable, match=r"0\.5 seconds"):
            await _fetcher(timeout_s=0.5).fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(LdContextNotAvailable):
        await _fetcher().fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_fetch_should_refuse_addresses_behind_the_node(host: str) -> None:
    async with _serving({"/c": f"200 OK\r\n{_JSON}\r\n[]"}) as (base, requests):
        url = base.replace("localhost", host) + "/c"
        with pytest.raises(LdContextNotAvailable, match="private address"):
            await _fetcher(allow_private=False).fetch(url)
    assert requests == []


async def test_resolve_public_should_give_an_address_as_it_is() -> None:
    assert await resolve_public("1.1.1.1", 80, allow_private=False) == ["1.1.1.1"]
    with pytest.raises(AddressRefused):
        await resolve_public("10.0.0.1", 80, allow_private=False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("64:ff9b::101:101", True),
        ("2002:101:101::", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
    ],
)
def test_is_public_should_look_inside_wrapped_addresses(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


@pytest.mark.clause("6.3.16")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Cache-Control": "public, max-age=100"}, 100),
        ({"Cache-Control": "max-age=100, s-maxage=10"}, 10),
        ({"Cache-Control": 'Max-Age="100"', "Age": "40"}, 60),
        ({"Cache-Control": "max-age=5", "Age": "40"}, 0),
        ({"Cache-Control": "max-age=many"}, 0),
        ({"Cache-Control": "no-cache, max-age=100"}, 0),
        ({"Cache-Control": "no-store"}, 0),
        ({"Cache-Control": "max-age=7", "Expires": "0"}, 7),
        ({"Expires": "Thu, 01 Jan 2026 00:01:00 GMT", "Date": _DATE}, 60),
        ({"Expires": "Thu, 01 Jan 1970 00:01:00 GMT"}, 60),
        ({"Expires": "0", "Date": _DATE}, 0),
        ({"Last-Modified": "Wed, 31 Dec 2025 23:50:00 GMT", "Date": _DATE}, 60),
        ({"Last-Modified": "Sun, 01 Jan 2006 00:00:00 GMT", "Date": _DATE}, 86_400),
        ({"Last-Modified": "nonsense"}, None),
    ],
)
def test_lifetime_should_follow_the_headers(
    headers: dict[str, str], expected: float | None
) -> None:
    assert lifetime_s(headers, now_s=0.0) == expected


async def test_fetch_should_try_every_address_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two_addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr("hanze.transport.contexts.resolve_public", two_addresses)
    async with _serving({"/c": f"200 OK\r\n{_JSON}\r\n[]"}) as (base, requests):
        assert (await _fetcher().fetch(base + "/c")).document == []
    assert len(requests) == 1
