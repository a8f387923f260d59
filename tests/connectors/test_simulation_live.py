"""The city in a real store: put there once, changing, and never in the way of what people do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from hanze.broker.batch import delete_entities
from hanze.connectors import simulation
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store

START = "2026-06-10T11:00:00Z"
LATER = "2026-06-10T11:20:00Z"
COUNTER = "urn:ngsi-ld:TrafficFlowObserved:aldermonde:radial-001"
CALLER = Caller(actor="test")


@dataclass
class Town:
    """A store and a clock that the test sets."""

    store: Store
    now: str = START

    @property
    def clock(self) -> Callable[[], str]:
        return lambda: self.now

    def intensity(self) -> object:
        stored = self.store.stored("", COUNTER)
        assert stored is not None
        return self.store.load(stored).attributes[HANZE.expand_name("intensity")][0].observed_at


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    store = await Store.open(None)
    yield Town(store)
    await store.close()


async def live(town: Town, until: Callable[[], bool]) -> None:
    """Let the city live until something holds; it must within a few turns."""
    task = asyncio.create_task(simulation.run(town))
    async with asyncio.timeout(20):
        while not until():
            await asyncio.sleep(0.02)
            assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def count_of(town: Town) -> int:
    return sum(summary.count for summary in town.store.summary(""))


async def test_seed_should_put_the_whole_city_in(town: Town) -> None:
    await simulation.seed(town)
    assert 1_800 <= count_of(town) <= 2_200


async def test_seed_should_leave_a_city_that_is_there_as_it_is(town: Town) -> None:
    await simulation.seed(town)
    await delete_entities(town.store, CALLER, [COUNTER], now=START)
    count = count_of(town)
    await simulation.seed(town)
    assert count_of(town) == count


async def test_seed_should_complete_a_city_that_was_cut_off(town: Town) -> None:
    await simulation.seed(town)
    whole = count_of(town)
    city = "urn:ngsi-ld:City:aldermonde:city"
    await delete_entities(town.store, CALLER, [city, COUNTER], now=START)
    await simulation.seed(town)
    assert count_of(town) == whole


async def test_run_should_write_what_changed(town: Town) -> None:
    await simulation.seed(town)
    assert town.intensity() == START
    town.now = LATER
    await live(town, until=lambda: town.intensity() == LATER)


async def test_run_should_leave_deleted_what_people_deleted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation.live, "_PAUSE_S", 0.01)
    await simulation.seed(town)
    await delete_entities(town.store, CALLER, [COUNTER], now=START)
    other = "urn:ngsi-ld:TrafficFlowObserved:aldermonde:radial-002"
    town.now = LATER

    def updated() -> bool:
        stored = town.store.stored("", other)
        assert stored is not None
        return town.store.load(stored).modified_at == LATER

    await live(town, until=updated)
    assert town.store.stored("", COUNTER) is None
