"""Every acknowledged change is notified, in order per entity, however often the node is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import RunningNode, start_node

_HERE = Path(__file__).parent
_WORKERS = 8
_ROUNDS = max(3, int(os.environ.get("HANZE_CRASHES", "50")) // 5)

_QUICK = {"HANZE_NOTIFICATIONS__TIMEOUT_S": "2"}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A receiver that outlives the node: its port, and the file of what it was told."""
    path = tmp_path / "told"
    command = [sys.executable, str(_HERE / "receiver.py"), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), path
        process.kill()


def start(directory: Path) -> RunningNode:
    arguments = ["serve", "--data", str(directory), "--port", "0", "--dev"]
    return start_node(arguments, environ=_QUICK)


def subscribe(node: RunningNode, port: int) -> None:
    body = {
        "id": "urn:ngsi-ld:Subscription:crash",
        "type": "Subscription",
        "entities": [{"type": "Count"}],
        "notification": {"endpoint": {"uri": f"http://127.0.0.1:{port}/"}},
    }
    answer = httpx.post(f"{node.url}/ngsi-ld/v1/subscriptions", json=body)
    assert answer.status_code == 201, answer.text


def write_until_killed(node: RunningNode, round_: int, pause_s: float) -> list[str]:
    """Have writers write, kill the node under them, and return what was acknowledged."""
    script = str(_HERE / "notified_writer.py")
    command = [sys.executable, script, node.url, str(_WORKERS), str(round_)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writers:
        assert writers.stdout is not None
        first = writers.stdout.readline().decode()
        time.sleep(pause_s)
        node.stop(signal.SIGKILL)
        rest = writers.stdout.read().decode()
    return (first + rest).splitlines()


def waiting(node: RunningNode) -> int:
    told = httpx.get(f"{node.url}/api/v1/notifications").json()
    return sum(one["waiting"] + one["deadLetters"] for one in told["subscriptions"])


@pytest.mark.slow
def test_acknowledged_changes_should_be_notified_when_the_node_is_killed(
    tmp_path: Path, told: tuple[int, Path]
) -> None:
    port, path = told
    choose = random.Random(2_026)
    acknowledged: dict[str, list[int]] = {}
    for round_ in range(_ROUNDS):
        node = start(tmp_path / "data")
        if round_ == 0:
            subscribe(node, port)
        for line in write_until_killed(node, round_, choose.uniform(0.0, 0.5)):
            entity_id, _, value = line.partition(" ")
            acknowledged.setdefault(entity_id, []).append(int(value))
    node = start(tmp_path / "data")
    ends = time.monotonic() + 60
    while waiting(node):
        assert time.monotonic() < ends, f"{waiting(node)} notifications still wait"
        time.sleep(0.1)
    node.stop()
    assert sum(map(len, acknowledged.values())) > 10 * _ROUNDS
    notified: dict[str, dict[int, None]] = {}
    for line in path.read_text().splitlines():
        entity_id, _, value = line.partition(" ")
        # What is sent again because the node died in between is the same once more.
        notified.setdefault(entity_id, {})[int(value)] = None
    for entity_id, values in acknowledged.items():
        got = list(notified[entity_id])
        assert set(values) <= set(got), entity_id
        assert got == sorted(got), entity_id
