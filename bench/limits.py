"""What no node in Python can beat on this machine: parsing and inserting the same bodies."""

import tempfile
import time
from pathlib import Path

import apsw
import orjson
import workload

__all__ = ["insert_rate", "parse_rate"]

#: What a group commit gathers when 64 clients wait.
_GROUP = 64


def parse_rate(seconds: float) -> float:
    """Return how many bodies orjson parses in a second."""
    bodies = [orjson.dumps(workload.entity(number)) for number in range(1_000)]
    start = time.perf_counter()
    parsed = 0
    while time.perf_counter() - start < seconds:
        for body in bodies:
            orjson.loads(body)
        parsed += len(bodies)
    return parsed / (time.perf_counter() - start)


def insert_rate(directory: Path, seconds: float) -> float:
    """Return how many bodies apsw makes durable in a second, 64 in a transaction."""
    bodies = [orjson.dumps(workload.entity(number)) for number in range(1_000)]
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        connection = apsw.Connection(str(Path(scratch) / "limit.db"))
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE entity(id TEXT UNIQUE, body BLOB)")
        start = time.perf_counter()
        stored = 0
        while time.perf_counter() - start < seconds:
            connection.execute("BEGIN")
            for number in range(stored, stored + _GROUP):
                connection.execute(
                    "INSERT INTO entity VALUES (?, ?)",
                    (workload.entity_id(number), bodies[number % len(bodies)]),
                )
            connection.execute("COMMIT")
            stored += _GROUP
        elapsed = time.perf_counter() - start
        connection.close()
    return stored / elapsed
