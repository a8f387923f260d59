"""A whole programme of matches: these parties, each with at most so many partners."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import msgspec

from hanze.collaboration.matching.parties import Pair, Pairing, Party, pair_of
from hanze.collaboration.matching.programme import Fairness, assign_programme
from hanze.collaboration.matching.rank import Scored
from hanze.collaboration.matching.stable import Proposers, Ranking, ranking_of, stable_match
from hanze.collaboration.matchmaking import Matchmaker
from hanze.errors import InvalidInput, TooMuch

__all__ = ["Plan", "ProgrammeTooLarge", "Wishes", "plan_programme", "reweighted"]

#: Parties of a programme; their pairs are scored one by one, with reasons.
_MOST_PARTIES = 400
_MOST_PAIRS = 20_000
#: Anyone may ask for a plan, and a plan may take its whole time: one after the other, so that
#: reading and searching keep their threads.
_SOLVER: Final = ThreadPoolExecutor(1, thread_name_prefix="hanze-programme")


class ProgrammeTooLarge(TooMuch):
    """A programme has more parties or pairs than are planned at once."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What a programme shall be.

    Attributes:
        kind: Of match.
        ones: Ids of one side.
        others: Ids of the other; empty for everybody of `ones` with everybody.
        capacity: Most partners of each party.
        capacities: By id, where it is another.
        at_least: By id: fewest partners.
        vetoes: Pairs that one of the two refuses.
        fixed: Pairs that were agreed.
        facilitators: Who runs the matching; never parties.
        fairness: What comes before the sum of the scores.
        least: Pairs below this score are not made.
        stable: Match stably instead: nobody then has a reason to walk away.
        proposers: The side that a stable matching favours.
        weights_other: In a stable matching, what matters to the other side; by default the same.
        rankings: In a stable matching, by id: what a party itself ranks, the best first.
        previous: Pairs of the plan before.
        stability: What keeping one of them is worth above its score.
        time_limit_s: For solving.
    """

    kind: str
    ones: tuple[str, ...]
    others: tuple[str, ...] = ()
    capacity: int = 1
    capacities: Mapping[str, int] = {}
    at_least: Mapping[str, int] = {}
    vetoes: tuple[Pair, ...] = ()
    fixed: tuple[Pair, ...] = ()
    facilitators: tuple[str, ...] = ()
    fairness: Fairness = Fairness.EVERYBODY
    least: float = 0.0
    stable: bool = False
    proposers: Proposers = Proposers.ONE
    weights_other: Mapping[str, float] = {}
    rankings: Mapping[str, tuple[str, ...]] = {}
    previous: tuple[Pair, ...] = ()
    stability: float = 0.0
    time_limit_s: float = 20.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A programme that was planned.

    Attributes:
        matches: The pairs, the best first, with all parts of their scores.
        unmatched: Parties without a partner → why.
        total: Sum of the scores.
        optimal: Whether it is proven that no plan is better; `None` for a stable matching.
        gap: The part that may still be missing, 0 when optimal.
        kept: Pairs of the plan before that stay.
        dropped: Pairs of the plan before that do not.
        seconds: That solving took.
    """

    matches: tuple[Scored, ...]
    unmatched: Mapping[str, str]
    total: float
    optimal: bool | None
    gap: float
    kept: tuple[Pair, ...] = ()
    dropped: tuple[Pair, ...] = ()
    seconds: float = 0.0


async def plan_programme(
    matchmaker: Matchmaker, wishes: Wishes, weights: Mapping[str, float], *, now: str
) -> Plan:
    """Score all pairs of a programme, and choose among them.

    Raises:
        ProgrammeTooLarge: More parties than are planned at once.
        WrongProgramme: What is wished makes no sense.
        ImpossibleProgramme: What is fixed or demanded cannot be had together.
        SolverMissing: OR-Tools is not installed.
        RecordNotFound: A party is not held by this node.
    """
    _check_size(wishes)
    scored = await matchmaker.scores(wishes.kind, wishes.ones, wishes.others, weights, now=now)
    by_pair = {pair_of(one.one, one.other): one for one in scored}
    sides = _parties(wishes, wishes.ones), _parties(wishes, wishes.others)
    if wishes.stable:
        if not wishes.others:
            raise InvalidInput("A stable matching needs two sides", field="others")
        return _stable(wishes, sides, by_pair)
    solve = partial(
        assign_programme,
        sides[0],
        sides[1] if wishes.others else None,
        [Pairing(one.one, one.other, one.score) for one in scored],
        vetoes=frozenset(wishes.vetoes),
        fixed=frozenset(wishes.fixed),
        facilitators=frozenset(wishes.facilitators),
        fairness=wishes.fairness,
        minimum_score=wishes.least,
        time_limit_s=wishes.time_limit_s,
        previous=wishes.previous,
        stability=wishes.stability,
    )
    plan = await asyncio.get_running_loop().run_in_executor(_SOLVER, solve)
    return Plan(
        matches=_best_first(by_pair[pair_of(pair.one, pair.other)] for pair in plan.pairs),
        unmatched={name: reason.value for name, reason in plan.unmatched.items()},
        total=plan.total,
        optimal=plan.optimal,
        gap=plan.gap,
        kept=plan.kept,
        dropped=plan.dropped,
        seconds=plan.seconds,
    )


def _check_size(wishes: Wishes) -> None:
    one, other = len(wishes.ones), len(wishes.others)
    pairs = one * other if other else one * (one - 1) // 2
    if one + other > _MOST_PARTIES or pairs > _MOST_PAIRS:
        raise ProgrammeTooLarge(
            f"A programme of {one + other} parties and {pairs} pairs is asked for; "
            f"the most is {_MOST_PARTIES} and {_MOST_PAIRS}"
        )


def _parties(wishes: Wishes, names: Sequence[str]) -> list[Party]:
    return [
        Party(
            name,
            capacity=wishes.capacities.get(name, wishes.capacity),
            at_least=wishes.at_least.get(name, 0),
        )
        for name in names
    ]


def _stable(
    wishes: Wishes, sides: tuple[list[Party], list[Party]], by_pair: Mapping[Pair, Scored]
) -> Plan:
    good = {pair: one for pair, one in by_pair.items() if one.score >= wishes.least}
    first = {party.id for party in sides[0]}
    liked: dict[str, dict[str, float]] = {party.id: {} for side in sides for party in side}
    for pair, scored in good.items():
        for mine, yours in (pair, pair[::-1]):
            weights = wishes.weights_other if mine not in first else {}
            liked[mine][yours] = reweighted(scored, weights) if weights else scored.score
    rankings: dict[str, Ranking] = {name: ranking_of(scores) for name, scores in liked.items()}
    rankings |= {name: [(one,) for one in listed] for name, listed in wishes.rankings.items()}
    found = stable_match(
        sides[0],
        sides[1],
        rankings,
        vetoes=wishes.vetoes,
        facilitators=wishes.facilitators,
        proposers=wishes.proposers,
    )
    matches = _best_first(by_pair[pair_of(*pair)] for pair in found.pairs)
    return Plan(
        matches=matches,
        unmatched={name: reason.value for name, reason in found.unmatched.items()},
        total=sum(one.score for one in matches),
        optimal=None,
        gap=0.0,
    )


def reweighted(scored: Scored, weights: Mapping[str, float]) -> float:
    """Score the same pair by other weights."""
    counting = [
        (weights.get(part.criterion, 0.0), part.score)
        for part in scored.parts
        if part.score is not None
    ]
    whole = sum(weight for weight, _ in counting)
    return sum(weight * score for weight, score in counting) / whole if whole else 0.0


def _best_first(pairs: Iterable[Scored]) -> tuple[Scored, ...]:
    return tuple(sorted(pairs, key=lambda one: (-one.score, one.one, one.other)))
