"""Measuring one size: load, memory, start-up, then every operation beside its limit."""

import http.client
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import limits
import processes
import workload
from driver import Outcome, drive
from operations import BATCH, Operation, operations
from processes import Server

__all__ = ["Figure", "Row", "Size", "measure", "say"]


@dataclass(frozen=True)
class Figure:
    """Several runs of one thing: their median and spread."""

    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values) if self.values else 0.0

    @property
    def low(self) -> float:
        return min(self.values, default=0.0)

    @property
    def high(self) -> float:
        return max(self.values, default=0.0)


@dataclass
class Row:
    """An operation's runs, those of the echo beside it, and those over one connection."""

    operation: Operation
    runs: list[Outcome] = field(default_factory=list)
    echo: list[Outcome] = field(default_factory=list)
    alone: list[Outcome] = field(default_factory=list)


@dataclass
class Size:
    """Everything that was measured with a number of entities."""

    entities: int
    load_rate: float = 0.0
    loaded_mb: float = 0.0
    stop_s: float = 0.0
    start_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    after_mb: float = 0.0
    disk_mb: float = 0.0
    parse: list[float] = field(default_factory=list)
    insert: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _connect(server: Server) -> http.client.HTTPConnection:
    address = urlsplit(server.url)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)


def _load(server: Server, count: int) -> float:
    """Create the entities in batches; return how many a second."""
    connection = _connect(server)
    start = time.perf_counter()
    sent = 0
    for body in workload.batches(count, BATCH):
        connection.request(
            "POST",
            "/ngsi-ld/v1/entityOperations/create",
            body,
            {"Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"Loading fails with {answer.status}: {text[:500]!r}")
        sent += BATCH
        if sent % 100_000 == 0:
            say(f"  {sent:,} loaded, {sent / (time.perf_counter() - start):,.0f}/s")
    connection.close()
    return count / (time.perf_counter() - start)


def _answer(server: Server, operation: Operation) -> bytes:
    """Return what the node answers to the first request of an operation, checked."""
    if operation.load.method != "GET":
        return b""
    connection = _connect(server)
    path = operation.load.paths.read_text("utf-8").splitlines()[0]
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != operation.status:
        raise RuntimeError(f"{path[:200]} answers {answer.status}: {body[:500]!r}")
    return body


def _teach(echo: Server, operation: Operation, body: bytes) -> str:
    """Tell the echo to answer the same bytes; return the prefix under which it does."""
    connection = _connect(echo)
    connection.request("PUT", f"/{operation.key}", body, {"x-status": str(operation.status)})
    connection.getresponse().read()
    connection.close()
    return f"/{operation.key}?"


class _Numbers:
    """Gives each run numbers that no other run writes."""

    def __init__(self) -> None:
        self._next = 100_000_000

    def take(self) -> int:
        self._next += 1_000_000
        return self._next


def _rounds(
    size: Size, server: Server, echo: Server, scratch: Path, times: int, seconds: float
) -> None:
    size.rows = [Row(operation) for operation in operations(scratch, size.entities)]
    prefixes = {
        row.operation.key: _teach(echo, row.operation, _answer(server, row.operation))
        for row in size.rows
    }
    numbers = _Numbers()
    for number in range(times):
        say(f"  round {number + 1} of {times}")
        size.parse.append(limits.parse_rate(seconds / 4))
        size.insert.append(limits.insert_rate(scratch, seconds / 4))
        for row in size.rows:
            load, prefix = row.operation.load, prefixes[row.operation.key]
            # wrk counts finished requests only: with few large ones a short run would say less.
            length = seconds if load.units == 1 else 3 * seconds
            row.echo.append(
                drive(echo, load, seconds=seconds / 2, start=numbers.take(), prefix=prefix)
            )
            row.runs.append(drive(server, load, seconds=length, start=numbers.take()))
            if row.operation.alone:
                row.alone.append(
                    drive(server, replace(load, connections=1), seconds=1, start=number * 37)
                )


def _disk_mb(data: Path) -> float:
    return sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 1_048_576


def measure(count: int, *, directory: Path, times: int, seconds: float) -> Size:
    """Measure a node with a number of entities.

    Args:
        directory: On the disk that is measured; what is made in it is removed.
        times: Runs of each operation and of each start.
        seconds: Length of a run.
    """
    size = Size(count)
    with tempfile.TemporaryDirectory(prefix="hanze-bench-", dir=directory) as made:
        scratch = Path(made)
        data = scratch / "data"
        say(f"{count:,} entities")
        with processes.node(data) as server:
            size.load_rate = _load(server, count)
            size.loaded_mb = server.memory_mb()
            size.stop_s = server.stop()
        size.disk_mb = _disk_mb(data)
        for _ in range(times - 1):
            with processes.node(data) as server:
                size.start_s.append(server.start_s)
                size.memory_mb.append(server.memory_mb())
        with processes.node(data) as server, processes.echo(scratch) as echo:
            size.start_s.append(server.start_s)
            size.memory_mb.append(server.memory_mb())
            _rounds(size, server, echo, scratch, times, seconds)
            size.after_mb = server.memory_mb()
    return size
