"""Vouchers: who gives them, under which conditions, what is left, and asking for one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.funding.vouchers import (
    SchemeState,
    ask_voucher,
    move_voucher,
    scheme_state,
    schemes,
)
from hanze.collaboration.records.missions import Mission, Voucher, VoucherScheme
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.record import Money
from hanze.errors import InvalidInput
from hanze.web.portal.collective.choosing import countries, named, path_of
from hanze.web.portal.collective.desk import Badge, Card, Desk, KeptBy, Link
from hanze.web.portal.collective.files import Cell, csv_file
from hanze.web.portal.collective.refusals import REFUSALS, Filled, amount_of, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "show_one", "take"]

_STATES: Final = ("open", "not-open-yet", "spent", "closed")
_TONES: Final = {"open": "good", "not-open-yet": "waiting", "spent": "bad", "closed": "bad"}
_OF_VOUCHER: Final = {
    "requested": "waiting",
    "given": "going",
    "used": "good",
    "returned": "waiting",
    "refused": "bad",
}
#: What may be done with a voucher, by its status; the first of them needs an amount.
_MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "requested": ("given", "refused"),
    "given": ("used", "returned"),
    "used": ("returned",),
}
_LONGEST: Final = 2_000
_FIELDS: Final = {
    "amount": "amount",
    "to": "to",
    "vouchers.amount": "amount",
    "vouchers.mission": "mission",
    "budget": "amount",
}
_COLUMNS: Final = ("scheme", "number", "to", "mission", "amount", "currency", "status", "on")


@dataclass(frozen=True, slots=True)
class _Row:
    """A scheme.

    Attributes:
        amounts: Of the budget: what for, and how much.
        share: Of the budget that is given or used, 0 to 1.
    """

    card: Card
    href: str
    badge: Badge
    giver: Link
    conditions: Said
    most: str
    days: str
    countries: tuple[Link, ...]
    amounts: tuple[tuple[str, str], ...]
    left: str
    share: float
    home: KeptBy | None


@dataclass(frozen=True, slots=True)
class _Voucher:
    """A voucher, and what can be done with it."""

    number: str
    to: Link
    mission: Link | None
    amount: str
    plain: str
    badge: Badge
    day: str
    moves: tuple[tuple[str, str], ...]


async def show(desk: Desk) -> Response:
    """List the schemes of the league."""
    country, theme, state = (desk.asked(name) for name in ("country", "theme", "state"))
    found = schemes(
        desk.collective,
        desk.today,
        country=country or None,
        theme=theme or None,
        state=state if state in _STATES else None,
    )
    return desk.page(
        "vouchers.html",
        menu="vouchers",
        rows=[_row(desk, one) for one in found],
        countries=countries(desk),
        country=country,
        chosen_theme=theme,
        state=state,
        states=[(one, desk.code("schemeState", one)) for one in _STATES],
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=VoucherScheme&language={desk.lang}"),
            ("JSON", "/api/v1/vouchers"),
        ],
    )


async def show_one(desk: Desk) -> Response:
    """Show a scheme with its vouchers; `format=csv` is their list as a file."""
    held = _held(desk)
    if desk.asked("format") == "csv":
        return csv_file("vouchers", _COLUMNS, _cells(held.record))
    return _page(desk, held, {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Ask for a voucher, or decide about one."""
    held = _held(desk)
    name = given.text("do")
    try:
        if name == "ask":
            await _ask(desk, held, given)
        else:
            await _move(desk, held, given, name)
    except REFUSALS as error:
        filled = {key: given.text(key)[:_LONGEST] for key in given.values}
        fields = _FIELDS if name == "ask" else {}
        return _page(desk, held, filled, refusal(desk, error, "VoucherScheme", fields))
    done = desk.at(path_of("vouchers", held.record.id), done=name)
    return RedirectResponse(f"{done}#given", 303)


async def _ask(desk: Desk, held: Held[VoucherScheme], given: Given) -> None:
    amount = amount_of(given.text("amount"), held.record.budget.currency)
    to = given.text("to")[:_LONGEST]
    if amount is None:
        raise InvalidInput("A voucher must have an amount", field="amount")
    if not to:
        raise InvalidInput("A voucher is for somebody", field="to")
    await ask_voucher(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held,
        to=to,
        mission=given.text("mission")[:_LONGEST] or None,
        amount=amount.amount,
        today=desk.today,
        now=desk.visit.now,
    )


async def _move(desk: Desk, held: Held[VoucherScheme], given: Given, status: str) -> None:
    if status not in _OF_VOUCHER:
        raise InvalidInput("There is no such form", field="status")
    amount: Decimal | None = None
    if status == "given" and given.text("given"):
        asked = amount_of(given.text("given"), held.record.budget.currency)
        amount = asked.amount if asked is not None else None
    await move_voucher(
        desk.visit.site.node.store,
        desk.writer(),
        held,
        given.text("number"),
        status,
        amount=amount,
        today=desk.today,
        now=desk.visit.now,
    )


def _held(desk: Desk) -> Held[VoucherScheme]:
    return desk.collective.get(str(desk.visit.request.path_params["id"]), VoucherScheme)


def _page(
    desk: Desk,
    held: Held[VoucherScheme],
    filled: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    state, scheme = scheme_state(held, desk.today), held.record
    path = path_of("vouchers", scheme.id)
    done = desk.asked("done")
    return desk.page(
        "voucher_scheme.html",
        menu="vouchers",
        status=422 if errors else 200,
        row=_row(desk, state),
        vouchers=[_voucher(desk, one, scheme) for one in reversed(scheme.vouchers)],
        may_ask=desk.may_write and state.state == "open" and held.home is None,
        may_decide=desk.may_write and held.home is None,
        receivers=_receivers(desk),
        missions=_missions(desk, scheme),
        currency=scheme.budget.currency,
        path=desk.at(path),
        done=done if done in (*_OF_VOUCHER, "ask") else "",
        filled=Filled(filled),
        errors=Filled(errors),
        opened=filled.get("do", ""),
        downloads=[
            ("CSV", desk.at(path, format="csv")),
            ("JSON", f"/api/v1/vouchers/{scheme.id}"),
        ],
    )


def _row(desk: Desk, one: SchemeState) -> _Row:
    scheme, balance = one.held.record, one.balance

    def money(amount: Decimal) -> str:
        return desk.money(Money(amount, balance.currency))

    days = [desk.day(day) if day is not None else "" for day in (scheme.opens, scheme.closes)]
    spent = balance.given + balance.used
    amounts = ("budget", "asked", "given", "used", "returned", "left")
    return _Row(
        card=desk.card(one.held),
        href=desk.at(path_of("vouchers", scheme.id)),
        badge=Badge(desk.code("schemeState", one.state), _TONES[one.state]),
        giver=desk.link(scheme.giver),
        conditions=desk.text(scheme.conditions),
        most=desk.money(scheme.most) if scheme.most is not None else "",
        days=" \u2013 ".join(days) if any(days) else "",
        countries=tuple(desk.link(country) for country in scheme.countries),
        amounts=tuple(
            (desk.code("voucherAmount", name), money(getattr(balance, name))) for name in amounts
        ),
        left=money(balance.left),
        share=float(spent / balance.budget) if balance.budget else 0.0,
        home=desk.home(one.held),
    )


def _voucher(desk: Desk, one: Voucher, scheme: VoucherScheme) -> _Voucher:
    return _Voucher(
        number=one.number,
        to=desk.link(one.to),
        mission=desk.link(one.mission) if one.mission is not None else None,
        amount=desk.money(Money(one.amount, scheme.budget.currency)),
        plain=f"{one.amount:f}",
        badge=Badge(desk.code("status", one.status), _OF_VOUCHER.get(one.status, "waiting")),
        day=desk.day(one.on),
        moves=tuple((move, desk.code("voucherMove", move)) for move in _MOVES.get(one.status, ())),
    )


def _receivers(desk: Desk) -> list[tuple[str, str]]:
    """Offer cities that take part, and organisations."""
    organisations = (desk.link(held.record.id) for held in desk.collective.of(Organization))
    return [*named(desk.active_cities), *named(organisations)]


def _missions(desk: Desk, scheme: VoucherScheme) -> list[tuple[str, str]]:
    """Offer missions to the countries of the scheme that are not over, of all nodes."""
    return named(
        desk.link(held.record.id)
        for held in desk.collective.of(Mission)
        if held.record.ends >= desk.today
        and held.record.status != "cancelled"
        and (not scheme.countries or held.record.country in scheme.countries)
    )


def _cells(scheme: VoucherScheme) -> Iterator[Sequence[Cell]]:
    for one in scheme.vouchers:
        yield (
            *(scheme.id, one.number, one.to, one.mission, one.amount),
            *(scheme.budget.currency, one.status, one.on.isoformat()),
        )
