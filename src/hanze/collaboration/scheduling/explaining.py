"""Why what was asked for is not in a plan."""

from collections.abc import Iterable

from hanze.collaboration.scheduling.board import Board
from hanze.collaboration.scheduling.possible import Candidate, Possible, asked_pairs, speaks_for
from hanze.collaboration.scheduling.problem import Meeting, Pair, Unscheduled, Why

__all__ = ["unscheduled"]


def unscheduled(day: Possible, meetings: Iterable[Meeting]) -> tuple[Unscheduled, ...]:
    """Say of each pair that was asked for and does not meet why, in order of pair.

    What no plan could change comes first (`UNKNOWN_GUEST` to `NO_TABLE`); then what is full in this
    plan, each proven by the plan itself. What is left is `OTHERS_FIRST`: each of the two has time,
    and other meetings stand in the way at every moment that they could share.

    Args:
        day: It must have been made of the same problem.
        meetings: They obey every rule.
    """
    board = Board(day)
    for meeting in meetings:
        board.put(meeting)
    candidates = {candidate.pair: candidate for candidate in day.candidates}
    return tuple(
        Unscheduled(*pair, _why(day, board, pair, candidates.get(pair)))
        for pair in asked_pairs(day.problem)
        if pair not in board.meetings
    )


def _why(day: Possible, board: Board, pair: Pair, candidate: Candidate | None) -> Why:
    return _never(day, pair) if candidate is None else _full(day, board, candidate)


def _never(day: Possible, pair: Pair) -> Why:
    """Say why no plan has a pair."""
    one, other = (day.guests.get(key) for key in pair)
    if one is None or other is None:
        return Why.UNKNOWN_GUEST
    if day.problem.across_only and one.side == other.side:
        return Why.SAME_SIDE
    if other.key in one.refuses or one.key in other.refuses:
        return Why.REFUSED
    together = day.slots.keys() - one.away - other.away
    if not together:
        return Why.NO_COMMON_SLOT
    if not one.languages & other.languages and not any(
        speaks_for(who, one, other) and together - who.away for who in day.translators.values()
    ):
        return Why.NO_INTERPRETER
    # What is left: there is no table, or one of them wants no meetings.
    return Why.GUEST_FULL if day.places else Why.NO_TABLE


def _full(day: Possible, board: Board, candidate: Candidate) -> Why:
    """Say what stands in the way of a pair in this plan."""
    if not board.has_room(candidate) or not all(board.time_left(key) for key in candidate.pair):
        return Why.GUEST_FULL
    free = board.free_slots(candidate)
    tables = {slot: board.free_tables(slot) for slot in free}
    if free and not any(tables.values()):
        return Why.TABLES_FULL
    if not all(tables.values()) or not free:
        return Why.OTHERS_FIRST
    reached = [
        (slot, place)
        for slot in free
        for place in {day.places[table] for table in tables[slot]}
        if board.reach(candidate, slot, place)
    ]
    if not reached:
        return Why.NO_TABLE
    if candidate.translators and not any(
        board.interpreters(candidate, slot, place) for slot, place in reached
    ):
        return Why.INTERPRETERS_FULL
    return Why.OTHERS_FIRST
