"""What a node does by itself."""

import asyncio
import logging
from contextlib import suppress

import pytest

from hanze.broker.ports import UnitOfWork
from hanze.errors import Unavailable
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity
from hanze.node.node import close_node, open_node
from hanze.settings import Settings, Worker
from hanze.worker.doing import keep_doing
from hanze.worker.loops import run_worker


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_keep_doing_should_go_on_after_a_step_that_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    done = asyncio.Event()
    outcomes = iter([Unavailable("The peer is away"), ValueError("a mistake"), None])

    async def step() -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        done.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(keep_doing("Looking", step, every_s=0.001))
    await asyncio.wait_for(done.wait(), 5)
    await _cancelled(task)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "The peer is away" in caplog.text


@pytest.mark.clause("4.22")
async def test_worker_should_remove_what_has_expired() -> None:
    node = await open_node(Settings(worker=Worker(sweep_s=0.01)))
    expired = Entity(
        id="urn:ngsi-ld:Bin:1",
        types=(CORE.expand_name("Bin"),),
        attributes={},
        expires_at="2020-01-01T00:00:00Z",
    )

    def unit(uow: UnitOfWork) -> None:
        uow.put("", expired, CORE)

    await node.store.transact(unit)
    assert node.store.stored("", expired.id) is not None
    task = asyncio.create_task(run_worker(node))
    async with asyncio.timeout(5):
        while node.store.stored("", expired.id) is not None:  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0.01)
    await _cancelled(task)
    await close_node(node)
