"""What the HTTP server allows a client: heads of bounded size and time, one id per request."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from hanze.web.request_id import current_request_id
from hanze.web.server import ServerLimits, make_server

REQUEST = b"GET /a HTTP/1.1\r\nhost: h\r\n"


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = f"{current_request_id()} {size}".encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _serving(limits: ServerLimits) -> AsyncIterator[int]:
    ready = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        server = make_server(_echo, limits, ready=ready.set)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        await ready.wait()
        try:
            yield port
        finally:
            server.should_exit = True
            await task


async def _exchange(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause_s)
    answer = await asyncio.wait_for(reader.read(65536), 5)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_server_should_answer_a_head_in_pieces_and_pass_on_the_request_id() -> None:
    async with _serving(ServerLimits()) as port:
        answer = await _exchange(
            port, REQUEST[:7], REQUEST[7:] + b"x-request-id: abc-1\r\n", b"\r\n", pause_s=0.02
        )
    assert answer.endswith(b"\r\n\r\nabc-1 0")


async def test_server_should_make_a_request_id_when_the_sent_one_is_odd() -> None:
    async with _serving(ServerLimits()) as port:
        answer = await _exchange(port, REQUEST + b'x-request-id: "},{\r\n\r\n')
    request_id = answer.rpartition(b"\r\n\r\n")[2].split()[0]
    assert len(request_id) == 16
    assert request_id.isalnum()


async def test_server_should_refuse_a_head_beyond_the_limit() -> None:
    header = b"x-long: " + b"a" * 200 + b"\r\n"
    async with _serving(ServerLimits(head_bytes=4096)) as port:
        for pieces in ([REQUEST + header * 40 + b"\r\n"], [REQUEST, *[header] * 20]):
            assert (await _exchange(port, *pieces)).startswith(b"HTTP/1.1 431 ")


async def test_server_should_refuse_one_header_that_never_ends() -> None:
    async with _serving(ServerLimits(head_bytes=4096)) as port:
        answer = await _exchange(port, REQUEST, b"x: ", *[b"a" * 1000] * 5)
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_server_should_take_a_large_body_after_a_small_head() -> None:
    body = b"b" * 20_000
    head = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 20000\r\n\r\n"
    async with _serving(ServerLimits(head_bytes=4096)) as port:
        answer = await _exchange(port, head + body)
    assert answer.endswith(b" 20000")


async def test_server_should_answer_what_is_no_http_with_400() -> None:
    async with _serving(ServerLimits()) as port:
        answer = await _exchange(port, b"hello there\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("sent", [b"", REQUEST])
async def test_server_should_hang_up_when_a_head_takes_too_long(sent: bytes) -> None:
    async with _serving(ServerLimits(head_timeout_s=0.2)) as port:
        assert await _exchange(port, sent) == b""


async def _body(reader: asyncio.StreamReader) -> bytes:
    """Read one answer whole; return how many bytes of body the application says it got."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 200 ")
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return (await asyncio.wait_for(reader.readexactly(length), 5)).split()[1]


async def test_server_should_keep_connections_open_between_requests() -> None:
    async with _serving(ServerLimits(head_timeout_s=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(REQUEST + b"\r\n")
            assert await _body(reader) == b"0"
            await asyncio.sleep(0.3)
        writer.close()
        await writer.wait_closed()


_OFFER = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"


@pytest.mark.parametrize("cut", [None, 5, -7, -1])
async def test_server_should_go_on_in_http_1_when_another_protocol_is_offered(
    cut: int | None,
) -> None:
    post = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n" + _OFFER + b"\r\n0123456789"
    get = REQUEST + _OFFER + b"\r\n"
    pieces = [post] if cut is None else [post[:cut], post[cut:]]
    async with _serving(ServerLimits()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent, size in (
            (pieces, b"10"),
            ([get], b"0"),
            (pieces, b"10"),
            ([post + get], b"10"),
        ):
            for piece in sent:
                writer.write(piece)
                await asyncio.sleep(0.02)
            assert await _body(reader) == size
        assert await _body(reader) == b"0"
        writer.close()
        await writer.wait_closed()
