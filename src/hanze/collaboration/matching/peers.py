"""Cities beside each other: what is alike (peers), and what one proved that the other needs.

Only what is known of both is compared; nothing is guessed, and how much was known is told beside
every score. Each part carries the values of both sides.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanze.errors import InvalidInput

__all__ = [
    "THEMES_PART",
    "CityProfile",
    "Complement",
    "Peer",
    "PeerPart",
    "Scales",
    "WrongPeerOption",
    "compare",
    "complement",
    "fit_scales",
    "measures",
    "on_scale",
    "rank_peers",
]

#: Code of the part that compares themes; other parts carry the code of their feature.
THEMES_PART = "themes"

#: Features compared by ratio, not by difference: a city of 20,000 is to one of 40,000 as one of
#: 200,000 is to one of 400,000.
_BY_RATIO = frozenset({"population", "density", "area"})

# So that for a normal distribution both equal its standard deviation.
_MAD_TO_DEVIATION = 1.4826
_IQR_TO_DEVIATION = 1 / 1.349

# Of the largest value: what differs by less differs by rounding.
_LEAST_SPREAD = 1e-9


class WrongPeerOption(InvalidInput):
    """A weight, number or size asked of a comparison of cities is out of its range."""


class CityProfile(msgspec.Struct, frozen=True):
    """What is known of a city; what is not stays out.

    Attributes:
        id: Unique.
        country: ISO 3166-1 alpha-2; shown, not compared.
        population: Inhabitants; zero or less counts as unknown.
        density_per_km2: Inhabitants per square kilometre; by default population over area.
        area_km2: Land area.
        features: More numbers by code, e.g. the share of those aged 65 and older.
        themes: Ids of the themes it works on.
        strengths: Ids of themes and concepts of what was proven here.
        needs: Ids of themes and concepts of what it demands.
    """

    id: str
    country: str
    population: int | None = None
    density_per_km2: float | None = None
    area_km2: float | None = None
    features: Mapping[str, float] = {}
    themes: frozenset[str] = frozenset()
    strengths: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


class Scales(msgspec.Struct, frozen=True):
    """How far cities usually lie apart, by feature: what a distance of 1 is.

    Attributes:
        spread: Robust standard deviation over a corpus; in powers of ten for features compared by
            ratio. Features on which all are equal are not there: they tell nothing.
    """

    spread: Mapping[str, float]


class PeerPart(msgspec.Struct, frozen=True):
    """One part of a peer score.

    Attributes:
        code: Of the feature, or `THEMES_PART`.
        one: Value of the first city: a number, or its themes in order.
        other: Value of the second city.
        likeness: 1 when equal; of numbers, half at a distance of one spread.
        weight: As asked.
    """

    code: str
    one: float | tuple[str, ...]
    other: float | tuple[str, ...]
    likeness: float
    weight: float


class Peer(msgspec.Struct, frozen=True):
    """How alike two cities are.

    Attributes:
        id: Of the other city.
        country: Of the other city.
        score: Weighted mean of the parts' likeness, 0 to 1; None where too little is known.
        coverage: Share of all parts' weight that is known of both, 0 to 1.
        parts: What was compared, the most alike first.
    """

    id: str
    country: str
    score: float | None
    coverage: float
    parts: tuple[PeerPart, ...]


class Complement(msgspec.Struct, frozen=True):
    """What two cities have for each other.

    Attributes:
        score: Share of its needs that the other proved; the mean over those of the two that have
            needs; 0 where neither has.
        gives: Proven in the first and needed in the second, in order.
        gets: Proven in the second and needed in the first, in order.
    """

    score: float
    gives: tuple[str, ...]
    gets: tuple[str, ...]


def measures(profile: CityProfile) -> dict[str, float]:
    """List the numbers known of a city by code; what cannot be used counts as unknown."""
    population, area, density = profile.population, profile.area_km2, profile.density_per_km2
    if density is None and population is not None and area:
        density = population / area
    named = {"population": population, "density": density, "area": area}
    known = {code: float(value) for code, value in named.items() if value is not None}
    known.update((code, value) for code, value in profile.features.items() if code not in _BY_RATIO)
    return {
        code: value
        for code, value in sorted(known.items())
        if math.isfinite(value) and (value > 0 or code not in _BY_RATIO)
    }


def fit_scales(profiles: Iterable[CityProfile]) -> Scales:
    """Measure the spread of every feature over a corpus.

    The median absolute deviation; where more than half are equal, the interquartile range, and
    where that is 0 too, the standard deviation.
    """
    columns: dict[str, list[float]] = {}
    for profile in profiles:
        for code, value in measures(profile).items():
            columns.setdefault(code, []).append(on_scale(code, value))
    found = {code: _spread(np.array(column)) for code, column in sorted(columns.items())}
    return Scales({code: spread for code, spread in found.items() if spread > 0})


def on_scale(code: str, value: float) -> float:
    """Put a value where differences can be compared: powers of ten for what goes by ratio."""
    return math.log10(value) if code in _BY_RATIO else value


def compare(
    one: CityProfile,
    other: CityProfile,
    scales: Scales,
    *,
    weights: Mapping[str, float] | None = None,
    least_parts: int = 2,
) -> Peer:
    """Compare two cities.

    Args:
        one: The first.
        other: The second.
        scales: Of the corpus; features that it lacks are not compared.
        weights: By part, 0 or more; those not named weigh 1, 0 leaves a part out.
        least_parts: With fewer parts known of both there is no score.

    Raises:
        WrongPeerOption: A weight is below 0.
    """
    asked = _weights(scales, weights)
    parts = _parts(one, other, scales, asked)
    known = sum(part.weight for part in parts)
    enough = len(parts) >= max(least_parts, 1)
    score = sum(part.likeness * part.weight for part in parts) / known if enough else None
    total = sum(asked.values())
    return Peer(
        id=other.id,
        country=other.country,
        score=score,
        coverage=known / total if total else 0.0,
        parts=tuple(sorted(parts, key=lambda part: (-part.likeness, part.code))),
    )


def rank_peers(
    city: CityProfile,
    others: Sequence[CityProfile],
    scales: Scales,
    *,
    weights: Mapping[str, float] | None = None,
    least_parts: int = 2,
) -> tuple[Peer, ...]:
    """List the cities most like one, best first; those of which too little is known are left out.

    Of equal scores the one of which more is known comes first, then the order of ids.

    Raises:
        WrongPeerOption: A weight is below 0.
    """
    scored = [
        (peer.score, peer)
        for other in others
        if other.id != city.id
        for peer in [compare(city, other, scales, weights=weights, least_parts=least_parts)]
        if peer.score is not None
    ]
    scored.sort(key=lambda found: (-found[0], -found[1].coverage, found[1].id))
    return tuple(peer for _, peer in scored)


def complement(one: CityProfile, other: CityProfile) -> Complement:
    """Say what each of two cities proved that the other needs."""
    gives, gets = one.strengths & other.needs, other.strengths & one.needs
    shares = [
        len(answered) / len(needs)
        for answered, needs in ((gives, other.needs), (gets, one.needs))
        if needs
    ]
    score = sum(shares) / len(shares) if shares else 0.0
    return Complement(score, tuple(sorted(gives)), tuple(sorted(gets)))


def _parts(
    one: CityProfile, other: CityProfile, scales: Scales, weights: Mapping[str, float]
) -> list[PeerPart]:
    mine, yours = measures(one), measures(other)
    parts = []
    for code, spread in scales.spread.items():
        if weights[code] and code in mine and code in yours:
            apart = abs(on_scale(code, mine[code]) - on_scale(code, yours[code])) / spread
            part = PeerPart(code, mine[code], yours[code], 1 / (1 + apart), weights[code])
            parts.append(part)
    if weights[THEMES_PART] and one.themes and other.themes:
        shared = len(one.themes & other.themes) / len(one.themes | other.themes)
        both = tuple(sorted(one.themes)), tuple(sorted(other.themes))
        parts.append(PeerPart(THEMES_PART, *both, shared, weights[THEMES_PART]))
    return parts


def _weights(scales: Scales, asked: Mapping[str, float] | None) -> dict[str, float]:
    weights = {code: (asked or {}).get(code, 1.0) for code in (*scales.spread, THEMES_PART)}
    for code, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise WrongPeerOption(
                f"The weight of {code} must be 0 or more", field="weights", value=weight
            )
    return weights


def _spread(values: NDArray[np.float64]) -> float:
    low, high = np.percentile(values, [25, 75])
    found = (
        float(np.median(np.abs(values - np.median(values)))) * _MAD_TO_DEVIATION,
        float(high - low) * _IQR_TO_DEVIATION,
        float(np.std(values)),
    )
    least = float(np.abs(values).max()) * _LEAST_SPREAD
    return next((spread for spread in found if spread > least), 0.0)
