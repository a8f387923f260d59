"""`make bench`: what the collective costs over many records, beside what it cannot go below.

    python bench/collective.py            10,000 records, a minute or two
    python bench/collective.py --full     and 100,000

Demands, solutions and projects of 200 cities, each with a title and a text in one of the three
languages, made of the vocabulary's own labels. Times are of the processor: what others do on the
machine at the same time does not count.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from hanze.broker.batch import create_entities
from hanze.collaboration.connections import find_connections
from hanze.collaboration.doubles import duplicates_of
from hanze.collaboration.filters import Filters
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.matching.criteria import weights_for
from hanze.collaboration.matching.rank import Option
from hanze.collaboration.meetings import MEETING_TYPES
from hanze.collaboration.overview import overview
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.vocabulary.concept import THEMES, load_vocabulary
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node, close_node, open_node
from hanze.settings import Settings

_RUNS: Final = 5
_BATCH: Final = 500
_CITIES: Final = tuple(f"urn:ngsi-ld:Municipality:bench:{number}" for number in range(200))
_COUNTRIES: Final = ("urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR")
_STAGES: Final = ("idea", "challenge", "pilot", "evaluated")
_QUESTIONS: Final = {"nl": "fietsenstalling bij het station", "en": "flood warning", "ko": "자전거"}
_TICK_S: Final = 0.005


def records(count: int) -> Iterator[Record]:
    """Make records, the same ones each time."""
    chance = random.Random(3)
    concepts = list(load_vocabulary().concepts.values())

    def label() -> dict[str, str]:
        return {language: ", ".join(chance.choice(c.labels[language]) for c in some)}

    for number, country in enumerate(_COUNTRIES):
        yield Country(id=country, title={"en": f"Country {number}"}, iso_code=country[-2:])
    for number, city in enumerate(_CITIES):
        yield Municipality(id=city, title={"en": f"City {number}"}, country=_COUNTRIES[number % 2])
    for number in range(count):
        language = chance.choice(("nl", "en", "ko"))
        some = chance.sample(concepts, 5)
        theme = (f"urn:ngsi-ld:Theme:hanze:{chance.choice(THEMES)}",)
        city, title = chance.choice(_CITIES), label()
        if number % 5 < 2:
            yield Demand(
                id=f"urn:ngsi-ld:Demand:bench:{number}",
                title=title,
                problem=label(),
                source_city=city,
                themes=theme,
                status="open",
                trl_minimum=chance.choice((None, 5, 7)),
                deadline=date(2100, 1, 1),
            )
        elif number % 5 < 4:
            yield Solution(
                id=f"urn:ngsi-ld:Solution:bench:{number}",
                title=title,
                what_it_does=label(),
                source_city=city,
                themes=theme,
                trl=chance.randint(1, 9),
            )
        else:
            yield Project(
                id=f"urn:ngsi-ld:Project:bench:{number}",
                title=title,
                description=label(),
                source_city=city,
                themes=theme,
                stage=chance.choice(_STAGES),
            )


async def measure(count: int) -> dict[str, str]:
    """Lines of one size, by what is measured."""
    told: dict[str, str] = {}
    node = await open_node(Settings(data=None))
    try:
        caller = Caller(actor="bench", roles=frozenset({"writer"}))
        entities = [(write_record(record), HANZE) for record in records(count)]
        for start in range(0, len(entities), _BATCH):
            some = entities[start : start + _BATCH]
            await create_entities(node.store, caller, some, now=node.clock())
        del entities
        waits = Waits()
        with waits:
            await _built(node, told)
        told["worst wait of others meanwhile"] = f"{waits.worst_s * 1e3:.0f} ms"
        await _asked(node, told)
    finally:
        await close_node(node)
    return told


async def _built(node: Node, told: dict[str, str]) -> None:
    """Read all records, and make what searches and matches them."""
    memory, start = _memory_mb(), time.process_time()
    collective = await node.collective.refresh(node.clock())
    told["read all records"] = _since(start, memory)
    memory, start = _memory_mb(), time.process_time()
    await node.search.refresh(collective, wait_s=None)
    told["index and annotations"] = _since(start, memory)
    memory, start = _memory_mb(), time.process_time()
    await node.matchmaker.prepare(node.clock())
    await node.meetings.prepare(collective, MEETING_TYPES)
    told["profiles of matching"] = _since(start, memory)


async def _asked(node: Node, told: dict[str, str]) -> None:
    collective, search = node.collective, node.search

    async def refreshed() -> None:
        await collective.refresh(node.clock())

    async def ranked() -> None:
        party = "urn:ngsi-ld:Demand:bench:0"
        option = Option(weights=weights_for("demand-solution"))
        await node.matchmaker.ranking("demand-solution", party, option, now=node.clock())

    # What changed in the last 10 s is looked at again each time.
    await asyncio.sleep(11)
    await refreshed()
    told["nothing changed"] = await _timed(refreshed)
    for language, question in _QUESTIONS.items():
        filters = Filters(text=question)
        show = partial(overview, collective, search, filters, language=language)
        told[f"search, {language}"] = await _timed(_call(show), 20)
    told["overview with facets"] = await _timed(
        _call(lambda: overview(collective, search, Filters(), language="nl"))
    )
    told["one ranking, first"] = await _timed(ranked, 1)
    told["one ranking"] = await _timed(ranked)
    told["connections, first"] = await _timed(
        _call(lambda: find_connections(collective, node.meetings)), 1
    )
    party = "urn:ngsi-ld:Demand:bench:5"
    told["connections of a record"] = await _timed(
        _call(lambda: find_connections(collective, node.meetings, record=party)), 1
    )
    told["duplicates, first"] = await _timed(_call(lambda: duplicates_of(collective)), 1)
    told["anything kept, again"] = await _timed(
        _call(lambda: while_unchanged(collective, "bench", dict))
    )
    await _limits(node, told)


async def _limits(node: Node, told: dict[str, str]) -> None:
    """What no answer of this kind can go below."""
    size = len(node.collective)
    scores, codes = np.random.default_rng(3).random(size, np.float32), np.arange(size) % 200
    held = [one.record.id for one in node.collective.every()]
    page = [{"id": one, "title": {"en": one}, "date": "2027-01-01"} for one in held[:20]]

    def scan() -> None:
        found = np.flatnonzero(scores > 0.5)
        found[np.argpartition(-scores[found], 20)]
        np.bincount(codes[found])

    told["limit: scan, best 20, count"] = await _timed(_call(scan))
    told["limit: look every record up"] = await _timed(
        _call(lambda: [node.collective.find(one) for one in held])
    )
    told["limit: write a page as JSON"] = await _timed(_call(lambda: orjson.dumps(page)))


class Waits:
    """How long others had to wait for their turn, at worst."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    def __enter__(self) -> None:
        self._task = asyncio.create_task(self._tick())

    def __exit__(self, *_: object) -> None:
        self._task.cancel()

    async def _tick(self) -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            self.worst_s = max(self.worst_s, time.perf_counter() - start - _TICK_S)


def _call(made: Callable[[], object]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        made()

    return run


async def _timed(run: Callable[[], Awaitable[None]], times: int = _RUNS) -> str:
    """Median and highest of several runs, in ms of the processor."""
    found = []
    for _ in range(times):
        start = time.process_time()
        await run()
        found.append((time.process_time() - start) * 1e3)
    if times == 1:
        return f"{found[0]:.1f} ms"
    name = "p95" if times > _RUNS else "worst"
    high = sorted(found)[max(0, round(0.95 * times) - 1)] if times > _RUNS else max(found)
    return f"{statistics.median(found):.2f} ms ({name} {high:.2f})"


def _since(start: float, memory_mb: float) -> str:
    return f"{time.process_time() - start:.1f} s, {_memory_mb() - memory_mb:.0f} MB"


def _memory_mb() -> float:
    """Memory in use now (Linux, pages of 4 kB)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 2**20


def _table(sizes: Sequence[int], columns: Sequence[dict[str, str]]) -> list[str]:
    lines = [f"{'':34}" + "".join(f"{f'{size:,} records':>28}" for size in sizes)]
    lines += [
        f"{name:34}" + "".join(f"{column[name]:>28}" for column in columns) for name in columns[0]
    ]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="also 100,000 records: five minutes")
    parser.add_argument("--records", type=int, action="append", help="other sizes")
    arguments = parser.parse_args()
    sizes = arguments.records or ([10_000, 100_000] if arguments.full else [1_000, 10_000])
    # The first size pays for dictionaries and what reads Korean, which no other does again.
    asyncio.run(measure(100))
    print(
        "The collective: times of the processor, median and worst of five runs, or p95 of twenty."
    )
    print("\n".join(_table(sizes, [asyncio.run(measure(size)) for size in sizes])), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
