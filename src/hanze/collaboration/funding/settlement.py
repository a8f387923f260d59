"""What a mission cost against what it might: costs in the currency of the leave to travel.

Amounts in different currencies are never added up: each cost is first worth what the rate of its
own day says, and a cost without such a rate counts for nothing and is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from hanze.collaboration.records.missions import (
    COST_PARTS,
    BudgetLine,
    Cost,
    DayRate,
    TravelPermission,
)
from hanze.collaboration.records.record import LARGEST

__all__ = ["PartTotal", "Settlement", "cost_of", "rate_of", "settle", "smallest"]

_NOTHING: Final = Decimal(0)
_CENT: Final = Decimal("0.01")
#: The largest amount by the largest rate has 32 digits before the point.
_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_UP)
#: Digits behind the point of currencies that have others than two (ISO 4217).
_DIGITS: Final = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0
    ),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


@dataclass(frozen=True, slots=True)
class PartTotal:
    """What a part of the costs came to.

    Attributes:
        part: One of `COST_PARTS`.
        people: For how many; `None` where no line of the budget says.
        budget: What might be spent.
        spent: What was.
        over: More than the budget; negative is what was left.
        numbers: File numbers of the part's own.
    """

    part: str
    people: int | None
    budget: Decimal
    spent: Decimal
    over: Decimal
    numbers: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.over > 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What all of it came to, in one currency.

    Attributes:
        currency: ISO 4217, of all amounts.
        parts: Those with a budget or costs, in the order of `COST_PARTS`.
        budget: Of all parts.
        spent: Of all parts; at least so much where costs are `unconverted`.
        over: More than the budget; negative is what was left.
        is_over: Whether all of it together went over.
        unconverted: Places (from 0) of the costs for whose day there is no rate (`cost_of`): in no
            sum.
        number: File numbers of the permission.
        days: First and last day of the costs; `None` where no cost has a day.
    """

    currency: str
    parts: tuple[PartTotal, ...]
    budget: Decimal
    spent: Decimal
    over: Decimal
    is_over: bool
    unconverted: tuple[int, ...]
    number: str
    days: tuple[date, date] | None

    @property
    def parts_over(self) -> tuple[PartTotal, ...]:
        """The parts that went over their own budget, also where all together did not."""
        return tuple(part for part in self.parts if part.is_over)


def settle(permission: TravelPermission) -> Settlement:
    """Add up the costs of a permission beside its budget."""
    worth = [cost_of(cost, permission) for cost in permission.costs]
    named = {line.part for line in permission.budget} | {cost.part for cost in permission.costs}
    parts = tuple(_total(part, permission, worth) for part in COST_PARTS if part in named)
    budget = sum((part.budget for part in parts), _NOTHING)
    spent = sum((part.spent for part in parts), _NOTHING)
    days = sorted(cost.on for cost in permission.costs if cost.on is not None)
    return Settlement(
        currency=permission.currency,
        parts=parts,
        budget=budget,
        spent=spent,
        over=spent - budget,
        is_over=spent > budget,
        unconverted=tuple(place for place, amount in enumerate(worth) if amount is None),
        number=permission.number,
        days=(days[0], days[-1]) if days else None,
    )


def cost_of(cost: Cost, permission: TravelPermission) -> Decimal | None:
    """Say what a cost is worth in the currency of its permission.

    Rounded to the smallest coin, half of it upwards, as a bank does with each receipt.

    Returns:
        `None` where it is in another currency and there is no rate of its day, and where another
        node tells an amount that no rule would have let pass.
    """
    if not _is_sound(cost.amount):
        return None
    if cost.currency == permission.currency:
        return cost.amount
    rate = rate_of(cost, permission.rates)
    if rate is None or not _is_sound(rate.rate):
        return None
    worth = _EXACT.multiply(cost.amount, rate.rate)
    return _EXACT.quantize(worth, smallest(permission.currency))


def rate_of(cost: Cost, rates: Sequence[DayRate]) -> DayRate | None:
    """Find the rate of a cost's currency on the day of the cost; `None` where there is none."""
    if cost.on is None:
        return None
    return next((one for one in rates if (one.currency, one.on) == (cost.currency, cost.on)), None)


def smallest(currency: str) -> Decimal:
    """Say what the smallest amount of a currency is: 0.01 euro, 1 won."""
    return Decimal(1).scaleb(-_DIGITS[currency]) if currency in _DIGITS else _CENT


def _is_sound(amount: Decimal) -> bool:
    """Rules see to what is written here; a replica is what another node told."""
    return 0 <= amount <= LARGEST


def _total(part: str, permission: TravelPermission, worth: Sequence[Decimal | None]) -> PartTotal:
    budget_lines = (line for line in permission.budget if line.part == part)
    lines: list[BudgetLine] = [line for line in budget_lines if _is_sound(line.amount)]
    people = [line.people for line in lines if line.people is not None]
    budget = sum((line.amount for line in lines), _NOTHING)
    amounts = zip(permission.costs, worth, strict=True)
    spent = sum(
        (amount for cost, amount in amounts if cost.part == part and amount is not None), _NOTHING
    )
    return PartTotal(
        part=part,
        people=sum(people) if people else None,
        budget=budget,
        spent=spent,
        over=spent - budget,
        numbers=tuple(line.number for line in lines if line.number is not None),
    )
