"""The usual week: learned from the same time of earlier weeks, and silent where little is known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.insight.profile import Basis, build_profile, slot_of

UTC_ZONE = ZoneInfo("UTC")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = 3_600_000_000
DAY = 24 * HOUR
MONDAY = 1_767_571_200_000_000  # 2026-01-05T00:00:00Z


def weeks_of(count: int, value: float) -> list[tuple[int, float]]:
    """A value an hour, growing through the day, the same every day."""
    return [(MONDAY + hour * HOUR, value + hour % 24) for hour in range(count * 168)]


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def test_profile_should_expect_the_median_of_the_same_week_time_when_weeks_are_known() -> None:
    points = weeks_of(4, 100.0)
    until = MONDAY + 28 * DAY
    profile = build_profile(points, until_us=until, period_us=HOUR, zone=UTC_ZONE, weeks=6)
    expected = profile.expect(until + 9 * HOUR)
    assert expected is not None
    assert (expected.value, expected.samples, expected.basis) == (109.0, 4, Basis.WEEK_TIME)


def test_profile_should_not_move_when_one_week_was_a_festival() -> None:
    usual = weeks_of(5, 100.0)
    festival = [(at, value * 50) if at >= MONDAY + 28 * DAY else (at, value) for at, value in usual]
    until = MONDAY + 35 * DAY
    kwargs = {"until_us": until, "period_us": HOUR, "zone": UTC_ZONE, "weeks": 6}
    calm = build_profile(usual, **kwargs).expect(until)  # type: ignore[arg-type]  # as named above
    wild = build_profile(festival, **kwargs).expect(until)  # type: ignore[arg-type]  # likewise
    assert calm is not None
    assert wild is not None
    assert wild.value == calm.value


def test_profile_should_fall_back_to_such_days_when_few_weeks_are_known() -> None:
    until = MONDAY + 12 * DAY  # A Saturday in the second week.
    profile = build_profile(
        weeks_of(2, 10.0), until_us=until, period_us=HOUR, zone=UTC_ZONE, weeks=6
    )
    workday = profile.expect(MONDAY + 14 * DAY + 9 * HOUR)
    assert workday is not None
    assert workday.basis is Basis.KIND_OF_DAY
    saturday = profile.expect(until)
    assert saturday is not None
    assert saturday.basis is Basis.TIME_OF_DAY


@pytest.mark.parametrize("hours", [0, 5, 30])
def test_profile_should_say_nothing_when_little_is_known(hours: int) -> None:
    points = weeks_of(1, 10.0)[:hours]
    profile = build_profile(
        points, until_us=MONDAY + 7 * DAY, period_us=HOUR, zone=UTC_ZONE, weeks=6
    )
    assert profile.expect(MONDAY + 7 * DAY) is None


def test_profile_should_not_look_ahead_or_too_far_back() -> None:
    points = weeks_of(10, 10.0)
    until = MONDAY + 56 * DAY
    profile = build_profile(points, until_us=until, period_us=HOUR, zone=UTC_ZONE, weeks=3)
    expected = profile.expect(until)
    assert expected is not None
    assert expected.samples == 3
    assert profile.first_us == until - 21 * DAY


def test_slot_should_follow_summer_time() -> None:
    winter = slot_of(us("2026-01-05T08:00:00+00:00"), HOUR, AMSTERDAM)
    summer = slot_of(us("2026-07-06T07:00:00+00:00"), HOUR, AMSTERDAM)
    assert winter == summer
    assert winter.number == 9


def test_spread_should_never_be_nothing_when_values_do_not_vary() -> None:
    points = [(MONDAY + hour * HOUR, 0.0) for hour in range(4 * 168)]
    until = MONDAY + 28 * DAY
    profile = build_profile(points, until_us=until, period_us=HOUR, zone=UTC_ZONE, weeks=6)
    expected = profile.expect(until)
    assert expected is not None
    assert expected.spread > 0


@given(
    st.lists(
        st.tuples(
            st.integers(0, 8 * 168),
            st.floats(-1e9, 1e9) | st.just(float("nan")) | st.just(float("inf")),
        ),
        max_size=60,
    ),
    st.sampled_from([5, 15, 30, 60]),
    st.sampled_from([UTC_ZONE, AMSTERDAM, ZoneInfo("Asia/Seoul"), ZoneInfo("Asia/Kolkata")]),
)
def test_profile_should_stay_within_what_was_measured(
    hours: list[tuple[int, float]], minutes: int, zone: ZoneInfo
) -> None:
    points = [(MONDAY + hour * HOUR, value) for hour, value in hours]
    until = MONDAY + 49 * DAY
    profile = build_profile(
        points, until_us=until, period_us=minutes * 60_000_000, zone=zone, weeks=6
    )
    finite = [value for at, value in points if at < until and abs(value) <= 1e9]
    for hour in range(0, 168, 7):
        expected = profile.expect(until + hour * HOUR)
        if expected is not None:
            assert min(finite) <= expected.value <= max(finite)
            assert expected.spread > 0
            assert expected.low(2) < expected.high(2)


def test_slots_should_cover_a_day_without_gaps() -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    numbers = [
        slot_of(us((start + timedelta(minutes=30 * step)).isoformat()), HOUR // 2, UTC_ZONE).number
        for step in range(48)
    ]
    assert numbers == list(range(48))
