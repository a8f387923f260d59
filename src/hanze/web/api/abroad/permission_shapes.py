"""What is taken and answered about permissions to travel."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.records.missions import COST_PARTS, PERMISSION_STATUSES, DayRate
from hanze.web.api.collective.funnel import Text, Told
from hanze.web.api.collective.league_records import Freshness, HomeNode
from hanze.web.api.collective.records import Named
from hanze.web.api.frame import Answer, Id, Taken

__all__ = [
    "AskedApproval",
    "AskedBudget",
    "AskedCost",
    "AskedPermission",
    "AskedRate",
    "ChoiceOfPermissions",
    "CostOfPermission",
    "OnePermission",
    "PermissionTotals",
    "Permissions",
    "TotalOfPart",
]

_Short = Annotated[str, Meta(max_length=200)]
_Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
_Part = Literal[COST_PARTS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
_Status = Literal[PERMISSION_STATUSES]  # type: ignore[valid-type]  # likewise


class ChoiceOfPermissions(Taken, frozen=True):
    """Which permissions; `over` leaves those of which a part went over its budget."""

    mission: str | None = None
    city: str | None = None
    status: _Status | None = None
    over: bool | None = None


class TotalOfPart(Answer, frozen=True):
    """A part of the costs; `over` below 0 is what was left."""

    part: str
    budget: Decimal
    spent: Decimal
    over: Decimal
    is_over: bool
    people: int | None = None
    numbers: Sequence[str] = ()


class PermissionTotals(Answer, frozen=True):
    """A permission with what it came to, in one currency.

    `unconverted` counts costs of which there is no rate: they are in no sum, so that `spent` is at
    least so much.
    """

    id: str
    title: Mapping[str, str]
    number: str
    status: str
    mission: Named
    currency: str
    parts: Sequence[TotalOfPart]
    budget: Decimal
    spent: Decimal
    over: Decimal
    is_over: bool
    parts_over: Sequence[str]
    unconverted: int
    approved_on: date | None = None
    approved_by: Mapping[str, str] = {}
    first_cost: date | None = None
    last_cost: date | None = None
    record: Told | None = None
    home: HomeNode | None = None


class CostOfPermission(Answer, frozen=True):
    """What was spent; `worth` is in the permission's currency, absent without a rate of the day."""

    key: str
    part: str
    amount: Decimal
    currency: str
    worth: Decimal | None = None
    on: date | None = None
    description: Mapping[str, str] = {}
    receipt: str | None = None
    receipt_document: str | None = None


class OnePermission(PermissionTotals, frozen=True, kw_only=True):
    """A permission whole; single costs are told to those who may write."""

    rates: Sequence[DayRate] = ()
    costs: Sequence[CostOfPermission] | None = None
    freshness: list[Freshness] = []


class Permissions(Answer, frozen=True):
    """Permissions, by mission and number."""

    permissions: Sequence[PermissionTotals]
    freshness: list[Freshness] = []


class AskedBudget(Taken, frozen=True):
    """What may be spent on a part."""

    part: _Part
    amount: Decimal
    people: Annotated[int, Meta(ge=0)] | None = None
    number: _Short | None = None


_Budget = Annotated[Sequence[AskedBudget], Meta(min_length=1, max_length=100)]


class AskedPermission(Taken, frozen=True):
    """Which mission, and with what money."""

    mission: Id
    number: Annotated[str, Meta(min_length=1, max_length=200)]
    budget: _Budget
    currency: _Currency = "EUR"


class AskedApproval(Taken, frozen=True):
    """The approval; another budget than that of before needs a later day."""

    on: date
    by: Text = {}
    budget: _Budget | None = None


class AskedRate(Taken, frozen=True):
    """What one unit of a currency was worth on a day, and who published it."""

    currency: _Currency
    rate: Decimal
    on: date
    source: _Short = ""


class AskedCost(Taken, frozen=True):
    """What was spent; in another currency with the day, and its rate where that is not there yet."""

    part: _Part
    amount: Decimal
    currency: _Currency
    on: date | None = None
    description: Text = {}
    receipt: _Short | None = None
    receipt_document: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    rate: Decimal | None = None
    rate_source: _Short = ""
