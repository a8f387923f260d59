"""The assignment as a problem of whole numbers, solved by OR-Tools CP-SAT.

One question after the other (lexicographic): each answer is proven and then kept while the next is
asked. One worker, a fixed seed and input in fixed order give the same plan every time, as long as
the time limit does not cut the search short.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from hanze.collaboration.matching.parties import (
    Candidate,
    Candidates,
    ImpossibleProgramme,
    Pair,
    Party,
    room_left,
)
from hanze.errors import NotSupported, TooMuch

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["Question", "Solution", "SolverMissing", "SolverTimeout", "extend_greedily", "solve"]

_SEED = 0


class SolverMissing(NotSupported):
    """An optimal programme is asked and OR-Tools is not installed."""


class SolverTimeout(TooMuch):
    """The time limit passed before any plan was found that obeys all demands."""


class Question(msgspec.Struct, frozen=True):
    """What is asked of a plan.

    Attributes:
        everybody: First as many parties with a partner as possible.
        worst_off: Then the lowest of their best scores as high as possible.
        bonus: Points above its score for a pair, for instance one of the plan before.
    """

    everybody: bool = False
    worst_off: bool = False
    bonus: Mapping[Pair, int] = {}


class Solution(msgspec.Struct, frozen=True):
    """What the solver answered.

    Attributes:
        chosen: Pairs of the plan.
        objective: Points with bonuses.
        bound: No plan that keeps the earlier answers has more points.
        optimal: Every question was answered with proof.
        seconds: Time of the search; OR-Tools is loaded before.
    """

    chosen: frozenset[Pair]
    objective: int
    bound: int
    optimal: bool
    seconds: float


def extend_greedily(
    parties: Mapping[str, Party],
    allowed: Iterable[Candidate],
    chosen: Collection[Pair] = (),
) -> frozenset[Pair]:
    """Add the best pair that still fits, until none does; ties in order of pair."""
    plan = set(chosen)
    room = room_left(parties, plan)
    for candidate in sorted(allowed, key=lambda one: (-one.points, one.pair)):
        if candidate.pair not in plan and all(room[name] > 0 for name in candidate.pair):
            plan.add(candidate.pair)
            for name in candidate.pair:
                room[name] -= 1
    return frozenset(plan)


def solve(subject: Candidates, question: Question, *, time_limit_s: float) -> Solution:
    """Choose among the candidates.

    Raises:
        SolverMissing: OR-Tools is not there.
        ImpossibleProgramme: Not everybody can get the partners that it must have.
        SolverTimeout: Nothing was found within the limit.
    """
    if not subject.allowed:
        return Solution(frozenset(), 0, 0, optimal=True, seconds=0.0)
    search = _Search(subject, time_limit_s)
    if any(party.at_least for party in subject.parties.values()):
        search.settle_shortage()
    if question.everybody or question.worst_off:
        search.match_everybody()
    if question.worst_off:
        search.lift_worst_off()
    return search.maximise_points(question.bonus)


class _Search:
    """A model that grows by an answer at a time."""

    def __init__(self, subject: Candidates, time_limit_s: float) -> None:
        try:
            from ortools.sat.python import cp_model  # noqa: PLC0415  # an extra; 1.5 s to import
        except ImportError as error:
            raise SolverMissing(
                "OR-Tools is not installed: pip install 'hanze[collective]'"
            ) from error
        self._cp = cp_model
        self._found = {cp_model.OPTIMAL, cp_model.FEASIBLE}
        self._subject = subject
        self._started = time.monotonic()
        self._deadline = self._started + time_limit_s
        self._proven = True
        self._model = cp_model.CpModel()
        self._taken = {one.pair: self._model.new_bool_var("") for one in subject.allowed}
        self._of: dict[str, list[Candidate]] = {name: [] for name in subject.parties}
        for candidate in subject.allowed:
            for name in candidate.pair:
                self._of[name].append(candidate)
        for party in subject.parties.values():
            self._model.add(self._count(self._of[party.id]) <= party.capacity)
        for pair in sorted(subject.fixed):
            self._model.add(self._taken[pair] == 1)
        # Of those who may have a partner, whether they have; 1 where all of them do.
        self._matched: dict[str, cp_model.LinearExprT] = {}
        self._plan = extend_greedily(subject.parties, subject.allowed, subject.fixed)

    def settle_shortage(self) -> None:
        """Demand that everybody gets its fewest partners, or name those who cannot together."""
        short: dict[str, cp_model.IntVar] = {}
        for party in self._subject.parties.values():
            if party.at_least:
                lacking = self._model.new_int_var(0, party.at_least, "")
                short[party.id] = lacking
                self._model.add(self._count(self._of[party.id]) >= party.at_least - lacking)
        lack = self._cp.LinearExpr.sum(list(short.values()))
        self._model.minimize(lack)
        solver, status = self._run()
        if status == self._cp.UNKNOWN or (status == self._cp.FEASIBLE and solver.value(lack)):
            raise SolverTimeout("The time limit passed before everybody had the partners asked")
        left_short = [name for name, lacking in short.items() if solver.value(lacking)]
        if left_short:
            raise ImpossibleProgramme(
                "Not everybody can get the fewest partners asked at once; short in the nearest "
                f"plan: {', '.join(left_short)}",
                reason="at-least-together",
                parties=left_short,
            )
        self._model.add(lack == 0)
        self._keep(solver)

    def match_everybody(self) -> None:
        """Leave as few parties without a partner as can be."""
        hopeful = {
            name
            for one in self._subject.allowed
            if all(self._subject.parties[end].capacity for end in one.pair)
            for name in one.pair
        }
        # The plan at hand often leaves nobody without: then there is nothing to search for.
        if self._partnered() < len(hopeful):
            for name in sorted(hopeful):
                self._matched[name] = matched = self._model.new_bool_var("")
                partners = self._count(self._of[name])
                self._model.add(partners >= matched)
                self._model.add(partners <= matched * self._subject.parties[name].capacity)
            together = self._cp.LinearExpr.sum(list(self._matched.values()))
            self._model.maximize(together)
            solver, status = self._run()
            if status in self._found:
                self._keep(solver)
            self._proven = self._proven and status == self._cp.OPTIMAL
            self._model.add(together >= self._partnered())
        else:
            self._matched = dict.fromkeys(sorted(hopeful), 1)
            for name in self._matched:
                self._model.add(self._count(self._of[name]) >= 1)

    def lift_worst_off(self) -> None:
        """Raise the lowest of the matched parties' best scores as far as can be."""
        levels = sorted({one.points for one in self._subject.allowed})
        best = (max(one.points for one in self._of[name]) for name in self._matched)
        # Of so many parties that are matched, one at least can do no better than this.
        most = sorted(best, reverse=True)[: self._partnered()][-1:]
        if not most:
            return
        low, high = levels.index(self._worst_best()), levels.index(most[0])
        level = high  # the highest first: there is often a plan that reaches it
        while low < high:
            status = self._try_level(levels[level])
            if status in self._found:
                low = levels.index(self._worst_best())
            elif status == self._cp.INFEASIBLE:
                high = level - 1
            else:
                self._proven = False
                break
            level = (low + high + 1) // 2
        self._demand_level(self._model, levels[low])

    def maximise_points(self, bonus: Mapping[Pair, int]) -> Solution:
        """Take the plan with the most points that keeps every answer so far."""
        worth = {one.pair: one.points + bonus.get(one.pair, 0) for one in self._subject.allowed}
        pairs = list(worth)
        self._model.maximize(
            self._cp.LinearExpr.weighted_sum(
                [self._taken[pair] for pair in pairs], [worth[pair] for pair in pairs]
            )
        )
        solver, status = self._run()
        bound = self._simple_bound(worth)
        if status in self._found:
            self._keep(solver)
            bound = min(bound, round(solver.best_objective_bound))
        # Cut short, a plan may lack a pair for which there is room: adding it answers no question
        # worse, and tells the truth to those who are left without.
        plan = extend_greedily(self._subject.parties, self._subject.allowed, self._plan)
        objective = sum(worth[pair] for pair in plan)
        proven = self._proven and status == self._cp.OPTIMAL
        seconds = time.monotonic() - self._started
        return Solution(plan, objective, max(bound, objective), proven, seconds)

    def _simple_bound(self, worth: Mapping[Pair, int]) -> int:
        """Give everybody its best pairs, as if nobody else wanted them; each pair counts twice."""
        twice = 0
        for name, open_to in self._of.items():
            best = sorted((worth[one.pair] for one in open_to), reverse=True)
            twice += sum(best[: self._subject.parties[name].capacity])
        return twice // 2

    def _try_level(self, level: int) -> "cp_model.CpSolverStatus":
        model = self._model
        self._model = model.clone()
        self._model.clear_objective()  # type: ignore[no-untyped-call]  # OR-Tools types all but this
        self._demand_level(self._model, level)
        # Good pairs alone do for one partner each: leaving out the rest makes it a small problem.
        if all(party.at_least <= 1 for party in self._subject.parties.values()):
            for one in self._subject.allowed:
                if one.points < level and one.pair not in self._subject.fixed:
                    self._model.add(self._taken[one.pair] == 0)
        solver, status = self._run()
        if status in self._found:
            self._keep(solver)
        self._model = model
        return status

    def _demand_level(self, model: "cp_model.CpModel", level: int) -> None:
        """Ask a pair of at least so many points of everybody who has one at all."""
        for name, matched in self._matched.items():
            good = [one for one in self._of[name] if one.points >= level]
            model.add(self._count(good) >= matched)

    def _partnered(self) -> int:
        return len({name for pair in self._plan for name in pair})

    def _worst_best(self) -> int:
        best: dict[str, int] = {}
        for candidate in self._subject.allowed:
            if candidate.pair in self._plan:
                for name in candidate.pair:
                    best[name] = max(best.get(name, 0), candidate.points)
        return min(best.values())

    def _count(self, some: Collection[Candidate]) -> "cp_model.LinearExprT":
        return self._cp.LinearExpr.sum([self._taken[one.pair] for one in some])

    def _keep(self, solver: "cp_model.CpSolver") -> None:
        self._plan = frozenset(
            pair for pair, taken in self._taken.items() if solver.boolean_value(taken)
        )

    def _run(self) -> "tuple[cp_model.CpSolver, cp_model.CpSolverStatus]":
        self._model.clear_hints()  # type: ignore[no-untyped-call]  # OR-Tools types all but this
        for pair, taken in self._taken.items():
            self._model.add_hint(taken, pair in self._plan)
        solver = self._cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = _SEED
        # "At least one partner" is in the linear relaxation only at level 2; without it, 200 x 200
        # was not proven in a minute, with it in 11 s.
        solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = max(self._deadline - time.monotonic(), 0)
        return solver, solver.solve(self._model)
