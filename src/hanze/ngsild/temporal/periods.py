"""The periods over which values are aggregated (CIM 009, 4.5.19).

They follow each other from an origin on: the `timeAt` of the query, or the first value where the
query has no start. Each begins where the one before it ends and is as long as was asked for, also
the last one, which may reach beyond the end of the query. Months are those of the calendar in UTC:
a period of a month from the 31st on ends on the last day of a shorter month, and the next one is
counted from the origin again.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from hanze.ngsild.temporal.model import EARLIEST, LATEST, Aggregation, TemporalQuery, Timerel

__all__ = ["Periods", "end_of_range", "periods_of", "start_of_range"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_YEAR: Final = 9999
#: Of a Gregorian calendar month.
_MEAN_MONTH: Final = 2_629_746_000_000


class Periods(NamedTuple):
    """Periods of one length, numbered from 0; moments are microseconds since 1970."""

    origin: int
    months: int
    microseconds: int

    def start(self, number: int) -> int:
        """Return the moment at which a period starts: within it, and outside the one before."""
        moment = self.origin
        if self.months:
            moment = _later(moment, self.months * number)
        return min(moment + self.microseconds * number, LATEST)

    def bounds(self, number: int) -> tuple[int, int]:
        """Return the start of a period and its end, which is the start of the next one."""
        return self.start(number), self.start(number + 1)

    def number_of(self, moment: int) -> int:
        """Return the number of the period that a moment, not before the origin, falls in."""
        mean = self.months * _MEAN_MONTH + self.microseconds
        number = (moment - self.origin) // mean
        while number and self.start(number) > moment:
            number -= 1
        while self.start(number + 1) <= moment < LATEST:
            number += 1
        return number


def periods_of(
    aggregation: Aggregation, temporal: TemporalQuery | None, first: int
) -> Periods | None:
    """Return the periods of an aggregation; `None` when one period spans the whole range.

    Args:
        aggregation: How long they are.
        temporal: Where they start, if it says so.
        first: The first value's moment, where they start otherwise.
    """
    if not aggregation.months and not aggregation.microseconds:
        return None
    start = start_of_range(temporal)
    return Periods(first if start is None else start, aggregation.months, aggregation.microseconds)


def start_of_range(temporal: TemporalQuery | None) -> int | None:
    """Return the first moment that a query includes; `None` when it has no such end."""
    if temporal is None or temporal.timerel is Timerel.BEFORE or temporal.time_at <= EARLIEST:
        return None
    return temporal.time_at


def end_of_range(temporal: TemporalQuery | None) -> int | None:
    """Return the first moment that a query no longer includes; `None` when it has no such end."""
    if temporal is None or temporal.timerel is Timerel.AFTER:
        return None
    return temporal.time_at if temporal.timerel is Timerel.BEFORE else temporal.end_time_at


def _later(moment: int, months: int) -> int:
    """Add calendar months; a day that the month does not have becomes its last one."""
    at = _EPOCH + timedelta(microseconds=moment)
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    if year > _LAST_YEAR:
        return LATEST
    day = min(at.day, _days_in(year, month + 1))
    return (at.replace(year=year, month=month + 1, day=day) - _EPOCH) // _MICROSECOND


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31
