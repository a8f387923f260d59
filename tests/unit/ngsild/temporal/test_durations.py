"""Durations of aggregation periods: every form, and what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.temporal.durations import DAY, Duration, format_duration, parse_duration

HOUR = DAY // 24

FORMS = [
    ("P1Y", Duration(12, 0)),
    ("P2M", Duration(2, 0)),
    ("P3D", Duration(0, 3 * DAY)),
    ("PT4H", Duration(0, 4 * HOUR)),
    ("PT5M", Duration(0, 5 * HOUR // 60)),
    ("PT6S", Duration(0, 6_000_000)),
    ("PT0.5S", Duration(0, 500_000)),
    ("P2W", Duration(0, 14 * DAY)),
    ("P3Y6M4DT12H30M5S", Duration(42, 4 * DAY + 12 * HOUR + 1805 * 1_000_000)),
    ("PT0S", Duration()),
    ("P0D", Duration()),
    ("P0W", Duration()),
    ("P0Y0M0DT0H0M0S", Duration()),
]

REFUSED = [
    "",
    "P",
    "PT",
    "P1DT",
    "1D",
    "P-1D",
    "-P1D",
    "P1",
    "p1d",
    "P1H",
    "PT1D",
    "P1D1M",
    "P1W1D",
    "P1DT1W",
    "P1.5D",
    "PT1.5H",
    "P0001-01-01T00:00:00",
    "P1Y ",
    "P٣D",
    "P20000Y",
    "P9999999999W",
]


@pytest.mark.clause("4.5.19.1")
@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_parse_duration_should_read_every_form_when_it_is_one(
    text: str, expected: Duration
) -> None:
    assert parse_duration(text) == expected


@pytest.mark.clause("4.5.19.1")
@pytest.mark.parametrize("text", REFUSED)
def test_parse_duration_should_refuse_when_the_form_is_another(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_duration(text)
    assert raised.value.field == "aggrPeriodDuration"


@settings(max_examples=100)
@given(st.integers(0, 1200), st.integers(0, 400 * DAY))
def test_parse_duration_should_give_back_a_duration_when_it_was_formatted(
    months: int, microseconds: int
) -> None:
    duration = Duration(months, microseconds)
    assert parse_duration(format_duration(duration)) == duration
