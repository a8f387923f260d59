"""What may be planned at all: the day is checked, and the pairs that can meet are listed."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from hanze.collaboration.scheduling.problem import (
    Guest,
    Pair,
    Problem,
    Slot,
    Translator,
    pair_of,
)
from hanze.errors import InvalidInput

__all__ = ["Candidate", "Possible", "WrongDay", "asked_pairs", "possible", "speaks_for", "worth_of"]

_DAY_MIN = 24 * 60


class WrongDay(InvalidInput):
    """A slot, table, guest, interpreter or way of a day of meetings is not as it must be."""


class Candidate(msgspec.Struct, frozen=True):
    """A pair that may meet.

    Attributes:
        pair: The two.
        worth: What the meeting is worth.
        slots: Keys of those in which both are there and can talk, in order of time.
        translators: Keys of who can interpret for them, in order; empty where they need nobody.
    """

    pair: Pair
    worth: int
    slots: tuple[str, ...]
    translators: tuple[str, ...] = ()


class Possible(msgspec.Struct, frozen=True):
    """A day that was checked, in an order that does not depend on the order of the input.

    Attributes:
        problem: The day.
        guests: By key, in order of key.
        translators: By key, in order of key.
        slots: By key, in order of time.
        places: Key of a table → its place, in order of key of the table.
        candidates: What may be planned, in order of pair.
        clashes: (slot, place, slot, place): who is in the first cannot be in the second, which is
            later, in time. Without any, it does not matter where the tables stand.
    """

    problem: Problem
    guests: Mapping[str, Guest]
    translators: Mapping[str, Translator]
    slots: Mapping[str, Slot]
    places: Mapping[str, str]
    candidates: tuple[Candidate, ...]
    clashes: frozenset[tuple[str, str, str, str]]

    def most(self, guest: Guest) -> int:
        """Say how many meetings a guest can have and wants."""
        there = len(self.slots.keys() - guest.away)
        return there if guest.most is None else min(there, guest.most)


def worth_of(one: Guest, other: Guest) -> int:
    """Say what a meeting is worth: the interest of both, and one more where both ask."""
    interests = [
        guest.wants[met.key]
        for guest, met in ((one, other), (other, one))
        if met.key in guest.wants
    ]
    return sum(interests) + (len(interests) > 1)


def asked_pairs(problem: Problem) -> tuple[Pair, ...]:
    """List the pairs of which one asked for the other, in order."""
    return tuple(
        sorted({pair_of(guest.key, wanted) for guest in problem.guests for wanted in guest.wants})
    )


def speaks_for(translator: Translator, one: Guest, other: Guest) -> bool:
    """Tell whether an interpreter knows a language of each."""
    return bool(translator.languages & one.languages and translator.languages & other.languages)


def possible(problem: Problem) -> Possible:
    """Check a day and list the pairs that may meet.

    Raises:
        WrongDay: A key is twice, times are not in order, or a number is out of its range.
    """
    _check_keys(problem)
    _check_slots(problem.slots)
    _check_guests(problem.guests)
    _check_travel(problem.travel)
    guests = {guest.key: guest for guest in sorted(problem.guests, key=lambda one: one.key)}
    places = {table.key: table.place for table in sorted(problem.tables, key=lambda one: one.key)}
    translators = sorted(problem.translators, key=lambda one: one.key)
    found = (_candidate(problem, guests, translators, pair) for pair in asked_pairs(problem))
    return Possible(
        problem=problem,
        guests=guests,
        translators={translator.key: translator for translator in translators},
        slots={slot.key: slot for slot in problem.slots},
        places=places,
        candidates=tuple(one for one in found if one is not None) if places else (),
        clashes=_clashes(problem, places.values()),
    )


def _candidate(
    problem: Problem, guests: Mapping[str, Guest], translators: Collection[Translator], pair: Pair
) -> Candidate | None:
    one, other = (guests.get(key) for key in pair)
    if one is None or other is None or (problem.across_only and one.side == other.side):
        return None
    if other.key in one.refuses or one.key in other.refuses or 0 in {one.most, other.most}:
        return None
    slots = [slot.key for slot in problem.slots if slot.key not in one.away | other.away]
    helping: list[Translator] = []
    if not one.languages & other.languages:
        helping = [who for who in translators if speaks_for(who, one, other)]
        slots = [key for key in slots if any(key not in who.away for who in helping)]
    if not slots:
        return None
    return Candidate(pair, worth_of(one, other), tuple(slots), tuple(who.key for who in helping))


def _clashes(problem: Problem, places: Iterable[str]) -> frozenset[tuple[str, str, str, str]]:
    there = sorted(set(places))
    ways = {
        (start, end): minutes
        for (one, other), minutes in problem.travel.items()
        for start, end in ((one, other), (other, one))
        if start != end and start in there and end in there
    }
    return frozenset(
        (earlier.key, start, later.key, end)
        for number, earlier in enumerate(problem.slots)
        for later in problem.slots[number + 1 :]
        for (start, end), minutes in ways.items()
        if minutes > later.starts_min - earlier.ends_min
    )


def _check_keys(problem: Problem) -> None:
    kinds = {
        "slots": [slot.key for slot in problem.slots],
        "tables": [table.key for table in problem.tables],
        "guests": [guest.key for guest in problem.guests],
        "translators": [translator.key for translator in problem.translators],
    }
    for field, keys in kinds.items():
        seen: set[str] = set()
        for key in keys:
            if key in seen:
                raise WrongDay(f"Key {key} stands twice in {field}", field=field, value=key)
            seen.add(key)


def _check_slots(slots: Iterable[Slot]) -> None:
    before = 0
    for slot in slots:
        if not before <= slot.starts_min < slot.ends_min <= _DAY_MIN:
            raise WrongDay(
                f"Slot {slot.key} must end after it starts, start when the one before it has "
                "ended, and lie within the day",
                field="slots",
                value=slot.key,
            )
        before = slot.ends_min


def _check_guests(guests: Iterable[Guest]) -> None:
    for guest in guests:
        if guest.side not in {"home", "guest"}:
            raise WrongDay(
                f"Side of {guest.key} must be home or guest", field="side", value=guest.side
            )
        if guest.most is not None and guest.most < 0:
            raise WrongDay(f"most of {guest.key} must be 0 or more", field="most", value=guest.most)
        if guest.key in guest.wants:
            raise WrongDay(f"{guest.key} cannot ask to meet itself", field="wants", value=guest.key)
        for wanted, interest in guest.wants.items():
            if not 1 <= interest <= 5:
                raise WrongDay(
                    f"Interest of {guest.key} in {wanted} must be 1 to 5",
                    field="wants",
                    value=interest,
                )


def _check_travel(travel: Mapping[Pair, int]) -> None:
    for (one, other), minutes in travel.items():
        if one > other or minutes < 0:
            raise WrongDay(
                f"The way between {one} and {other} must name its places in order, and take 0 "
                "minutes or more",
                field="travel",
                value=minutes,
            )
