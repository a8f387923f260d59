"""Assign programmes of matches: the proven plan beside a greedy one and a stable one.

    python bench/programme.py            12 x 10, 50 x 50, 200 x 200: a minute
    python bench/programme.py --quick    the first two

Everybody may meet everybody, each takes at most three partners, and scores are drawn with a fixed
seed: half of what makes a party attractive is the same for all who look, as among real cities, so
that the popular ones run out and a greedy plan pays for it. Then the same with few pairings, where
somebody may be left out.
"""

import argparse
import random
import time

from hanze.collaboration.matching.parties import Pair, Pairing, Party, candidates
from hanze.collaboration.matching.programme import Fairness, assign_programme
from hanze.collaboration.matching.solver import extend_greedily
from hanze.collaboration.matching.stable import blocking_pairs, ranking_of, stable_match

SIZES = [(12, 10), (50, 50), (200, 200)]
PARTNERS = 3
LIMIT_S = 60

Instance = tuple[list[Party], list[Party], list[Pairing]]


def drawn(ones: int, others: int, *, share: float) -> Instance:
    """Draw a programme in which a share of all pairs is allowed."""
    chance = random.Random(f"{ones} {others} {share}")
    one = [Party(f"nl{n:03}", PARTNERS) for n in range(ones)]
    other = [Party(f"kr{n:03}", PARTNERS) for n in range(others)]
    appeal = {party.id: chance.random() for party in (*one, *other)}
    pairings = [
        Pairing(a.id, b.id, (appeal[a.id] + appeal[b.id] + 2 * chance.random()) / 4)
        for a in one
        for b in other
        if chance.random() < share
    ]
    return one, other, pairings


def told(name: str, seconds: float, total: float, left_out: int, more: str = "") -> None:
    print(f"  {name:24}{seconds * 1e3:10.1f} ms   total {total:8.3f}   left out {left_out:3}{more}")


def left_out(instance: Instance, pairs: set[Pair]) -> int:
    one, other, _ = instance
    return len(one) + len(other) - len({name for pair in pairs for name in pair})


def greedy(instance: Instance) -> None:
    started = time.perf_counter()
    subject = candidates(*instance)
    chosen = extend_greedily(subject.parties, subject.allowed)
    seconds = time.perf_counter() - started
    total = sum(one.pairing.score for one in subject.allowed if one.pair in chosen)
    told("greedy", seconds, total, left_out(instance, set(chosen)))


def stable(instance: Instance) -> None:
    """Match by rankings that both sides make of the same scores, with noise of their own."""
    one, other, pairings = instance
    chance = random.Random(1)
    liked: dict[str, dict[str, float]] = {party.id: {} for party in (*one, *other)}
    for pairing in pairings:
        liked[pairing.one][pairing.other] = pairing.score + chance.uniform(-0.2, 0.2)
        liked[pairing.other][pairing.one] = pairing.score + chance.uniform(-0.2, 0.2)
    rankings = {name: ranking_of(scores) for name, scores in liked.items()}
    started = time.perf_counter()
    found = stable_match(one, other, rankings)
    seconds = time.perf_counter() - started
    score = {(pairing.one, pairing.other): pairing.score for pairing in pairings}
    blocking = blocking_pairs(one, other, rankings, found.pairs)
    total = sum(score[pair] for pair in found.pairs)
    more = f"   {found.proposals} proposals, {len(blocking)} blocking pairs"
    told("stable (own rankings)", seconds, total, left_out(instance, set(found.pairs)), more)


def proven(instance: Instance, fairness: Fairness) -> float:
    started = time.perf_counter()
    plan = assign_programme(*instance, fairness=fairness, time_limit_s=LIMIT_S)
    seconds = time.perf_counter() - started
    name = "CP-SAT" if fairness is Fairness.NONE else f"CP-SAT, {fairness} first"
    state = "optimal" if plan.optimal else "not proven"
    told(name, seconds, plan.total, len(plan.unmatched), f"   gap {plan.gap:.2%}, {state}")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without 200 x 200")
    sizes = SIZES[:-1] if parser.parse_args().quick else SIZES
    # OR-Tools takes a second or two to load, once in a process: not part of any figure.
    assign_programme(*drawn(1, 1, share=1.0))
    for share, kind in ((1.0, "everybody with everybody"), (0.05, "5 % of the pairs allowed")):
        before: tuple[int, float] | None = None
        for ones, others in sizes:
            instance = drawn(ones, others, share=share)
            print(f"{ones} x {others}, k = {PARTNERS}, {kind}: {len(instance[2])} pairings")
            greedy(instance)
            stable(instance)
            seconds = proven(instance, Fairness.NONE)
            proven(instance, Fairness.EVERYBODY)
            proven(instance, Fairness.WORST_OFF)
            if before:
                more, slower = len(instance[2]) / before[0], seconds / before[1]
                print(f"  growth: {more:.1f} x the pairings, {slower:.1f} x the time")
            before = len(instance[2]), seconds


if __name__ == "__main__":
    main()
