"""A receiver of notifications that does next to nothing: counts them, and answers 200.

`GET /count` says how many came, `GET /body` the last one.
"""

import asyncio
import socket

import httptools
import uvloop

_TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_seen = {"count": 0}
_last = [b""]


class _Protocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._parser.get_method() == b"POST":
            _seen["count"] += 1
            _last[0] = self._body
            self._transport.write(_TAKEN)
            return
        body = _last[0] if self._url == b"/body" else str(_seen["count"]).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def main() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(_Protocol, sock=listening)
        print(f"Listening on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
