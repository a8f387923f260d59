"""Writes to a running node until that dies, and says what was acknowledged.

Run as `python notified_writer.py URL WORKERS ROUND`. A line is `id value` of an acknowledged write;
each worker has its own entities, and its values grow.
"""

import asyncio
import os
import random
import sys

import aiohttp
import orjson

_ENTITIES = 5
_HEADERS = {"Content-Type": "application/json"}


async def work(session: aiohttp.ClientSession, url: str, worker: int, round_: int) -> None:
    choose = random.Random(worker * 1_000 + round_)
    value = round_ * 1_000_000
    while True:
        value += 1
        number = choose.randrange(_ENTITIES)
        entity = {
            "id": f"urn:ngsi-ld:Count:{worker}:{number}",
            "type": "Count",
            "count": {"type": "Property", "value": value},
        }
        path = f"{url}/ngsi-ld/v1/entityOperations/upsert"
        async with session.post(path, data=orjson.dumps([entity]), headers=_HEADERS) as answer:
            await answer.read()
            if answer.status not in (201, 204):
                raise SystemExit(f"status {answer.status}")
        os.write(1, f"{entity['id']} {value}\n".encode())


async def main(url: str, workers: int, round_: int) -> None:
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(
            *(work(session, url, worker, round_) for worker in range(workers)),
            return_exceptions=True,
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
