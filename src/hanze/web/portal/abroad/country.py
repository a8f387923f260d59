"""What a country offers, by theme: for who goes there, and for who looks for partners."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import Held
from hanze.collaboration.kept import sharing_cities
from hanze.collaboration.missions.country_analysis import (
    CHANCES,
    Acquaintance,
    CountryAnalysis,
    ThemeChances,
    acquaintance,
    analyse,
    partner_countries,
)
from hanze.collaboration.missions.outcomes import STATES, count
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.record import Record
from hanze.web.portal.abroad.mission_calendar import dated
from hanze.web.portal.collective.choosing import api_address, countries, path_of
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.files import csv_file

__all__ = ["index", "show"]

#: Records of one kind that a theme names; files have them all.
_SHOWN: Final = 6
#: Themes that are open at once; the others are behind a button.
_OPEN_THEMES: Final = 6
_KINDS: Final = (
    *("demands", "own_offers", "own_demands", "solutions", "projects", "subsidies"),
    *("labs", "organizations", "accords"),
)
_COLUMNS: Final = ("theme", "chances", "kind", "record", "title", "city", "date", "provenance")


@dataclass(frozen=True, slots=True)
class _Part:
    """Records of one kind about a theme."""

    label: str
    total: int
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Theme:
    """A theme with what there is about it."""

    anchor: str
    title: Link | None
    chances: tuple[str, ...]
    counts: tuple[int, ...]
    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A country in the list, with how many records there are of what."""

    link: Link
    href: str
    coming: int
    missions: int
    accords: int
    cooperations: int
    late: int


async def index(desk: Desk) -> Response:
    """List countries of which there is something to tell."""
    home = _home(desk)
    names = partner_countries(desk.collective, home or None)
    found = await asyncio.to_thread(_entries, desk, names, home)
    return desk.page(
        "countries.html",
        menu="countries",
        entries=sorted(found, key=lambda one: one.link.label.text.casefold()),
        home=home,
        countries=countries(desk),
        downloads=[("JSON", "/api/v1/countries")],
    )


async def show(desk: Desk) -> Response:
    """Show a country; `format=csv` is all records as a file."""
    country, home = desk.visit.request.path_params["id"], _home(desk)
    theme = desk.asked("theme")
    seen = await _analysed(desk, country, home if home != country else "", theme)
    if desk.asked("format") == "csv":
        return csv_file("country", _COLUMNS, _cells(desk, seen))
    held = desk.collective.find(country)
    late = count(seen.known.follow_ups)
    path = path_of("abroad", country)
    return desk.page(
        "country.html",
        menu="countries",
        card=desk.card(held) if held is not None else None,
        country=desk.link(country),
        home=home,
        open_themes=_OPEN_THEMES,
        chosen_theme=theme,
        countries=countries(desk),
        chances=[desk.code("chance", name) for name in CHANCES],
        kinds=[desk.code("chances of", name) for name in _KINDS],
        themes=[_theme(desk, one, number) for number, one in enumerate(seen.themes)],
        coming=[dated(desk, one) for one in seen.known.coming],
        missions=[dated(desk, one) for one in seen.known.missions],
        cooperations=_links(desk, seen.known.cooperations),
        accords=_links(desk, seen.known.accords),
        leads=_links(desk, seen.known.leads),
        follow_ups=[(desk.code("follow-ups", state), late[state]) for state in STATES],
        downloads=[
            ("CSV", desk.at(path, home=home, theme=theme, format="csv")),
            (
                "JSON",
                api_address(path_of("countries", country, "/analysis")[1:], home=home, theme=theme),
            ),
        ],
    )


async def _analysed(desk: Desk, country: str, home: str, theme: str) -> CountryAnalysis:
    look = partial(
        analyse, desk.collective, country, desk.today, home=home or None, theme=theme or None
    )
    # Thousands of records take a while: others need not wait for it.
    return await asyncio.to_thread(look)


def _home(desk: Desk) -> str:
    """Read from which country it is seen: as asked, else where most of the cities here are."""
    asked = desk.visit.request.query_params.get("home")
    if asked is not None:
        return asked.strip()[:2_000]
    own = [held.city for held in desk.collective.own() if held.city is not None]
    known = own or list(sharing_cities(desk.collective))
    found = [c for city in dict.fromkeys(known) if (c := country_of(desk.collective, city))]
    return max(sorted(set(found)), key=found.count, default="")


def _entries(desk: Desk, names: Sequence[str], home: str) -> list[_Entry]:
    found = []
    for name in names:
        if desk.collective.find(name) is not None:
            seen = acquaintance(desk.collective, name, desk.today, home=home or None)
            found.append(_entry(desk, name, seen, home))
    return found


def _entry(desk: Desk, country: str, seen: Acquaintance, home: str) -> _Entry:
    return _Entry(
        link=desk.link(country),
        href=desk.at(path_of("abroad", country), home=home),
        coming=len(seen.coming),
        missions=len(seen.missions),
        accords=len(seen.accords),
        cooperations=len(seen.cooperations),
        late=count(seen.follow_ups)["late"],
    )


def _theme(desk: Desk, one: ThemeChances, number: int) -> _Theme:
    several = [(name, _records(one, name)) for name in _KINDS]
    parts = [
        _Part(
            desk.code("chances of", name),
            len(records),
            tuple(desk.link(held.record.id) for held in records[:_SHOWN]),
        )
        for name, records in several
        if records
    ]
    return _Theme(
        anchor=f"theme-{number}",
        title=desk.link(one.theme) if one.theme is not None else None,
        chances=tuple(desk.code("chance", name) for name in one.chances),
        counts=tuple(len(records) for _, records in several),
        parts=tuple(parts),
    )


def _records(one: ThemeChances, name: str) -> Sequence[Held[Record]]:
    found: Sequence[Held[Record]] = getattr(one, name)
    return found


def _links(desk: Desk, several: Sequence[Held[Record]]) -> list[Link]:
    return [desk.link(held.record.id) for held in several]


def _cells(desk: Desk, seen: CountryAnalysis) -> Iterator[tuple[str | None, ...]]:
    for one in seen.themes:
        for name in _KINDS:
            for held in _records(one, name):
                yield (
                    one.theme,
                    " ".join(one.chances),
                    name,
                    held.record.id,
                    desk.title(held.record).text,
                    held.city,
                    held.date,
                    held.record.provenance,
                )
