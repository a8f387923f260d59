"""Periods: one after the other, each moment in exactly one, months by the calendar."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.temporal.durations import DAY
from hanze.ngsild.temporal.model import (
    EARLIEST,
    LATEST,
    Aggregation,
    Method,
    TemporalQuery,
    Timerel,
)
from hanze.ngsild.temporal.periods import Periods, end_of_range, periods_of, start_of_range


def ends(origin: str, months: int, microseconds: int, count: int) -> list[str]:
    periods = Periods(parse_datetime(origin), months, microseconds)
    return [format_datetime(periods.bounds(number)[1]) for number in range(count)]


@pytest.mark.clause("4.5.19.1")
def test_bounds_should_end_on_the_last_day_when_the_month_is_shorter() -> None:
    assert ends("2024-01-31T12:00:00Z", 1, 0, 3) == [
        "2024-02-29T12:00:00Z",
        "2024-03-31T12:00:00Z",
        "2024-04-30T12:00:00Z",
    ]
    assert ends("2023-12-15T00:00:00Z", 12, DAY, 2) == [
        "2024-12-16T00:00:00Z",
        "2025-12-17T00:00:00Z",
    ]


@pytest.mark.clause("4.5.19.1")
def test_bounds_should_stay_in_the_calendar_when_a_period_reaches_beyond_it() -> None:
    periods = Periods(parse_datetime("9990-01-01T00:00:00Z"), 12 * 100, 0)
    assert periods.bounds(0)[1] == LATEST
    assert periods.number_of(LATEST) == 1 or periods.bounds(0)[0] <= LATEST


@settings(max_examples=100)
@given(
    st.integers(parse_datetime("1900-01-01T00:00:00Z"), parse_datetime("2100-01-01T00:00:00Z")),
    st.integers(0, 30),
    st.integers(0, 3 * DAY),
    st.integers(0, 20 * 365 * DAY),
)
def test_number_of_should_name_the_period_that_holds_a_moment(
    origin: int, months: int, microseconds: int, later: int
) -> None:
    if not months and not microseconds:
        microseconds = 1
    periods = Periods(origin, months, microseconds)
    moment = origin + later
    start, end = periods.bounds(periods.number_of(moment))
    assert start <= moment < end


HOURLY = Aggregation((Method.AVG,), 0, DAY // 24)


@pytest.mark.clause("4.5.19.1")
@pytest.mark.parametrize(
    ("temporal", "start", "end", "origin"),
    [
        (None, None, None, 7),
        (TemporalQuery(Timerel.BEFORE, 100), None, 100, 7),
        (TemporalQuery(Timerel.AFTER, 5), 5, None, 5),
        (TemporalQuery(Timerel.AFTER, EARLIEST), None, None, 7),
        (TemporalQuery(Timerel.BETWEEN, 5, 100), 5, 100, 5),
    ],
)
def test_periods_of_should_start_at_the_query_or_else_at_the_first_value(
    temporal: TemporalQuery | None, start: int | None, end: int | None, origin: int
) -> None:
    assert start_of_range(temporal) == start
    assert end_of_range(temporal) == end
    periods = periods_of(HOURLY, temporal, 7)
    assert periods is not None
    assert periods.origin == origin
    assert periods_of(Aggregation((Method.AVG,)), temporal, 7) is None
