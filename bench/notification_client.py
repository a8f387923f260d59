"""The bare client beside which delivery is measured: the same library, the same bodies, no node.

python bench/notification_client.py URL BODY_FILE SECONDS CONNECTIONS
"""

import asyncio
import sys
import time
from pathlib import Path

import aiohttp
import orjson
import uvloop

_LINK = '<http://x.org/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
_HEADERS = {"Content-Type": "application/json", "Link": _LINK}


async def main(url: str, body: bytes, seconds: float, connections: int) -> None:
    sent = 0
    ends = time.perf_counter() + seconds

    async def post(session: aiohttp.ClientSession) -> None:
        nonlocal sent
        while time.perf_counter() < ends:
            async with session.post(url, data=body, headers=_HEADERS) as answer:
                await answer.read()
            sent += 1

    start, cpu = time.perf_counter(), time.process_time()
    connector = aiohttp.TCPConnector(limit=0)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        await asyncio.gather(*(post(session) for _ in range(connections)))
    elapsed, used = time.perf_counter() - start, time.process_time() - cpu
    told = {"rate": sent / elapsed, "cpu_us": used / sent * 1e6}
    sys.stdout.buffer.write(orjson.dumps(told) + b"\n")


if __name__ == "__main__":
    uvloop.run(
        main(sys.argv[1], Path(sys.argv[2]).read_bytes(), float(sys.argv[3]), int(sys.argv[4]))
    )
