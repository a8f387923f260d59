"""Days that are wrong, and what pairs are worth."""

from typing import Any

import msgspec
import pytest

from hanze.collaboration.scheduling.possible import WrongDay, possible, worth_of
from hanze.collaboration.scheduling.problem import Guest, Problem, Slot, Table, Translator

NL = frozenset({"nl"})
DAY = Problem(
    slots=(Slot("s1", 600, 620), Slot("s2", 630, 650)),
    tables=(Table("t1"),),
    guests=(Guest(key="a", side="home", languages=NL, wants={"z": 2}),),
)


def made(**more: Any) -> Guest:  # any field of a guest
    return msgspec.structs.replace(DAY.guests[0], **more)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"slots": (Slot("s1", 600, 620), Slot("s1", 630, 650))}, "slots", "s1"),
        ({"tables": (Table("t1"), Table("t1"))}, "tables", "t1"),
        ({"guests": (made(), made())}, "guests", "a"),
        ({"translators": (Translator("i", NL), Translator("i", NL))}, "translators", "i"),
        ({"slots": (Slot("s1", 620, 600),)}, "slots", "s1"),
        ({"slots": (Slot("s1", 600, 630), Slot("s2", 620, 650))}, "slots", "s2"),
        ({"slots": (Slot("s1", -10, 630),)}, "slots", "s1"),
        ({"slots": (Slot("s1", 1430, 1450),)}, "slots", "s1"),
        ({"guests": (made(side="left"),)}, "side", "left"),
        ({"guests": (made(most=-1),)}, "most", "-1"),
        ({"guests": (made(wants={"a": 1}),)}, "wants", "a"),
        ({"guests": (made(wants={"z": 6}),)}, "wants", "6"),
        ({"guests": (made(wants={"z": 0}),)}, "wants", "0"),
        ({"travel": {("b", "a"): 1}}, "travel", "1"),
        ({"travel": {("a", "b"): -1}}, "travel", "-1"),
    ],
)
def test_day_should_be_refused_when_it_is_wrong(
    changes: dict[str, Any],  # any field of a day
    field: str,
    value: str,
) -> None:
    with pytest.raises(WrongDay) as refused:
        possible(msgspec.structs.replace(DAY, **changes))
    assert (refused.value.field, refused.value.value) == (field, value)


def test_worth_should_be_one_more_when_both_ask() -> None:
    asked = Guest(key="z", side="guest", languages=NL)
    both = Guest(key="z", side="guest", languages=NL, wants={"a": 3})
    assert worth_of(made(), asked) == 2
    assert worth_of(made(), both) == 6


def test_ways_should_not_matter_when_there_is_time_or_no_table_at_the_place() -> None:
    far = Table("t2", "tower")
    travel = {("", "tower"): 10, ("", "yard"): 90}
    assert not possible(
        msgspec.structs.replace(DAY, tables=(*DAY.tables, far), travel=travel)
    ).clashes
    travel = {("", "tower"): 11}
    clashes = possible(
        msgspec.structs.replace(DAY, tables=(*DAY.tables, far), travel=travel)
    ).clashes
    assert clashes == {("s1", "", "s2", "tower"), ("s1", "tower", "s2", "")}
