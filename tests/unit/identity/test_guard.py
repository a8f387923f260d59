"""Who guesses waits; who is right does not, and what is kept for a while is given back once."""

import pytest

from hanze.identity.allowance import TooOften
from hanze.identity.guard import Guard
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


def test_once_should_give_back_once_and_in_time() -> None:
    once: Once[str] = Once(60)
    key = once.keep("a", now_s=0)
    late = once.keep("b", now_s=0)
    assert once.take(key, now_s=59) == "a"
    assert once.take(key, now_s=59) is None
    assert once.take(late, now_s=60) is None
    assert once.take("guess", now_s=0) is None
