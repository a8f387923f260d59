"""Plans beside every plan there is, on small days; re-planning; what is told when time runs out."""

from hypothesis import given, settings

from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.planning import plan_day
from hanze.collaboration.scheduling.problem import Problem
from tests.unit.collaboration.scheduling.small_days import (
    best_rating,
    changed_days,
    days,
    rating,
)


@settings(max_examples=60, deadline=None)
@given(days())
def test_plan_should_be_the_best_of_all_plans(problem: Problem) -> None:
    plan = plan_day(problem)
    assert not faults(problem, plan.meetings)
    assert plan.optimal
    assert rating(problem, plan.meetings) == best_rating(problem)
    assert plan.worth == plan.bound == rating(problem, plan.meetings)[1]


@settings(max_examples=60, deadline=None)
@given(changed_days())
def test_plan_should_change_as_little_as_can_be_when_something_happens(
    changed: tuple[Problem, Problem],
) -> None:
    first, second = changed
    before = plan_day(first).meetings
    plan = plan_day(second, previous=before)
    assert not faults(second, plan.meetings)
    assert plan.optimal
    assert rating(second, plan.meetings, before) == best_rating(second, before)
