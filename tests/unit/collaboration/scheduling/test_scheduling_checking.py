"""The check of plans: each rule broken once."""

import msgspec
import pytest

from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.problem import Guest, Meeting, Problem, Slot, Table, Translator

NL, KO, EN = frozenset({"nl"}), frozenset({"ko"}), frozenset({"en"})
DAY = Problem(
    slots=(Slot("s1", 600, 620), Slot("s2", 625, 645), Slot("s3", 650, 670)),
    tables=(Table("t1", "hall"), Table("t2", "hall"), Table("t3", "tower")),
    guests=(
        Guest(
            key="nl1",
            side="home",
            languages=NL,
            wants={"kr1": 3, "kr2": 2, "kr3": 1, "nl2": 1},
            most=2,
        ),
        Guest(key="nl2", side="home", languages=NL | EN, away=frozenset({"s3"})),
        Guest(key="kr1", side="guest", languages=NL | KO),
        Guest(key="kr2", side="guest", languages=KO, wants={"nl2": 5}),
        Guest(key="kr3", side="guest", languages=NL, refuses=frozenset({"nl1"})),
    ),
    translators=(Translator("i1", NL | KO, frozenset({"s3"})), Translator("i2", EN | KO)),
    travel={("hall", "tower"): 10},
)
FIRST = Meeting("s1", "t1", "kr1", "nl1")
SECOND = Meeting("s2", "t2", "kr2", "nl1", "i1")


def test_plan_should_have_no_faults_when_it_obeys_every_rule() -> None:
    assert faults(DAY, (FIRST, SECOND)) == ()


@pytest.mark.parametrize(
    ("meetings", "told"),
    [
        ([Meeting("s9", "t1", "kr1", "nl1")], "slot s9 does not exist"),
        ([Meeting("s1", "t9", "kr1", "nl1")], "table t9 does not exist"),
        ([Meeting("s1", "t1", "kr9", "nl1")], "guest kr9 does not exist"),
        ([Meeting("s1", "t1", "kr2", "nl1", "i9")], "interpreter i9 does not exist"),
        ([Meeting("s1", "t1", "nl1", "kr1")], "the lower key must come first"),
        ([Meeting("s1", "t1", "kr1", "nl2")], "nobody asked for it"),
        ([Meeting("s1", "t1", "kr3", "nl1")], "one of the two refuses it"),
        ([Meeting("s1", "t1", "nl1", "nl2")], "both are of the same side"),
        ([Meeting("s3", "t1", "kr2", "nl2", "i2")], "nl2 is away in slot s3"),
        ([Meeting("s1", "t1", "kr1", "nl1", "i1")], "a common language needs no interpreter"),
        ([Meeting("s1", "t1", "kr2", "nl1")], "no common language, and no interpreter"),
        ([Meeting("s1", "t1", "kr2", "nl1", "i2")], "i2 does not interpret between the two"),
        ([Meeting("s3", "t1", "kr2", "nl1", "i1")], "i1 is away in slot s3"),
        ([FIRST, Meeting("s2", "t1", "kr1", "nl1")], "Twice: pair kr1 and nl1"),
        ([FIRST, Meeting("s1", "t1", "kr2", "nl2", "i2")], "Twice: table t1 in slot s1"),
        ([FIRST, Meeting("s1", "t2", "kr2", "nl1", "i1")], "Twice: guest nl1 in slot s1"),
        (
            [Meeting("s1", "t1", "kr2", "nl1", "i1"), Meeting("s1", "t2", "kr2", "nl2", "i1")],
            "Twice: interpreter i1 in slot s1",
        ),
        (
            [FIRST, SECOND, Meeting("s3", "t1", "kr3", "nl1")],
            "nl1 has 3 meetings and wants 2 at most",
        ),
        (
            [FIRST, Meeting("s2", "t3", "kr2", "nl1", "i1")],
            "nl1 needs 10 minutes from hall to tower, and has 5 between slots s1 and s2",
        ),
        (
            [Meeting("s1", "t3", "kr2", "nl1", "i1"), Meeting("s2", "t1", "kr2", "nl2", "i1")],
            "i1 needs 10 minutes from tower to hall, and has 5 between slots s1 and s2",
        ),
    ],
)
def test_fault_should_be_told_when_a_rule_is_broken(meetings: list[Meeting], told: str) -> None:
    assert any(told in fault for fault in faults(DAY, meetings))


def test_sides_should_not_matter_when_everybody_may_meet() -> None:
    everybody = msgspec.structs.replace(DAY, across_only=False)
    assert faults(everybody, [Meeting("s1", "t1", "nl1", "nl2")]) == ()


def test_way_should_not_matter_when_there_is_time_for_it() -> None:
    assert faults(DAY, [FIRST, Meeting("s3", "t3", "kr2", "nl1", "i1")]) == (
        "kr2 and nl1 in slot s3 at table t3: i1 is away in slot s3",
    )
