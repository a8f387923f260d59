"""Vouchers at work: who may ask for one, and how it is given, used and returned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.funding.voucher_budget import Balance, balance_of
from hanze.collaboration.records.missions import Mission, Voucher, VoucherScheme
from hanze.collaboration.writing import change_record
from hanze.errors import Conflicting, NotFound
from hanze.identity.caller import Caller

__all__ = [
    "MissionElsewhere",
    "NoSuchVoucher",
    "SchemeState",
    "ask_voucher",
    "move_voucher",
    "scheme_state",
    "schemes",
]

_DIGITS: Final = 3


class MissionElsewhere(Conflicting):
    """A mission goes to a country for which a scheme gives no vouchers."""

    def __init__(self, scheme: VoucherScheme, mission: str) -> None:
        super().__init__(
            f"Vouchers of {scheme.id} are for missions to {', '.join(scheme.countries)}"
        )
        self.field = "vouchers.mission"
        self.value = mission[:100]


class NoSuchVoucher(NotFound):
    """A scheme has no voucher of this number."""

    def __init__(self, scheme: str, number: str) -> None:
        super().__init__(f"{scheme} has no voucher {number[:40]}")
        self.field = "number"
        self.value = number[:100]


@dataclass(frozen=True, slots=True)
class SchemeState:
    """A scheme, and whether one can ask for its vouchers.

    Attributes:
        held: The scheme.
        balance: Of its budget.
        state: "open", "not-open-yet", "closed" or "spent" (nothing is left to give).
    """

    held: Held[VoucherScheme]
    balance: Balance
    state: str


def scheme_state(held: Held[VoucherScheme], today: date) -> SchemeState:
    """Say how a scheme stands on a day."""
    scheme, balance = held.record, balance_of(held.record)
    state = "open"
    if scheme.opens is not None and today < scheme.opens:
        state = "not-open-yet"
    elif scheme.closes is not None and today > scheme.closes:
        state = "closed"
    elif balance.left <= 0:
        state = "spent"
    return SchemeState(held, balance, state)


def schemes(
    collective: Collective,
    today: date,
    *,
    country: str | None = None,
    theme: str | None = None,
    state: str | None = None,
) -> tuple[SchemeState, ...]:
    """List the schemes of the league, those that are open and close first before the others.

    Args:
        collective: Up to date.
        today: For their states.
        country: For missions to this country (id); schemes for anywhere are among them.
        theme: About this theme (id).
        state: As `SchemeState` has it.
    """
    order = ("open", "not-open-yet", "spent", "closed")
    found = [
        one
        for one in (scheme_state(held, today) for held in collective.of(VoucherScheme))
        if (
            country is None or not one.held.record.countries or country in one.held.record.countries
        )
        and (theme is None or theme in one.held.record.themes)
        and state in (None, one.state)
    ]
    far = date.max
    return tuple(
        sorted(
            found,
            key=lambda one: (
                order.index(one.state),
                one.held.record.closes or far,
                one.held.record.id,
            ),
        )
    )


async def ask_voucher(
    store: Store,
    caller: Caller,
    collective: Collective,
    scheme: Held[VoucherScheme],
    *,
    to: str,
    mission: str | None,
    amount: Decimal,
    today: date,
    now: str,
) -> Voucher:
    """Ask for a voucher, on the node of who gives it.

    Args:
        to: Id of who is to get it.
        mission: Id of the mission that it is for.
        amount: In the currency of the scheme.

    Raises:
        RecordElsewhere: Another node keeps the scheme: vouchers are asked for there.
        MissionElsewhere: The mission goes to another country.
        RuleBroken: Another condition of the scheme is not met.
        SpeaksForAnother: The caller speaks for another organisation.
    """
    _check_country(collective, scheme.record, mission)
    asked: list[Voucher] = []

    def change(before: VoucherScheme) -> VoucherScheme:
        number = _next_number(before.vouchers, today.year)
        voucher = Voucher(
            number=number, to=to, mission=mission, amount=amount, status="requested", on=today
        )
        asked[:] = [voucher]
        return replace(before, vouchers=(*before.vouchers, voucher))

    await _changed(store, caller, scheme, change, now=now)
    return asked[0]


async def move_voucher(
    store: Store,
    caller: Caller,
    scheme: Held[VoucherScheme],
    number: str,
    status: str,
    *,
    amount: Decimal | None = None,
    today: date,
    now: str,
) -> Voucher:
    """Give, refuse, use or return a voucher.

    Args:
        number: Of the voucher.
        status: One of `VOUCHER_STATUSES`.
        amount: That is given, where it is another than what was asked for.

    Raises:
        RecordElsewhere: Another node keeps the scheme.
        NoSuchVoucher: It has none of this number.
        BudgetSpent: It would take more than is left.
        RuleBroken: The step does not follow, or a condition is not met.
        SpeaksForAnother: It is for somebody else to decide.
    """
    moved: list[Voucher] = []

    def change(before: VoucherScheme) -> VoucherScheme:
        was = next((one for one in before.vouchers if one.number == number), None)
        if was is None:
            raise NoSuchVoucher(before.id, number)
        now_is = replace(
            was, status=status, on=today, amount=was.amount if amount is None else amount
        )
        moved[:] = [now_is]
        vouchers = tuple(now_is if one.number == number else one for one in before.vouchers)
        return replace(before, vouchers=vouchers)

    await _changed(store, caller, scheme, change, now=now)
    return moved[0]


async def _changed(
    store: Store,
    caller: Caller,
    scheme: Held[VoucherScheme],
    change: Callable[[VoucherScheme], VoucherScheme],
    *,
    now: str,
) -> None:
    await change_record(
        store,
        caller.in_tenant(scheme.tenant),
        scheme.record.id,
        VoucherScheme,
        change,
        now=now,
    )


def _check_country(collective: Collective, scheme: VoucherScheme, mission: str | None) -> None:
    """See to the countries of missions that other nodes keep: a rule sees those of this one only."""
    held = collective.find(mission) if mission is not None else None
    if not scheme.countries or held is None or not isinstance(held.record, Mission):
        return
    if held.record.country not in scheme.countries:
        raise MissionElsewhere(scheme, held.record.id)


def _next_number(vouchers: Sequence[Voucher], year: int) -> str:
    """Number vouchers by year: "2026-001"."""
    start = f"{year}-"
    tails = [one.number.removeprefix(start) for one in vouchers if one.number.startswith(start)]
    last = max((int(tail) for tail in tails if tail.isascii() and tail.isdecimal()), default=0)
    return f"{start}{last + 1:0{_DIGITS}}"
