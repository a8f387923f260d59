"""What changes for people when a plan is made again: the plan before, as far as it can be kept."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hanze.collaboration.scheduling.possible import Possible
from hanze.collaboration.scheduling.problem import Meeting, Pair
from hanze.collaboration.scheduling.room import Option, Room

__all__ = [
    "LOST",
    "SLOT_CHANGED",
    "TABLE_CHANGED",
    "TRANSLATOR_CHANGED",
    "WITHOUT",
    "Kept",
    "kept",
    "move_costs",
]

# What a change costs. One meeting saved is worth other slots for eight other pairs, not the whole day
# turned over: counted strictly one after the other, the loss of one of 20 tables gave 71 of 77
# meetings another table so that two were not lost.
TRANSLATOR_CHANGED = 1
TABLE_CHANGED = 2
SLOT_CHANGED = 6
#: Of a guest who could have a meeting and has none: more than moving three others.
WITHOUT = 20
#: Of a meeting: more than two guests without any, who could have met in its stead.
LOST = 50


class Kept(msgspec.Struct, frozen=True):
    """What a pair had in the plan before.

    Attributes:
        slot: When.
        table: Where; `None` where the table is gone.
        translator: Who interpreted; `None` where nobody did, or they are gone.
    """

    slot: str
    table: str | None
    translator: str | None


def kept(day: Possible, previous: Sequence[Meeting]) -> Mapping[Pair, Kept]:
    """Say what each pair that can still meet had before, in order of pair.

    Of two meetings at one table at a time, or with one interpreter, only the first in order keeps
    it: a plan that was held to the rules has no such two.
    """
    candidates = {candidate.pair for candidate in day.candidates}
    found: dict[Pair, Kept] = {}
    taken: set[tuple[str, str, str]] = set()
    for meeting in sorted(previous):
        if meeting.pair not in candidates or meeting.pair in found:
            continue
        table = meeting.table if meeting.table in day.places else None
        if ("table", meeting.slot, meeting.table) in taken:
            table = None
        translator = meeting.translator if meeting.translator in day.translators else None
        if translator and ("translator", meeting.slot, translator) in taken:
            translator = None
        taken.add(("table", meeting.slot, meeting.table))
        taken.add(("translator", meeting.slot, translator or ""))
        found[meeting.pair] = Kept(meeting.slot, table, translator)
    return dict(sorted(found.items()))


def move_costs(
    day: Possible, room: Room, options: Iterable[Option], before: Mapping[Pair, Kept]
) -> dict[Option, int]:
    """Say what each option costs a pair that met before; those that change nothing are left out."""
    costs: dict[Option, int] = {}
    for option in options:
        old = before.get(option.pair)
        if old is None:
            continue
        if option.slot != old.slot:
            costs[option] = SLOT_CHANGED
        elif old.table is None or room.place_of(day, old.table) != option.place:
            costs[option] = TABLE_CHANGED
        elif option.kind != (old.translator and room.kind_of[old.translator]):
            costs[option] = TRANSLATOR_CHANGED
    return costs
