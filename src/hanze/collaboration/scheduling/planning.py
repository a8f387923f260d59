"""The best plan of a day of meetings."""

from collections.abc import Sequence

from hanze.collaboration.scheduling.greedy import plan_greedily
from hanze.collaboration.scheduling.possible import WrongDay
from hanze.collaboration.scheduling.problem import Meeting, Problem, Schedule

__all__ = ["WrongDay", "plan_day"]


def plan_day(
    problem: Problem, *, previous: Sequence[Meeting] = (), time_limit_s: float = 20.0
) -> Schedule:
    """Plan a day.

    Raises:
        WrongDay: The day is not as it must be.
    """
    del time_limit_s
    return plan_greedily(problem, previous)
