"""What is left of the budget of a scheme of vouchers."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hanze.collaboration.records.missions import VoucherScheme

__all__ = ["Balance", "balance_of"]

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """How a budget stands, in its currency.

    Attributes:
        currency: ISO 4217.
        budget: All that may be given.
        asked: Of requests without an answer.
        given: Of vouchers given and not used yet.
        used: Of vouchers used.
        returned: Of vouchers returned: it can be given again.
        left: What can still be given.
    """

    currency: str
    budget: Decimal
    asked: Decimal
    given: Decimal
    used: Decimal
    returned: Decimal
    left: Decimal


def balance_of(scheme: VoucherScheme) -> Balance:
    """Add the vouchers of a scheme up, by their status."""
    sums = dict.fromkeys(("requested", "given", "used", "returned", "refused"), _NOTHING)
    for voucher in scheme.vouchers:
        sums[voucher.status] = sums.get(voucher.status, _NOTHING) + voucher.amount
    return Balance(
        currency=scheme.budget.currency,
        budget=scheme.budget.amount,
        asked=sums["requested"],
        given=sums["given"],
        used=sums["used"],
        returned=sums["returned"],
        left=scheme.budget.amount - sums["given"] - sums["used"],
    )
