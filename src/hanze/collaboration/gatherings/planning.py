"""Planning a day, and planning it again when something changes: one plan after the other."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.gatherings.attending import attending, still_there
from hanze.collaboration.gatherings.changes import with_plan
from hanze.collaboration.gatherings.posing import meetings_of, problem_of
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation
from hanze.collaboration.rules.gatherings import keep_organiser
from hanze.collaboration.rules.step import Step
from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.greedy import plan_greedily
from hanze.collaboration.scheduling.planning import plan_day
from hanze.collaboration.scheduling.problem import Meeting, Problem, Schedule
from hanze.collaboration.writing import change_record
from hanze.errors import Conflicting, InvalidInput, TooMuch, Unavailable
from hanze.identity.caller import Caller

__all__ = [
    "Alteration",
    "DayChanged",
    "DayNotOpen",
    "DayTooLarge",
    "Planned",
    "TooManyPlans",
    "UnknownKey",
    "altered",
    "plan_matchday",
    "plan_stands",
]

_MOST_GUESTS: Final = 600
_MOST_REQUESTS: Final = 20_000
#: Plans that wait, the one that is made included: each takes a minute at most.
_MOST_WAITING: Final = 8


class _Queue:
    """Has plans made one after the other."""

    def __init__(self) -> None:
        self._solver = ThreadPoolExecutor(1, thread_name_prefix="hanze-matchday")
        self._waiting = 0

    async def solve(self, solve: Callable[[], Schedule]) -> Schedule:
        if self._waiting >= _MOST_WAITING:
            raise TooManyPlans
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._solver, solve)
        finally:
            self._waiting -= 1


#: A plan may take its whole time: one after the other, so that reading and searching keep their
#: threads.
_QUEUE: Final = _Queue()


class TooManyPlans(Unavailable):
    """As many days wait to be planned as may."""

    def __init__(self) -> None:
        super().__init__(f"{_MOST_WAITING} days are being planned; this one can be planned later")


class DayTooLarge(TooMuch):
    """A day has more participants or requests than are planned at once."""


class DayNotOpen(Conflicting):
    """A day that is a draft, over or cancelled takes no registrations and gets no plan."""

    def __init__(self, day_id: str, status: str) -> None:
        super().__init__(f"{day_id} is {status}; only a day that is open or planned takes this")
        self.field = "status"
        self.value = status


class DayChanged(Conflicting):
    """Somebody changed the day while a plan was made for it."""

    def __init__(self, day_id: str) -> None:
        super().__init__(f"{day_id} changed while it was planned; it can be planned again")
        self.field = "round"


class UnknownKey(InvalidInput):
    """A day has no such slot, table, interpreter or participant."""

    def __init__(self, what: str, key: str, field: str) -> None:
        super().__init__(f"The day has no {what} {key[:100]}", field=field, value=key)


class Alteration(msgspec.Struct, frozen=True, kw_only=True):
    """What is different from the plan before.

    Attributes:
        interpreters_away: Keys of interpreters who cannot.
        slots: In which slots they cannot; empty is all of them.
        tables_gone: Keys of tables that are not there any more.
        absent: Ids of participations that will not be there.
        back: Ids of participations that will be there after all.
    """

    interpreters_away: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    tables_gone: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A day with its new plan, and how the plan was found."""

    day: MatchmakingDay
    schedule: Schedule


def altered(day: MatchmakingDay, alteration: Alteration, known: Sequence[str]) -> MatchmakingDay:
    """Note in a day what is different.

    Args:
        day: As it is.
        alteration: What is different.
        known: Ids of its participations.

    Raises:
        UnknownKey: It names something that the day does not have.
    """
    slots = tuple(one.key for one in day.slots)
    _check("interpreter", alteration.interpreters_away, [one.key for one in day.interpreters])
    _check("slot", alteration.slots, slots)
    _check("table", alteration.tables_gone, [one.key for one in day.tables])
    _check("participant", (*alteration.absent, *alteration.back), known)
    away = alteration.slots or slots
    absent = {*day.absent, *alteration.absent} - set(alteration.back)
    return replace(
        day,
        interpreters=tuple(
            replace(one, away=tuple(key for key in slots if key in {*one.away, *away}))
            if one.key in alteration.interpreters_away
            else one
            for one in day.interpreters
        ),
        tables=tuple(one for one in day.tables if one.key not in alteration.tables_gone),
        absent=tuple(sorted(absent)),
    )


async def plan_matchday(
    store: Store,
    caller: Caller,
    collective: Collective,
    day_id: str,
    *,
    alteration: Alteration | None = None,
    afresh: bool = False,
    greedy: bool = False,
    time_limit_s: float = 20.0,
    now: str,
) -> Planned:
    """Plan a day, or plan it again with as few changes as can be; write the plan into the day.

    Args:
        store: Where the day is kept.
        caller: Of who organises it.
        collective: Has the participations of all nodes, up to date.
        day_id: Which day.
        alteration: What is different from the plan before.
        afresh: Forget the plan before: the best plan, whoever has to move.
        greedy: Without the solver: quick, and not the best.
        time_limit_s: For solving.
        now: DateTime text.

    Raises:
        RecordNotFound: There is no such day.
        RecordElsewhere: It is organised on another node.
        DayNotOpen: Its status takes no plan.
        UnknownKey: The alteration names what the day does not have.
        DayTooLarge: More than is planned at once.
        DayChanged: It changed meanwhile.
        SolverMissing: OR-Tools is not installed; a greedy plan needs none.
        SpeaksForAnother: The caller speaks for another organisation than the organiser.
        TooManyPlans: Too many wait.
    """
    held = collective.get(day_id, MatchmakingDay)
    day, home = held.record, caller.in_tenant(held.tenant)
    if day.status not in ("open", "planned"):
        raise DayNotOpen(day_id, day.status)
    # Before the solver works for whom the plan is not: the rule holds when it is written, too.
    await store.transact(lambda uow: keep_organiser(Step(uow, home, day, day, None, now)))
    several = attending(collective, held)
    known = [one.record.id for one in several]
    setting = altered(day, alteration or Alteration(), known)
    problem = problem_of(setting, [one.record for one in still_there(setting, several)])
    _check_size(problem)
    previous = () if afresh else meetings_of(day.plan)
    solve: Callable[[], Schedule] = partial(plan_greedily, problem, previous)
    if not greedy:
        solve = partial(plan_day, problem, previous=previous, time_limit_s=time_limit_s)
    schedule = await _QUEUE.solve(solve)

    def change(before: MatchmakingDay) -> MatchmakingDay:
        if before != day:
            raise DayChanged(day_id)
        return with_plan(before, setting, schedule, now=now)

    after = await change_record(store, home, day_id, MatchmakingDay, change, now=now)
    return Planned(day=after, schedule=schedule)


def plan_stands(
    held: Held[MatchmakingDay], several: Sequence[Held[Participation]]
) -> tuple[str, ...]:
    """Say why a plan does not hold any more; empty where it does.

    Args:
        held: The day.
        several: Its participations (`attending`).
    """
    problem = problem_of(held.record, [one.record for one in still_there(held.record, several)])
    meetings: tuple[Meeting, ...] = meetings_of(held.record.plan)
    return faults(problem, meetings)


def _check(what: str, keys: Sequence[str], known: Sequence[str]) -> None:
    for key in keys:
        if key not in known:
            raise UnknownKey(what, key, f"{what}s")


def _check_size(problem: Problem) -> None:
    guests = len(problem.guests)
    requests = sum(len(one.wants) for one in problem.guests)
    if guests > _MOST_GUESTS or requests > _MOST_REQUESTS:
        raise DayTooLarge(
            f"A plan for {guests} participants with {requests} requests is asked for; the most is "
            f"{_MOST_GUESTS} and {_MOST_REQUESTS}"
        )
