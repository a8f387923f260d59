"""Who guesses waits; who is right does not, and what is kept for a while is given back once."""

import asyncio
import threading
import time

import pytest

from hanze.identity import allowance
from hanze.identity.account import SignInRefused
from hanze.identity.allowance import TooOften
from hanze.identity.guard import Guard, TooManySignIns
from hanze.identity.once import Once

NOON = "2026-11-22T12:00:00Z"
NEXT = "2026-11-22T13:00:00Z"


def test_address_should_wait_when_it_was_wrong_too_often() -> None:
    guard = Guard(per_address=2, per_account=10, refusals=10)
    for _ in range(2):
        guard.enter("192.0.2.1", now=NOON)
        guard.failed("192.0.2.1", now=NOON)
    with pytest.raises(TooOften):
        guard.enter("192.0.2.1", now=NOON)
    guard.enter("192.0.2.2", now=NOON)
    guard.enter("192.0.2.1", now=NEXT)


def test_account_should_be_safe_from_many_addresses() -> None:
    guard = Guard(per_address=100, per_account=3, refusals=10)
    for number in range(3):
        guard.failed(f"192.0.2.{number}", account="Ans", now=NOON)
    with pytest.raises(TooOften):
        guard.enter("192.0.2.9", account="ans", now=NOON)
    guard.enter("192.0.2.9", account="bo", now=NOON)
    guard.enter("192.0.2.9", now=NOON)


def test_refused_requests_should_be_counted_by_themselves() -> None:
    guard = Guard(per_address=1, per_account=1, refusals=2)
    for _ in range(3):
        guard.refused("192.0.2.1", now=NOON)
    with pytest.raises(TooOften):
        guard.ask("192.0.2.1", now=NOON)
    guard.enter("192.0.2.1", now=NOON)


def test_many_addresses_should_not_close_the_node_to_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(allowance, "_MOST_MARKS", 10)
    guard = Guard(per_address=2, per_account=2, refusals=2)
    for number in range(50):
        for _ in range(2):
            guard.refused(f"192.0.2.{number}", now=NOON)
            guard.failed(f"192.0.2.{number}", account=f"name{number}", now=NOON)
    guard.ask("198.51.100.1", now=NOON)
    guard.enter("198.51.100.1", account="ans", now=NOON)
    # Who guessed last is known still.
    for wait in (guard.ask, guard.enter):
        with pytest.raises(TooOften):
            wait("192.0.2.49", now=NOON)


async def test_guesses_at_a_time_should_count_like_guesses_one_by_one() -> None:
    guard = Guard(per_address=100, per_account=5, refusals=10)
    lock, running, most, compared = threading.Lock(), 0, 0, 0

    def wrong() -> None:
        nonlocal running, most, compared
        with lock:
            running, compared = running + 1, compared + 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        raise SignInRefused

    done = await asyncio.gather(
        *(guard.compare(wrong, f"192.0.2.{n}", account="ans", now=NOON) for n in range(60)),
        return_exceptions=True,
    )
    kinds = [type(one) for one in done]
    assert kinds.count(TooManySignIns) == 20
    assert most <= 2
    assert compared <= 6
    assert await guard.compare(lambda: "in", "192.0.2.1", account="bo", now=NOON) == "in"


def test_once_should_give_back_once_and_in_time() -> None:
    once: Once[str] = Once(60)
    key = once.keep("a", now_s=0)
    late = once.keep("b", now_s=0)
    assert once.take(key, now_s=59) == "a"
    assert once.take(key, now_s=59) is None
    assert once.take(late, now_s=60) is None
    assert once.take("guess", now_s=0) is None
