"""A plan told whole: its worth, who is left out and why, and what changed since the plan before."""

from collections.abc import Mapping, Sequence

from hanze.collaboration.scheduling.explaining import unscheduled
from hanze.collaboration.scheduling.possible import Possible, asked_pairs
from hanze.collaboration.scheduling.problem import Meeting, Pair, Schedule

__all__ = ["schedule_of", "simple_bound"]


def schedule_of(
    day: Possible,
    meetings: Sequence[Meeting],
    previous: Sequence[Meeting] = (),
    *,
    bound: int | None = None,
    optimal: bool = False,
    seconds: float = 0.0,
) -> Schedule:
    """Tell a plan whole.

    Args:
        day: What was planned.
        meetings: They obey every rule, and stand in the order in which they are told.
        previous: The plan before.
        bound: What no plan is worth more than; without one, the simple bound.
        optimal: Whether it is proven.
        seconds: That planning took.
    """
    worths = {candidate.pair: candidate.worth for candidate in day.candidates}
    worth = sum(worths[meeting.pair] for meeting in meetings)
    bound = max(simple_bound(day) if bound is None else bound, worth)
    now = {meeting.pair: meeting for meeting in meetings}
    before = _before(previous)
    same_place = {
        pair: old
        for pair, old in before.items()
        if pair in now and (now[pair].slot, now[pair].table) == (old.slot, old.table)
    }
    asked = {key for pair in asked_pairs(day.problem) for key in pair}
    met = {key for pair in now for key in pair}
    return Schedule(
        meetings=tuple(meetings),
        unscheduled=unscheduled(day, meetings),
        without=tuple(key for key in day.guests if key in asked and key not in met),
        worth=worth,
        bound=bound,
        optimal=optimal,
        gap=(bound - worth) / bound if bound else 0.0,
        moved=tuple(sorted(before.keys() & now.keys() - same_place.keys())),
        dropped=tuple(sorted(before.keys() - now.keys())),
        changed_translator=tuple(
            sorted(
                pair for pair, old in same_place.items() if old.translator != now[pair].translator
            )
        ),
        added=tuple(sorted(now.keys() - before.keys())) if before else (),
        seconds=seconds,
    )


def simple_bound(day: Possible) -> int:
    """Give every guest their best meetings, as if nobody else wanted them; each counts twice."""
    worths: dict[str, list[int]] = {key: [] for key in day.guests}
    for candidate in day.candidates:
        for key in candidate.pair:
            worths[key].append(candidate.worth)
    twice = sum(
        sum(sorted(own, reverse=True)[: day.most(day.guests[key])]) for key, own in worths.items()
    )
    rooms = len(day.slots) * len(day.places)
    best = sorted((candidate.worth for candidate in day.candidates), reverse=True)[:rooms]
    return min(twice // 2, sum(best))


def _before(previous: Sequence[Meeting]) -> Mapping[Pair, Meeting]:
    """Name the plan before by pair; a pair that stands in it twice counts once."""
    found: dict[Pair, Meeting] = {}
    for meeting in sorted(previous):
        found.setdefault(meeting.pair, meeting)
    return found
