"""Clients of the history benchmark: one that sends measurements, one that asks meanwhile."""

import asyncio
import http.client
import statistics
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

import orjson
from processes import Server

__all__ = [
    "ATTRIBUTES",
    "TYPE",
    "Asker",
    "Sent",
    "ask",
    "bodies",
    "create",
    "entity_id",
    "moment",
    "send",
]

TYPE = "TrafficFlowObserved"
#: What each entity measures, with its unit.
ATTRIBUTES = (
    ("intensity", "H10"),
    ("averageVehicleSpeed", "KMH"),
    ("occupancy", "P1"),
    ("averageHeadwayTime", "SEC"),
)
_BATCH = 250
_SEND = "/ngsi-ld/v1/entityOperations/"


@dataclass
class Sent:
    """What became of a stream of requests.

    Attributes:
        cpu_s: That the server used, all threads.
    """

    values: int
    seconds: float
    cpu_s: float
    errors: int

    @property
    def rate(self) -> float:
        return self.values / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / max(1, self.values) * 1e6


def entity_id(number: int) -> str:
    return f"urn:ngsi-ld:{TYPE}:bench:{number:06d}"


def create(server: Server, count: int) -> None:
    """Create the entities, without measurements."""
    connection = _connection(server)
    for start in range(0, count, _BATCH):
        entities = [
            {"id": entity_id(number), "type": TYPE, "name": {"value": f"Counter {number}"}}
            for number in range(start, min(start + _BATCH, count))
        ]
        connection.request("POST", _SEND + "create", orjson.dumps(entities), _JSON)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise RuntimeError(f"Creating answers {answer.status}")
    connection.close()


def bodies(entities: int, start: datetime) -> Iterator[tuple[bytes, int]]:
    """Write what all entities measure, minute by minute: bodies with the values that they hold."""
    minute = 0
    while True:
        seen = (start + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for first in range(0, entities, _BATCH):
            numbers = range(first, min(first + _BATCH, entities))
            batch = [_measured(number, minute, seen) for number in numbers]
            yield orjson.dumps(batch), len(batch) * len(ATTRIBUTES)
        minute += 1


def _measured(number: int, minute: int, seen: str) -> dict[str, object]:
    measured: dict[str, object] = {"id": entity_id(number), "type": TYPE}
    for place, (name, unit) in enumerate(ATTRIBUTES):
        turn = number * 7_919 + minute * 104_729 + place * 1_299_709
        value = turn % 2_000 if place == 0 else turn % 1_000 / 10
        measured[name] = {"type": "Property", "value": value, "unitCode": unit, "observedAt": seen}
    return measured


def send(
    server: Server,
    requests: Iterator[tuple[bytes, int]],
    *,
    seconds: float,
    connections: int = 4,
    operation: str = "upsert?options=update",
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Sent:
    """Send batches over some connections for some time; the last answers are waited for."""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {_SEND}{operation} HTTP/1.1\r\nHost: localhost\r\n{more}"
    return asyncio.run(_send(server, requests, seconds, connections, head))


async def _send(
    server: Server,
    requests: Iterator[tuple[bytes, int]],
    seconds: float,
    connections: int,
    head: str,
) -> Sent:
    sent = Sent(0, 0.0, 0.0, 0)
    before, started = server.cpu_s(), time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(*_address(server), limit=1 << 20)
        while time.perf_counter() - started < seconds and (item := next(requests, None)):
            body, values = item
            rest = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write((head + rest).encode() + body)
            sent.errors += (await _answer(reader)) not in (201, 204)
            sent.values += values
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    sent.seconds = time.perf_counter() - started
    sent.cpu_s = server.cpu_s() - before
    return sent


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            await reader.readexactly(int(value))
    return int(head.split(b" ", 2)[1])


def ask(server: Server, paths: Iterable[str]) -> tuple[float, int]:
    """Ask for paths one after the other over one connection; return ms in all, and bytes."""
    connection = _connection(server)
    size = 0
    started = time.perf_counter()
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        size += len(answer.read())
        if answer.status not in (200, 206):
            raise RuntimeError(f"{path[:200]} answers {answer.status}")
    elapsed = (time.perf_counter() - started) * 1e3
    connection.close()
    return elapsed, size


@dataclass
class Asker:
    """Asks for entities beside what is measured, every few milliseconds."""

    server: Server
    entities: int
    found_ms: list[float] = field(default_factory=list)

    def __enter__(self) -> "Asker":
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection = _connection(self.server)
        number = 0
        while not self._stop.wait(0.005):
            number = (number + 7) % self.entities
            started = time.perf_counter()
            connection.request("GET", f"/ngsi-ld/v1/entities/{entity_id(number)}")
            connection.getresponse().read()
            self.found_ms.append((time.perf_counter() - started) * 1e3)
        connection.close()

    def told(self) -> str:
        """Name median and 99th percentile."""
        if len(self.found_ms) < 2:
            return "too short to tell"
        ordered = sorted(self.found_ms)
        high = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
        return f"p50 {statistics.median(ordered):.1f}, p99 {high:.1f} ms of {len(ordered)}"


_JSON = {"Content-Type": "application/json"}


def _address(server: Server) -> tuple[str, int]:
    parts = urlsplit(server.url)
    return parts.hostname or "", parts.port or 80


def _connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(*_address(server), timeout=300)


def moment(days_ago: float) -> datetime:
    """Return the start of the minute so many days ago."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).replace(second=0, microsecond=0)
