"""Figures of cooperation across borders, with what they are to be divided by.

A count says little by itself: whoever travels more, meets more people. Each row therefore has the
number of its missions and of the partners that are known, and tells how many missions were reported
and how many costs are known at all. What no record could say is not known, which is not 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.figures.facts import MEASURES, Fact, Families, facts_of, rests_on
from hanze.collaboration.funding.settlement import settle
from hanze.collaboration.records.missions import Mission, MissionReport, TravelPermission
from hanze.collaboration.records.places import Country
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.records.themes import Theme

__all__ = [
    "GROUPS",
    "MEASURES",
    "PER",
    "SMALL",
    "Group",
    "Indicators",
    "Rate",
    "Row",
    "indicators",
    "rate",
]

Group = Literal["year", "country", "theme"]
GROUPS: Final[tuple[Group, ...]] = ("year", "country", "theme")
#: What a count may be divided by.
PER: Final = ("mission", "100-partners")
#: Fewer than so many are too few to compare.
SMALL: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a year, a country or a theme, or of all.

    Attributes:
        key: A year, or the id of a country or theme; "" for what is of none, or not known.
        counts: By measure (`MEASURES`); `None` where nothing is recorded that could say.
        partners: Ids of who took part, countries aside.
        missions: How many took place.
        reported: How many of these have a published report.
        costed: Of how many of these the costs are recorded.
        costs: Spent, by currency: amounts in different currencies are not added.
        partial: Whether costs without a rate are left out of it, so that it was more.
        simulated: How many facts rest on records that are made up.
        facts: How many facts there are.
        records: Ids of the records that the counts rest on, by measure.
    """

    key: str
    counts: Mapping[str, int | None]
    partners: frozenset[str]
    missions: int
    reported: int
    costed: int
    costs: tuple[Money, ...]
    partial: bool
    simulated: int
    facts: int
    records: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rate:
    """A count for each of something.

    Attributes:
        value: `None` where the count is not known, or there is nothing to divide by.
        of: By how many it was divided.
        is_small: Whether that is fewer than `SMALL`: then it says little.
    """

    value: float | None
    of: int
    is_small: bool


@dataclass(frozen=True, slots=True)
class Indicators:
    """All figures.

    Attributes:
        total: Of everything that was asked for.
        rows: By what was asked, in order. A fact between two countries is in the row of both, and
            one about two themes likewise: rows are not to be added up.
    """

    by: Group
    total: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Spent:
    """What missions cost, and which of them say so and were reported."""

    amounts: Mapping[str, Sequence[Money]]
    partial: frozenset[str]
    reported: frozenset[str]


def indicators(
    collective: Collective,
    today: date,
    *,
    by: Group = "year",
    country: str | None = None,
    theme: str | None = None,
    first_year: int | None = None,
    last_year: int | None = None,
) -> Indicators:
    """Count what came of cooperation across borders.

    Args:
        collective: Up to date, with the records of all nodes.
        today: What is planned after it does not count.
        by: Of what each row is.
        country: Only what was between this country (id) and others.
        theme: Only what is about this theme (id), or one below it.
        first_year: Only from then on; what has no year is then left out.
        last_year: Only until then; likewise.
    """
    found = [
        fact
        for fact in facts_of(collective, today)
        if (country is None or country in fact.countries | fact.others)
        and (theme is None or theme in fact.themes)
        and _is_within(fact.year, first_year, last_year)
    ]
    spent = _spent(collective)
    sorted_out = _sorted_out(collective, found, by, country)
    return Indicators(
        by=by,
        total=_row(collective, "", found, spent),
        rows=tuple(_row(collective, key, some, spent) for key, some in sorted_out),
    )


def rate(row: Row, measure: str, per: str) -> Rate:
    """Divide a count of a row by its missions, or by each 100 of its partners."""
    count = row.counts[measure]
    of = row.missions if per == "mission" else len(row.partners)
    if count is None or not of:
        return Rate(None, of, is_small=of < SMALL)
    return Rate(count / of * (1 if per == "mission" else 100), of, is_small=of < SMALL)


def _is_within(year: int | None, first: int | None, last: int | None) -> bool:
    if first is None and last is None:
        return True
    return year is not None and (first or year) <= year <= (last or year)


def _sorted_out(
    collective: Collective, found: Iterable[Fact], by: Group, country: str | None
) -> list[tuple[str, list[Fact]]]:
    families = Families(collective)
    rows: dict[str, list[Fact]] = {}
    for fact in found:
        for key in _keys(fact, by, families, country):
            rows.setdefault(key, []).append(fact)
    if by == "year":
        return sorted(rows.items(), key=lambda item: (not item[0], item[0]))
    order = {held.record.id: place for place, held in enumerate(_order(collective, by))}
    return sorted(rows.items(), key=lambda item: (not item[0], order.get(item[0], len(order))))


def _order(collective: Collective, by: Group) -> Sequence[Held[Country] | Held[Theme]]:
    return collective.of(Country) if by == "country" else collective.of(Theme)


def _keys(fact: Fact, by: Group, families: Families, country: str | None) -> Iterable[str]:
    if by == "year":
        return (str(fact.year) if fact.year is not None else "",)
    if by == "theme":
        return sorted(theme for theme in fact.themes if families.is_top(theme)) or ("",)
    # Seen from one country, the rows are those that it works with.
    sides = fact.countries if country is None else (fact.countries | fact.others) - {country}
    return sorted(sides) or ("",)


def _row(collective: Collective, key: str, found: Sequence[Fact], spent: _Spent) -> Row:
    records: dict[str, list[str]] = {measure: [] for measure in MEASURES}
    for fact in found:
        records[fact.measure].append(fact.held.record.id)
    missions = frozenset(records["missions"])
    costed = missions & spent.amounts.keys()
    partners = {party for fact in found for party in fact.parties}
    return Row(
        key=key,
        counts={
            measure: _known(collective, measure, len(records[measure])) for measure in MEASURES
        },
        partners=frozenset(one for one in partners if not _is_country(collective, one)),
        missions=len(missions),
        reported=len(missions & spent.reported),
        costed=len(costed),
        costs=_total(money for mission in sorted(costed) for money in spent.amounts[mission]),
        partial=not costed.isdisjoint(spent.partial),
        simulated=sum(fact.held.record.simulated is True for fact in found),
        facts=len(found),
        records={measure: tuple(dict.fromkeys(ids)) for measure, ids in records.items()},
    )


def _known(collective: Collective, measure: str, count: int) -> int | None:
    """Tell none from not known: the latter where no record of the type is there at all."""
    if count or any(collective.of(RECORD_TYPES[name]) for name in rests_on(measure)):
        return count
    return None


def _is_country(collective: Collective, party: str) -> bool:
    held = collective.find(party)
    return held is not None and isinstance(held.record, Country)


def _spent(collective: Collective) -> _Spent:
    """Read what missions cost; a permission whose costs nobody entered says nothing of it."""
    amounts: dict[str, list[Money]] = {}
    partial = set()
    for held in collective.of(TravelPermission):
        permission = held.record
        if permission.costs:
            settled = settle(permission)
            money = Money(settled.spent, settled.currency)
            for mission in _same(collective, permission.mission):
                amounts.setdefault(mission, []).append(money)
            if settled.unconverted:
                partial |= {*_same(collective, permission.mission)}
    reported = {
        mission
        for held in collective.of(MissionReport)
        if held.record.status == "published"
        for mission in _same(collective, held.record.mission)
    }
    return _Spent(amounts, frozenset(partial), frozenset(reported))


def _same(collective: Collective, mission_id: str) -> frozenset[str]:
    """Name a mission and the other side's record of it: one of them is counted."""
    held = collective.find(mission_id)
    other = held.record.counterpart if held and isinstance(held.record, Mission) else None
    naming = {one.source for one in collective.referring(mission_id) if one.field == "counterpart"}
    return frozenset({mission_id, *naming, *((other,) if other is not None else ())})


def _total(several: Iterable[Money]) -> tuple[Money, ...]:
    sums: dict[str, Decimal] = {}
    for money in several:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return tuple(Money(sums[currency], currency) for currency in sorted(sums))
