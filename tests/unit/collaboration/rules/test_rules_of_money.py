"""Accounts of journeys: a rate of the day, a budget that changes openly, and an end."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from hanze.broker.provision import EntityAlreadyExists, delete_entity
from hanze.collaboration.collective import Held as HeldRecord
from hanze.collaboration.funding.permissions import (
    NoSuchCost,
    add_cost,
    approve,
    ask_permission,
    close,
    enter_rate,
    key_of_cost,
    permissions_of,
    remove_cost,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    DayRate,
    Mission,
    TravelPermission,
)
from hanze.collaboration.rules.money import NoRate
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record
from tests.collectives import NOW, WRITER, Held, holding
from tests.fairs_world import (
    BRABANT,
    GYEONGGI,
    MISSION,
    PERMISSION,
    a_permission,
    money_records,
)
from tests.unit.collaboration.flow_records import speaking_for

DAY = date(2025, 3, 7)
WON = Cost(part="staff", amount=Decimal(50_000), currency="KRW", on=DAY)
RATE = DayRate(currency="KRW", rate=Decimal("0.00064"), on=DAY)


async def _held(store: Held) -> HeldRecord[TravelPermission]:
    collective = await store.collective()
    (held,) = permissions_of(collective, MISSION)
    return held


async def test_cost_should_be_refused_when_the_rate_of_its_day_is_missing() -> None:
    async with holding(*money_records()) as store:
        held = await _held(store)
        with pytest.raises(NoRate, match="the rate of KRW on 2025-03-07") as refused:
            await add_cost(store.store, WRITER, held, WON, now=NOW)
        assert (refused.value.field, refused.value.value) == ("rates", "KRW 2025-03-07")
        with pytest.raises(NoRate, match="the day of the cost"):
            await add_cost(store.store, WRITER, held, replace(WON, on=None), now=NOW)
        after = await add_cost(store.store, WRITER, held, WON, rate=RATE, now=NOW)
        assert after.costs[-1] == WON
        assert [one.on for one in after.rates] == [date(2025, 3, 6), DAY]


async def test_rate_should_be_put_right_and_not_taken_away_when_costs_rest_on_it() -> None:
    async with holding(*money_records()) as store:
        held = await _held(store)
        right = replace(held.record.rates[0], rate=Decimal("0.000636"))
        after = await enter_rate(store.store, WRITER, held, right, now=NOW)
        assert after.rates == (right,)
        with pytest.raises(NoRate):
            await change_record(
                store.store,
                WRITER,
                PERMISSION,
                TravelPermission,
                lambda before: replace(before, rates=()),
                now=NOW,
            )


@pytest.mark.parametrize(
    ("rates", "field"),
    [
        ((replace(RATE, rate=Decimal(0)),), "rates[0].rate"),
        ((replace(RATE, currency="EUR"),), "rates[0].currency"),
        ((RATE, replace(RATE, rate=Decimal(2))), "rates[1].on"),
    ],
)
async def test_rates_should_be_refused_when_they_cannot_be(
    rates: tuple[DayRate, ...], field: str
) -> None:
    async with holding() as store:
        with pytest.raises(InvalidRecord) as refused:
            await store.add(a_permission(costs=(), rates=rates))
        assert refused.value.field == field


async def test_budget_should_change_when_it_is_approved_on_a_later_day() -> None:
    async with holding(*money_records()) as store:
        held = await _held(store)
        more = (BudgetLine(part="officials", amount=Decimal(9000), people=1),)
        for on in (date(2025, 1, 20), date(2025, 1, 19)):
            with pytest.raises(RuleBroken, match="a later day") as refused:
                await approve(store.store, WRITER, held, on=on, by={}, budget=more, now=NOW)
            assert refused.value.field == "approvedOn"
        with pytest.raises(RuleBroken, match="a later day"):
            await change_record(
                store.store,
                WRITER,
                PERMISSION,
                TravelPermission,
                lambda before: replace(before, budget=more),
                now=NOW,
            )
        later = date(2025, 2, 1)
        after = await approve(
            store.store, WRITER, held, on=later, by={"en": "The board"}, budget=more, now=NOW
        )
        assert (after.budget, after.approved_on, after.status) == (more, later, "approved")


async def test_permission_should_be_asked_for_approved_and_closed() -> None:
    async with holding(money_records()[0]) as store:
        collective = await store.collective()
        mission = collective.get(MISSION, Mission)
        budget = (BudgetLine(part="staff", amount=Decimal(100)),)
        made = await ask_permission(
            store.store, WRITER, collective, mission, "Z-1", budget=budget, now=NOW
        )
        with pytest.raises(EntityAlreadyExists, match=made.id):
            await ask_permission(
                store.store,
                WRITER,
                await store.collective(),
                mission,
                "Z-1",
                budget=budget,
                now=NOW,
            )
        assert (made.status, made.source_city) == ("requested", BRABANT)
        held = await _held(store)
        with pytest.raises(RuleBroken, match="what may follow is approved"):
            await close(store.store, WRITER, held, now=NOW)
        with pytest.raises(RuleBroken, match="An approval has a day"):
            await change_record(
                store.store,
                WRITER,
                made.id,
                TravelPermission,
                lambda before: replace(before, status="approved"),
                now=NOW,
            )
        await approve(store.store, WRITER, held, on=DAY, by={}, now=NOW)
        closed = await close(store.store, WRITER, held, now=NOW)
        assert closed.status == "closed"
        spent = Cost(part="staff", amount=Decimal(1), currency="EUR")
        with pytest.raises(RuleBroken, match="its costs cannot change"):
            await add_cost(store.store, WRITER, held, spent, now=NOW)
        with pytest.raises(RuleBroken, match="cannot be deleted"):
            await store.store.transact(lambda uow: delete_entity(uow, WRITER, made.id, now=NOW))


async def test_permission_should_have_a_budget_when_it_is_approved() -> None:
    async with holding() as store:
        with pytest.raises(RuleBroken) as refused:
            await store.add(a_permission(budget=()))
        assert refused.value.field == "budget"


async def test_cost_should_go_by_its_key_when_it_was_a_mistake() -> None:
    async with holding(*money_records()) as store:
        held = await _held(store)
        key = key_of_cost(held.record.costs[1])
        after = await remove_cost(store.store, WRITER, held, key, now=NOW)
        assert [one.amount for one in after.costs] == [Decimal("8330.00"), Decimal(98000)]
        with pytest.raises(NoSuchCost):
            await remove_cost(store.store, WRITER, held, key, now=NOW)


async def test_accounts_should_be_their_owners_when_the_caller_speaks_for_another() -> None:
    async with holding(*money_records()) as store:
        held = await _held(store)
        cost = Cost(part="staff", amount=Decimal(1), currency="EUR")
        with pytest.raises(SpeaksForAnother):
            await add_cost(store.store, speaking_for(GYEONGGI), held, cost, now=NOW)
        await add_cost(store.store, speaking_for(BRABANT), held, cost, now=NOW)
