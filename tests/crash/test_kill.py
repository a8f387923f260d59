"""What was acknowledged survives `kill -9` at any moment."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hanze.ngsild.query.tree import EntityQuery
from hanze.store.store import Store

_WRITER = Path(__file__).with_name("writer.py")
_WORKERS = 16
NOON = "2026-06-01T12:00:00Z"

#: By id: the value that was acknowledged last, and those that were tried after it.
Known = dict[str, tuple[int | None, set[int]]]


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


async def stored_values(directory: Path) -> dict[str, int]:
    store = await Store.open(directory)
    found = await store.search("", EntityQuery(limit=10_000), NOON)
    entities = [store.load(stored) for stored in found.entities]
    await store.close()
    return {entity.id: entity.attributes["urn:count"][0].value for entity in entities}  # type: ignore[misc]  # the writer's counts


@pytest.mark.slow
async def test_acknowledged_writes_should_survive_when_the_process_is_killed(
    tmp_path: Path,
) -> None:
    choose = random.Random(1_365)
    known: Known = {}
    for round_ in range(int(os.environ.get("HANZE_CRASHES", "50"))):
        learn(known, crash(tmp_path, round_, choose.uniform(0.0, 0.3)))
        # Now and then the next process recovers what the last one left, unlooked at.
        if round_ % 3:
            continue
        values = await stored_values(tmp_path)
        for entity_id, (acknowledged, tried) in known.items():
            assert values.get(entity_id) in {acknowledged, *tried}, (round_, entity_id)
            known[entity_id] = (values.get(entity_id), set())
