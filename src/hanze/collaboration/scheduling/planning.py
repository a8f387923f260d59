"""The best plan of a day of meetings.

What is best is asked in this order, and each answer is kept while the next is asked:

1. As few guests as can be have no meeting at all, of those who asked or were asked. Where there was
   a plan before, as little as can be is changed; what a change costs stands in `moves`.
2. The meetings are worth as much as can be.
3. As few guests as can be get nothing that they asked for themselves.
4. Of the others, the worst off gets as large a part of the best day that they could have as can be.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from hanze.collaboration.scheduling.greedy import extended, greedy_board
from hanze.collaboration.scheduling.model import loose_model, whole_model
from hanze.collaboration.scheduling.moves import Kept, kept, move_costs
from hanze.collaboration.scheduling.outcome import schedule_of
from hanze.collaboration.scheduling.possible import Possible, WrongDay, possible
from hanze.collaboration.scheduling.problem import Guest, Meeting, Pair, Problem, Schedule
from hanze.collaboration.scheduling.room import Option, Room, room_of
from hanze.collaboration.scheduling.search import PARTS, Clock, Search, Wishes
from hanze.collaboration.scheduling.seating import seated

__all__ = ["WrongDay", "plan_day"]

#: A whole model of more options takes longer to make than a person waits, and a gigabyte: 400 people
#: in two halls with 50 interpreters, told apart, have 400,000.
_MOST_OPTIONS = 120_000


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """A day to plan.

    Attributes:
        day: What is possible.
        room: What there is.
        before: What pairs had in the plan before.
        start: A plan that obeys every rule.
        worths: What each pair is worth.
        hopes: Guest → pairs that may meet.
        wishes: Of the guests who asked for some of these.
    """

    day: Possible
    room: Room
    before: Mapping[Pair, Kept]
    start: frozenset[Option]
    worths: Mapping[Pair, int]
    hopes: Mapping[str, Sequence[Pair]]
    wishes: Mapping[str, Wishes]


class _Found(msgspec.Struct, frozen=True):
    """A plan, what none is worth more than, and whether it is proven."""

    plan: frozenset[Option]
    bound: int
    proven: bool


def plan_day(
    problem: Problem, *, previous: Sequence[Meeting] = (), time_limit_s: float = 20.0
) -> Schedule:
    """Plan a day of meetings as well as can be, with proof where the time allows it.

    The same input gives the same plan, in whatever order its parts stand, unless the wall clock cuts
    the search short: the solver counts its own steps, and stops by that count as a rule.

    Args:
        problem: The day.
        previous: The plan before; what of it is still possible is kept.
        time_limit_s: For all searching together. Then the best plan found is told, with its gap.

    Raises:
        WrongDay: A key is twice, times are not in order, or a number is out of its range.
        SolverMissing: OR-Tools is not installed.
    """
    started = time.monotonic()
    day = possible(problem)
    task = _task(day, previous)
    clock = Clock(time_limit_s)
    if not day.candidates:
        found = _Found(frozenset(), 0, proven=True)
    elif task.before:
        found = _plan_again(task, clock)
    else:
        found = _plan_anew(task, clock)
    meetings = seated(day, task.room, found.plan, task.before)
    if not found.proven:
        # Cut short, a plan may lack a pair for which there is room; adding it makes nothing worse.
        meetings = extended(day, meetings)
    return schedule_of(
        day,
        meetings,
        previous,
        bound=found.bound,
        optimal=found.proven,
        seconds=time.monotonic() - started,
    )


def _task(day: Possible, previous: Sequence[Meeting]) -> _Task:
    before = kept(day, previous)
    room = room_of(day, apart=bool(before))
    start = greedy_board(day, previous)
    hopes: dict[str, list[Pair]] = {key: [] for key in day.guests}
    for candidate in day.candidates:
        for key in candidate.pair:
            hopes[key].append(candidate.pair)
    wishes = {key: _wishes(day, day.guests[key], pairs) for key, pairs in hopes.items()}
    return _Task(
        day=day,
        room=room,
        before=before,
        start=frozenset(room.option_of(day, meeting) for meeting in start.meetings.values()),
        worths={candidate.pair: candidate.worth for candidate in day.candidates},
        hopes={key: pairs for key, pairs in hopes.items() if pairs},
        wishes={key: own for key, own in wishes.items() if own.best},
    )


def _wishes(day: Possible, guest: Guest, pairs: Iterable[Pair]) -> Wishes:
    interest = {pair: guest.wants[met] for pair in pairs for met in pair if met in guest.wants}
    return Wishes(interest, sum(sorted(interest.values(), reverse=True)[: day.most(guest)]))


def _plan_anew(task: _Task, clock: Clock) -> _Found:
    """Choose who meets whom in the loose model, then look for slots: mostly there are some."""
    loose = Search(loose_model(task.day, task.room), _loosely(task.start), clock)
    most_reached, _ = loose.reach(task.hopes, part=0.3)
    bound = loose.lift(task.worths, part=0.3)
    _, has = loose.reach({key: own.interest for key, own in task.wishes.items()}, part=0.1)
    loose.share_out(task.wishes, has, part=0.1)
    whole = Search(whole_model(task.day, task.room, _options(task)), task.start, clock)
    if whole.fix(loose.pairs, part=0.5):
        return _Found(whole.plan, bound, loose.proven)
    whole = Search(whole_model(task.day, task.room, _options(task)), whole.plan, clock)
    whole.reach(task.hopes, most_reached, part=0.3)
    if whole.reached(task.hopes) < loose.reached(task.hopes):
        # The bound holds for plans that leave as few without a meeting; this one leaves more.
        loose = Search(loose_model(task.day, task.room), _loosely(whole.plan), clock)
        bound = loose.lift(task.worths, part=0.2)
    bound = whole.lift(task.worths, bound, part=0.7)
    _share_in_whole(task, whole, (), clock)
    return _Found(whole.plan, bound, whole.proven)


def _plan_again(task: _Task, clock: Clock) -> _Found:
    """Keep what can stay as it is, and look at the rest; if that is not enough, look at all."""
    options = _options(task)
    costs = move_costs(task.day, task.room, options, task.before)
    least = _least(task, options, costs)
    staying = {
        option.pair: option
        for option in task.start
        if option.pair in task.before and option not in costs
    }
    fewer = [option for option in options if staying.get(option.pair, option) == option]
    ceiling = Search(loose_model(task.day, task.room), _loosely(task.start), clock).lift(
        task.worths, part=0.2
    )
    search = Search(whole_model(task.day, task.room, fewer), task.start, clock)
    # A pair that can stay has only one option that costs nothing. So if nothing is changed but what
    # must be, every best plan keeps all that was kept here.
    changed = search.disturb(costs, task.before.keys(), task.hopes, least, part=0.2)
    if changed > least and len(options) > _MOST_OPTIONS:
        search.lift(task.worths, ceiling)
        return _Found(search.plan, ceiling, proven=False)
    if changed > least:
        staying = {}
        search = Search(whole_model(task.day, task.room, options), search.plan, clock)
        search.disturb(costs, task.before.keys(), task.hopes, least, part=0.6)
    else:
        loose = Search(loose_model(task.day, task.room), _loosely(search.plan), clock)
        loose.insist(staying)
        ceiling = loose.lift(task.worths, ceiling, part=0.2)
    bound = search.lift(task.worths, ceiling, part=0.7)
    _share_in_whole(task, search, staying, clock)
    return _Found(search.plan, bound, search.proven)


def _share_in_whole(task: _Task, whole: Search, staying: Iterable[Pair], clock: Clock) -> None:
    """Answer the last two questions; what the loose model cannot do, the whole one cannot."""
    loose = Search(loose_model(task.day, task.room), _loosely(whole.plan), clock)
    loose.insist(staying)
    loose.demand(task.worths, sum(task.worths[pair] for pair in whole.pairs))
    interests = {key: own.interest for key, own in task.wishes.items()}
    most, has = loose.reach(interests, part=0.1)
    worst = loose.share_out(task.wishes, has, part=0.1)
    _, has = whole.reach(interests, most, part=0.2)
    if whole.reached(interests) < loose.reached(interests):
        worst = PARTS  # the loose model's answer holds only for plans that give as many something
    whole.share_out(task.wishes, has, worst, part=0.2)


def _least(task: _Task, options: Iterable[Option], costs: Mapping[Option, int]) -> int:
    """Add up what each pair of the plan before must lose, if all of them meet."""
    least: dict[Pair, int] = {}
    for option in options:
        cost = costs.get(option, 0)
        least[option.pair] = min(cost, least.get(option.pair, cost))
    return sum(least[pair] for pair in task.before)


def _options(task: _Task) -> list[Option]:
    return [
        option
        for candidate in task.day.candidates
        for option in task.room.options(task.day, candidate)
    ]


def _loosely(plan: Collection[Option]) -> list[Option]:
    return [Option(option.pair, kind=option.kind) for option in plan]
