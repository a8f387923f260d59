"""A process that writes until it is killed, and says on its output what was acknowledged.

Run as `python writer.py DIRECTORY WORKERS ROUND`. A line is `id value` of an acknowledged write;
each worker has its own entities.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

_ENTITIES = 20
#: In microseconds since 1970: every day that the writer sees is over by then.
_LATER = 1 << 52


def entity(entity_id: str, value: int) -> Entity:
    count = Attribute(kind=AttributeKind.PROPERTY, value=value)
    ballast = Attribute(kind=AttributeKind.PROPERTY, value="x" * 800)
    return Entity(
        id=entity_id,
        types=("urn:t:Count",),
        attributes={"urn:count": (count,), "urn:b": (ballast,)},
    )


async def work(store: Store, worker: int, round_: int) -> None:
    choose = random.Random(worker * 1_000 + round_)
    value = round_ * 1_000_000
    while True:
        value += 1
        written = {
            f"urn:x:{worker}:{choose.randrange(_ENTITIES)}": value
            for _ in range(choose.randint(1, 3))
        }

        def unit(uow: StagedUnit, written: dict[str, int] = written) -> None:
            for entity_id, number in written.items():
                uow.put("", entity(entity_id, number), CORE)

        # What is tried is said too: it may be there though nobody was told.
        say("try", written)
        await store.transact(unit)
        say("done", written)


def say(word: str, written: dict[str, int]) -> None:
    parts = " ".join(f"{entity_id}={value}" for entity_id, value in written.items())
    os.write(1, f"{word} {parts}\n".encode())


async def archive(store: Store) -> None:
    """Have the history moved all the time, so that the process dies in the middle of it."""
    while True:
        await asyncio.sleep(0.01)
        await store.history.flush()
        await store.history.compact(_LATER)


async def main(directory: Path, workers: int, round_: int) -> None:
    store = await Store.open(directory)
    os.write(1, b"open\n")
    everyone = [work(store, worker, round_) for worker in range(workers)]
    await asyncio.gather(archive(store), *everyone)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
