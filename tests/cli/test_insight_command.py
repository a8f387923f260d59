"""`hanze insight` on a data directory: what it says, in words and in JSON."""

import asyncio
import json
from pathlib import Path

import pytest

from hanze.store.store import Store
from tests.classified import classify_directory
from tests.in_process_command import hanze
from tests.running import Finished

METER = "urn:ngsi-ld:NoiseLevelObserved:1"
HEAD = "id,type,attribute,observedAt,value\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory that a node was once started on, with one value of the past."""

    async def start() -> None:
        await (await Store.open(tmp_path / "data")).close()

    asyncio.run(start())
    classify_directory(tmp_path / "data")
    values = tmp_path / "values.csv"
    values.write_text(f"{HEAD}{METER},NoiseLevelObserved,LAeq,2026-01-01T12:00:00Z,50\n")
    done = hanze("history", "import", str(values), "--data", str(tmp_path / "data"))
    assert done.code == 0, done.err
    return tmp_path / "data"


def insight(data: Path, *arguments: str) -> Finished:
    return hanze("insight", *arguments, "--data", str(data))


def test_a_watch_should_be_made_listed_and_ended(data: Path) -> None:
    assert "Nothing is watched" in insight(data, "watches").out
    member = ("--member", METER, "LAeq", "sound")
    done = insight(data, "watch", "noise", *member, "--json")
    assert (done.code, json.loads(done.out)) == (0, {"watching": "noise"})
    assert f"LAeq of {METER}" in insight(data, "watches").out
    assert "nothing was measured" in insight(data, "show", "noise").out
    refused = insight(data, "watch", "No ise", *member)
    assert (refused.code, "small letters" in refused.err) == (2, True)
    assert json.loads(insight(data, "unwatch", "noise", "--json").out) == {"unwatched": "noise"}


def test_usual_should_say_when_the_history_has_no_number(data: Path) -> None:
    times = ("--start", "2026-01-01T11:00:00Z", "--end", "2026-01-01T13:00:00Z")
    assert "no number" not in insight(data, "usual", METER, "LAeq", *times).err
    assert "no number of LAmax" in insight(data, "usual", METER, "LAmax", *times).err
