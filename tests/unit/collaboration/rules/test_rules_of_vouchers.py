"""Vouchers: never more than there is, by the giver, under the conditions of the scheme."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.collaboration.collective import Held as HeldRecord
from hanze.collaboration.funding.voucher_budget import balance_of
from hanze.collaboration.funding.vouchers import (
    MissionElsewhere,
    NoSuchVoucher,
    ask_voucher,
    move_voucher,
    scheme_state,
    schemes,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import (
    VOUCHER_STATUSES,
    Mission,
    Voucher,
    VoucherScheme,
)
from hanze.collaboration.records.record import Money
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.rules.vouchers import BudgetSpent
from hanze.collaboration.writing import change_record
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, Held, holding
from tests.fairs_world import (
    DELFT,
    KOREA,
    MISSION,
    NETHERLANDS,
    ROTTERDAM,
    SCHEME,
    SPAIN,
    UTRECHT,
    a_scheme,
    money_records,
)
from tests.unit.collaboration.flow_records import speaking_for

DAY = date(2026, 6, 1)


async def _held(store: Held) -> HeldRecord[VoucherScheme]:
    return (await store.collective()).get(SCHEME, VoucherScheme)


async def _ask(store: Held, caller: Caller = WRITER, **more: Any) -> Voucher:
    values: dict[str, Any] = {"to": UTRECHT, "mission": MISSION, "amount": Decimal(2000)}
    collective = await store.collective()
    scheme = collective.get(SCHEME, VoucherScheme)
    values |= {"today": DAY, "now": NOW} | more
    return await ask_voucher(store.store, caller, collective, scheme, **values)


async def _move(
    store: Held, number: str, status: str, caller: Caller = WRITER, amount: Decimal | None = None
) -> Voucher:
    held = await _held(store)
    return await move_voucher(
        store.store, caller, held, number, status, amount=amount, today=DAY, now=NOW
    )


async def test_voucher_should_be_asked_for_given_used_and_returned() -> None:
    async with holding(*money_records()) as store:
        asked = await _ask(store)
        assert (asked.number, asked.status) == ("2026-001", "requested")
        assert (await _ask(store, to=ROTTERDAM)).number == "2026-002"
        given_ = await _move(store, "2026-001", "given", amount=Decimal(1500))
        assert given_.amount == Decimal(1500)
        await _move(store, "2026-001", "used")
        balance = balance_of((await _held(store)).record)
        assert [balance.asked, balance.used, balance.left] == [
            Decimal(2000),
            Decimal(1500),
            Decimal(3500),
        ]
        await _move(store, "2026-001", "returned")
        assert balance_of((await _held(store)).record).left == 5000
        with pytest.raises(RuleBroken, match="what may follow is nothing"):
            await _move(store, "2026-001", "given")
        with pytest.raises(NoSuchVoucher):
            await _move(store, "2026-009", "given")


async def test_budget_should_not_go_below_zero_when_many_are_given_at_once() -> None:
    async with holding(*money_records()) as store:
        for _ in range(5):
            await _ask(store)
        done = await asyncio.gather(
            *(_move(store, f"2026-00{number}", "given") for number in range(1, 6)),
            return_exceptions=True,
        )
        refused = [one for one in done if isinstance(one, BudgetSpent)]
        assert len(refused) == 3
        assert {one.short for one in refused} == {Decimal(1000)}
        held = await _held(store)
        assert balance_of(held.record).left == 1000
        with pytest.raises(BudgetSpent):
            await change_record(
                store.store,
                WRITER,
                SCHEME,
                VoucherScheme,
                lambda before: replace(before, budget=Money(Decimal(3999), "EUR")),
                now=NOW,
            )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"amount": Decimal(2501)}, "vouchers.amount"),
        ({"amount": Decimal(0)}, "vouchers.amount"),
        ({"today": date(2027, 1, 1)}, "vouchers.on"),
        ({"today": date(2025, 12, 31)}, "vouchers.on"),
        ({"mission": None}, "vouchers.mission"),
    ],
)
async def test_voucher_should_be_refused_when_a_condition_is_not_met(
    asked: dict[str, Any], field: str
) -> None:
    async with holding(*money_records()) as store:
        with pytest.raises(RuleBroken) as refused:
            await _ask(store, **asked)
        assert refused.value.field == field


@pytest.mark.parametrize("asked", [{"to": "the city"}, {"mission": "the visit"}])
async def test_voucher_should_be_refused_when_it_is_for_what_has_no_id(
    asked: dict[str, Any],
) -> None:
    async with holding(*money_records()) as store:
        with pytest.raises(InvalidRecord, match="must be an id"):
            await _ask(store, **asked)


async def test_voucher_should_be_refused_when_the_mission_goes_elsewhere() -> None:
    mission = money_records()[0]
    assert isinstance(mission, Mission)
    elsewhere = replace(mission, country=SPAIN)
    async with holding(elsewhere, a_scheme()) as store:
        with pytest.raises(MissionElsewhere, match="missions to"):
            await _ask(store)
        # The rule says the same of who writes the record itself.
        voucher = Voucher(
            number="1", to=UTRECHT, mission=MISSION, amount=Decimal(1), status="requested", on=DAY
        )
        with pytest.raises(RuleBroken, match="missions to"):
            await change_record(
                store.store,
                WRITER,
                SCHEME,
                VoucherScheme,
                lambda before: replace(before, vouchers=(voucher,)),
                now=NOW,
            )


async def test_vouchers_should_stay_who_they_are_for_when_a_scheme_is_rewritten() -> None:
    async with holding(*money_records()) as store:
        voucher = await _ask(store)
        other = replace(voucher, to=DELFT)
        double = (voucher, voucher)
        for vouchers, error in (((), RuleBroken), ((other,), RuleBroken), (double, InvalidRecord)):
            with pytest.raises(error):
                await change_record(
                    store.store,
                    WRITER,
                    SCHEME,
                    VoucherScheme,
                    lambda before, vouchers=vouchers: replace(before, vouchers=vouchers),  # type: ignore[misc]  # mypy cannot see a default's type
                    now=NOW,
                )


async def test_giving_should_be_the_givers_when_callers_speak_for_somebody() -> None:
    async with holding(*money_records()) as store:
        utrecht, giver = speaking_for(UTRECHT), speaking_for(NETHERLANDS)
        voucher = await _ask(store, utrecht)
        with pytest.raises(SpeaksForAnother):
            await _ask(store, utrecht, to=DELFT)
        with pytest.raises(SpeaksForAnother):
            await _move(store, voucher.number, "given", utrecht)
        await _move(store, voucher.number, "given", giver)
        with pytest.raises(SpeaksForAnother):
            await _move(store, voucher.number, "used", speaking_for(DELFT))
        with pytest.raises(SpeaksForAnother):
            await change_record(
                store.store,
                utrecht,
                SCHEME,
                VoucherScheme,
                lambda before: replace(before, closes=None),
                now=NOW,
            )
        assert (await _move(store, voucher.number, "used", utrecht)).status == "used"


async def test_schemes_should_stand_open_ones_first() -> None:
    later = a_scheme(id=f"{SCHEME}2", opens=date(2026, 7, 1), countries=())
    over = a_scheme(id=f"{SCHEME}3", closes=date(2026, 5, 1), countries=(SPAIN,))
    async with holding(*money_records(), later, over) as store:
        collective = await store.collective()
        states = [(one.held.record.id[-1:], one.state) for one in schemes(collective, DAY)]
        assert states == [("s", "open"), ("2", "not-open-yet"), ("3", "closed")]
        found = schemes(collective, DAY, country=KOREA)
        assert [one.held.record.id for one in found] == [SCHEME, f"{SCHEME}2"]
        spent = replace(a_scheme(budget=Money(Decimal(0), "EUR"), most=None), id=f"{SCHEME}4")
        await store.add(spent)
        held = (await store.collective()).get(spent.id, VoucherScheme)
        assert scheme_state(held, DAY).state == "spent"


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["2026-001", "2026-002", "2026-003"]), st.sampled_from(VOUCHER_STATUSES)
    ),
    max_size=12,
)


@settings(max_examples=8, deadline=None)
@given(steps=_STEPS)
def test_budget_should_hold_whatever_is_tried(steps: list[tuple[str, str]]) -> None:
    async def run() -> None:
        async with holding(*money_records()) as store:
            for _ in range(3):
                await _ask(store, amount=Decimal(2500))
            for number, status in steps:
                try:
                    await _move(store, number, status)
                except HanzeError:
                    continue
                finally:
                    assert balance_of((await _held(store)).record).left >= 0

    asyncio.run(run())
