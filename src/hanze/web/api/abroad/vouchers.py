"""Vouchers with which cities and companies join missions."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.funding.vouchers import (
    SchemeState,
    ask_voucher,
    move_voucher,
    scheme_state,
    schemes,
)
from hanze.collaboration.records.missions import Voucher, VoucherScheme
from hanze.collaboration.records.record import Money
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.league_records import (
    Freshness,
    HomeNode,
    freshness_of,
    home_of_record,
)
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]


class ChoiceOfSchemes(Taken, frozen=True):
    """Which schemes; those for missions to anywhere are found for each country."""

    country: str | None = None
    theme: str | None = None
    state: Literal["open", "not-open-yet", "spent", "closed"] | None = None


class BalanceOfScheme(Answer, frozen=True):
    """How the budget stands, in its currency; what is returned can be given again."""

    currency: str
    budget: Decimal
    asked: Decimal
    given: Decimal
    used: Decimal
    returned: Decimal
    left: Decimal


class SchemeInShort(Answer, frozen=True):
    """A scheme; `state` is open, not-open-yet, spent or closed."""

    scheme: Told
    giver: Named
    state: str
    balance: BalanceOfScheme
    conditions: Mapping[str, str] = {}
    most: Money | None = None
    opens: date | None = None
    closes: date | None = None
    countries: Sequence[Named] = ()
    home: HomeNode | None = None


class Schemes(Answer, frozen=True):
    """Schemes of all nodes: the open ones that close first before the others."""

    schemes: Sequence[SchemeInShort]
    freshness: list[Freshness] = []


class VoucherOfScheme(Answer, frozen=True):
    """A voucher, with whom it is for."""

    number: str
    to: Named
    amount: Decimal
    status: str
    on: date
    mission: Named | None = None


class OneScheme(SchemeInShort, frozen=True, kw_only=True):
    """A scheme with its vouchers."""

    vouchers: Sequence[VoucherOfScheme]
    freshness: list[Freshness] = []


class AskedVoucher(Taken, frozen=True):
    """Who asks for how much, for which mission."""

    to: Id
    amount: Decimal
    mission: Id | None = None


class AskedMove(Taken, frozen=True):
    """What becomes of a voucher; `amount` where another is given than was asked for."""

    status: Literal["given", "refused", "used", "returned"]
    amount: Decimal | None = None


async def list_schemes(ask: Ask) -> Schemes:
    """List schemes of vouchers: who gives them, under which conditions, and what is left."""
    choice = ask.parameters(ChoiceOfSchemes)
    collective = await ask.node.collective.refresh(ask.now)
    fresh = freshness_of(collective, ask.now)
    found = schemes(
        collective, ask.today, country=choice.country, theme=choice.theme, state=choice.state
    )
    return Schemes(schemes=[_short(one, collective, fresh) for one in found], freshness=fresh)


async def show_scheme(ask: Ask) -> OneScheme:
    """Show a scheme with its vouchers."""
    collective = await ask.node.collective.refresh(ask.now)
    held = collective.get(ask.path("id"), VoucherScheme)
    fresh = freshness_of(collective, ask.now)
    short = _short(scheme_state(held, ask.today), collective, fresh)
    return OneScheme(
        **{name: getattr(short, name) for name in short.__struct_fields__},
        vouchers=[_voucher(one, collective) for one in held.record.vouchers],
        freshness=fresh,
    )


async def post_voucher(ask: Ask) -> VoucherOfScheme:
    """Ask for a voucher, on the node of who gives it."""
    asked = await ask.body(AskedVoucher)
    collective = await ask.node.collective.refresh(ask.now)
    voucher = await ask_voucher(
        ask.node.store,
        ask.caller,
        collective,
        collective.get(ask.path("id"), VoucherScheme),
        to=asked.to,
        mission=asked.mission,
        amount=asked.amount,
        today=ask.today,
        now=ask.now,
    )
    return _voucher(voucher, collective)


async def post_status(ask: Ask) -> VoucherOfScheme:
    """Give, refuse, use or return a voucher."""
    asked = await ask.body(AskedMove)
    collective = await ask.node.collective.refresh(ask.now)
    held: Held[VoucherScheme] = collective.get(ask.path("id"), VoucherScheme)
    voucher = await move_voucher(
        ask.node.store,
        ask.caller,
        held,
        ask.path("number"),
        asked.status,
        amount=asked.amount,
        today=ask.today,
        now=ask.now,
    )
    return _voucher(voucher, collective)


def _short(one: SchemeState, collective: Collective, fresh: Sequence[Freshness]) -> SchemeInShort:
    scheme, balance = one.held.record, one.balance
    return SchemeInShort(
        scheme=told(one.held, collective),
        giver=named(scheme.giver, collective),
        state=one.state,
        balance=BalanceOfScheme(
            currency=balance.currency,
            budget=balance.budget,
            asked=balance.asked,
            given=balance.given,
            used=balance.used,
            returned=balance.returned,
            left=balance.left,
        ),
        conditions=scheme.conditions,
        most=scheme.most,
        opens=scheme.opens,
        closes=scheme.closes,
        countries=[named(country, collective) for country in scheme.countries],
        home=home_of_record(one.held.home, fresh),
    )


def _voucher(voucher: Voucher, collective: Collective) -> VoucherOfScheme:
    return VoucherOfScheme(
        number=voucher.number,
        to=named(voucher.to, collective),
        amount=voucher.amount,
        status=voucher.status,
        on=voucher.on,
        mission=named_if(voucher.mission, collective),
    )


ROUTES = (
    ApiRoute("GET", "/vouchers", list_schemes, Schemes, ChoiceOfSchemes),
    ApiRoute("GET", "/vouchers/{id:path}", show_scheme, OneScheme),
    ApiRoute(
        "POST",
        "/vouchers/{id:path}/requests",
        post_voucher,
        VoucherOfScheme,
        body=AskedVoucher,
        writes=True,
        status=201,
    ),
    ApiRoute(
        "POST",
        "/vouchers/{id:path}/{number}/status",
        post_status,
        VoucherOfScheme,
        body=AskedMove,
        writes=True,
    ),
)
