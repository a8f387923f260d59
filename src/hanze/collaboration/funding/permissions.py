"""Permissions to travel at work: asked for, approved, costs and rates entered, closed."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import date

import msgspec
from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    DayRate,
    Mission,
    TravelPermission,
)
from hanze.collaboration.records.record import LANGUAGES, Label, text_of
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import NotFound
from hanze.identity.caller import Caller

__all__ = [
    "NoSuchCost",
    "add_cost",
    "approve",
    "ask_permission",
    "close",
    "enter_rate",
    "key_of_cost",
    "permissions_of",
    "remove_cost",
]

_TITLES: Label = {
    "nl": "Reistoestemming: {title}",
    "en": "Permission to travel: {title}",
    "ko": "출장 허가: {title}",
}


class NoSuchCost(NotFound):
    """A permission has no such cost."""

    def __init__(self, permission: str, key: str) -> None:
        super().__init__(f"{permission} has no cost {key[:40]}")
        self.field = "cost"
        self.value = key[:100]


def permissions_of(collective: Collective, mission_id: str) -> tuple[Held[TravelPermission], ...]:
    """Find the permissions of a mission, by number."""
    found = {
        reference.source
        for reference in collective.referring(mission_id)
        if reference.field == "mission"
    }
    held = [collective.find(name) for name in sorted(found)]
    permissions = [
        collective.get(one.record.id, TravelPermission)
        for one in held
        if one is not None and isinstance(one.record, TravelPermission)
    ]
    return tuple(sorted(permissions, key=lambda one: (one.record.number, one.record.id)))


def key_of_cost(cost: Cost) -> str:
    """Name a cost by what it says; the same cost twice has the same key, and either may go."""
    return hashlib.sha256(msgspec.json.encode(cost, order="sorted")).hexdigest()[:12]


async def ask_permission(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission: Held[Mission],
    number: str,
    *,
    budget: Sequence[BudgetLine],
    currency: str = "EUR",
    now: str,
) -> TravelPermission:
    """Ask for permission to make a mission; the record is of who organises it, and kept with it.

    Raises:
        EntityAlreadyExists: The mission has one of this number: its costs would count twice.
        RecordElsewhere: The mission is kept by another node.
    """
    record = mission.record
    for held in permissions_of(collective, record.id):
        if held.record.number == number:
            raise EntityAlreadyExists(held.record.id)
    permission = TravelPermission(
        id=f"urn:ngsi-ld:TravelPermission:{_key(record.organiser)}:{secrets.token_hex(8)}",
        title={
            language: _TITLES[language].format(title=text_of(record.title, language))
            for language in LANGUAGES
        },
        source_city=record.source_city,
        source_date=date.fromisoformat(now[:10]),
        provenance="entered",
        simulated=record.simulated,
        mission=record.id,
        number=number,
        currency=currency,
        budget=tuple(budget),
    )
    return await create_record(store, caller.in_tenant(mission.tenant), permission, now=now)


async def approve(
    store: Store,
    caller: Caller,
    permission: Held[TravelPermission],
    *,
    on: date,
    by: Label,
    budget: Sequence[BudgetLine] | None = None,
    now: str,
) -> TravelPermission:
    """Record that a permission was given; again, on a later day, where its budget changes.

    Args:
        on: The day.
        by: Which office, by language.
        budget: That was approved, where it is another than what was asked for.

    Raises:
        RuleBroken: The budget changes without a later day, or it is closed.
    """

    def change(before: TravelPermission) -> TravelPermission:
        status = "approved" if before.status == "requested" else before.status
        lines = before.budget if budget is None else tuple(budget)
        return replace(before, status=status, approved_on=on, approved_by=by, budget=lines)

    return await _changed(store, caller, permission, change, now=now)


async def add_cost(
    store: Store,
    caller: Caller,
    permission: Held[TravelPermission],
    cost: Cost,
    *,
    rate: DayRate | None = None,
    now: str,
) -> TravelPermission:
    """Add what was spent, with the rate of its day where that is not there yet.

    Raises:
        NoRate: It is in another currency, of which there is no rate of that day.
        RuleBroken: The permission is closed.
    """

    def change(before: TravelPermission) -> TravelPermission:
        rates = before.rates if rate is None else _with_rate(before.rates, rate)
        return replace(before, costs=(*before.costs, cost), rates=rates)

    return await _changed(store, caller, permission, change, now=now)


async def remove_cost(
    store: Store, caller: Caller, permission: Held[TravelPermission], key: str, *, now: str
) -> TravelPermission:
    """Take a cost out that was entered by mistake.

    Args:
        key: Of the cost (`key_of_cost`).

    Raises:
        NoSuchCost: There is none.
        RuleBroken: The permission is closed.
    """

    def change(before: TravelPermission) -> TravelPermission:
        keys = [key_of_cost(cost) for cost in before.costs]
        if key not in keys:
            raise NoSuchCost(before.id, key)
        place = keys.index(key)
        return replace(before, costs=(*before.costs[:place], *before.costs[place + 1 :]))

    return await _changed(store, caller, permission, change, now=now)


async def enter_rate(
    store: Store, caller: Caller, permission: Held[TravelPermission], rate: DayRate, *, now: str
) -> TravelPermission:
    """Keep the rate of a day; one of the same currency and day is put right.

    Raises:
        InvalidRecord: It is of the permission's own currency.
        RuleBroken: The permission is closed.
    """
    return await _changed(
        store,
        caller,
        permission,
        lambda before: replace(before, rates=_with_rate(before.rates, rate)),
        now=now,
    )


async def close(
    store: Store, caller: Caller, permission: Held[TravelPermission], *, now: str
) -> TravelPermission:
    """Close the accounts: nothing of them changes any more.

    Raises:
        RuleBroken: It is not approved.
    """
    return await _changed(
        store, caller, permission, lambda before: replace(before, status="closed"), now=now
    )


def _with_rate(rates: Sequence[DayRate], rate: DayRate) -> tuple[DayRate, ...]:
    others = [one for one in rates if (one.currency, one.on) != (rate.currency, rate.on)]
    return tuple(sorted((*others, rate), key=lambda one: (one.on, one.currency)))


async def _changed(
    store: Store,
    caller: Caller,
    permission: Held[TravelPermission],
    change: Callable[[TravelPermission], TravelPermission],
    *,
    now: str,
) -> TravelPermission:
    return await change_record(
        store,
        caller.in_tenant(permission.tenant),
        permission.record.id,
        TravelPermission,
        change,
        now=now,
    )


def _key(organiser: str) -> str:
    return organiser.rpartition(":")[2]
