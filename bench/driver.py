"""Driving a server with wrk, and what came out."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec
from processes import Server

__all__ = ["Load", "Outcome", "drive"]

_SCRIPT = Path(__file__).with_name("scripts") / "request.lua"


@dataclass(frozen=True)
class Load:
    """What is sent.

    Attributes:
        paths: File with a path a line.
        method: HTTP method.
        template: File with a body in which @@@@@@ becomes a new number each time.
        bodies: File that lists files with bodies.
        connections: How many at once.
        units: Entities that one request carries.
    """

    paths: Path
    method: str = "GET"
    template: Path | None = None
    bodies: Path | None = None
    connections: int = 64
    units: int = 1


class _Result(msgspec.Struct):
    requests: int
    duration_us: int
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int
    status_errors: int
    socket_errors: int


@dataclass(frozen=True)
class Outcome:
    """What one run gave; rates and CPU time are per entity where a request carries several.

    Attributes:
        rate: Per second.
        cpu_us: CPU time of the server.
        p50_ms: Median of the latencies that the client saw.
        p99_ms: 99th percentile of the same.
        max_ms: The slowest.
        errors: Answers outside 2xx and 3xx, and broken connections.
    """

    rate: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int


def drive(server: Server, load: Load, *, seconds: float, start: int, prefix: str = "") -> Outcome:
    """Send a load for some time.

    Args:
        start: The first number to write into bodies: a run must not repeat those of another.
        prefix: Put before each path, for the echo.
    """
    asked = {
        "PATHS": load.paths,
        "METHOD": load.method,
        "TEMPLATE": load.template,
        "BODIES": load.bodies,
        "PREFIX": prefix,
        "START": start,
    }
    environment = {name: str(value) for name, value in asked.items() if value is not None}
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{max(1, round(seconds))}s"]
    before = server.cpu_s()
    ran = subprocess.run(
        [*command, "--timeout", "30s", "-s", str(_SCRIPT), server.url],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    used = server.cpu_s() - before
    line = next((row for row in ran.stdout.splitlines() if row.startswith("RESULT ")), None)
    if line is None:
        raise RuntimeError(f"wrk gave no result:\n{ran.stdout}\n{ran.stderr}")
    result = msgspec.json.decode(line.removeprefix("RESULT "), type=_Result)
    served = max(1, result.requests) * load.units
    return Outcome(
        rate=served / (result.duration_us / 1e6),
        cpu_us=used / served * 1e6,
        p50_ms=result.p50_us / 1e3,
        p99_ms=result.p99_us / 1e3,
        max_ms=result.max_us / 1e3,
        errors=result.status_errors + result.socket_errors,
    )
