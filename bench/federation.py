"""`make bench`: how long a query of the league takes, beside the node alone and its slowest peer.

python bench/federation.py           1, 2, 5 and 10 peers as processes, five runs, some minutes
python bench/federation.py --quick   fewer of everything: whether it works at all

One node asks, the others are registered there over the API, and answer what they hold. A page that
the asking node fills with its own entities takes one round: the others are asked for more of these.
Where it holds fewer, everybody gives a page, and whoever may have more of the entities on the
page is asked for that in a second round. One entity takes one round. A round cannot be quicker
than the slowest of those whom it asks; what it takes beyond is finding them, reading their answers
and putting these together. All processes share the cores of this machine, so that peers who would
work at the same time wait for each other here: the processor's time that a query takes in all of
them, divided by the cores, is a second limit. With a distance between the nodes the first counts,
as it does between cities; both are printed. The last table: registrations that do not match, up to
10,000.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from processes import Server, node

_SIZES: Final = (1, 2, 5, 10)
_REGISTRATIONS: Final = (0, 100, 1_000, 10_000)
_ENTITIES: Final = 1_000
#: These fill no page.
_FEW: Final = 5
_PAGE: Final = 20
_RUNS: Final = 5
_REQUESTS: Final = 40
_WARMING: Final = 10
#: One way, in milliseconds: between cities of one country and those of two.
_DISTANCE_MS: Final = 10
_TYPE: Final = "WasteContainer"
#: Bytes of an answer that has something in it.
_SHORTEST: Final = 100
_API: Final = "/ngsi-ld/v1/"


class _Connection:
    """A client that keeps its connection, in one tenant of a node."""

    def __init__(self, url: str, tenant: str = "") -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"NGSILD-Tenant": tenant} if tenant else {}

    def post(self, path: str, body: Any) -> None:
        headers = {**self._headers, "Content-Type": "application/json"}
        self._connection.request("POST", _API + path, orjson.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{path} answers {answer.status}: {text[:500]!r}")

    def query_ms(self, requests: int, *, local: bool = False) -> float:
        """Ask for pages one after the other, never the same; return the median."""
        below = [random.randint(50, 99) for _ in range(requests)]
        path = f"{_API}entities?type={_TYPE}&limit={_PAGE}{'&local=true' * local}&q=fillLevel%3C"
        return 1000 * statistics.median(self._get(f"{path}{number}") for number in below)

    def retrieve_ms(self, requests: int) -> float:
        """Ask for entities of the first peer one after the other; return the median."""
        path = f"{_API}entities/urn:ngsi-ld:{_TYPE}:p0:"
        return 1000 * statistics.median(self._get(f"{path}{one}") for one in range(requests))

    def _get(self, path: str) -> float:
        start = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took_s = time.perf_counter() - start
        warning = answer.getheader("NGSILD-Warning")
        if answer.status != 200 or warning:
            raise RuntimeError(f"{path} answers {answer.status}: {warning or body[:500]!r}")
        if len(body) < _SHORTEST:
            raise RuntimeError(f"{path} answers nothing: {body!r}")
        return took_s

    def close(self) -> None:
        self._connection.close()


@dataclass
class _Row:
    """Runs of one league, in milliseconds.

    Attributes:
        league: The query over the league.
        retrieved: One entity over the league.
        local: The query at the asking node alone.
        slowest: The same at each peer alone: the slowest of them.
        asker_cpu: Of the asking node for one query of the league.
        all_cpu: Of all nodes for it.
    """

    peers: int
    league: list[float] = field(default_factory=list)
    retrieved: list[float] = field(default_factory=list)
    local: list[float] = field(default_factory=list)
    slowest: list[float] = field(default_factory=list)
    asker_cpu: list[float] = field(default_factory=list)
    all_cpu: list[float] = field(default_factory=list)


def _entities(place: str, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "id": f"urn:ngsi-ld:{_TYPE}:{place}:{number}",
            "type": _TYPE,
            "fillLevel": {
                "type": "Property",
                "value": number * 37 % 100,
                "unitCode": "P1",
                "observedAt": "2026-06-01T12:00:00Z",
            },
            "address": {"type": "Property", "value": f"Street {number}"},
            "refOwner": {"type": "Relationship", "object": "urn:ngsi-ld:City:" + place},
            "location": {
                "type": "GeoProperty",
                "value": {"type": "Point", "coordinates": [6.5 + number / 1e4, 53.2]},
            },
        }


def _registration(endpoint: str, type_name: str) -> dict[str, Any]:
    return {
        "type": "ContextSourceRegistration",
        "endpoint": endpoint,
        "information": [{"entities": [{"type": type_name}]}],
    }


@contextmanager
def _distance(peers: Sequence[Server], delay_ms: float) -> Iterator[list[str]]:
    """Give URLs that lead to the peers over a network of some length."""
    script = Path(__file__).with_name("distance.py")
    command = [sys.executable, str(script), str(delay_ms), *(peer.url for peer in peers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError("The network has no output")
        ports = process.stdout.readline().removeprefix("Listening on ").split()
        yield [f"http://127.0.0.1:{port}" for port in ports]
    finally:
        process.terminate()
        process.communicate()


def _prepare(
    asker: Server, tenant: str, peers: Sequence[str], others: int = 0, *, own: int = _ENTITIES
) -> None:
    """Make a tenant of the asking node in which peers are registered, and others beside them."""
    connection = _Connection(asker.url, tenant)
    connection.post("entityOperations/create", list(_entities("here", own)))
    for number in range(others):
        body = _registration(f"http://127.0.0.1:1/{number}", f"Other{number}")
        connection.post("csourceRegistrations", body)
    for url in peers:
        connection.post("csourceRegistrations", _registration(url, _TYPE))
    connection.close()


def _run(
    row: _Row, asker: Server, tenant: str, urls: Sequence[str], all_: Sequence[Server], times: int
) -> None:
    """Measure one league once: the query, and its two limits beside it."""
    league = _Connection(asker.url, tenant)
    alone = [_Connection(url) for url in urls]
    for connection in (league, *alone):
        connection.query_ms(_WARMING)
    row.retrieved.append(league.retrieve_ms(times))
    row.local.append(league.query_ms(times, local=True))
    row.slowest.append(max(one.query_ms(times) for one in alone))
    before = [server.cpu_s() for server in all_]
    row.league.append(league.query_ms(times))
    used = [server.cpu_s() - cpu_s for server, cpu_s in zip(all_, before, strict=True)]
    row.asker_cpu.append(1000 * used[0] / times)
    row.all_cpu.append(1000 * sum(used) / times)
    for connection in (league, *alone):
        connection.close()


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):8.1f} {f'{min(values):.1f}-{max(values):.1f}':>13}"


def _table(title: str, rows: Sequence[_Row]) -> str:
    lines = [
        f"{title}; milliseconds, median and spread of {len(rows[0].league)} runs",
        f"{'peers':>6}{'league':>9}{'':14}{'one entity':>10}{'':13}{'local':>9}{'':14}"
        f"{'slowest peer':>12}{'':11}"
        f"{'beyond it':>9}{'CPU asker':>10}{'CPU all':>8}{'/cores':>7}",
    ]
    for row in rows:
        beyond = statistics.median(
            league - slowest for league, slowest in zip(row.league, row.slowest, strict=True)
        )
        cpu = statistics.median(row.all_cpu)
        lines.append(
            f"{row.peers:>6} {_spread(row.league)} {_spread(row.retrieved)} {_spread(row.local)} "
            f"{_spread(row.slowest)}"
            f"{beyond:>9.1f}{statistics.median(row.asker_cpu):>10.1f}{cpu:>8.1f}"
            f"{cpu / (os.cpu_count() or 1):>7.1f}"
        )
    return "\n".join(lines)


def _growth(asker: Server, peer: Server, sizes: Sequence[int], runs: int, times: int) -> str:
    """Measure a query to one peer, as the number of registrations of others grows."""
    connections = {}
    for size in sizes:
        print(f"  {size:,} registrations", file=sys.stderr)
        _prepare(asker, f"growth{size}", [peer.url], size)
        connections[size] = _Connection(asker.url, f"growth{size}")
    latencies: dict[int, list[float]] = {size: [] for size in sizes}
    cpu: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(runs):
        for size, connection in connections.items():
            connection.query_ms(_WARMING)
            before = asker.cpu_s()
            latencies[size].append(connection.query_ms(times))
            cpu[size].append(1000 * (asker.cpu_s() - before) / times)
    lines = ["A query to one peer beside registrations that do not match; milliseconds"]
    lines.append(f"{'registrations':>14}{'league':>9}{'':14}{'CPU asker':>10}")
    lines += [
        f"{size:>14,} {_spread(latencies[size])}{statistics.median(cpu[size]):>11.2f}"
        for size in sizes
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1 and 2 peers, two short runs")
    parser.add_argument("--runs", type=int, default=_RUNS, help="of each figure (default: 5)")
    return parser.parse_args()


def main() -> int:
    asked = _arguments()
    sizes = _SIZES[:2] if asked.quick else _SIZES
    runs = 2 if asked.quick else asked.runs
    times = 10 if asked.quick else _REQUESTS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hanze-bench-")))
        servers = []
        for number in range(max(sizes) + 1):
            print(f"  node {number}", file=sys.stderr)
            servers.append(stack.enter_context(node(folder / str(number))))
        asker, *peers = servers
        for number, peer in enumerate(peers):
            connection = _Connection(peer.url)
            connection.post("entityOperations/create", list(_entities(f"p{number}", _ENTITIES)))
            connection.close()
        far = stack.enter_context(_distance(peers, _DISTANCE_MS))
        near = [peer.url for peer in peers]
        leagues = {"here": near, "far": far, "few": near, "fewFar": far}
        rows = {name: [_Row(size) for size in sizes] for name in leagues}
        for name, urls in leagues.items():
            for size in sizes:
                own = _FEW if name.startswith("few") else _ENTITIES
                _prepare(asker, f"{name}{size}", urls[:size], own=own)
        for number in range(runs):
            print(f"  round {number + 1} of {runs}", file=sys.stderr)
            for name, urls in leagues.items():
                for row in rows[name]:
                    some = [asker, *peers[: row.peers]]
                    _run(row, asker, f"{name}{row.peers}", urls[: row.peers], some, times)
        print(
            f"A page of {_PAGE} entities; each node holds {_ENTITIES:,}; {os.cpu_count()} cores\n"
        )
        distance = f"{_DISTANCE_MS} ms of network each way to a peer"
        print(_table("On one machine", rows["here"]) + "\n")
        print(_table(distance, rows["far"]) + "\n")
        few = f"the asking node holds {_FEW} itself"
        print(_table(f"On one machine, {few}", rows["few"]) + "\n")
        print(_table(f"{distance}, {few}", rows["fewFar"]) + "\n")
        growing = _REGISTRATIONS[:2] if asked.quick else _REGISTRATIONS
        print(_growth(asker, peers[0], growing, runs, times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
