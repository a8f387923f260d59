"""A plan in the making: who sits where, and what still fits."""

from collections.abc import Iterable, Mapping

from hanze.collaboration.scheduling.possible import Candidate, Possible
from hanze.collaboration.scheduling.problem import Meeting

__all__ = ["Board"]


class Board:
    """Meetings that obey every rule; it grows by a meeting at a time.

    Attributes:
        meetings: By pair.
    """

    def __init__(self, day: Possible) -> None:
        self._day = day
        self._room = {guest.key: day.most(guest) for guest in day.guests.values()}
        # Where people are, by key and slot; guests and interpreters apart, whose keys may be equal.
        self._guests: dict[str, dict[str, str]] = {key: {} for key in day.guests}
        self._translators: dict[str, dict[str, str]] = {key: {} for key in day.translators}
        self._taken: set[tuple[str, str]] = set()
        self._candidates = {one.pair: one for one in day.candidates}
        self.meetings: dict[tuple[str, str], Meeting] = {}

    def planned(self) -> tuple[Meeting, ...]:
        """List the meetings in order of slot (by time) and table."""
        order = {key: number for number, key in enumerate(self._day.slots)}
        return tuple(
            sorted(self.meetings.values(), key=lambda one: (order[one.slot], one.table, one.pair))
        )

    def put(self, meeting: Meeting) -> None:
        """Add a meeting that `allows` allows."""
        place = self._day.places[meeting.table]
        self.meetings[meeting.pair] = meeting
        self._taken.add((meeting.slot, meeting.table))
        for key in meeting.pair:
            self._guests[key][meeting.slot] = place
            self._room[key] -= 1
        if meeting.translator is not None:
            self._translators[meeting.translator][meeting.slot] = place

    def allows(self, meeting: Meeting) -> bool:
        """Tell whether a meeting obeys every rule beside those that are there."""
        candidate = self._candidates.get(meeting.pair)
        if (
            candidate is None
            or meeting.pair in self.meetings
            or meeting.table not in self._day.places
        ):
            return False
        if not self.has_room(candidate) or meeting.slot not in self.free_slots(candidate):
            return False
        place = self._day.places[meeting.table]
        if (meeting.slot, meeting.table) in self._taken:
            return False
        if not self.reach(candidate, meeting.slot, place):
            return False
        if not candidate.translators:
            return meeting.translator is None
        return meeting.translator in self.interpreters(candidate, meeting.slot, place)

    def first_fit(self, candidate: Candidate) -> Meeting | None:
        """Find a meeting in the first slot, at the first table, with the first interpreter."""
        if not self.has_room(candidate):
            return None
        for slot in self.free_slots(candidate):
            tried: set[str] = set()
            for table in self.free_tables(slot):
                place = self._day.places[table]
                if place in tried:
                    continue
                tried.add(place)
                if not self.reach(candidate, slot, place):
                    continue
                helping = self.interpreters(candidate, slot, place)
                if helping or not candidate.translators:
                    return Meeting(slot, table, *candidate.pair, helping[0] if helping else None)
        return None

    def has_room(self, candidate: Candidate) -> bool:
        """Tell whether both want another meeting."""
        return all(self._room[key] > 0 for key in candidate.pair)

    def time_left(self, key: str) -> int:
        """Count the slots in which a guest is there and has no meeting."""
        guest = self._day.guests[key]
        return len(self._day.slots.keys() - guest.away - self._guests[key].keys())

    def free_slots(self, candidate: Candidate) -> list[str]:
        """List the slots of a pair in which neither has a meeting."""
        one, other = (self._guests[key] for key in candidate.pair)
        return [slot for slot in candidate.slots if slot not in one and slot not in other]

    def free_tables(self, slot: str) -> list[str]:
        return [table for table in self._day.places if (slot, table) not in self._taken]

    def reach(self, candidate: Candidate, slot: str, place: str) -> bool:
        """Tell whether both get to a place in time, and from there to what they have next."""
        return all(self._in_time(self._guests[key], slot, place) for key in candidate.pair)

    def interpreters(self, candidate: Candidate, slot: str, place: str) -> list[str]:
        """List who can interpret for a pair then and there."""
        return [
            key
            for key in candidate.translators
            if slot not in self._day.translators[key].away
            and slot not in self._translators[key]
            and self._in_time(self._translators[key], slot, place)
        ]

    def extend(self, candidates: Iterable[Candidate]) -> None:
        """Add each candidate that fits, in the order given."""
        for candidate in candidates:
            if candidate.pair not in self.meetings:
                meeting = self.first_fit(candidate)
                if meeting is not None:
                    self.put(meeting)

    def _in_time(self, been: Mapping[str, str], slot: str, place: str) -> bool:
        clashes = self._day.clashes
        return not clashes or not any(
            (slot, place, there, other) in clashes or (there, other, slot, place) in clashes
            for there, other in been.items()
        )
