"""When a notification is sent: the rules as functions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.subscription.model import SubscriptionStatus
from hanze.worker.delivery.schedule import (
    LONGEST_WAIT_S,
    Fate,
    fate_of,
    is_cooling,
    next_period,
    not_before,
    retry_wait_s,
    throttled_until,
    timeout_s,
)

MOMENTS = st.integers(0, 4_000_000_000_000_000)
SHARES = st.floats(0, 1)


@given(failures=st.integers(1, 5_000), jitter=SHARES)
@settings(max_examples=100)
def test_waits_should_grow_and_stay_bounded(failures: int, jitter: float) -> None:
    wait = retry_wait_s(failures, jitter)
    assert 0.8 <= wait < LONGEST_WAIT_S * 1.2 + 0.001
    assert retry_wait_s(failures + 1, jitter) >= wait


def test_waits_should_double_from_a_second_to_a_quarter_of_an_hour() -> None:
    waits = [retry_wait_s(failures, 0.5) for failures in range(1, 13)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@pytest.mark.clause("5.2.15")
@given(failed=MOMENTS, wait=st.floats(0, 1_000), cooldown=st.none() | st.floats(1, 1e7))
@settings(max_examples=100)
def test_an_endpoint_should_rest_for_its_cooldown_at_least(
    failed: int, wait: float, cooldown: float | None
) -> None:
    again = not_before(failed, wait, cooldown)
    assert again >= failed + round(wait * 1_000_000)
    if cooldown is not None:
        assert again >= failed + round(cooldown * 1_000)
        assert not is_cooling(failed + round(cooldown * 1_000), failed, cooldown)
        assert is_cooling(failed, failed, cooldown)
    assert not is_cooling(failed - 1, failed, cooldown)
    assert not is_cooling(failed, None, cooldown)


@pytest.mark.clause("5.2.12")
@given(sent=MOMENTS, throttling=st.floats(0.000001, 1e6))
@settings(max_examples=100)
def test_notifications_should_lie_as_far_apart_as_throttling_says(
    sent: int, throttling: float
) -> None:
    assert throttled_until(sent, throttling) - sent == round(throttling * 1_000_000)
    assert throttled_until(None, throttling) == throttled_until(sent, None) == 0


@pytest.mark.clause("5.8.6")
@given(last=MOMENTS, interval=st.floats(0.001, 1e6), later=st.integers(0, 10**13))
@settings(max_examples=100)
def test_periods_should_keep_their_beat_and_not_make_up_for_missed_ones(
    last: int, interval: float, later: int
) -> None:
    now = last + later
    due = next_period(last, interval, now)
    beat = round(interval * 1_000_000)
    assert due > now
    assert due - now <= beat
    assert (due - last) % beat == 0


@pytest.mark.clause("5.8.6")
def test_only_an_active_subscription_should_be_notified() -> None:
    assert fate_of(SubscriptionStatus.ACTIVE) is Fate.SEND
    assert fate_of(SubscriptionStatus.PAUSED) is Fate.HOLD
    assert fate_of(SubscriptionStatus.EXPIRED) is Fate.DIE
    assert fate_of(None) is Fate.DROP


def test_an_answer_should_take_no_longer_than_the_node_lets_it() -> None:
    assert timeout_s(None, 10) == 10
    assert timeout_s(2_500, 10) == 2.5
    assert timeout_s(60_000, 10) == 10
