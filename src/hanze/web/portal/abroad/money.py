"""What a mission costs: budget and costs by part for everybody, single costs for who keeps accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel.numbers import format_currency
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.documents import is_kept
from hanze.collaboration.funding.permissions import key_of_cost, permissions_of
from hanze.collaboration.funding.settlement import PartTotal, Settlement, cost_of, settle
from hanze.collaboration.records.missions import (
    COST_PARTS,
    BudgetLine,
    Mission,
    TravelPermission,
)
from hanze.collaboration.records.record import Money
from hanze.web.portal.abroad.money_forms import ACTIONS, FIELDS
from hanze.web.portal.collective.choosing import CURRENCIES, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, KeptBy
from hanze.web.portal.collective.files import Cell, csv_file
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "show_again", "take"]

_LONGEST: Final = 4_000
_TONES: Final = {"requested": "waiting", "approved": "going", "closed": "good"}
_COLUMNS: Final = (
    *("mission", "permission", "number", "status", "part", "people", "currency", "budget"),
    *("spent", "over", "unconverted"),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A row of the table: what is over, or what was left."""

    label: str
    people: str
    numbers: tuple[str, ...]
    budget: str
    spent: str
    over: str
    left: str


@dataclass(frozen=True, slots=True)
class _Cost:
    """What was spent.

    Attributes:
        worth: In the currency of the permission, where it was paid in another; "" else.
        lacks_rate: Whether there is no rate of its day.
        document: Address of the receipt; "" where there is none.
    """

    key: str
    part: str
    amount: str
    worth: str
    lacks_rate: bool
    day: str
    description: Said
    receipt: str
    document: str


@dataclass(frozen=True, slots=True)
class _Permission:
    """A permission on the page.

    Attributes:
        chosen: Whether the page's forms are about it.
        home: The node that keeps it, where that is another.
    """

    card: Card
    record: TravelPermission
    settlement: Settlement
    badge: Badge
    parts: tuple[_Part, ...]
    total: _Part
    parts_over: tuple[str, ...]
    by: Said
    approved: str
    rates: tuple[tuple[str, str, str, str], ...]
    costs: tuple[_Cost, ...]
    lines: tuple[tuple[str, str, str, str, str], ...]
    chosen: bool
    href: str
    home: KeptBy | None


async def show(desk: Desk) -> Response:
    """Show what a mission costs; `format=csv` is the totals as a file."""
    mission = _mission(desk)
    if desk.asked("format") == "csv":
        held = permissions_of(desk.collective, mission.record.id)
        return csv_file("mission-money", _COLUMNS, _cells(held))
    return _page(desk, mission, {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    mission = _mission(desk)
    name = given.text("do")
    action = ACTIONS.get(name)
    if action is None:
        return _page(desk, mission, {}, {"": desk.code("refusal", "action")})
    try:
        chosen = await action(desk, mission, given)
    except REFUSALS as error:
        filled = {key: given.text(key)[:_LONGEST] for key in given.values}
        return _page(desk, mission, filled, refusal(desk, error, "TravelPermission", FIELDS[name]))
    at = desk.at(path_of("missions", mission.record.id, "/money"), permission=chosen, done=name)
    return RedirectResponse(f"{at}#permission", 303)


def show_again(desk: Desk, given: Given, errors: Mapping[str, str]) -> Response:
    """Show a form that was refused, as it was filled in."""
    return _page(desk, _mission(desk), _filled(given), errors)


def _filled(given: Given) -> dict[str, str]:
    return {key: given.text(key)[:_LONGEST] for key in given.values}


def _mission(desk: Desk) -> Held[Mission]:
    return desk.collective.get(str(desk.visit.request.path_params["id"]), Mission)


def _page(
    desk: Desk, mission: Held[Mission], filled: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    held = permissions_of(desk.collective, mission.record.id)
    wanted = filled.get("permission") or desk.asked("permission")
    chosen = next((one for one in held if one.record.id == wanted), held[0] if held else None)
    permissions = [_permission(desk, one, chosen=one is chosen) for one in held]
    mission_path = path_of("missions", mission.record.id)
    may_keep = desk.may_write and mission.home is None
    asking = desk.asked("new") == "yes" or filled.get("do") == "ask" or not permissions
    return desk.page(
        "mission_money.html",
        menu="mission-calendar",
        status=422 if errors else 200,
        card=desk.card(mission),
        mission_href=desk.at(mission_path),
        path=desk.at(f"{mission_path}/money"),
        permissions=permissions,
        parts=desk.options("part", COST_PARTS),
        new_lines=_lines(desk, ()),
        may_keep=may_keep,
        asking=asking and may_keep,
        currencies=_currencies(chosen),
        opened=filled.get("do", ""),
        done=desk.asked("done") if desk.asked("done") in ACTIONS else "",
        filled=Filled(filled),
        errors=Filled(errors),
        downloads=[
            ("CSV", desk.at(f"{mission_path}/money", format="csv")),
            ("JSON", f"/api/v1/permissions?mission={mission.record.id}"),
        ],
    )


def _permission(desk: Desk, held: Held[TravelPermission], *, chosen: bool) -> _Permission:
    record, found = held.record, settle(held.record)
    currency = found.currency
    total = PartTotal("", None, found.budget, found.spent, found.over)
    return _Permission(
        card=desk.card(held),
        record=record,
        settlement=found,
        badge=Badge(desk.code("status", record.status), _TONES.get(record.status, "waiting")),
        parts=tuple(_part(desk, one, currency) for one in found.parts),
        total=_part(desk, total, currency),
        parts_over=tuple(desk.code("part", one.part) for one in found.parts_over),
        by=desk.text(record.approved_by),
        approved=desk.day(record.approved_on) if record.approved_on is not None else "",
        rates=tuple(
            (one.currency, desk.day(one.on), _plain(one.rate), one.source) for one in record.rates
        ),
        costs=tuple(_costs(desk, record)) if desk.may_write else (),
        lines=_lines(desk, record.budget),
        chosen=chosen,
        href=desk.at(path_of("missions", record.mission, "/money"), permission=record.id),
        home=desk.home(held),
    )


def _part(desk: Desk, one: PartTotal, currency: str) -> _Part:
    def money(amount: Decimal) -> str:
        return _exactly(desk, Money(amount, currency))

    return _Part(
        label=desk.code("part", one.part) if one.part else "",
        people=desk.number(one.people) if one.people is not None else "",
        numbers=one.numbers,
        budget=money(one.budget),
        spent=money(one.spent),
        over=money(one.over) if one.over > 0 else "",
        left=money(-one.over) if one.over <= 0 else "",
    )


def _costs(desk: Desk, permission: TravelPermission) -> Iterator[_Cost]:
    for cost in permission.costs:
        worth = cost_of(cost, permission)
        foreign = cost.currency != permission.currency
        yield _Cost(
            key=key_of_cost(cost),
            part=desk.code("part", cost.part),
            amount=_exactly(desk, Money(cost.amount, cost.currency)),
            worth=_exactly(desk, Money(worth, permission.currency)) if foreign and worth else "",
            lacks_rate=worth is None,
            day=desk.day(cost.on) if cost.on is not None else "",
            description=desk.text(cost.description),
            receipt=cost.receipt or "",
            document=_file(desk, cost.receipt_document),
        )


def _file(desk: Desk, digest: str | None) -> str:
    """Say where a receipt is to be had; "" where this node does not keep it."""
    if digest is None or not is_kept(desk.visit.site.node.store.registers, digest):
        return ""
    return desk.at(f"/documents/{digest}")


def _lines(desk: Desk, budget: Sequence[BudgetLine]) -> tuple[tuple[str, str, str, str, str], ...]:
    """Offer the lines of a budget to be filled in, and one for each part that has none."""
    there = {line.part for line in budget}
    empty = [BudgetLine(part=part, amount=Decimal(0)) for part in COST_PARTS if part not in there]
    return tuple(
        (
            line.part,
            desk.code("part", line.part),
            _plain(line.amount) if line.amount else "",
            str(line.people) if line.people is not None else "",
            line.number or "",
        )
        for line in (*budget, *empty)
    )


def _currencies(chosen: Held[TravelPermission] | None) -> list[tuple[str, str]]:
    """Offer the currency of the permission first."""
    own = chosen.record.currency if chosen is not None else CURRENCIES[0]
    return [(one, one) for one in dict.fromkeys((own, *CURRENCIES))]


def _exactly(desk: Desk, money: Money) -> str:
    """Write an amount with its cents, also where there are none: they stand below each other."""
    return str(format_currency(money.amount, money.currency, locale=desk.language.locale))


def _plain(number: Decimal) -> str:
    """Write a number as forms take it, without an exponent."""
    return f"{number:f}"


def _cells(held: Sequence[Held[TravelPermission]]) -> Iterator[Sequence[Cell]]:
    for one in held:
        record, found = one.record, settle(one.record)
        total = PartTotal("total", None, found.budget, found.spent, found.over)
        for part in (*found.parts, total):
            yield (
                record.mission,
                record.id,
                " ".join((record.number, *part.numbers)),
                record.status,
                part.part,
                part.people,
                found.currency,
                part.budget,
                part.spent,
                part.over,
                len(found.unconverted),
            )
