"""What ministries set aside for smart cities: totals of a year in one currency."""

from dataclasses import dataclass

from starlette.responses import Response

from hanze.collaboration.leadership import BudgetPart, budget_totals
from hanze.collaboration.records.places import Country
from hanze.collaboration.records.record import Money
from hanze.web.portal.collective.desk import Card, Desk

__all__ = ["show"]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one ministry sets aside."""

    card: Card
    amount: str
    share: float
    purpose: str
    source: str


async def show(desk: Desk) -> Response:
    """Total the budgets; filtered by country."""
    country = desk.asked("country")
    totals = [
        (
            one.year,
            desk.money(Money(one.amount, one.currency)),
            one.currency,
            [
                _part(
                    desk, part, one.currency, float(part.amount / one.amount) if one.amount else 0
                )
                for part in one.parts
            ],
        )
        for one in budget_totals(desk.collective, country or None)
    ]
    return desk.page(
        "budgets.html",
        menu="budgets",
        totals=totals,
        country=country,
        countries=[
            (held.record.id, desk.title(held.record).text) for held in desk.collective.of(Country)
        ],
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=Organization&language={desk.lang}"),
            ("JSON", "/api/v1/leadership/budgets" + (f"?country={country}" if country else "")),
        ],
    )


def _part(desk: Desk, part: BudgetPart, currency: str, share: float) -> _Part:
    return _Part(
        card=desk.card(part.ministry),
        amount=desk.money(Money(part.amount, currency)),
        share=share,
        purpose=part.purpose,
        source=part.source,
    )
