"""`make bench`: what who must be answered notices of a flood, with and without an emergency.

python bench/emergency.py                3 runs of 5 s
python bench/emergency.py --seconds 2    shorter
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from processes import Server, started

_HANZE: Final = Path(sys.executable).parent / "hanze"
_FLOOD: Final = 64
_ENTITIES: Final = 2_000
_WARM_S: Final = 1.0
_UNITS: Final = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_LINE: Final = re.compile(r"^\s+(50|99)%\s+([0-9.]+)(us|ms|s)$", re.MULTILINE)
_RATE: Final = re.compile(r"^Requests/sec:\s+([0-9.]+)", re.MULTILINE)


class Felt(NamedTuple):
    """What one run gave, in milliseconds and requests a second."""

    p50_ms: float
    p99_ms: float
    flood: float


def _hanze(*arguments: str) -> str:
    done = subprocess.run([_HANZE, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _fill(server: Server, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    made = [
        {
            "id": f"urn:ngsi-ld:Bin:{number}",
            "type": "Bin",
            "level": {"type": "Property", "value": number / _ENTITIES},
        }
        for number in range(_ENTITIES)
    ]
    address = f"{server.url}/ngsi-ld/v1/entityOperations/create"
    httpx.post(address, json=made, headers=headers, timeout=60).raise_for_status()


def _felt(server: Server, secret: str, seconds: float, *, flood: bool) -> Felt:
    """Ask for one entity, again and again over one connection, while others ask for many."""
    other = None
    if flood:
        command = ["wrk", "-t1", f"-c{_FLOOD}", f"-d{seconds + 2 * _WARM_S:.0f}s"]
        address = f"{server.url}/ngsi-ld/v1/entities?type=Bin&limit=20"
        other = subprocess.Popen([*command, address], stdout=subprocess.PIPE, text=True)
        time.sleep(_WARM_S)
    header = f"Authorization: Bearer {secret}"
    command = ["wrk", "-t1", "-c1", f"-d{seconds:.0f}s", "--latency", "-H", header]
    ran = subprocess.run(
        [*command, f"{server.url}/ngsi-ld/v1/entities/urn:ngsi-ld:Bin:7"],
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in ran.stdout:
        raise RuntimeError(f"Who must be answered is not:\n{ran.stdout}")
    found = {name: float(value) * _UNITS[unit] for name, value, unit in _LINE.findall(ran.stdout)}
    rate = 0.0
    if other is not None:
        said, _ = other.communicate()
        told = _RATE.search(said)
        rate = float(told[1]) if told else 0.0
    return Felt(found["50"], found["99"], rate)


def _runs(server: Server, secret: str, options: argparse.Namespace, *, flood: bool) -> Felt:
    runs = [_felt(server, secret, options.seconds, flood=flood) for _ in range(options.runs)]
    return Felt(*(statistics.median(column) for column in zip(*runs, strict=True)))


def _measure(server: Server, options: argparse.Namespace, secrets: dict[str, str]) -> None:
    officer = {"Authorization": f"Bearer {secrets['ciso']}"}
    root = f"{server.url}/api/v1/governance"
    for path, level in (("service/reading", "low"), ("credential/token:care", "vital")):
        address = f"{root}/criticality/{path}"
        httpx.put(address, json={"level": level}, headers=officer).raise_for_status()
    print(f"One entity for who must be answered, {_FLOOD} connections that ask for 20 each")
    print(f"{'':38}{'p50 ms':>9}{'p99 ms':>9}{'flood /s':>10}")
    _print("no flood, no emergency", _runs(server, secrets["care"], options, flood=False))
    _print("flood, no emergency", _runs(server, secrets["care"], options, flood=True))
    declared = {"why": "A flood of requests", "hours": 1}
    httpx.post(f"{root}/emergency", json=declared, headers=officer).raise_for_status()
    _print("no flood, emergency", _runs(server, secrets["care"], options, flood=False))
    _print(
        "flood, emergency: it is turned away", _runs(server, secrets["care"], options, flood=True)
    )


def _print(name: str, felt: Felt) -> None:
    print(f"{name:38}{felt.p50_ms:9.2f}{felt.p99_ms:9.2f}{felt.flood:10.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "city"
        roles = {
            "ciso": "security-officer",
            "care": "reader",
            "writer": "writer",
            "steward": "steward",
        }
        secrets = {
            name: _hanze("token", "new", name, "--role", role, "--data", str(data))
            for name, role in roles.items()
        }
        command = [str(_HANZE), "serve", "--data", str(data), "--port", "0"]
        with started(command, Path(folder) / "node.log", within_s=120) as server:
            _fill(server, secrets["writer"])
            proof = Path(folder) / "steward.txt"
            proof.write_text(secrets["steward"])
            where = ("--url", server.url, "--token-file", str(proof))
            _hanze("classify", "*", "--public", *where)
            print(f"{os.cpu_count()} cores, shared with wrk")
            _measure(server, options, secrets)


if __name__ == "__main__":
    main()
