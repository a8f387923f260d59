"""Charts of what is measured beside what is usual: gaps, few people, marks."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.profile import Basis, Expected
from hanze.web.portal.history.axes import Tick
from hanze.web.portal.insight.drawing import Picture, draw_course
from hanze.web.portal.insight.periods import Period, deviating, periods_of

HALF_HOUR = 1_800_000_000
USUAL = Expected(40.0, 2.0, 6, Basis.WEEK_TIME)


def judged(values: Sequence[float | None], expected: Expected | None = USUAL) -> list[Assessment]:
    return [
        Assessment(
            place * HALF_HOUR,
            value,
            expected,
            None
            if value is None or expected is None
            else (value - expected.value) / expected.spread,
        )
        for place, value in enumerate(values)
    ]


def periods(
    values: Sequence[float | None], expected: Expected | None = USUAL, *, people: bool = False
) -> list[Period]:
    return periods_of(judged(values, expected), usual=3.0, period_us=HALF_HOUR, people=people)


def drawn(found: Sequence[Period]) -> Picture | None:
    return draw_course(
        found, deviating(found), times=lambda start, _: [Tick(start, "")], number=str
    )


def test_line_should_break_and_band_go_on_when_nothing_was_measured() -> None:
    picture = drawn(periods([40, 41, None, 42, 41]))
    assert picture is not None
    assert picture.line.count("M") == 2
    assert picture.band.count("M") == 1
    assert picture.marks == []


def test_value_alone_should_be_a_dot() -> None:
    picture = drawn(periods([None, 40, None]))
    assert picture is not None
    assert (picture.line, picture.dots.count("M")) == ("", 1)


def test_nothing_should_be_drawn_when_nothing_is_known() -> None:
    assert drawn(periods([None, None], None)) is None
    assert drawn([]) is None


def test_stretches_should_be_marked_to_their_side() -> None:
    found = periods([40, 60, 60, 40, 10, None, 60])
    sides = [
        (one.start // HALF_HOUR, one.end // HALF_HOUR, one.verdict) for one in deviating(found)
    ]
    assert sides == [(1, 3, Verdict.HIGHER), (4, 5, Verdict.LOWER), (6, 7, Verdict.HIGHER)]
    picture = drawn(found)
    assert picture is not None
    assert [round(one.left, 3) for one in picture.marks] == [0.143, 0.571, 0.857]


def test_signs_should_not_lie_over_each_other() -> None:
    picture = drawn(periods([60, 40] * 200))
    assert picture is not None
    places = [one.left + one.width / 2 for one in picture.marks if one.signed]
    assert 10 < len(places) <= 50


@pytest.mark.parametrize("people", [True, False])
def test_few_people_should_have_no_number_and_no_place_on_the_chart(people: bool) -> None:
    few = Expected(3.0, 1.0, 6, Basis.WEEK_TIME)
    (first, second) = periods([4.9, 5.0], few, people=people)
    assert (first.value, first.few) == ((None, True) if people else (4.9, False))
    assert (second.value, second.few) == (5.0, False)
    assert (first.expected, first.low, first.high) == ((0, 0, 6) if people else (3, 0, 6))


@given(st.lists(st.none() | st.floats(-1e9, 1e9), min_size=1, max_size=40), st.booleans())
def test_shapes_should_stay_within_the_chart(values: list[float | None], people: bool) -> None:
    picture = drawn(periods(values, people=people))
    assert picture is not None
    for path in (picture.line, picture.dots.replace("h.01", ""), picture.band):
        numbers = path.replace("M", " ").replace("L", " ").replace("Z", " ").split()
        assert all(-0.1 <= float(number) <= 1000.1 for number in numbers)
