"""The front page of the collective: what it is, where to begin, and what is new."""

from dataclasses import dataclass

from starlette.responses import Response

from hanze.collaboration.filters import Filters
from hanze.collaboration.kept import sharing_cities
from hanze.collaboration.overview import overview
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.vocabulary.concept import THEMES
from hanze.web.portal.collective.desk import Desk, Link

__all__ = ["show"]

#: What people come for; comments and places are told elsewhere.
_TOLD = (
    *("Project", "Demand", "Solution", "BestPractice", "Replication", "DemandBundle"),
    *("LivingLab", "PilotRecord", "Contribution", "ResearchQuestion", "Subsidy"),
)
_NEWEST = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the front page."""

    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class ThemeCard:
    """A theme, and how many records are about it."""

    link: Link
    name: str
    colour: str
    count: int
    href: str


async def show(desk: Desk) -> Response:
    found = overview(
        desk.collective,
        desk.search,
        Filters(types=_TOLD),
        language=desk.lang,
        sort="date",
        limit=_NEWEST,
    )
    counts = {one.value: one.count for one in found.facets["theme"]}
    return desk.page(
        "landing.html",
        menu="start",
        figures=_figures(desk),
        newest=[desk.card(row.held) for row in found.rows],
        themes=_themes(desk, counts),
        empty=not len(desk.collective),
    )


def _figures(desk: Desk) -> list[Figure]:
    figures = [
        Figure(
            desk.kinds(kind.__name__),
            len(desk.collective.of(kind)),
            desk.at("/overview", type=kind.__name__),
        )
        for kind in (Project, Demand, Solution)
    ]
    held = [desk.collective.find(city) for city in sharing_cities(desk.collective)]
    taking_part = [one.record for one in held if one and isinstance(one.record, Municipality)]
    countries = {city.country for city in taking_part if city.country}
    return [
        *figures,
        Figure(
            desk.visit.language.texts.gettext("Cities taking part"),
            len(taking_part),
            desk.at("/overview", type="Municipality"),
        ),
        Figure(desk.kinds("Country"), len(countries), desk.at("/overview", type="Country")),
    ]


def _themes(desk: Desk, counts: dict[str, int]) -> list[ThemeCard]:
    by_notation = {held.record.notation: held for held in desk.collective.of(Theme)}
    cards = []
    for name in THEMES:
        held = by_notation.get(name)
        if held is not None:
            cards.append(
                ThemeCard(
                    link=desk.link(held.record.id),
                    name=name,
                    colour=desk.colour(held.record),
                    count=counts.get(name, 0),
                    href=desk.at("/overview", theme=name),
                )
            )
    return cards
