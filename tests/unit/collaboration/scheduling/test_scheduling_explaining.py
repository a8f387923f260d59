"""Why what was asked for is not in a plan: each reason once, in the plan that is best."""

from collections.abc import Mapping

import msgspec
import pytest

from hanze.collaboration.scheduling.explaining import unscheduled
from hanze.collaboration.scheduling.planning import plan_day
from hanze.collaboration.scheduling.possible import possible
from hanze.collaboration.scheduling.problem import (
    Guest,
    Problem,
    Slot,
    Table,
    Translator,
    Unscheduled,
    Why,
)

NL, KO = frozenset({"nl"}), frozenset({"ko"})
SLOTS = tuple(Slot(f"s{n}", 600 + 25 * n, 620 + 25 * n) for n in range(3))


def guest(key: str, wants: Mapping[str, int] | None = None, **more: object) -> Guest:
    made = Guest(key=key, side="home" if key < "n" else "guest", languages=NL, wants=wants or {})
    return msgspec.structs.replace(made, **more)


def day(*guests: Guest, slots: int = 1, tables: int = 1) -> Problem:
    return Problem(
        slots=SLOTS[:slots], tables=tuple(Table(f"t{n}") for n in range(tables)), guests=guests
    )


def why(problem: Problem) -> tuple[Unscheduled, ...]:
    return plan_day(problem).unscheduled


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (day(guest("a", {"z": 1})), Why.UNKNOWN_GUEST),
        (day(guest("a", {"z": 1}), guest("z", side="home")), Why.SAME_SIDE),
        (day(guest("a", {"z": 1}), guest("z", refuses=frozenset({"a"}))), Why.REFUSED),
        (day(guest("a", {"z": 1}), guest("z", away=frozenset({"s0"}))), Why.NO_COMMON_SLOT),
        (day(guest("a", {"z": 1}), guest("z"), slots=0), Why.NO_COMMON_SLOT),
        (day(guest("a", {"z": 1}), guest("z", languages=KO)), Why.NO_INTERPRETER),
        (day(guest("a", {"z": 1}), guest("z"), tables=0), Why.NO_TABLE),
        (day(guest("a", {"z": 1}), guest("z", most=0)), Why.GUEST_FULL),
    ],
)
def test_reason_should_be_told_when_no_plan_has_the_pair(problem: Problem, reason: Why) -> None:
    assert why(problem) == (Unscheduled("a", "z", reason),)


def test_interpreter_should_be_missing_when_they_are_away_while_both_are_there() -> None:
    problem = msgspec.structs.replace(
        day(guest("a", {"z": 1}), guest("z", languages=KO, away=frozenset({"s1"})), slots=2),
        translators=(Translator("i", NL | KO, frozenset({"s0"})),),
    )
    assert why(problem) == (Unscheduled("a", "z", Why.NO_INTERPRETER),)


def test_guest_should_be_full_when_they_have_all_that_they_want_or_no_time_left() -> None:
    wants = guest("a", {"y": 5, "z": 1}, most=1)
    assert why(day(wants, guest("y"), guest("z"), slots=2)) == (
        Unscheduled("a", "z", Why.GUEST_FULL),
    )
    wants = guest("a", {"y": 5, "z": 1})
    assert why(day(wants, guest("y"), guest("z"), tables=2)) == (
        Unscheduled("a", "z", Why.GUEST_FULL),
    )


def test_tables_should_be_full_when_both_are_free_and_no_table_is() -> None:
    problem = day(guest("a", {"y": 5}), guest("b", {"z": 1}), guest("y"), guest("z"))
    assert why(problem) == (Unscheduled("b", "z", Why.TABLES_FULL),)


def test_interpreters_should_be_full_when_others_have_them() -> None:
    problem = msgspec.structs.replace(
        day(
            guest("a", {"y": 5}),
            guest("b", {"z": 1}),
            guest("y", languages=KO),
            guest("z", languages=KO),
            tables=2,
        ),
        translators=(Translator("i", NL | KO),),
    )
    assert why(problem) == (Unscheduled("b", "z", Why.INTERPRETERS_FULL),)


def test_table_should_be_missing_when_none_can_be_reached_in_time() -> None:
    early = frozenset({"s1"})
    problem = Problem(
        slots=SLOTS[:2],
        tables=(Table("t0", "hall"), Table("t1", "tower")),
        guests=(
            guest("a", {"z": 5}, away=early),
            guest("c", {"y": 5, "z": 1}),
            guest("y", away=early),
            guest("z"),
        ),
        travel={("hall", "tower"): 10},
    )
    # First c and z sit at different places; then each can only stay where they are.
    assert why(problem) == (Unscheduled("c", "z", Why.NO_TABLE),)


def test_others_should_come_first_when_each_has_time_but_never_together() -> None:
    problem = day(
        guest("a", {"y": 5, "z": 1}, away=frozenset({"s2"})),
        guest("b", {"z": 5}, away=frozenset({"s0", "s2"})),
        guest("y", away=frozenset({"s1", "s2"})),
        guest("z", away=frozenset({"s2"})),
        slots=3,
        tables=4,
    )
    # a meets y in s0, b meets z in s1: a has s1 left and z has s0, and never both the same.
    assert why(problem) == (Unscheduled("a", "z", Why.OTHERS_FIRST),)


def test_others_should_come_first_when_a_plan_has_room_and_does_not_use_it() -> None:
    the_day = possible(day(guest("a", {"z": 1}), guest("z")))
    assert unscheduled(the_day, ()) == (Unscheduled("a", "z", Why.OTHERS_FIRST),)
