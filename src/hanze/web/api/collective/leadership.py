"""Who goes first in a theme, who chairs, who does what, and what ministries set aside."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

from msgspec import Meta

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.leadership import (
    CityTask,
    ThemeContact,
    add_task,
    add_turn,
    budget_totals,
    chair_next,
    chair_today,
    division,
    finish_task,
    lead_cities,
    ministry_contacts,
    propose_rotation,
    theme_contact,
)
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Chair, Task, Theme
from hanze.web.api.collective.funnel import Text, Told, told
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.collective.visits import at_home, collective_of
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]

R = TypeVar("R", bound=Record)


class LeadOfTheme(Answer, frozen=True):
    """A lead city; `said_by` is theme, city or both."""

    city: Named
    country: Named | None
    said_by: str


class Turn(Answer, frozen=True):
    """Who chairs, from the first to the last day."""

    city: Named
    since: date
    until: date


class ProposedTurn(Answer, frozen=True):
    """A turn that nobody decided yet, and when the city chaired last."""

    city: Named
    since: date
    until: date
    last_until: date | None


class TaskOfCity(Answer, frozen=True):
    """A task; `state` is done, late or open, `days` until it is due."""

    number: int
    city: Named
    task: Mapping[str, str]
    state: str
    due: date | None = None
    done_on: date | None = None
    days: int | None = None


class Leadership(Answer, frozen=True):
    """Who does what in a theme; `missing` names what it lacks at the ministry."""

    theme: Told
    leads: tuple[LeadOfTheme, ...]
    tasks: tuple[TaskOfCity, ...]
    missing: tuple[str, ...]
    chair: Turn | None = None
    next_chair: Turn | None = None
    ministry: Named | None = None
    ministry_contact: Named | None = None


class Leaderships(Answer, frozen=True):
    """All themes."""

    themes: tuple[Leadership, ...]
    freshness: list[Freshness] = []


class ChoiceOfRotation(Taken, frozen=True):
    """Which rotation: how many turns of how many months, by default one of each lead city."""

    turns: Annotated[int, Meta(ge=0, le=40)] | None = None
    months: Annotated[int, Meta(ge=1, le=120)] = 6


class Rotation(Answer, frozen=True):
    """A rotation that is fair: whoever chaired longest ago comes first."""

    turns: tuple[ProposedTurn, ...]


class DecidedTurn(Taken, frozen=True):
    """A turn as it was decided."""

    city: Id
    since: date
    until: date


class GivenTask(Taken, frozen=True):
    """A task for a city."""

    city: Id
    task: Text
    due: date | None = None


class DoneTask(Taken, frozen=True):
    """The day on which a task was done; none takes that back."""

    on: date | None = None


class ChoiceOfBudgets(Taken, frozen=True):
    """Whose budgets: id of a country."""

    country: str | None = None


class PartOfBudget(Answer, frozen=True):
    """What one ministry sets aside."""

    ministry: Named
    amount: Decimal
    purpose: str = ""
    source: str = ""


class Total(Answer, frozen=True):
    """What ministries set aside in a year, in one currency."""

    year: int
    currency: str
    amount: Decimal
    parts: tuple[PartOfBudget, ...]


class Totals(Answer, frozen=True):
    """Totals by year and currency: amounts in different currencies are not added."""

    totals: tuple[Total, ...]
    freshness: list[Freshness] = []


async def list_leaderships(ask: Ask) -> Leaderships:
    """List the themes with their lead cities, chairs, tasks and ministries."""
    collective = await collective_of(ask)
    contacts = ministry_contacts(collective)
    return Leaderships(
        themes=tuple(_leadership(one, collective, ask.today) for one in contacts),
        freshness=freshness_of(collective, ask.now),
    )


async def show_leadership(ask: Ask) -> Leadership:
    """Show who does what in a theme."""
    collective = await collective_of(ask)
    return _one(ask, collective)


async def propose(ask: Ask) -> Rotation:
    """Propose who chairs after the turns that are decided."""
    choice = ask.parameters(ChoiceOfRotation)
    collective = await collective_of(ask)
    theme = collective.get(ask.path("id"), Theme).record
    cities = [one.city for some in lead_cities(collective, theme).values() for one in some]
    found = propose_rotation(
        theme.chairs, cities, today=ask.today, turns=choice.turns, months=choice.months
    )
    return Rotation(
        turns=tuple(
            ProposedTurn(
                city=named(one.chair.city, collective),
                since=one.chair.since,
                until=one.chair.until,
                last_until=one.last_until,
            )
            for one in found
        )
    )


async def decide_turn(ask: Ask) -> Leadership:
    """Decide who chairs when."""
    body = await ask.body(DecidedTurn)
    held = (await collective_of(ask)).get(ask.path("id"), Theme)
    turn = Chair(city=body.city, since=body.since, until=body.until)
    await add_turn(ask.node.store, at_home(ask, held), held.record.id, turn, now=ask.now)
    return _one(ask, await collective_of(ask))


async def give_task(ask: Ask) -> Leadership:
    """Give a city a task in a theme."""
    body = await ask.body(GivenTask)
    held = (await collective_of(ask)).get(ask.path("id"), Theme)
    task = Task(city=body.city, task=body.task, due=body.due)
    await add_task(ask.node.store, at_home(ask, held), held.record.id, task, now=ask.now)
    return _one(ask, await collective_of(ask))


async def finish(ask: Ask) -> Leadership:
    """Say on which day a task was done."""
    body = await ask.body(DoneTask)
    held = (await collective_of(ask)).get(ask.path("id"), Theme)
    await finish_task(
        ask.node.store,
        at_home(ask, held),
        held.record.id,
        int(ask.path("number")),
        on=body.on,
        now=ask.now,
    )
    return _one(ask, await collective_of(ask))


async def total_budgets(ask: Ask) -> Totals:
    """Total what ministries set aside for smart cities, by year and currency."""
    choice = ask.parameters(ChoiceOfBudgets)
    collective = await collective_of(ask)
    return Totals(
        totals=tuple(
            Total(
                year=one.year,
                currency=one.currency,
                amount=one.amount,
                parts=tuple(
                    PartOfBudget(
                        ministry=named(part.ministry.record.id, collective),
                        amount=part.amount,
                        purpose=part.purpose,
                        source=part.source,
                    )
                    for part in one.parts
                ),
            )
            for one in budget_totals(collective, choice.country)
        ),
        freshness=freshness_of(collective, ask.now),
    )


def _one(ask: Ask, collective: Collective) -> Leadership:
    contact = theme_contact(collective, collective.get(ask.path("id"), Theme))
    return _leadership(contact, collective, ask.today)


def _leadership(contact: ThemeContact, collective: Collective, day: date) -> Leadership:
    theme = contact.theme.record
    leads = [one for some in lead_cities(collective, theme).values() for one in some]
    return Leadership(
        theme=told(contact.theme, collective),
        leads=tuple(
            LeadOfTheme(
                city=named(one.city, collective),
                country=named_if(one.country, collective),
                said_by=one.said_by,
            )
            for one in leads
        ),
        tasks=tuple(_task(one, collective) for one in division(theme, day)),
        missing=contact.missing,
        chair=_turn(chair_today(theme, day), collective),
        next_chair=_turn(chair_next(theme, day), collective),
        ministry=_named(contact.ministry, collective),
        ministry_contact=_named(contact.contact, collective),
    )


def _task(one: CityTask, collective: Collective) -> TaskOfCity:
    return TaskOfCity(
        number=one.number,
        city=named(one.task.city, collective),
        task=one.task.task,
        state=one.state,
        due=one.task.due,
        done_on=one.task.done_on,
        days=one.days,
    )


def _turn(chair: Chair | None, collective: Collective) -> Turn | None:
    if chair is None:
        return None
    return Turn(city=named(chair.city, collective), since=chair.since, until=chair.until)


def _named(held: Held[R] | None, collective: Collective) -> Named | None:
    return named(held.record.id, collective) if held is not None else None


ROUTES = (
    ApiRoute("GET", "/leadership", list_leaderships, Leaderships),
    ApiRoute("GET", "/leadership/budgets", total_budgets, Totals, parameters=ChoiceOfBudgets),
    ApiRoute(
        "GET", "/leadership/{id:path}/rotation", propose, Rotation, parameters=ChoiceOfRotation
    ),
    ApiRoute(
        *("POST", "/leadership/{id:path}/turns", decide_turn, Leadership),
        body=DecidedTurn,
        writes=True,
    ),
    ApiRoute(
        *("POST", "/leadership/{id:path}/tasks", give_task, Leadership), body=GivenTask, writes=True
    ),
    ApiRoute(
        *("POST", "/leadership/{id:path}/tasks/{number:whole}/done", finish, Leadership),
        body=DoneTask,
        writes=True,
    ),
    ApiRoute("GET", "/leadership/{id:path}", show_leadership, Leadership),
)
