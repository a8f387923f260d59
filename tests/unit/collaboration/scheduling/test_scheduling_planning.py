"""Plans beside every plan there is, on small days; plans made again; what time running out means."""

import random
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.schedule import drawn
from hanze.collaboration.matching.solver import SolverMissing
from hanze.collaboration.scheduling import planning
from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.greedy import plan_greedily
from hanze.collaboration.scheduling.planning import plan_day
from hanze.collaboration.scheduling.problem import (
    Guest,
    Meeting,
    Problem,
    Slot,
    Table,
    Translator,
)
from tests.unit.collaboration.scheduling.small_days import (
    best_rating,
    changed_days,
    days,
    rating,
)

NL, EN, KO = frozenset({"nl"}), frozenset({"en"}), frozenset({"ko"})
SLOTS = tuple(Slot(f"s{n}", 600 + 25 * n, 620 + 25 * n) for n in range(3))


@settings(max_examples=25, deadline=None)
@given(days())
def test_plan_should_be_the_best_of_all_plans(problem: Problem) -> None:
    plan = plan_day(problem)
    assert not faults(problem, plan.meetings)
    assert plan.optimal
    assert rating(problem, plan.meetings) == best_rating(problem)
    assert plan.worth == plan.bound == rating(problem, plan.meetings)[1]


def _assert_little_changes(first: Problem, second: Problem) -> None:
    before = plan_day(first).meetings
    plan = plan_day(second, previous=before)
    assert not faults(second, plan.meetings)
    assert plan.optimal
    assert rating(second, plan.meetings, before) == best_rating(second, before)


@settings(max_examples=20, deadline=None)
@given(changed_days())
def test_plan_should_change_as_little_as_can_be_when_something_happens(
    changed: tuple[Problem, Problem],
) -> None:
    _assert_little_changes(*changed)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(changed_days())
def test_plan_should_change_as_little_as_can_be_whatever_happens(
    changed: tuple[Problem, Problem],
) -> None:
    _assert_little_changes(*changed)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(days(most_pairs=6))
def test_plan_should_be_the_best_of_all_plans_when_there_are_more(problem: Problem) -> None:
    plan = plan_day(problem)
    assert rating(problem, plan.meetings) == best_rating(problem)


@settings(max_examples=15, deadline=None)
@given(days(), st.randoms(use_true_random=False))
def test_plan_should_not_depend_on_the_order_of_the_input(
    problem: Problem, chance: random.Random
) -> None:
    def mixed(field: str) -> tuple[object, ...]:
        values = list(getattr(problem, field))
        return tuple(chance.sample(values, len(values)))

    fields = ("tables", "guests", "translators")
    again = msgspec.structs.replace(problem, **{field: mixed(field) for field in fields})
    assert plan_day(again).meetings == plan_day(problem).meetings
    assert plan_day(again).unscheduled == plan_day(problem).unscheduled


@pytest.mark.parametrize("ways", [False, True])
def test_plan_should_be_proven_when_fifty_people_meet(ways: bool) -> None:
    problem = drawn(50, 20, ways=ways)
    greedy = plan_greedily(problem)
    plan = plan_day(problem, time_limit_s=60)
    assert not faults(problem, plan.meetings)
    assert not faults(problem, greedy.meetings)
    assert plan.optimal
    assert plan.gap == 0
    assert len(plan.without) <= len(greedy.without)
    assert plan.worth > greedy.worth


@pytest.mark.slow
def test_plan_should_keep_nearly_everybody_else_when_an_interpreter_is_ill() -> None:
    problem = drawn(50, 20, ways=False)
    before = plan_day(problem).meetings
    ill = problem.translators[0].key
    gone = {one.pair for one in before if one.translator == ill}
    second = msgspec.structs.replace(problem, translators=problem.translators[1:])
    plan = plan_day(second, previous=before, time_limit_s=60)
    assert not faults(second, plan.meetings)
    assert gone
    assert not plan.moved
    assert len(plan.dropped) <= len(gone)
    # Beside the meetings that the interpreter had, at most one other gives up its interpreter, for
    # somebody who would have no meeting at all.
    assert len(set(plan.dropped) - gone | set(plan.changed_translator) - gone) <= 1
    assert not plan.without
    assert len(set(before) & set(plan.meetings)) >= len(before) - len(gone) - 1


def test_plan_should_stay_as_it_is_when_nothing_happened() -> None:
    problem = drawn(20, 6, ways=True)
    before = plan_day(problem, time_limit_s=60)
    plan = plan_day(problem, previous=before.meetings, time_limit_s=60)
    assert plan.meetings == before.meetings
    assert not (plan.moved or plan.dropped or plan.added or plan.changed_translator)


def test_interpreter_should_change_before_anything_else_when_one_is_ill() -> None:
    problem = Problem(
        slots=SLOTS,
        tables=(Table("t1"), Table("t2")),
        guests=(
            Guest(key="kr1", side="guest", languages=KO),
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 3}),
        ),
        translators=(Translator("i1", NL | KO, frozenset({"s1"})), Translator("i2", NL | KO)),
    )
    before = (Meeting("s1", "t2", "kr1", "nl1", "i1"),)
    plan = plan_day(problem, previous=before)
    assert plan.meetings == (Meeting("s1", "t2", "kr1", "nl1", "i2"),)
    assert plan.changed_translator == (("kr1", "nl1"),)
    assert not (plan.moved or plan.dropped or plan.added)


def test_nobody_should_be_left_without_when_others_can_make_room() -> None:
    """A guest who comes later gets a meeting, and another moves for it."""
    late = Guest(key="nl2", side="home", languages=NL, wants={"kr1": 1}, away=frozenset({"s1"}))
    first = Problem(
        slots=SLOTS[:2],
        tables=(Table("t1"),),
        guests=(
            Guest(key="kr1", side="guest", languages=NL),
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 5}),
        ),
    )
    second = msgspec.structs.replace(first, guests=(*first.guests, late))
    plan = plan_day(second, previous=(Meeting("s0", "t1", "kr1", "nl1"),))
    assert plan.meetings == (
        Meeting("s0", "t1", "kr1", "nl2"),
        Meeting("s1", "t1", "kr1", "nl1"),
    )
    assert (plan.moved, plan.added, plan.without) == ((("kr1", "nl1"),), (("kr1", "nl2"),), ())


def test_everybody_should_get_one_meeting_when_two_want_the_same() -> None:
    problem = Problem(
        slots=SLOTS[:2],
        tables=(Table("t1"),),
        guests=(
            Guest(key="kr1", side="guest", languages=NL),
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 3, "kr2": 3}),
            Guest(key="nl2", side="home", languages=NL, wants={"kr1": 3, "kr2": 3}),
            Guest(key="kr2", side="guest", languages=NL),
        ),
    )
    plan = plan_day(problem)
    assert plan.worth == 6
    assert not plan.without
    assert {key for meeting in plan.meetings for key in meeting.pair} == {
        "kr1",
        "kr2",
        "nl1",
        "nl2",
    }


def test_best_known_plan_should_be_told_with_its_gap_when_time_runs_out() -> None:
    problem = drawn(50, 20, ways=False)
    plan = plan_day(problem, time_limit_s=0)
    assert not faults(problem, plan.meetings)
    assert not plan.optimal
    assert plan.worth >= plan_greedily(problem).worth
    assert plan.gap == (plan.bound - plan.worth) / plan.bound > 0
    again = plan_day(problem, previous=plan.meetings, time_limit_s=0)
    assert again.meetings == plan.meetings


def test_what_can_stay_should_not_move_when_the_day_is_too_large_to_look_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = drawn(16, 5, ways=True)
    before = plan_day(problem, time_limit_s=60).meetings
    second = msgspec.structs.replace(problem, translators=problem.translators[1:])
    whole = plan_day(second, previous=before, time_limit_s=60)
    monkeypatch.setattr(planning, "_MOST_OPTIONS", 0)
    plan = plan_day(second, previous=before, time_limit_s=60)
    assert not faults(second, plan.meetings)
    assert not plan.optimal
    assert plan.bound >= whole.worth
    gone = {one.pair for one in before if one.translator == problem.translators[0].key}
    assert set(plan.moved) | set(plan.changed_translator) <= gone
    assert len(plan.dropped) <= len(gone)


def test_day_should_be_planned_empty_when_nobody_asks() -> None:
    plan = plan_day(Problem(slots=SLOTS, tables=(), guests=()))
    assert (plan.meetings, plan.unscheduled, plan.optimal, plan.gap) == ((), (), True, 0)


def test_meeting_should_be_dropped_when_nobody_asks_for_it_any_more() -> None:
    problem = Problem(slots=SLOTS, tables=(Table("t1"),), guests=())
    before = (Meeting("s1", "t1", "kr1", "nl1"),)
    assert plan_day(problem, previous=before).dropped == (("kr1", "nl1"),)


def test_missing_solver_should_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(SolverMissing, match=r"hanze\[collective\]"):
        plan_day(drawn(20, 6, ways=False))
