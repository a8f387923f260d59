"""Logs until it dies, and says what is durable.

Run as `python log_writer.py DIRECTORY WORKERS`. A line is a number of records that was acknowledged;
some go with units of work, some of these fail, others are staged as reads do it.
"""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from hanze.governance.records.log import ProcessingRecord
from hanze.store.store import Store
from hanze.store.unit import StagedUnit

_AT = "2026-03-01T10:00:00.000000Z"


def _append(unit: StagedUnit, record: ProcessingRecord) -> None:
    unit.log.append(record)


async def work(store: Store, worker: int) -> None:
    def record(number: int) -> ProcessingRecord:
        subject = store.log.pseudonym("", f"urn:ngsi-ld:Person:{worker}:{number // 10}")
        return ProcessingRecord(at=_AT, name="read", subject=subject)

    def failing(unit: StagedUnit) -> None:
        unit.log.append(record(number))
        raise ValueError

    number = 0
    while True:
        number += 1
        if number % 3 == 0:
            await store.transact(partial(_append, record=record(number)))
        elif number % 7 == 0:
            await asyncio.gather(store.transact(failing), return_exceptions=True)
            continue
        else:
            store.log.stage([record(number), record(number + 1)])
            await store.log.settled()
        os.write(1, f"{store.log.head.number}\n".encode())


async def main(directory: Path, workers: int) -> None:
    store = await Store.open(directory)
    await asyncio.gather(*(work(store, worker) for worker in range(workers)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
