"""Plan days of meetings: the proven plan beside a greedy one, growth, and an interpreter who is ill.

    python bench/schedule.py            50, 100, 200 and 400 people, five times each
    python bench/schedule.py --quick    50 and 100

Half of the people come from here and half from there; they send 2.6 requests each, most of them to
the popular ones; one in twenty is away in a slot; there is an interpreter for eight people, which is
less than they need. Days are drawn with a fixed seed. Time is processor time of the process: median,
and the least and most of the runs. Then the same with tables in two halls, between which the way
takes longer than the break: much harder, and told as far as it comes within the limit.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from functools import partial

import msgspec

from hanze.collaboration.scheduling.checking import faults
from hanze.collaboration.scheduling.greedy import plan_greedily
from hanze.collaboration.scheduling.planning import plan_day
from hanze.collaboration.scheduling.problem import (
    Guest,
    Problem,
    Schedule,
    Slot,
    Table,
    Translator,
)

SIZES = [(50, 20), (100, 40), (200, 80), (400, 140)]
SLOTS = 7
LIMIT_S = 30.0


def drawn(people: int, tables: int, *, ways: bool) -> Problem:
    """Draw a day."""
    chance = random.Random(f"{people} {tables}")
    half = people // 2
    keys = {"home": [f"nl{n:03}" for n in range(half)], "guest": [f"kr{n:03}" for n in range(half)]}
    english = {"home": 0.8, "guest": 0.5}
    own = {"home": "nl", "guest": "ko"}
    wants: dict[str, dict[str, int]] = {key: {} for side in keys.values() for key in side}
    liked = {
        key: (1 + rank) ** -0.5
        for side in keys.values()
        for rank, key in enumerate(chance.sample(side, half))
    }
    while sum(map(len, wants.values())) < people * 26 // 10:
        asking, asked = chance.sample(["home", "guest"], 2)
        met = chance.choices(keys[asked], [liked[key] for key in keys[asked]])[0]
        wants[chance.choice(keys[asking])][met] = chance.randint(1, 5)
    slots = tuple(Slot(f"s{n}", 600 + 25 * n, 620 + 25 * n) for n in range(SLOTS))
    return Problem(
        slots=slots,
        tables=tuple(
            Table(f"t{n:03}", "north" if n < tables / 2 else "south") for n in range(tables)
        ),
        guests=tuple(
            Guest(
                key=key,
                side=side,
                languages=frozenset(
                    {own[side], "en"} if chance.random() < english[side] else {own[side]}
                ),
                wants=wants[key],
                away=frozenset(slot.key for slot in slots if chance.random() < 0.05),
            )
            for side, names in keys.items()
            for key in names
        ),
        translators=tuple(
            Translator(f"i{n:02}", frozenset({"ko", "nl", "en"} if n % 2 else {"ko", "nl"}))
            for n in range(people // 8)
        ),
        travel={("north", "south"): 10} if ways else {},
    )


def measured(
    name: str, problem: Problem, plan: Callable[[], Schedule], times: int, more: str = ""
) -> tuple[Schedule, float]:
    """Plan several times; tell the plan and the time, and refuse a plan that breaks a rule."""
    seconds = []
    for _ in range(times):
        started = time.process_time()
        found = plan()
        seconds.append(time.process_time() - started)
    wrong = faults(problem, found.meetings)
    if wrong:
        raise SystemExit(f"{name} breaks a rule: {wrong[0]}")
    median = statistics.median(seconds)
    told = "proven" if found.optimal else f"gap {found.gap:.2%}"
    print(
        f"  {name:14}{median:8.2f} s ({min(seconds):.2f}-{max(seconds):.2f})  "
        f"{len(found.meetings):4} meetings  worth {found.worth:5} of at most {found.bound:5}  "
        f"{len(found.without):2} without  {told}{more}"
    )
    return found, median


def changed(before: Schedule, again: Schedule) -> str:
    """Say how much of a plan changed, beside what the interpreter had."""
    return (
        f"; {len(again.moved)} moved, {len(again.changed_translator)} with another interpreter, "
        f"{len(again.dropped)} dropped, {len(again.added)} new, of {len(before.meetings)}"
    )


def ill(problem: Problem, before: Schedule, times: int) -> None:
    """Plan again without the first interpreter."""
    first = problem.translators[0].key
    had = sum(meeting.translator == first for meeting in before.meetings)
    second = msgspec.structs.replace(problem, translators=problem.translators[1:])
    again, _ = measured(
        "interpreter ill",
        second,
        partial(plan_day, second, previous=before.meetings, time_limit_s=LIMIT_S),
        times,
        f"; had {had}",
    )
    print(f"  {'':14}{changed(before, again)[2:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="50 and 100 people only")
    parser.add_argument("--times", type=int, default=5, help="runs of each (5)")
    asked = parser.parse_args()
    # OR-Tools takes a second or two to load, once in a process: not part of any figure.
    plan_day(drawn(20, 8, ways=False))
    for ways in (False, True):
        before = 0.0
        for people, tables in SIZES[:2] if asked.quick else SIZES:
            problem = drawn(people, tables, ways=ways)
            requests = sum(len(guest.wants) for guest in problem.guests)
            print(
                f"{people} people, {requests} requests, {SLOTS} slots, {tables} tables"
                f"{' in two halls' if ways else ''}, {len(problem.translators)} interpreters"
            )
            # With two halls, what is not proven takes the whole limit: once is enough.
            times = asked.times if not ways or people <= 50 else 1
            measured("greedy", problem, partial(plan_greedily, problem), times)
            plan, seconds = measured(
                "CP-SAT", problem, partial(plan_day, problem, time_limit_s=LIMIT_S), times
            )
            if not ways or people <= 100:
                ill(problem, plan, times if not ways else 1)
            if before:
                print(f"  growth: twice the people, {seconds / before:.1f} x the time")
            before = seconds


if __name__ == "__main__":
    main()
