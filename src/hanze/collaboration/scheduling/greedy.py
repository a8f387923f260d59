"""A plan without looking ahead: the best meeting first, in the first place that is free."""

import time
from collections.abc import Iterable, Sequence

from hanze.collaboration.scheduling.board import Board
from hanze.collaboration.scheduling.outcome import schedule_of
from hanze.collaboration.scheduling.possible import Candidate, Possible, possible
from hanze.collaboration.scheduling.problem import Meeting, Problem, Schedule

__all__ = ["extended", "greedy_board", "plan_greedily"]


def plan_greedily(problem: Problem, previous: Sequence[Meeting] = ()) -> Schedule:
    """Plan a day meeting by meeting: those of the plan before first, then those worth most.

    It obeys every rule, is quick, and promises nothing: it is what `plan_day` starts from and is
    measured against. Its bound adds up what everybody would have if nobody else wanted the same.

    Raises:
        WrongDay: The day is not as it must be.
    """
    started = time.monotonic()
    day = possible(problem)
    board = greedy_board(day, previous)
    return schedule_of(day, board.planned(), previous, seconds=time.monotonic() - started)


def greedy_board(day: Possible, previous: Sequence[Meeting] = ()) -> Board:
    """Put meetings where they fit.

    First the meetings of the plan before that can stay as they are; then those that cannot, where
    they can; then for everybody who has none yet the best that they can get; then the rest, the
    best first. Ties in order of pair.
    """
    board = Board(day)
    for meeting in sorted(previous):
        if board.allows(meeting):
            board.put(meeting)
    before = {meeting.pair for meeting in previous}
    best = _best_first(day)
    board.extend(candidate for candidate in best if candidate.pair in before)
    met = {key for pair in board.meetings for key in pair}
    for candidate in best:
        if not met.issuperset(candidate.pair):
            board.extend([candidate])
            if candidate.pair in board.meetings:
                met.update(candidate.pair)
    board.extend(best)
    return board


def extended(day: Possible, meetings: Iterable[Meeting]) -> tuple[Meeting, ...]:
    """Add to a plan what still fits, the best first."""
    board = Board(day)
    for meeting in meetings:
        board.put(meeting)
    board.extend(_best_first(day))
    return board.planned()


def _best_first(day: Possible) -> list[Candidate]:
    return sorted(day.candidates, key=lambda one: (-one.worth, one.pair))
