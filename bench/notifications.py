"""`make bench`: notifications from a change to a receiver on the same machine.

python bench/notifications.py           five rounds, four minutes
python bench/notifications.py --quick   one short round

A node under a load of changes of one attribute, each of which one subscription is told of. Beside
it, in turn: the same load without a subscription, and a bare client of the same library that posts
the same bodies to the same receiver. What a notification costs is the difference in the node's CPU
time. The last rounds have ten subscriptions for each change.
"""

import argparse
import http.client
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import processes
import workload
from driver import Load, drive
from measuring import Figure, say
from processes import Server

_AIM = 2_000
_ENTITIES = 1_000
_API = "/ngsi-ld/v1"
_TEN = 10


@dataclass
class Found:
    """What rounds gave; rates are per second, times are of the node's CPU in microseconds."""

    together: list[float] = field(default_factory=list)
    draining: list[float] = field(default_factory=list)
    draining_us: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    plain_rate: list[float] = field(default_factory=list)
    plain_us: list[float] = field(default_factory=list)
    notified_us: list[float] = field(default_factory=list)
    bare_rate: list[float] = field(default_factory=list)
    bare_us: list[float] = field(default_factory=list)


def _ask(server: Server, method: str, path: str, body: object = None) -> bytes:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    raw = None if body is None else orjson.dumps(body)
    connection.request(method, path, raw, {"Content-Type": "application/json"} if raw else {})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path} is answered with {answer.status}: {text[:300]!r}")
    return text


def _subscribe(server: Server, receiver: Server, number: int) -> str:
    name = f"urn:ngsi-ld:Subscription:{number}"
    body = {
        "id": name,
        "type": "Subscription",
        "entities": [{"type": workload.entity(0)["type"]}],
        "notification": {"endpoint": {"uri": f"{receiver.url}/{number}"}},
    }
    _ask(server, "POST", f"{_API}/subscriptions", body)
    return name


def _activate(server: Server, names: Sequence[str], *, active: bool) -> None:
    for name in names:
        _ask(server, "PATCH", f"{_API}/subscriptions/{name}", {"isActive": active})


def _count(receiver: Server) -> int:
    return int(_ask(receiver, "GET", "/count"))


def _changes(scratch: Path) -> Load:
    name = next(
        key
        for key, value in workload.entity(0).items()
        if isinstance(value, dict) and value.get("type") == "Property"
    )
    paths = scratch / "paths"
    paths.write_text(
        "".join(f"{_API}/entities/{workload.entity_id(n)}/attrs\n" for n in range(_ENTITIES))
    )
    template = scratch / "change"
    template.write_text(f'{{"{name}": {{"type": "Property", "value": @@@@@@}}}}')
    return Load(paths, "PATCH", template)


def _run(
    server: Server, receiver: Server, load: Load, *, seconds: float, start: int, expected: int
) -> tuple[float, float, float]:
    """Send changes and wait until all are told.

    Returns:
        Writes per second, notifications per second, and CPU time of the node per write.
    """
    before, cpu, begun = _count(receiver), server.cpu_s(), time.perf_counter()
    outcome = drive(server, load, seconds=seconds, start=start)
    wrote = time.perf_counter()
    due = round(outcome.rate * (wrote - begun)) * expected
    last = _count(receiver)
    told = wrote
    # wrk leaves some requests unanswered: what arrives ends when it is quiet.
    while expected and time.perf_counter() - told < 0.5:
        time.sleep(0.02)
        now = _count(receiver)
        if now != last:
            last, told = now, time.perf_counter()
    notified = last - before
    if expected and notified < 0.9 * due:
        raise RuntimeError(f"{notified} of {due} notifications came")
    changes = notified / expected if expected else outcome.rate * (wrote - begun)
    cpu_us = (server.cpu_s() - cpu) / changes * 1e6
    return outcome.rate, notified / (told - begun), cpu_us


def _backlog(
    server: Server, receiver: Server, load: Load, name: str, *, seconds: float, start: int
) -> tuple[float, float]:
    """Send changes that an endpoint out of reach is to be told of, then name one that answers.

    Returns:
        Notifications per second, and CPU time of the node for each.
    """
    path = f"{_API}/subscriptions/{name}"
    away = {"notification": {"endpoint": {"uri": "http://127.0.0.1:9/"}}, "isActive": True}
    _ask(server, "PATCH", path, away)
    drive(server, load, seconds=seconds, start=start)
    before = _count(receiver)
    _ask(server, "PATCH", path, {"notification": {"endpoint": {"uri": f"{receiver.url}/0"}}})
    cpu, begun, first = server.cpu_s(), 0.0, before
    last, told = before, time.perf_counter() + 20
    while time.perf_counter() - told < 0.3:
        time.sleep(0.01)
        now = _count(receiver)
        if now == last:
            cpu = server.cpu_s() if now == before else cpu
            continue
        told = time.perf_counter()
        begun, first = (begun, first) if begun else (told, now)
        last = now
    return (last - first) / (told - begun), (server.cpu_s() - cpu) / (last - before) * 1e6


def _bare(receiver: Server, scratch: Path, seconds: float) -> tuple[float, float]:
    body = scratch / "body"
    body.write_bytes(_ask(receiver, "GET", "/body"))
    script = str(Path(__file__).with_name("notification_client.py"))
    command = [sys.executable, script, receiver.url + "/x", str(body), str(seconds), "16"]
    told = orjson.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return told["rate"], told["cpu_us"]


def _receiver(scratch: Path) -> Server:
    script = Path(__file__).with_name("receiver_server.py")
    return processes.started([sys.executable, str(script)], scratch / "receiver.log", within_s=30)


def measure(scratch: Path, *, rounds: int, seconds: float) -> tuple[Found, Found]:
    """Measure with one subscription for each change, and with ten."""
    one, ten = Found(), Found()
    numbers = iter(range(1_000_000_000, 2_000_000_000, 10_000_000))
    with processes.node(scratch / "data") as server, _receiver(scratch) as receiver:
        for body in workload.batches(_ENTITIES, _ENTITIES):
            address = urlsplit(server.url)
            connection = http.client.HTTPConnection(address.hostname or "", address.port)
            path = f"{_API}/entityOperations/create"
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        load = _changes(scratch)
        names = [_subscribe(server, receiver, number) for number in range(_TEN)]
        _activate(server, names[1:], active=False)
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}")
            _activate(server, names[:1], active=True)
            _add(
                one, _run(server, receiver, load, seconds=seconds, start=next(numbers), expected=1)
            )
            rate, cpu_us = _backlog(
                server, receiver, load, names[0], seconds=seconds, start=next(numbers)
            )
            one.draining.append(rate)
            one.draining_us.append(cpu_us)
            _activate(server, names, active=True)
            _add(
                ten,
                _run(
                    server, receiver, load, seconds=seconds / 2, start=next(numbers), expected=_TEN
                ),
            )
            _activate(server, names, active=False)
            plain = _run(server, receiver, load, seconds=seconds, start=next(numbers), expected=0)
            for found in (one, ten):
                found.plain_rate.append(plain[0])
                found.plain_us.append(plain[2])
            rate, cpu_us = _bare(receiver, scratch, seconds / 2)
            one.bare_rate.append(rate)
            one.bare_us.append(cpu_us)
    return one, ten


def _add(found: Found, run: tuple[float, float, float]) -> None:
    found.writes.append(run[0])
    found.together.append(run[1])
    found.notified_us.append(run[2])


def _line(name: str, values: list[float], unit: str, aim: str = "") -> str:
    figure = Figure(values)
    return (
        f"{name:44}{figure.median:>9,.0f} {unit:4}{figure.low:>9,.0f} - {figure.high:<9,.0f}{aim}"
    )


def as_text(one: Found, ten: Found) -> str:
    """Return the figures: median, lowest and highest of the rounds."""
    paired = zip(one.notified_us, one.plain_us, strict=True)
    each = [notified - plain for notified, plain in paired]
    tens = zip(ten.notified_us, ten.plain_us, strict=True)
    each_of_ten = [(notified - plain) / _TEN for notified, plain in tens]
    met = "reached" if Figure(one.draining).median >= _AIM else "MISSED"
    return "\n".join(
        [
            "One subscription for each change; two cores shared with wrk and the receiver",
            _line("notifications that have waited", one.draining, "/s", f" aim {_AIM:,}/s: {met}"),
            _line("limit: a bare client posts the same", one.bare_rate, "/s"),
            _line("limit: CPU of the bare client", one.bare_us, "us"),
            _line("CPU of one that has waited", one.draining_us, "us"),
            _line("notifications, as changes come", one.together, "/s"),
            _line("changes at the same time", one.writes, "/s"),
            _line("changes without a subscription", one.plain_rate, "/s"),
            _line("CPU of a change", one.plain_us, "us"),
            _line("CPU of its notification besides", each, "us"),
            "Ten subscriptions for each change",
            _line("notifications", ten.together, "/s"),
            _line("CPU of one notification", each_of_ten, "us"),
            _line("changes at the same time", ten.writes, "/s"),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--directory", type=Path, default=Path(), help="on the disk to measure")
    asked = parser.parse_args()
    rounds, seconds = (1, 2.0) if asked.quick else (asked.rounds, asked.seconds)
    with tempfile.TemporaryDirectory(prefix="hanze-bench-", dir=asked.directory.resolve()) as made:
        print(as_text(*measure(Path(made), rounds=rounds, seconds=seconds)))


if __name__ == "__main__":
    main()
