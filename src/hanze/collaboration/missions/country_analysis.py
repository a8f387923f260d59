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

__all__ = [
    "CHANCES",
    "Acquaintance",
    "CountryAnalysis",
    "ThemeChances",
    "acquaintance",
    "analyse",
    "partner_countries",
]

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
class Acquaintance:
    """Whom and what those at home know in a country.

    Attributes:
        cooperations: With partners there, or of theirs with partners at home.
        accords: With parties there.
        leads: Who leads on a theme between the two.
        missions: Earlier ones, the latest first.
        coming: Missions and events to come, by first day.
        follow_ups: Of missions from and to there, what is late first.
    """

    cooperations: tuple[Held[Cooperation], ...]
    accords: tuple[Held[Accord], ...]
    leads: tuple[Held[CountryLead], ...]
    missions: tuple[Outing, ...]
    coming: tuple[Outing, ...]
    follow_ups: tuple[Tracked, ...]


@dataclass(frozen=True, slots=True)
class CountryAnalysis:
    """A country, as those at home see it.

    Attributes:
        country: Id.
        home: Id of the country from which it is seen.
        themes: Of which there is something, those with most chances first; what is about none last.
        known: Whom and what they know there.
    """

    country: str
    home: str | None
    themes: tuple[ThemeChances, ...]
    known: Acquaintance


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
    known = acquaintance(collective, country, today, home=home, theme=theme)
    here = _Country(_Between(collective, country, home), today)
    also = {name for held in known.accords for name in held.record.themes}
    also |= {name for one in known.coming for name in one.held.record.themes}
    names = [*sorted(here.themes | also), None] if theme is None else [theme]
    themes = (_theme(here, name, known) for name in names)
    in_order = sorted((one for one in themes if _says_something(one)), key=_rank)
    return CountryAnalysis(country, home, tuple(in_order), known)


def acquaintance(
    collective: Collective,
    country: str,
    today: date,
    *,
    home: str | None = None,
    theme: str | None = None,
) -> Acquaintance:
    """Gather whom and what one knows in a country (`analyse`)."""
    between = _Between(collective, country, home)
    around = outings(collective, Asked(date.min, date.max, country=country))
    return Acquaintance(
        cooperations=tuple(
            held
            for held in collective.of(Cooperation)
            if between.joins((held.record.party, held.record.partner))
        ),
        accords=tuple(held for held in collective.of(Accord) if between.joins(held.record.parties)),
        leads=tuple(held for held in collective.of(CountryLead) if between.leads(held.record)),
        missions=tuple(
            one
            for one in reversed(around)
            if one.mission is not None and one.ends < today and not one.cancelled
        ),
        coming=tuple(
            one
            for one in around
            if one.ends >= today and not one.cancelled and (one.starts - today).days <= _AHEAD_DAYS
        ),
        follow_ups=tracked(collective, today, country=country, theme=theme),
    )


class _Between:
    """Says of parties whether they are of a country, of home, or of both."""

    def __init__(self, collective: Collective, country: str, home: str | None) -> None:
        self.collective = collective
        self.country = country
        self._home = home
        self._places: dict[str, str | None] = {}

    def joins(self, parties: Iterable[str | None]) -> bool:
        """Whether parties are of this country and of home."""
        countries = {self._of(party) for party in parties if party is not None}
        others = countries - {self.country, None}
        return self.country in countries and (
            bool(others) if self._home is None else self._home in others
        )

    def leads(self, lead: CountryLead) -> bool:
        """Whether a lead is between this country and home."""
        between = {lead.country, lead.partner_country}
        return self.country in between and (self._home is None or self._home in between)

    def is_there(self, owners: Iterable[str | None]) -> bool:
        """Whether one of them is of this country."""
        return any(self._of(owner) == self.country for owner in owners if owner is not None)

    def is_home(self, owners: Iterable[str | None]) -> bool:
        """Whether one of them is of home; without one, of any other country."""
        found = {self._of(owner) for owner in owners if owner is not None} - {None}
        if self._home is not None:
            return self._home in found
        return bool(found - {self.country})

    def _of(self, party: str) -> str | None:
        if party not in self._places:
            self._places[party] = country_of(self.collective, party)
        return self._places[party]


class _Country:
    """What there is in a country and at home; looked up once."""

    def __init__(self, between: _Between, today: date) -> None:
        of, is_there, is_home = between.collective.of, between.is_there, between.is_home
        demands = [held for held in of(Demand) if held.record.status in _OPEN]
        self.demands = [held for held in demands if is_there((held.city,))]
        self.own_demands = [held for held in demands if is_home((held.city,))]
        solutions = [held for held in of(Solution) if held.record.status != "withdrawn"]
        self.solutions = [held for held in solutions if is_there(_offered_by(held))]
        projects = [held for held in of(Project) if held.record.stage not in ("idea", "stopped")]
        self.projects = [held for held in projects if is_there((held.record.lead, held.city))]
        self.own_offers: list[Held[Project] | Held[Solution]] = [
            *(
                held
                for held in projects
                if is_proven(held.record) and is_home((held.record.lead, held.city))
            ),
            *(
                held
                for held in solutions
                if held.record.status == "available" and is_home(_offered_by(held))
            ),
        ]
        self.subsidies = [
            held
            for held in of(Subsidy)
            if (held.record.closes is None or held.record.closes >= today)
            and (between.country in held.record.countries or is_there((held.record.funder,)))
        ]
        self.labs = [held for held in of(LivingLab) if is_there((*held.record.owners, held.city))]
        self.organizations = [held for held in of(Organization) if is_there((held.record.id,))]

    @property
    def themes(self) -> set[str]:
        """Themes (ids) of what is there."""
        several: Sequence[Sequence[Held[Record]]] = (
            *(self.demands, self.solutions, self.projects, self.subsidies, self.labs),
            self.organizations,
        )
        return {theme for records in several for held in records for theme in held.record.themes}


def _offered_by(held: Held[Solution]) -> tuple[str | None, ...]:
    return held.record.providers or (held.city,)


def _theme(here: _Country, theme: str | None, around: Acquaintance) -> ThemeChances:
    about = _about(theme)
    demands = tuple(held for held in here.demands if about(held.record))
    projects = tuple(held for held in here.projects if about(held.record))
    solutions = tuple(held for held in here.solutions if about(held.record))
    own_demands = tuple(held for held in here.own_demands if about(held.record))
    own_offers = tuple(held for held in here.own_offers if about(held.record))
    subsidies = tuple(held for held in here.subsidies if about(held.record))
    known = tuple(held for held in around.accords if about(held.record))
    events = tuple(one for one in around.coming if about(one.held.record))
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
