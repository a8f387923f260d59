"""The calendar of missions, fairs and other events of all nodes of the league.

A mission that both sides recorded, each on its own node, is one entry: that of the side that
travels, where it is there.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.gatherings import MatchmakingDay
from hanze.collaboration.records.missions import EVENT_KINDS, MISSION_DIRECTIONS, Event, Mission

__all__ = [
    "OUTING_KINDS",
    "Asked",
    "Month",
    "Outing",
    "months_of",
    "outing_of",
    "outings",
]

#: What there is in the calendar: missions by direction, and the kinds of events.
OUTING_KINDS: Final = (*MISSION_DIRECTIONS, *EVENT_KINDS)

_Subject = Mission | Event | MatchmakingDay


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the calendar.

    Attributes:
        starts: First day.
        ends: Last day, included.
        theme: Only what is about this theme (id).
        country: Only what is in this country (id), or travels from or to it.
        party: Only what this city, region, country or organisation (id) holds or joins.
        kinds: Of `OUTING_KINDS`; empty is all.
    """

    starts: date
    ends: date
    theme: str | None = None
    country: str | None = None
    party: str | None = None
    kinds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outing:
    """A mission, a fair or another event.

    Attributes:
        held: Its record.
        kind: One of `OUTING_KINDS`.
        starts: First day.
        ends: Last day.
        days_known: Else only the months are known.
        countries: Where it is, and where those who travel are from (ids).
        place: Where it is: the country (id).
        parties: Who holds it or takes part (ids).
        cancelled: Whether it does not take place.
        also: The other side's record of the same mission.
    """

    held: Held[Mission] | Held[Event] | Held[MatchmakingDay]
    kind: str
    starts: date
    ends: date
    days_known: bool
    countries: frozenset[str]
    place: str | None
    parties: frozenset[str]
    cancelled: bool
    also: str | None = None

    @property
    def id(self) -> str:
        """Id of its record."""
        return self.held.record.id

    @property
    def mission(self) -> Mission | None:
        """Its record, where it is a mission."""
        record = self.held.record
        return record if isinstance(record, Mission) else None


@dataclass(frozen=True, slots=True)
class Month:
    """A month or quarter, with what touches it.

    Attributes:
        label: "2027-03" or "2027-Q1".
        starts: First day.
        ends: Last day.
        outings: By first day.
        by_theme: How many, by id of their theme.
    """

    label: str
    starts: date
    ends: date
    outings: tuple[Outing, ...]
    by_theme: Mapping[str, int]


def outings(collective: Collective, asked: Asked) -> list[Outing]:
    """List missions and events of all nodes, by first day.

    Args:
        collective: Up to date.
        asked: Which.
    """
    found = [one for one in _every(collective) if _is_asked(one, asked)]
    return sorted(found, key=lambda one: (one.starts, one.ends, one.id))


def outing_of(collective: Collective, held: Held[Mission] | Held[Event]) -> Outing:
    """Make the entry of one mission or event."""
    if isinstance(held.record, Mission):
        return _of_mission(collective, collective.get(held.record.id, Mission))
    return _of_event(collective, collective.get(held.record.id, Event))


def months_of(
    found: Sequence[Outing], *, starts: date, ends: date, unit: Literal["month", "quarter"]
) -> list[Month]:
    """Sort entries into the months or quarters that they touch; empty ones are there as well."""
    months = []
    for label, first, last in _spans(starts, ends, unit):
        inside = tuple(one for one in found if one.starts <= last and one.ends >= first)
        themes = Counter(theme for one in inside for theme in one.held.record.themes)
        months.append(Month(label, first, last, inside, dict(sorted(themes.items()))))
    return months


def _every(collective: Collective) -> Iterator[Outing]:
    for mission in collective.of(Mission):
        # The side that travels tells of it; the other one's record is named beside it.
        if not _is_told_elsewhere(collective, mission.record):
            yield _of_mission(collective, mission)
    for event in collective.of(Event):
        yield _of_event(collective, event)
    for day in collective.of(MatchmakingDay):
        yield _of_day(collective, day)


def _is_told_elsewhere(collective: Collective, mission: Mission) -> bool:
    other = _counterpart(collective, mission)
    if other is None or other.direction == mission.direction:
        return False
    return mission.direction == "incoming"


def _counterpart(collective: Collective, mission: Mission) -> Mission | None:
    """Find the other side's record, whichever of the two names the other."""
    names = [mission.counterpart] if mission.counterpart else []
    names += [
        reference.source
        for reference in collective.referring(mission.id)
        if reference.field == "counterpart"
    ]
    for name in names:
        held = collective.find(name)
        if held is not None and isinstance(held.record, Mission) and name != mission.id:
            return held.record
    return None


def _of_mission(collective: Collective, held: Held[Mission]) -> Outing:
    one = held.record
    other = _counterpart(collective, one)
    home = country_of(collective, one.organiser)
    travels = [member.organization for member in one.delegates if member.organization]
    parties = {one.organiser, *travels, *one.places}
    return Outing(
        held=held,
        kind=one.direction,
        starts=one.starts,
        ends=one.ends,
        days_known=one.days_known,
        countries=frozenset({one.country, home} - {None}),  # type: ignore[arg-type]  # what is None is taken out
        place=one.country if one.direction == "outgoing" else home,
        parties=frozenset(parties | ({other.organiser} if other is not None else set())),
        cancelled=one.status == "cancelled",
        also=other.id if other is not None else None,
    )


def _of_event(collective: Collective, held: Held[Event]) -> Outing:
    one = held.record
    place = one.country or country_of(collective, one.municipality)
    known = (one.organiser, one.municipality)
    return Outing(
        held=held,
        kind=one.kind,
        starts=one.starts,
        ends=one.ends,
        days_known=True,
        countries=frozenset((place,) if place is not None else ()),
        place=place,
        parties=frozenset(party for party in known if party is not None),
        cancelled=False,
    )


def _of_day(collective: Collective, held: Held[MatchmakingDay]) -> Outing:
    one = held.record
    event = collective.find(one.event) if one.event is not None else None
    place = event.record.country if event and isinstance(event.record, Event) else None
    place = place or country_of(collective, one.organiser)
    return Outing(
        held=held,
        kind="matchmaking-day",
        starts=one.on,
        ends=one.on,
        days_known=True,
        countries=frozenset((place,) if place is not None else ()),
        place=place,
        parties=frozenset((one.organiser,) if one.organiser is not None else ()),
        cancelled=one.status == "cancelled",
    )


def _is_asked(one: Outing, asked: Asked) -> bool:
    return (
        one.starts <= asked.ends
        and one.ends >= asked.starts
        and (not asked.kinds or one.kind in asked.kinds)
        and (asked.theme is None or asked.theme in one.held.record.themes)
        and (asked.country is None or asked.country in one.countries)
        and (asked.party is None or asked.party in one.parties)
    )


def _spans(starts: date, ends: date, unit: str) -> Iterator[tuple[str, date, date]]:
    step = 3 if unit == "quarter" else 1
    year, month = starts.year, (starts.month - 1) // step * step + 1
    while date(year, month, 1) <= ends:
        last = month + step - 1
        label = f"{year}-Q{month // 3 + 1}" if step == 3 else f"{year}-{month:02}"
        yield label, date(year, month, 1), date(year, last, monthrange(year, last)[1])
        following = date(year, last, 28) + timedelta(days=4)
        year, month = following.year, following.month
