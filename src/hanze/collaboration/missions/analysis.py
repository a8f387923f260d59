"""What a country offers those who want to work with it, by theme.

In the manner of regional business development: what they ask for and what we have, what we ask for
and what they have, with which money, whom we know there, and when there is something to go to.
Nothing is weighed: for each theme it says which of these there are, and shows the records.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hanze.collaboration.buddies import is_proven
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.missions.calendar import Asked, Outing, outings
from hanze.collaboration.missions.outcomes import Tracked, tracked
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.cooperation import Accord, Cooperation, CountryLead
from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution, Subsidy
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country
from hanze.collaboration.records.projects import LivingLab, Project
from hanze.collaboration.records.record import Record

__all__ = ["CHANCES", "CountryAnalysis", "ThemeChances", "analyse", "partner_countries"]

#: What speaks for working together on a theme.
CHANCES: Final = ("they-ask", "we-ask", "money", "known", "event")

_OPEN: Final = frozenset({"open", "bundled", "tendering"})
#: Days ahead in which an event is something to go to.
_AHEAD_DAYS: Final = 730


@dataclass(frozen=True, slots=True)
class ThemeChances:
    """What there is about a theme.

    Attributes:
        theme: Id; `None` for what is about none.
        chances: Which of `CHANCES` there are.
        demands: Open challenges there.
        projects: Projects there that go on or are proven.
        solutions: What is offered there.
        own_demands: Open challenges at home.
        own_offers: What is offered or proven at home.
        subsidies: Calls that are open, or still to open, for partners there.
        labs: Living labs there.
        organizations: Companies, universities and others there.
        accords: With parties there.
        events: To come, in the country or travelling from or to it.
    """

    theme: str | None
    chances: tuple[str, ...]
    demands: tuple[Held[Demand], ...]
    projects: tuple[Held[Project], ...]
    solutions: tuple[Held[Solution], ...]
    own_demands: tuple[Held[Demand], ...]
    own_offers: tuple[Held[Project] | Held[Solution], ...]
    subsidies: tuple[Held[Subsidy], ...]
    labs: tuple[Held[LivingLab], ...]
    organizations: tuple[Held[Organization], ...]
    accords: tuple[Held[Accord], ...]
    events: tuple[Outing, ...]


@dataclass(frozen=True, slots=True)
class CountryAnalysis:
    """A country, as those at home see it.

    Attributes:
        country: Id.
        home: Id of the country from which it is seen.
        themes: Of which there is something, those with most chances first; what is about none last.
        cooperations: With partners there, or of theirs with partners at home.
        accords: With parties there.
        leads: Who leads on a theme between the two.
        missions: Earlier ones, the latest first.
        coming: Missions and events to come, by first day.
        follow_ups: Of missions from and to there, what is late first.
    """

    country: str
    home: str | None
    themes: tuple[ThemeChances, ...]
    cooperations: tuple[Held[Cooperation], ...]
    accords: tuple[Held[Accord], ...]
    leads: tuple[Held[CountryLead], ...]
    missions: tuple[Outing, ...]
    coming: tuple[Outing, ...]
    follow_ups: tuple[Tracked, ...]


def partner_countries(collective: Collective, home: str | None) -> list[str]:
    """List countries of which there is something to tell, by id: all that have records, but home."""
    found = {held.record.id for held in collective.of(Country)}
    found |= {held.record.country for held in collective.of(Mission)}
    return sorted(found - {home})


def analyse(
    collective: Collective,
    country: str,
    today: date,
    *,
    home: str | None = None,
    theme: str | None = None,
) -> CountryAnalysis:
    """Gather what a country offers, by theme.

    Args:
        collective: Up to date.
        country: Id of a country.
        today: Decides what is open and what is to come.
        home: Id of the country from which it is seen; without one, all others are home.
        theme: Only what is about this theme (id).

    Raises:
        RecordNotFound: There is no such country.
    """
    collective.get(country, Country)
    here = _Country(collective, country, home, today)
    around = outings(collective, Asked(date.min, date.max, country=country))
    coming = tuple(
        one
        for one in around
        if one.ends >= today and not one.cancelled and (one.starts - today).days <= _AHEAD_DAYS
    )
    accords = tuple(held for held in collective.of(Accord) if here.joins(held.record.parties))
    themes = [_theme(here, name, accords, coming) for name in here.themes if theme in (None, name)]
    return CountryAnalysis(
        country=country,
        home=home,
        themes=tuple(sorted((one for one in themes if _says_something(one)), key=_rank)),
        cooperations=tuple(
            held
            for held in collective.of(Cooperation)
            if here.joins((held.record.party, held.record.partner))
        ),
        accords=accords,
        leads=tuple(held for held in collective.of(CountryLead) if here.leads(held.record)),
        missions=tuple(
            one
            for one in reversed(around)
            if one.mission is not None and one.ends < today and not one.cancelled
        ),
        coming=coming,
        follow_ups=tracked(collective, today, country=country, theme=theme),
    )


class _Country:
    """What is of a country, of home, and between them; looked up once."""

    def __init__(self, collective: Collective, country: str, home: str | None, today: date) -> None:
        self._collective = collective
        self._country = country
        self._home = home
        self._places: dict[str, str | None] = {}
        self.demands = self._demands(there=True)
        self.own_demands = self._demands(there=False)
        self.solutions = [
            held
            for held in collective.of(Solution)
            if held.record.status != "withdrawn" and self._is_there(_offered_by(held))
        ]
        self.projects = [
            held
            for held in collective.of(Project)
            if held.record.stage not in ("idea", "stopped")
            and self._is_there((held.record.lead, held.city))
        ]
        self.own_offers = self._offers()
        self.subsidies = [
            held
            for held in collective.of(Subsidy)
            if (held.record.closes is None or held.record.closes >= today)
            and (country in held.record.countries or self._is_there((held.record.funder,)))
        ]
        self.labs = [
            held
            for held in collective.of(LivingLab)
            if self._is_there((*held.record.owners, held.city))
        ]
        self.organizations = [
            held for held in collective.of(Organization) if self._is_there((held.record.id,))
        ]

    @property
    def themes(self) -> set[str]:
        """Themes (ids) of what is there."""
        several: Sequence[Sequence[Held[Record]]] = (
            *(self.demands, self.solutions, self.projects, self.subsidies, self.labs),
            self.organizations,
        )
        return {theme for records in several for held in records for theme in held.record.themes}

    def joins(self, parties: Iterable[str | None]) -> bool:
        """Whether parties are of this country and of home."""
        countries = {self._of(party) for party in parties if party is not None}
        others = countries - {self._country, None}
        return self._country in countries and (
            bool(others) if self._home is None else self._home in others
        )

    def leads(self, lead: CountryLead) -> bool:
        """Whether a lead is between this country and home."""
        between = {lead.country, lead.partner_country}
        return self._country in between and (self._home is None or self._home in between)

    def _demands(self, *, there: bool) -> list[Held[Demand]]:
        chosen = self._is_there if there else self._is_home
        return [
            held
            for held in self._collective.of(Demand)
            if held.record.status in _OPEN and chosen((held.city,))
        ]

    def _offers(self) -> list[Held[Project] | Held[Solution]]:
        projects = [
            held
            for held in self._collective.of(Project)
            if is_proven(held.record) and self._is_home((held.record.lead, held.city))
        ]
        solutions = [
            held
            for held in self._collective.of(Solution)
            if held.record.status == "available" and self._is_home(_offered_by(held))
        ]
        return [*projects, *solutions]

    def _is_there(self, owners: Iterable[str | None]) -> bool:
        return any(self._of(owner) == self._country for owner in owners if owner is not None)

    def _is_home(self, owners: Iterable[str | None]) -> bool:
        found = {self._of(owner) for owner in owners if owner is not None} - {None}
        if self._home is not None:
            return self._home in found
        return bool(found - {self._country})

    def _of(self, party: str) -> str | None:
        if party not in self._places:
            self._places[party] = country_of(self._collective, party)
        return self._places[party]


def _offered_by(held: Held[Solution]) -> tuple[str | None, ...]:
    return held.record.providers or (held.city,)


def _theme(
    here: _Country,
    theme: str | None,
    accords: Sequence[Held[Accord]],
    coming: Sequence[Outing],
) -> ThemeChances:
    about = _about(theme)
    demands = tuple(held for held in here.demands if about(held.record))
    projects = tuple(held for held in here.projects if about(held.record))
    solutions = tuple(held for held in here.solutions if about(held.record))
    own_demands = tuple(held for held in here.own_demands if about(held.record))
    own_offers = tuple(held for held in here.own_offers if about(held.record))
    subsidies = tuple(held for held in here.subsidies if about(held.record))
    known = tuple(held for held in accords if about(held.record))
    events = tuple(one for one in coming if about(one.held.record))
    is_there = {
        "they-ask": bool(demands) and bool(own_offers),
        "we-ask": bool(own_demands) and bool(solutions or projects),
        "money": bool(subsidies),
        "known": bool(known),
        "event": bool(events),
    }
    return ThemeChances(
        theme=theme,
        chances=tuple(name for name in CHANCES if is_there[name]),
        demands=demands,
        projects=projects,
        solutions=solutions,
        own_demands=own_demands,
        own_offers=own_offers,
        subsidies=subsidies,
        labs=tuple(held for held in here.labs if about(held.record)),
        organizations=tuple(held for held in here.organizations if about(held.record)),
        accords=known,
        events=events,
    )


def _about(theme: str | None) -> Callable[[Record], bool]:
    if theme is None:
        return lambda record: not record.themes
    return lambda record: theme in record.themes


def _says_something(one: ThemeChances) -> bool:
    return bool(
        one.chances or one.demands or one.projects or one.solutions or one.labs or one.organizations
    )


def _rank(one: ThemeChances) -> tuple[bool, int, int, str]:
    records = len(one.demands) + len(one.own_offers) + len(one.projects) + len(one.solutions)
    return one.theme is None, -len(one.chances), -records, one.theme or ""
