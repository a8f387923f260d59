"""The operations that are measured, each with its aim and what to send."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import workload
from driver import Load

__all__ = ["BATCH", "Operation", "operations"]

BATCH = 1_000
_ENTITIES = "/ngsi-ld/v1/entities"


@dataclass(frozen=True)
class Operation:
    """One row of the table.

    Attributes:
        key: In JSON.
        title: In the table.
        aim: Entities or requests per second that must be reached.
        aim_size: The number of entities for which the aim is set; `None` for any.
        load: What is sent.
        status: Of the answer, for the echo.
        alone: Whether it is also tried over one connection: its latency without a queue.
    """

    key: str
    title: str
    aim: int
    load: Load
    status: int = 200
    aim_size: int | None = None
    alone: bool = False


def _file(path: Path, rows: Iterable[str]) -> Path:
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def _bodies(directory: Path, bodies: list[bytes]) -> Path:
    for number, body in enumerate(bodies):
        (directory / f"batch-{number}.json").write_bytes(body)
    names = (str(directory / f"batch-{number}.json") for number in range(len(bodies)))
    return _file(directory / "batches.txt", names)


def _writes(directory: Path, count: int) -> list[Operation]:
    create = directory / "create.json"
    create.write_text(workload.create_template(), "utf-8")
    patch = directory / "patch.json"
    patch.write_text(workload.patch_template(), "utf-8")
    known = workload.identifiers(count, 5_000)
    patched = _file(directory / "patched.txt", (f"{path}/attrs" for path in known))
    batch = min(BATCH, count // 2)
    bodies = _bodies(directory, workload.variants(count, batch, groups=8))
    upsert = _file(directory / "upsert.txt", ["/ngsi-ld/v1/entityOperations/upsert"])
    everything = _file(directory / "create.txt", [_ENTITIES])
    return [
        Operation("create", "durable create", 5_000, Load(everything, "POST", create), 201),
        Operation("patch", "two-attribute patch", 4_500, Load(patched, "PATCH", patch), 204),
        Operation(
            "upsert",
            f"batch upsert of {batch:,} (entities)",
            12_000,
            Load(upsert, "POST", bodies=bodies, connections=4, units=batch),
            204,
        ),
    ]


def _reads(directory: Path, count: int) -> list[Operation]:
    found = _file(directory / "retrieve.txt", workload.identifiers(count, 5_000))
    kinds = {
        "one": "query, one numeric condition",
        "two": "query, two numeric conditions",
        "text": "query, text equality",
        "count": "query with count",
        "near": "query near, 5 km",
        "within": "query within 250 vertices",
    }
    asked = {kind: _file(directory / f"{kind}.txt", workload.queries(kind, 200)) for kind in kinds}
    return [
        Operation("retrieve", "retrieve by id", 20_000, Load(found), alone=True),
        *(
            Operation(kind, title, 8_000, Load(asked[kind]), aim_size=100_000, alone=True)
            for kind, title in kinds.items()
        ),
    ]


def operations(directory: Path, count: int) -> list[Operation]:
    """Write what will be sent into a directory and return the operations on `count` entities."""
    return [*_writes(directory, count), *_reads(directory, count)]
