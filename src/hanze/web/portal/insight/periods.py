"""Periods as a page shows them: few people as no number, and what lies beside the usual range."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.texts import FEW_PEOPLE

__all__ = ["Period", "Stretch", "deviating", "periods_of"]

_BESIDE: Final = (Verdict.HIGHER, Verdict.LOWER)


@dataclass(frozen=True, slots=True)
class Period:
    """What was measured in a period, and what is usual.

    Attributes:
        start: Microseconds since 1970.
        end: After it.
        value: The mean; `None` where nothing was measured, or few people were counted.
        few: Whether so few people were counted that no number is told.
        expected: The usual value, its range being `low` to `high`; `None` where too little is
            known. Of people, what is below `FEW_PEOPLE` is 0.
        verdict: Whether the value lies in the usual range.
        samples: How many values of the past this rests on.
        basis: What they have in common with the period, as text; "" where nothing is usual.
    """

    start: int
    end: int
    value: float | None
    few: bool
    expected: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    samples: int = 0
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Periods in a row that lie to the same side of the usual range."""

    start: int
    end: int
    verdict: Verdict


def periods_of(
    judged: Iterable[Assessment], *, usual: float, period_us: int, people: bool
) -> list[Period]:
    """Make periods ready to be shown.

    Args:
        judged: In order of time.
        usual: How many deviations the usual range has.
        period_us: Length of each, in microseconds.
        people: Whether they count people: of few no number is kept.
    """
    return [_period(one, usual, period_us, people) for one in judged]


def deviating(periods: Sequence[Period]) -> list[Stretch]:
    """List what lies beside the usual range, in order of time."""
    found = []
    for verdict, alike in groupby(periods, key=lambda one: one.verdict):
        if verdict in _BESIDE:
            several = list(alike)
            found.append(Stretch(several[0].start, several[-1].end, verdict))
    return found


def _period(one: Assessment, usual: float, period_us: int, people: bool) -> Period:
    few = people and one.value is not None and one.value < FEW_PEOPLE
    end, value = one.start_us + period_us, None if few else one.value
    expected, verdict = one.expected, one.verdict(usual)
    if expected is None:
        return Period(one.start_us, end, value, few, None, None, None, verdict)
    numbers = (expected.value, expected.low(usual), expected.high(usual))
    middle, low, high = (_told(number) if people else number for number in numbers)
    basis = expected.basis.value
    return Period(
        one.start_us, end, value, few, middle, low, high, verdict, expected.samples, basis
    )


def _told(number: float) -> float:
    return 0.0 if number < FEW_PEOPLE else number
