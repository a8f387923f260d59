"""Vouchers: who gives them, to whom and when, and a budget of which never more is given than there is."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from hanze.collaboration.funding.settlement import smallest
from hanze.collaboration.funding.voucher_budget import balance_of
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import Mission, Voucher, VoucherScheme
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.speaking import SpeaksForAnother, speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step
from hanze.ngsild.uri import is_uri

__all__ = [
    "BudgetSpent",
    "keep_budget",
    "keep_conditions",
    "keep_giver",
    "keep_vouchers",
]

#: From a status to those that may follow.
_FOLLOWING: Final[Mapping[str, frozenset[str]]] = {
    "requested": frozenset({"given", "refused", "returned"}),
    "given": frozenset({"used", "returned"}),
    "used": frozenset({"returned"}),
    "returned": frozenset(),
    "refused": frozenset(),
}
#: What the giver alone decides.
_GIVING: Final = frozenset({"given", "refused"})


class BudgetSpent(RuleBroken):
    """More would be given than there is.

    Attributes:
        short: How much is missing, in the currency of the budget.
    """

    def __init__(self, scheme: VoucherScheme, short: Decimal) -> None:
        super().__init__(
            f"The budget of {scheme.id} is short of {short} {scheme.budget.currency}",
            field="budget",
            value=scheme.budget.amount,
        )
        self.short = short


def keep_budget(step: Step[VoucherScheme]) -> None:
    """Keep what is given and used within the budget, in its currency.

    Raises:
        InvalidRecord: The most of a voucher is in another currency.
        BudgetSpent: Says how much is missing.
    """
    scheme = step.after
    if scheme is None:
        return
    if scheme.most is not None and scheme.most.currency != scheme.budget.currency:
        reason = f"must be in {scheme.budget.currency}, as the budget is"
        raise InvalidRecord(VoucherScheme, reason, field="most", value=scheme.most.currency)
    left = balance_of(scheme).left
    if left < 0:
        raise BudgetSpent(scheme, -left)


def keep_vouchers(step: Step[VoucherScheme]) -> None:
    """Keep vouchers that are there: each has its number, and goes from status to status.

    Raises:
        InvalidRecord: A number is there twice.
        RuleBroken: One would go, become somebody else's, or take a step that does not follow.
    """
    scheme, before = step.after, step.before
    if scheme is None:
        spent = before is not None and any(one.status in ("given", "used") for one in _of(before))
        if spent:
            raise RuleBroken(
                "A scheme of which vouchers are given cannot be deleted", field="vouchers"
            )
        return
    numbers = [one.number for one in scheme.vouchers]
    if len(set(numbers)) < len(numbers):
        raise InvalidRecord(VoucherScheme, "must have each number once", field="vouchers")
    now = {one.number: one for one in scheme.vouchers}
    for was in _of(before):
        if was.number not in now:
            raise RuleBroken(
                f"Voucher {was.number} cannot be deleted; it is refused or returned",
                field="vouchers",
                value=was.number,
            )
        _check_step(was, now[was.number])


def _of(scheme: VoucherScheme | None) -> tuple[Voucher, ...]:
    return scheme.vouchers if scheme is not None else ()


def _check_step(was: Voucher, now: Voucher) -> None:
    if was == now:
        return
    if (was.to, was.mission) != (now.to, now.mission):
        raise RuleBroken(
            f"Voucher {was.number} is of {was.to}; another one has a number of its own",
            field="vouchers",
            value=now.to,
        )
    if was.status != now.status and now.status not in _FOLLOWING[was.status]:
        may = ", ".join(sorted(_FOLLOWING[was.status])) or "nothing"
        raise RuleBroken(
            f"Voucher {was.number} is {was.status}; what may follow is {may}",
            field="vouchers.status",
            value=now.status,
        )
    if was.amount != now.amount and now.status not in ("requested", "given"):
        raise RuleBroken(
            f"The amount of voucher {was.number} cannot change any more",
            field="vouchers.amount",
            value=now.amount,
        )
    if now.on < was.on:
        raise RuleBroken(
            f"Voucher {was.number} is {was.status} since {was.on}; what follows is not before it",
            field="vouchers.on",
            value=now.on,
        )


def keep_conditions(step: Step[VoucherScheme]) -> None:
    """Keep vouchers that are asked for to the scheme: amount, days and countries.

    Raises:
        InvalidRecord: A voucher is for what has no id.
        RuleBroken: Names the condition.
    """
    scheme = step.after
    if scheme is None:
        return
    known = {one.number: one for one in _of(step.before)}
    for voucher in scheme.vouchers:
        was = known.get(voucher.number)
        if was == voucher:
            continue
        for term, name in (("to", voucher.to), ("mission", voucher.mission)):
            if name is not None and not is_uri(name):
                raise InvalidRecord(
                    VoucherScheme, "must be an id", field=f"vouchers.{term}", value=name
                )
        if voucher.amount < smallest(scheme.budget.currency):
            raise RuleBroken(
                "A voucher is worth more than 0", field="vouchers.amount", value=voucher.amount
            )
        if scheme.most is not None and voucher.amount > scheme.most.amount:
            raise RuleBroken(
                f"A voucher is worth {scheme.most.amount} {scheme.most.currency} at most",
                field="vouchers.amount",
                value=voucher.amount,
            )
        if was is None:
            _check_asked(step, scheme, voucher)


def _check_asked(step: Step[VoucherScheme], scheme: VoucherScheme, voucher: Voucher) -> None:
    early = scheme.opens is not None and voucher.on < scheme.opens
    late = scheme.closes is not None and voucher.on > scheme.closes
    if early or late:
        days = f"from {scheme.opens or 'any day'} to {scheme.closes or 'any day'}"
        raise RuleBroken(
            f"Vouchers of {scheme.id} are asked for {days}", field="vouchers.on", value=voucher.on
        )
    if not scheme.countries:
        return
    mission = find_elsewhere(step, voucher.mission) if voucher.mission is not None else None
    elsewhere = isinstance(mission, Mission) and mission.country not in scheme.countries
    if voucher.mission is None or elsewhere:
        raise RuleBroken(
            f"Vouchers of {scheme.id} are for missions to {', '.join(scheme.countries)}",
            field="vouchers.mission",
            value=voucher.mission,
        )


def keep_giver(step: Step[VoucherScheme]) -> None:
    """Leave giving to the giver, and asking, using and returning to who gets the voucher.

    Asked of callers that speak for an organisation.

    Raises:
        SpeaksForAnother: The caller decides for another.
    """
    own, before, scheme = step.caller.organisation, step.before, step.after
    one = before or scheme
    if own is None or one is None:
        return
    if speaks_for(step, one.giver):
        return
    if before is None or scheme is None or replace(scheme, vouchers=before.vouchers) != before:
        raise SpeaksForAnother(f"What {one.id} offers", one.giver, own, field="vouchers")
    known = {voucher.number: voucher for voucher in before.vouchers}
    for voucher in scheme.vouchers:
        was = known.get(voucher.number)
        if was == voucher:
            continue
        self_decided = speaks_for(step, voucher.to)
        raised = was is not None and was.amount != voucher.amount
        new_in_other = was is None and voucher.status != "requested"
        if not self_decided or raised or new_in_other or voucher.status in _GIVING:
            raise SpeaksForAnother(
                f"Whether voucher {voucher.number} of {one.id} is given or refused (who gets it "
                "asks for it, uses and returns it)",
                one.giver,
                own,
                field="vouchers",
            )
