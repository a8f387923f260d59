"""Money of missions: rates of the day, budgets that change with a new approval only, closed accounts."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.funding.settlement import rate_of
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import Mission, TravelPermission
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.speaking import check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = ["NoRate", "keep_approval", "keep_closed", "keep_own_money", "keep_rates"]

#: From a status to those that may follow.
_FOLLOWING: Final[Mapping[str, frozenset[str]]] = {
    "requested": frozenset({"approved"}),
    "approved": frozenset({"closed"}),
    "closed": frozenset(),
}
#: What was settled.
_FIXED: Final = (
    *("mission", "number", "approved_on", "approved_by", "currency", "budget", "costs", "rates"),
)


class NoRate(RuleBroken):
    """A cost is in a currency of which the rate of that day is not entered.

    Attributes:
        currency: Of the cost.
        on: Its day; `None` where it has none.
    """

    def __init__(self, place: int, currency: str, on: object, own: str) -> None:
        told = f"the rate of {currency} on {on}" if on is not None else "the day of the cost"
        super().__init__(
            f"costs[{place}] is in {currency} and the permission in {own}: {told} must be there "
            "first",
            field="rates" if on is not None else f"costs[{place}].on",
            value=f"{currency} {on}" if on is not None else currency,
        )
        self.currency = currency
        self.on = on


def keep_own_money(step: Step[TravelPermission]) -> None:
    """Leave the accounts to whose they are, where the caller speaks for an organisation.

    Raises:
        SpeaksForAnother: The caller stands neither behind the permission nor behind its mission.
    """
    # Whose it was counts: else it could be taken over by saying so.
    permission = step.before or step.after
    if permission is None:
        return
    mission = find_elsewhere(step, permission.mission)
    organiser = mission.organiser if isinstance(mission, Mission) else None
    others = (permission, organiser)
    check_speaks_for(step, "What a journey costs", permission.id, *others, field="sourceCity")


def keep_rates(step: Step[TravelPermission]) -> None:
    """Ask for the rate of the day of each cost in another currency; a rate is entered once.

    Raises:
        InvalidRecord: A rate is not above 0, there twice, or of the permission's own currency.
        NoRate: Names the currency and the day that are missing.
    """
    permission = step.after
    if permission is None:
        return
    seen = set()
    for place, rate in enumerate(permission.rates):
        field = f"rates[{place}]"
        if rate.rate <= 0:
            raise InvalidRecord(
                TravelPermission, "must be above 0", field=f"{field}.rate", value=rate.rate
            )
        if rate.currency == permission.currency:
            reason = "must be of another currency than that of the permission"
            raise InvalidRecord(
                TravelPermission, reason, field=f"{field}.currency", value=rate.currency
            )
        if (rate.currency, rate.on) in seen:
            reason = f"must be there once for {rate.currency}"
            raise InvalidRecord(TravelPermission, reason, field=f"{field}.on", value=rate.on)
        seen.add((rate.currency, rate.on))
    for place, cost in enumerate(permission.costs):
        foreign = cost.currency != permission.currency
        if foreign and rate_of(cost, permission.rates) is None:
            raise NoRate(place, cost.currency, cost.on, permission.currency)


def keep_approval(step: Step[TravelPermission]) -> None:
    """Let a permission be approved with a budget and a day; another budget is a new approval.

    A permission that comes in as approved may lack the day: who takes over old files does not
    always know it.

    Raises:
        RuleBroken: Names the status, the budget or the day.
    """
    permission, before = step.after, step.before
    if permission is None:
        return
    if permission.status != "requested" and not permission.budget:
        raise RuleBroken(
            f"{permission.id} is {permission.status} only with a budget", field="budget"
        )
    if before is None:
        return
    if permission.status != before.status:
        _check_following(before, permission)
    day = permission.approved_on
    if before.status == "requested":
        if permission.status == "approved" and day is None:
            raise RuleBroken("An approval has a day", field="approvedOn")
        return
    same = (before.budget, before.currency) == (permission.budget, permission.currency)
    if same or before.status == "closed":
        return
    if day is None or (before.approved_on is not None and day <= before.approved_on):
        raise RuleBroken(
            "The budget was approved: another one needs an approval of a later day (approvedOn)",
            field="approvedOn",
            value=day,
        )


def _check_following(before: TravelPermission, after: TravelPermission) -> None:
    following = _FOLLOWING[before.status]
    if after.status not in following:
        may = ", ".join(sorted(following)) or "nothing"
        raise RuleBroken(
            f"{before.id} is {before.status}; what may follow is {may}",
            field="status",
            value=after.status,
        )


def keep_closed(step: Step[TravelPermission]) -> None:
    """Keep what was approved, and all of what was settled.

    Raises:
        RuleBroken: It would be deleted, or a closed one changed.
    """
    before, after = step.before, step.after
    if before is None or before.status == "requested":
        return
    if after is None:
        raise RuleBroken(
            f"{before.id} is {before.status}: it accounts for money and cannot be deleted",
            field="status",
            value=before.status,
        )
    if before.status != "closed":
        return
    for name in _FIXED:
        if getattr(before, name) != getattr(after, name):
            raise RuleBroken(f"{before.id} is closed: its {name} cannot change", field=name)
