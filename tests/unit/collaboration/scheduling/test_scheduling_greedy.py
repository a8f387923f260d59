"""Greedy plans obey every rule, and say what they leave out."""

from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.greedy import plan_greedily
from hanze.collaboration.scheduling.planning import plan_day
from hanze.collaboration.scheduling.problem import Guest, Meeting, Problem, Slot, Table, Translator

NL, KO = frozenset({"nl"}), frozenset({"ko"})
SLOTS = (Slot("s1", 600, 620), Slot("s2", 630, 650))


def test_greedy_plan_should_put_the_best_pair_first() -> None:
    problem = Problem(
        slots=SLOTS[:1],
        tables=(Table("t1"),),
        guests=(
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 2, "kr2": 5}),
            Guest(key="kr1", side="guest", languages=NL),
            Guest(key="kr2", side="guest", languages=KO),
        ),
        translators=(Translator("i1", NL | KO),),
    )
    plan = plan_greedily(problem)
    assert plan.meetings == (Meeting("s1", "t1", "kr2", "nl1", "i1"),)
    assert plan.without == ("kr1",)
    assert not plan.optimal
    assert not faults(problem, plan.meetings)


def test_greedy_plan_should_keep_what_can_stay_when_there_was_a_plan() -> None:
    problem = Problem(
        slots=SLOTS,
        tables=(Table("t1"), Table("t2")),
        guests=(
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 1, "kr2": 1}),
            Guest(key="kr1", side="guest", languages=NL),
            Guest(key="kr2", side="guest", languages=NL),
        ),
    )
    before = (Meeting("s2", "t2", "kr1", "nl1"), Meeting("s1", "gone", "kr2", "nl1"))
    plan = plan_greedily(problem, before)
    assert Meeting("s2", "t2", "kr1", "nl1") in plan.meetings
    assert plan.moved == (("kr2", "nl1"),)
    assert not (plan.dropped or plan.added or plan.changed_translator)


def test_only_the_first_should_stay_when_two_had_one_table_and_one_interpreter() -> None:
    problem = Problem(
        slots=SLOTS,
        tables=(Table("t1"), Table("t2")),
        guests=(
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 1}),
            Guest(key="nl2", side="home", languages=NL, wants={"kr2": 1}),
            Guest(key="kr1", side="guest", languages=KO),
            Guest(key="kr2", side="guest", languages=KO),
        ),
        translators=(Translator("i1", NL | KO), Translator("i2", NL | KO)),
    )
    before = (
        Meeting("s1", "t1", "kr1", "nl1", "i1"),
        Meeting("s1", "t1", "kr2", "nl2", "i1"),
    )
    greedy, best = plan_greedily(problem, before), plan_day(problem, previous=before)
    assert not faults(problem, greedy.meetings)
    assert not faults(problem, best.meetings)
    assert greedy.meetings[0] == best.meetings[0] == before[0]
    # The second stays in its slot, at the other table.
    assert best.meetings[1] == Meeting("s1", "t2", "kr2", "nl2", "i2")
    assert best.optimal


def test_room_should_be_found_at_the_same_table_when_an_interpreter_must_stay_there() -> None:
    problem = Problem(
        slots=SLOTS,
        tables=(Table("t1", "hall"), Table("t2", "tower")),
        guests=(
            Guest(key="nl1", side="home", languages=NL, wants={"kr1": 2}, away=frozenset({"s2"})),
            Guest(key="nl2", side="home", languages=NL, wants={"kr2": 1}, away=frozenset({"s1"})),
            Guest(key="kr1", side="guest", languages=KO),
            Guest(key="kr2", side="guest", languages=KO),
        ),
        translators=(Translator("i1", NL | KO),),
        travel={("hall", "tower"): 30},
    )
    before = (Meeting("s1", "t2", "kr1", "nl1", "i1"),)
    plan = plan_greedily(problem, before)
    assert plan.meetings == (before[0], Meeting("s2", "t2", "kr2", "nl2", "i1"))
    wrong = (Meeting("s2", "t1", "kr2", "nl2", "i1"), *before)
    assert plan_greedily(problem, wrong).meetings == plan.meetings
