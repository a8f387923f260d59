"""Counting in months, whose lengths differ."""

from calendar import monthrange
from datetime import date

__all__ = ["months_later"]


def months_later(day: date, months: int) -> date:
    """Count months on; a month without that day has its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
