"""Days so small that every plan can be tried."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import msgspec
from hypothesis import strategies as st

from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.moves import (
    LOST,
    SLOT_CHANGED,
    TABLE_CHANGED,
    TRANSLATOR_CHANGED,
    WITHOUT,
)
from hanze.collaboration.scheduling.problem import (
    Guest,
    Meeting,
    Pair,
    Problem,
    Slot,
    Table,
    Translator,
    pair_of,
)

__all__ = ["best_rating", "changed_days", "days", "rating"]

MOST_PAIRS = 4
LANGUAGES = ("nl", "en", "ko")


@st.composite
def days(draw: st.DrawFn, *, most_pairs: int = MOST_PAIRS) -> Problem:
    sides = {key: key[:2] for key in ("nl1", "nl2", "kr1", "kr2")}
    across = draw(st.booleans())
    every = [
        (one, other)
        for one, other in product(sides, repeat=2)
        if one < other and (not across or sides[one] != sides[other])
    ]
    pairs = draw(st.lists(st.sampled_from(every), min_size=2, max_size=most_pairs, unique=True))
    wants: dict[str, dict[str, int]] = {key: {} for key in sides}
    for one, other in pairs:
        for asks, asked in draw(
            st.sampled_from([[(one, other)], [(other, one)], [(one, other), (other, one)]])
        ):
            wants[asks][asked] = draw(st.integers(1, 5))
    slots = draw(st.integers(1, 3))
    break_min = draw(st.sampled_from([0, 10]))
    names = [f"s{n}" for n in range(slots)]
    some_slots = st.sampled_from([*[frozenset[str]()] * 5, frozenset({"s0"})])
    some_languages = st.sampled_from(
        [frozenset({"nl"}), frozenset({"ko"}), frozenset({"nl", "en"})]
    )
    guests = tuple(
        Guest(
            key=key,
            side="home" if sides[key] == "nl" else "guest",
            languages=draw(some_languages),
            wants=wants[key],
            refuses=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"nl1"})])),
            away=draw(some_slots),
            most=draw(st.sampled_from([None, None, None, None, 1, 2, 0])),
        )
        for key in sides
    )
    return Problem(
        slots=tuple(
            Slot(name, 600 + n * (20 + break_min), 620 + n * (20 + break_min))
            for n, name in enumerate(names)
        ),
        tables=tuple(
            Table(f"t{n}", draw(st.sampled_from(["hall", "tower", "yard"])))
            for n in range(
                draw(st.integers(1 if draw(st.integers(0, 9)) else 0, max(6 // slots, 2)))
            )
        ),
        guests=guests,
        translators=tuple(
            Translator(f"i{n}", draw(st.sampled_from(_KINDS)), draw(some_slots))
            for n in range(draw(st.sampled_from([0, 1, 1, 2])))
        ),
        travel=draw(
            st.dictionaries(
                st.sampled_from([("hall", "tower"), ("hall", "yard"), ("tower", "yard")]),
                st.sampled_from([5, 15, 40]),
            )
        ),
        across_only=across,
    )


_KINDS = [frozenset({"nl", "ko"}), frozenset({"en", "ko"}), frozenset(LANGUAGES)]


@st.composite
def changed_days(draw: st.DrawFn) -> tuple[Problem, Problem]:
    """A day, and the same day when something has happened."""
    before = draw(days())
    changes = {
        "translators": before.translators[1:],
        "tables": before.tables[1:],
        "guests": before.guests[1:],
        "slots": before.slots[1:],
    }
    field = draw(st.sampled_from(sorted(changes)))
    return before, msgspec.structs.replace(before, **{field: changes[field]})


def _every_plan(problem: Problem) -> Iterator[tuple[Meeting, ...]]:
    choices = [
        [
            meeting
            for slot, table in product(problem.slots, problem.tables)
            for translator in (None, *(who.key for who in problem.translators))
            for meeting in [Meeting(slot.key, table.key, *pair, translator)]
            if not faults(problem, [meeting])
        ]
        for pair in _asked(problem)
    ]

    def grown(
        plan: tuple[Meeting, ...], left: Sequence[Sequence[Meeting]]
    ) -> Iterator[tuple[Meeting, ...]]:
        if not left:
            yield plan
            return
        yield from grown(plan, left[1:])
        for meeting in left[0]:
            if not faults(problem, [*plan, meeting]):
                yield from grown((*plan, meeting), left[1:])

    return grown((), [options for options in choices if options])


def _asked(problem: Problem) -> list[Pair]:
    return sorted({pair_of(one.key, other) for one in problem.guests for other in one.wants})


def _possible_pairs(problem: Problem) -> set[Pair]:
    return {
        pair
        for pair in _asked(problem)
        if any(
            not faults(problem, [Meeting(slot.key, table.key, *pair, translator)])
            for slot, table in product(problem.slots, problem.tables)
            for translator in (None, *(who.key for who in problem.translators))
        )
    }


class Rater:
    """Says how good plans of a day are, in the order in which it is asked."""

    def __init__(self, problem: Problem, previous: Sequence[Meeting]) -> None:
        self._possible = _possible_pairs(problem)
        self._before = {one.pair: one for one in previous if one.pair in self._possible}
        self._wishes = {
            guest.key: (_own(guest, self._possible), _most(problem, guest))
            for guest in problem.guests
        }
        self._guests = {guest.key: guest for guest in problem.guests}

    def rate(self, plan: Sequence[Meeting]) -> tuple[int, int, int, int]:
        now = {meeting.pair: meeting for meeting in plan}
        met = {key for pair in now for key in pair}
        hopeful = {key for pair in self._possible for key in pair}
        without = len(hopeful - met)
        lost = (
            sum(_cost(old, now.get(pair)) for pair, old in self._before.items()) + WITHOUT * without
        )
        parts = [
            1000
            * sum(own[pair] for pair in own if pair in now)
            // sum(sorted(own.values(), reverse=True)[:most])
            for own, most in self._wishes.values()
            if own
        ]
        return (
            -lost if self._before else -without,
            sum(self._worth(pair) for pair in now),
            -sum(not part for part in parts),
            min((part for part in parts if part), default=0),
        )

    def _worth(self, pair: Pair) -> int:
        one, other = (self._guests[key] for key in pair)
        mine, yours = one.wants.get(other.key, 0), other.wants.get(one.key, 0)
        return mine + yours + (1 if mine and yours else 0)


def _own(guest: Guest, possible: set[Pair]) -> Mapping[Pair, int]:
    own = {pair_of(guest.key, met): interest for met, interest in guest.wants.items()}
    return {pair: interest for pair, interest in own.items() if pair in possible}


def _most(problem: Problem, guest: Guest) -> int:
    there = sum(slot.key not in guest.away for slot in problem.slots)
    return there if guest.most is None else min(there, guest.most)


def _cost(old: Meeting, new: Meeting | None) -> int:
    if new is None:
        return LOST
    if new.slot != old.slot:
        return SLOT_CHANGED
    if new.table != old.table:
        return TABLE_CHANGED
    return TRANSLATOR_CHANGED if new.translator != old.translator else 0


def rating(
    problem: Problem, plan: Sequence[Meeting], previous: Sequence[Meeting] = ()
) -> tuple[int, int, int, int]:
    """How good a plan is: the higher the better, the first figure before the second."""
    return Rater(problem, previous).rate(plan)


def best_rating(problem: Problem, previous: Sequence[Meeting] = ()) -> tuple[int, int, int, int]:
    """The best of all plans, by trying each."""
    rater = Rater(problem, previous)
    return max(rater.rate(plan) for plan in _every_plan(problem))
