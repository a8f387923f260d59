"""Deviations, and when they last long enough to tell somebody."""

from math import sqrt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.insight.assessment import (
    Assessment,
    Standing,
    Verdict,
    assess,
    assess_all,
    combined,
    standing,
)
from hanze.insight.profile import Basis, Expected, build_profile

KNOWN = Expected(10.0, 2.0, 6, Basis.WEEK_TIME)
GUESSED = Expected(10.0, 2.0, 6, Basis.KIND_OF_DAY)
HOUR = 3_600_000_000


def scored(*scores: float | None, expected: Expected | None = KNOWN) -> list[Assessment]:
    return [
        Assessment(place * HOUR, None if score is None else 10 + 2 * score, expected, score)
        for place, score in enumerate(scores)
    ]


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (0.0, Verdict.USUAL),
        (3.0, Verdict.USUAL),
        (3.1, Verdict.HIGHER),
        (-3.1, Verdict.LOWER),
        (None, Verdict.UNKNOWN),
    ],
)
def test_verdict_should_follow_the_score(score: float | None, verdict: Verdict) -> None:
    assert scored(score)[0].verdict(3.0) is verdict


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ((9, 9, 9), Standing.RAISE),
        ((0, 0, -9, -9, -9), Standing.RAISE),
        ((9, 9), Standing.KEEP),
        ((9, -9, 9), Standing.KEEP),
        ((9, None, 9), Standing.KEEP),
        ((9, 9, 0), Standing.KEEP),
        ((9, 0, 0), Standing.CLEAR),
        ((0, None), Standing.KEEP),
        ((), Standing.KEEP),
    ],
)
def test_standing_should_need_a_row_of_periods(
    scores: tuple[float | None, ...], wanted: Standing
) -> None:
    assert standing(scored(*scores), deviations=6, persist=3, release=2) is wanted


def test_standing_should_tell_nobody_when_the_same_week_time_is_not_known() -> None:
    judged = scored(9, 9, 9, 9, expected=GUESSED)
    assert standing(judged, deviations=6, persist=3, release=2) is Standing.KEEP


def test_assess_all_should_judge_whole_periods_measured_or_not() -> None:
    profile = build_profile([], until_us=0, period_us=HOUR, zone=ZoneInfo("UTC"), weeks=3)
    judged = assess_all(profile, [(HOUR, 5.0)], first_us=1, until_us=3 * HOUR + 5)
    assert [(one.start_us, one.value) for one in judged] == [(HOUR, 5.0), (2 * HOUR, None)]
    assert assess(profile, 0, 5.0).verdict(1) is Verdict.UNKNOWN


def test_combined_should_pass_over_one_broken_sensor_when_others_are_usual() -> None:
    assert combined(scored(500.0, 0.0, 0.1)) == pytest.approx(0.1 * sqrt(3))


def test_combined_should_grow_when_several_agree() -> None:
    together = combined(scored(4.0, 4.0, 4.0, 4.0))
    assert together == pytest.approx(8.0)
    assert combined(scored(4.0, None)) is None


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=9))
def test_combined_should_not_depend_on_the_order(scores: list[float]) -> None:
    assert combined(scored(*scores)) == combined(scored(*sorted(scores)))
