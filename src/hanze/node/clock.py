"""What time it is: the one clock of a node."""

import time

from hanze.ngsild.moment import format_datetime

__all__ = ["utc_now"]


def utc_now() -> str:
    """Return now as DateTime text in UTC (CIM 009, 4.6.3)."""
    return format_datetime(time.time_ns() // 1000)
