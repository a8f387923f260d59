"""Programmes: the solver's plan beside every plan there is, on small instances."""

import itertools
import random
import sys
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.matching.parties import (
    FacilitatorAsParty,
    ImpossibleProgramme,
    Pair,
    Pairing,
    Party,
    WrongProgramme,
    pair_of,
)
from hanze.collaboration.matching.programme import (
    Fairness,
    Programme,
    Unmatched,
    assign_programme,
)
from hanze.collaboration.matching.solver import SolverMissing, SolverTimeout

# More than a few pairs would make the list of all plans too long.
MOST_PAIRS = 10
STABILITY = 0.25


class Instance:
    """A programme with everything drawn, as arguments of `assign_programme`."""

    def __init__(self, draw: st.DrawFn) -> None:
        one = [f"nl{n}" for n in range(draw(st.integers(1, 6)))]
        other = [f"kr{n}" for n in range(draw(st.integers(1, 6)))]
        self.one_sided = draw(st.booleans())
        names = [*one, *other]
        needy = draw(st.dictionaries(st.sampled_from(names), st.integers(1, 2), max_size=2))
        self.parties = {
            name: Party(name, draw(st.integers(0, 3)), needy.get(name, 0)) for name in names
        }
        self.one, self.other = one, other
        every = (
            itertools.combinations(names, 2) if self.one_sided else itertools.product(one, other)
        )
        pairs = draw(
            st.lists(st.sampled_from(list(every)), min_size=1, max_size=MOST_PAIRS, unique=True)
        )
        self.pairings = [Pairing(*pair, draw(st.integers(0, 10)) / 10) for pair in pairs]
        some = st.sets(st.sampled_from(pairs), max_size=3)
        self.vetoes = draw(some)
        self.fixed = draw(st.sets(st.sampled_from(pairs), max_size=1))
        self.previous = draw(some)
        self.minimum_score = draw(st.sampled_from([0.0, 0.0, 0.3]))
        self.fairness = draw(st.sampled_from(Fairness))

    def solved(self) -> Programme:
        sides = [[self.parties[name] for name in side] for side in (self.one, self.other)]
        return assign_programme(
            sides[0] + sides[1] if self.one_sided else sides[0],
            None if self.one_sided else sides[1],
            self.pairings,
            vetoes={(other, one) for one, other in self.vetoes},
            fixed=self.fixed,
            fairness=self.fairness,
            minimum_score=self.minimum_score,
            previous=self.previous,
            stability=STABILITY,
        )

    def rated(self, plan: Sequence[Pairing]) -> tuple[int, float, float] | None:
        """What the plan reaches on each question; None when it breaks a rule."""
        partners: dict[str, list[float]] = {name: [] for name in self.parties}
        for pairing in plan:
            pair = (pairing.one, pairing.other)
            if pair in self.vetoes:
                return None
            if pairing.score < self.minimum_score and pair not in self.fixed:
                return None
            for name in pair:
                partners[name].append(pairing.score)
        if not self.fixed <= {(one.one, one.other) for one in plan}:
            return None
        for name, scores in partners.items():
            if not self.parties[name].at_least <= len(scores) <= self.parties[name].capacity:
                return None
        matched = [max(scores) for scores in partners.values() if scores]
        kept = sum((one.one, one.other) in self.previous for one in plan)
        objective = sum(one.score for one in plan) + STABILITY * kept
        return (
            len(matched) if self.fairness is not Fairness.NONE else 0,
            min(matched, default=0) if self.fairness is Fairness.WORST_OFF else 0,
            round(objective, 6),
        )

    def best(self) -> tuple[int, float, float] | None:
        """The best of all plans, by trying each."""
        every = (
            self.rated(plan)
            for size in range(len(self.pairings) + 1)
            for plan in itertools.combinations(self.pairings, size)
        )
        return max((rated for rated in every if rated is not None), default=None)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    return Instance(draw)


def parties(*names: str, capacity: int = 1) -> list[Party]:
    return [Party(name, capacity) for name in names]


def pairs(programme: Programme) -> set[Pair]:
    return {(pairing.one, pairing.other) for pairing in programme.pairs}


@settings(max_examples=100, deadline=None)
@given(instances())
def test_plan_should_be_the_best_of_all_plans(instance: Instance) -> None:
    best = instance.best()
    if best is None:
        with pytest.raises(ImpossibleProgramme):
            instance.solved()
        return
    plan = instance.solved()
    assert plan.optimal
    assert plan.gap == 0
    assert instance.rated(plan.pairs) == best
    assert plan.objective == pytest.approx(best[2])
    assert plan.total == pytest.approx(sum(pairing.score for pairing in plan.pairs))
    matched = {name for pair in pairs(plan) for name in pair}
    assert plan.unmatched.keys() == instance.parties.keys() - matched
    assert set(plan.kept) | set(plan.dropped) == {pair_of(*pair) for pair in instance.previous}


@pytest.mark.parametrize("seed", range(5))
def test_plan_should_be_the_best_permutation_when_all_may_meet(seed: int) -> None:
    chance = random.Random(seed)
    score = [[chance.random() for _ in range(6)] for _ in range(6)]
    listed = [
        Pairing(f"nl{row}", f"kr{column}", score[row][column])
        for row in range(6)
        for column in range(6)
    ]
    plan = assign_programme(
        parties(*(f"nl{n}" for n in range(6))), parties(*(f"kr{n}" for n in range(6))), listed
    )
    best = max(
        sum(score[row][column] for row, column in enumerate(order))
        for order in itertools.permutations(range(6))
    )
    # Scores are counted in millionths: each of the six may be off by half of one, twice.
    assert plan.total == pytest.approx(best, abs=6e-6)
    assert plan.optimal


@settings(max_examples=20, deadline=None)
@given(instances(), st.randoms(use_true_random=False))
def test_plan_should_not_depend_on_the_order_of_the_input(
    instance: Instance, chance: random.Random
) -> None:
    if instance.best() is None:
        return
    first = instance.solved()
    for some in (instance.one, instance.other, instance.pairings):
        chance.shuffle(some)
    again = instance.solved()
    assert again.pairs == first.pairs
    assert again.unmatched == first.unmatched


def test_everybody_should_get_a_partner_when_fairness_comes_first() -> None:
    one, other = parties("utrecht", "zwolle"), parties("busan", "daegu")
    listed = [
        Pairing("utrecht", "busan", 0.9),
        Pairing("utrecht", "daegu", 0.3),
        Pairing("zwolle", "busan", 0.4),
    ]
    alone = assign_programme(one, other, listed)
    fair = assign_programme(one, other, listed, fairness=Fairness.EVERYBODY)
    assert pairs(alone) == {("utrecht", "busan")}
    assert alone.unmatched == {
        "daegu": Unmatched.OTHERS_FULL,
        "zwolle": Unmatched.OTHERS_FULL,
    }
    assert pairs(fair) == {("utrecht", "daegu"), ("zwolle", "busan")}
    assert not fair.unmatched


def test_worst_off_should_come_before_the_total_when_asked() -> None:
    one, other = parties("utrecht", "zwolle"), parties("busan", "daegu")
    listed = [
        Pairing("utrecht", "busan", 1.0),
        Pairing("zwolle", "daegu", 0.2),
        Pairing("utrecht", "daegu", 0.5),
        Pairing("zwolle", "busan", 0.5),
    ]
    assert assign_programme(one, other, listed, fairness=Fairness.EVERYBODY).total == 1.2
    plan = assign_programme(one, other, listed, fairness=Fairness.WORST_OFF)
    assert pairs(plan) == {("utrecht", "daegu"), ("zwolle", "busan")}
    assert plan.optimal


def test_worst_off_should_be_found_when_not_everybody_can_have_a_good_partner() -> None:
    listed = [
        Pairing("a", "x", 0.9),
        Pairing("b", "x", 0.9),
        Pairing("b", "y", 0.3),
        Pairing("b", "z", 0.4),
        Pairing("c", "y", 0.9),
        Pairing("c", "z", 0.8),
    ]
    plan = assign_programme(
        parties("a", "b", "c"), parties("x", "y", "z"), listed, fairness=Fairness.WORST_OFF
    )
    assert pairs(plan) == {("a", "x"), ("b", "z"), ("c", "y")}
    assert plan.optimal


def test_worst_off_should_leave_room_for_who_must_have_two_partners() -> None:
    one = [*parties("a", "b"), Party("c", capacity=2, at_least=2)]
    other = [*parties("x", "y"), Party("z", capacity=2)]
    listed = [
        Pairing("a", "x", 0.9),
        Pairing("b", "x", 0.9),
        Pairing("b", "z", 0.4),
        Pairing("c", "y", 0.9),
        Pairing("c", "z", 0.1),
    ]
    plan = assign_programme(one, other, listed, fairness=Fairness.WORST_OFF)
    assert pairs(plan) == {("a", "x"), ("b", "z"), ("c", "y"), ("c", "z")}
    assert plan.optimal


@pytest.mark.parametrize("fairness", Fairness)
def test_nobody_should_be_matched_when_nobody_takes_a_partner(fairness: Fairness) -> None:
    listed = [Pairing("a", "x", 0.9)]
    plan = assign_programme([Party("a", 0)], parties("x"), listed, fairness=fairness)
    assert (plan.pairs, plan.optimal) == ((), True)
    assert plan.unmatched == {"a": Unmatched.NO_CAPACITY, "x": Unmatched.OTHERS_FULL}


def test_unmatched_should_say_why() -> None:
    one = [*parties("a", "b", "c", "d"), Party("closed", 0)]
    listed = [
        Pairing("a", "x", 0.9),
        Pairing("b", "x", 0.8),
        Pairing("c", "x", 0.7),
        Pairing("d", "x", 0.1),
        Pairing("closed", "x", 1.0),
    ]
    plan = assign_programme(one, parties("x", "y"), listed, vetoes={("x", "c")}, minimum_score=0.2)
    assert plan.unmatched == {
        "b": Unmatched.OTHERS_FULL,
        "c": Unmatched.ALL_VETOED,
        "closed": Unmatched.NO_CAPACITY,
        "d": Unmatched.BELOW_MINIMUM,
        "y": Unmatched.NO_CANDIDATE,
    }


def test_plan_should_change_as_little_as_possible_when_stability_is_high() -> None:
    one, other = parties("a", "b", "c"), parties("x", "y", "z")
    before = {("a", "x"), ("b", "y"), ("c", "z")}
    listed = [
        Pairing(mine, yours, 0.5 if (mine, yours) in before else 0.8)
        for mine in "abc"
        for yours in "xyz"
    ]
    moved = assign_programme(one, other, listed, previous=before)
    steady = assign_programme(one, other, listed, previous=before, stability=6)
    assert len(moved.dropped) == 3
    assert pairs(steady) == before
    assert steady.objective == steady.total + 18
    gone = {("a", "x")}
    alone = assign_programme(one, other, listed, vetoes=gone, previous=before, stability=6)
    assert alone.kept == (("b", "y"), ("c", "z"))
    fair = assign_programme(
        one,
        other,
        listed,
        vetoes=gone,
        previous=before,
        stability=6,
        fairness=Fairness.EVERYBODY,
    )
    # Somebody must make place for a; the third pair stays.
    assert len(fair.kept) == 1
    assert len(fair.pairs) == 3


@pytest.mark.parametrize(
    ("options", "reason", "names"),
    [
        ({"fixed": {("a", "x")}, "vetoes": {("x", "a")}}, "fixed-vetoed", ("a", "x")),
        ({"fixed": {("b", "y")}}, "fixed-not-allowed", ("b", "y")),
        ({"fixed": {("a", "x"), ("b", "x")}}, "fixed-over-capacity", ("x",)),
    ],
)
def test_programme_should_name_the_parties_when_it_is_impossible(
    options: dict[str, set[Pair]], reason: str, names: tuple[str, ...]
) -> None:
    listed = [Pairing("a", "x", 0.5), Pairing("b", "x", 0.5)]
    with pytest.raises(ImpossibleProgramme, match=names[0]) as caught:
        assign_programme(
            parties("a", "b"),
            parties("x", "y"),
            listed,
            vetoes=options.get("vetoes", set()),
            fixed=options.get("fixed", set()),
        )
    assert caught.value.reason == reason
    assert caught.value.parties == names


@pytest.mark.parametrize(
    ("one", "reason", "names"),
    [
        ([Party("a", 1, 2), Party("b", 1)], "at-least-over-capacity", ("a",)),
        ([Party("a", 3, 3), Party("b", 1)], "at-least-over-candidates", ("a",)),
    ],
)
def test_programme_should_name_who_asks_too_much(
    one: list[Party], reason: str, names: tuple[str, ...]
) -> None:
    listed = [Pairing(mine, yours, 0.5) for mine in "ab" for yours in "xy"]
    with pytest.raises(ImpossibleProgramme) as caught:
        assign_programme(one, parties("x", "y"), listed)
    assert (caught.value.reason, caught.value.parties) == (reason, names)


def test_programme_should_name_who_falls_short_when_demands_collide() -> None:
    listed = [Pairing("a", "x", 0.5), Pairing("b", "x", 0.6)]
    with pytest.raises(ImpossibleProgramme) as caught:
        assign_programme([Party("a", 1, 1), Party("b", 1, 1)], parties("x"), listed)
    assert caught.value.reason == "at-least-together"
    assert len(caught.value.parties) == 1
    assert set(caught.value.parties) <= {"a", "b"}


def test_facilitator_should_be_refused_as_a_party() -> None:
    with pytest.raises(FacilitatorAsParty, match="desk"):
        assign_programme(parties("desk"), parties("x"), [], facilitators={"desk"})


@pytest.mark.parametrize(
    ("one", "listed", "names"),
    [
        (parties("a", "a"), [], "a stands twice"),
        (parties("a", "x"), [], "x stands twice"),
        ([Party("a", -1)], [], "0 or more"),
        (parties("a"), [Pairing("a", "elsewhere", 0.5)], "elsewhere does not exist"),
        (parties("a"), [Pairing("a", "a", 0.5)], "itself"),
        (parties("a", "b"), [Pairing("a", "b", 0.5)], "same side"),
        (parties("a"), [Pairing("a", "x", 1.5)], "between 0 and 1"),
        (parties("a"), [Pairing("a", "x", float("nan"))], "between 0 and 1"),
        (parties("a"), [Pairing("a", "x", 0.5), Pairing("x", "a", 0.5)], "stands twice"),
    ],
)
def test_input_should_be_refused_when_it_is_wrong(
    one: list[Party], listed: list[Pairing], names: str
) -> None:
    with pytest.raises(WrongProgramme, match=names):
        assign_programme(one, parties("x"), listed)


def test_stability_should_be_refused_when_it_is_negative() -> None:
    with pytest.raises(WrongProgramme, match="stability"):
        assign_programme(parties("a"), parties("x"), [], stability=-1)


def test_plan_should_be_empty_and_optimal_when_nothing_is_allowed() -> None:
    plan = assign_programme(parties("a"), parties("x"), [])
    assert (plan.pairs, plan.total, plan.bound, plan.gap, plan.optimal) == ((), 0, 0, 0, True)


def _large(count: int, at_least: int = 0) -> tuple[list[Party], list[Party], list[Pairing]]:
    chance = random.Random(7)
    one = [Party(f"nl{n}", 3, at_least) for n in range(count)]
    other = parties(*(f"kr{n}" for n in range(count)), capacity=3)
    return one, other, [Pairing(a.id, b.id, chance.random()) for a in one for b in other]


@pytest.mark.parametrize("fairness", Fairness)
def test_plan_should_tell_its_gap_when_there_is_no_time(fairness: Fairness) -> None:
    plan = assign_programme(*_large(30), fairness=fairness, time_limit_s=0)
    assert len(plan.pairs) >= 88
    assert not plan.unmatched
    assert not plan.optimal
    assert 0 < plan.gap < 0.2


@pytest.mark.parametrize("fairness", [Fairness.EVERYBODY, Fairness.WORST_OFF])
def test_plan_should_not_be_called_fairest_when_there_was_no_time(fairness: Fairness) -> None:
    listed = [
        Pairing("utrecht", "busan", 0.9),
        Pairing("utrecht", "daegu", 0.3),
        Pairing("zwolle", "busan", 0.4),
    ]
    plan = assign_programme(
        parties("utrecht", "zwolle"),
        parties("busan", "daegu"),
        listed,
        fairness=fairness,
        time_limit_s=0,
    )
    assert pairs(plan) == {("utrecht", "busan")}
    assert not plan.optimal


def test_greedy_plan_should_be_extended_by_whatever_still_fits() -> None:
    one, other, listed = _large(12)
    plan = assign_programme(one, other, listed, time_limit_s=0)
    partners = Counter(name for pair in pairs(plan) for name in pair)
    free = {name for name, number in partners.items() if number < 3}
    assert not [
        p for p in listed if {p.one, p.other} <= free and (p.one, p.other) not in pairs(plan)
    ]


def test_lack_of_time_should_be_an_error_when_demands_are_not_met_yet() -> None:
    with pytest.raises(SolverTimeout):
        assign_programme(*_large(10, at_least=3), time_limit_s=0)


def test_programme_should_name_the_extra_when_the_solver_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(SolverMissing, match=r"pip install 'hanze\[collective\]'"):
        assign_programme(parties("a"), parties("x"), [Pairing("a", "x", 0.5)])
