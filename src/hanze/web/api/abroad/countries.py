"""What a country offers those who want to work with it, by theme."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.missions.calendar import Outing
from hanze.collaboration.missions.country_analysis import ThemeChances, analyse, partner_countries
from hanze.collaboration.missions.outcomes import count
from hanze.collaboration.records.record import Record
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]


class ChoiceOfAnalysis(Taken, frozen=True):
    """From which country it is seen (id), and about which theme (id)."""

    home: str | None = None
    theme: str | None = None


class OutingShort(Answer, frozen=True):
    """A mission or event."""

    record: Told
    kind: str
    starts: date
    ends: date
    days_known: bool


class ChancesOfTheme(Answer, frozen=True):
    """What there is about a theme; without one, what is about none.

    `chances` are of: they-ask (and we have), we-ask (and they have), money, known (an accord), event.
    """

    chances: Sequence[str]
    theme: Named | None = None
    demands: Sequence[Told] = ()
    projects: Sequence[Told] = ()
    solutions: Sequence[Told] = ()
    own_demands: Sequence[Told] = ()
    own_offers: Sequence[Told] = ()
    subsidies: Sequence[Told] = ()
    labs: Sequence[Told] = ()
    organizations: Sequence[Told] = ()
    accords: Sequence[Told] = ()
    events: Sequence[OutingShort] = ()


class AnalysisOfCountry(Answer, frozen=True):
    """A country as it is seen from another: by theme, and whom one knows there."""

    country: Named
    home: Named | None
    themes: Sequence[ChancesOfTheme]
    cooperations: Sequence[Told]
    accords: Sequence[Told]
    leads: Sequence[Told]
    missions: Sequence[OutingShort]
    coming: Sequence[OutingShort]
    follow_ups: Mapping[str, int]
    freshness: Sequence[Freshness] = ()


class Countries(Answer, frozen=True):
    """Countries of which there is something to tell."""

    countries: Sequence[Named]


async def list_countries(ask: Ask) -> Countries:
    """List countries that can be analysed."""
    collective = await ask.node.collective.refresh(ask.now)
    return Countries(
        countries=[named(one, collective) for one in partner_countries(collective, None)]
    )


async def show_analysis(ask: Ask) -> AnalysisOfCountry:
    """Show what a country offers, by theme: challenges, projects, money, partners, events."""
    choice = ask.parameters(ChoiceOfAnalysis)
    collective = await ask.node.collective.refresh(ask.now)
    look = partial(
        analyse, collective, ask.path("id"), ask.today, home=choice.home, theme=choice.theme
    )
    # Thousands of records take a while: others need not wait for it.
    found = await asyncio.to_thread(look)

    def short(several: Sequence[Held[Record]]) -> list[Told]:
        return [told(held, collective) for held in several]

    return AnalysisOfCountry(
        country=named(found.country, collective),
        home=named_if(found.home, collective),
        themes=[_theme(one, collective) for one in found.themes],
        cooperations=short(found.known.cooperations),
        accords=short(found.known.accords),
        leads=short(found.known.leads),
        missions=[_outing(one, collective) for one in found.known.missions],
        coming=[_outing(one, collective) for one in found.known.coming],
        follow_ups=dict(count(found.known.follow_ups).items()),
        freshness=freshness_of(collective, ask.now),
    )


def _theme(one: ThemeChances, collective: Collective) -> ChancesOfTheme:
    def short(several: Sequence[Held[Record]]) -> list[Told]:
        return [told(held, collective) for held in several]

    return ChancesOfTheme(
        chances=one.chances,
        theme=named_if(one.theme, collective),
        demands=short(one.demands),
        projects=short(one.projects),
        solutions=short(one.solutions),
        own_demands=short(one.own_demands),
        own_offers=short(one.own_offers),
        subsidies=short(one.subsidies),
        labs=short(one.labs),
        organizations=short(one.organizations),
        accords=short(one.accords),
        events=[_outing(event, collective) for event in one.events],
    )


def _outing(one: Outing, collective: Collective) -> OutingShort:
    return OutingShort(
        record=told(one.held, collective),
        kind=one.kind,
        starts=one.starts,
        ends=one.ends,
        days_known=one.days_known,
    )


ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/countries", list_countries, Countries),
    ApiRoute(
        "GET", "/countries/{id:path}/analysis", show_analysis, AnalysisOfCountry, ChoiceOfAnalysis
    ),
)
