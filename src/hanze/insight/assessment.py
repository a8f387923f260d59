"""How what is measured differs from what is expected, and whether that persists. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from math import sqrt
from statistics import median

from hanze.insight.profile import Basis, Expected, Point, Profile

__all__ = [
    "Assessment",
    "Standing",
    "Verdict",
    "as_far_as_measured",
    "assess",
    "assess_all",
    "combined",
    "said_since",
    "standing",
]


class Verdict(Enum):
    """What is said of a value."""

    USUAL = "usual"
    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One period of one attribute, judged.

    Attributes:
        start_us: When the period starts, in microseconds since 1970.
        value: The mean in it; `None` where nothing was measured.
        expected: `None` where too little is known of the past.
        score: How many usual deviations the value lies above (below: negative) what is expected;
            `None` where one of them is missing.
    """

    start_us: int
    value: float | None
    expected: Expected | None
    score: float | None

    def verdict(self, deviations: float) -> Verdict:
        """Say what a value is, where so many deviations are still usual."""
        if self.score is None:
            return Verdict.UNKNOWN
        if abs(self.score) <= deviations:
            return Verdict.USUAL
        return Verdict.HIGHER if self.score > 0 else Verdict.LOWER


class Standing(Enum):
    """What becomes of an alert after the periods that were judged."""

    RAISE = "raise"
    CLEAR = "clear"
    KEEP = "keep"


def assess(profile: Profile, start_us: int, value: float | None) -> Assessment:
    """Judge the mean of one period."""
    expected = profile.expect(start_us)
    if value is None or expected is None:
        return Assessment(start_us, value, expected, None)
    return Assessment(start_us, value, expected, (value - expected.value) / expected.spread)


def assess_all(
    profile: Profile, points: Sequence[Point], *, first_us: int, until_us: int
) -> list[Assessment]:
    """Judge every whole period from `first_us` on that ends by `until_us`, measured or not."""
    known = dict(points)
    period = profile.period_us
    start = -(-first_us // period) * period
    return [
        assess(profile, at, known.get(at)) for at in range(start, until_us - period + 1, period)
    ]


def standing(
    judged: Sequence[Assessment], *, deviations: float, persist: int, release: int
) -> Standing:
    """Say whether a deviation persists.

    Args:
        judged: The latest periods in order of time, at least `max(persist, release)` to say
            anything.
        deviations: How many are still usual.
        persist: So many periods in a row must deviate to the same side before anybody is told.
        release: So many must be usual again before it is over.

    Returns:
        KEEP too where periods are unknown: what is not measured raises nothing and ends nothing.
        So are periods of which no earlier weeks are known: Friday night is not Monday night.
    """
    verdicts = [
        one.verdict(deviations)
        if one.expected is not None and one.expected.basis is Basis.WEEK_TIME
        else Verdict.UNKNOWN
        for one in judged
    ]
    last = verdicts[-persist:]
    if len(last) == persist and last[0] in (Verdict.HIGHER, Verdict.LOWER) and len(set(last)) == 1:
        return Standing.RAISE
    last = verdicts[-release:]
    if len(last) == release and set(last) == {Verdict.USUAL}:
        return Standing.CLEAR
    return Standing.KEEP


def as_far_as_measured(
    judged: Sequence[tuple[Assessment, ...]], late: int
) -> list[tuple[Assessment, ...]]:
    """Leave the latest periods out, at most so many, in which no member was measured yet."""
    waiting = 0
    while waiting < late and all(found[-1 - waiting].value is None for found in judged):
        waiting += 1
    return [found[: len(found) - waiting] for found in judged]


def said_since(judged: Sequence[Assessment], deviations: float) -> int:
    """Return the start of the first of the last periods that have one verdict, in microseconds."""
    last = judged[-1].verdict(deviations)
    alike = takewhile(lambda one: one.verdict(deviations) is last, reversed(judged))
    return min(one.start_us for one in alike)


def combined(parts: Sequence[Assessment]) -> float | None:
    """Combine the scores of several attributes of a place in one period.

    The middle one speaks against a single sensor that is broken; that several agree speaks for
    the place: median times the root of how many there are, as sums of independent scores grow.

    Returns:
        `None` where fewer than two of them are known: one attribute says nothing of a place.
    """
    scores = [one.score for one in parts if one.score is not None]
    if len(scores) < 2:
        return None
    return median(scores) * sqrt(len(scores))
