"""Whether a plan obeys every hard rule, looked at afresh.

Nothing of what makes plans is used here: a mistake in a model is not repeated by its check.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from hanze.collaboration.scheduling.problem import Guest, Meeting, Problem, Slot

__all__ = ["faults"]


def faults(problem: Problem, meetings: Sequence[Meeting]) -> tuple[str, ...]:
    """List what breaks a rule, a sentence each; nothing where the plan can be held.

    The rules: what a meeting names exists; one of the two asked and neither refuses; the sides
    differ where they must; both are there; they have a common language, or else an interpreter who
    is there and knows a language of each; a table has one meeting at a time, and so have guests and
    interpreters; nobody has more meetings than they want; between any two meetings of the same
    person lies the time to get from one place to the other; a pair meets once.
    """
    guests = {guest.key: guest for guest in problem.guests}
    slots = {slot.key: slot for slot in problem.slots}
    found: list[str] = []
    known: list[Meeting] = []
    for meeting in meetings:
        unknown = _unknown(problem, meeting)
        found += unknown
        if not unknown:
            known.append(meeting)
            found += _wrong_pair(problem, meeting, guests[meeting.one], guests[meeting.other])
            found += _wrong_translator(problem, meeting, guests[meeting.one], guests[meeting.other])
    found += _twice(known)
    for guest in problem.guests:
        own = [meeting for meeting in known if guest.key in (meeting.one, meeting.other)]
        if guest.most is not None and len(own) > guest.most:
            found.append(f"{guest.key} has {len(own)} meetings and wants {guest.most} at most")
        found += _not_in_time(problem, slots, guest.key, own)
    for translator in problem.translators:
        own = [meeting for meeting in known if meeting.translator == translator.key]
        found += _not_in_time(problem, slots, translator.key, own)
    return tuple(found)


def _unknown(problem: Problem, meeting: Meeting) -> list[str]:
    names = {
        "slot": ([meeting.slot], [slot.key for slot in problem.slots]),
        "table": ([meeting.table], [table.key for table in problem.tables]),
        "guest": ([meeting.one, meeting.other], [guest.key for guest in problem.guests]),
        "interpreter": (
            [] if meeting.translator is None else [meeting.translator],
            [translator.key for translator in problem.translators],
        ),
    }
    return [
        f"{_told(meeting)}: {kind} {name} does not exist"
        for kind, (used, there) in names.items()
        for name in used
        if name not in there
    ]


def _wrong_pair(problem: Problem, meeting: Meeting, one: Guest, other: Guest) -> list[str]:
    found = []
    if one.key >= other.key:
        found.append("the lower key must come first")
    if other.key not in one.wants and one.key not in other.wants:
        found.append("nobody asked for it")
    if other.key in one.refuses or one.key in other.refuses:
        found.append("one of the two refuses it")
    if problem.across_only and one.side == other.side:
        found.append("both are of the same side")
    found += [
        f"{guest.key} is away in slot {meeting.slot}"
        for guest in (one, other)
        if meeting.slot in guest.away
    ]
    return [f"{_told(meeting)}: {fault}" for fault in found]


def _wrong_translator(problem: Problem, meeting: Meeting, one: Guest, other: Guest) -> list[str]:
    if one.languages & other.languages:
        needless = meeting.translator is not None
        return [f"{_told(meeting)}: a common language needs no interpreter"] if needless else []
    if meeting.translator is None:
        return [f"{_told(meeting)}: no common language, and no interpreter"]
    translator = next(who for who in problem.translators if who.key == meeting.translator)
    found = []
    if not (translator.languages & one.languages and translator.languages & other.languages):
        found.append(f"{translator.key} does not interpret between the two")
    if meeting.slot in translator.away:
        found.append(f"{translator.key} is away in slot {meeting.slot}")
    return [f"{_told(meeting)}: {fault}" for fault in found]


def _twice(meetings: Sequence[Meeting]) -> list[str]:
    taken: list[str] = []
    for meeting in meetings:
        taken.append(f"pair {meeting.one} and {meeting.other}")
        taken.append(f"table {meeting.table} in slot {meeting.slot}")
        taken += [f"guest {guest} in slot {meeting.slot}" for guest in (meeting.one, meeting.other)]
        if meeting.translator is not None:
            taken.append(f"interpreter {meeting.translator} in slot {meeting.slot}")
    return [f"Twice: {thing}" for thing in _repeated(taken)]


def _repeated(things: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    again: dict[str, None] = {}
    for thing in things:
        if thing in seen:
            again[thing] = None
        seen.add(thing)
    return list(again)


def _not_in_time(
    problem: Problem, slots: dict[str, Slot], who: str, own: Sequence[Meeting]
) -> list[str]:
    place = {table.key: table.place for table in problem.tables}
    found = []
    for earlier, later in combinations(sorted(own, key=lambda one: slots[one.slot].starts_min), 2):
        break_min = slots[later.slot].starts_min - slots[earlier.slot].ends_min
        start, end = place[earlier.table], place[later.table]
        way_min = problem.travel.get((min(start, end), max(start, end)), 0)
        if earlier.slot != later.slot and start != end and way_min > break_min:
            found.append(
                f"{who} needs {way_min} minutes from {start} to {end}, and has {break_min} between "
                f"slots {earlier.slot} and {later.slot}"
            )
    return found


def _told(meeting: Meeting) -> str:
    return f"{meeting.one} and {meeting.other} in slot {meeting.slot} at table {meeting.table}"
