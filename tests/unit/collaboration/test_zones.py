"""Which moment it is when clocks at a place show a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.zones import (
    WrongTime,
    day_of,
    local_text,
    moment,
    moment_or_next,
    zone_of,
)

ZONES = ("Europe/Amsterdam", "Asia/Seoul", "America/St_Johns", "Australia/Lord_Howe", "UTC")


def test_moment_should_be_aware_in_its_zone() -> None:
    found = moment("2025-03-06T10:00", "Asia/Seoul")
    assert found.astimezone(UTC) == datetime(2025, 3, 6, 1, 0, tzinfo=UTC)
    assert local_text(found) == "2025-03-06T10:00"


@pytest.mark.parametrize(
    ("local", "zone", "after"),
    [
        ("2025-03-30T02:30", "Europe/Amsterdam", "2025-03-30T03:00"),
        ("2024-10-06T02:15", "Australia/Lord_Howe", "2024-10-06T02:30"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-31T00:00"),
    ],
)
def test_moment_should_name_the_next_time_when_clocks_skip_one(
    local: str, zone: str, after: str
) -> None:
    with pytest.raises(WrongTime, match=after) as raised:
        moment(local, zone)
    assert raised.value.next_time == after
    assert raised.value.value == local
    assert local_text(moment_or_next(local, zone)) == after


def test_moment_should_be_the_first_when_clocks_show_it_twice() -> None:
    found = moment("2025-10-26T02:30", "Europe/Amsterdam")
    assert found.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("zone", ["Asia/Busan", "", "../etc/passwd", "Europe", "CET\x00", "+09:00"])
def test_zone_should_be_refused_when_it_is_none(zone: str) -> None:
    with pytest.raises(WrongTime) as raised:
        zone_of(zone)
    assert raised.value.field == "timezone"


@pytest.mark.parametrize(
    "text", ["2025-02-30T10:00", "2025-01-01T24:00", "0001-01-01T00:00", "9999-12-31T23:59", "x"]
)
def test_moment_should_be_refused_when_it_is_no_time(text: str) -> None:
    with pytest.raises(WrongTime):
        moment(text, "Asia/Seoul")


def test_day_should_be_read_with_and_without_a_time() -> None:
    assert day_of("2025-03-06T10:00") == day_of("2025-03-06")
    for wrong in ("2025-02-30", "9999-12-31"):
        with pytest.raises(WrongTime):
            day_of(wrong)


@settings(max_examples=60, deadline=None)
@given(
    naive=st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001  # what clocks show
    zone=st.sampled_from(ZONES),
)
def test_next_moment_should_exist_and_come_no_earlier(naive: datetime, zone: str) -> None:
    local = naive.strftime("%Y-%m-%dT%H:%M")
    found = moment_or_next(local, zone)
    back = found.astimezone(UTC).astimezone(ZoneInfo(zone))
    assert local_text(back) == local_text(found)
    assert local_text(found) >= local
