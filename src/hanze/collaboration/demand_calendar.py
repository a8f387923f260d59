"""What is coming: demands, competitions, tenders and calls of the coming years, to be followed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.needs import Demand, DemandBundle
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.record import Label, Record

__all__ = [
    "EVENT_KINDS",
    "EVENT_TEXTS",
    "CalendarEvent",
    "CalendarPeriod",
    "calendar_events",
    "calendar_periods",
    "competitions",
]

#: What happens, in the order in which one day's events are listed.
EVENT_KINDS: Final = ("needed", "deadline", "competition", "tender", "subsidy")
#: The same, by language.
EVENT_TEXTS: Final[Mapping[str, Label]] = {
    "needed": {"en": "Needed", "nl": "Nodig", "ko": "필요 기간"},
    "deadline": {"en": "Answer before", "nl": "Reageren voor", "ko": "응답 마감"},
    "competition": {"en": "Challenge competition", "nl": "Prijsvraag", "ko": "과제 공모전"},
    "tender": {"en": "Tender", "nl": "Aanbesteding", "ko": "조달"},
    "subsidy": {"en": "Call for projects", "nl": "Subsidieregeling", "ko": "지원 공모"},
}
_OVER: Final = frozenset({"draft", "fulfilled", "withdrawn", "dissolved", "closed"})
_ANSWERED: Final = _OVER | {"awarded"}
_ENDED_TENDERS: Final = frozenset({"cancelled", "unsuccessful", "withdrawn"})


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """Something that happens on a day, or during a period.

    Attributes:
        uid: Stays the same while its days change.
        kind: One of `EVENT_KINDS`.
        record: The record that it is about, with its city and date.
        starts: First day.
        ends: Last day, included; the first where it is one day, `None` where it is not known.
        url: Where to take part, if that is told.
    """

    uid: str
    kind: str
    record: Held[Demand | DemandBundle | Subsidy]
    starts: date
    ends: date | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A year or quarter, with what happens in it.

    Attributes:
        label: "2027" or "2027-Q1".
        starts: First day.
        ends: Last day.
        events: That touch it; one may touch several.
        by_theme: Events by id of their theme.
    """

    label: str
    starts: date
    ends: date
    events: tuple[CalendarEvent, ...]
    by_theme: Mapping[str, int]


def calendar_events(
    collective: Collective,
    *,
    starts: date,
    ends: date,
    theme: str | None = None,
    city: str | None = None,
    country: str | None = None,
    kinds: Sequence[str] = EVENT_KINDS,
) -> list[CalendarEvent]:
    """List what happens between two days, both included, by first day.

    Args:
        collective: Up to date.
        theme: Only what is about this theme (id).
        city: Only what is of this city (id), bundles in which it takes part included.
        country: Only what is of this country (id).
        kinds: Of `EVENT_KINDS`.
    """
    found = [
        event
        for held in _records(collective)
        if _is_of(collective, held, theme=theme, city=city, country=country)
        for event in _events(held)
        if event.kind in kinds
        and event.starts <= ends
        and (event.ends is None or event.ends >= starts)
    ]
    return sorted(found, key=lambda one: (one.starts, EVENT_KINDS.index(one.kind), one.uid))


def calendar_periods(
    events: Sequence[CalendarEvent],
    *,
    first_year: int,
    years: int,
    unit: Literal["quarter", "year"] = "quarter",
) -> list[CalendarPeriod]:
    """Sort events into the quarters or years that they touch; empty ones are there as well."""
    periods = []
    for label, starts, ends in _spans(first_year, years, unit):
        inside = tuple(
            one for one in events if one.starts <= ends and (one.ends is None or one.ends >= starts)
        )
        themes = Counter(theme for one in inside for theme in one.record.record.themes)
        periods.append(CalendarPeriod(label, starts, ends, inside, dict(sorted(themes.items()))))
    return periods


def competitions(collective: Collective, *, today: date) -> list[CalendarEvent]:
    """List competitions that are open or still to open, those that close first before the others."""
    far = date(today.year + 50, 12, 31)
    found = calendar_events(collective, starts=today, ends=far, kinds=("competition",))
    return sorted(found, key=lambda one: (one.ends or far, one.uid))


def _records(collective: Collective) -> Iterator[Held[Demand | DemandBundle | Subsidy]]:
    yield from collective.of(Demand)
    yield from collective.of(DemandBundle)
    yield from collective.of(Subsidy)


def _is_of(
    collective: Collective,
    held: Held[Record],
    *,
    theme: str | None,
    city: str | None,
    country: str | None,
) -> bool:
    record = held.record
    if theme is not None and theme not in record.themes:
        return False
    cities = {held.city}
    if isinstance(record, DemandBundle):
        cities |= {one.city for one in record.memberships if one.decision == "joined"}
    if city is not None and city not in cities:
        return False
    if country is None:
        return True
    return country in {country_of(collective, one) for one in cities}


def _events(held: Held[Demand | DemandBundle | Subsidy]) -> Iterator[CalendarEvent]:
    record = held.record
    if isinstance(record, Subsidy):
        first = record.opens or record.closes
        if first is not None:
            yield _event(held, "subsidy", first, record.closes, record.website)
        return
    if record.status not in _OVER:
        yield from _period(held, record.wanted_from, record.wanted_until)
    if isinstance(record, Demand) and record.status not in _ANSWERED:
        if record.deadline is not None:
            yield _event(held, "deadline", record.deadline, record.deadline, record.website)
        contest = record.competition
        if contest is not None:
            yield _event(held, "competition", contest.opens, contest.closes, contest.url)
    tender = record.tender
    if tender is not None and tender.status not in _ENDED_TENDERS:
        first = tender.starts or tender.ends
        if first is not None:
            yield _event(held, "tender", first, tender.ends, tender.url)


def _period(
    held: Held[Demand | DemandBundle | Subsidy], starts: date | None, ends: date | None
) -> Iterator[CalendarEvent]:
    first = starts or ends
    if first is not None:
        website = held.record.website if isinstance(held.record, Demand) else None
        yield _event(held, "needed", first, ends, website)


def _event(
    held: Held[Demand | DemandBundle | Subsidy],
    kind: str,
    starts: date,
    ends: date | None,
    url: str | None,
) -> CalendarEvent:
    return CalendarEvent(f"{held.record.id}#{kind}", kind, held, starts, ends, url)


def _spans(first_year: int, years: int, unit: str) -> Iterator[tuple[str, date, date]]:
    one_day = timedelta(days=1)
    for year in range(first_year, first_year + years):
        if unit == "year":
            yield str(year), date(year, 1, 1), date(year, 12, 31)
            continue
        firsts = [date(year, month, 1) for month in (1, 4, 7, 10)]
        ends = [*(first - one_day for first in firsts[1:]), date(year, 12, 31)]
        for number, (first, last) in enumerate(zip(firsts, ends, strict=True), 1):
            yield f"{year}-Q{number}", first, last
