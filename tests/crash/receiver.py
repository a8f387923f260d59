"""A receiver of notifications in a process of its own: appends what it is told to a file.

Run as `python receiver.py FILE`. It says its port, then writes a line `id value` for each entity of
each notification, before it answers. Now and then it fails, so that notifications are sent again.
"""

import asyncio
import os
import random
import sys

import httptools
import orjson

_FAILS = 0.02


class _Protocol(asyncio.Protocol):
    def __init__(self, descriptor: int, choose: random.Random) -> None:
        self._descriptor = descriptor
        self._choose = choose

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._choose.random() < _FAILS:
            self._transport.write(b"HTTP/1.1 503 Not now\r\ncontent-length: 0\r\n\r\n")
            return
        told = orjson.loads(self._body)["data"]
        lines = "".join(f"{entity['id']} {entity['count']['value']}\n" for entity in told)
        os.write(self._descriptor, lines.encode())
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def main(path: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    choose = random.Random(1)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(descriptor, choose), "127.0.0.1", 0
    )
    os.write(1, f"{server.sockets[0].getsockname()[1]}\n".encode())
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
