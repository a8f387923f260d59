"""Laying a day out as people write it: rounds around breaks, tables at places, interpreters."""

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.gatherings.laying import (
    breaks_from,
    interpreters_from,
    slots_of,
    tables_from,
    travel_from,
)
from hanze.errors import InvalidInput

ON = date(2027, 3, 5)
SLOTS = slots_of(ON, first="09:30", minutes=25, pause=5, number=4)
TABLES = tables_from("Main hall: 2\nAnne-Frank room: 1")


def test_rounds_should_start_after_a_break_when_they_would_reach_into_it() -> None:
    breaks = breaks_from("12:30\N{EN DASH}13:30\n10:20-10:40\n")
    slots = slots_of(ON, first="09:30", minutes=25, pause=5, number=6, breaks=breaks)
    assert [one.starts[11:] for one in slots] == [
        *("09:30", "10:40", "11:10", "11:40", "13:30", "14:00")
    ]
    # The second would end at 10:25.
    assert slots[0].ends[11:] == "09:55"


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 1_380), st.integers(1, 59)), max_size=4),
    st.integers(5, 60),
)
def test_rounds_should_never_touch_a_break(stretches: list[tuple[int, int]], minutes: int) -> None:
    breaks = tuple(
        (time(start // 60, start % 60), time((start + long) // 60, (start + long) % 60))
        for start, long in stretches
    )
    slots = slots_of(ON, first="08:00", minutes=minutes, pause=0, number=5, breaks=breaks)
    for one in slots:
        first, last = (time.fromisoformat(moment[11:]) for moment in (one.starts, one.ends))
        assert all(last <= begins or ends <= first for begins, ends in breaks)


def test_tables_should_stand_at_their_places_with_minutes_between_them() -> None:
    assert [(one.key, one.place) for one in TABLES] == [
        ("1", "Main hall"),
        ("2", "Main hall"),
        ("3", "Anne-Frank room"),
    ]
    (way,) = travel_from("main hall - Anne-Frank room: 10", TABLES)
    assert (way.one, way.other, way.minutes) == ("Main hall", "Anne-Frank room", 10)


def test_interpreters_should_be_away_in_the_rounds_that_their_times_touch() -> None:
    one, other = interpreters_from("T1: nl, KO\nT2: nl, en; 09:40, 10:20-10:40", SLOTS)
    assert (one.key, one.languages, one.away) == ("T1", ("nl", "ko"), ())
    assert other.away == ("01", "02", "03")


@pytest.mark.parametrize(
    ("read", "text", "field"),
    [
        (breaks_from, "soon", "breaks"),
        (breaks_from, "12:00", "breaks"),
        (breaks_from, "13:00-12:00", "breaks"),
        (breaks_from, "12:00+01:00-13:00", "breaks"),
        (breaks_from, "1:00-2:00\n" * 61, "breaks"),
        (tables_from, "Hall", "places"),
        (tables_from, "Hall: 0", "places"),
        (tables_from, "Hall: 300\nRoom: 201", "places"),
        (lambda text: travel_from(text, TABLES), "Main hall - Library: 5", "travel"),
        (lambda text: travel_from(text, TABLES), "Main hall - Anne-Frank room: 1441", "travel"),
        (lambda text: interpreters_from(text, SLOTS), "Anna", "interpreters"),
        (lambda text: interpreters_from(text, SLOTS), "T1: nl", "interpreters"),
        (lambda text: interpreters_from(text, SLOTS), "T1: nl, ko; 09:57", "interpreters"),
        (lambda text: interpreters_from(text, SLOTS), "T1: nl, ko; 23:00", "interpreters"),
        (lambda text: interpreters_from(text, SLOTS), "T1: nl, ko; noon", "interpreters"),
    ],
)
def test_line_should_be_refused_when_it_cannot_be_read(read: object, text: str, field: str) -> None:
    assert callable(read)
    with pytest.raises(InvalidInput) as refused:
        read(text)
    assert refused.value.field == field
