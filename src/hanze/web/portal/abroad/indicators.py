"""Figures of international cooperation, with what they are to be divided by."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.figures.indicators import (
    GROUPS,
    MEASURES,
    PER,
    Group,
    Indicators,
    Row,
    indicators,
    rate,
)
from hanze.web.portal.collective.choosing import api_address, countries
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.wording import Said

__all__ = ["show"]

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for."""

    by: Group
    country: str
    theme: str
    first: int | None
    last: int | None
    measure: str

    def parameters(self) -> dict[str, str]:
        return {
            "by": self.by,
            "country": self.country,
            "theme": self.theme,
            "firstYear": str(self.first or ""),
            "lastYear": str(self.last or ""),
        }


@dataclass(frozen=True, slots=True)
class _Rate:
    """A count for each of something, in words; "" where it is not known."""

    text: str
    is_small: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the tables.

    Attributes:
        counts: In the order of the measures; "" where not known.
        bar: The chosen measure, as a part of the highest.
        rates: By what is divided by, in the order of the measures; "" where nothing can be divided.
        costs: By currency, in words; "" where none is known.
    """

    name: Link
    counts: tuple[str, ...]
    chosen: str
    bar: float
    rates: tuple[tuple[_Rate, ...], ...]
    partners: str
    missions: str
    has_missions: bool
    reported: str
    costed: str
    costs: tuple[str, ...]
    partial: bool
    simulated: int
    facts: int


async def show(desk: Desk) -> Response:
    """Show the figures of the address; `format=csv` is the table as a file."""
    asked = _asked(desk)
    # Thousands of records take a while: others need not wait for it.
    found = await asyncio.to_thread(
        indicators,
        desk.collective,
        desk.today,
        by=asked.by,
        country=asked.country or None,
        theme=asked.theme or None,
        first_year=asked.first,
        last_year=asked.last,
    )
    if desk.asked("format") == "csv":
        return csv_file("indicators", _columns(), _cells(desk, found))
    most = max((row.counts[asked.measure] or 0 for row in found.rows), default=0) or 1
    gettext = desk.language.texts.gettext
    return desk.page(
        "indicators.html",
        menu="indicators",
        asked=asked,
        groups=desk.options("indicatorsBy", GROUPS),
        countries=countries(desk),
        measures=desk.options("measure", MEASURES),
        counted=[(desk.code("measure", one), desk.code("measureSays", one)) for one in MEASURES],
        per=[
            (desk.code("per", per), [desk.code("measure", one) for one in _divided(per)])
            for per in PER
        ],
        rows=[_row(desk, found, one, asked.measure, most) for one in found.rows],
        total=_row(desk, found, found.total, asked.measure, most, name=gettext("In all")),
        measure=desk.code("measure", asked.measure),
        downloads=[
            ("CSV", desk.at("/indicators", **asked.parameters(), format="csv")),
            ("JSON", api_address("indicators", **asked.parameters())),
        ],
    )


def _asked(desk: Desk) -> _Asked:
    by, measure = desk.asked("by"), desk.asked("measure")
    return _Asked(
        by=next((group for group in GROUPS if group == by), "year"),
        country=desk.asked("country"),
        theme=desk.asked("theme"),
        first=_year(desk.asked("firstYear")),
        last=_year(desk.asked("lastYear")),
        measure=measure if measure in MEASURES else MEASURES[0],
    )


def _year(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        return None
    return int(text) if _FIRST_YEAR <= int(text) <= _LAST_YEAR else None


def _row(
    desk: Desk, found: Indicators, row: Row, measure: str, most: int, *, name: str = ""
) -> _Row:
    return _Row(
        name=Link(Said(name), "", "", "") if name else _name(desk, found, row),
        counts=tuple(_count(desk, row.counts[one]) for one in MEASURES),
        chosen=_count(desk, row.counts[measure]),
        bar=min(1.0, (row.counts[measure] or 0) / most),
        rates=tuple(tuple(_rate(desk, row, one, per) for one in _divided(per)) for per in PER),
        partners=desk.number(len(row.partners)),
        missions=desk.number(row.missions),
        has_missions=bool(row.missions),
        reported=desk.number(row.reported),
        costed=desk.number(row.costed),
        costs=tuple(desk.money(money) for money in row.costs),
        partial=row.partial,
        simulated=row.simulated,
        facts=row.facts,
    )


def _name(desk: Desk, found: Indicators, row: Row) -> Link:
    gettext = desk.language.texts.gettext
    if not row.key:
        text = gettext("year not known") if found.by == "year" else gettext("none or not known")
        return Link(Said(text), "", "", "")
    return Link(Said(row.key), "", "", "") if found.by == "year" else desk.link(row.key)


def _count(desk: Desk, count: int | None) -> str:
    return desk.number(count) if count is not None else ""


def _rate(desk: Desk, row: Row, measure: str, per: str) -> _Rate:
    found = rate(row, measure, per)
    text = desk.number(round(found.value, 1)) if found.value is not None else ""
    return _Rate(text, found.is_small)


def _divided(per: str) -> tuple[str, ...]:
    """What is divided: missions by themselves say nothing."""
    return tuple(one for one in MEASURES if (per, one) != ("mission", "missions"))


def _columns() -> tuple[str, ...]:
    rates = [f"{measure} per {per}" for per in PER for measure in _divided(per)]
    others = ("partners", "missions", "reported", "costed", "costs", "simulated", "facts")
    return ("key", "name", *MEASURES, *others, *rates)


def _cells(desk: Desk, found: Indicators) -> Iterator[tuple[str | int | float | None, ...]]:
    """What is not known stays empty: it is not 0."""
    for row in found.rows:
        costs = "; ".join(f"{money.amount} {money.currency}" for money in row.costs)
        yield (
            row.key,
            _name(desk, found, row).label.text,
            *(row.counts[measure] for measure in MEASURES),
            len(row.partners),
            row.missions,
            row.reported,
            row.costed,
            costs or None,
            row.simulated,
            row.facts,
            *(rate(row, measure, per).value for per in PER for measure in _divided(per)),
        )
