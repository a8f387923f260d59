"""Figures of cooperation across borders, with honest denominators."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from hanze.collaboration.figures.facts import facts_of
from hanze.collaboration.figures.indicators import GROUPS, MEASURES, Group, indicators, rate
from hanze.collaboration.records.missions import Cost, Mission, TravelPermission
from hanze.collaboration.records.projects import Replication
from hanze.collaboration.records.record import Money
from tests.collectives import collective_of
from tests.relations_world import COMPANY, KR, MISSION, NL, RAIN, WATER, history, places

TODAY = date(2026, 6, 15)


async def test_indicators_should_count_each_thing_once() -> None:
    async with collective_of(*history(TODAY)) as collective:
        found = indicators(collective, TODAY, by="country")
        exports = [one for one in facts_of(collective, TODAY) if one.measure == "exports"]
    assert found.total.counts == {
        "contacts": 1,
        "missions": 1,
        "accords": 1,
        "in-force": 1,
        "projects": 1,
        "replications": 0,
        "exports": 1,
        "follow-ups": 1,
        "followed-up": 1,
    }
    # The company and its solution in one project are one export, of the company's country.
    assert [(one.countries, one.others, one.parties) for one in exports] == [
        (frozenset({NL}), frozenset({KR}), frozenset({COMPANY}))
    ]
    rows = {row.key: row for row in found.rows}
    assert (rows[NL].counts["exports"], rows[KR].counts["exports"]) == (1, 0)
    assert rows[KR].counts["accords"] == 1


async def test_costs_and_reports_should_say_of_how_many_missions_they_are() -> None:
    async with collective_of(*history(TODAY)) as collective:
        total = indicators(collective, TODAY).total
    assert (total.missions, total.reported, total.costed) == (1, 1, 1)
    assert total.costs == (Money(Decimal("900.50"), "EUR"),)
    assert not total.partial


async def test_costs_should_be_a_lower_bound_when_a_rate_is_missing() -> None:
    world = history(TODAY)
    permission = next(one for one in world if isinstance(one, TravelPermission))
    won = Cost(part="staff", amount=Decimal(10_000), currency="KRW", on=TODAY)
    changed = replace(permission, costs=(*permission.costs, won))
    rest = [one for one in world if one is not permission]
    async with collective_of(*rest, changed) as collective:
        total = indicators(collective, TODAY).total
    assert (total.costs, total.partial) == ((Money(Decimal("900.50"), "EUR"),), True)


async def test_count_should_not_be_known_when_no_record_could_say() -> None:
    async with collective_of(*places()) as collective:
        found = indicators(collective, TODAY)
    assert found.rows == ()
    assert found.total.counts == dict.fromkeys(MEASURES)
    assert rate(found.total, "contacts", "mission").value is None
    assert found.total.costs == ()


async def test_rate_should_say_that_few_are_too_few() -> None:
    async with collective_of(*history(TODAY)) as collective:
        total = indicators(collective, TODAY).total
    each = rate(total, "follow-ups", "mission")
    assert (each.value, each.of, each.is_small) == (1.0, 1, True)
    hundred = rate(total, "accords", "100-partners")
    assert hundred.value == pytest.approx(100 / len(total.partners))
    assert NL not in total.partners


@pytest.mark.parametrize("by", GROUPS)
async def test_every_fact_should_be_in_a_row(by: Group) -> None:
    async with collective_of(*history(TODAY)) as collective:
        found = indicators(collective, TODAY, by=by)
    for measure in MEASURES:
        rows = sum(row.counts[measure] or 0 for row in found.rows)
        assert rows >= (found.total.counts[measure] or 0)


async def test_filters_should_take_themes_below_and_years_that_are_told() -> None:
    adopted = Replication(
        id="urn:ngsi-ld:Replication:test:adopted",
        title={"en": "Adopted"},
        project="urn:ngsi-ld:Project:test:streets",
        city="urn:ngsi-ld:Municipality:test:utrecht",
        status="adopted",
    )
    async with collective_of(*history(TODAY), adopted) as collective:
        water = indicators(collective, TODAY, theme=WATER).total
        rain = indicators(collective, TODAY, theme=RAIN, by="theme")
        year = indicators(collective, TODAY, first_year=2025, last_year=2026).total
        before = indicators(collective, TODAY, last_year=2000).total
        korean = indicators(collective, TODAY, by="country", country=KR)
        whole = indicators(collective, TODAY)
    assert (water.counts["missions"], water.counts["accords"]) == (1, 1)
    assert rain.total.counts["accords"] == 0
    # Rows are of the themes at the top.
    assert [row.key for row in rain.rows] == [WATER]
    # A replication without a year is in no year, and in the row of what is not known.
    assert (whole.total.counts["replications"], year.counts["replications"]) == (1, 0)
    assert whole.rows[-1].key == ""
    assert before.facts == 0
    assert [row.key for row in korean.rows] == [NL]


async def test_mission_should_count_once_when_both_sides_recorded_it() -> None:
    world = history(TODAY)
    ours = next(one for one in world if isinstance(one, Mission))
    theirs = replace(ours, id="urn:ngsi-ld:Mission:test:theirs", programme=(), counterpart=MISSION)
    cancelled = replace(ours, id="urn:ngsi-ld:Mission:test:off", status="cancelled")
    async with collective_of(*world, theirs, cancelled) as collective:
        total = indicators(collective, TODAY).total
    assert (total.missions, total.reported, total.costed) == (1, 1, 1)
    assert total.records["missions"] == (MISSION,)
