"""What time it is: the one clock of a node."""

import time
from functools import lru_cache

__all__ = ["utc_now"]


def utc_now() -> str:
    """Return now as DateTime text in UTC, with six decimals (CIM 009, 4.6.3).

    Every request asks, so the part that changes once a second is remembered.
    """
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_to_the_second(seconds)}.{nanoseconds // 1000:06d}Z"


@lru_cache(maxsize=2)
def _to_the_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
