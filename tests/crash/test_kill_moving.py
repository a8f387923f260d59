"""A city that moves: `kill -9` of either node, or of the command, loses nothing and doubles nothing."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from hanze.ngsild.terms import HANZE_CONTEXT_URL
from tests.running import RunningNode, run_hanze, start_node

pytestmark = pytest.mark.slow

CITY = "urn:ngsi-ld:Municipality:NL:GM0226"
TENANT = {"NGSILD-Tenant": "duiven"}
MANY = 1_000
CHANGES = 3
API = "/ngsi-ld/v1"


def test_a_city_should_arrive_whole_when_nodes_and_commands_are_killed(tmp_path: Path) -> None:
    old = _start(tmp_path / "old")
    new = _start(tmp_path / "new")
    old_port, new_port = (node.url.rpartition(":")[2] for node in (old, new))
    file = tmp_path / "duiven.hanze"
    try:
        _fill(old)
        moving = _command("move-out", "duiven", str(file), old)
        _until(lambda: _parts_of(file).is_dir())
        old.stop(signal.SIGKILL)
        assert moving.wait() == 1
        assert not file.exists()
        old = _start(tmp_path / "old", old_port)
        out = run_hanze("member", "move-out", "duiven", str(file), "--url", old.url)
        assert out.code == 0, out.err

        _create(new, [_city()], {})
        for amount in (1, MANY // 2, MANY):
            # The last time, all entities are there, and the history is coming in.
            moving = _command("move-in", str(file), new)
            _until(partial(_has, new, amount))
            moving.kill() if amount == 1 else new.stop(signal.SIGKILL)
            moving.wait()
            if amount > 1:
                new = _start(tmp_path / "new", new_port)
        taken = run_hanze("member", "move-in", str(file), "--url", new.url)
        assert taken.code == 0, taken.err
        assert not _parts_of(file).exists()
        assert _all(new) == _all(old)
        assert _histories(new) == _histories(old)
    finally:
        old.stop()
        new.stop()


def _start(data: Path, port: str = "0") -> RunningNode:
    return start_node(["serve", "--dev", "--data", str(data), "--port", port])


def _parts_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.hanze-parts")


def _command(*arguments: str | RunningNode) -> "subprocess.Popen[bytes]":
    words = [one.url if isinstance(one, RunningNode) else one for one in arguments]
    words.insert(-1, "--url")
    start = "from hanze.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", start, "member", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _fill(node: RunningNode) -> None:
    _create(node, [_city()], {})
    added = run_hanze("member", "add", "duiven", "--city", CITY, "--url", node.url)
    assert added.code == 0, added.err
    bins = [{"@context": HANZE_CONTEXT_URL, "id": _id(n), "type": "Bin"} for n in range(MANY)]
    _create(node, bins, TENANT)
    for change in range(CHANGES):
        level = {
            "type": "Property",
            "value": change,
            "observedAt": f"2026-01-0{change + 1}T00:00:00Z",
        }
        _send(node, "update", [{**one, "level": level} for one in bins], TENANT)


def _city() -> dict[str, Any]:
    return {
        "@context": HANZE_CONTEXT_URL,
        "id": CITY,
        "type": "Municipality",
        "title": {"type": "LanguageProperty", "languageMap": {"nl": "Duiven"}},
    }


def _create(node: RunningNode, entities: list[dict[str, Any]], headers: dict[str, str]) -> None:
    _send(node, "create", entities, headers)


def _send(
    node: RunningNode, what: str, entities: list[dict[str, Any]], headers: dict[str, str]
) -> None:
    answer = httpx.post(
        f"{node.url}{API}/entityOperations/{what}",
        json=entities,
        headers={"Content-Type": "application/ld+json", **headers},
        timeout=60,
    )
    assert answer.is_success, answer.text


def _id(number: int) -> str:
    return f"urn:ngsi-ld:Bin:{number:04}"


def _has(node: RunningNode, number: int) -> bool:
    asked = {"local": "true", "count": "true", "limit": "0"}
    answer = httpx.get(f"{node.url}{API}/entities", params=asked, headers=TENANT)
    return int(answer.headers.get("NGSILD-Results-Count", 0)) >= number


def _all(node: RunningNode) -> list[dict[str, Any]]:
    asked = {"local": "true", "limit": "1000", "options": "sysAttrs"}
    answer = httpx.get(f"{node.url}{API}/entities", params=asked, headers=TENANT, timeout=60)
    found: list[dict[str, Any]] = answer.json()
    assert len(found) == MANY
    return sorted(found, key=lambda one: str(one["id"]))


def _histories(node: RunningNode) -> list[Any]:
    """The values of some entities over time, without the ids that each node makes itself."""
    found = []
    for number in range(0, MANY, MANY // 20):
        url = f"{node.url}{API}/temporal/entities/{_id(number)}"
        asked = {"options": "temporalValues", "local": "true"}
        found.append(httpx.get(url, params=asked, headers=TENANT, timeout=60).json())
    assert all("level" in str(one) for one in found)
    return found


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
