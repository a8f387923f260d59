"""Emergencies, levels and incidents on the command line, over a data directory."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hanze.store.store import Store
from tests.in_process_command import hanze


def _run(data: Path, *arguments: str) -> str:
    done = hanze(*arguments, "--data", str(data))
    assert done.code == 0, done.err
    return done.out


def _json(data: Path, *arguments: str) -> Any:
    return json.loads(_run(data, *arguments, "--json"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory that a node was once started on."""

    async def start() -> None:
        await (await Store.open(tmp_path / "data")).close()

    asyncio.run(start())
    return tmp_path / "data"


def test_emergency_should_be_declared_and_ended(data: Path) -> None:
    assert hanze("emergency", "show", "--data", str(data)).code != 0
    assert "Until" in _run(data, "emergency", "declare", "--why", "Flood", "--hours", "2")
    assert "Flood" in _run(data, "emergency", "show")
    assert "emergency" in _run(data, "security")
    assert "It has ended." in _run(data, "emergency", "end")
    assert "Flood" in _run(data, "emergency", "list")
    assert _json(data, "emergency", "list")[0]["why"] == "Flood"


def test_criticality_should_be_set_and_removed(data: Path) -> None:
    assert "vital" in _run(data, "criticality", "set", "credential", "client:care", "vital")
    _run(data, "criticality", "set", "service", "portal", "normal")
    rows = _run(data, "criticality", "list").splitlines()
    assert "credential\tclient:care\tvital\tdev" in rows
    assert "service\tportal\tnormal\tdev" in rows
    assert "service\thistory\tlow\t" in rows
    assert "usual" in _run(data, "criticality", "remove", "credential", "client:care")
    assert len(_json(data, "criticality", "list")["levels"]) == 1


def test_breach_should_be_followed_to_its_end(data: Path) -> None:
    new = ("--title", "Lost laptop", "--description", "It was lost", "--personal", "--drill")
    made = _json(data, "incident", "report", *new)
    name = made["id"]
    assert "hours left" in _run(data, "incident", "list")
    assert any(one["kind"] == "breach" for one in _json(data, "security")["items"])
    _run(data, "incident", "note", name, "--text", "It was not encrypted")
    why = ("--why", "Addresses", "--people", "40")
    assert "hours left" in _run(data, "incident", "risk", name, "--risk", "high", *why)
    assert "open" in _run(data, "incident", "notice", name, "--reference", "AP 7")
    said = ("--text", "A laptop was lost.", "--text-nl", "Een laptop is weg.", "--how", "Letter")
    _run(data, "incident", "tell", name, *said)
    assert hanze("incident", "share", name, "--text", "Look", "--data", str(data)).code == 2
    assert "closed" in _run(data, "incident", "close", name, "--lessons", "Encrypt")
    assert _json(data, "incident", "show", name)["told"]["text"]["nl"] == "Een laptop is weg."
