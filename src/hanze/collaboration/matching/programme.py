"""A whole programme of matches, assigned at once: "these 12 Dutch and 10 Korean cities".

Each party gets at most its capacity of partners, what either side vetoes is out, what was agreed
stays, and the sum of the scores is as high as can be, with proof. Fairness may come first. Those
left without a partner are told why.
"""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from hanze.collaboration.matching.parties import (
    POINTS,
    Candidates,
    Pair,
    Pairing,
    Party,
    WrongProgramme,
    candidates,
    pair_of,
    refuse_facilitators,
)
from hanze.collaboration.matching.solver import Question, Solution, solve

__all__ = ["Fairness", "Programme", "Unmatched", "assign_programme", "reasons_unmatched"]


class Fairness(enum.StrEnum):
    """What comes before the total of the scores, in this order."""

    NONE = "none"  # the total alone
    EVERYBODY = "everybody"  # as many parties with a partner as possible
    WORST_OFF = "worst-off"  # the same, then the lowest of their best scores as high as possible


class Unmatched(enum.StrEnum):
    """Why a party has no partner."""

    NO_CAPACITY = "no-capacity"  # it takes none
    NO_CANDIDATE = "no-candidate"  # no pairing names it
    ALL_VETOED = "all-vetoed"  # every pairing was vetoed
    BELOW_MINIMUM = "below-minimum"  # what no veto took away scores below the minimum
    OTHERS_FULL = "others-full"  # its candidates' places went to others, or they take none


class Programme(msgspec.Struct, frozen=True):
    """A plan, and how good it is.

    Attributes:
        pairs: What was chosen, in order of pair; each as its pairing was given.
        unmatched: Parties without a partner, by id, with the reason.
        total: Sum of the scores, each rounded to six decimals.
        objective: The total and `stability` for each pair kept of the plan before.
        bound: No plan as fair as this one has a higher objective.
        optimal: Proven: every question of fairness, and the total.
        kept: Pairs of the plan before that stay.
        dropped: Pairs of the plan before that do not, because others fit better or they may not.
        seconds: Time that solving took.
    """

    pairs: tuple[Pairing, ...]
    unmatched: Mapping[str, Unmatched]
    total: float
    objective: float
    bound: float
    optimal: bool
    kept: tuple[Pair, ...]
    dropped: tuple[Pair, ...]
    seconds: float

    @property
    def gap(self) -> float:
        """The share of the bound that may still be missing; 0 when optimal."""
        return 0.0 if self.bound <= 0 else (self.bound - self.objective) / self.bound


def assign_programme(
    parties_one: Sequence[Party],
    parties_other: Sequence[Party] | None,
    pairings: Iterable[Pairing],
    *,
    vetoes: Collection[Pair] = frozenset(),
    fixed: Collection[Pair] = frozenset(),
    facilitators: Collection[str] = frozenset(),
    fairness: Fairness = Fairness.NONE,
    minimum_score: float = 0.0,
    time_limit_s: float = 30.0,
    previous: Iterable[Pair] = (),
    stability: float = 0.0,
) -> Programme:
    """Choose the pairs of a programme.

    The same input gives the same plan, whatever its order, unless the time limit cuts the search
    short (then `optimal` is false and `gap` says what may be missing).

    Args:
        parties_one: One side.
        parties_other: The other side; None for one side in which everybody may meet everybody.
        pairings: What may be chosen.
        vetoes: Pairs that either of the two refuses, in either order.
        fixed: Pairs already agreed, in either order; below the minimum score too.
        facilitators: Ids of those who run the matching; none may be a party.
        fairness: What comes before the total.
        minimum_score: Pairings below it are left out, 0 to 1.
        time_limit_s: Of all solving together.
        previous: Pairs of the plan before; those that may no longer be chosen count as dropped.
        stability: Score that a pair of the plan before is worth above its own. With the number of
            all parties' places or more, no pair is dropped that can stay.

    Raises:
        FacilitatorAsParty: A facilitator is a party.
        WrongProgramme: An id is twice or unknown, a number is out of its range.
        ImpossibleProgramme: What is fixed or demanded cannot be; it names the parties.
        SolverMissing: OR-Tools is not installed.
        SolverTimeout: `at_least` is asked and the limit passed before it was met.
    """
    if stability < 0:
        raise WrongProgramme("stability must be 0 or more", field="stability", value=stability)
    refuse_facilitators([*parties_one, *(parties_other or ())], facilitators)
    subject = candidates(
        parties_one,
        parties_other,
        pairings,
        vetoes=vetoes,
        fixed=fixed,
        minimum_score=minimum_score,
    )
    before = frozenset(pair_of(*pair) for pair in previous)
    reward = round(stability * POINTS)
    question = Question(
        everybody=fairness is not Fairness.NONE,
        worst_off=fairness is Fairness.WORST_OFF,
        bonus=dict.fromkeys(sorted(before), reward) if reward else {},
    )
    solution = solve(subject, question, time_limit_s=time_limit_s)
    return _programme(subject, solution, before)


def reasons_unmatched(subject: Candidates, chosen: Collection[Pair]) -> dict[str, Unmatched]:
    """Say of each party without a partner why, in order of id.

    `chosen` must leave no room for a pair that is allowed, as every optimal plan does.
    """
    matched = {name for pair in chosen for name in pair}
    allowed = {name for one in subject.allowed for name in one.pair}
    too_low = {name for pair in subject.too_low for name in pair}
    vetoed = {name for pair in subject.vetoed for name in pair}
    reasons: dict[str, Unmatched] = {}
    for name, party in subject.parties.items():
        if name in matched:
            continue
        if not party.capacity:
            reasons[name] = Unmatched.NO_CAPACITY
        elif name in allowed:
            reasons[name] = Unmatched.OTHERS_FULL
        elif name in too_low:
            reasons[name] = Unmatched.BELOW_MINIMUM
        else:
            reasons[name] = Unmatched.ALL_VETOED if name in vetoed else Unmatched.NO_CANDIDATE
    return reasons


def _programme(subject: Candidates, solution: Solution, before: frozenset[Pair]) -> Programme:
    picked = [one for one in subject.allowed if one.pair in solution.chosen]
    return Programme(
        pairs=tuple(one.pairing for one in picked),
        unmatched=reasons_unmatched(subject, solution.chosen),
        total=sum(one.points for one in picked) / POINTS,
        objective=solution.objective / POINTS,
        bound=solution.bound / POINTS,
        optimal=solution.optimal,
        kept=tuple(sorted(before & solution.chosen)),
        dropped=tuple(sorted(before - solution.chosen)),
        seconds=solution.seconds,
    )
