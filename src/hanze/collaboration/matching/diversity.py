"""A shortlist in which not everything comes from one city, country or supplier.

Maximal marginal relevance (Carbonell and Goldstein, 1998): the next result is the one with the best
mix of its own score and of being unlike those above it. What diversity costs is told per result.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from hanze.errors import InvalidInput

__all__ = ["Likeness", "Ranked", "Shortlisted", "WrongShortlist", "diversify"]


class Ranked(msgspec.Struct, frozen=True):
    """A result, with what it may have in common with others.

    Attributes:
        id: Unique in the list.
        score: 0 to 1.
        aspects: Values by aspect, e.g. {"city": "utrecht", "supplier": "x"}; one that is unknown is
            left out, and is then like nothing.
    """

    id: str
    score: float
    aspects: Mapping[str, str]


class Likeness(msgspec.Struct, frozen=True):
    """The result above that a result is most like, and the aspects that they share."""

    id: str
    shared: tuple[str, ...]
    similarity: float


class Shortlisted(msgspec.Struct, frozen=True):
    """A result at its new place.

    Attributes:
        id: Whose it is.
        score: Its own, unchanged.
        place: From 1.
        was: Its place by score alone, from 1.
        loss: Score given up here: that of the best result not yet placed, less its own.
        like: What above it is most like it; None where nothing is.
    """

    id: str
    score: float
    place: int
    was: int
    loss: float
    like: Likeness | None


class WrongShortlist(InvalidInput):
    """A list to diversify is not in order of score, or a weight is out of its range."""


def diversify(
    ranked: Sequence[Ranked],
    *,
    weight: float,
    aspect_weights: Mapping[str, float] | None = None,
    size: int | None = None,
) -> tuple[Shortlisted, ...]:
    """Order a list anew by (1 - weight) x score - weight x likeness to the most alike above it.

    Likeness is the share of the aspects' weights on which two results are equal, 0 to 1. Of equal
    values the one that stood higher comes first, so with weight 0 the order stays.

    Args:
        ranked: The best first.
        weight: 0 (score alone) to 1 (being different alone).
        aspect_weights: By aspect, above 0; those not named do not count. By default every aspect
            in the list counts alike.
        size: How many to return; all by default.

    Raises:
        WrongShortlist: See its class.
    """
    weights = _weights(ranked, weight, aspect_weights)
    like: list[Likeness | None] = [None] * len(ranked)
    left = list(range(len(ranked)))
    placed: list[Shortlisted] = []
    wanted = len(ranked) if size is None else min(size, len(ranked))
    while len(placed) < wanted:
        pick = max(left, key=lambda at: (_value(ranked[at], like[at], weight), -at))
        chosen = ranked[pick]
        placed.append(
            Shortlisted(
                id=chosen.id,
                score=chosen.score,
                place=len(placed) + 1,
                was=pick + 1,
                loss=ranked[left[0]].score - chosen.score,
                like=like[pick],
            )
        )
        left.remove(pick)
        for at in left:
            found = _likeness(ranked[at], chosen, weights)
            before = like[at]
            if found and (before is None or found.similarity > before.similarity):
                like[at] = found
    return tuple(placed)


def _weights(
    ranked: Sequence[Ranked], weight: float, asked: Mapping[str, float] | None
) -> Mapping[str, float]:
    if not 0 <= weight <= 1:
        raise WrongShortlist("weight must be between 0 and 1", field="weight", value=weight)
    if any(one.score < two.score for one, two in pairwise(ranked)):
        raise WrongShortlist("A list to diversify must have the best first", field="ranked")
    if asked is None:
        return dict.fromkeys(sorted({name for one in ranked for name in one.aspects}), 1.0)
    if any(not 0 < value < math.inf for value in asked.values()):
        raise WrongShortlist("Weights of aspects must be above 0", field="aspect_weights")
    return asked


def _value(one: Ranked, like: Likeness | None, weight: float) -> float:
    return (1 - weight) * one.score - weight * (like.similarity if like else 0.0)


def _likeness(one: Ranked, above: Ranked, weights: Mapping[str, float]) -> Likeness | None:
    shared = tuple(
        name
        for name in weights
        if name in one.aspects and one.aspects[name] == above.aspects.get(name)
    )
    if not shared:
        return None
    similarity = sum(weights[name] for name in shared) / sum(weights.values())
    return Likeness(above.id, shared, similarity)
