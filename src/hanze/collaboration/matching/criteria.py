"""The criteria of a match, one by one: each tells how well two parties fit, on what, and how sure.

Every score lies between 0 and 1. `None` means that there is nothing to compare, as the side that
seeks asks for nothing of the kind: the criterion then does not count. What is asked for and not
told by the other side counts as not met, so that leaving a field empty never helps.

`rank` computes the same for thousands at once (`matching.table`); a property test holds them equal.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from hanze.collaboration.language.vectors import TextModel
from hanze.collaboration.matching.peers import CityProfile, complement
from hanze.collaboration.matching.profile import Profile
from hanze.errors import InvalidInput

__all__ = [
    "CRITERIA",
    "KINDS",
    "Around",
    "Score",
    "UnknownKind",
    "WrongWeights",
    "evidence_strength",
    "left_out",
    "period_overlap",
    "weights_for",
]

#: Points of readiness below what is asked for at which nothing is left of the score.
_TRL_RANGE: Final = 4
#: Openness that is asked for → that is offered → how well it fits.
OPENNESS_FIT: Final[Mapping[str, Mapping[str, float]]] = {
    "open": {"open": 1.0, "either": 0.8, "closed": 0.0},
    "closed": {"closed": 1.0, "either": 1.0, "open": 0.7},
}
#: Concepts and words that a part names; more tell no more.
_NAMED: Final = 5


class WrongWeights(InvalidInput):
    """Weights of a match name an unknown criterion, are below 0, or are all 0."""


class UnknownKind(InvalidInput):
    """There is no such kind of match."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"{kind[:60]} is no kind of match; there are: {', '.join(KINDS)}",
            field="kind",
            value=kind,
        )


class Score(NamedTuple):
    """What one criterion says of a pair.

    Attributes:
        value: 0 to 1; `None` where there is nothing to compare.
        evidence: Ids of concepts and records, words and values that it rests on.
    """

    value: float | None
    evidence: tuple[str, ...] = ()


class Around(NamedTuple):
    """What pairs are compared against.

    Attributes:
        model: How much each concept and word tells in this corpus.
        likeness: How alike two cities are by id, 0 to 1; `None` where too little is known.
    """

    model: TextModel
    likeness: Callable[[str, str], float | None]


Criterion = Callable[[Profile, Profile, Around], Score]


def _text(one: Profile, other: Profile, around: Around) -> Score:
    """What both describe, by concepts and words, in whatever languages."""
    explanation = around.model.explain(one.about, other.about)
    shared = sorted((*explanation.concepts, *explanation.lemmas), key=lambda part: -part.share)
    value = min(1.0, math.fsum(part.share for part in shared))
    concepts = [f"concept:{part.name}" for part in explanation.concepts[:_NAMED]]
    # Concepts are named in the reader's language; words only where they say something more.
    words = [f"word:{part.name}" for part in explanation.lemmas[: _NAMED - len(concepts)]]
    return Score(value, (*concepts, *words))


def _themes(one: Profile, other: Profile, _: Around) -> Score:
    """How many of the themes of who seeks are among those of who offers."""
    if not one.themes:
        return Score(None)
    shared = one.themes & other.themes
    return Score(len(shared) / len(one.themes), tuple(sorted(shared)))


def _standards(one: Profile, other: Profile, _: Around) -> Score:
    """How many of the standards asked for it keeps to."""
    if not one.standards:
        return Score(None)
    met = one.standards & other.standards
    return Score(len(met) / len(one.standards), tuple(sorted(met)))


def _openness(one: Profile, other: Profile, _: Around) -> Score:
    """Whether it is as open as is asked for."""
    fits = OPENNESS_FIT.get(one.openness or "")
    if fits is None:
        return Score(None)
    value = fits.get(other.openness or "", 0.0)
    return Score(value, (other.openness,) if other.openness else ())


def _trl(one: Profile, other: Profile, _: Around) -> Score:
    """Whether it is as mature as is asked for."""
    if one.trl_minimum is None:
        return Score(None)
    if other.trl is None:
        return Score(0.0)
    gap = max(one.trl_minimum - other.trl, 0)
    return Score(max(0.0, 1 - gap / _TRL_RANGE), (str(other.trl), str(one.trl_minimum)))


def _evidence(_: Profile, other: Profile, __: Around) -> Score:
    """What shows that it works: projects by their stage, and signed records of pilots."""
    best = sorted(other.evidence, key=lambda piece: (-piece.strength, piece.record))
    return Score(evidence_strength(other), tuple(piece.record for piece in best[:_NAMED]))


def evidence_strength(profile: Profile) -> float:
    """Add pieces of evidence up: each takes its part of the doubt that is left."""
    doubt = 1.0
    for piece in profile.evidence:
        doubt *= 1 - 0.7 * piece.strength
    return 1 - doubt


def _peers(one: Profile, other: Profile, around: Around) -> Score:
    """How alike the city is to one in which it was proven."""
    if one.city is None:
        return Score(None)
    places = sorted({piece.city for piece in other.evidence if piece.city and piece.strength})
    known = [(around.likeness(one.city, city), city) for city in places]
    alike = [(value, city) for value, city in known if value is not None]
    if not alike:
        return Score(None)
    value, city = max(alike, key=lambda found: found[0])
    return Score(value, (city,))


def _alike(one: Profile, other: Profile, around: Around) -> Score:
    """How alike the two cities are."""
    cities = one.city, other.city
    if cities[0] is None or cities[1] is None:
        return Score(None)
    value = around.likeness(cities[0], cities[1])
    return Score(value, ()) if value is not None else Score(None)


def _complement(one: Profile, other: Profile, _: Around) -> Score:
    """What each of the two proved that the other needs."""
    if not one.needs and not other.needs:
        return Score(None)
    found = complement(_exchange(one), _exchange(other))
    return Score(found.score, tuple(f"concept:{name}" for name in (*found.gets, *found.gives)))


def _exchange(profile: Profile) -> CityProfile:
    return CityProfile(
        id=profile.id,
        country=profile.country or "",
        strengths=profile.strengths,
        needs=profile.needs,
    )


def _period(one: Profile, other: Profile, _: Around) -> Score:
    """How much of the periods in which it is needed is the same."""
    value = period_overlap(one, other)
    return Score(value)


def period_overlap(one: Profile, other: Profile) -> float | None:
    """Days that both periods share, of those of the shorter one; `None` where one is open."""
    if None in (one.starts, one.ends, other.starts, other.ends):
        return None
    assert one.starts and one.ends and other.starts and other.ends  # noqa: S101  # for the types
    shared = (min(one.ends, other.ends) - max(one.starts, other.starts)).days + 1
    shorter = min((one.ends - one.starts).days, (other.ends - other.starts).days) + 1
    return max(0.0, min(1.0, shared / max(shorter, 1)))


def _requirements(one: Profile, other: Profile, _: Around) -> Score:
    """How many of the requirements it says to meet."""
    if not one.requirements:
        return Score(None)
    met = one.requirements & other.meets
    return Score(len(met) / len(one.requirements), tuple(sorted(met)))


def _groups(one: Profile, other: Profile, _: Around) -> Score:
    """How many of the groups of residents are the same."""
    if not one.groups:
        return Score(None)
    shared = one.groups & other.groups
    return Score(len(shared) / len(one.groups), tuple(sorted(shared)))


CRITERIA: Final[Mapping[str, Criterion]] = {
    "text": _text,
    "themes": _themes,
    "standards": _standards,
    "requirements": _requirements,
    "openness": _openness,
    "trl": _trl,
    "evidence": _evidence,
    "peers": _peers,
    "alike": _alike,
    "complement": _complement,
    "period": _period,
    "groups": _groups,
}

#: Kind of match → the criteria that count for it, with the weights that hold until a user sets others.
KINDS: Final[Mapping[str, Mapping[str, float]]] = {
    "demand-solution": {
        "text": 5.0,
        "themes": 1.0,
        "trl": 1.0,
        "openness": 1.0,
        "standards": 1.0,
        "requirements": 1.0,
        "evidence": 1.5,
        "peers": 0.5,
        "groups": 0.5,
    },
    "demand-demand": {
        "text": 6.0,
        "themes": 1.0,
        "standards": 1.0,
        "period": 1.0,
        "alike": 1.0,
        "groups": 0.5,
    },
    "city-city": {"alike": 3.0, "complement": 4.0, "themes": 2.0, "text": 2.0},
    "company-city": {"text": 5.0, "themes": 2.0, "standards": 1.0, "evidence": 1.0},
    "question-researcher": {"text": 7.0, "themes": 2.0, "evidence": 1.0},
    "company-lab": {"text": 6.0, "themes": 2.0, "requirements": 1.0, "groups": 0.5},
}


def weights_for(kind: str, asked: Mapping[str, float] | None = None) -> dict[str, float]:
    """Take the weights of a kind of match, and those that a user set instead.

    Raises:
        UnknownKind: There is no such kind.
        WrongWeights: A criterion does not count for this kind, a weight is below 0 or no number,
            or none is above 0.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    weights = dict(KINDS[kind])
    for name, weight in (asked or {}).items():
        if name not in weights:
            raise WrongWeights(
                f"{name[:60]} is no criterion of {kind}; there are: {', '.join(weights)}",
                field=f"weights.{name[:60]}",
            )
        if not math.isfinite(weight) or weight < 0:
            raise WrongWeights(
                f"The weight of {name} must be 0 or more", field=f"weights.{name}", value=weight
            )
        weights[name] = weight
    if not any(weights.values()):
        raise WrongWeights("At least one weight must be above 0", field="weights")
    return weights


def left_out(one: Profile, other: Profile) -> str:
    """Tell why a pair is no match at all, whatever its score; "" when it may be one.

    What is asked for beyond this is scored; `rank` can be told that a criterion must be met whole.

    Returns:
        "same", "linked", "closed", "country", "language", "personal-data" or "".
    """
    reasons = {
        "same": one.id == other.id,
        "linked": other.id in one.partners or one.id in other.partners,
        "closed": bool(one.closed or other.closed),
        "country": not _country_allowed(one, other),
        "language": bool(one.languages and other.languages and not one.languages & other.languages),
        "personal-data": one.personal_data is False and other.personal_data is True,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _country_allowed(one: Profile, other: Profile) -> bool:
    """Whether each side may come from where it does; an unknown country is not held against it."""
    return all(
        not allowing.allowed_countries
        or coming.country is None
        or coming.country in allowing.allowed_countries
        for allowing, coming in ((one, other), (other, one))
    )
