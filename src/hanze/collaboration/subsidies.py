"""The subsidies desk: which calls a project may answer, and why not.

A condition is met, unmet or unknown: what a record does not say is never guessed. What would make
a project eligible follows from the conditions that are not met.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.conditions import Condition, State, at_least, at_most, one_of
from hanze.collaboration.consortium import Consortium, consortium_of
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.themes import Theme

__all__ = [
    "Assessment",
    "CallStatus",
    "Deadline",
    "Eligibility",
    "assess",
    "assess_fund",
    "call_status",
    "calls_for",
    "deadlines",
    "grant",
    "projects_for",
]

#: Cities that share knowledge and solutions before the fund pays.
_FUND_CITIES: Final = 2
#: Sectors (government, business, research, residents) of which the fund asks more than one.
_FUND_SECTORS: Final = 2


class Eligibility(Enum):
    """Whether a project may answer a call."""

    ELIGIBLE = "eligible"
    UNKNOWN = "unknown"
    NOT = "not"


class CallStatus(Enum):
    """Whether a call can be answered on a day."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Assessment:
    """A project beside a call.

    Attributes:
        call: `None` for the fund of the strategy.
        conditions: All that the call has, in a fixed order.
        grant: The most that the call could pay; `None` where it cannot be known.
        status: Of the call.
    """

    project: Held[Project]
    call: Held[Subsidy] | None
    conditions: tuple[Condition, ...]
    grant: Money | None
    status: CallStatus

    @property
    def eligibility(self) -> Eligibility:
        """One unmet condition is enough to fail; one unknown one, not to be sure."""
        states = {condition.state for condition in self.conditions}
        if State.UNMET in states:
            return Eligibility.NOT
        return Eligibility.UNKNOWN if State.UNKNOWN in states else Eligibility.ELIGIBLE

    @property
    def to_do(self) -> tuple[Condition, ...]:
        """What would make it eligible: what is unmet first, then what must be found out."""
        order = (State.UNMET, State.UNKNOWN)
        return tuple(one for state in order for one in self.conditions if one.state is state)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A call that closes.

    Attributes:
        days: Until the last day, which is 0.
    """

    call: Held[Subsidy]
    closes: date
    days: int


def call_status(call: Subsidy, today: date) -> CallStatus:
    """Tell whether a call can be answered on a day."""
    if call.closes is not None and call.closes < today:
        return CallStatus.CLOSED
    if call.opens is not None and call.opens > today:
        return CallStatus.UPCOMING
    if call.opens is None and call.closes is None:
        return CallStatus.UNDATED
    return CallStatus.OPEN


def assess(
    collective: Collective, project: Held[Project], call: Held[Subsidy], today: date
) -> Assessment:
    """Hold a project beside every condition of a call."""
    consortium = consortium_of(collective, project)
    found = (
        _in_time(call.record, today),
        _theme(collective, project.record, call.record),
        *_trl(project.record, call.record),
        at_least("cities", call.record.cities_minimum, consortium.cities),
        at_least(
            "countries",
            call.record.countries_minimum,
            consortium.countries,
            open_ended=consortium.unknown,
        ),
        at_least("partners", call.record.partners_minimum, consortium.parties),
        _kinds(consortium, call.record),
        one_of("country", call.record.countries, consortium.countries, consortium.unknown),
        one_of("region", call.record.regions, consortium.regions, consortium.unknown),
        _co_financing(project.record, call.record),
        _new_standard(project.record, asked=call.record.new_standard),
    )
    return Assessment(
        project=project,
        call=call,
        conditions=tuple(one for one in found if one is not None),
        grant=grant(project.record, call.record),
        status=call_status(call.record, today),
    )


def assess_fund(collective: Collective, project: Held[Project]) -> Assessment:
    """Hold a project beside the four conditions of the strategy's fund.

    Two or more cities or regions share knowledge and solutions; it serves the liveability for
    residents; partners of several sectors; it works on new standards.
    """
    consortium = consortium_of(collective, project)
    found = (
        at_least("cities", _FUND_CITIES, consortium.places),
        _liveability(project.record),
        at_least(
            "sectors",
            _FUND_SECTORS,
            consortium.sectors,
            open_ended=consortium.unknown,
        ),
        _new_standard(project.record, asked=True),
    )
    conditions = tuple(one for one in found if one is not None)
    return Assessment(project, None, conditions, None, CallStatus.UNDATED)


def calls_for(
    collective: Collective, project_id: str, today: date, *, closed: bool = False
) -> tuple[Assessment, ...]:
    """Hold every call beside one project: what it may answer first, then what closes first.

    Args:
        closed: Calls that are over as well.

    Raises:
        RecordNotFound: It is no project.
    """
    project = collective.get(project_id, Project)
    found = (assess(collective, project, call, today) for call in collective.of(Subsidy))
    return _ordered(one for one in found if closed or one.status is not CallStatus.CLOSED)


def projects_for(
    collective: Collective, call_id: str, today: date, *, cities: Iterable[str] = ()
) -> tuple[Assessment, ...]:
    """Hold every project that goes on beside one call: those that may answer it first.

    Args:
        cities: Ids; only projects in which one of them takes part.

    Raises:
        RecordNotFound: It is no call.
    """
    call = collective.get(call_id, Subsidy)
    wanted = set(cities)
    projects = (held for held in collective.of(Project) if held.record.stage != "stopped")
    return _ordered(
        assess(collective, held, call, today)
        for held in projects
        if not wanted or not wanted.isdisjoint(consortium_of(collective, held).parties)
    )


def deadlines(collective: Collective, today: date) -> tuple[Deadline, ...]:
    """List the calls that close, the first one first; those that are closed are left out."""
    found = [
        Deadline(held, held.record.closes, (held.record.closes - today).days)
        for held in collective.of(Subsidy)
        if held.record.closes is not None and held.record.closes >= today
    ]
    return tuple(sorted(found, key=lambda one: (one.closes, one.call.record.id)))


def grant(project: Project, call: Subsidy) -> Money | None:
    """Work out the most that a call could pay for a project.

    That is the budget without the applicants' own share, and never more than the most of the call.
    Amounts in different currencies are not compared.
    """
    most, budget = call.most_per_project, project.budget
    if budget is None:
        return most
    paid = budget.amount * (1 - Decimal(str(call.co_financing or 0)))
    if most is None:
        return Money(paid, budget.currency)
    if most.currency != budget.currency:
        return None
    return Money(min(paid, most.amount), most.currency)


def _ordered(found: Iterable[Assessment]) -> tuple[Assessment, ...]:
    order = list(Eligibility)

    def key(one: Assessment) -> tuple[int, int, date, str]:
        closes = one.call.record.closes if one.call is not None else None
        unmet = sum(condition.state is State.UNMET for condition in one.conditions)
        place = order.index(one.eligibility)
        return place, unmet, closes or date.max, one.project.record.id

    return tuple(sorted(found, key=key))


def _in_time(call: Subsidy, today: date) -> Condition | None:
    if call.closes is None:
        return None
    late = (today - call.closes).days
    return Condition(
        "in-time",
        State.UNMET if late > 0 else State.MET,
        asked=(call.closes.isoformat(),),
        found=(today.isoformat(),),
        short=Decimal(late) if late > 0 else None,
    )


def _theme(collective: Collective, project: Project, call: Subsidy) -> Condition | None:
    if not call.themes:
        return None
    if not project.themes:
        return Condition("theme", State.UNKNOWN, asked=call.themes)
    # A project about bicycles answers a call about mobility, where one is part of the other.
    wider = {theme for one in project.themes for theme in _with_broader(collective, one)}
    met = not wider.isdisjoint(call.themes)
    return Condition(
        "theme",
        State.MET if met else State.UNMET,
        asked=call.themes,
        found=project.themes,
        missing=() if met else call.themes,
    )


def _with_broader(collective: Collective, theme_id: str) -> tuple[str, ...]:
    found: list[str] = []
    current: str | None = theme_id
    while current is not None and current not in found:
        found.append(current)
        held = collective.find(current)
        current = (
            held.record.broader if held is not None and isinstance(held.record, Theme) else None
        )
    return tuple(found)


def _trl(project: Project, call: Subsidy) -> tuple[Condition | None, Condition | None]:
    return (
        at_least("trl-minimum", call.trl_minimum, project.trl),
        at_most("trl-maximum", call.trl_maximum, project.trl),
    )


def _kinds(consortium: Consortium, call: Subsidy) -> Condition | None:
    if not call.partner_kinds:
        return None
    missing = tuple(kind for kind in call.partner_kinds if kind not in consortium.kinds)
    state = State.UNMET if missing else State.MET
    if missing and len(consortium.unknown) >= len(missing):
        state = State.UNKNOWN
    return Condition(
        "partner-kinds",
        state,
        asked=call.partner_kinds,
        found=tuple(sorted(consortium.kinds)),
        missing=missing,
    )


def _co_financing(project: Project, call: Subsidy) -> Condition | None:
    if not call.co_financing:
        return None
    own = None
    if project.budget is not None:
        own = project.budget.amount * Decimal(str(call.co_financing))
    # Who pays along is a fact of the record; whether that is enough, only they can say.
    return Condition(
        "co-financing",
        State.MET if project.co_investors else State.UNKNOWN,
        asked=(str(call.co_financing),),
        found=project.co_investors,
        short=own if not project.co_investors else None,
        unit=project.budget.currency if project.budget is not None else "",
    )


def _new_standard(project: Project, *, asked: bool | None) -> Condition | None:
    if not asked:
        return None
    # The standards that a project uses do not show that it makes one: no record says so.
    return Condition("new-standard", State.UNKNOWN, asked=("true",), found=project.standards)


def _liveability(project: Project) -> Condition:
    value = project.business_case.value if project.business_case is not None else {}
    shown = tuple(value.values()) or project.residents_groups
    return Condition("liveability", State.MET if shown else State.UNKNOWN, found=shown)
