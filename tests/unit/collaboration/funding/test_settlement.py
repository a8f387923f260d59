"""Costs against a budget: per part, in one currency, with the rate of each day."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.collaboration.funding.settlement import cost_of, rate_of, settle, smallest
from hanze.collaboration.records.missions import (
    COST_PARTS,
    BudgetLine,
    Cost,
    DayRate,
    TravelPermission,
)
from tests.fairs_world import a_permission

DAY = date(2025, 3, 6)


def _won(amount: str, on: date | None = DAY) -> Cost:
    return Cost(part="staff", amount=Decimal(amount), currency="KRW", on=on)


def _brabant() -> TravelPermission:
    """What the province published of March 2025."""
    return a_permission(
        costs=(
            Cost(part="officials", amount=Decimal("8330.00"), currency="EUR"),
            Cost(part="staff", amount=Decimal("9486.54"), currency="EUR"),
        ),
        rates=(),
    )


def test_settle_should_say_what_was_left_when_brabant_visited_gyeonggi() -> None:
    found = settle(_brabant())
    assert [(one.part, one.people, one.over) for one in found.parts] == [
        ("officials", 1, Decimal("-433.00")),
        ("staff", 2, Decimal("-857.46")),
    ]
    assert (found.budget, found.spent, found.over) == (
        Decimal(19107),
        Decimal("17816.54"),
        Decimal("-1290.46"),
    )
    assert (found.currency, found.number) == ("EUR", "C2350630/6066843")
    assert not found.is_over
    assert found.days is None


def test_settle_should_flag_a_part_when_the_others_make_up_for_it() -> None:
    over = Cost(part="officials", amount=Decimal("500.01"), currency="EUR", on=DAY)
    permission = _brabant()
    found = settle(replace(permission, costs=(*permission.costs, over)))
    assert not found.is_over
    (part,) = found.parts_over
    assert (part.part, part.over) == ("officials", Decimal("67.01"))
    assert found.days == (DAY, DAY)


def test_settle_should_have_a_part_when_it_was_spent_without_a_budget() -> None:
    gift = Cost(part="other", amount=Decimal(2000), currency="EUR")
    permission = _brabant()
    found = settle(replace(permission, costs=(*permission.costs, gift)))
    assert (found.parts[-1].part, found.parts[-1].budget, found.parts[-1].people) == (
        "other",
        Decimal(0),
        None,
    )
    assert found.is_over
    assert found.over == Decimal("709.54")


def test_cost_should_be_worth_what_the_rate_of_its_own_day_says() -> None:
    permission = a_permission()
    assert cost_of(permission.costs[2], permission) == Decimal("62.23")
    assert cost_of(_won("98000", date(2025, 3, 7)), permission) is None
    assert cost_of(_won("98000", None), permission) is None
    assert rate_of(_won("1"), permission.rates) == permission.rates[0]


def test_cost_should_be_whole_when_its_currency_has_no_cents() -> None:
    permission = a_permission(
        currency="KRW", rates=(DayRate(currency="EUR", rate=Decimal("1574.80"), on=DAY),)
    )
    cost = Cost(part="staff", amount=Decimal("12.50"), currency="EUR", on=DAY)
    assert cost_of(cost, permission) == Decimal(19685)
    assert [smallest(one) for one in ("EUR", "KRW", "TND")] == [
        Decimal("0.01"),
        Decimal(1),
        Decimal("0.001"),
    ]


def test_settle_should_name_costs_when_there_is_no_rate_of_their_day() -> None:
    permission = replace(_brabant(), costs=(*_brabant().costs, _won("98000")))
    found = settle(permission)
    assert found.unconverted == (2,)
    assert found.spent == Decimal("17816.54")


def test_settle_should_leave_out_what_no_rule_would_let_pass_when_another_node_tells_it() -> None:
    absurd = [Decimal("1E+300"), Decimal(-5)]
    costs = tuple(replace(_won("1"), amount=one) for one in absurd)
    own = tuple(replace(one, currency="EUR") for one in costs)
    budget = tuple(BudgetLine(part="staff", amount=one) for one in absurd)
    permission = a_permission(costs=(*costs, *own), budget=budget)
    found = settle(permission)
    assert found.unconverted == (0, 1, 2, 3)
    assert found.spent == found.budget == Decimal(0)
    rates = (DayRate(currency="KRW", rate=Decimal("1E+300"), on=DAY),)
    assert settle(a_permission(costs=(_won("1"),), rates=rates)).unconverted == (0,)


_AMOUNTS = st.decimals(min_value=0, max_value=2**53 - 1, places=2)
_RATES = st.decimals(min_value="0.000001", max_value=2**53 - 1, places=6)
_COSTS = st.builds(
    Cost,
    part=st.sampled_from(COST_PARTS),
    amount=_AMOUNTS,
    currency=st.sampled_from(["EUR", "KRW", "USD"]),
    on=st.sampled_from([None, DAY]),
)


@settings(max_examples=60)
@given(
    costs=st.lists(_COSTS, max_size=6),
    rate=_RATES,
    budget=st.lists(
        st.builds(BudgetLine, part=st.sampled_from(COST_PARTS), amount=_AMOUNTS), max_size=4
    ),
)
def test_settle_should_add_up_whatever_is_spent(
    costs: list[Cost], rate: Decimal, budget: list[BudgetLine]
) -> None:
    rates = (DayRate(currency="KRW", rate=rate, on=DAY),)
    permission = a_permission(costs=tuple(costs), rates=rates, budget=tuple(budget))
    found = settle(permission)
    assert found.over == found.spent - found.budget
    assert found.is_over == (found.over > 0)
    assert sum(one.spent for one in found.parts) == found.spent
    assert sum(one.budget for one in found.parts) == found.budget
    for place, cost in enumerate(costs):
        lacks = cost.currency == "USD" or (cost.currency == "KRW" and cost.on is None)
        assert (place in found.unconverted) == lacks
