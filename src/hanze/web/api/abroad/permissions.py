"""Permissions to travel: budgets, costs with the rates of their days, and what is over."""

from collections.abc import Sequence

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.funding.permissions import (
    add_cost,
    approve,
    ask_permission,
    close,
    enter_rate,
    key_of_cost,
    remove_cost,
)
from hanze.collaboration.funding.settlement import Settlement, cost_of, settle
from hanze.collaboration.records.missions import (
    BudgetLine,
    Cost,
    DayRate,
    Mission,
    TravelPermission,
)
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.web.api.abroad.permission_shapes import (
    AskedApproval,
    AskedBudget,
    AskedCost,
    AskedPermission,
    AskedRate,
    ChoiceOfPermissions,
    CostOfPermission,
    OnePermission,
    Permissions,
    PermissionTotals,
    TotalOfPart,
)
from hanze.web.api.collective.funnel import told
from hanze.web.api.collective.league_records import (
    Freshness,
    freshness_of,
    home_of_record,
)
from hanze.web.api.collective.records import named
from hanze.web.api.frame import ApiRoute, Ask, Handler, Taken

__all__ = ["ROUTES"]


async def list_permissions(ask: Ask) -> Permissions:
    """List permissions to travel with their totals, and by how much they are over."""
    choice = ask.parameters(ChoiceOfPermissions)
    collective = await ask.node.collective.refresh(ask.now)
    fresh = freshness_of(collective, ask.now)
    found = [
        (held, settle(held.record))
        for held in collective.of(TravelPermission)
        if choice.mission in (None, held.record.mission)
        and choice.city in (None, held.city)
        and choice.status in (None, held.record.status)
    ]
    ordered = sorted(found, key=lambda one: (one[0].record.mission, one[0].record.number))
    return Permissions(
        permissions=[
            _totals(held, settlement, collective, fresh)
            for held, settlement in ordered
            if choice.over in (None, bool(settlement.parts_over))
        ],
        freshness=fresh,
    )


async def show_permission(ask: Ask) -> OnePermission:
    """Show a permission: budget and costs by part, and by how much it is over."""
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), TravelPermission)
    return _whole(held, collective, ask)


async def make_permission(ask: Ask) -> PermissionTotals:
    """Ask for permission to make a mission."""
    asked = await ask.body(AskedPermission)
    collective = await ask.node.collective.refresh(ask.now)
    made = await ask_permission(
        ask.node.store,
        ask.caller,
        collective,
        collective.get(asked.mission, Mission),
        asked.number,
        budget=_lines(asked.budget),
        currency=asked.currency,
        now=ask.now,
    )
    return await _after(ask, made)


async def approve_permission(ask: Ask) -> PermissionTotals:
    """Record that a permission was given; again on a later day where its budget changes."""
    asked = await ask.body(AskedApproval)
    held = await _held(ask)
    budget = None if asked.budget is None else _lines(asked.budget)
    made = await approve(
        ask.node.store, ask.caller, held, on=asked.on, by=asked.by, budget=budget, now=ask.now
    )
    return await _after(ask, made)


async def put_rate(ask: Ask) -> PermissionTotals:
    """Keep the rate of a day; one of the same currency and day is put right."""
    asked = await ask.body(AskedRate)
    rate = DayRate(currency=asked.currency, rate=asked.rate, on=asked.on, source=asked.source)
    made = await enter_rate(ask.node.store, ask.caller, await _held(ask), rate, now=ask.now)
    return await _after(ask, made)


async def post_cost(ask: Ask) -> PermissionTotals:
    """Add what was spent."""
    asked = await ask.body(AskedCost)
    cost = Cost(
        part=asked.part,
        amount=asked.amount,
        currency=asked.currency,
        on=asked.on,
        description=asked.description,
        receipt=asked.receipt,
        receipt_document=asked.receipt_document,
    )
    made = await add_cost(
        ask.node.store, ask.caller, await _held(ask), cost, rate=_rate(asked), now=ask.now
    )
    return await _after(ask, made)


async def delete_cost(ask: Ask) -> PermissionTotals:
    """Take a cost out that was entered by mistake."""
    made = await remove_cost(
        ask.node.store, ask.caller, await _held(ask), ask.path("key"), now=ask.now
    )
    return await _after(ask, made)


async def close_permission(ask: Ask) -> PermissionTotals:
    """Close the accounts: nothing of them changes any more."""
    made = await close(ask.node.store, ask.caller, await _held(ask), now=ask.now)
    return await _after(ask, made)


async def _held(ask: Ask) -> Held[TravelPermission]:
    collective = await ask.node.collective.refresh(ask.now)
    return collective.get(ask.path("id"), TravelPermission)


async def _after(ask: Ask, permission: TravelPermission) -> PermissionTotals:
    collective = await ask.node.collective.refresh(ask.node.clock())
    held = collective.get(permission.id, TravelPermission)
    return _totals(held, settle(held.record), collective, freshness_of(collective, ask.now))


def _lines(asked: Sequence[AskedBudget]) -> list[BudgetLine]:
    return [
        BudgetLine(part=one.part, amount=one.amount, people=one.people, number=one.number)
        for one in asked
    ]


def _rate(asked: AskedCost) -> DayRate | None:
    if asked.rate is None:
        return None
    if asked.on is None:
        raise InvalidInput("A rate is of a day: the cost must tell its own", field="on")
    return DayRate(currency=asked.currency, rate=asked.rate, on=asked.on, source=asked.rate_source)


def _totals(
    held: Held[TravelPermission],
    settlement: Settlement,
    collective: Collective,
    fresh: Sequence[Freshness],
) -> PermissionTotals:
    permission = held.record
    return PermissionTotals(
        id=permission.id,
        title=permission.title,
        number=permission.number,
        status=permission.status,
        mission=named(permission.mission, collective),
        currency=settlement.currency,
        parts=[
            TotalOfPart(
                part=one.part,
                people=one.people,
                budget=one.budget,
                spent=one.spent,
                over=one.over,
                is_over=one.is_over,
                numbers=one.numbers,
            )
            for one in settlement.parts
        ],
        budget=settlement.budget,
        spent=settlement.spent,
        over=settlement.over,
        is_over=settlement.is_over,
        parts_over=[one.part for one in settlement.parts_over],
        unconverted=len(settlement.unconverted),
        approved_on=permission.approved_on,
        approved_by=permission.approved_by,
        first_cost=settlement.days[0] if settlement.days else None,
        last_cost=settlement.days[1] if settlement.days else None,
        record=told(held, collective),
        home=home_of_record(held.home, fresh),
    )


def _whole(held: Held[TravelPermission], collective: Collective, ask: Ask) -> OnePermission:
    permission = held.record
    fresh = freshness_of(collective, ask.now)
    totals = _totals(held, settle(permission), collective, fresh)
    return OnePermission(
        **{name: getattr(totals, name) for name in totals.__struct_fields__},
        rates=permission.rates,
        costs=_costs(permission) if _may_see_costs(ask.caller) else None,
        freshness=fresh,
    )


def _costs(permission: TravelPermission) -> list[CostOfPermission]:
    return [
        CostOfPermission(
            key=key_of_cost(cost),
            part=cost.part,
            amount=cost.amount,
            currency=cost.currency,
            worth=cost_of(cost, permission),
            on=cost.on,
            description=cost.description,
            receipt=cost.receipt,
            receipt_document=cost.receipt_document,
        )
        for cost in permission.costs
    ]


def _may_see_costs(caller: Caller) -> bool:
    return not caller.roles.isdisjoint(("writer", "auditor"))


def _write(
    path: str, handler: Handler, body: type[Taken] | None, *, method: str = "POST"
) -> ApiRoute:
    return ApiRoute(
        method, "/permissions/{id:path}" + path, handler, PermissionTotals, body=body, writes=True
    )


ROUTES = (
    ApiRoute("GET", "/permissions", list_permissions, Permissions, ChoiceOfPermissions),
    ApiRoute("GET", "/permissions/{id:path}", show_permission, OnePermission),
    ApiRoute(
        "POST",
        "/permissions",
        make_permission,
        PermissionTotals,
        body=AskedPermission,
        writes=True,
        status=201,
    ),
    _write("/approval", approve_permission, AskedApproval),
    _write("/rates", put_rate, AskedRate),
    _write("/costs", post_cost, AskedCost),
    _write("/costs/{key}", delete_cost, None, method="DELETE"),
    _write("/closing", close_permission, None),
)
