"""What a programme of matches is made of, and what it must obey before anything is solved.

A pair is written (one, other) and means the same in either order. Scores are counted in whole
points, a million to 1.0: a solver of whole numbers then proves its answer, and a total differs from
that of the unrounded scores by at most half a millionth for each pair.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from hanze.errors import Conflicting, InvalidInput

__all__ = [
    "POINTS",
    "Candidate",
    "Candidates",
    "FacilitatorAsParty",
    "ImpossibleProgramme",
    "Pair",
    "Pairing",
    "Party",
    "WrongProgramme",
    "candidates",
    "pair_of",
    "refuse_facilitators",
    "room_left",
]

#: Points of a score of 1.0.
POINTS = 1_000_000

Pair = tuple[str, str]


class Party(msgspec.Struct, frozen=True):
    """One who takes part.

    Attributes:
        id: Unique over both sides.
        capacity: Most partners that it takes, 0 or more.
        at_least: Fewest partners that it must get for the programme to be possible.
    """

    id: str
    capacity: int
    at_least: int = 0


class Pairing(msgspec.Struct, frozen=True):
    """Two parties that may be matched; those that no pairing names together may not.

    Attributes:
        one: Id of a party; of the first side where there are two.
        other: Id of a party; of the second side where there are two.
        score: How well they fit, 0 to 1.
        reasons: Why, as the ranking told it; handed on, not read.
    """

    one: str
    other: str
    score: float
    reasons: tuple[str, ...] = ()


class Candidate(msgspec.Struct, frozen=True):
    """A pairing that may be chosen: its pair in fixed order, and its score in points."""

    pair: Pair
    pairing: Pairing
    points: int


class Candidates(msgspec.Struct, frozen=True):
    """A programme that was checked.

    Attributes:
        parties: By id, in order of id.
        allowed: What may be chosen, in order of pair: the same whatever order the input had.
        fixed: What must be chosen; part of `allowed`.
        vetoed: Pairings that a veto took away.
        too_low: Pairings that the minimum score took away.
    """

    parties: Mapping[str, Party]
    allowed: tuple[Candidate, ...]
    fixed: frozenset[Pair]
    vetoed: frozenset[Pair]
    too_low: frozenset[Pair]


class WrongProgramme(InvalidInput):
    """A party, pairing or pair of a programme is not as it must be."""


class FacilitatorAsParty(WrongProgramme):
    """A facilitator is named as a party: who runs the matching has no stake in it."""


class ImpossibleProgramme(Conflicting):
    """What a programme demands cannot all be had at once.

    Args:
        detail: What contradicts what.
        reason: Code of it: "fixed-vetoed", "fixed-not-allowed", "fixed-over-capacity",
            "at-least-over-capacity", "at-least-over-candidates" or "at-least-together".
        parties: Ids of those concerned, in order.
    """

    def __init__(self, detail: str, *, reason: str, parties: Iterable[str]) -> None:
        super().__init__(detail)
        self.reason = reason
        self.parties = tuple(sorted(parties))


def pair_of(one: str, other: str) -> Pair:
    """Write a pair in fixed order, so that either order names the same."""
    return (one, other) if one < other else (other, one)


def refuse_facilitators(parties: Iterable[Party], facilitators: Collection[str]) -> None:
    """Refuse parties that run the matching.

    Raises:
        FacilitatorAsParty: One or more are; all are named.
    """
    both = sorted({party.id for party in parties} & set(facilitators))
    if both:
        raise FacilitatorAsParty(
            f"A facilitator is never a party: {', '.join(both)}", field="parties", value=both[0]
        )


def candidates(
    parties_one: Sequence[Party],
    parties_other: Sequence[Party] | None,
    pairings: Iterable[Pairing],
    *,
    vetoes: Collection[Pair] = (),
    fixed: Collection[Pair] = (),
    minimum_score: float = 0.0,
) -> Candidates:
    """Check a programme and list what may be chosen.

    A fixed pair stands below the minimum score too: it was agreed by people.

    Raises:
        WrongProgramme: An id is twice or unknown, a number is out of its range.
        ImpossibleProgramme: What is fixed or demanded cannot be; see its `reason`.
    """
    parties = _parties([*parties_one, *(parties_other or ())])
    first = None if parties_other is None else {party.id for party in parties_one}
    scored: dict[Pair, Candidate] = {}
    for pairing in pairings:
        pair = _checked(pairing.one, pairing.other, parties, first)
        if pair in scored:
            raise WrongProgramme(f"Pairing {_named(pair)} stands twice", field="pairings")
        if not 0 <= pairing.score <= 1:
            raise WrongProgramme(
                f"The score of {_named(pair)} must be between 0 and 1",
                field="pairings",
                value=pairing.score,
            )
        scored[pair] = Candidate(pair, pairing, round(pairing.score * POINTS))
    agreed = frozenset(_checked(*pair, parties, first) for pair in fixed)
    refused = frozenset(_checked(*pair, parties, first) for pair in vetoes)
    vetoed = refused & scored.keys()
    lowest = round(minimum_score * POINTS)
    too_low = frozenset(pair for pair, candidate in scored.items() if candidate.points < lowest) - (
        agreed | vetoed
    )
    allowed = tuple(scored[pair] for pair in sorted(scored.keys() - vetoed - too_low))
    _check_fixed(parties, scored.keys(), agreed, refused)
    _check_at_least(parties, allowed)
    return Candidates(parties, allowed, agreed, vetoed, too_low)


def room_left(parties: Mapping[str, Party], chosen: Iterable[Pair]) -> dict[str, int]:
    """Count the partners that each party can still take."""
    room = {party.id: party.capacity for party in parties.values()}
    for pair in chosen:
        for name in pair:
            room[name] -= 1
    return room


def _parties(listed: Sequence[Party]) -> dict[str, Party]:
    for name, times in Counter(party.id for party in listed).items():
        if times > 1:
            raise WrongProgramme(f"Party {name} stands twice", field="parties", value=name)
    for party in listed:
        if party.capacity < 0 or party.at_least < 0:
            raise WrongProgramme(
                f"Capacity and at_least of party {party.id} must be 0 or more", field="parties"
            )
    return {party.id: party for party in sorted(listed, key=lambda party: party.id)}


def _checked(one: str, other: str, parties: Mapping[str, Party], first: set[str] | None) -> Pair:
    """Return the pair in fixed order; `first` holds the ids of one side where there are two."""
    for name in (one, other):
        if name not in parties:
            raise WrongProgramme(f"Party {name} does not exist", field="pairings", value=name)
    if one == other:
        raise WrongProgramme(f"Party {one} is paired with itself", field="pairings", value=one)
    if first is not None and (one in first) == (other in first):
        raise WrongProgramme(f"{one} and {other} stand on the same side", field="pairings")
    return pair_of(one, other)


def _check_fixed(
    parties: Mapping[str, Party],
    scored: Collection[Pair],
    fixed: frozenset[Pair],
    refused: frozenset[Pair],
) -> None:
    for pair in sorted(fixed & refused):
        raise ImpossibleProgramme(
            f"{_named(pair)} is fixed and vetoed", reason="fixed-vetoed", parties=pair
        )
    for pair in sorted(fixed):
        if pair not in scored:
            raise ImpossibleProgramme(
                f"{_named(pair)} is fixed and no pairing allows it",
                reason="fixed-not-allowed",
                parties=pair,
            )
    over = [name for name, room in room_left(parties, fixed).items() if room < 0]
    if over:
        raise ImpossibleProgramme(
            f"More pairs are fixed than the capacity allows: {', '.join(over)}",
            reason="fixed-over-capacity",
            parties=over,
        )


def _check_at_least(parties: Mapping[str, Party], allowed: Sequence[Candidate]) -> None:
    greedy = [party.id for party in parties.values() if party.at_least > party.capacity]
    if greedy:
        raise ImpossibleProgramme(
            f"At least more partners are asked than the capacity allows: {', '.join(greedy)}",
            reason="at-least-over-capacity",
            parties=greedy,
        )
    open_to = Counter(
        name
        for candidate in allowed
        if all(parties[end].capacity for end in candidate.pair)
        for name in candidate.pair
    )
    short = [party.id for party in parties.values() if party.at_least > open_to[party.id]]
    if short:
        raise ImpossibleProgramme(
            f"At least more partners are asked than there are candidates: {', '.join(short)}",
            reason="at-least-over-candidates",
            parties=short,
        )


def _named(pair: Pair) -> str:
    return " and ".join(pair)
