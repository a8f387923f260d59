"""Visits laid out over the days of a mission."""

from datetime import date, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.missions.layout import (
    Busy,
    Hours,
    Stop,
    lay_out,
    travel_minutes,
    working_days,
)
from hanze.collaboration.records.missions import ProgrammeItem

BUSAN, DAEGU = (129.07, 35.18), (128.6, 35.87)
MONDAY, TUESDAY = date(2027, 1, 25), date(2027, 1, 26)


def _stop(name: str, score: float = 0.5, at: tuple[float, float] | None = BUSAN) -> Stop:
    return Stop("visit", {"en": name}, (f"urn:{name}",), {"en": "Busan"}, at, {}, score)


def _spans(items: list[ProgrammeItem]) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromisoformat(one.starts), datetime.fromisoformat(one.ends))
        for one in items
        if one.starts and one.ends
    ]


def test_days_should_leave_weekends_out_when_there_are_others() -> None:
    assert working_days(date(2027, 1, 22), MONDAY) == [date(2027, 1, 22), MONDAY]
    assert working_days(date(2027, 1, 23), date(2027, 1, 24)) == [
        date(2027, 1, 23),
        date(2027, 1, 24),
    ]


def test_best_visit_should_begin_the_day_and_lunch_stand_between() -> None:
    items = lay_out([_stop("b", 0.4), _stop("a", 0.9), _stop("c", 0.3)], [MONDAY])
    assert [one.title["en"] for one in items] == ["a", "b", "Lunch", "c"]
    assert items[0].starts == "2027-01-25T09:30"
    assert all(one.proposed for one in items)
    assert len({one.key for one in items}) == len(items)


def test_travel_should_be_shown_when_the_next_place_is_far() -> None:
    items = lay_out([_stop("a", 0.9), _stop("b", 0.5, DAEGU)], [MONDAY])
    assert [one.kind for one in items] == ["visit", "meal", "travel", "visit"]
    assert 100 < travel_minutes(BUSAN, DAEGU) < 160
    assert travel_minutes(BUSAN, BUSAN) == 0
    assert travel_minutes(None, BUSAN) == 30


def test_nothing_should_be_laid_over_what_is_confirmed() -> None:
    busy = Busy(datetime(2027, 1, 25, 9, 0), datetime(2027, 1, 25, 13, 0))  # noqa: DTZ001  # what clocks show
    items = lay_out([_stop("a"), _stop("b")], [MONDAY], busy=[busy])
    assert [one.starts for one in items] == ["2027-01-25T13:30", "2027-01-25T15:00"]


def test_lunch_should_be_left_out_when_nothing_comes_before_it() -> None:
    spans = (("09:00", "12:00"), ("15:30", "16:00"))
    busy = [
        Busy(*(datetime.fromisoformat(f"{MONDAY}T{clock}") for clock in span)) for span in spans
    ]
    items = lay_out([_stop("a"), _stop("b")], [MONDAY], busy=busy)
    assert [one.starts for one in items] == ["2027-01-25T13:30", "2027-01-25T16:15"]


@settings(max_examples=60, deadline=None)
@given(
    stops=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.sampled_from([BUSAN, DAEGU, None]),
            st.integers(15, 240),
        ),
        max_size=14,
    ),
    busy=st.lists(st.tuples(st.integers(8, 18), st.integers(1, 4)), max_size=3),
    most=st.integers(1, 6),
)
def test_items_should_never_overlap_or_leave_the_day(
    stops: list[tuple[float, tuple[float, float] | None, int]],
    busy: list[tuple[int, int]],
    most: int,
) -> None:
    given_stops = [
        Stop("visit", {"en": str(n)}, (str(n),), {}, at, {}, score, minutes)
        for n, (score, at, minutes) in enumerate(stops)
    ]
    taken = [
        Busy(datetime(2027, 1, 25, hour), datetime(2027, 1, 25, min(23, hour + length)))  # noqa: DTZ001  # what clocks show
        for hour, length in busy
    ]
    items = lay_out(given_stops, [MONDAY, TUESDAY], busy=taken, hours=Hours(most=most))
    own = _spans(items)
    assert own == sorted(own)
    for one, other in pairwise(own):
        assert one[1] <= other[0]
    for starts, ends in own:
        assert all(ends <= one.starts or starts >= one.ends for one in taken)
        assert starts.date() == ends.date()
        assert (starts.hour, starts.minute) >= (9, 30)
        assert (ends.hour, ends.minute) <= (17, 30)
    hosts = [one.hosts for one in items if one.hosts]
    assert len(set(hosts)) == len(hosts)
