"""Who goes first in a theme: lead cities, division of work, the chair in turn, and the ministry.

Everything here is read off the records; what is decided is written to the theme.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final, TypeVar

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.months import months_later
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Chair, Task, Theme
from hanze.collaboration.writing import change_record
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller

__all__ = [
    "BudgetPart",
    "BudgetTotal",
    "CityTask",
    "LeadCity",
    "ProposedChair",
    "ThemeContact",
    "UnfitLeadership",
    "add_task",
    "add_turn",
    "budget_totals",
    "chair_next",
    "chair_today",
    "division",
    "finish_task",
    "lead_cities",
    "ministry_contacts",
    "propose_rotation",
    "theme_contact",
]

R = TypeVar("R", bound=Record)

_MOST_TURNS: Final = 40


class UnfitLeadership(InvalidInput):
    """A task or a turn of a theme is not possible."""


@dataclass(frozen=True, slots=True)
class LeadCity:
    """A city that goes first in a theme.

    Attributes:
        city: Id.
        country: Id; `None` where it is not known.
        said_by: "theme", "city" or "both": which record says so.
    """

    city: str
    country: str | None
    said_by: str


@dataclass(frozen=True, slots=True)
class CityTask:
    """A task in the division of work.

    Attributes:
        number: Its place in the theme's list, from 0; names it.
        task: As the record has it.
        state: "done", "late" or "open".
        days: Until it is due; negative where it is past; `None` without a date.
    """

    number: int
    task: Task
    state: str
    days: int | None


@dataclass(frozen=True, slots=True)
class ProposedChair:
    """A turn that nobody decided yet.

    Attributes:
        last_until: The last day on which the city chaired before; `None` when it never did.
    """

    chair: Chair
    last_until: date | None


@dataclass(frozen=True, slots=True)
class ThemeContact:
    """Whom to ask about a theme at the ministry.

    Attributes:
        missing: Of "ministry" and "contact", what the theme lacks or names in vain.
    """

    theme: Held[Theme]
    ministry: Held[Organization] | None
    contact: Held[Contact] | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BudgetPart:
    """What one ministry sets aside."""

    ministry: Held[Organization]
    amount: Decimal
    purpose: str
    source: str


@dataclass(frozen=True, slots=True)
class BudgetTotal:
    """What ministries set aside in a year, in one currency: currencies are never added up."""

    year: int
    currency: str
    amount: Decimal
    parts: tuple[BudgetPart, ...]


def lead_cities(collective: Collective, theme: Theme) -> Mapping[str | None, Sequence[LeadCity]]:
    """List the lead cities of a theme by country, as the theme and the cities themselves say."""
    places: list[Held[Municipality] | Held[Region]] = [
        *collective.of(Municipality),
        *collective.of(Region),
    ]
    own = [held.record.id for held in places if theme.id in held.record.leads_themes]
    found: dict[str | None, list[LeadCity]] = {}
    for city in dict.fromkeys((*theme.lead_cities, *sorted(own))):
        said_by = "both" if city in own and city in theme.lead_cities else "theme"
        if city not in theme.lead_cities:
            said_by = "city"
        country = country_of(collective, city)
        found.setdefault(country, []).append(LeadCity(city, country, said_by))
    return found


def division(theme: Theme, today: date) -> tuple[CityTask, ...]:
    """Tell of each task whether it is done, late or open; late ones first, then by date."""
    tasks = [_city_task(number, task, today) for number, task in enumerate(theme.tasks)]
    order = {"late": 0, "open": 1, "done": 2}
    return tuple(
        sorted(tasks, key=lambda one: (order[one.state], one.task.due or date.max, one.number))
    )


def _city_task(number: int, task: Task, today: date) -> CityTask:
    days = (task.due - today).days if task.due is not None else None
    if task.done_on is not None and task.done_on <= today:
        return CityTask(number, task, "done", days)
    return CityTask(number, task, "late" if days is not None and days < 0 else "open", days)


def chair_today(theme: Theme, today: date) -> Chair | None:
    """Return who chairs on a day."""
    return next((one for one in theme.chairs if one.since <= today <= one.until), None)


def chair_next(theme: Theme, today: date) -> Chair | None:
    """Return whose turn comes after that."""
    later = [one for one in theme.chairs if one.since > today]
    return min(later, key=lambda one: one.since, default=None)


def propose_rotation(
    chairs: Sequence[Chair],
    cities: Iterable[str],
    *,
    today: date,
    turns: int | None = None,
    months: int = 6,
) -> tuple[ProposedChair, ...]:
    """Propose who chairs after the turns that are decided: whoever did so longest ago.

    Those who never did come first, in the order of `cities`. So of n cities each has one of every
    n turns.

    Args:
        chairs: Turns that are over, run or are decided.
        cities: Ids of those who may chair.
        turns: How many; one of each city unless it is said.
        months: Length of a turn.

    Raises:
        UnfitLeadership: The number or length of turns makes no sense.
    """
    candidates = list(dict.fromkeys(cities))
    wanted = len(candidates) if turns is None else turns
    if not 0 <= wanted <= _MOST_TURNS or not 1 <= months <= 120:
        raise UnfitLeadership(
            f"A rotation has at most {_MOST_TURNS} turns of 1 to 120 months", field="turns"
        )
    last = {
        city: max((one.until for one in chairs if one.city == city), default=None)
        for city in candidates
    }
    start = max((one.until + timedelta(days=1) for one in chairs), default=today)
    start = max(start, today)
    found: list[ProposedChair] = []
    for _ in range(wanted if candidates else 0):
        city = min(candidates, key=lambda one: last[one] or date.min)
        following = months_later(start, months)
        chair = Chair(city=city, since=start, until=following - timedelta(days=1))
        found.append(ProposedChair(chair, last[city]))
        last[city], start = chair.until, following
    return tuple(found)


def ministry_contacts(collective: Collective) -> tuple[ThemeContact, ...]:
    """List of every theme whom to ask at the ministry, and what is missing there.

    Parts of a theme have the contact of the whole, and are listed only where they name their own.
    """
    return tuple(
        theme_contact(collective, held)
        for held in collective.of(Theme)
        if held.record.broader is None or held.record.ministry or held.record.ministry_contact
    )


def theme_contact(collective: Collective, held: Held[Theme]) -> ThemeContact:
    """Tell whom to ask at the ministry about one theme, and what is missing there."""
    theme = held.record
    ministry = _of(collective, theme.ministry, Organization)
    contact = _of(collective, theme.ministry_contact, Contact)
    lacks = (("ministry", ministry), ("contact", contact))
    return ThemeContact(
        held, ministry, contact, tuple(name for name, found in lacks if found is None)
    )


def _of(collective: Collective, record_id: str | None, kind: type[R]) -> Held[R] | None:
    held = collective.find(record_id) if record_id is not None else None
    return collective.get(held.record.id, kind) if held and isinstance(held.record, kind) else None


def budget_totals(collective: Collective, country: str | None = None) -> tuple[BudgetTotal, ...]:
    """Total what ministries set aside for smart cities: by year and currency, the latest first.

    Args:
        country: Id; only its ministries.
    """
    parts: dict[tuple[int, str], list[BudgetPart]] = {}
    for held in collective.of(Organization):
        ministry = held.record
        if ministry.kind != "ministry" or country not in (None, ministry.country):
            continue
        for budget in ministry.budgets:
            part = BudgetPart(held, budget.amount, budget.purpose, budget.source)
            parts.setdefault((budget.year, budget.currency), []).append(part)
    return tuple(
        BudgetTotal(year, currency, sum((one.amount for one in some), Decimal(0)), tuple(some))
        for (year, currency), some in sorted(parts.items(), key=lambda item: (-item[0][0], item[0]))
    )


async def add_task(store: Store, caller: Caller, theme_id: str, task: Task, *, now: str) -> Theme:
    """Give a city a task in a theme.

    Raises:
        RecordNotFound: There is no such theme.
    """
    return await change_record(
        store,
        caller,
        theme_id,
        Theme,
        lambda theme: replace(theme, tasks=(*theme.tasks, task)),
        now=now,
    )


async def finish_task(
    store: Store, caller: Caller, theme_id: str, number: int, *, on: date | None, now: str
) -> Theme:
    """Say on which day a task was done; `None` takes that back.

    Raises:
        RecordNotFound: There is no such theme.
        UnfitLeadership: The theme has no such task.
    """

    def finish(theme: Theme) -> Theme:
        if not 0 <= number < len(theme.tasks):
            raise UnfitLeadership(f"The theme has no task {number}", field="number", value=number)
        tasks = list(theme.tasks)
        tasks[number] = replace(tasks[number], done_on=on)
        return replace(theme, tasks=tuple(tasks))

    return await change_record(store, caller, theme_id, Theme, finish, now=now)


async def add_turn(store: Store, caller: Caller, theme_id: str, turn: Chair, *, now: str) -> Theme:
    """Decide who chairs when; two never chair at once.

    Raises:
        RecordNotFound: There is no such theme.
        UnfitLeadership: The turn ends before it starts, or runs into another one.
    """

    def decide(theme: Theme) -> Theme:
        turns = sorted((*theme.chairs, turn), key=lambda one: one.since)
        if turn.until < turn.since or any(a.until >= b.since for a, b in pairwise(turns)):
            raise UnfitLeadership(
                f"The turn from {turn.since} to {turn.until} runs into another one",
                field="chairs",
                value=turn.since,
            )
        return replace(theme, chairs=tuple(turns))

    return await change_record(store, caller, theme_id, Theme, decide, now=now)
