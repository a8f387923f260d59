"""A day of meetings as a problem: who, when, where, and whom they want to meet.

Everything is named by keys; times are minutes of the day. What a pair is worth is the interest of
both: a request counts 1 to 5, and where both ask it counts for both, and once more.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

__all__ = [
    "Guest",
    "Meeting",
    "Pair",
    "Problem",
    "Schedule",
    "Slot",
    "Table",
    "Translator",
    "Unscheduled",
    "Why",
    "pair_of",
]

#: Two guests, the lower key first.
Pair = tuple[str, str]


class Slot(msgspec.Struct, frozen=True):
    """A time for meetings."""

    key: str
    starts_min: int
    ends_min: int


class Table(msgspec.Struct, frozen=True):
    """A table at a place."""

    key: str
    place: str = ""


class Translator(msgspec.Struct, frozen=True):
    """An interpreter between languages; `away` are slots in which they cannot."""

    key: str
    languages: frozenset[str]
    away: frozenset[str] = frozenset()


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who meets others.

    Attributes:
        key: Names them.
        side: "home" or "guest".
        languages: They speak.
        wants: Whom they want to meet → interest, 1 to 5.
        refuses: Whom they do not want to meet.
        away: Slots in which they cannot.
        most: Meetings that they want at most; `None` is as many as there are slots.
    """

    key: str
    side: str
    languages: frozenset[str]
    wants: Mapping[str, int] = {}
    refuses: frozenset[str] = frozenset()
    away: frozenset[str] = frozenset()
    most: int | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A day.

    Attributes:
        slots: In order of time; they do not overlap.
        tables: All of them.
        guests: All of them.
        translators: Who interprets where two have no language in common.
        travel: Minutes between places, by pair in sorted order; what is absent takes no time.
        across_only: Whether only guests of different sides meet.
    """

    slots: tuple[Slot, ...]
    tables: tuple[Table, ...]
    guests: tuple[Guest, ...]
    translators: tuple[Translator, ...] = ()
    travel: Mapping[Pair, int] = {}
    across_only: bool = True


class Why(StrEnum):
    """Why a meeting that was asked for is not there; the first that holds."""

    UNKNOWN_GUEST = "unknown-guest"  # one of the two does not take part (any more)
    SAME_SIDE = "same-side"  # only people of different sides meet
    REFUSED = "refused"  # one of the two does not want to
    NO_COMMON_SLOT = "no-common-slot"  # they are never both there
    NO_INTERPRETER = "no-interpreter"  # no common language, and nobody interprets when both can
    NO_TABLE = "no-table"  # there is no table at all, or none that can be reached in time
    GUEST_FULL = "guest-full"  # one of the two has all the meetings that they want, or no time left
    TABLES_FULL = "tables-full"  # every slot in which both are free has all its tables taken
    INTERPRETERS_FULL = "interpreters-full"  # likewise its interpreters
    OTHERS_FIRST = (
        "others-first"  # there would be room, and the whole is better (or fairer) without
    )


class Meeting(msgspec.Struct, frozen=True, order=True):
    """A meeting of a pair: by keys; `translator` where they need one."""

    slot: str
    table: str
    one: str
    other: str
    translator: str | None = None

    @property
    def pair(self) -> Pair:
        return pair_of(self.one, self.other)


class Unscheduled(msgspec.Struct, frozen=True, order=True):
    """A pair of which one asked for the other, and why they do not meet."""

    one: str
    other: str
    why: Why


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and how good it is.

    Attributes:
        meetings: In order of slot and table.
        unscheduled: What was asked for and is not there, in order of pair.
        without: Guests that asked or were asked and have no meeting at all.
        worth: Sum of what the pairs are worth.
        bound: No plan that leaves as few without a meeting, and keeps as much, is worth more.
        optimal: Proven.
        gap: (bound - worth) / bound; 0 where optimal.
        moved: Pairs of the plan before whose slot or table changed.
        dropped: Pairs of the plan before that do not meet any more.
        changed_translator: Pairs at the same time and table with another interpreter.
        added: Pairs that the plan before did not have.
        seconds: That solving took.
    """

    meetings: tuple[Meeting, ...]
    unscheduled: tuple[Unscheduled, ...] = ()
    without: tuple[str, ...] = ()
    worth: int = 0
    bound: int = 0
    optimal: bool = False
    gap: float = 0.0
    moved: tuple[Pair, ...] = ()
    dropped: tuple[Pair, ...] = ()
    changed_translator: tuple[Pair, ...] = ()
    added: tuple[Pair, ...] = ()
    seconds: float = 0.0


def pair_of(one: str, other: str) -> Pair:
    """Write two keys as a pair."""
    return (one, other) if one <= other else (other, one)
