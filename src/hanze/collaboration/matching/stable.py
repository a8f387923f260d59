"""Stable matching: both sides rank each other, and nobody has a reason to walk away.

Deferred acceptance (Gale and Shapley, 1962; with several places on both sides: Roth, 1984), where a
party likes a set of partners by liking its members. One side proposes: among all stable matchings
its parties get the best that they can get, the other side's parties the worst. Who proposes is
therefore said in the result.

Ties are broken by a rule without chance: of two that a party likes equally, the one that ranks this
party higher; of those the one whose pair has the lower SHA-256, so that no name always comes first.
The outcome is then stable in the sense that no two parties both strictly gain by leaving it.
"""

import enum
import hashlib
import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from hanze.collaboration.matching.parties import (
    Pair,
    Party,
    WrongProgramme,
    pair_of,
    refuse_facilitators,
)

__all__ = [
    "Proposers",
    "Ranking",
    "StableMatching",
    "Unstable",
    "blocking_pairs",
    "ranking_of",
    "stable_match",
]

#: Groups of ids, the best first; those within a group are liked equally. Who is not named is not
#: accepted.
Ranking = Sequence[Collection[str]]


class Proposers(enum.StrEnum):
    """The side that proposes, and that the outcome favours."""

    ONE = "one"
    OTHER = "other"


class Unstable(enum.StrEnum):
    """Why a party has no partner in a stable matching."""

    NO_CAPACITY = "no-capacity"  # it takes none
    NO_CANDIDATE = "no-candidate"  # it ranks nobody
    ALL_VETOED = "all-vetoed"  # everybody that it ranks is vetoed
    NOT_MUTUAL = "not-mutual"  # nobody left that it ranks also ranks it
    OTHERS_FULL = "others-full"  # their places went to whom they like better, or they take none


class StableMatching(msgspec.Struct, frozen=True):
    """The outcome.

    Attributes:
        proposers: The side that proposed; its parties do as well as in any stable matching.
        pairs: (one, other), sorted.
        unmatched: Parties without a partner, by id, with the reason.
        proposals: How many were made.
    """

    proposers: Proposers
    pairs: tuple[Pair, ...]
    unmatched: Mapping[str, Unstable]
    proposals: int


def ranking_of(scores: Mapping[str, float]) -> Ranking:
    """Rank by score, the highest first; equal scores are liked equally."""
    tiers: dict[float, list[str]] = {}
    for name, score in scores.items():
        tiers.setdefault(score, []).append(name)
    return tuple(tuple(sorted(tiers[score])) for score in sorted(tiers, reverse=True))


def stable_match(
    parties_one: Sequence[Party],
    parties_other: Sequence[Party],
    rankings: Mapping[str, Ranking],
    *,
    vetoes: Collection[Pair] = frozenset(),
    facilitators: Collection[str] = frozenset(),
    proposers: Proposers = Proposers.ONE,
) -> StableMatching:
    """Match two sides that rank each other.

    Args:
        parties_one: One side; `at_least` must be 0, for stability may leave any party without.
        parties_other: The other side.
        rankings: By party; a party that ranks nobody may be left out.
        vetoes: Pairs that may not be, in either order.
        facilitators: Ids of those who run the matching; none may be a party.
        proposers: Which side proposes.

    Raises:
        FacilitatorAsParty: A facilitator is a party.
        WrongProgramme: An id is twice or unknown, or a number is out of its range.
    """
    refuse_facilitators([*parties_one, *parties_other], facilitators)
    one, other = _sides(parties_one, parties_other)
    tiers = _tiers(one, other, rankings)
    forbidden = {pair_of(*pair) for pair in vetoes}
    wishes = _strict_lists(one, other, tiers, forbidden)
    first, second = (one, other) if proposers is Proposers.ONE else (other, one)
    held, proposals = _deferred_acceptance(first, second, wishes)
    pairs = [(mine, yours) for yours, all_mine in held.items() for mine in all_mine]
    if proposers is Proposers.OTHER:
        pairs = [(yours, mine) for mine, yours in pairs]
    matched = {name for pair in pairs for name in pair}
    reasons = {
        name: _reason(party, tiers, wishes, forbidden)
        for name, party in sorted({**one, **other}.items())
        if name not in matched
    }
    return StableMatching(proposers, tuple(sorted(pairs)), reasons, proposals)


def blocking_pairs(
    parties_one: Sequence[Party],
    parties_other: Sequence[Party],
    rankings: Mapping[str, Ranking],
    pairs: Iterable[Pair],
    *,
    vetoes: Collection[Pair] = frozenset(),
) -> tuple[Pair, ...]:
    """List the pairs (one, other) that would rather have each other than what they have.

    Both rank each other, no veto forbids it, they are not matched, and each has a free place or
    likes the other strictly better than one of its partners. A stable matching has none.
    """
    one, other = _sides(parties_one, parties_other)
    tiers = _tiers(one, other, rankings)
    forbidden = {pair_of(*pair) for pair in vetoes}
    partners: dict[str, set[str]] = {name: set() for name in (*one, *other)}
    for mine, yours in pairs:
        partners[mine].add(yours)
        partners[yours].add(mine)

    def wants(party: Party, name: str) -> bool:
        mine = partners[party.id]
        if len(mine) < party.capacity:
            return True
        rank = tiers[party.id]
        # Whoever is not ranked at all is worse than anybody who is.
        return any(rank[name] < rank.get(partner, math.inf) for partner in mine)

    return tuple(
        (mine, yours)
        for mine in sorted(one)
        for yours in sorted(tiers[mine])
        if mine in tiers[yours]
        and yours not in partners[mine]
        and pair_of(mine, yours) not in forbidden
        and wants(one[mine], yours)
        and wants(other[yours], mine)
    )


def _sides(
    parties_one: Sequence[Party], parties_other: Sequence[Party]
) -> tuple[dict[str, Party], dict[str, Party]]:
    one = {party.id: party for party in sorted(parties_one, key=lambda party: party.id)}
    other = {party.id: party for party in sorted(parties_other, key=lambda party: party.id)}
    if len({*one, *other}) < len(parties_one) + len(parties_other):
        raise WrongProgramme("A party stands twice", field="parties")
    for party in (*one.values(), *other.values()):
        if party.capacity < 0 or party.at_least:
            raise WrongProgramme(
                f"Party {party.id} must have a capacity of 0 or more, and an at_least of 0",
                field="parties",
                value=party.id,
            )
    return one, other


def _tiers(
    one: Mapping[str, Party], other: Mapping[str, Party], rankings: Mapping[str, Ranking]
) -> dict[str, dict[str, int]]:
    """Write each ranking as the place of whom it names, counted from 0."""
    for name in sorted(rankings.keys() - {*one, *other}):
        raise WrongProgramme(f"Party {name} does not exist", field="rankings", value=name)
    tiers: dict[str, dict[str, int]] = {}
    for mine, facing in (*((name, other) for name in one), *((name, one) for name in other)):
        places: dict[str, int] = {}
        for place, group in enumerate(rankings.get(mine, ())):
            for name in group:
                if name not in facing or name in places:
                    raise WrongProgramme(
                        f"{mine} must rank each party of the other side at most once, and ranks "
                        f"{name}",
                        field="rankings",
                        value=name,
                    )
                places[name] = place
        tiers[mine] = places
    return tiers


def _strict_lists(
    one: Iterable[str],
    other: Iterable[str],
    tiers: Mapping[str, Mapping[str, int]],
    forbidden: set[Pair],
) -> dict[str, list[str]]:
    """List for each party those that it may get, the best first, ties broken."""

    def order(mine: str, yours: str) -> tuple[int, int, bytes]:
        pair = "\n".join(pair_of(mine, yours)).encode()
        return tiers[mine][yours], tiers[yours][mine], hashlib.sha256(pair).digest()

    wishes: dict[str, list[str]] = {}
    for mine in (*one, *other):
        mutual = [
            yours
            for yours in tiers[mine]
            if mine in tiers[yours] and pair_of(mine, yours) not in forbidden
        ]
        wishes[mine] = sorted(mutual, key=partial(order, mine))
    return wishes


def _deferred_acceptance(
    first: Mapping[str, Party], second: Mapping[str, Party], wishes: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[str]], int]:
    """Return who of `first` each of `second` holds at the end, and the number of proposals."""
    place = {yours: {name: at for at, name in enumerate(wishes[yours])} for yours in second}
    held: dict[str, list[str]] = {yours: [] for yours in second}
    free = {mine: party.capacity for mine, party in first.items()}
    following = dict.fromkeys(first, 0)
    waiting = deque(first)
    proposals = 0
    while waiting:
        mine = waiting.popleft()
        while free[mine] and following[mine] < len(wishes[mine]):
            yours = wishes[mine][following[mine]]
            following[mine] += 1
            proposals += 1
            free[mine] -= 1
            held[yours].append(mine)
            if len(held[yours]) > second[yours].capacity:
                refused = max(held[yours], key=place[yours].__getitem__)
                held[yours].remove(refused)
                free[refused] += 1
                if refused != mine:
                    waiting.append(refused)
    return held, proposals


def _reason(
    party: Party,
    tiers: Mapping[str, Mapping[str, int]],
    wishes: Mapping[str, Sequence[str]],
    forbidden: set[Pair],
) -> Unstable:
    ranked = tiers[party.id]
    if not party.capacity:
        return Unstable.NO_CAPACITY
    if not ranked:
        return Unstable.NO_CANDIDATE
    if all(pair_of(party.id, name) in forbidden for name in ranked):
        return Unstable.ALL_VETOED
    return Unstable.OTHERS_FULL if wishes[party.id] else Unstable.NOT_MUTUAL
