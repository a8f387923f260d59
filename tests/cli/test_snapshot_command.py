"""`hanze snapshot` on a data directory."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.node.node import close_node, open_node
from hanze.settings import Settings
from tests.in_process_command import hanze


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A directory in which nothing is."""

    async def make() -> None:
        await close_node(await open_node(Settings(data=tmp_path / "data")))

    asyncio.run(make())
    return str(tmp_path / "data")


def listed(data: str) -> Any:
    answer = hanze("snapshot", "list", "--data", data, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


@pytest.mark.clause("5.16.1")
def test_a_snapshot_should_be_created_shown_and_removed(data: str) -> None:
    said = ("--type", "Lamp", "--q", "level>1", "--since", "2026-01-01T00:00:00Z")
    more = ("--lifetime", "PT6H", "--priority", "7", "--id", "urn:s:1")
    made = hanze("snapshot", "create", *said, *more, "--data", data, "--json")
    assert made.code == 0, made.err
    assert orjson.loads(made.out) == {"id": "urn:s:1", "status": "preparing"}
    (one,) = listed(data)
    assert (one["id"], one["priority"], one["queries"], one["temporalQueries"]) == (
        "urn:s:1",
        7,
        1,
        1,
    )
    shown = orjson.loads(hanze("snapshot", "show", "urn:s:1", "--data", data).out)
    query = {"type": "Query", "entities": [{"type": "Lamp"}], "q": "level>1"}
    assert shown["snapshotQueries"] == [query]
    assert shown["snapshotTemporalQueries"] == [
        {**query, "temporalQ": {"timerel": "after", "timeAt": "2026-01-01T00:00:00Z"}}
    ]
    table = hanze("snapshot", "list", "--data", data).out.splitlines()
    assert "preparing" in table[1]
    removed = hanze("snapshot", "remove", "urn:s:1", "--yes", "--data", data)
    assert removed.out == "urn:s:1 is deleted.\n"
    assert listed(data) == []


def test_a_snapshot_should_be_read_from_a_file(data: str, tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    body = {"type": "Snapshot", "snapshotQueries": [{"type": "Query", "attrs": ["level"]}]}
    path.write_bytes(orjson.dumps(body))
    made = hanze("snapshot", "create", "--file", str(path), "--data", data)
    assert made.code == 0, made.err
    assert made.out.endswith(": preparing.\n")
    path.write_text("{")
    broken = hanze("snapshot", "create", "--file", str(path), "--data", data)
    assert "is no JSON" in broken.err


def test_create_should_ask_for_something(data: str) -> None:
    nothing = hanze("snapshot", "create", "--data", data)
    assert (nothing.code, "Say what is wanted" in nothing.err) == (2, True)
    idle = hanze("snapshot", "create", "--type", "Lamp", "--wait", "--data", data)
    assert (idle.code, "--wait needs" in idle.err) == (2, True)
