"""The calendar of missions, fairs and events of all cities, and who could travel together."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final, Literal
from urllib.parse import urlencode

from babel.dates import format_date
from starlette.responses import Response

from hanze.collaboration.missions.alike import alike_in
from hanze.collaboration.missions.calendar import (
    OUTING_KINDS,
    Asked,
    Month,
    Outing,
    months_of,
    outings,
)
from hanze.collaboration.missions.together import FLAG_TEXTS, Flag, flags, joining
from hanze.collaboration.records.missions import MISSION_DIRECTIONS, Event
from hanze.web.portal.collective.choosing import Choice, choice_of, countries, path_of
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.files import csv_file

__all__ = ["Dated", "dated", "kind_label", "show"]

#: Months that can be asked for, and how many are shown without asking.
_MONTHS: Final = ("3", "6", "12", "24", "48")
_USUAL: Final = "12"
#: Days between two missions that still count as near, to choose from; any other may be asked for.
_NEAR: Final = (0, 7, 14, 21, 30, 60, 90)
_NEAR_USUAL: Final = 21
_NEAR_MOST: Final = 365
#: Entries of a month, and pairs to look at, that the page lists; files have them all.
_SHOWN: Final = 60
_NOTED: Final = 30
_EARLIER: Final = 10
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2200
_COLUMNS: Final = (
    *("kind", "starts", "ends", "days_known", "cancelled", "record", "title", "country"),
    *("parties", "themes", "city", "date", "provenance", "kept_by"),
)
#: What others can do, by `Joining.state`; states that say nothing of joining are left out.
_JOINING: Final = frozenset({"open", "full", "too-late"})


@dataclass(frozen=True, slots=True)
class _Query:
    """What the address asks for."""

    choice: Choice
    starts: date
    months: int
    unit: Literal["month", "quarter"]
    kinds: tuple[str, ...]
    near_days: int

    @property
    def ends(self) -> date:
        """The last day of the last month."""
        whole = self.starts.month - 1 + self.months
        return date(self.starts.year + whole // 12, whole % 12 + 1, 1) - timedelta(days=1)

    def asked(self) -> Asked:
        """The same for the service."""
        chosen = self.choice.filters()
        return Asked(
            starts=self.starts,
            ends=self.ends,
            theme=chosen["theme"],
            country=chosen["country"],
            party=chosen["city"],
            kinds=self.kinds,
        )

    def page_query(self, **more: str) -> str:
        """Write it as the page takes it."""
        given = {"from": f"{self.starts:%Y-%m}", "months": str(self.months), "unit": self.unit}
        given["nearDays"] = str(self.near_days)
        return _encoded({**given, **self.choice.parameters(), **more}, self.kinds)

    def api_query(self, **more: str) -> str:
        """Write it as the API takes it."""
        chosen = self.choice.parameters()
        given = {
            "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(),
            "theme": chosen["theme"],
            "country": chosen["country"],
            "party": chosen["city"],
        }
        return _encoded({**given, **more}, self.kinds)


@dataclass(frozen=True, slots=True)
class Dated:
    """A mission or event in a list.

    Attributes:
        joining: What others may do, in words; "" where nothing is to be done.
        tone: Of the badge that says so.
    """

    card: Card
    href: str
    kind: str
    days: str
    place: Link | None
    parties: tuple[Link, ...]
    cancelled: bool
    joining: str
    tone: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A month or quarter, with what begins in it, and before it where it is the first.

    Attributes:
        more: How many others begin in it.
    """

    anchor: str
    label: str
    total: int
    entries: tuple[Dated, ...]
    more: int


@dataclass(frozen=True, slots=True)
class _Noted:
    """What two have with each other, in words."""

    text: str
    kind: str
    tone: str
    one: Dated
    other: Dated
    shared: tuple[Link, ...]
    days: int
    alike: str


_TONES: Final[Mapping[str, str]] = {
    "same-people": "bad",
    "same-party": "bad",
    "same-country": "waiting",
    "twice": "waiting",
    "together": "good",
}


async def show(desk: Desk) -> Response:
    """Show the calendar of the address; `format=csv` is its list as a file."""
    query = _query(desk)
    found = await asyncio.to_thread(outings, desk.collective, query.asked())
    if desk.asked("format") == "csv":
        return csv_file("missions", _COLUMNS, _cells(desk, found))
    alike = partial(alike_in, desk.visit.site.node.annotations)
    seen = await asyncio.to_thread(flags, found, desk.today, near_days=query.near_days, alike=alike)
    months = months_of(found, starts=query.starts, ends=query.ends, unit=query.unit)
    entries = {one.id: dated(desk, one) for one in found}
    earlier = await asyncio.to_thread(_earlier, desk, query)
    near = str(query.near_days)
    ics = f"/api/v1/mission-calendar.ics?{query.api_query(language=desk.lang)}"
    return desk.page(
        "mission_calendar.html",
        menu="mission-calendar",
        query=query,
        countries=countries(desk),
        month_choices=[(number, desk.number(int(number))) for number in _MONTHS],
        near_choices=_near_choices(desk, query.near_days),
        kinds=[(kind, kind_label(desk, kind)) for kind in OUTING_KINDS],
        noted=[_noted(desk, one, entries) for one in seen[:_NOTED]],
        more_noted=max(0, len(seen) - _NOTED),
        rows=_rows(desk, query, months, entries),
        total=len(found),
        earlier=[dated(desk, one) for one in earlier],
        ics=ics,
        downloads=[
            ("CSV", desk.at("/mission-calendar") + f"?{query.page_query(format='csv')}"),
            ("JSON", f"/api/v1/mission-calendar.json?{query.api_query(nearDays=near)}"),
            ("iCalendar", ics),
        ],
    )


def _earlier(desk: Desk, query: _Query) -> list[Outing]:
    """Find the latest missions that were over before the period: they are known by their reports."""
    asked = replace(query.asked(), starts=date.min, ends=query.starts - timedelta(days=1))
    over = [
        one
        for one in outings(desk.collective, asked)
        if one.mission is not None and one.ends < query.starts
    ]
    return sorted(over, key=lambda one: (one.ends, one.id), reverse=True)[:_EARLIER]


def kind_label(desk: Desk, kind: str) -> str:
    """Name a kind of entry: of missions the direction, else the kind of event."""
    if kind in MISSION_DIRECTIONS:
        return desk.code("direction", kind)
    return desk.code("kind", kind)


def dated(desk: Desk, one: Outing) -> Dated:
    """Make an entry ready for a list."""
    record = one.held.record
    state = joining(one.mission, desk.today).state if one.mission is not None else ""
    shown = [party for party in sorted(one.parties) if party != one.place]
    if isinstance(record, Event):
        path = path_of("record", one.id)
    else:
        path = path_of("missions" if one.mission else "matchmaking-days", one.id)
    return Dated(
        card=desk.card(one.held),
        href=desk.at(path),
        kind=kind_label(desk, one.kind),
        days=_days(desk, one),
        place=desk.link(one.place) if one.place is not None else None,
        parties=tuple(desk.link(party) for party in shown),
        cancelled=one.cancelled,
        joining=desk.code("joining", state) if state in _JOINING else "",
        tone="good" if state == "open" else "waiting",
    )


def _days(desk: Desk, one: Outing) -> str:
    if not one.days_known:
        first, last = (_month(desk, day) for day in (one.starts, one.ends))
        return first if first == last else f"{first} \u2013 {last}"
    if one.starts == one.ends:
        return desk.day(one.starts)
    return f"{desk.day(one.starts)} \u2013 {desk.day(one.ends)}"


def _month(desk: Desk, day: date) -> str:
    pattern = "y년 M월" if desk.lang == "ko" else "MMMM y"
    return format_date(day, pattern, desk.language.locale)


def _query(desk: Desk) -> _Query:
    kinds = desk.visit.request.query_params.getlist("kind")
    months = desk.asked("months")
    return _Query(
        choice=choice_of(desk),
        starts=_first(desk),
        months=int(months if months in _MONTHS else _USUAL),
        unit="quarter" if desk.asked("unit") == "quarter" else "month",
        kinds=tuple(kind for kind in OUTING_KINDS if kind in kinds),
        near_days=_near_days(desk.asked("nearDays")),
    )


def _near_days(text: str) -> int:
    """Read within how many days missions are near; the usual number where it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_NEAR_MOST))):
        return _NEAR_USUAL
    return min(int(text), _NEAR_MOST)


def _near_choices(desk: Desk, chosen: int) -> list[tuple[str, str]]:
    days = desk.visit.language.texts.ngettext
    return [
        (str(one), days("%(n)s day", "%(n)s days", one) % {"n": desk.number(one)})
        for one in sorted({*_NEAR, chosen})
    ]


def _first(desk: Desk) -> date:
    """Read the first month; this month where it is none."""
    try:
        first = date.fromisoformat(f"{desk.asked('from')[:7]}-01")
    except ValueError:
        return desk.today.replace(day=1)
    return first if _FIRST_YEAR <= first.year <= _LAST_YEAR else desk.today.replace(day=1)


def _encoded(given: Mapping[str, str], kinds: Sequence[str]) -> str:
    pairs = [*given.items(), *(("kind", kind) for kind in kinds)]
    return urlencode([(name, value) for name, value in pairs if value])


def _rows(
    desk: Desk, query: _Query, months: Sequence[Month], entries: Mapping[str, Dated]
) -> list[_Row]:
    listed: set[str] = set()
    rows = []
    for month in months:
        new = [one.id for one in month.outings if one.id not in listed]
        listed.update(new)
        rows.append(
            _Row(
                anchor=f"m-{month.label}",
                label=_label(desk, query, month),
                total=len(month.outings),
                entries=tuple(entries[name] for name in new[:_SHOWN]),
                more=max(0, len(new) - _SHOWN),
            )
        )
    return rows


def _label(desk: Desk, query: _Query, month: Month) -> str:
    if query.unit == "month":
        return _month(desk, month.starts)
    pattern = "y년 QQQ" if desk.lang == "ko" else "QQQ y"
    return format_date(month.starts, pattern, desk.language.locale)


def _noted(desk: Desk, one: Flag, entries: Mapping[str, Dated]) -> _Noted:
    return _Noted(
        text=desk.text(FLAG_TEXTS[one.kind]).text,
        kind=one.kind,
        tone=_TONES[one.kind],
        one=entries[one.one],
        other=entries[one.other],
        shared=tuple(desk.link(shared) for shared in one.shared),
        days=one.days,
        alike=desk.share(one.alike) if one.alike is not None else "",
    )


def _cells(desk: Desk, found: Sequence[Outing]) -> Iterator[tuple[str | None, ...]]:
    for one in found:
        record = one.held.record
        yield (
            one.kind,
            one.starts.isoformat(),
            one.ends.isoformat(),
            "yes" if one.days_known else "no",
            "yes" if one.cancelled else "no",
            one.id,
            desk.title(record).text,
            desk.name(one.place) if one.place else None,
            "; ".join(desk.name(party) for party in sorted(one.parties)),
            " ".join(record.themes),
            one.held.city,
            one.held.date,
            record.provenance,
            one.held.home.name if one.held.home else None,
        )
