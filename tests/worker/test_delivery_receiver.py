"""Whose turn it is at an endpoint, and how failures make it wait."""

import asyncio

import pytest

from hanze.transport.notifier.outcome import Outcome, Verdict
from hanze.worker.delivery.receiver import Receiver

SENT, AWAY = Outcome(Verdict.SENT), Outcome(Verdict.AWAY, "status 503")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now


def receiver(clock: Clock, *, concurrency: int = 4, max_tries: int = 3) -> Receiver:
    return Receiver(concurrency, max_tries, asyncio.Semaphore(2), clock)


async def test_a_new_endpoint_should_be_sent_one_message_before_it_is_sent_many() -> None:
    made = receiver(Clock())
    assert not made.is_free()
    probe = await made.enter()
    second = asyncio.create_task(made.enter())
    await asyncio.sleep(0)
    assert not second.done()
    made.judge(SENT, None)
    made.leave(probe=probe)
    assert await second is False
    assert made.is_free()
    turns = [await made.enter() for _ in range(3)]
    assert turns == [False] * 3
    assert not made.is_free()


async def test_failures_should_wait_longer_and_count_once_for_what_fails_together() -> None:
    clock = Clock()
    made = receiver(clock)
    made.judge(SENT, None)
    for _ in range(3):
        made.judge(AWAY, None)
    assert made.failures == 1
    assert 0.8e6 <= made.resumes - clock.now <= 1.2e6
    clock.now = made.resumes
    made.judge(AWAY, 60_000)
    assert made.failures == 2
    assert made.resumes == clock.now + 60_000_000
    made.judge(SENT, None)
    assert (made.failures, made.resumes) == (0, 0)


async def test_what_waited_through_all_tries_should_be_doomed_until_somebody_pardons() -> None:
    clock = Clock()
    made = receiver(clock, max_tries=2)
    first = clock.now
    made.judge(AWAY, None)
    assert made.doomed_until == 0
    clock.now = made.resumes
    made.judge(AWAY, None)
    assert made.doomed_until == first
    assert made.reason == "status 503"
    made.pardon()
    assert made.doomed_until == made.resumes == 0


async def test_endpoints_that_hang_should_share_few_turns() -> None:
    clock, doubtful = Clock(), asyncio.Semaphore(2)
    made = [Receiver(4, 3, doubtful, clock) for _ in range(3)]
    waiting = [asyncio.create_task(one.enter()) for one in made]
    done, pending = await asyncio.wait(waiting, timeout=0.01)
    assert (len(done), len(pending)) == (2, 1)
    made[0].leave(probe=True)
    done, pending = await asyncio.wait(waiting, timeout=0.01)
    assert not pending
    assert not made[2].is_idle()
    for one in made[1:]:
        one.leave(probe=True)
    assert all(one.is_idle() for one in made)


async def test_a_turn_that_is_given_up_should_be_free_again() -> None:
    made = receiver(Clock(), concurrency=1)
    probe = await made.enter()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await made.enter()
    made.leave(probe=probe)
    async with asyncio.timeout(1):
        assert await made.enter() is True


async def test_one_failure_among_successes_should_not_stop_an_endpoint() -> None:
    made = receiver(Clock())
    made.judge(SENT, None)
    made.judge(AWAY, None)
    assert (made.failures, made.is_free()) == (0, True)
    made.judge(SENT, None)
    made.judge(AWAY, None)
    assert made.failures == 0
    made.judge(AWAY, None)
    assert (made.failures, made.is_free()) == (1, False)
