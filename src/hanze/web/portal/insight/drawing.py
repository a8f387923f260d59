"""The course of a value beside its usual range, as shapes (pure).

As all charts: a square of 1000 by 1000 that is stretched to the room it gets, with texts beside it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hanze.insight.assessment import Verdict
from hanze.web.portal.history.axes import Scale, Tick, number_scale
from hanze.web.portal.insight.periods import Period, Stretch

__all__ = ["Mark", "Picture", "draw_course"]

_SIDE: Final = 1000.0
#: A line of at most so many values shows each of them.
_DOTTED: Final = 80
#: Narrower marks cannot be seen.
_NARROWEST: Final = 0.004
#: A sign stands above a mark when the one before is this far: signs do not lie over each other.
_APART: Final = 0.02


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch beside the usual range.

    Attributes:
        left: Part of the way.
        width: Part of the way.
        verdict: To which side.
        signed: Whether there is room for a sign above it.
    """

    left: float
    width: float
    verdict: Verdict
    signed: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart; `times` and `numbers` along its edges, else the `d` of paths, or empty."""

    times: Sequence[Tick]
    numbers: Sequence[Tick]
    band: str
    line: str
    dots: str
    marks: Sequence[Mark]


def draw_course(
    periods: Sequence[Period],
    stretches: Iterable[Stretch],
    *,
    times: Callable[[int, int], Sequence[Tick]],
    number: Callable[[float], str],
) -> Picture | None:
    """Draw values, the usual range behind them, and what lies beside it.

    Args:
        periods: In order of time.
        stretches: Of them.
        times: Finds times between two moments, in microseconds since 1970.
        number: Writes a number.

    Returns:
        `None` where there is nothing to draw.
    """
    every = [
        one for each in periods for one in (each.value, each.low, each.high) if one is not None
    ]
    if not every:
        return None
    start, end = periods[0].start, periods[-1].end
    place = _Place(start, end, number_scale(min(every), max(every)))
    measured = _runs(periods, lambda one: one.value is not None)
    dotted = sum(map(len, measured)) <= _DOTTED
    return Picture(
        times=times(start, end),
        numbers=[Tick(place.y(one) / _SIDE, number(one)) for one in place.scale.lines],
        band="".join(
            _band(run, place)
            for run in _runs(periods, lambda one: one.low is not None and one.high is not None)
        ),
        line="".join(_path(run, place) for run in measured if len(run) > 1),
        dots="".join(
            f"M{place.middle(one)} {place.y(one.value or 0.0):g}h.01"
            for run in measured
            for one in run
            if dotted or len(run) == 1
        ),
        marks=_marks(stretches, place),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where moments and numbers are in the square."""

    start: int
    end: int
    scale: Scale

    def x(self, moment: float) -> float:
        return round((moment - self.start) / (self.end - self.start) * _SIDE, 1)

    def middle(self, one: Period) -> str:
        return f"{self.x((one.start + one.end) / 2):g}"

    def y(self, value: float) -> float:
        part = (value - self.scale.low) / (self.scale.high - self.scale.low)
        return round(_SIDE - part * _SIDE, 1)


def _runs(periods: Iterable[Period], there: Callable[[Period], bool]) -> list[list[Period]]:
    """Divide periods at those that lack something."""
    found: list[list[Period]] = [[]]
    for one in periods:
        if there(one):
            found[-1].append(one)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def _path(run: Iterable[Period], place: _Place) -> str:
    points = (f"{place.middle(one)} {place.y(one.value or 0.0):g}" for one in run)
    return f"M{'L'.join(points)}"


def _band(run: Sequence[Period], place: _Place) -> str:
    """Reach from the start of the first period to the end of the last: one alone is seen too."""
    edges = [(place.x(one.start), place.x(one.end), one) for one in run]
    there = [
        f"{x:g} {place.y(one.high or 0.0):g}" for left, right, one in edges for x in (left, right)
    ]
    back = [
        f"{x:g} {place.y(one.low or 0.0):g}"
        for left, right, one in reversed(edges)
        for x in (right, left)
    ]
    return f"M{'L'.join([*there, *back])}Z"


def _marks(stretches: Iterable[Stretch], place: _Place) -> list[Mark]:
    found: list[Mark] = []
    sign = -1.0
    for one in stretches:
        left = place.x(one.start) / _SIDE
        width = max(place.x(one.end) / _SIDE - left, _NARROWEST)
        middle = left + width / 2
        signed = middle - sign >= _APART
        sign = middle if signed else sign
        found.append(Mark(left, width, one.verdict, signed))
    return found
