"""Charts as shapes: round axes, gaps, bands, bars; tables and strips of the same."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.web.portal.history.axes import number_scale, time_ticks
from hanze.web.portal.history.chart import Chart, Line, Point, draw, with_gaps

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = 3_600_000_000
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def line(*values: float | None, label: str = "x") -> Line:
    points = (
        Point(number * HOUR, value, start=number * HOUR, end=(number + 1) * HOUR)
        for number, value in enumerate(values)
    )
    return Line("urn:x:a", None, label, "m", tuple(points))


def drawn(*lines: Line, bars: bool = False) -> Chart:
    return draw(lines, 0, 10 * HOUR, times=(), number=str, bars=bars)


@given(low=NUMBERS, width=st.floats(0, 1e9))
@settings(max_examples=100)
def test_scale_should_be_round_and_enclose_the_values(low: float, width: float) -> None:
    scale = number_scale(low, low + width)
    room = 1e-6 * max(abs(low), abs(low + width), 1)
    assert scale.low <= low + room
    assert scale.high >= low + width - room
    assert 2 <= len(scale.lines) <= 8


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(3, 97, (0, 25, 50, 75, 100)), (1_013, 1_016, (1_013, 1_014, 1_015, 1_016)), (5, 5, None)],
)
def test_scale_should_begin_at_zero_only_where_that_shows_more(
    low: float, high: float, expected: tuple[float, ...] | None
) -> None:
    lines = number_scale(low, high).lines
    assert lines[0] < 5 < lines[-1] if expected is None else lines == expected


@given(
    start=st.integers(0, 2_000_000_000).map(lambda seconds: seconds * 1_000_000),
    width=st.integers(60, 40 * 365 * 86_400).map(lambda seconds: seconds * 1_000_000),
)
@settings(max_examples=100)
def test_ticks_should_be_few_and_in_order(start: int, width: int) -> None:
    ticks = time_ticks(start, start + width, AMSTERDAM, Locale.parse("nl"))
    assert 1 <= len(ticks) <= 10 or width < 120_000_000
    assert all(0 <= tick.at <= 1 for tick in ticks)
    assert all(before.at < after.at for before, after in pairwise(ticks))


def test_ticks_should_be_of_the_clock_also_when_it_changes() -> None:
    start, end = us("2026-03-28T23:00+01:00"), us("2026-03-30T01:00+02:00")
    labels = [tick.label for tick in time_ticks(start, end, AMSTERDAM, Locale.parse("en_GB"))]
    assert labels == ["Sun 29 Mar", "06:00", "12:00", "18:00", "Mon 30 Mar"]


def test_line_should_be_broken_where_nothing_came() -> None:
    chart = drawn(line(1, 2, None, 3, 4))
    assert chart.drawn[0].line.count("M") == 2


def test_value_between_gaps_should_be_a_dot() -> None:
    many = [float(number) for number in range(100)]
    chart = drawn(line(*many[:50], None, 7, None, *many[50:]))
    assert chart.drawn[0].dots.count("M") == 1


def test_gap_should_be_where_values_stay_away_much_longer_than_usual() -> None:
    times = [*range(0, 60, 10), *range(160, 200, 10)]
    points = with_gaps([Point(at, 1.0) for at in times])
    assert [point.at for point in points if point.value is None] == [105]
    assert with_gaps([Point(at, 1.0) for at in (0, 1, 500)])[1].value == 1.0


def test_values_that_come_more_often_should_make_no_gaps_before() -> None:
    times = [*range(0, 1_000, 100), *range(1_000, 1_500, 2)]
    assert all(point.value == 1.0 for point in with_gaps([Point(at, 1.0) for at in times]))


def test_band_should_be_drawn_of_a_line_alone() -> None:
    mean = Line("urn:x:a", None, "x", "m", tuple(Point(n * HOUR, 2.0, 1.0, 3.0) for n in range(3)))
    assert drawn(mean).drawn[0].band.endswith("Z")
    assert drawn(mean).scale.high >= 3
    assert drawn(mean, line(1, 2)).drawn[0].band == ""


def test_bars_should_stand_on_zero() -> None:
    chart = drawn(line(500, 520), bars=True)
    assert chart.scale.low == 0
    assert chart.drawn[0].bars.count("Z") == 2
    assert chart.drawn[0].line == ""


@given(
    st.lists(st.one_of(st.none(), NUMBERS), min_size=1, max_size=30).filter(
        lambda values: any(value is not None for value in values)
    )
)
@settings(max_examples=60)
def test_every_value_should_be_within_the_square(values: list[float | None]) -> None:
    chart = draw([line(*values)], 0, len(values) * HOUR, times=(), number=str)
    shape = chart.drawn[0].dots.replace("h.01", "")
    numbers = [float(part) for place in shape.split("M")[1:] for part in place.split()]
    assert all(-0.2 <= number <= 1000.2 for number in numbers)
