"""Texts are read in a thread that ends soon after nobody waits for it."""

import asyncio
import threading

import pytest

from hanze.collaboration.annotations import read_apart


async def test_read_apart_should_read_in_order() -> None:
    assert await read_apart(str.upper, ["a", "b"]) == ["A", "B"]


async def test_read_apart_should_end_after_one_text_when_nobody_waits() -> None:
    reading, go_on, read = threading.Event(), threading.Event(), list[int]()

    def slowly(number: int) -> int:
        reading.set()
        go_on.wait(10)
        read.append(number)
        return number

    task = asyncio.create_task(read_apart(slowly, range(100)))
    await asyncio.to_thread(reading.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert read == [0]
