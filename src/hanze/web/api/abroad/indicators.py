"""Figures of international cooperation."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.collective import Collective
from hanze.collaboration.figures.indicators import (
    GROUPS,
    MEASURES,
    PER,
    Row,
    indicators,
    rate,
)
from hanze.collaboration.records.places import Country
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.themes import Theme
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]

_Year = Annotated[int, Meta(ge=1970, le=2200)]


class ChoiceOfIndicators(Taken, frozen=True):
    """By what the rows are, and of what they are."""

    by: Literal[GROUPS] = "year"  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
    country: str | None = None
    theme: str | None = None
    first_year: _Year | None = None
    last_year: _Year | None = None


class RateTold(Answer, frozen=True):
    """A count for each of something; without a value where one of the two is not known.

    Attributes:
        of: By how many it was divided.
        is_small: Whether these are too few to compare.
    """

    of: int
    is_small: bool
    value: float | None = None


class RowTold(Answer, frozen=True):
    """Figures of a year, country or theme; a count that is null is not known, which is not 0.

    Attributes:
        key: A year, or an id; "" for what is of none, or of which it is not known.
        rates: By "mission" or "100-partners", then by measure.
        records: Ids of the records that each count rests on.
        simulated: How many facts, of all `facts`, rest on records that are made up.
        partial: Whether some costs have no rate, so that more was spent.
    """

    key: str
    counts: Mapping[str, int | None]
    rates: Mapping[str, Mapping[str, RateTold]]
    missions: int
    reported: int
    costed: int
    costs: Sequence[Money]
    partial: bool
    partners: int
    facts: int
    simulated: int
    records: Mapping[str, Sequence[str]]
    name: Named | None = None


class IndicatorsTold(Answer, frozen=True):
    """All figures. Rows are not to be added up: a fact between two countries is in both rows."""

    by: str
    total: RowTold
    rows: Sequence[RowTold]
    freshness: list[Freshness] = []


async def show_indicators(ask: Ask) -> IndicatorsTold:
    """Count contacts, accords, projects, replications, exports and costs, with their denominators."""
    choice = ask.parameters(ChoiceOfIndicators)
    collective = await ask.node.collective.refresh(ask.now)
    # Of a country or theme that nobody knows, counts would be 0 as if nothing happened.
    if choice.country is not None:
        collective.get(choice.country, Country)
    if choice.theme is not None:
        collective.get(choice.theme, Theme)
    # Thousands of records take a while: others need not wait for it.
    found = await asyncio.to_thread(
        indicators,
        collective,
        ask.today,
        by=choice.by,
        country=choice.country,
        theme=choice.theme,
        first_year=choice.first_year,
        last_year=choice.last_year,
    )
    is_named = found.by != "year"
    return IndicatorsTold(
        by=found.by,
        total=_row(found.total, collective, is_named=False),
        rows=[_row(one, collective, is_named=is_named) for one in found.rows],
        freshness=freshness_of(collective, ask.now),
    )


def _row(one: Row, collective: Collective, *, is_named: bool) -> RowTold:
    return RowTold(
        key=one.key,
        counts=one.counts,
        rates={per: {measure: _rate(one, measure, per) for measure in MEASURES} for per in PER},
        missions=one.missions,
        reported=one.reported,
        costed=one.costed,
        costs=one.costs,
        partial=one.partial,
        partners=len(one.partners),
        facts=one.facts,
        simulated=one.simulated,
        records=one.records,
        name=named(one.key, collective) if is_named and one.key else None,
    )


def _rate(one: Row, measure: str, per: str) -> RateTold:
    found = rate(one, measure, per)
    return RateTold(of=found.of, is_small=found.is_small, value=found.value)


ROUTES = (
    ApiRoute("GET", "/indicators", show_indicators, IndicatorsTold, parameters=ChoiceOfIndicators),
)
