"""Something that happened between parties of two countries, or is planned."""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.record import Label, Record

__all__ = [
    "BUILDS_TRUST",
    "HAPPENING_KINDS",
    "Happening",
    "Parties",
    "Precision",
    "State",
    "day_of",
    "past_or_planned",
    "recorded",
]

State = Literal["past", "planned", "late", "cancelled"]
Precision = Literal["day", "month", "year"]

#: In the order in which those of one day are listed: what led to what.
HAPPENING_KINDS: Final = (
    *("contact", "step", "event", "mission", "visit", "meeting", "match", "signature", "accord"),
    *("lead", "project", "replication", "mentorship", "follow-up"),
)
#: When people saw each other.
BUILDS_TRUST: Final = frozenset({"visit", "mission", "meeting"})


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, or is planned.

    Attributes:
        on: The day; the first that it may have been where only the month or year is known.
        kind: One of `HAPPENING_KINDS`.
        held: The record that says so, of whichever node of the league.
        parties: Ids of the cities, regions, countries and organisations that took part.
        title: What it is called, by language.
        state: Late is a step that was due and is not done.
        basis: Field (name in Python) that the day is from; "recorded" where no field says one, and
            the day is that on which the record came.
        ends: The last day, where it took several.
        precision: What is known of the day.
        part: Key of the part of the record: of an item of a programme.
        standing: Term and code that say where it stands: ("status", "running").
        note: What came of it, by language.
        counterparts: Ids of other sides' records of the same.
    """

    on: date
    kind: str
    held: Held[Record]
    parties: frozenset[str]
    title: Label
    state: State
    basis: str
    ends: date | None = None
    precision: Precision = "day"
    part: str | None = None
    standing: tuple[str, str] | None = None
    note: Label = field(default_factory=dict)
    counterparts: tuple[str, ...] = ()

    @property
    def last(self) -> date:
        """The last day that it may have been."""
        if self.ends is not None:
            return self.ends
        if self.precision == "year":
            return date(self.on.year, 12, 31)
        if self.precision == "month":
            day = calendar.monthrange(self.on.year, self.on.month)[1]
            return self.on.replace(day=day)
        return self.on

    @property
    def is_past(self) -> bool:
        return self.state == "past"


class Parties:
    """Who is of which country, and whose a record is; asked again and again, so remembered.

    Args:
        collective: Up to date.
    """

    def __init__(self, collective: Collective) -> None:
        self._collective = collective
        self._countries: dict[str, str | None] = {}
        self._around: dict[str, frozenset[str]] = {}

    def country(self, party: str) -> str | None:
        """Return the country of a party; `None` where it is not known."""
        if party not in self._countries:
            self._countries[party] = country_of(self._collective, party)
        return self._countries[party]

    def around(self, party: str) -> frozenset[str]:
        """Name a party with the city, region and country that it is in."""
        if party not in self._around:
            self._around[party] = frozenset({party})  # a loop of places ends here
            held = self._collective.find(party)
            above = _above(held.record) if held is not None else ()
            found = {party} | {name for one in above for name in self.around(one)}
            self._around[party] = frozenset(found)
        return self._around[party]

    def is_country(self, party: str) -> bool:
        """Tell whether a party is a country itself."""
        return self.country(party) == party

    def countries(self, parties: Iterable[str]) -> frozenset[str]:
        """Name the countries that are known of several parties."""
        return frozenset(self._known(parties))

    def cross(self, parties: frozenset[str], *, certain: bool) -> bool:
        """Tell whether parties are of more than one country.

        Args:
            parties: Ids.
            certain: Two countries must be known; else a party of a country that is not known may be
                of another one.
        """
        known = self.countries(parties)
        if len(known) > 1:
            return True
        return not certain and any(self.country(party) is None for party in parties)

    def owner(self, record_id: str | None) -> frozenset[str]:
        """Name whose a record is: a place or organisation is its own."""
        held = self._collective.find(record_id) if record_id is not None else None
        if held is None:
            return frozenset()
        return frozenset({held.city} if held.city is not None else ())

    def _known(self, parties: Iterable[str]) -> Iterator[str]:
        for party in parties:
            country = self.country(party)
            if country is not None:
                yield country


def _above(record: Record) -> tuple[str, ...]:
    """Name what a place or organisation is directly in."""
    found: tuple[str | None, ...] = ()
    if isinstance(record, Municipality):
        found = (record.region, record.country)
    elif isinstance(record, Region):
        found = (record.country,)
    elif isinstance(record, Organization):
        found = (record.municipality or record.source_city, record.country)
    return tuple(name for name in found if name is not None)


def day_of(text: str) -> tuple[date, Precision]:
    """Read "2024", "2024-10" or "2024-10-23": the first day that it may be, and what is known.

    Of a day that does not exist, which another node may tell, only the year is known.
    """
    year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
    try:
        if month:
            return date(year, month, day or 1), "day" if day else "month"
    except ValueError:
        pass
    return date(max(year, 1), 1, 1), "year"


def past_or_planned(on: date, today: date) -> State:
    """Tell whether what is to be on a day has been; what is of today has."""
    return "past" if on <= today else "planned"


def recorded(held: Held[Record]) -> tuple[date, str]:
    """Return the day for which a record says to hold, else on which it came, and which it is."""
    if held.record.source_date is not None:
        return held.record.source_date, "source_date"
    return date.fromisoformat((held.created_at or held.modified_at)[:10]), "recorded"
