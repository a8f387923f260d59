"""When a notification is sent, and what becomes of one that is not: rules without a clock.

Moments are microseconds since 1970, lengths of time are seconds where the name does not say more.
"""

from enum import Enum
from typing import Final

from hanze.ngsild.subscription.model import SubscriptionStatus

__all__ = [
    "FIRST_WAIT_S",
    "LONGEST_WAIT_S",
    "Fate",
    "fate_of",
    "is_cooling",
    "next_period",
    "not_before",
    "retry_wait_s",
    "throttled_until",
    "timeout_s",
]

#: After a first failure, and after many.
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 900.0

#: Waits differ by as much as this share up or down, lest all receivers are asked at one moment.
_JITTER: Final = 0.2

_SECOND: Final = 1_000_000
_DOUBLINGS: Final = 64


class Fate(Enum):
    """What becomes of what is due to a subscription."""

    SEND = "send"
    HOLD = "hold"
    DIE = "die"
    DROP = "drop"


def fate_of(status: SubscriptionStatus | None) -> Fate:
    """Say what becomes of what is due (5.8.6: only an active subscription is notified).

    What happened before a pause waits for its end. What was not told before the expiry is a dead
    letter: somebody may prolong the subscription and send it again. Who deletes a subscription
    wants nothing more of it.

    Args:
        status: `None` where there is no such subscription any more.
    """
    match status:
        case SubscriptionStatus.ACTIVE:
            return Fate.SEND
        case SubscriptionStatus.PAUSED:
            return Fate.HOLD
        case SubscriptionStatus.EXPIRED:
            return Fate.DIE
        case None:
            return Fate.DROP


def retry_wait_s(failures: int, jitter: float) -> float:
    """Return how long to wait after failures in a row.

    Args:
        failures: At least one.
        jitter: From 0 to 1, drawn by chance.
    """
    doubled = FIRST_WAIT_S * 2.0 ** min(failures - 1, _DOUBLINGS)
    return min(doubled, LONGEST_WAIT_S) * (1 - _JITTER + 2 * _JITTER * jitter)


def not_before(last_failure: int, wait_s: float, cooldown_ms: float | None) -> int:
    """Return when an endpoint is tried again (5.2.15 cooldown).

    Args:
        last_failure: When it failed.
        wait_s: Of `retry_wait_s`.
        cooldown_ms: Of the subscription.
    """
    return last_failure + round(max(wait_s * _SECOND, (cooldown_ms or 0) * 1_000))


def is_cooling(happened: int, last_failure: int | None, cooldown_ms: float | None) -> bool:
    """Tell whether a change is passed over: it came while the endpoint cooled down (5.2.15)."""
    if last_failure is None or cooldown_ms is None:
        return False
    return last_failure <= happened < last_failure + round(cooldown_ms * 1_000)


def throttled_until(last_sent: int | None, throttling_s: float | None) -> int:
    """Return from when on the next notification may be sent (5.2.12 throttling)."""
    if last_sent is None or throttling_s is None:
        return 0
    return last_sent + round(throttling_s * _SECOND)


def next_period(last: int, interval_s: float, now: int) -> int:
    """Return when the next periodic notification is due (5.2.12 timeInterval).

    Moments lie at whole intervals after `last`; those that were missed are not made up for.

    Args:
        last: The last one, or when the subscription began.
        interval_s: Greater than 0.
        now: Answered moments lie after it, unless the first one is still to come.
    """
    interval = max(1, round(interval_s * _SECOND))
    missed = max(0, (now - last) // interval)
    return last + (missed + 1) * interval


def timeout_s(asked_ms: float | None, most_s: float) -> float:
    """Return how long an answer may take; the node bounds what a subscription asks (5.2.15)."""
    return most_s if asked_ms is None else min(asked_ms / 1_000, most_s)
