"""What the forms of a mission's money do: ask for permission, approve, enter costs and rates, close."""

import re
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Final

from hanze.collaboration.collective import Held
from hanze.collaboration.funding.permissions import (
    add_cost,
    approve,
    ask_permission,
    close,
    enter_rate,
    remove_cost,
)
from hanze.collaboration.records.missions import (
    COST_PARTS,
    BudgetLine,
    Cost,
    DayRate,
    Mission,
    TravelPermission,
)
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import label_given, number_given
from hanze.web.portal.collective.refusals import amount_of
from hanze.web.portal.forms import Given

__all__ = ["ACTIONS", "FIELDS"]

_SHORT: Final = 200
_MOST_LINES: Final = 20
_MOST_PEOPLE: Final = 10_000
_CURRENCY: Final = re.compile("[A-Z]{3}")
#: A rate as people write it: 0.000635 or 0,000635.
_RATE: Final = re.compile(r"[0-9]{1,12}([.,][0-9]{1,12})?")
_DIGEST: Final = re.compile("[0-9a-f]{64}")


async def _ask(desk: Desk, mission: Held[Mission], given: Given) -> str:
    number = given.text("number")[:_SHORT]
    if not number:
        raise InvalidInput("A permission must have a number", field="number")
    made = await ask_permission(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        mission,
        number,
        budget=_budget(given, _currency(given)),
        currency=_currency(given),
        now=desk.visit.now,
    )
    return made.id


async def _approve(desk: Desk, mission: Held[Mission], given: Given) -> str:
    held = _permission(desk, mission, given)
    day = given.day("approved_on")
    if day is None:
        raise InvalidInput("An approval must have a day", field="approvedOn")
    made = await approve(
        desk.visit.site.node.store,
        desk.writer(),
        held,
        on=day,
        by=dict(held.record.approved_by) | label_given(desk, given, "approved_by"),
        budget=_budget(given, held.record.currency),
        now=desk.visit.now,
    )
    return made.id


async def _cost(desk: Desk, mission: Held[Mission], given: Given) -> str:
    held = _permission(desk, mission, given)
    currency, day = _currency(given), given.day("on")
    amount = amount_of(given.text("amount"), currency)
    if amount is None:
        raise InvalidInput("A cost must have an amount", field="amount")
    document = given.text("receipt_document").lower()
    if document and not _DIGEST.fullmatch(document):
        raise InvalidInput("It must be a SHA-256", field="receiptDocument", value=document)
    rate = None
    if given.text("cost_rate"):
        if day is None:
            raise InvalidInput("A rate is of a day", field="on")
        number, source = _rate(given, "cost_rate"), given.text("cost_source")[:_SHORT]
        rate = DayRate(currency=currency, rate=number, on=day, source=source)
    cost = Cost(
        part=_part(given, "part"),
        amount=amount.amount,
        currency=currency,
        on=day,
        description=label_given(desk, given, "description"),
        receipt=given.text("receipt")[:_SHORT] or None,
        receipt_document=document or None,
    )
    node, now = desk.visit.site.node, desk.visit.now
    return (await add_cost(node.store, desk.writer(), held, cost, rate=rate, now=now)).id


async def _uncost(desk: Desk, mission: Held[Mission], given: Given) -> str:
    held, node = _permission(desk, mission, given), desk.visit.site.node
    key, now = given.text("key"), desk.visit.now
    return (await remove_cost(node.store, desk.writer(), held, key, now=now)).id


async def _keep_rate(desk: Desk, mission: Held[Mission], given: Given) -> str:
    held, day = _permission(desk, mission, given), given.day("rate_on")
    if day is None:
        raise InvalidInput("A rate is of a day", field="rates.on")
    rate = DayRate(
        currency=_currency(given, "rate_currency"),
        rate=_rate(given, "rate"),
        on=day,
        source=given.text("rate_source")[:_SHORT],
    )
    node, now = desk.visit.site.node, desk.visit.now
    return (await enter_rate(node.store, desk.writer(), held, rate, now=now)).id


async def _close(desk: Desk, mission: Held[Mission], given: Given) -> str:
    held, node = _permission(desk, mission, given), desk.visit.site.node
    return (await close(node.store, desk.writer(), held, now=desk.visit.now)).id


_Action = Callable[[Desk, Held[Mission], Given], Awaitable[str]]
#: Name of a form → what it does; it gives the id of the permission that it was about.
ACTIONS: Final[Mapping[str, _Action]] = {
    "ask": _ask,
    "approve": _approve,
    "cost": _cost,
    "uncost": _uncost,
    "rate": _keep_rate,
    "close": _close,
}
_OF_BUDGET: Final = {"number": "number", "approvedOn": "approved_on", "budget": "amount-0"}
#: Name of a form → field of the record or of a service → field of the form.
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ask": _OF_BUDGET,
    "approve": _OF_BUDGET,
    "cost": {
        "amount": "amount",
        "on": "on",
        "rates": "cost_rate",
        "rates.rate": "cost_rate",
        "receiptDocument": "file",
        "currency": "currency",
    },
    "uncost": {},
    "rate": {"rates.on": "rate_on", "rates.rate": "rate", "currency": "rate_currency"},
    "close": {},
}


def _permission(desk: Desk, mission: Held[Mission], given: Given) -> Held[TravelPermission]:
    held = desk.collective.get(given.text("permission"), TravelPermission)
    if held.record.mission != mission.record.id:
        raise InvalidInput("It is a permission of another mission", field="permission")
    return held


def _budget(given: Given, currency: str) -> list[BudgetLine]:
    lines = []
    for place in range(_MOST_LINES):
        try:
            amount = amount_of(given.text(f"amount-{place}"), currency)
        except InvalidInput as error:
            raise InvalidInput(str(error), field="budget", value=error.value) from error
        if amount is None or not amount.amount:
            continue
        lines.append(
            BudgetLine(
                part=_part(given, f"part-{place}"),
                amount=amount.amount,
                people=number_given(given, f"people-{place}", least=0, most=_MOST_PEOPLE),
                number=given.text(f"number-{place}")[:_SHORT] or None,
            )
        )
    if not lines:
        raise InvalidInput("A budget must have an amount", field="budget")
    return lines


def _part(given: Given, name: str) -> str:
    part = given.text(name)
    if part not in COST_PARTS:
        raise InvalidInput("It must be a part of the costs", field="part", value=part)
    return part


def _currency(given: Given, name: str = "currency") -> str:
    currency = given.text(name).upper()
    if not _CURRENCY.fullmatch(currency):
        raise InvalidInput("A currency has three letters", field="currency", value=currency)
    return currency


def _rate(given: Given, name: str) -> Decimal:
    text = "".join(given.text(name).split())
    if not _RATE.fullmatch(text):
        raise InvalidInput("A rate must be a number above 0", field="rates.rate", value=text)
    return Decimal(text.replace(",", "."))
