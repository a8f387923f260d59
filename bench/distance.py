"""A network between nodes: passes connections on, and everything in them a moment later.

python bench/distance.py MILLISECONDS URL...   prints "Listening on PORT..." with a port for each URL
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float
) -> None:
    """Write what is read, each piece so long after it came; the next need not wait for it."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65_536):
            loop.call_later(delay_s, writer.write, piece)
    loop.call_later(delay_s, writer.close)


async def _open(address: tuple[str, int], delay_s: float) -> int:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A connection takes a way there and back, too.
        await asyncio.sleep(2 * delay_s)
        there, back = await asyncio.open_connection(*address)
        await asyncio.gather(_pass_on(reader, back, delay_s), _pass_on(there, writer, delay_s))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return port


async def main() -> None:
    delay_s = float(sys.argv[1]) / 1000
    ports = []
    for url in sys.argv[2:]:
        parts = urlsplit(url)
        ports.append(await _open((parts.hostname or "", parts.port or 0), delay_s))
    print("Listening on", *ports, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
