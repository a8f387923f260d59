"""What the day has, counted: what is alike is not told apart.

Tables at one place are alike, and so are interpreters of the same languages who are there at the
same times. A model that told them apart would search through plans that differ in names only; so it
chooses places and kinds. Where no way between places takes longer than a break, places are alike too.
"""

from collections.abc import Mapping

import msgspec

from hanze.collaboration.scheduling.possible import Candidate, Possible
from hanze.collaboration.scheduling.problem import Meeting, Pair
from hanze.collaboration.scheduling.ways import Ways, ways_of

__all__ = ["ANYWHERE", "Option", "Room", "room_of"]

#: The place of all tables where the way between places never matters.
ANYWHERE = ""


class Option(msgspec.Struct, frozen=True, order=True):
    """A way in which a pair can meet; `kind` names the first interpreter of those who are alike.

    Without a slot it only says that they meet, and with whose help.
    """

    pair: Pair
    slot: str = ""
    place: str = ANYWHERE
    kind: str | None = None


class Room(msgspec.Struct, frozen=True):
    """Tables and interpreters, counted.

    Attributes:
        tables: Place → its tables, in order.
        kinds: First of interpreters who are alike → all of them, in order.
        kind_of: Interpreter → the first of those like them.
        ways: What the ways between places forbid.
    """

    tables: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    kind_of: Mapping[str, str]
    ways: Ways

    def options(self, day: Possible, candidate: Candidate) -> list[Option]:
        """List every way in which a pair can meet, in order of time, place and kind."""
        kinds = self.kinds_for(candidate)
        return [
            Option(candidate.pair, slot, place, kind)
            for slot in candidate.slots
            for place in self.tables
            for kind in kinds
            if kind is None or slot not in day.translators[kind].away
        ]

    def kinds_for(self, candidate: Candidate) -> list[str | None]:
        """List who can interpret for a pair; only nobody where they need nobody."""
        return [*dict.fromkeys(self.kind_of[key] for key in candidate.translators)] or [None]

    def place_of(self, day: Possible, table: str) -> str:
        return day.places[table] if day.clashes else ANYWHERE

    def option_of(self, day: Possible, meeting: Meeting) -> Option:
        """Say what a meeting is to the model."""
        kind = None if meeting.translator is None else self.kind_of[meeting.translator]
        return Option(meeting.pair, meeting.slot, self.place_of(day, meeting.table), kind)


def room_of(day: Possible, *, apart: bool = False) -> Room:
    """Count tables and interpreters that are alike.

    Args:
        day: What is planned.
        apart: Tell interpreters apart where the way between places matters: then it can be said of
            each whether they keep a meeting that they had.
    """
    tables: dict[str, list[str]] = {}
    for table, place in day.places.items():
        tables.setdefault(place if day.clashes else ANYWHERE, []).append(table)
    ways = ways_of(day) if day.clashes else Ways((), complete=True)
    alone = day.clashes and (apart or not ways.complete)
    alike: dict[object, list[str]] = {}
    for key, translator in day.translators.items():
        away = frozenset(translator.away & day.slots.keys())
        alike.setdefault(key if alone else (translator.languages, away), []).append(key)
    return Room(
        tables={place: tuple(keys) for place, keys in tables.items()},
        kinds={keys[0]: tuple(keys) for keys in alike.values()},
        kind_of={key: keys[0] for keys in alike.values() for key in keys},
        ways=ways,
    )
