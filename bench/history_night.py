"""A night in minutes: the national minute of NDW again and again, with history on."""

import asyncio
import gzip
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import processes
from datex3 import NATIONAL_SITES, write_measurements, write_site_table
from history_client import moment, send
from import_ndw import recording

from hanze.connectors.manifest import load_manifest
from hanze.connectors.ndw.source import NdwFiles
from hanze.ngsild.representation.stored import dump
from hanze.ngsild.terms import HANZE_CONTEXT_URL, JSON_LD_REL
from hanze.ngsild.vocabulary import HANZE
from hanze.store.history.stats import HistoryCounts
from hanze.store.store import Store

__all__ = ["night"]

#: Measurements of all the country's roads in an hour, and thereby in a second.
NATIONAL_HOUR: Final = 9_000_000
NATIONAL_RATE: Final = NATIONAL_HOUR / 3_600

_BATCH: Final = 400
_LINK: Final = f'<{HANZE_CONTEXT_URL}>; rel="{JSON_LD_REL}"'

Tree = dict[str, Any]


def night(directory: Path, seconds: float) -> None:
    """Replay the minute for some time, each time a minute later, and say what one core sustains."""
    files = recording()
    whose = "recorded on 9 September 2016"
    if not files:
        files, whose = _generated(directory), "generated, version 3"
    trees = [dump(one, HANZE)[0] for one in _entities(files)]
    data = directory / "night"
    headers = {"Link": _LINK}
    with processes.node(data) as server:
        whole = [orjson.dumps(trees[n : n + _BATCH]) for n in range(0, len(trees), _BATCH)]
        first = send(server, iter([(body, 0) for body in whole]), seconds=600, headers=headers)
        if first.errors:
            raise RuntimeError(f"{first.errors} of the first requests failed")
    about, size_before = asyncio.run(_compacted(data))
    measured = [one for one in map(_measured, trees) if len(one) > 2]
    values = sum(map(_count, measured))
    print(f"\nA night in minutes: {len(trees):,} entities, {values:,} values a minute, {whose}")
    with processes.node(data) as server:
        requests = _minutes(measured)
        sent = send(
            server,
            requests,
            seconds=max(seconds, 1),
            headers=headers,
            operation="upsert?options=update",
        )
        core = 1e6 / sent.cpu_us
        print(
            f"  {sent.values:,} values in {sent.seconds:.1f} s: {sent.rate:,.0f} a second, "
            f"{sent.cpu_us:.1f} us of CPU a value, {sent.errors} errors"
        )
        print(
            f"  one core sustains {core / NATIONAL_RATE:.1f} times the national rate "
            f"of {NATIONAL_RATE:,.0f} values/s (wall clock here: {sent.rate / NATIONAL_RATE:.1f})"
        )
    kept, size = asyncio.run(_compacted(data))
    print(
        f"  {(size - size_before) / (kept - about):.1f} bytes a value on disk, compacted, with "
        f"lane, class and period of each"
    )


async def _compacted(data: Path) -> tuple[int, int]:
    """Put past days in order, as a node does by itself; return values, and the bytes that they take."""
    store = await Store.open(data)
    history = store.history
    await history.compact(time.time_ns() // 1_000 + 2 * 86_400_000_000)
    kept = (await HistoryCounts(history).of("")).values
    sizes = await history.archive.read(
        lambda connection: connection.execute(
            "SELECT used_blocks * block_size FROM pragma_database_size()"
            " WHERE database_name = 'history'"
        ).fetchall()
    )
    await store.close()
    return kept, int(sizes[0][0])


def _entities(files: list[Path]) -> Iterator[Any]:
    return NdwFiles(*files, load_manifest("ndw").provenance, HANZE.expand_name).entities()


def _generated(directory: Path) -> list[Path]:
    files = [directory / "sites.xml.gz", directory / "values.xml.gz"]
    with gzip.open(files[0], "wb", 1) as stream:
        write_site_table(stream, NATIONAL_SITES)
    with gzip.open(files[1], "wb", 1) as stream:
        write_measurements(stream, NATIONAL_SITES)
    return files


def _instances(value: Any) -> list[Tree]:
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def _measured(tree: Tree) -> Tree:
    """Keep what a minute brings anew: numbers with a time."""
    kept: Tree = {"id": tree["id"], "type": tree["type"]}
    for name, value in tree.items():
        found = [
            one
            for one in _instances(value)
            if "observedAt" in one and isinstance(one.get("value"), int | float)
        ]
        if found:
            kept[name] = found
    return kept


def _count(tree: Tree) -> int:
    return sum(len(value) for name, value in tree.items() if name not in ("id", "type"))


def _minutes(trees: list[Tree]) -> Iterator[tuple[bytes, int]]:
    """Yield bodies of one minute after the other, in which values differ as traffic does."""
    chance, start, minute = random.Random(3), moment(2), 0
    while True:
        minute += 1
        seen = (start + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for first in range(0, len(trees), _BATCH):
            batch = trees[first : first + _BATCH]
            moved = [_moved(tree, seen, chance) for tree in batch]
            yield orjson.dumps(moved), sum(map(_count, batch))


def _moved(tree: Tree, seen: str, chance: random.Random) -> Tree:
    return {
        name: value
        if name in ("id", "type")
        else [
            one | {"value": _near(one["value"], chance.random()), "observedAt": seen}
            for one in value
        ]
        for name, value in tree.items()
    }


def _near(value: float, part: float) -> float:
    """Return a value of the same kind near another one, flow in steps of 60 as NDW has it."""
    if isinstance(value, int):
        return max(0, value + 60 * round(4 * part - 2))
    return round(max(0.0, value * (0.8 + 0.4 * part)), 1)
