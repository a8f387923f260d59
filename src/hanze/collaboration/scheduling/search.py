"""Questions put to a model one after the other: each answer is kept while the next is asked."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import msgspec

from hanze.collaboration.scheduling.model import Model
from hanze.collaboration.scheduling.moves import LOST, WITHOUT
from hanze.collaboration.scheduling.problem import Pair
from hanze.collaboration.scheduling.room import Option

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["PARTS", "Clock", "Search", "Wishes"]

_SEED = 0
#: Of the solver's count; measured, so that the wall cuts a search short on slower machines only.
_STEPS_A_SECOND = 0.8
#: Parts of a guest's best day in which fairness is counted.
PARTS = 1000


class Wishes(msgspec.Struct, frozen=True):
    """What a guest asked for and may get.

    Attributes:
        interest: In each of the pairs.
        best: Sum of the interests on the best day that they could have.
    """

    interest: Mapping[Pair, int]
    best: int

    def part(self, pairs: Collection[Pair]) -> int:
        """Say which part of the best day these pairs are."""
        return (
            PARTS * sum(self.interest[pair] for pair in self.interest if pair in pairs) // self.best
        )


class Clock:
    """What is left of the time, in the solver's own count and on the wall.

    The solver counts its steps: a search that its own count cuts short ends with the same plan every
    time. The wall is looked at as well, for a slow or busy machine.
    """

    def __init__(self, limit_s: float) -> None:
        self._steps_left = limit_s * _STEPS_A_SECOND
        self._deadline = time.monotonic() + limit_s

    def limit(self, solver: "cp_model.CpSolver", part: float) -> None:
        """Allow a solver a part of what is left."""
        solver.parameters.max_deterministic_time = max(self._steps_left * part, 0)
        # On a busy machine a question gets more time than its share, and not all that is left.
        left_s = max(self._deadline - time.monotonic(), 0)
        solver.parameters.max_time_in_seconds = left_s * min(2 * part, 1)

    def spend(self, solver: "cp_model.CpSolver") -> None:
        """Take off what a solver used."""
        self._steps_left -= solver.deterministic_time


class Search:
    """A model, the best plan known, and what is proven of it.

    Attributes:
        plan: Options chosen.
        proven: Whether every question so far was answered with proof.
    """

    def __init__(self, model: Model, plan: Collection[Option], clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self.plan = frozenset(plan)
        self.proven = True

    @property
    def pairs(self) -> frozenset[Pair]:
        """Who meets whom."""
        return frozenset(option.pair for option in self.plan)

    def reached(self, groups: Mapping[str, Collection[Pair]]) -> int:
        """Count those of whose pairs at least one meets."""
        pairs = self.pairs
        return sum(not pairs.isdisjoint(own) for own in groups.values())

    def fix(self, pairs: Collection[Pair], *, part: float = 1.0) -> bool:
        """Demand that these pairs meet and no others; tell whether a plan was found."""
        for pair, meets in self._model.meets.items():
            self._model.rules.add(meets == (pair in pairs))
        # To colour meetings with slots the linear relaxation has nothing to say: 0.5 s instead of 1.7
        # with 400 people.
        status, _ = self._run(part, linear=0)
        return status in {self._model.cp.OPTIMAL, self._model.cp.FEASIBLE}

    def insist(self, pairs: Iterable[Pair]) -> None:
        """Demand that these pairs meet."""
        for pair in pairs:
            self._model.rules.add(self._model.meets[pair] == 1)

    def demand(self, worths: Mapping[Pair, int], least: int) -> None:
        """Demand that the pairs that meet are worth so much together."""
        self._model.rules.add(self._model.worth(worths) >= least)

    def disturb(
        self,
        costs: Mapping[Option, int],
        before: AbstractSet[Pair],
        hopes: Mapping[str, Collection[Pair]],
        floor: int,
        *,
        part: float = 1.0,
    ) -> int:
        """Change as little of a plan before as can be; return what is changed, in costs.

        Args:
            costs: What options change for pairs that met before.
            before: These pairs; not to meet any more is `LOST`.
            hopes: Guest → pairs that may meet; to have none of them is `WITHOUT`.
            floor: Less is known to be impossible.
            part: Of the time left that may be taken.
        """

        def saved() -> int:
            changed = sum(costs.get(option, 0) for option in self.plan)
            return LOST * len(before & self.pairs) + WITHOUT * self.reached(hopes) - changed

        model = self._model
        own = [option for option in costs if option in model.options]
        terms = [
            *((model.options[option], -costs[option]) for option in own),
            *((model.meets[pair], LOST) for pair in sorted(before)),
            *((has, WITHOUT) for has in self._having(hopes).values()),
        ]
        aim = model.cp.LinearExpr.weighted_sum(
            [variable for variable, _ in terms], [weight for _, weight in terms]
        )
        most = LOST * len(before) + WITHOUT * len(hopes)
        self._raise(aim, saved, most - floor, part)
        return most - saved()

    def lift(
        self, worths: Mapping[Pair, int], ceiling: int | None = None, *, part: float = 1.0
    ) -> int:
        """Let pairs meet that together are worth as much as can be.

        Args:
            worths: What each is worth.
            ceiling: More is known to be impossible.
            part: Of the time left that may be taken.

        Returns:
            What none of the plans that keep the earlier answers has more of.
        """

        def reached() -> int:
            return sum(worths.get(pair, 0) for pair in self.pairs)

        most = sum(worths.values())
        most = most if ceiling is None else min(most, ceiling)
        return self._raise(self._model.worth(worths), reached, most, part)

    def reach(
        self,
        groups: Mapping[str, Collection[Pair]],
        ceiling: int | None = None,
        *,
        part: float = 1.0,
    ) -> tuple[int, Mapping[str, "cp_model.IntVar"]]:
        """Let as many as can be have at least one of their pairs.

        Args:
            groups: Somebody → their pairs.
            ceiling: More is known to be impossible.
            part: Of the time left that may be taken.

        Returns:
            How many have one at most; and for each, whether they have one.
        """
        has = self._having(groups)
        most = len(groups) if ceiling is None else ceiling
        together = self._model.cp.LinearExpr.sum(list(has.values()))
        return self._raise(together, lambda: self.reached(groups), most, part), has

    def share_out(
        self,
        wishes: Mapping[str, Wishes],
        has: Mapping[str, "cp_model.IntVar"],
        ceiling: int = PARTS,
        *,
        part: float = 1.0,
    ) -> int:
        """Raise the worst part of their best day of those who get something they asked for.

        Args:
            wishes: What guests asked for.
            has: For each, whether they get some of it.
            ceiling: More is known to be impossible.
            part: Of the time left that may be taken.

        Returns:
            The part that no plan that keeps the earlier answers exceeds.
        """

        def reached() -> int:
            pairs = self.pairs
            return min(
                (part for part in (own.part(pairs) for own in wishes.values()) if part), default=0
            )

        model = self._model
        worst = model.rules.new_int_var(0, PARTS, "")
        for key, own in wishes.items():
            # Who has nothing is excused: the sum is then at least 0 on both sides.
            gets, excused = PARTS * model.worth(own.interest), PARTS * own.best
            model.rules.add(gets >= own.best * worst + excused * has[key] - excused)
        return self._raise(worst, reached, ceiling, part)

    def _having(self, groups: Mapping[str, Collection[Pair]]) -> dict[str, "cp_model.IntVar"]:
        """Make a variable for each group that is at most the number of its pairs that meet."""
        rules = self._model.rules
        has = {key: rules.new_bool_var("") for key in groups}
        for key, own in groups.items():
            rules.add(self._model.worth(dict.fromkeys(sorted(own), 1)) >= has[key])
        return has

    def _raise(
        self,
        aim: "cp_model.LinearExprT",
        reached: Callable[[], int],
        most: int,
        part: float,
    ) -> int:
        """Raise an aim as far as can be and keep it there; return what it cannot exceed."""
        whole = self._model.rules
        if reached() < most:
            # A plan that reaches the ceiling is often there, and found sooner when nothing else will
            # do than step by step.
            self._model.rules = whole.clone()
            self._model.rules.add(aim >= most)
            status, _ = self._run(part / 5)
            self._model.rules = whole
            if status == self._model.cp.INFEASIBLE:
                most -= 1
        if reached() < most:
            whole.add(aim <= most)
            whole.maximize(aim)
            _, bound = self._run(part)
            whole.clear_objective()  # type: ignore[no-untyped-call]  # OR-Tools types all but this
            most = min(most, bound) if bound is not None else most
            self.proven = self.proven and reached() >= most
        whole.add(aim >= reached())
        return max(most, reached())

    def _run(self, part: float, *, linear: int = 2) -> tuple["cp_model.CpSolverStatus", int | None]:
        """Solve; keep what is found; return whether something is, and the bound of the aim."""
        cp = self._model.cp
        self._model.suggest(self.plan)
        solver = cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = _SEED
        solver.parameters.linearization_level = linear
        self._clock.limit(solver, part)
        status = solver.solve(self._model.rules)
        self._clock.spend(solver)
        found = status in {cp.OPTIMAL, cp.FEASIBLE}
        if found:
            self.plan = frozenset(
                option
                for option, chosen in self._model.options.items()
                if solver.boolean_value(chosen)
            )
        # Before anything is found, the solver may not have a bound at all, and then says 0.
        return status, math.floor(solver.best_objective_bound + 1e-6) if found else None
