"""What was acknowledged survives `kill -9` at any moment: in the present, and once in the history."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hanze.broker.ports import Window
from hanze.ngsild.query.tree import EntityQuery
from hanze.store.store import Store

_WRITER = Path(__file__).with_name("writer.py")
_WORKERS = 16
NOON = "2026-06-01T12:00:00Z"

#: By id: the value that was acknowledged last, and those that were tried after it.
Known = dict[str, tuple[int | None, set[int]]]

#: By word: every value that was tried or acknowledged, by id.
Said = dict[str, dict[str, set[int]]]


def crash(directory: Path, round_: int, pause_s: float) -> list[str]:
    """Let a process write for a while, kill it, and return the whole lines that it said."""
    command = [sys.executable, str(_WRITER), str(directory), str(_WORKERS), str(round_)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        time.sleep(pause_s)
        process.kill()
        said = process.stdout.read().decode()
    return said.split("\n")[:-1]


def learn(known: Known, lines: list[str]) -> None:
    for line in lines:
        word, *parts = line.split(" ")
        for part in parts:
            entity_id, _, text = part.partition("=")
            acknowledged, tried = known.get(entity_id, (None, set()))
            value = int(text)
            known[entity_id] = (value, set()) if word == "done" else (acknowledged, tried | {value})


def remember(said: Said, lines: list[str]) -> None:
    for line in lines:
        word, *parts = line.split(" ")
        for part in parts:
            entity_id, _, text = part.partition("=")
            said[word].setdefault(entity_id, set()).add(int(text))


async def stored_values(directory: Path) -> tuple[dict[str, int], dict[str, list[object]]]:
    """Return by id the present value, and those in the history."""
    store = await Store.open(directory)
    found = await store.search("", EntityQuery(limit=10_000), NOON)
    entities = [store.load(stored) for stored in found.entities]
    history = store.history
    evolutions = history.evolutions("", limit=10_000)
    lines, _ = await history.read("", evolutions, Window(names=frozenset({"urn:count"})))
    await store.close()
    recorded = {
        line.id: [one.attribute.value for one in line.attributes["urn:count"]] for line in lines
    }
    present = {entity.id: entity.attributes["urn:count"][0].value for entity in entities}
    return present, recorded  # type: ignore[return-value]  # the writer's counts


@pytest.mark.slow
async def test_acknowledged_writes_should_survive_when_the_process_is_killed(
    tmp_path: Path,
) -> None:
    choose = random.Random(1_365)
    known: Known = {}
    said: Said = {"try": {}, "done": {}}
    for round_ in range(int(os.environ.get("HANZE_CRASHES", "50"))):
        lines = crash(tmp_path, round_, choose.uniform(0.0, 0.3))
        learn(known, lines)
        remember(said, lines)
        # Now and then the next process recovers what the last one left, unlooked at.
        if round_ % 3:
            continue
        values, recorded = await stored_values(tmp_path)
        for entity_id, tried in said["try"].items():
            found = recorded.get(entity_id, [])
            assert len(found) == len(set(found)), (round_, entity_id)
            assert said["done"].get(entity_id, set()) <= set(found) <= tried, (round_, entity_id)
        for entity_id, (acknowledged, tried) in known.items():
            assert values.get(entity_id) in {acknowledged, *tried}, (round_, entity_id)
            known[entity_id] = (values.get(entity_id), set())
