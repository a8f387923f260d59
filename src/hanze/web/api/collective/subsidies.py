"""The subsidies desk: which calls a project may answer, and which projects a call."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from hanze.collaboration.collective import Collective
from hanze.collaboration.conditions import Condition
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.subsidies import (
    Assessment,
    assess_fund,
    calls_for,
    deadlines,
    projects_for,
)
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.records import Several
from hanze.web.api.collective.visits import collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken

__all__ = ["ROUTES"]


class ConditionMet(Answer, frozen=True):
    """A condition of a call: `state` is met, unmet or unknown; `short` says by how much."""

    name: str
    state: str
    asked: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    short: Decimal | None = None
    unit: str = ""


class Grant(Answer, frozen=True):
    """The most that a call could pay."""

    amount: Decimal
    currency: str


class Assessed(Answer, frozen=True):
    """A project beside a call; `to_do` names the conditions that would make it eligible."""

    project: Told
    eligibility: str
    status: str
    conditions: tuple[ConditionMet, ...]
    to_do: tuple[str, ...] = ()
    call: Told | None = None
    closes: date | None = None
    grant: Grant | None = None


class CallsForProject(Answer, frozen=True):
    """The calls beside a project, those that it may answer first; and the strategy's fund."""

    calls: tuple[Assessed, ...]
    fund: Assessed


class ProjectsForCall(Answer, frozen=True):
    """The projects beside a call, those that may answer it first."""

    projects: tuple[Assessed, ...]


class ChoiceOfCalls(Taken, frozen=True):
    """Which calls: those that are closed as well?"""

    closed: bool = False


class ChoiceOfProjectsOfCities(Taken, frozen=True):
    """Whose projects: ids of cities or organisations that take part; and how many."""

    city: Several = ()
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class CallThatCloses(Answer, frozen=True):
    """A call and the days until it closes."""

    call: Told
    closes: date
    days: int
    budget: Grant | None = None


class CallsThatClose(Answer, frozen=True):
    """All that close, the first one first."""

    deadlines: tuple[CallThatCloses, ...]


async def list_deadlines(ask: Ask) -> CallsThatClose:
    """List the calls that close, the first one first."""
    collective = await collective_of(ask)
    return CallsThatClose(
        deadlines=tuple(
            CallThatCloses(
                call=told(one.call, collective),
                closes=one.closes,
                days=one.days,
                budget=_grant(one.call.record.budget),
            )
            for one in deadlines(collective, ask.today)
        )
    )


async def list_calls(ask: Ask) -> CallsForProject:
    """Hold every call, and the strategy's fund, beside a project."""
    choice = ask.parameters(ChoiceOfCalls)
    collective = await collective_of(ask)
    project = collective.get(ask.path("id"), Project)
    found = calls_for(collective, project.record.id, ask.today, closed=choice.closed)
    return CallsForProject(
        calls=tuple(_assessed(one, collective) for one in found),
        fund=_assessed(assess_fund(collective, project), collective),
    )


async def list_projects(ask: Ask) -> ProjectsForCall:
    """Hold every project beside a call."""
    choice = ask.parameters(ChoiceOfProjectsOfCities)
    collective = await collective_of(ask)
    cities = (choice.city,) if isinstance(choice.city, str) else choice.city
    found = projects_for(collective, ask.path("id"), ask.today, cities=cities)
    return ProjectsForCall(
        projects=tuple(_assessed(one, collective) for one in found[: choice.limit])
    )


def _assessed(one: Assessment, collective: Collective) -> Assessed:
    return Assessed(
        project=told(one.project, collective),
        eligibility=one.eligibility.value,
        status=one.status.value,
        conditions=tuple(_condition(condition) for condition in one.conditions),
        to_do=tuple(condition.name for condition in one.to_do),
        call=told(one.call, collective) if one.call is not None else None,
        closes=one.call.record.closes if one.call is not None else None,
        grant=_grant(one.grant),
    )


def _condition(one: Condition) -> ConditionMet:
    return ConditionMet(
        name=one.name,
        state=one.state.value,
        asked=one.asked,
        found=one.found,
        missing=one.missing,
        short=one.short,
        unit=one.unit,
    )


def _grant(money: Money | None) -> Grant | None:
    return Grant(amount=money.amount, currency=money.currency) if money is not None else None


ROUTES = (
    ApiRoute("GET", "/subsidies/deadlines", list_deadlines, CallsThatClose),
    ApiRoute(
        "GET",
        "/subsidies/calls/{id:path}/projects",
        list_projects,
        ProjectsForCall,
        parameters=ChoiceOfProjectsOfCities,
    ),
    ApiRoute(
        "GET",
        "/subsidies/projects/{id:path}/calls",
        list_calls,
        CallsForProject,
        parameters=ChoiceOfCalls,
    ),
)
