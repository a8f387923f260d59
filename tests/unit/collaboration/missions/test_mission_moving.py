"""Moving a mission: its days, its programme and the last day for registrations."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.missions.moving import moved
from hanze.collaboration.missions.programme import timed
from hanze.collaboration.records.entities import InvalidRecord
from tests.unit.collaboration.missions.mission_records import UTRECHT, item, mission

FIRST, LAST = date(2027, 3, 20), date(2027, 3, 24)
TRIP = mission(
    "a",
    UTRECHT,
    FIRST,
    LAST,
    register_before=date(2027, 3, 1),
    programme=(
        item("visit", "2027-03-21T23:30", "2027-03-22T00:30"),
        item("dinner", "2027-03-22"),
        item("some day", None),
    ),
)


@settings(max_examples=50)
@given(st.integers(-20_000, 60_000))
def test_programme_should_keep_its_place_in_the_mission_when_it_moves(days: int) -> None:
    by = timedelta(days=days)
    after = moved(TRIP, FIRST + by)
    assert (after.starts, after.ends) == (FIRST + by, LAST + by)
    assert after.register_before == date(2027, 3, 1) + by
    assert [one.day and one.day - by for one in timed(after)] == [one.day for one in timed(TRIP)]
    assert [one.starts and one.starts[10:] for one in after.programme] == ["T23:30", "", None]
    assert moved(after, FIRST) == TRIP


def test_programme_should_stay_when_only_the_days_move() -> None:
    after = moved(TRIP, date(2027, 3, 21), date(2027, 3, 30), programme=False)
    assert (after.starts, after.ends) == (date(2027, 3, 21), date(2027, 3, 30))
    assert after.programme == TRIP.programme


def test_months_should_stay_months_until_days_are_given() -> None:
    dim = mission("b", UTRECHT, date(2026, 12, 1), date(2027, 1, 31), days_known=False)
    later = moved(dim, date(2027, 1, 15))
    assert (later.starts, later.ends) == (date(2027, 1, 1), date(2027, 2, 28))
    assert not later.days_known
    known = moved(dim, date(2027, 1, 15), date(2027, 1, 20))
    assert (known.starts, known.ends) == (date(2027, 1, 15), date(2027, 1, 20))
    assert known.days_known


def test_mission_should_not_move_beyond_the_days_that_there_are() -> None:
    with pytest.raises(InvalidRecord, match="leaves room"):
        moved(TRIP, date.max)
    with pytest.raises(InvalidRecord, match="leaves room"):
        moved(mission("b", UTRECHT, FIRST, LAST + timedelta(30), days_known=False), date.max)
