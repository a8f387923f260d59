"""What the address of a history means, and the stretches of time that a city's clock counts."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from hanze.web.portal.history.calendar import LENGTHS, PERIODS, boundaries, local, runs
from hanze.web.portal.history.selection import RANGES, Selection, Span, fitting

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = 86_400_000_000
MOMENTS = st.integers(0, 60 * 365 * DAY)


def read(query: str) -> Selection:
    return Selection.parse("urn:x:1", QueryParams(query), AMSTERDAM)


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    "query",
    [
        "attribute=no2&attribute=pm10&range=week&show=mean&by=hour",
        "dataset=@none&dataset=urn:x:a&from=2026-03-01T00:00&to=2026-03-02T12:30",
        "range=year&tz=Asia/Seoul&page=3",
        "from=2026-10-25T02:30:00%2B02:00&to=2026-10-25T02:30:00%2B01:00",
    ],
)
def test_address_should_come_back_as_it_was_read(query: str) -> None:
    selection = read(query)
    again = selection.path("nl").partition("?")[2]
    assert read(again) == selection
    assert selection.path("nl").startswith("/nl/history/urn%3Ax%3A1?")


@pytest.mark.parametrize(
    "query",
    [
        "range=century&show=median&by=second&page=-1&tz=Atlantis/Centre",
        "from=2026-03-02T00:00&to=2026-03-01T00:00",
        "from=yesterday&to=2026-03-01T00:00",
        "from=0001-01-01T00:00&to=2026-03-01T00:00",
        "tz=../../etc/passwd&attribute=" + "x" * 600,
        "tz=Europe/Amsterdam",
    ],
)
def test_what_makes_no_sense_should_count_as_not_given(query: str) -> None:
    assert read(query) == read("")


def test_moments_should_be_those_of_the_clock_in_the_zone() -> None:
    query = "from=2026-07-01T00:00&to=2026-07-02T00:00&tz=Asia/Seoul"
    now = datetime(2026, 7, 5, tzinfo=UTC)
    assert read(query).span(now) == (us("2026-06-30T15:00Z"), us("2026-07-01T15:00Z"))


def test_range_should_end_now() -> None:
    now = datetime(2026, 7, 5, tzinfo=UTC)
    assert read("range=day").span(now) == (us("2026-07-04T00:00Z"), us("2026-07-05T00:00Z"))
    # A range wins: the fields of a form are filled all the same.
    both = "range=day&from=2026-03-01T00:00&to=2026-03-02T12:30"
    assert read(both).span(now) == read("range=day").span(now)


@given(start=MOMENTS, width=st.integers(60_000_000, 400 * DAY), period=st.sampled_from(PERIODS))
@settings(max_examples=60)
def test_boundaries_should_enclose_the_time_and_follow_each_other(
    start: int, width: int, period: str
) -> None:
    end = start + min(width, 2_000 * LENGTHS[period])
    bounds = boundaries(start, end, period, AMSTERDAM)
    assert bounds[0] <= start < bounds[1]
    assert bounds[-2] < end <= bounds[-1]
    assert all(before < after for before, after in pairwise(bounds))
    joined = runs(bounds)
    assert [run.start for run in joined] + [joined[-1].end] == sorted(
        {joined[0].start, *(run.end for run in joined)}
    )
    assert sum((run.end - run.start) // run.length for run in joined) == len(bounds) - 1
    if period in ("day", "week", "month"):
        assert all(local(bound, AMSTERDAM).time() == datetime.min.time() for bound in bounds)


def test_day_on_which_the_clock_goes_forward_should_have_23_hours() -> None:
    bounds = boundaries(us("2026-03-28T12:00Z"), us("2026-03-31T12:00Z"), "day", AMSTERDAM)
    assert [length // 3_600_000_000 for _, _, length in runs(bounds)] == [24, 23, 24]


def test_months_should_be_those_of_the_calendar() -> None:
    bounds = boundaries(us("2026-01-15T00:00Z"), us("2026-04-02T00:00Z"), "month", AMSTERDAM)
    assert [local(bound, AMSTERDAM).isoformat()[:10] for bound in bounds] == [
        f"2026-0{month}-01" for month in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("days", "asked", "expected"),
    [
        (1 / 24, "", "minute"),
        (1, "", "quarter"),
        (7, "", "hour"),
        (365, "", "day"),
        (4_000, "", "week"),
        (1, "minute", "minute"),
        (30, "minute", "quarter"),
        (365, "minute", "day"),
        (7, "month", "month"),
    ],
)
def test_period_should_fit_the_time(days: float, asked: str, expected: str) -> None:
    assert fitting(Span(0, int(days * DAY)), asked) == expected


def test_every_range_should_fit_a_chart() -> None:
    for length in RANGES.values():
        span = Span(0, int(length.total_seconds() * 1e6))
        assert (span.end - span.start) / LENGTHS[fitting(span, "")] <= 1_500
