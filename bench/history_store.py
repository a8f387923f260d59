"""The same questions to the store itself, without HTTP and rendering, beside a ticking loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from history_client import TYPE, entity_id

from hanze.broker.ports import Evolution, Window
from hanze.ngsild.context import CORE
from hanze.ngsild.temporal.model import Aggregation, Method, TemporalQuery, Timerel
from hanze.store.store import Store

__all__ = ["Asked", "ask_store"]

_DAY: Final = 86_400_000_000
_HOUR: Final = 3_600_000_000
_PAGE: Final = 1_000
_RUNS: Final = 7


@dataclass
class Asked:
    """Milliseconds by question, and how long the loop let others wait meanwhile."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def told(self, name: str) -> str:
        wall, cpu = sorted(self.wall[name]), sorted(self.cpu[name])
        return f"{wall[len(wall) // 2]:,.1f} ms ({cpu[len(cpu) // 2]:,.1f} of CPU)"

    def waited(self) -> str:
        ordered = sorted(self.waits)
        return f"p99 {ordered[int(0.99 * len(ordered))]:.1f}, worst {ordered[-1]:.1f} ms"


def ask_store(data: Path, *, series: int, days: int, start_us: int) -> Asked:
    """Ask the store of a data directory: last values, means of one series, means of all."""
    return asyncio.run(_ask(data, series, days, start_us))


async def _ask(data: Path, series: int, days: int, start_us: int) -> Asked:
    store = await Store.open(data)
    asked = Asked()
    history = store.history
    one = history.evolution("", entity_id(series // 2))
    if one is None:
        raise RuntimeError("There is no history")
    every = _all(store)
    names = frozenset({CORE.expand_name("intensity")})
    whole = TemporalQuery(Timerel.BETWEEN, start_us, start_us + days * _DAY)
    middle = start_us + days // 2 * _DAY
    day = TemporalQuery(Timerel.BETWEEN, middle, middle + _DAY)
    means = Aggregation((Method.AVG,), 0, _HOUR)
    ticking = asyncio.create_task(_tick(asked))
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "last": lambda: history.read("", [one], Window(names=names, temporal=whole, last_n=100)),
        "one": lambda: history.aggregate("", [one], Window(names=names, temporal=whole), means),
        "many": lambda: history.aggregate("", every, Window(names=names, temporal=day), means),
    }
    for name, question in questions.items():
        for _ in range(_RUNS):
            started, cpu = time.perf_counter(), time.process_time()
            await question()
            asked.wall.setdefault(name, []).append((time.perf_counter() - started) * 1e3)
            asked.cpu.setdefault(name, []).append((time.process_time() - cpu) * 1e3)
    ticking.cancel()
    await store.close()
    return asked


def _all(store: Store) -> list[Evolution]:
    kind = CORE.expand_name(TYPE)
    found: list[Evolution] = []
    while page := store.history.evolutions("", after=found[-1].number if found else 0, limit=_PAGE):
        found += [one for one in page if kind in one.types]
    return found


async def _tick(asked: Asked) -> None:
    while True:
        started = time.perf_counter()
        await asyncio.sleep(0.002)
        asked.waits.append((time.perf_counter() - started) * 1e3 - 2)
