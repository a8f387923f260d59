"""What cities should know of each other's plans: clashes, and who could travel together (pure).

Only what is still to come is looked at, and never what is cancelled. Where only the month of a
mission is known, nothing is called a clash: it might be any of its days.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from hanze.collaboration.duplicates import titles_alike
from hanze.collaboration.missions.calendar import Outing
from hanze.collaboration.records.missions import Event, Mission
from hanze.collaboration.records.record import Label, Record

__all__ = [
    "FLAG_KINDS",
    "FLAG_TEXTS",
    "LEAST_ALIKE",
    "Alike",
    "Flag",
    "Joining",
    "flags",
    "joining",
    "names_alike",
]

#: What two entries of the calendar may have with each other, the most urgent first.
FLAG_KINDS: Final = ("same-people", "same-party", "same-country", "twice", "together")
#: The same in words, by language.
FLAG_TEXTS: Final[Mapping[str, Label]] = {
    "same-people": {
        "en": "The same person is in both at the same time",
        "nl": "Dezelfde persoon zit op hetzelfde moment in beide",
        "ko": "같은 사람이 같은 기간에 두 일정에 모두 참여합니다",
    },
    "same-party": {
        "en": "The same organiser is in two places at the same time",
        "nl": "Dezelfde organisator is op twee plekken tegelijk",
        "ko": "같은 주관 기관이 같은 기간에 두 곳에 있습니다",
    },
    "same-country": {
        "en": "Two delegations are in one country at the same time",
        "nl": "Twee delegaties zijn tegelijk in één land",
        "ko": "두 방문단이 같은 기간에 같은 나라에 있습니다",
    },
    "twice": {
        "en": "This may be the same, entered twice",
        "nl": "Dit is misschien hetzelfde, twee keer ingevoerd",
        "ko": "같은 일정이 두 번 입력되었을 수 있습니다",
    },
    "together": {
        "en": "These could travel together",
        "nl": "Deze kunnen samen reizen",
        "ko": "함께 출장할 수 있습니다",
    },
}
#: Likeness of names from which two entries may be one.
LEAST_ALIKE: Final = 0.6
#: Pairs that are looked at, those that come first first: a league has some ten thousand, and who
#: writes a thousand events of one day should not keep the node busy.
_MOST_PAIRS: Final = 100_000
#: Statuses of missions that still can change.
_COMING: Final = frozenset({"planned", "confirmed"})

#: Tells how alike two records are, 0 to 1.
Alike = Callable[[Record, Record], float]


@dataclass(frozen=True, slots=True)
class Flag:
    """What two entries have with each other.

    Attributes:
        kind: One of `FLAG_KINDS`.
        one: Id of the one that begins first.
        other: Id.
        shared: Ids of what they share: parties, contacts, places, themes; their country.
        days: Between them; 0 where they overlap.
        alike: How alike their names are, 0 to 1; `None` where that does not matter.
    """

    kind: str
    one: str
    other: str
    shared: tuple[str, ...]
    days: int = 0
    alike: float | None = None


@dataclass(frozen=True, slots=True)
class Joining:
    """Whether others may still join a mission.

    Attributes:
        state: "open", "full", "too-late", "closed" (others may not), "over" or "cancelled".
        until: Last day to say so, where there is one.
        places: How many can still join, where that is known.
        contacts: Whom to ask (ids).
    """

    state: str
    until: date | None
    places: int | None
    contacts: tuple[str, ...]


def joining(mission: Mission, today: date) -> Joining:
    """Tell whether others may still join a mission, and how."""
    named = [one.contact for one in mission.delegates if one.contact and one.leads]
    contacts = tuple(dict.fromkeys((*mission.contacts, *named)))
    return Joining(_state(mission, today), mission.register_before, mission.places_left, contacts)


def _state(mission: Mission, today: date) -> str:
    if mission.status == "cancelled":
        return "cancelled"
    if mission.status == "completed" or mission.ends < today:
        return "over"
    if not mission.open_to_others:
        return "closed"
    last = mission.register_before or mission.starts
    if last < today:
        return "too-late"
    return "full" if mission.places_left == 0 else "open"


def names_alike(one: Record, other: Record) -> float:
    """Compare titles, in whichever of their languages they are most alike."""
    return titles_alike(one.title, other.title)


def flags(
    found: Sequence[Outing],
    today: date,
    *,
    near_days: int = 21,
    alike: Alike = names_alike,
) -> tuple[Flag, ...]:
    """Look for clashes, near-duplicates and chances to travel together.

    Args:
        found: Entries of the calendar.
        today: What is over is left alone.
        near_days: Missions with so many days between them, or fewer, could travel together.
        alike: Tells how alike two records are; more than their titles, where one knows more.
    """
    coming = sorted(
        (one for one in found if _is_coming(one, today)), key=lambda one: (one.starts, one.id)
    )
    flagged = [
        flag
        for one, other in islice(_near(coming, near_days), _MOST_PAIRS)
        if one.also != other.id and other.also != one.id
        for flag in _pair(one, other, alike)
    ]
    return tuple(sorted(flagged, key=lambda f: (FLAG_KINDS.index(f.kind), f.days, f.one, f.other)))


def _near(coming: Sequence[Outing], near_days: int) -> Iterator[tuple[Outing, Outing]]:
    """Pair what has few days between it; the entries are in order of their first days."""
    for place, one in enumerate(coming):
        for other in islice(coming, place + 1, None):
            if (other.starts - one.ends).days > near_days:
                break
            yield one, other


def _is_coming(one: Outing, today: date) -> bool:
    mission = one.mission
    is_open = mission is None or mission.status in _COMING
    return is_open and not one.cancelled and one.ends >= today


def _pair(one: Outing, other: Outing, alike: Alike) -> Iterator[Flag]:
    apart = max(0, (other.starts - one.ends).days)
    if apart == 0:
        twice = _twice(one, other, alike)
        if twice is not None:
            yield twice
            return
    mine, theirs = one.mission, other.mission
    if mine is None or theirs is None:
        return
    if apart == 0 and one.days_known and other.days_known:
        yield from _clashes(one, other, mine, theirs)
    together = _together(one, other, mine, theirs, apart)
    if together is not None:
        yield together


def _clashes(one: Outing, other: Outing, mine: Mission, theirs: Mission) -> Iterator[Flag]:
    people = {d.contact for d in mine.delegates if d.contact} & {
        d.contact for d in theirs.delegates if d.contact
    }
    if people:
        yield Flag("same-people", one.id, other.id, tuple(sorted(people)))
    if mine.organiser == theirs.organiser:
        yield Flag("same-party", one.id, other.id, (mine.organiser,))
    elif one.place is not None and one.place == other.place:
        yield Flag("same-country", one.id, other.id, (one.place,))


def _together(
    one: Outing, other: Outing, mine: Mission, theirs: Mission, apart: int
) -> Flag | None:
    """Those who go to one country for one thing, or to one place, can go as one."""
    if mine.organiser == theirs.organiser or one.place is None or one.place != other.place:
        return None
    if mine.direction != theirs.direction:
        return None
    shared = (
        (set(mine.themes) & set(theirs.themes))
        | (set(mine.places) & set(theirs.places))
        | (set(mine.events) & set(theirs.events))
    )
    if not shared:
        return None
    return Flag("together", one.id, other.id, tuple(sorted(shared)), apart)


def _twice(one: Outing, other: Outing, alike: Alike) -> Flag | None:
    """The same event, or the same mission, entered by two."""
    mine, theirs = one.held.record, other.held.record
    if type(mine) is not type(theirs) or one.place != other.place:
        return None
    if isinstance(mine, Mission) and isinstance(theirs, Mission):
        # Two cities may well travel at one time: it is the same where one organises it, too.
        if mine.organiser != theirs.organiser or mine.direction != theirs.direction:
            return None
    elif isinstance(mine, Event) and isinstance(theirs, Event):
        cities = {mine.municipality, theirs.municipality} - {None}
        if len(cities) > 1:
            return None
    score = alike(mine, theirs)
    if score < LEAST_ALIKE:
        return None
    place = (one.place,) if one.place is not None else ()
    return Flag("twice", one.id, other.id, place, 0, round(score, 3))
