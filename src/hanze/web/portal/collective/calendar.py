"""The demand calendar: what cities will need in the coming years, to be followed."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from urllib.parse import urlencode

from babel.dates import format_date
from starlette.responses import Response

from hanze.collaboration.demand_calendar import (
    EVENT_KINDS,
    EVENT_TEXTS,
    CalendarEvent,
    CalendarPeriod,
    calendar_events,
    calendar_periods,
    competitions,
)
from hanze.collaboration.index.rows import theme_concept
from hanze.collaboration.vocabulary.concept import THEMES
from hanze.web.portal.collective.choosing import Choice, choice_of, countries
from hanze.web.portal.collective.desk import Card, Desk
from hanze.web.portal.collective.files import csv_file

__all__ = ["show"]

_YEARS: Final = ("1", "2", "4", "6", "10")
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200
_DARKEST: Final = 5
#: Events of a period that the page lists; files have them all.
_SHOWN: Final = 60
_COLUMNS: Final = (
    *("kind", "starts", "ends", "record", "title", "city", "city_name", "themes"),
    *("url", "date", "provenance"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for.

    Attributes:
        first_year: `None` begins with the present quarter or year.
    """

    choice: Choice
    first_year: int | None
    years: int
    unit: Literal["quarter", "year"]
    kinds: tuple[str, ...]

    def query(self, **more: str) -> str:
        """Write it as the API takes it; the page takes it as well."""
        given = {
            "firstYear": str(self.first_year or ""),
            "years": str(self.years),
            "unit": self.unit,
        }
        pairs = [*given.items(), *self.choice.parameters().items(), *more.items()]
        pairs += [("kind", kind) for kind in self.kinds]
        return urlencode([(name, value) for name, value in pairs if value])


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that happens."""

    card: Card
    kind: str
    label: str
    starts: str
    ends: str
    url: str


@dataclass(frozen=True, slots=True)
class _Period:
    """A row of the table, and a part of the list.

    Attributes:
        counts: In the order of the columns, each with how dark it is drawn, 0 to 5.
        events: That begin in it, the first of them; of the first period also those that began before.
        more: How many others begin in it.
    """

    anchor: str
    label: str
    total: int
    counts: tuple[tuple[int, int], ...]
    events: tuple[_Event, ...]
    more: int


async def show(desk: Desk) -> Response:
    """Show the calendar of the address; `format=csv` is its list as a file."""
    asked = _asked(desk)
    year = asked.first_year or desk.today.year
    starts = date(year, 1, 1) if asked.first_year else desk.today
    # Thousands of demands take a while: others need not wait for it.
    events = await asyncio.to_thread(
        calendar_events,
        desk.collective,
        starts=starts,
        ends=date(year + asked.years - 1, 12, 31),
        kinds=asked.kinds or EVENT_KINDS,
        **asked.choice.filters(),
    )
    if desk.asked("format") == "csv":
        return csv_file("calendar", _COLUMNS, _cells(desk, events))
    periods = [
        period
        for period in calendar_periods(events, first_year=year, years=asked.years, unit=asked.unit)
        if period.ends >= starts
    ]
    contests = await asyncio.to_thread(competitions, desk.collective, today=desk.today)
    query = asked.query(language=desk.lang)
    return desk.page(
        "calendar.html",
        menu="calendar",
        asked=asked,
        countries=countries(desk),
        year_choices=[(number, desk.number(int(number))) for number in _YEARS],
        kinds=[(kind, desk.text(EVENT_TEXTS[kind]).text) for kind in EVENT_KINDS],
        columns=_columns(desk),
        periods=_periods(desk, asked, periods),
        total=len(events),
        contests=[
            (_event(desk, one), one.starts <= desk.today)
            for one in contests
            if one.starts <= desk.today or one.starts.year == desk.today.year
        ][:_SHOWN],
        ics=f"/api/v1/calendar.ics?{query}",
        atom=f"/api/v1/calendar.atom?{query}",
        downloads=[
            ("CSV", desk.at("/calendar") + f"?{asked.query(format='csv')}"),
            ("JSON", f"/api/v1/calendar.json?{query}"),
        ],
    )


def _asked(desk: Desk) -> _Asked:
    year, years = desk.asked("firstYear"), desk.asked("years")
    first = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else 0
    kinds = desk.visit.request.query_params.getlist("kind")
    return _Asked(
        choice=choice_of(desk),
        first_year=first if _FIRST_YEAR <= first <= _LAST_YEAR else None,
        years=int(years) if years in _YEARS else 4,
        unit="year" if desk.asked("unit") == "year" else "quarter",
        kinds=tuple(kind for kind in EVENT_KINDS if kind in kinds),
    )


def _columns(desk: Desk) -> list[tuple[str, str]]:
    """Name the areas of application, and what is about none of them."""
    vocabulary = desk.visit.site.node.annotations.annotator.vocabulary
    labels = [(theme, vocabulary.label(theme, desk.lang)) for theme in THEMES]
    named = [(theme, label[:1].upper() + label[1:]) for theme, label in labels]
    return [*named, ("", desk.code("theme", "other"))]


def _periods(desk: Desk, asked: _Asked, periods: Sequence[CalendarPeriod]) -> list[_Period]:
    listed: set[str] = set()
    rows = []
    themes = [theme for theme, _ in _columns(desk)]
    counted = [_counted(desk, period, themes) for period in periods]
    most = max((value for row in counted for value in row), default=0) or 1
    for period, values in zip(periods, counted, strict=True):
        new = [one for one in period.events if one.uid not in listed]
        listed.update(one.uid for one in new)
        rows.append(
            _Period(
                anchor=f"p-{period.label}",
                label=_name(desk, asked, period.starts),
                total=len(period.events),
                counts=tuple((value, -(-value * _DARKEST // most)) for value in values),
                events=tuple(_event(desk, one) for one in new[:_SHOWN]),
                more=max(0, len(new) - _SHOWN),
            )
        )
    return rows


def _counted(desk: Desk, period: CalendarPeriod, themes: Sequence[str]) -> list[int]:
    several = Counter(one.record.record.themes for one in period.events)
    counts: Counter[str] = Counter()
    for named, count in several.items():
        counts.update(dict.fromkeys(_areas(desk, named), count))
    return [counts[theme] for theme in themes]


def _areas(desk: Desk, themes: Sequence[str]) -> frozenset[str]:
    """The areas of application of themes; "" where they are of none."""
    vocabulary = desk.visit.site.node.annotations.annotator.vocabulary
    found = set()
    for theme in themes:
        concept = theme_concept(theme, desk.collective)
        if concept in vocabulary:
            found |= {concept, *vocabulary.ancestors(concept)} & set(THEMES)
    return frozenset(found) or frozenset(("",))


def _name(desk: Desk, asked: _Asked, starts: date) -> str:
    """Name a period as the language does: "2027, first quarter"."""
    if asked.unit == "year":
        return format_date(starts, "y년" if desk.lang == "ko" else "y", desk.language.locale)
    pattern = "y년 QQQ" if desk.lang == "ko" else "QQQ y"
    return format_date(starts, pattern, desk.language.locale)


def _event(desk: Desk, one: CalendarEvent) -> _Event:
    return _Event(
        card=desk.card(one.record),
        kind=one.kind,
        label=desk.text(EVENT_TEXTS[one.kind]).text,
        starts=desk.day(one.starts),
        ends=desk.day(one.ends) if one.ends and one.ends != one.starts else "",
        url=one.url or "",
    )


def _cells(desk: Desk, events: Sequence[CalendarEvent]) -> Iterator[tuple[str | None, ...]]:
    for one in events:
        held = one.record
        yield (
            one.kind,
            one.starts.isoformat(),
            one.ends.isoformat() if one.ends else None,
            held.record.id,
            desk.title(held.record).text,
            held.city,
            desk.name(held.city) if held.city else None,
            " ".join(held.record.themes),
            one.url,
            held.date,
            held.record.provenance,
        )
